import { RuntsError } from "../error.ts"
import { deviceFilterRules } from "../host/cgroup/device-rules.ts"
import { refuseUnsupported } from "../lifecycle/unsupported.ts"
import { cleanRelative } from "../path.ts"
import { deviceNodes } from "../plan/devices.ts"
import type { MountSourceFacts } from "../plan/facts.ts"
import { mountMappings } from "../plan/idmap-option.ts"
import { mountLabel, mountRequest, unusedData } from "../plan/mount-request.ts"
import type { MountRequest } from "../plan/mount-request.ts"
import { checkDestination } from "../plan/mounts.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import { shown } from "../spec/report.ts"
import type { Mount, Spec } from "../spec/types.gen.ts"
import { unlessUnsound } from "./advice.ts"
import type { Findings } from "./finding.ts"

/*
 * What a plan would refuse of a config that is well-formed: its functions are called part by part, so that each says its own.
 */

/** @param sound false: the config has faults of types, which this may trip over */
export function checkPlan(spec: Spec, sound: boolean, findings: Findings): void {
  const steps: (() => void)[] = [
    () => findings.attempt({ code: "config-unsupported", pointer: "" }, () => refuseUnsupported(spec)),
    () => checkUser(spec, findings),
    () => checkDevices(spec, findings),
    () => checkMounts(spec, sound, findings),
    () => checkTerminal(spec, findings),
  ]
  for (const step of steps) unlessUnsound(sound, step)
}

const NO_ID = 0xffffffff

function checkUser({ process }: Spec, findings: Findings): void {
  for (const [id, what] of [["uid", "user"], ["gid", "group"]] as const) {
    if (process?.user?.[id] !== NO_ID) continue
    findings.error(`process.user.${id}: ${NO_ID} is -1 to the kernel, which is no ${what}`, {
      code: "config-rule", pointer: `/process/user/${id}`,
    })
  }
}

function checkDevices({ linux }: Spec, findings: Findings): void {
  linux?.devices?.forEach((device, index) => {
    const pointer = `/linux/devices/${index}`
    findings.attempt({ code: "device-failed", pointer }, () => {
      try {
        deviceNodes([device], false)
      } catch (error) {
        throw moved(error, 0, index)
      }
    })
  })
  linux?.resources?.devices?.forEach((rule, index) => {
    const pointer = `/linux/resources/devices/${index}`
    findings.attempt({ code: "resource-value", pointer }, () => {
      try {
        deviceFilterRules([rule])
      } catch (error) {
        throw moved(error, 0, index)
      }
    })
  })
}

/** The error of what was asked about one item alone, and takes it for the first of its list. */
export function moved(error: unknown, from: number, to: number): unknown {
  if (!(error instanceof RuntsError)) return error
  const pointer = error.details.pointer?.replace(`/${from}`, `/${to}`)
  const message = error.message.replace(new RegExp(`^([\\w/]*)([[/])${from}\\b`), `$1$2${to}`)
  return new RuntsError(message, { ...error.details, ...(pointer === undefined ? {} : { pointer }) })
}

function checkMounts(spec: Spec, sound: boolean, findings: Findings): void {
  const label = findings.attempt({ code: "selinux-failed", pointer: "/linux/mountLabel" }, () => mountLabel(spec))
  const user = namespaceOf(spec.linux, "user")
  const requests: MountRequest[] = []
  const mounts = Array.isArray(spec.mounts) ? spec.mounts : []
  mounts.forEach((mount, index) => {
    unlessUnsound(sound, () => {
      const pointer = `/mounts/${index}`
      const request = findings.attempt({ code: "mount-option", pointer: `${pointer}/options` }, () => mountRequest(mount, index, label))
      if (request === undefined) return
      requests.push(request)
      tellOpposites(mount, index, findings)
      const { idmap } = request
      const joinsUser = user !== undefined && !namespaceIsNew(user)
      if (idmap !== undefined) {
        findings.attempt({ code: "id-map-failed", pointer: `${pointer}/options` }, () => mountMappings(spec.linux, mount, index, idmap.option, joinsUser))
      }
      // whether it shows a procfs is seen on the host
      const sources = new Map<number, MountSourceFacts>([[index, { isDirectory: true, isProcfs: true }]])
      findings.attempt({ code: "mount-target", pointer }, () => checkDestination({ facts: { sources } }, request))
    })
  })
  for (const message of unusedData(requests)) {
    const index = Number(/^mounts\[(\d+)\]/.exec(message)?.[1])
    findings.warning(message, { code: "config-no-effect", pointer: `/mounts/${index}/options`, remedy: "leave them out" })
  }
  tellHidden(requests, findings)
}

/** Words of which the later takes the earlier back. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ["ro", "rw"], ["suid", "nosuid"], ["dev", "nodev"], ["exec", "noexec"], ["sync", "async"], ["atime", "noatime"], ["relatime", "norelatime"],
  ["strictatime", "nostrictatime"], ["diratime", "nodiratime"], ["symfollow", "nosymfollow"], ["noatime", "strictatime"],
]

function tellOpposites({ options, destination }: Mount, index: number, findings: Findings): void {
  for (const [one, other] of OPPOSITES) {
    for (const prefix of ["", "r"]) {
      const [first, second] = [options?.lastIndexOf(prefix + one) ?? -1, options?.lastIndexOf(prefix + other) ?? -1]
      if (first < 0 || second < 0) continue
      const last = Math.max(first, second)
      findings.warning(`mounts[${index}] (${destination}): ${options?.[Math.min(first, second)]} and ${options?.[last]} contradict each other; the last counts`, {
        code: "config-repeated", pointer: `/mounts/${index}/options/${last}`, clause: "config.md, Linux mount options", remedy: "leave out one of them",
      })
    }
  }
}

/** A mount over a folder hides what was mounted there and below it before. */
function tellHidden(requests: readonly MountRequest[], findings: Findings): void {
  const paths = requests.map(({ mount }) => cleanRelative(mount.destination))
  requests.forEach(({ index, mount, remount }, later) => {
    const path = paths[later] as string
    if (remount) return
    const hidden = requests.filter((_, earlier) => {
      const other = paths[earlier] as string
      return earlier < later && (path === "" ? other !== "" : other === path || other.startsWith(`${path}/`))
    })
    if (hidden.length === 0) return
    const names = hidden.map(({ index: earlier, mount: { destination } }) => `mounts[${earlier}] (${destination})`).join(", ")
    // engines put a volume over a mount of their own at the same place
    const severity = hidden.every(({ mount: { destination } }) => cleanRelative(destination) === path) ? "notice" : "warning"
    findings[severity](`mounts[${index}] (${mount.destination}) hides ${names}: made earlier, and at the same place or below it`, {
      code: "config-hidden", pointer: `/mounts/${index}/destination`, remedy: `put ${shown(mount.destination)} before them, or leave it out`,
    })
  })
}

/** The container's end of a terminal is opened in its own devpts. */
function checkTerminal({ process, mounts }: Spec, findings: Findings): void {
  if (process?.terminal !== true) return
  const there = mounts?.some(({ destination, type, options }) => {
    const path = cleanRelative(destination)
    const bind = type === "bind" || options?.some((option) => option === "bind" || option === "rbind") === true
    return (path === "dev/pts" && (type === "devpts" || bind)) || (bind && (path === "dev" || path === ""))
  })
  if (there === true) return
  findings.error("process.terminal: a terminal needs a devpts at /dev/pts", {
    code: "mount-failed", pointer: "/process/terminal", clause: "config-linux.md, Default Filesystems",
    remedy: 'add the mount {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666", "mode=0620"]}',
  })
}
