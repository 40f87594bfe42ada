import { fill } from "../fill.ts"
import type { Style } from "../style.ts"

/*
 * Text in columns for a terminal. Widths are those of what is seen: colours are put on after a text is laid out, and its words have none.
 */

/** A word, words in backquotes, a default: what is to be typed stays on one line. */
const WORDS = /\(default: [^\s()]+\)[.,;]?|(?:[^\s`]|`[^`]*`)+/g

/** Breaks a text into lines of at most `width` letters; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  return fill(text.match(WORDS) ?? [], width)
}

/** A paragraph, indented. */
export function paragraph(text: string, width: number, style: Style, indent = ""): string[] {
  return wrap(text, width - indent.length).map((line) => indent + literals(line, style))
}

/** A row of two columns: what is named (plain, and as it is shown), and what it means. */
export interface Row {
  readonly term: string
  readonly shown: string
  readonly text: string
}

const INDENT = "  "
const GAP = 2

/** How wide the first column may be: what is wider stands on a line of its own. `least` lines up the rows of several sections. */
export interface Bounds {
  readonly least?: number
  readonly most: number
}

/** Rows of two columns. */
export function columns(rows: readonly Row[], width: number, { least = 0, most }: Bounds, style: Style): string[] {
  // on a narrow terminal, half of it is for what a term means
  const widest = Math.min(most, Math.floor(width / 2) - INDENT.length - GAP)
  const left = Math.max(Math.min(least, widest), ...rows.map(({ term }) => term.length).filter((length) => length <= widest))
  const start = INDENT.length + left + GAP
  return rows.flatMap(({ term, shown, text }) => {
    const lines = wrap(text, width - start).map((line) => literals(line, style))
    const head = INDENT + shown
    if (term.length > left || lines.length === 0) return [head, ...lines.map((line) => " ".repeat(start) + line)]
    const [first, ...others] = lines as [string, ...string[]]
    return [head + " ".repeat(start - INDENT.length - term.length) + first, ...others.map((line) => " ".repeat(start) + line)]
  })
}

/** Sets off what stands in backquotes; they are kept, for a reader without colours needs them. */
function literals(line: string, style: Style): string {
  return line.replaceAll(/`[^`]+`/g, (literal) => style.cyan(literal))
}
