import { RuntsError } from "../error.ts"
import { locateBadUtf8, locateJsonError } from "./json-error.ts"

/** Larger files are refused: every byte of a config costs some 10 bytes of memory once parsed. */
export const JSON_BYTES_MAX = 64 * 1024 * 1024

/**
 * The text of a JSON file (RFC 8259: UTF-8 without byte order mark).
 * @param where the file as messages name it
 * @throws RuntsError `config.json:3:14: ...` with line and column, both from 1, columns in UTF-16 units
 */
export function decodeJson(bytes: Uint8Array, where: string): string {
  if (bytes.length > JSON_BYTES_MAX) {
    throw new RuntsError(`${where}: ${bytes.length} bytes are too many; at most ${JSON_BYTES_MAX} are read`, {
      code: "config-unreadable",
    })
  }
  let text: string | undefined
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {}
  if (text !== undefined && text.charCodeAt(0) !== 0xfeff) return text
  const fault = locateBadUtf8(bytes)
  throw new RuntsError(`${where}:${fault.line}:${fault.column}: ${fault.message}`, { code: "config-unreadable" })
}

/**
 * JSON.parse with messages of our own.
 * @throws RuntsError with line and column
 */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const fault = locateJsonError(text)
    if (fault === undefined) {
      throw new RuntsError(`${where}: cannot be read as JSON: nested too deeply`, { code: "config-syntax" })
    }
    throw new RuntsError(`${where}:${fault.line}:${fault.column}: not JSON: ${fault.message}`, { code: "config-syntax" })
  }
}
