import { gunzipSync, gzipSync } from "node:zlib"

/*
 * Records that are kept for `explain`: a program's lines are a hundred kilobytes of JSON, of which gzip leaves a tenth; they lie in memory
 * mostly (/run is a tmpfs).
 */

export function pack(record: object): Uint8Array {
  return gzipSync(JSON.stringify(record))
}

/** @throws Error where it is not what `pack` makes */
export function unpack(bytes: Uint8Array): unknown {
  return JSON.parse(gunzipSync(bytes).toString("utf8"))
}
