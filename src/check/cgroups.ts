import type { CgroupLayout } from "../host/cgroup/layout.ts"
import { checkCgroups } from "../host/cgroup/manager.ts"
import { deniedFolder, leaveOutDenied } from "../host/cgroup/permission.ts"
import { cgroupPaths } from "../host/cgroup/paths.ts"
import { type CgroupRecord, UNIFIED } from "../host/cgroup/record.ts"
import { foreseeResources } from "../host/cgroup/resources/foresee.ts"
import { listDir, tryReadText, tryStat } from "../host/file.ts"
import { mayLeaveOut } from "../lifecycle/cgroup-choice.ts"
import type { LinuxResources, Spec } from "../spec/types.gen.ts"
import type { Host } from "./host.ts"

/** Stands for the container's name, which nobody knows yet. */
const SOME_ID = "check"
const AT = "/linux/resources"

/** linux.cgroupsPath and linux.resources on this machine. */
export async function checkCgroup({ spec, findings, caller, inspection, cgroupManager }: Host): Promise<void> {
  const layout = inspection.layout()
  if (layout === undefined) {
    findings.error("no cgroups are mounted on this machine", {
      code: "cgroup-controller-missing", pointer: "/linux/cgroupsPath", remedy: "mount -t cgroup2 none /sys/fs/cgroup",
    })
    return
  }
  const path = spec.linux?.cgroupsPath
  const systemd = cgroupManager === "systemd"
  const record = systemd ? (await import("./systemd.ts")).unitCgroups(spec, layout, findings)
    : findings.attempt({ code: "cgroup-path-invalid", pointer: "/linux/cgroupsPath" }, () => cgroupPaths(layout, path, SOME_ID))
  if (record === undefined) return
  if (path !== undefined && path !== "") findings.attempt({ code: "cgroup-failed", pointer: "/linux/cgroupsPath" }, () => checkCgroups({ ...record }))
  // the folders of units are systemd's to make
  if (!systemd) tellPermission(record, layout, { spec, findings, caller })
  const resources = spec.linux?.resources
  if (resources === undefined) return
  await tellResources(record, resources, findings)
  tellDevices(resources, findings)
  tellHugepages(resources, findings)
  tellNumbers(spec, findings)
}

function tellPermission(record: CgroupRecord, layout: CgroupLayout, { spec, findings, caller }: Pick<Host, "spec" | "findings" | "caller">): void {
  if (mayLeaveOut({ rootless: "auto" }, record, spec)) tellLeftOut(record, findings)
  else tellUnwritable(record, layout, spec.linux?.cgroupsPath ?? "", { findings, caller })
}

/** Where no cgroup may be made, a container that asks for nothing goes without. */
function tellLeftOut(record: CgroupRecord, findings: Host["findings"]): void {
  const left = leaveOutDenied(record)
  if (left.length === 0) return
  const where = Object.keys(record.paths).length === 0 ? "" : ` in ${left.join(", ")}`
  findings.notice(`the container gets no cgroup of its own${where}: this user may make none`, {
    code: "cgroup-absent", pointer: "/linux", remedy: "`runts doctor` tells how cgroups are delegated to users",
  })
}

/** Folders are made below the innermost one that is there. */
function tellUnwritable(record: CgroupRecord, layout: CgroupLayout, given: string, { findings, caller }: Pick<Host, "findings" | "caller">): void {
  for (const key in record.paths) {
    const denied = deniedFolder(record, key)
    if (denied === undefined) continue
    const { folder, errno } = denied
    findings.error(`cgroups cannot be made in ${folder}: ${caller.why(errno)}`, {
      code: "cgroup-not-permitted", pointer: given === "" ? "/linux" : "/linux/cgroupsPath",
      remedy: layout.mode === "v2" ? "call runts as root, or in a cgroup that is delegated to this user (`runts doctor`)" : "call runts as root",
    })
    return
  }
}

/** What create would refuse by the tables that it writes by; whether the kernel takes a value only shows when it is written. */
async function tellResources(record: CgroupRecord, resources: LinuxResources, findings: Host["findings"]): Promise<void> {
  const told = new Set<string>()
  for (const step of await foreseeResources(record, resources)) {
    const { pointer } = step
    if ("fault" in step) {
      const message = step.fault.startsWith("/") ? step.fault : `${pointer}: ${step.fault}`
      findings.error(message, {
        code: step.code ?? "resource-unavailable", pointer, ...(step.hint === undefined ? {} : { remedy: step.hint }),
      })
      continue
    }
    const { controller, key, optional } = step
    if (key !== UNIFIED || optional || controller === "cgroup" || told.has(controller)) continue
    told.add(controller)
    const { folder, available } = availableControllers(record)
    if (available === undefined || available.includes(controller)) continue
    findings.error(`${pointer}: the cgroup controller ${controller} is not available in ${folder}`, {
      code: "cgroup-controller-missing", pointer,
      remedy: record.mode === "hybrid" ? "a v1 hierarchy holds it: use the other members of linux.resources"
        : `available there: ${available.join(" ") || "none"}; a parent must name it in cgroup.subtree_control`,
    })
  }
}

/** Of the innermost cgroup that is there: runts makes all that it has available to the container. */
function availableControllers(record: CgroupRecord): { folder: string; available: readonly string[] | undefined } {
  const mount = record.mounts[UNIFIED] as string
  for (let folder = record.paths[UNIFIED] as string; folder.length >= mount.length; folder = folder.slice(0, folder.lastIndexOf("/"))) {
    const text = readable(`${folder}/cgroup.controllers`)
    if (text !== undefined) return { folder, available: text.split(" ").filter((name) => name !== "") }
  }
  return { folder: mount, available: undefined }
}

type DeviceList = readonly { readonly major: number; readonly minor: number }[]

/** The kernel takes limits of whole block devices that are there (ENODEV else). */
function tellDevices({ blockIO = {} }: LinuxResources, findings: Host["findings"]): void {
  for (const name of ["weightDevice", "throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice", "throttleWriteIOPSDevice"] as const) {
    ;(blockIO[name] as DeviceList | undefined)?.forEach(({ major, minor }, index) => {
      const folder = `/sys/dev/block/${major}:${minor}`
      if (tryStat("/sys/dev/block") === undefined) return
      const pointer = `${AT}/blockIO/${name}/${index}`
      if (tryStat(folder) === undefined) {
        findings.error(`${pointer}: there is no block device ${major}:${minor} on this machine`, {
          code: "resource-value", pointer, remedy: "`lsblk` lists those that are there",
        })
      } else if (tryStat(`${folder}/partition`) !== undefined) {
        findings.error(`${pointer}: ${major}:${minor} is a partition, which has no limits of its own`, {
          code: "resource-value", pointer, remedy: "name the whole disk",
        })
      }
    })
  }
}

function tellHugepages({ hugepageLimits }: LinuxResources, findings: Host["findings"]): void {
  const folder = "/sys/kernel/mm/hugepages"
  if ((hugepageLimits?.length ?? 0) === 0 || tryStat(folder) === undefined) return
  const sizes = listDir(folder).map((name) => sizeName(Number(/-(\d+)kB$/.exec(name)?.[1])))
  hugepageLimits?.forEach(({ pageSize }, index) => {
    if (sizes.includes(pageSize)) return
    const pointer = `${AT}/hugepageLimits/${index}/pageSize`
    findings.error(`${pointer}: the machine has no huge pages of ${pageSize}`, {
      code: "resource-value", pointer, remedy: sizes.length === 0 ? "leave it out" : `it has those of ${sizes.join(", ")}`,
    })
  })
}

/** As cgroup files are named: 64KB, 2MB, 1GB. */
function sizeName(kibibytes: number): string {
  if (kibibytes >= 1 << 20) return `${kibibytes >> 20}GB`
  return kibibytes >= 1 << 10 ? `${kibibytes >> 10}MB` : `${kibibytes}KB`
}

/** Processors and memory nodes that the machine has: the kernel takes lists of others in some places and not in others. */
function tellNumbers({ linux }: Spec, findings: Host["findings"]): void {
  const lists = [
    ["/linux/resources/cpu/cpus", linux?.resources?.cpu?.cpus, "/sys/devices/system/cpu/online", "processors"],
    ["/linux/resources/cpu/mems", linux?.resources?.cpu?.mems, "/sys/devices/system/node/online", "memory nodes"],
  ] as const
  for (const [pointer, list, file, what] of lists) tellMissingNumbers(pointer, list, file, what, findings)
}

/** @param list as 0-3,7 @param file of sysfs with those that are there */
export function tellMissingNumbers(pointer: string, list: string | undefined, file: string, what: string, findings: Host["findings"]): void {
  if (list === undefined || list === "" || !/^[\d,\s-]+$/.test(list)) return
  const online = readable(file)
  if (online === undefined) return
  const there = numbers(online)
  const missing = numbers(list).filter((number) => !there.includes(number))
  if (missing.length === 0) return
  const shown = missing.length > 4 ? `${missing.slice(0, 4).join(", ")} ...` : missing.join(", ")
  findings.warning(`${pointer}: the machine has no ${what} ${shown}`, {
    code: "resource-value", pointer, remedy: `it has ${online}`,
  })
}

/** More than any machine has. */
const NUMBERS_MAX = 8192

function numbers(list: string): number[] {
  const all: number[] = []
  for (const part of list.split(",")) {
    const [first, last] = part.trim().split("-").map(Number)
    for (let number = first ?? 0; number <= (last ?? first ?? 0) && all.length < NUMBERS_MAX; number++) all.push(number)
  }
  return all
}

function readable(file: string): string | undefined {
  try {
    return tryReadText(file)?.trim()
  } catch {
    return undefined
  }
}
