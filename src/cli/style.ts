import { isTerminal, terminalColumns } from "../host/tty.ts"

/** Select Graphic Rendition of ECMA-48 (console_codes(4)): what begins and what ends each. */
const RENDITIONS = {
  bold: [1, 22],
  dim: [2, 22],
  underline: [4, 24],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const

/** How text is set off where it is looked at by a person; each function gives the text back as it is where it is not. */
export type Style = Readonly<Record<keyof typeof RENDITIONS, (text: string) => string>>

/** Text with escape sequences, or plain. */
export function style(colours: boolean): Style {
  const made: Partial<Record<keyof typeof RENDITIONS, (text: string) => string>> = {}
  for (const [name, [on, off]] of Object.entries(RENDITIONS)) {
    made[name as keyof typeof RENDITIONS] = (text) => (colours && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text)
  }
  return made as Style
}

/** Colours go to terminals that can show them, and never where NO_COLOR is set and not empty (https://no-color.org). */
export function colours(fd: number, environment: NodeJS.ProcessEnv = process.env): boolean {
  const { NO_COLOR, TERM } = environment
  return (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb" && isTerminal(fd)
}

/** The style for what is written to a descriptor. */
export function styleFor(fd: number): Style {
  return style(colours(fd))
}

const WIDTH_DEFAULT = 100
const WIDTH_MIN = 40

/** Columns that text on a descriptor should keep within: $COLUMNS, the terminal's, else 100. */
export function widthOf(fd: number, environment: NodeJS.ProcessEnv = process.env): number {
  const told = Number(environment.COLUMNS ?? "")
  const columns = Number.isInteger(told) && told > 0 ? told : (terminalColumns(fd) ?? WIDTH_DEFAULT)
  return Math.max(WIDTH_MIN, columns)
}
