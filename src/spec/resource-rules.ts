import { isUnlimited } from "./numbers.ts"
import { pointerKey, shown, throwFaults } from "./report.ts"
import type { Fault } from "./report.ts"
import { isInterfaceName } from "./rule.ts"
import type { Report } from "./rule.ts"
import type { LinuxBlockIo, LinuxCpu, LinuxMemory, LinuxResources } from "./types.gen.ts"

/** Where a resources object is: in a config.json, whose values are all there is, or in an update of what a container has. */
export type ResourcesUse = "config" | "update"

/** Checks what `update` is given. @param where the file, or what stands for it @throws RuntsError that lists all broken rules */
export function checkResources(resources: LinuxResources, where: string): void {
  const faults: Fault[] = []
  const report: Report = (pointer, text) => void faults.push({ pointer, text, code: "config-rule", clause: "config-linux.md, Control groups" })
  resourcesAreWellFormed(resources, "", "update", report)
  if (faults.length > 0) throwFaults(where, faults)
}

/** Values that contradict each other, become part of a path, or cannot be written to any cgroup file. @param at pointer to the object */
export function resourcesAreWellFormed(resources: LinuxResources, at: string, use: ResourcesUse, report: Report): void {
  const { devices, memory, cpu, blockIO, hugepageLimits, network, rdma, unified } = resources
  for (let i = 0; i < (devices?.length ?? 0); i++) {
    const access = devices?.[i]?.access
    if (access !== undefined && !isAccess(access)) report(`${at}/devices/${i}/access`, `${shown(access)} has letters other than rwm`)
  }
  if (memory !== undefined) memoryIsConsistent(memory, at + "/memory", use, report)
  if (cpu !== undefined) cpuIsConsistent(cpu, at + "/cpu", report)
  if (blockIO !== undefined) devicesHaveNumbers(blockIO, at + "/blockIO", report)
  for (let i = 0; i < (hugepageLimits?.length ?? 0); i++) {
    const size = hugepageLimits?.[i]?.pageSize ?? ""
    if (!/^[1-9]\d*[KMG]B$/.test(size)) report(`${at}/hugepageLimits/${i}/pageSize`, `${shown(size)} is not a size as 2MB`)
  }
  for (let i = 0; i < (network?.priorities?.length ?? 0); i++) {
    const name = network?.priorities?.[i]?.name ?? ""
    if (!isInterfaceName(name)) report(`${at}/network/priorities/${i}/name`, `${shown(name)} is not a name of a network device`)
  }
  for (const device in rdma) {
    const pointer = `${at}/rdma/${pointerKey(device)}`
    if (!/^[^\s]+$/.test(device)) report(pointer, `${shown(device)} is not a name of an RDMA device`)
    const { hcaHandles, hcaObjects } = rdma[device] ?? {}
    if (hcaHandles === undefined && hcaObjects === undefined) report(pointer, "has neither hcaHandles nor hcaObjects")
  }
  for (const file in unified) unifiedFileIsParameter(file, `${at}/unified/${pointerKey(file)}`, report)
}

/** 0 is Go's zero value: not set. */
function memoryIsConsistent({ limit = 0, reservation = 0, swap = 0, swappiness = 0 }: LinuxMemory, at: string, use: ResourcesUse, report: Report): void {
  for (const [name, bytes] of [["limit", limit], ["reservation", reservation], ["swap", swap]] as const) {
    if (bytes < -1) report(`${at}/${name}`, `${bytes} is negative; expected bytes, or -1 for no limit`)
  }
  if (swappiness > 100 && swappiness < 2 ** 63) report(`${at}/swappiness`, `${swappiness} is more than 100`)
  if (swap === 0 || isUnlimited(swap)) return
  if (isUnlimited(limit) || (limit === 0 && use === "config")) {
    report(`${at}/swap`, `${swap} limits memory and swap together, which needs a limit of memory`)
  } else if (limit > swap) {
    report(`${at}/swap`, `${swap} is less than the limit of memory, ${limit}; swap counts memory and swap together`)
  }
}

/** As the kernel's bitmap_parselist takes them, 0-31:2/4 and `all` too; it ends at a newline, so that what follows would be lost. */
const CPU_LIST = /^[\w ,:/-]*$/

function cpuIsConsistent({ quota = 0, burst = 0, idle, cpus = "", mems = "" }: LinuxCpu, at: string, report: Report): void {
  for (const [name, list] of [["cpus", cpus], ["mems", mems]] as const) {
    if (!CPU_LIST.test(list)) report(`${at}/${name}`, `${shown(list)} is not a list as 0-3,7`)
  }
  if (quota > 0 && burst > quota) report(`${at}/burst`, `${burst} is larger than the quota, ${quota}`)
  if (idle !== undefined && idle !== 0 && idle !== 1) report(`${at}/idle`, `${idle} is neither 0 nor 1`)
}

const THROTTLES = ["throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice", "throttleWriteIOPSDevice"] as const
/** BFQ's and CFQ's largest weight. */
const WEIGHT_MAX = 1000

function devicesHaveNumbers(blockIO: LinuxBlockIo, at: string, report: Report): void {
  for (const name of ["weight", "leafWeight"] as const) weightFits(blockIO[name], `${at}/${name}`, report)
  for (let i = 0; i < (blockIO.weightDevice?.length ?? 0); i++) {
    const entry = blockIO.weightDevice?.[i]
    const pointer = `${at}/weightDevice/${i}`
    numbersFit(entry, pointer, report)
    if (entry?.weight === undefined && entry?.leafWeight === undefined) report(pointer, "has neither weight nor leafWeight")
    weightFits(entry?.weight, pointer + "/weight", report)
    weightFits(entry?.leafWeight, pointer + "/leafWeight", report)
  }
  for (const name of THROTTLES) {
    const list = blockIO[name]
    for (let i = 0; i < (list?.length ?? 0); i++) numbersFit(list?.[i], `${at}/${name}/${i}`, report)
  }
}

function weightFits(weight: number | undefined, pointer: string, report: Report): void {
  if (weight !== undefined && weight > WEIGHT_MAX) report(pointer, `${weight} is more than ${WEIGHT_MAX}`)
}

function numbersFit(entry: { readonly major: number; readonly minor: number } | undefined, at: string, report: Report): void {
  for (const name of ["major", "minor"] as const) {
    const number = entry?.[name] ?? 0
    if (number < 0 || number > 0xffff_ffff) report(`${at}/${name}`, `${number} is no device number`)
  }
}

/** Files of every cgroup that move, stop or end processes, or change what it is: the runtime's own business. */
const ACTIONS: readonly string[] = ["cgroup.procs", "cgroup.threads", "cgroup.kill", "cgroup.freeze", "cgroup.type"]

function unifiedFileIsParameter(file: string, at: string, report: Report): void {
  if (!/^[^./\s][^./]*\.[^/]+$/.test(file)) report(at, `${shown(file)} is not the name of a file of the cgroup, as memory.high`)
  else if (ACTIONS.includes(file)) report(at, `${file} is no setting: it acts on processes, which is the runtime's part`)
}

function isAccess(access: string): boolean {
  for (let i = 0; i < access.length; i++) if (!"rwm".includes(access[i] as string)) return false
  return true
}
