import { UNPRINTABLE } from "../explain/printable.ts"
import { fill } from "./fill.ts"
import type { Style } from "./style.ts"

/*
 * A line of a file with a part of it underlined, and notes below: how compilers show what they speak of.
 */

const TAB = "  "
/** Between the number of a line and the line. */
const BAR = " | "

/** What a frame points to: line and column from 1, columns and length in UTF-16 units. */
export interface FramedPart {
  readonly line: number
  readonly column: number
  readonly length: number
}

/** The space that numbers of lines take, for what stands below a frame. */
export function indentOf(line: number | undefined): string {
  return " ".repeat(Math.max(3, String(line ?? "").length + 2))
}

/** The line with its number, and the underlining below. @param text of the line */
export function frame(text: string, { line, column, length }: FramedPart, paint: (text: string) => string, style: Style, width: number): string {
  const indent = indentOf(line)
  const window = cut(text, column - 1, length, width - indent.length - BAR.length)
  const number = String(line).padStart(indent.length - 1)
  return `${style.blue(`${number}${BAR.trimEnd()}`)} ${window.text}\n` +
    `${indent.slice(1)}${style.blue(BAR.trimEnd())} ${" ".repeat(window.before)}${paint("^".repeat(window.length))}\n`
}

/** Of a value of many lines, as many are shown. */
const LINES_MAX = 7

/** A value of several lines, with their numbers; no underlining is needed. @param texts the lines @param first number of the first */
export function block(texts: readonly string[], first: number, paint: (text: string) => string, style: Style, width: number): string {
  const shown = texts.length > LINES_MAX ? [...texts.slice(0, LINES_MAX - 1), "..."] : texts
  const indent = indentOf(first + shown.length - 1)
  const margin = Math.min(...shown.filter((text) => /\S/.test(text) && text !== "...").map((text) => text.length - text.trimStart().length))
  let result = ""
  for (const [index, text] of shown.entries()) {
    const cutOff = text === "..." && index === LINES_MAX - 1
    const number = (cutOff ? "" : String(first + index)).padStart(indent.length - 1)
    const line = cut(cutOff ? "..." : text.slice(margin), 0, 0, width - indent.length - BAR.length - 2)
    result += `${style.blue(`${number}${BAR.trimEnd()}`)} ${paint("|")}${line.text.trimEnd()}\n`
  }
  return result
}

/** A note below a frame, within `width` columns; what follows stands below its name. */
export function note(indent: string, name: string, text: string, style: Style, width: number): string {
  const margin = `${indent}  `
  const lines = wrap(safe(text), width - margin.length, width - margin.length - name.length - 2)
  return `${indent}${style.blue("=")} ${name}: ${lines.join(`\n${margin}`)}\n`
}

/** What of a config could move a terminal's cursor, or show text in another order than it has, is shown as JSON writes it. */
export function safe(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/** The part of a line around what is to be underlined: a file without line breaks is one long line. */
function cut(line: string, start: number, length: number, width: number): { text: string; before: number; length: number } {
  const shorter = line.length - line.trimStart().length
  // deep indentation says nothing here
  const from = Math.max(Math.min(shorter, start), start - Math.floor(width / 2))
  const before = expand(line.slice(from, start))
  const marked = expand(line.slice(start, start + length)) || " "
  const after = expand(line.slice(start + length))
  const head = from > shorter ? "... " : ""
  const room = width - head.length - before.length - marked.length
  const tail = room >= after.length ? after : room > 4 ? `${after.slice(0, room - 4)} ...` : ""
  const shownMark = marked.slice(0, Math.max(1, width - head.length - before.length))
  return { text: head + before + shownMark + (shownMark === marked ? tail : ""), before: head.length + before.length, length: shownMark.length }
}

function expand(text: string): string {
  return safe(text.replaceAll("\t", TAB))
}

/** Breaks a text at spaces. @param first the width of the first line */
export function wrap(text: string, width: number, first: number): string[] {
  return fill(text.split(" "), width, first)
}
