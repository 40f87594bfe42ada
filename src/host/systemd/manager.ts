import { RuntsError } from "../../error.ts"
import { sys } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { NR } from "../../kernel/syscalls.ts"
import { debug } from "../../log.ts"
import { tryReadText, tryStat } from "../file.ts"
import { Bus, BusError, type BusAddress, type Method } from "./bus.ts"
import { busLibrary } from "./library.ts"
import type { Value } from "../../spec/gvariant.ts"
import type { Property } from "./value.ts"

/** For the connection, and for each answer, in milliseconds. A manager that is busy reloading hundreds of units takes seconds. */
const ANSWER_MS = 15_000
/** For a unit to start or stop, as with runc. */
const JOB_MS = 30_000

const SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
/** systemd's own socket, for root where no dbus-daemon runs. */
const PRIVATE_SOCKET = "unix:path=/run/systemd/private"
const NAME = "org.freedesktop.systemd1"
const MANAGER_INTERFACE = NAME + ".Manager"
const MANAGER_PATH = "/org/freedesktop/systemd1"

/** Which of systemd's managers is asked. */
export type ManagerKind = "system" | "user"

/** Those of the caller's variables that say where buses are. */
export type BusVariables = Readonly<Partial<Record<"DBUS_SYSTEM_BUS_ADDRESS" | "DBUS_SESSION_BUS_ADDRESS" | "XDG_RUNTIME_DIR", string>>>

/** There, and root's, where systemd has started the machine (sd_booted(3)). */
const BOOTED = "/run/systemd/system"

/**
 * The manager that the caller's containers belong to: his own, unless he is root. Who is root of a user namespace alone, as engines of
 * ordinary users are, sees that the machine's manager is of a root that his ids do not have.
 */
export function managerKind(): ManagerKind {
  if (sys(NR.geteuid) !== 0) return "user"
  return (tryStat(BOOTED)?.uid ?? 0) === 0 ? "system" : "user"
}

/** The caller's id outside of all user namespaces, which is the one that systemd knows. */
function outerUid(): number {
  const uid = sys(NR.geteuid)
  for (const line of (tryReadText("/proc/self/uid_map") ?? "").split("\n")) {
    const [inside = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number)
    if (uid >= inside && uid < inside + count) return outside + uid - inside
  }
  return uid
}

/**
 * Where a manager may be reached, best first (sd_bus_open_system(3), sd_bus_open_user(3)). What DBUS_SESSION_BUS_ADDRESS names may be
 * a bus without systemd, as dbus-launch(1) starts it, or one that is gone: then the user's own comes next.
 * @param home the user's runtime folder if no variable names it
 */
export function busAddresses(kind: ManagerKind, variables: BusVariables, home?: string): BusAddress[] {
  const broker = (address: string): BusAddress => ({ address, broker: true })
  if (kind === "system") {
    const given = variables.DBUS_SYSTEM_BUS_ADDRESS
    return given ? [broker(given)] : [broker(SYSTEM_BUS), { address: PRIVATE_SOCKET, broker: false }]
  }
  const given = variables.DBUS_SESSION_BUS_ADDRESS
  const folder = variables.XDG_RUNTIME_DIR || (given ? undefined : home)
  const own = folder ? [broker(`unix:path=${folder}/bus`), { address: `unix:path=${folder}/systemd/private`, broker: false }] : []
  return given ? [broker(given), ...own.filter(({ address }) => address !== given)] : own
}

/** Where systemd-logind puts it. */
function runtimeFolder(): string | undefined {
  const folder = `/run/user/${outerUid()}`
  return tryStat(folder) === undefined ? undefined : folder
}

/** systemd, by D-Bus (org.freedesktop.systemd1(5)). */
export class SystemdManager {
  readonly kind: ManagerKind
  private readonly bus: Bus
  private known: { readonly version: number; readonly controlGroup: string } | undefined
  private subscribed = false

  private constructor(kind: ManagerKind, bus: Bus) {
    this.kind = kind
    this.bus = bus
  }

  /** @throws RuntsError that says where no manager could be reached, and what to do */
  static connect(kind: ManagerKind): SystemdManager {
    busLibrary()
    const addresses = busAddresses(kind, process.env as BusVariables, kind === "user" ? runtimeFolder() : undefined)
    const failures: RuntsError[] = []
    for (const address of addresses) {
      try {
        return SystemdManager.over(kind, Bus.connect(address, ANSWER_MS), address)
      } catch (error) {
        if (!(error instanceof RuntsError)) throw error
        // a bus that is there and hangs will not be better by asking systemd behind its back
        failures.push(error)
        if (error.details.errno === ERRNO.ETIMEDOUT) break
        debug(error.message)
      }
    }
    throw unreachable(kind, failures)
  }

  /** @throws RuntsError where nobody behind the bus is systemd: a session's bus may be without */
  private static over(kind: ManagerKind, bus: Bus, { address, broker }: BusAddress): SystemdManager {
    const made = new SystemdManager(kind, bus)
    if (kind === "system" || !broker) return made
    try {
      made.about()
      return made
    } catch (error) {
      made.close()
      if (!(error instanceof BusError)) throw error
      throw new RuntsError(`no systemd is on the bus ${address}: ${error.message}`, { code: "systemd-unavailable" })
    }
  }

  /** The major version, as 252. */
  get version(): number {
    return this.about().version
  }

  /** The cgroup that the manager's units are below, as /user.slice/user-1000.slice/user@1000.service; "" is the root. */
  get controlGroup(): string {
    return this.about().controlGroup
  }

  private about(): { readonly version: number; readonly controlGroup: string } {
    return this.known ??= {
      version: parseInt(this.property("Version"), 10) || 0,
      controlGroup: this.property("ControlGroup").replace(/\/$/, ""),
    }
  }

  private property(name: string): string {
    const method: Method = { destination: NAME, path: MANAGER_PATH, interface: "org.freedesktop.DBus.Properties", member: "Get" }
    const answer = this.bus.call(method, "ss", [MANAGER_INTERFACE, name], ANSWER_MS)
    try {
      return answer.variantString()
    } finally {
      answer.free()
    }
  }

  /**
   * Starts a transient unit and waits until it is there. A failed unit of the same name that nobody has cleared away is.
   * @throws BusError, also of a unit that exists; RuntsError where the job fails or lasts too long
   */
  startUnit(unit: string, properties: readonly Property[]): void {
    const values: Value[] = [unit, "replace", properties.map(({ name, signature, value }) => [name, { signature, value }]), []]
    const start = (): string => this.job("StartTransientUnit", "ssa(sv)a(sa(sv))", values)
    this.subscribe()
    let job: string
    try {
      job = start()
    } catch (error) {
      if (!unitExists(error)) throw error
      this.resetFailed(unit)
      job = start()
    }
    this.awaitJob(job, unit, "start")
  }

  /** Stops a unit and waits for it; one that does not exist is stopped. */
  stopUnit(unit: string): void {
    this.subscribe()
    try {
      this.awaitJob(this.job("StopUnit", "ss", [unit, "replace"]), unit, "stop")
    } catch (error) {
      if (!(error instanceof BusError) || error.busName !== NAME + ".NoSuchUnit") throw error
    }
    this.resetFailed(unit)
  }

  /**
   * Moves processes into a unit's cgroup, also from where the caller's rights alone do not reach: the user's manager asks the machine's.
   * @param below a cgroup of the unit's own below that, without slashes around it; "" is the unit's
   */
  attach(unit: string, below: string, pids: readonly number[]): void {
    this.bus.order(manager("AttachProcessesToUnit"), "ssau", [unit, below === "" ? "" : "/" + below, pids], ANSWER_MS)
  }

  /** Changes properties of a unit that runs, until the machine's next start. */
  setProperties(unit: string, properties: readonly Property[]): void {
    const values = properties.map(({ name, signature, value }) => [name, { signature, value }])
    this.bus.order(manager("SetUnitProperties"), "sba(sv)", [unit, true, values], ANSWER_MS)
  }

  /** Forgets that a unit has failed, so that its name is free; one that has not failed stays as it is. */
  resetFailed(unit: string): void {
    try {
      this.bus.order(manager("ResetFailedUnit"), "s", [unit], ANSWER_MS)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      debug(error.message)
    }
  }

  close(): void {
    this.bus.close()
  }

  private job(member: string, signature: string, values: readonly Value[]): string {
    const answer = this.bus.call(manager(member), signature, values, ANSWER_MS)
    try {
      return answer.string("o")
    } finally {
      answer.free()
    }
  }

  /** Asks for the signals that tell of finished jobs. The order of messages is kept: no answer need be waited for. */
  private subscribe(): void {
    if (this.subscribed) return
    this.subscribed = true
    const rule = `type='signal',sender='${NAME}',path='${MANAGER_PATH}',interface='${MANAGER_INTERFACE}',member='JobRemoved'`
    const match = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: "AddMatch" }
    if (this.bus.broker) this.bus.tell(match, "s", [rule])
    this.bus.tell(manager("Subscribe"), "", [])
  }

  private awaitJob(job: string, unit: string, what: string): void {
    const deadline = performance.now() + JOB_MS
    const whose = this.kind === "user" ? " --user" : ""
    for (;;) {
      const signal = this.bus.next(deadline, `systemd did not ${what} the unit ${unit} within ${JOB_MS / 1000} s`, (message) => message.isSignal(MANAGER_INTERFACE, "JobRemoved"))
      try {
        signal.uint32()
        if (signal.string("o") !== job) continue
        signal.string("s")
        const result = signal.string("s")
        if (result === "done" || (what === "stop" && result === "skipped")) return
        throw new RuntsError(`systemd could not ${what} the unit ${unit}: the job's result is ${JSON.stringify(result)}`, {
          code: "systemd-unit", hint: `see \`systemctl${whose} status ${unit}\` and \`journalctl${whose} -u ${unit}\``,
        })
      } finally {
        signal.free()
      }
    }
  }
}

/** Whether systemd has refused to start a unit since there is one of that name. */
export function unitExists(error: unknown): boolean {
  return error instanceof BusError && error.busName === NAME + ".UnitExists"
}

function manager(member: string): Method {
  return { destination: NAME, path: MANAGER_PATH, interface: MANAGER_INTERFACE, member }
}

function unreachable(kind: ManagerKind, failures: readonly RuntsError[]): RuntsError {
  const whose = kind === "system" ? "systemd" : "the user's systemd"
  if (failures.length === 0) {
    return new RuntsError(`cannot reach ${whose}: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set`, {
      code: "systemd-unavailable", hint: "log in by a session of systemd-logind (machinectl shell), or set XDG_RUNTIME_DIR=/run/user/UID",
    })
  }
  const last = failures.at(-1) as RuntsError
  const denied = failures.some(({ details }) => REFUSALS.includes(details.errno ?? 0))
  return new RuntsError(`cannot reach ${whose}: ${failures.map(({ message }) => message).join("; ")}`, {
    ...last.details, hint: hintOf(kind, denied),
  })
}

const REFUSALS: readonly number[] = [ERRNO.EACCES, ERRNO.EPERM, ERRNO.ECONNRESET, ERRNO.EPIPE]

/** @param denied whether a bus refused this user */
function hintOf(kind: ManagerKind, denied: boolean): string {
  if (tryStat(BOOTED) === undefined) return "this machine was not started by systemd: use the cgroup driver cgroupfs"
  if (kind === "system") return "see `systemctl status dbus`; the cgroup driver cgroupfs needs neither"
  const own = `/run/user/${outerUid()}`
  if (denied || (process.env.XDG_RUNTIME_DIR !== own && tryStat(`${own}/bus`) !== undefined)) {
    return `that is another user's, as after su or sudo: log in as this one (ssh, machinectl shell), or set XDG_RUNTIME_DIR=${own}`
  }
  return `see \`systemctl status user@${outerUid()}\`; it runs while the user is logged in, or always after \`loginctl enable-linger\``
}
