import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { tryReadText } from "../host/file.ts"
import { findResctrl, foreseeRdt } from "../host/intel-rdt.ts"
import { hostFacts } from "../lifecycle/host-facts.ts"
import { processLabels } from "../lifecycle/labels.ts"
import { ERRNO } from "../kernel/errno.ts"
import { RLIMITS } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { setLogSink } from "../log.ts"
import { grantedCapabilities } from "../plan/capability-sets.ts"
import { prelude } from "../prelude/prelude.ts"
import { namespaceOf } from "../spec/namespace.ts"
import { tellLostCapabilities } from "./advice.ts"
import type { Host } from "./host.ts"

/** Capabilities, labels and limits: what this kernel and this caller can give. */
export async function checkPrivileges(host: Host): Promise<void> {
  const { spec, findings } = host
  const { process, linux } = spec
  if (process === undefined) return
  tellCapabilities(host)
  tellLimits(host)
  try {
    await processLabels(process, linux?.mountLabel)
    tellProfile(host)
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    findings.take(error, { code: "apparmor-failed", pointer: "/process/apparmorProfile" })
  }
  if (linux?.intelRdt === undefined) return
  const silent = setLogSink({ write() {} })
  findings.attempt({ code: "resource-unavailable", pointer: "/linux/intelRdt" }, () => foreseeRdt(findResctrl(), linux.intelRdt ?? {}, "check"))
  setLogSink(silent)
}

function tellCapabilities({ spec, findings }: Host): void {
  const { process, linux } = spec
  const plain: string[] = []
  grantedCapabilities(process?.capabilities, { grantable: undefined, lastCapability: 63 }, plain)
  const here: string[] = []
  grantedCapabilities(process?.capabilities, hostFacts(spec, namespaceOf(linux, "user") !== undefined), here)
  // what the sets say of each other was told without the host
  tellLostCapabilities(here.filter((warning) => !plain.includes(warning)), findings)
}

/** Loaded profiles, which only root may list. */
function tellProfile({ spec, findings }: Host): void {
  const profile = spec.process?.apparmorProfile ?? ""
  if (profile === "" || profile === "unconfined") return
  const pointer = "/process/apparmorProfile"
  let loaded: string | undefined
  try {
    loaded = tryReadText("/sys/kernel/security/apparmor/profiles")
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
  }
  if (loaded === undefined) {
    findings.notice(`${pointer}: whether the profile ${JSON.stringify(profile)} is loaded cannot be seen by this user`, {
      code: "not-checked", pointer,
    })
  } else if (!loaded.split("\n").some((line) => line.startsWith(`${profile} (`))) {
    findings.error(`apparmor failed to apply profile ${JSON.stringify(profile)}: it is not loaded`, {
      code: "apparmor-failed", pointer, remedy: "aa-status lists those that are, apparmor_parser --replace FILE loads one",
    })
  }
}

/** prlimit(2): who lacks CAP_SYS_RESOURCE may lower hard limits only; and nobody may have more open files than fs.nr_open. */
function tellLimits({ spec, findings, caller, inspection }: Host): void {
  const most = inspection.number("/proc/sys/fs/nr_open")
  spec.process?.rlimits?.forEach(({ type, hard }, index) => {
    const pointer = `/process/rlimits/${index}/hard`
    const own = ownHardLimit(type)
    if (type === "RLIMIT_NOFILE" && most !== undefined && hard > most) {
      findings.error(`${pointer}: ${hard} open files are more than fs.nr_open, ${most}`, {
        code: "limit-failed", pointer, remedy: `lower it, or sysctl -w fs.nr_open=${hard}`,
      })
    } else if (own !== undefined && BigInt(hard) > own && !caller.has("CAP_SYS_RESOURCE")) {
      findings.error(`${pointer}: ${hard} is more than the ${own} that runts itself may have`, {
        code: "limit-failed", pointer, remedy: "raising a hard limit takes CAP_SYS_RESOURCE",
      })
    }
  })
  const adjustment = spec.process?.oomScoreAdj
  const ownAdjustment = inspection.number("/proc/self/oom_score_adj") ?? 0
  if (adjustment === undefined || adjustment >= ownAdjustment || caller.has("CAP_SYS_RESOURCE")) return
  findings.warning(`/process/oomScoreAdj: ${adjustment} is less than the ${ownAdjustment} that runts itself has`, {
    code: "limit-failed", pointer: "/process/oomScoreAdj", remedy: "lowering it takes CAP_SYS_RESOURCE, unless it was as low before",
  })
}

/** Of the caller: the engine has changed one of this process's own. */
function ownHardLimit(type: string): bigint | undefined {
  if (type === "RLIMIT_NOFILE") {
    const { hard } = prelude.callerNofile()
    return hard >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(hard)
  }
  const resource = (RLIMITS as Readonly<Record<string, number>>)[type]
  const value = Buffer.alloc(16)
  if (resource === undefined || sys(NR.prlimit64, 0, resource, 0, value) === -ERRNO.EINVAL) return undefined
  return value.readBigUInt64LE(8)
}
