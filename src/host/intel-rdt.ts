import { RuntsError, sysError } from "../error.ts"
import { ERRNO, errnoText } from "../kernel/errno.ts"
import { AT_FDCWD, AT_REMOVEDIR } from "../kernel/fs.ts"
import { warn } from "../log.ts"
import type { IntelRdt } from "../spec/types.gen.ts"
import { listDir, mkdir, tryReadText, tryStat, tryUnlinkAt, tryWriteFileAt } from "./file.ts"
import { mounts, type MountInfo } from "./procfs.ts"

/*
 * Classes of service of Intel RDT (and AMD QoS, Arm MPAM) through resctrl, as the kernel's Documentation/filesystems/resctrl.rst
 * tells; what linux.intelRdt asks for: runtime-spec config-linux.md, "IntelRdt". Each function works below the root folder that it
 * is given.
 */

const quote = JSON.stringify

/** What a container has in resctrl; part of its state. */
export interface RdtRecord {
  /** Mount point of resctrl. */
  readonly root: string
  /** Folder of the class of service. */
  readonly group: string
  /** It is made for this container, and goes with it. */
  readonly ownsGroup: boolean
  /** It is made for a closID of its own name, and stays. */
  readonly makesGroup: boolean
  /** Folder of the container's own monitoring group; undefined without enableMonitoring. */
  readonly monitoring: string | undefined
}

/** Mount point of resctrl. @throws RuntsError where none is mounted */
export function findResctrl(found: readonly MountInfo[] = mounts()): string {
  // of several mounts any will do: there is one resctrl
  const mount = found.find(({ type, root }) => type === "resctrl" && root === "/")
  if (mount !== undefined) return mount.mountPoint
  throw new RuntsError("linux.intelRdt: no resctrl file system is mounted", {
    code: "resource-unavailable",
    pointer: "/linux/intelRdt",
    hint: "`mount -t resctrl resctrl /sys/fs/resctrl` mounts it, where processor and kernel (CONFIG_X86_CPU_RESCTRL) know RDT; " +
      "or leave intelRdt out",
  })
}

/** The parts of linux.intelRdt that are written to the schemata file. */
export interface Schemas {
  readonly l3CacheSchema?: string | undefined
  readonly memBwSchema?: string | undefined
  /** Lines. */
  readonly schemata?: readonly string[] | undefined
}

function hasSchema({ l3CacheSchema, memBwSchema, schemata }: Schemas): boolean {
  return isSet(l3CacheSchema) || isSet(memBwSchema) || (schemata?.length ?? 0) > 0
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== ""
}

/**
 * What a container will have, before anything of it is made.
 * @param id the container's
 * @throws RuntsError where closID names a class that is not there and nothing tells what it is to be, or one that is other than
 * asked for
 */
export function foreseeRdt(root: string, rdt: IntelRdt, id: string): RdtRecord {
  const named = isSet(rdt.closID)
  const group = rdt.closID === "/" ? root : `${root}/${named ? rdt.closID : id}`
  const exists = tryStat(group) !== undefined
  if (exists && tryStat(`${group}/tasks`) === undefined) {
    throw new RuntsError(`linux.intelRdt: ${quote(group)} is a folder of resctrl's own, not a class of service`, {
      code: "resource-value",
      pointer: "/linux/intelRdt/closID", hint: "choose another closID",
    })
  }
  if (named && !exists && !hasSchema(rdt)) {
    throw new RuntsError(`linux.intelRdt: there is no class of service ${quote(rdt.closID)} in ${root}`, {
      code: "resource-value",
      pointer: "/linux/intelRdt/closID", errno: ERRNO.ENOENT,
      hint: "make it beforehand, or say with l3CacheSchema, memBwSchema or schemata what it is",
    })
  }
  if (named && exists) compareSchemata(group, rdt)
  return {
    root, group,
    ownsGroup: !named && !exists,
    makesGroup: !exists,
    monitoring: rdt.enableMonitoring === true ? `${group}/mon_groups/${id}` : undefined,
  }
}

/** A class of service that is there must be what the config says of it. */
function compareSchemata(group: string, { l3CacheSchema, memBwSchema }: IntelRdt): void {
  const wanted = { l3CacheSchema, memBwSchema }
  for (const [field, schema] of Object.entries(wanted)) {
    if (!isSet(schema)) continue
    const text = readControl(group, "schemata")
    const found = parseSchemata(text)
    for (const [domain, value] of parseSchemata(schema)) {
      if (found.get(domain) === value) continue
      const differ = `${quote(group)} has ${quote(text.trim())}, but ${field} is ${quote(schema)}`
      throw new RuntsError(`linux.intelRdt: class of service ${differ}`, {
        code: "resource-value",
        pointer: `/linux/intelRdt/${field}`, hint: "make them equal, leave the schema out, or choose another closID",
      })
    }
  }
}

/** Percent or MB/s, decimal; all other resources have bit masks in hexadecimal digits. */
const DECIMAL = ["MB", "SMBA"]

/** `L3:0=00ff;1=ff` by domain: `L3:0` to "ff". What the kernel pads is equal to what is not padded. */
export function parseSchemata(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":")
    if (colon < 0) continue
    const resource = line.slice(0, colon).trim()
    for (const part of line.slice(colon + 1).split(";")) {
      const [domain = "", value = ""] = part.split("=")
      if (domain.trim() === "") continue
      const number = parseInt(value.trim(), DECIMAL.includes(resource) ? 10 : 16)
      found.set(`${resource}:${domain.trim()}`, Number.isNaN(number) ? value.trim() : number.toString(16))
    }
  }
  return found
}

/** Makes the class of service where it is missing. */
export function makeGroup(record: RdtRecord): void {
  if (!record.makesGroup) return
  const hint = "num_closids in resctrl's info folder tells how many there can be"
  make(record, record.group, "/linux/intelRdt/closID", "class of service", hint)
}

/** Makes the container's monitoring group, if it is to have one. */
export function makeMonitoringGroup(record: RdtRecord): void {
  if (record.monitoring === undefined) return
  const hint = "num_rmids in resctrl's info folder tells how many there can be"
  make(record, record.monitoring, "/linux/intelRdt/enableMonitoring", "monitoring group", hint)
}

function make({ root }: RdtRecord, path: string, pointer: string, what: string, hint: string): void {
  try {
    mkdir(path, 0o755)
  } catch (error) {
    const errno = error instanceof RuntsError ? error.details.errno : undefined
    if (errno === undefined) throw error
    throw sysError(`linux.intelRdt: make the ${what} ${quote(path)}${lastStatus(root)}`, errno, {
      pointer, syscall: "mkdirat", ...(errno === ERRNO.ENOSPC ? { hint } : {}),
    })
  }
}

/** What the kernel says of the last failed operation on resctrl. */
function lastStatus(root: string): string {
  const text = tryReadText(`${root}/info/last_cmd_status`)?.trim() ?? ""
  return text === "" || text === "ok" ? "" : ` (the kernel says: ${text.replaceAll("\n", "; ")})`
}

function readControl(group: string, name: string): string {
  const text = tryReadText(`${group}/${name}`)
  if (text !== undefined) return text
  throw sysError(`linux.intelRdt: read ${quote(`${group}/${name}`)}`, ERRNO.ENOENT, { pointer: "/linux/intelRdt" })
}

function writeControl({ root }: RdtRecord, path: string, text: string, pointer: string): void {
  const error = tryWriteFileAt(AT_FDCWD, path, text)
  if (error === 0) return
  const shown = quote(text.trim())
  throw sysError(`linux.intelRdt: write ${shown} to ${quote(path)}${lastStatus(root)}`, -error, { pointer, syscall: "write" })
}

/** A value of the schemata file with the newline that the kernel demands at its end. */
function line(schema: string): string {
  return schema.endsWith("\n") ? schema : `${schema}\n`
}

/**
 * Writes what is set, one field a write: l3CacheSchema, then memBwSchema, then schemata. In one write the kernel would refuse a
 * domain that two of them name, where the later one is to count.
 */
export function writeSchemata(record: RdtRecord, { l3CacheSchema, memBwSchema, schemata }: Schemas): void {
  const file = `${record.group}/schemata`
  if (isSet(l3CacheSchema)) writeControl(record, file, line(l3CacheSchema), "/linux/intelRdt/l3CacheSchema")
  if (isSet(memBwSchema)) writeControl(record, file, line(memBwSchema), "/linux/intelRdt/memBwSchema")
  if (schemata === undefined || schemata.length === 0) return
  writeControl(record, file, line(schemata.join("\n")), "/linux/intelRdt/schemata")
}

/** As writeSchemata, for a class of service in use: where a value is refused, what it had is written back. */
export function changeSchemata(record: RdtRecord, change: Schemas): void {
  const before = readControl(record.group, "schemata")
  try {
    writeSchemata(record, change)
  } catch (error) {
    // the kernel reads what it printed (resctrl.rst, "Reading/writing the schemata file")
    const back = tryWriteFileAt(AT_FDCWD, `${record.group}/schemata`, before)
    if (back < 0) warn(`linux.intelRdt: ${quote(record.group)} could not be set back to ${quote(before)}: ${errnoText(-back)}`)
    throw error
  }
}

/**
 * Brings a process, and all that it will make, into the class of service and the monitoring group.
 * @param pid as this process sees it
 */
export function joinRdt(record: RdtRecord, pid: number): void {
  // a monitoring group takes only tasks of its own class
  writeControl(record, `${record.group}/tasks`, String(pid), "/linux/intelRdt")
  if (record.monitoring === undefined) return
  writeControl(record, `${record.monitoring}/tasks`, String(pid), "/linux/intelRdt/enableMonitoring")
}

/**
 * Removes what was made for the container: its monitoring group, and its class unless that has a closID. Tasks still in there go
 * back to the default class. Never throws: what cannot be removed is warned of.
 */
export function removeRdt(record: RdtRecord): void {
  if (record.monitoring !== undefined) removeGroup(record, record.monitoring)
  if (record.ownsGroup) removeGroup(record, record.group)
}

/** After a failed create: also the class that was made for its closID. */
export function undoRdt(record: RdtRecord): void {
  removeRdt(record)
  if (!record.makesGroup || record.ownsGroup) return
  // unless it was used at once
  if ((tryReadText(`${record.group}/tasks`) ?? "").trim() === "") removeGroup(record, record.group)
}

function removeGroup({ root }: RdtRecord, path: string): void {
  const error = tryUnlinkAt(AT_FDCWD, path, AT_REMOVEDIR)
  if (error < 0 && error !== -ERRNO.ENOENT) warn(`remove ${quote(path)}${lastStatus(root)}: ${errnoText(-error)}`)
}

/** What a resource of resctrl has in its folder below info. */
type Numbers<Name extends string> = Readonly<Partial<Record<Name, number>>>

/**
 * What `events` tells of a container, by the names of runc's types/events.go (intel_rdt). What the machine does not have is left
 * out.
 */
export interface RdtStats {
  readonly l3_cache_info?: { readonly cbm_mask?: string } & Numbers<"min_cbm_bits" | "num_closids">
  /** The line of the default class, and of the container's. */
  readonly l3_cache_schema_root?: string
  readonly l3_cache_schema?: string
  readonly mem_bw_info?: Numbers<"bandwidth_gran" | "delay_linear" | "min_bandwidth" | "num_closids">
  readonly mem_bw_schema_root?: string
  readonly mem_bw_schema?: string
  /** One for each L3 cache, in the order of their names; bytes. */
  readonly mbm_stats?: readonly Numbers<"mbm_total_bytes" | "mbm_local_bytes">[]
  readonly cmt_stats?: readonly Numbers<"llc_occupancy">[]
}

/** Statistics of a container: those of its monitoring group, else those of its class of service, which others may share. */
export function readStats(record: RdtRecord): RdtStats {
  const { root, group } = record
  const stats: Record<string, unknown> = {}
  const l3 = readNumbers(`${root}/info/L3`, ["min_cbm_bits", "num_closids"])
  const mask = tryReadText(`${root}/info/L3/cbm_mask`)?.trim()
  if (mask !== undefined) stats.l3_cache_info = { cbm_mask: mask, ...l3 }
  const bandwidth = readNumbers(`${root}/info/MB`, ["bandwidth_gran", "delay_linear", "min_bandwidth", "num_closids"])
  if (Object.keys(bandwidth).length > 0) stats.mem_bw_info = bandwidth
  for (const [folder, suffix] of [[root, "_root"], [group, ""]] as const) {
    for (const text of (tryReadText(`${folder}/schemata`) ?? "").split("\n").map((item) => item.trim())) {
      if (text.startsWith("L3:")) stats[`l3_cache_schema${suffix}`] = text
      if (text.startsWith("MB:")) stats[`mem_bw_schema${suffix}`] = text
    }
  }
  return { ...stats, ...monitoringStats(`${record.monitoring ?? group}/mon_data`) }
}

function monitoringStats(folder: string): Pick<RdtStats, "mbm_stats" | "cmt_stats"> {
  if (tryStat(folder) === undefined) return {}
  const domains = listDir(folder).filter((name) => name.startsWith("mon_L3_")).sort()
  const collect = <Name extends string>(names: readonly Name[]): Numbers<Name>[] =>
    domains.map((domain) => readNumbers(`${folder}/${domain}`, names)).filter((found) => Object.keys(found).length > 0)
  const bandwidth = collect(["mbm_total_bytes", "mbm_local_bytes"])
  const occupancy = collect(["llc_occupancy"])
  return { ...(bandwidth.length > 0 ? { mbm_stats: bandwidth } : {}), ...(occupancy.length > 0 ? { cmt_stats: occupancy } : {}) }
}

/** Files that hold one number each; those that are missing, or say "Unavailable", are left out. */
function readNumbers<Name extends string>(folder: string, names: readonly Name[]): Numbers<Name> {
  const found: Partial<Record<Name, number>> = {}
  for (const name of names) {
    const text = tryReadText(`${folder}/${name}`)?.trim() ?? ""
    if (/^[0-9]+$/.test(text)) found[name] = Number(text)
  }
  return found
}
