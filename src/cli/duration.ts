import { RuntsError } from "../error.ts"

/** Units of Go's time.ParseDuration, in milliseconds. Both spellings of micro, U+00B5 and U+03BC, are in use. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6, us: 1e-3, "\u00b5s": 1e-3, "\u03bcs": 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000,
}

/**
 * A duration as Go programs write it: 300ms, 1.5h, 2h45m, 0.
 * @returns milliseconds
 * @throws RuntsError for any other text
 */
export function parseDuration(text: string, flag: string): number {
  if (/^[-+]?0$/.test(text)) return 0
  const parts = [...text.matchAll(/([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)]
  const unsigned = text.replace(/^[-+]/, "")
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== unsigned) {
    throw new RuntsError(`invalid value ${JSON.stringify(text)} for flag --${flag}: not a duration`, {
      code: "usage", hint: "write it as 500ms, 5s, 1m30s",
    })
  }
  const milliseconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit as string] as number), 0)
  return text.startsWith("-") ? -milliseconds : milliseconds
}
