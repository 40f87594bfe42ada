import { RuntsError, sysError } from "../error.ts"
import { readFile, realPath, tryStat } from "../host/file.ts"
import { ERRNO } from "../kernel/errno.ts"
import { loadSpec } from "../spec/load.ts"
import { checkRules } from "../spec/rules.ts"
import type { Spec } from "../spec/types.gen.ts"
import { phase } from "../trace.ts"

const CONFIG_BYTES_MAX = 64 * 1024 * 1024

/** A bundle's folder and its config. */
export interface Bundle {
  /** Absolute, resolved path. */
  readonly bundle: string
  /** config.json as it stands there. */
  readonly bytes: Uint8Array
  readonly spec: Spec
}

/** Reads and checks a bundle's config.json. */
export function loadBundle(path: string): Bundle {
  phase("read and check config.json")
  const bundle = realPath(path)
  if (tryStat(bundle)?.type !== "dir") throw sysError(`bundle ${JSON.stringify(path)}`, ERRNO.ENOTDIR, { code: "bundle-missing" })
  const file = `${bundle}/config.json`
  const status = tryStat(file)
  if (status === undefined) {
    throw new RuntsError(`JSON specification file config.json not found in ${bundle}`, {
      code: "bundle-missing", hint: "`runts spec` makes one, --bundle names another folder",
    })
  }
  if (status.type === "dir") throw new RuntsError(`${file} is a directory, not a file`, { code: "config-unreadable" })
  if (status.size > CONFIG_BYTES_MAX) {
    throw new RuntsError(`${file} has ${status.size} bytes; more than ${CONFIG_BYTES_MAX} are no config`, {
      code: "config-unreadable",
    })
  }
  const bytes = readFile(file)
  const spec = loadSpec(bytes, "config.json")
  checkRules(spec)
  return { bundle, bytes, spec }
}
