import { RuntsError } from "../error.ts"
import { BPF_INSTRUCTION_BYTES, BPF_INSTRUCTIONS_MAX } from "../kernel/seccomp.ts"
import { HOST_ARCHITECTURE } from "../kernel/syscalls.ts"
import { cachedFilter, keepFilter, type FilterCache } from "../host/seccomp/cache.ts"
import { kernelVersion } from "../host/kernel-release.ts"
import { makeStateRoot, stateRoot } from "../host/store.ts"
import type { StoredSeccomp } from "../host/stored-state.ts"
import { annotation, annotationIsOn } from "../spec/annotations.ts"
import type { Seccomp, Spec } from "../spec/types.gen.ts"
import { commit, version } from "../version.ts"
import type { GlobalOptions } from "./requests.ts"
import { filterFlags } from "./seccomp-flags.ts"

/** A container's filter, and what its state keeps of it. */
export interface PreparedSeccomp {
  /** struct sock_filter, 8 bytes each. */
  readonly filter: Uint8Array
  readonly stored: StoredSeccomp
}

/** Below the state root; "@" is in no container's id. */
const CACHE_FOLDER = "@seccomp"

/** The filter that a config asks for, from the cache or made anew. @throws RuntsError where libseccomp is missing or refuses a part */
export async function prepareSeccomp(globals: GlobalOptions, spec: Spec): Promise<PreparedSeccomp> {
  const raw = annotation(spec, "run.oci.seccomp_bpf_data")
  const seccomp: Partial<Seccomp> = raw === undefined ? spec.linux?.seccomp as Seccomp : {}
  const notifies = seccomp.syscalls?.some(({ action }) => action === "SCMP_ACT_NOTIFY") === true
  const path = seccomp.listenerPath || annotation(spec, "run.oci.seccomp.receiver")
  const filter = raw === undefined ? await profileFilter(globals, spec) : rawFilter(raw)
  return {
    filter,
    stored: {
      flags: filterFlags(seccomp.flags, notifies),
      ...(notifies ? { listener: { path: path as string, metadata: seccomp.listenerMetadata ?? "" } } : {}),
    },
  }
}

async function profileFilter(globals: GlobalOptions, spec: Spec): Promise<Uint8Array> {
  const { defaultAction, defaultErrnoRet, architectures, syscalls } = spec.linux?.seccomp as Seccomp
  const errnoRet = defaultErrnoRet === undefined ? {} : { defaultErrnoRet }
  const profile = { defaultAction, ...errnoRet, architectures: architectures ?? [], syscalls: syscalls ?? [] }
  const options = { failOnUnknown: annotationIsOn(spec, "run.oci.seccomp_fail_unknown_syscall") }
  const cache: FilterCache = { path: `${stateRoot(globals).path}/${CACHE_FOLDER}` }
  // a warm cache must not hide what the compiler would refuse
  const key = `${version} ${commit} ${HOST_ARCHITECTURE} ${kernelVersion().join(".")} ${options.failOnUnknown} ${profileText(profile)}`
  const cached = cachedFilter(cache, key)
  if (cached !== undefined) return cached
  const [{ compileProfile }, { seccompLibraryPath }] = await Promise.all([
    import("../host/seccomp/compile.ts"), import("../host/seccomp/library.ts"),
  ])
  const filter = compileProfile(profile, options)
  // else the cache's folder would bring the root with it, without its sticky bit
  makeStateRoot(globals)
  keepFilter(cache, key, filter, seccompLibraryPath())
  return filter
}

function profileText(profile: object): string {
  try {
    return JSON.stringify(profile)
  } catch {
    // arguments beyond 2^53 are bigints, which JSON does not know; a string is none of the numbers
    return JSON.stringify(profile, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))
  }
}

/** The annotation's filter, which crun's users give in place of a profile. */
function rawFilter(base64: string): Uint8Array {
  const filter = new Uint8Array(Buffer.from(base64, "base64"))
  const wrong = (why: string): RuntsError => {
    return new RuntsError(`the annotation run.oci.seccomp_bpf_data ${why}`, {
      code: "seccomp-profile", pointer: "/annotations/run.oci.seccomp_bpf_data",
    })
  }
  if (!/^[A-Za-z0-9+/\s]+=*\s*$/.test(base64)) throw wrong("is not base64")
  if (filter.length === 0 || filter.length % BPF_INSTRUCTION_BYTES !== 0) {
    throw wrong(`holds ${filter.length} bytes, not instructions of ${BPF_INSTRUCTION_BYTES}`)
  }
  if (filter.length > BPF_INSTRUCTIONS_MAX * BPF_INSTRUCTION_BYTES) throw wrong(`holds more than ${BPF_INSTRUCTIONS_MAX} instructions`)
  return filter
}
