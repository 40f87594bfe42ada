import { RuntsError, sysError } from "../error.ts"
import { readFile, realPath, tryStat } from "../host/file.ts"
import { isUnprivileged } from "../host/privilege.ts"
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

/**
 * Reads and checks a bundle's config.json.
 * @param unfit takes why this caller cannot have it, which otherwise is thrown; then the config stays as it is
 */
export async function loadBundle(path: string, unfit?: (error: RuntsError) => void): Promise<Bundle> {
  phase("read and check config.json")
  const bundle = bundleFolder(path)
  const bytes = readConfig(bundle)
  const spec = await fitted(loadSpec(bytes, "config.json"), unfit)
  checkRules(spec)
  return { bundle, bytes, spec }
}

/** The config as this caller can have it: as it is for who has rights over the user namespace he is in. */
async function fitted(spec: Spec, unfit: ((error: RuntsError) => void) | undefined): Promise<Spec> {
  if (!isUnprivileged()) return spec
  const { rootlessSpec } = await import("./rootless.ts")
  try {
    return rootlessSpec(spec)
  } catch (error) {
    if (unfit === undefined || !(error instanceof RuntsError)) throw error
    unfit(error)
    return spec
  }
}

/** The absolute, resolved path of a bundle. @throws RuntsError where there is no such folder */
export function bundleFolder(path: string): string {
  const details = { code: "bundle-missing" } as const
  let bundle: string
  try {
    bundle = realPath(path)
  } catch (error) {
    if (error instanceof RuntsError && error.details.errno === ERRNO.ENOENT) {
      throw sysError(`bundle ${JSON.stringify(path)}`, ERRNO.ENOENT, { ...error.details, ...details, hint: "--bundle names the folder with config.json" })
    }
    throw error
  }
  if (tryStat(bundle)?.type !== "dir") throw sysError(`bundle ${JSON.stringify(path)}`, ERRNO.ENOTDIR, details)
  return bundle
}

/** The bytes of a bundle's config.json. @throws RuntsError where there is none, or nothing that could be read as one */
export function readConfig(bundle: string): Uint8Array {
  const file = `${bundle}/config.json`
  const status = tryStat(file)
  if (status === undefined) {
    throw new RuntsError(`JSON specification file config.json not found in ${bundle}`, {
      code: "bundle-missing", hint: "`runts spec` makes one, --bundle names another folder",
    })
  }
  const details = { code: "config-unreadable" } as const
  if (status.type === "dir") throw new RuntsError(`${file} is a directory, not a file`, details)
  // which have no end
  if (status.type === "char" || status.type === "block") throw new RuntsError(`${file} is a device, not a file`, details)
  if (status.size > CONFIG_BYTES_MAX) throw new RuntsError(`${file} has ${status.size} bytes; more than ${CONFIG_BYTES_MAX} are no config`, details)
  return readFile(file)
}
