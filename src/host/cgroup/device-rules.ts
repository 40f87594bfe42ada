import { RuntsError } from "../../error.ts"
import { ACCESS_ALL, ACCESS_MKNOD, ACCESS_READ, ACCESS_WRITE, ANY } from "../../kernel/bpf.ts"
import type { DeviceFilterRule } from "../../kernel/bpf.ts"
import type { DeviceRule } from "../../spec/types.gen.ts"

/*
 * The device rules of config.json as one ordered list, and that list in the form of the v1 controller. Pure.
 */

type DefaultRow = readonly ["b" | "c", number, number, number]

/**
 * What every container may do, appended to the rules of config.json: make any node, use the standard ones, pseudo-terminals
 * and /dev/net/tun. The same as runc's, which engines rely on.
 */
const DEFAULTS = [
  ["c", ANY, ANY, ACCESS_MKNOD],
  ["b", ANY, ANY, ACCESS_MKNOD],
  ["c", 1, 3, ACCESS_ALL], // null
  ["c", 1, 8, ACCESS_ALL], // random
  ["c", 1, 7, ACCESS_ALL], // full
  ["c", 5, 0, ACCESS_ALL], // tty
  ["c", 1, 5, ACCESS_ALL], // zero
  ["c", 1, 9, ACCESS_ALL], // urandom
  ["c", 136, ANY, ACCESS_ALL], // pts/*
  ["c", 5, 2, ACCESS_ALL], // ptmx
  ["c", 10, 200, ACCESS_ALL], // net/tun
] as const satisfies readonly DefaultRow[]

/**
 * The rules of config.json in order, then the defaults (runtime-spec config-linux.md, "Allowed Device list"). Without rules
 * everything but the defaults is denied.
 */
export function deviceFilterRules(rules: readonly DeviceRule[] | undefined): DeviceFilterRule[] {
  const list: DeviceFilterRule[] = []
  if (rules !== undefined) for (let i = 0; i < rules.length; i++) list.push(filterRule(rules[i] as DeviceRule, i))
  for (const [type, major, minor, access] of DEFAULTS) list.push({ allow: true, type, major, minor, access })
  return list
}

function filterRule(rule: DeviceRule, index: number): DeviceFilterRule {
  const pointer = `/linux/resources/devices/${index}`
  const type = rule.type === undefined || rule.type === "" ? "a" : rule.type
  if (type !== "a" && type !== "b" && type !== "c") {
    throw new RuntsError(`${pointer}/type: "${String(type)}" is not a, b or c`, {
      code: "config-schema", pointer: pointer + "/type",
    })
  }
  const major = deviceNumber(rule.major, pointer + "/major")
  const minor = deviceNumber(rule.minor, pointer + "/minor")
  // a rule without accesses that allows opens nothing, unless it means all there is; one that denies denies everything
  const whole = !rule.allow || (type === "a" && major === ANY && minor === ANY)
  const access = rule.access === undefined || rule.access === "" ? (whole ? ACCESS_ALL : 0) : accessBits(rule.access, pointer)
  return { allow: rule.allow, type, major, minor, access }
}

function deviceNumber(number: number | undefined, pointer: string): number {
  if (number === undefined || number === ANY) return ANY
  if (!Number.isInteger(number) || number < 0 || number > 0x7fffffff) {
    throw new RuntsError(`${pointer}: ${number} is no device number; expected 0 to 2147483647, or -1 for all`, {
      code: "config-schema", pointer,
    })
  }
  return number
}

function accessBits(access: string, pointer: string): number {
  let bits = 0
  for (const letter of access) {
    if (letter === "r") bits |= ACCESS_READ
    else if (letter === "w") bits |= ACCESS_WRITE
    else if (letter === "m") bits |= ACCESS_MKNOD
    else {
      throw new RuntsError(`${pointer}/access: "${access}" has a letter other than r, w and m`, {
        code: "config-schema", pointer: pointer + "/access",
      })
    }
  }
  return bits
}

/** An entry of devices.list. */
export interface DeviceException {
  readonly type: "b" | "c"
  readonly major: number
  readonly minor: number
  access: number
}

/** The v1 controller's form of a list: what holds for all devices, and the accesses that are the other way. */
export interface DeviceList {
  readonly allow: boolean
  /** By {@link exceptionName}. */
  readonly exceptions: ReadonlyMap<string, DeviceException>
}

/** As devices.list writes a device: `c 1:3`, `b 8:*`. */
export function exceptionName(type: "b" | "c", major: number, minor: number): string {
  return `${type} ${major === ANY ? "*" : major}:${minor === ANY ? "*" : minor}`
}

/** A line for devices.allow and devices.deny (cgroup-v1/devices.rst). */
export function deviceLine(name: string, access: number): string {
  return `${name} ${access & ACCESS_READ ? "r" : ""}${access & ACCESS_WRITE ? "w" : ""}${access & ACCESS_MKNOD ? "m" : ""}`
}

/**
 * An ordered list in the form of the v1 controller, which grants the same.
 * @throws if there is none: the controller has no exceptions from exceptions
 */
export function deviceList(rules: readonly DeviceFilterRule[]): DeviceList {
  const allowed = exceptionsFrom(rules, false)
  if (allowed !== undefined) {
    const everything = allowed.get("b *:*")?.access === ACCESS_ALL && allowed.get("c *:*")?.access === ACCESS_ALL
    if (everything) return { allow: true, exceptions: new Map() }
    joinOpenAccesses(allowed)
    return { allow: false, exceptions: allowed }
  }
  const denied = exceptionsFrom(rules, true)
  if (denied !== undefined) return { allow: true, exceptions: denied }
  throw new RuntsError("linux.resources.devices: a rule makes a hole in a rule with wildcards, which cgroup v1 cannot express", {
    code: "resource-unavailable",
    pointer: "/linux/resources/devices", hint: "name the devices of the wider rule one by one, or use cgroup v2",
  })
}

/** The accesses that differ from `base`; undefined if a rule takes away a part of an exception with wildcards. */
function exceptionsFrom(rules: readonly DeviceFilterRule[], base: boolean): Map<string, DeviceException> | undefined {
  const exceptions = new Map<string, DeviceException>()
  if (base) for (const type of ["b", "c"] as const) add(exceptions, type, ANY, ANY, ACCESS_ALL)
  for (const rule of rules) {
    if (rule.allow === base) {
      if (!subtract(exceptions, rule)) return undefined
      continue
    }
    if (rule.type !== "c") add(exceptions, "b", rule.major, rule.minor, rule.access)
    if (rule.type !== "b") add(exceptions, "c", rule.major, rule.minor, rule.access)
  }
  return exceptions
}

function add(exceptions: Map<string, DeviceException>, type: "b" | "c", major: number, minor: number, access: number): void {
  if (access === 0) return
  const name = exceptionName(type, major, minor)
  const known = exceptions.get(name)
  if (known === undefined) exceptions.set(name, { type, major, minor, access })
  else known.access |= access
}

/** @returns false if an exception is wider than the rule */
function subtract(exceptions: Map<string, DeviceException>, rule: DeviceFilterRule): boolean {
  for (const [name, exception] of exceptions) {
    if ((exception.access & rule.access) === 0 || (rule.type !== "a" && rule.type !== exception.type)) continue
    if (!overlap(rule.major, exception.major) || !overlap(rule.minor, exception.minor)) continue
    if (!covers(rule.major, exception.major) || !covers(rule.minor, exception.minor)) return false
    exception.access &= ~rule.access
    if (exception.access === 0) exceptions.delete(name)
  }
  return true
}

function covers(wide: number, narrow: number): boolean {
  return wide === ANY || wide === narrow
}

function overlap(a: number, b: number): boolean {
  return a === ANY || b === ANY || a === b
}

/** One open(2) may ask for reading and writing, and the v1 controller looks for one entry that grants both. */
function joinOpenAccesses(allowed: ReadonlyMap<string, DeviceException>): void {
  for (const narrow of allowed.values()) {
    for (const wide of allowed.values()) {
      if (wide.type === narrow.type && covers(wide.major, narrow.major) && covers(wide.minor, narrow.minor)) {
        narrow.access |= wide.access & (ACCESS_READ | ACCESS_WRITE)
      }
    }
  }
}

/** Reads devices.list. Exceptions of a list that allows are not shown by the kernel. */
export function parseDeviceList(text: string): DeviceList {
  const exceptions = new Map<string, DeviceException>()
  for (const line of text.split("\n")) {
    if (line === "") continue
    const [type, numbers, access] = line.split(" ") as [string, string, string]
    if (type === "a") return { allow: true, exceptions: new Map() }
    const [major, minor] = numbers.split(":").map((number) => number === "*" ? ANY : Number(number)) as [number, number]
    add(exceptions, type as "b" | "c", major, minor, accessBits(access, ""))
  }
  return { allow: false, exceptions }
}
