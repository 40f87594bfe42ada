import { RuntsError } from "../../error.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { debug, warn } from "../../log.ts"
import type { LinuxResources } from "../../spec/types.gen.ts"
import { close } from "../file.ts"
import { managerKind, SystemdManager, unitExists } from "../systemd/manager.ts"
import type { Property } from "../systemd/value.ts"
import { deviceFilterRules, deviceList } from "./device-rules.ts"
import { cgroupError } from "./error.ts"
import { sleep, tryOpenCgroup, tryReadControl, tryWriteControl } from "./folder.ts"
import { ownCgroup, type CgroupLayout } from "./layout.ts"
import { adoptCgroups } from "./manager.ts"
import { controllerKey, relativePath, UNIFIED } from "./record.ts"
import type { CgroupRecord, SystemdUnit } from "./record.ts"
import { systemdDevices } from "./systemd-devices.ts"
import { unitNames, unitRecord } from "./systemd-names.ts"
import { type Context, inWholePercents, resourceProperties, unitProperties } from "./systemd-properties.ts"

/*
 * The systemd cgroup driver: a container's cgroup is a unit of systemd, which makes and removes the folder, knows the limits, and shows it
 * with all others (`systemctl status`). What systemd does not know is written to the folder as by the driver cgroupfs: the unit is delegated.
 */

/** A unit that is about to be made for a container. */
export interface UnitRequest {
  readonly id: string
  readonly resources: LinuxResources | undefined
  /** Properties that annotations ask for: they come last and win. */
  readonly properties: readonly Property[]
}

/** A container's unit before it is there, with the connection to systemd. */
export class UnitMaker {
  /** Where the cgroups will be. */
  readonly record: CgroupRecord
  /** Whether systemd was asked to make it. */
  asked = false
  private readonly manager: SystemdManager

  private constructor(record: CgroupRecord, manager: SystemdManager) {
    this.record = record
    this.manager = manager
  }

  /** Finds systemd, and out where the unit will be. @throws RuntsError for a cgroupsPath that names no unit, or where no systemd answers */
  static open(layout: CgroupLayout, cgroupsPath: string | undefined, id: string, subgroup: string | undefined): UnitMaker {
    const kind = managerKind()
    if (kind === "user" && layout.mode !== "v2") {
      throw new RuntsError("the user's systemd has no limits to give on cgroup v1: it owns cgroups on cgroup v2 alone", {
        code: "systemd-unavailable", hint: "boot with systemd.unified_cgroup_hierarchy=1, or use the cgroup driver cgroupfs",
      })
    }
    const names = unitNames(cgroupsPath, id, kind === "user" ? "user.slice" : "system.slice")
    const manager = SystemdManager.connect(kind)
    try {
      const controlGroup = kind === "user" ? manager.controlGroup : ""
      const record = unitRecord(layout, names, controlGroup, kind === "user", subgroup)
      record.created = Object.values(record.paths)
      checkOpening(record)
      return new UnitMaker(record, manager)
    } catch (error) {
      manager.close()
      throw error
    }
  }

  /** linux.resources as the files are to have them. */
  resources(resources: LinuxResources | undefined): LinuxResources | undefined {
    return resources === undefined ? undefined : withoutIdleShares(inWholePercents(resources, this.context))
  }

  /**
   * Makes the unit with a process in it, which waits meanwhile, and its cgroups in the hierarchies that systemd leaves alone.
   * @throws RuntsError also of a unit that exists
   */
  start(pid: number, { id, resources, properties }: UnitRequest): void {
    const unit = this.record.systemd as SystemdUnit
    this.asked = true
    const wanted = [
      ...unitProperties(unit, id, pid, this.context.version),
      ...resourceProperties(resources, this.context),
      ...(this.context.version === 1 ? systemdDevices(deviceList(deviceFilterRules(resources?.devices))) : []),
    ].filter(({ name }) => !properties.some((given) => given.name === name))
    try {
      this.manager.startUnit(unit.unit, [...wanted, ...properties])
    } catch (error) {
      // it is somebody else's
      this.asked = !unitExists(error)
      throw explained(error, unit)
    }
    try {
      adoptCgroups(this.record, pid)
    } catch (error) {
      throw unit.user ? fromLogin(error) : error
    }
    this.checkPlace(pid, unit)
  }

  /** What is recorded as the container's may be killed and removed: it must be where its process is. */
  private checkPlace(pid: number, { unit }: SystemdUnit): void {
    const wanted = this.record.paths[UNIFIED]
    const found = ownCgroup(pid)[UNIFIED]
    if (this.record.mode !== "v2" || wanted === undefined || found === undefined || found.endsWith("/" + relativePath(this.record, UNIFIED))) return
    throw new RuntsError(`systemd made the unit ${unit} in the cgroup ${found}, not in ${wanted}`, { code: "systemd-unit", pointer: "/linux/cgroupsPath" })
  }

  /** Takes it back. */
  remove(): void {
    if (this.asked) removeBy(this.manager, this.record)
  }

  close(): void {
    this.manager.close()
  }

  private get context(): Context {
    return { version: this.record.mode === "v2" ? 2 : 1, systemd: this.manager.version }
  }
}

/** A slice takes no processes from systemd, and its user none from a cgroup that is root's, as logins are in. */
function fromLogin(error: unknown): unknown {
  if (!(error instanceof RuntsError) || error.details.errno !== ERRNO.EACCES) return error
  return new RuntsError(error.message, {
    ...error.details, hint: "from a login a user cannot: make it a scope, or call runts in one: systemd-run --user --scope -p Delegate=yes",
  })
}

/** systemd has made the cgroup idle by then, and the kernel takes no weight of one that is (cpu.idle, cgroup-v2.rst). */
function withoutIdleShares(resources: LinuxResources): LinuxResources {
  if (resources.cpu?.idle !== 1) return resources
  const { shares: _, ...cpu } = resources.cpu
  return { ...resources, cpu }
}

/** Nothing is asked of systemd where the kernel lacks what reads and ends a cgroup: it could not be taken back. */
function checkOpening(record: CgroupRecord): void {
  for (const key in record.paths) {
    const fd = tryOpenCgroup(record, key)
    if (fd >= 0) close(fd)
    else if (fd !== -ERRNO.ENOENT) throw cgroupError(`open cgroup ${JSON.stringify(record.paths[key])}`, -fd, { syscall: "openat2" })
  }
}

function explained(error: unknown, { unit, slice, user }: SystemdUnit): unknown {
  if (!(error instanceof RuntsError)) return error
  const whose = user ? " --user" : ""
  const details = { ...error.details, pointer: "/linux/cgroupsPath" }
  if (!unitExists(error)) {
    return new RuntsError(`systemd cannot make the unit ${unit} in ${slice}: ${error.message}`, {
      ...details, hint: error.details.hint ?? hintOf(error, unit, whose),
    })
  }
  return new RuntsError(`the systemd unit ${unit} exists already: ${error.message}`, {
    ...details, hint: `end it with \`systemctl${whose} stop ${unit}\`, or choose another linux.cgroupsPath`,
  })
}

function hintOf({ message }: RuntsError, unit: string, whose: string): string {
  if (/message contents|signature|type/i.test(message)) return "a number of org.systemd.property is an int32 unless it says otherwise, as uint64 5 does"
  if (whose !== "" && /interactive authentication|(access|permission) denied/i.test(message)) {
    return "the bus is not the user's own: DBUS_SESSION_BUS_ADDRESS names it, or XDG_RUNTIME_DIR the folder that it is in"
  }
  return `see \`systemctl${whose} status ${unit}\` and \`journalctl${whose} -u ${unit}\``
}

/** Brings a process into the unit's cgroup, or one below it. @param into the container's record, with the paths of those */
export function attachToUnit(record: CgroupRecord, into: CgroupRecord, pid: number): void {
  const unit = record.systemd as SystemdUnit
  const own = relativePath(record, UNIFIED)
  const folder = unit.subgroup === undefined ? own : own.slice(0, -unit.subgroup.length - 1)
  const below = relativePath(into, UNIFIED).slice(folder.length + 1)
  try {
    withManager(unit, (manager) => manager.attach(unit.unit, below, [pid]))
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    throw new RuntsError(`systemd cannot bring process ${pid} into the unit ${unit.unit}: ${error.message}`, error.details)
  }
}

function removeBy(manager: SystemdManager, { systemd }: CgroupRecord): void {
  manager.stopUnit((systemd as SystemdUnit).unit)
}

/**
 * Stops a container's unit, whose processes were killed. Where systemd cannot be asked this is only warned of: systemd notices
 * that the unit is empty, and what folders it leaves are removed by hand.
 */
export function removeUnit(record: CgroupRecord): void {
  const unit = record.systemd as SystemdUnit
  try {
    withManager(unit, (manager) => removeBy(manager, record))
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    warn(`the systemd unit ${unit.unit} could not be stopped: ${error.message}`)
    awaitSystemd(record)
  }
}

/** How long systemd is given to see by itself that a unit is empty, in milliseconds. */
const NOTICE_MS = 2000

/** It watches the unit's cgroup; where the folder is taken away before it has looked, it believes that the unit runs for ever. */
function awaitSystemd(record: CgroupRecord): void {
  const key = record.paths["name=systemd"] === undefined ? UNIFIED : "name=systemd"
  for (const end = performance.now() + NOTICE_MS; performance.now() < end; sleep(20)) {
    const folder = tryOpenCgroup(record, key)
    if (folder < 0) return
    close(folder)
  }
}

function withManager<T>(unit: SystemdUnit, use: (manager: SystemdManager) => T): T {
  const manager = SystemdManager.connect(unit.user ? "user" : "system")
  try {
    return use(manager)
  } finally {
    manager.close()
  }
}

/** Files of a cgroup that systemd writes anew whenever it is told something of the unit: by v1's controller, "" for cgroup2. */
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  [UNIFIED]: [
    "cpu.idle", "cpu.weight", "cpu.max", "cpuset.cpus", "cpuset.mems", "io.weight", "io.bfq.weight", "memory.min", "memory.low", "memory.high",
    "memory.max", "memory.swap.max", "memory.zswap.max", "pids.max",
  ],
  cpu: ["cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us"],
  memory: ["memory.limit_in_bytes"],
  blkio: ["blkio.weight", "blkio.bfq.weight"],
  pids: ["pids.max"],
}

/** A change of the limits of a container that runs: files first, as the kernel refuses what it cannot give, then systemd. */
export interface UnitUpdate {
  /** linux.resources as the files are to have them. */
  readonly resources: LinuxResources
  /** Tells systemd, and sets back what it changes beside. */
  tellSystemd(): void
  close(): void
}

/** @throws RuntsError where systemd cannot be reached */
export function updateUnit(record: CgroupRecord, given: LinuxResources): UnitUpdate {
  const unit = record.systemd as SystemdUnit
  const manager = SystemdManager.connect(unit.user ? "user" : "system")
  const context: Context = { version: record.mode === "v2" ? 2 : 1, systemd: manager.version, current: currentLimits(record) }
  return {
    resources: inWholePercents(given, context),
    tellSystemd() {
      const properties = resourceProperties(given, context)
      if (properties.length === 0) return
      const before = snapshot(record)
      try {
        manager.setProperties(unit.unit, properties)
      } catch (error) {
        if (!(error instanceof RuntsError)) throw error
        throw new RuntsError(`systemd cannot change the unit ${unit.unit}: ${error.message}`, error.details)
      }
      restore(record, before)
    },
    close: () => manager.close(),
  }
}

type Snapshot = readonly { readonly key: string; readonly file: string; readonly text: string }[]

function eachFile(record: CgroupRecord, use: (key: string, folder: number, file: string) => void): void {
  for (const controller in WRITTEN) {
    const key = controller === UNIFIED ? (record.mode === "v2" ? UNIFIED : undefined) : controllerKey(record, controller)
    const folder = key === undefined ? -1 : tryOpenCgroup(record, key)
    if (key === undefined || folder < 0) continue
    for (const file of WRITTEN[controller] as readonly string[]) use(key, folder, file)
    close(folder)
  }
}

function snapshot(record: CgroupRecord): Snapshot {
  const taken: { key: string; file: string; text: string }[] = []
  eachFile(record, (key, folder, file) => {
    const text = tryReadControl(folder, file)
    if (text !== undefined) taken.push({ key, file, text })
  })
  return taken
}

function restore(record: CgroupRecord, before: Snapshot): void {
  eachFile(record, (key, folder, file) => {
    const text = before.find((entry) => entry.key === key && entry.file === file)?.text
    if (text === undefined || tryReadControl(folder, file) === text) return
    const result = tryWriteControl(folder, file, text === "" ? "\n" : text)
    debug(`systemd changed ${file}; set back to ${JSON.stringify(text)}${result < 0 ? `: errno ${-result}` : ""}`)
  })
}

function currentLimits(record: CgroupRecord): NonNullable<Context["current"]> {
  const files = new Map(snapshot(record).map(({ file, text }) => [file, text]))
  const [quota, period] = files.get("cpu.max")?.split(" ") ?? [files.get("cpu.cfs_quota_us"), files.get("cpu.cfs_period_us")]
  return {
    memoryMax: files.get("memory.max"),
    quota: quota === undefined || quota === "max" ? -1 : Number(quota),
    period: Number(period ?? 0),
  }
}

