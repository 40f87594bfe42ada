import { RuntsError } from "../../error.ts"
import { native, sys } from "../../ffi/index.ts"
import { debug } from "../../log.ts"
import {
  ATTACH_BYTES, BPF_F_ALLOW_MULTI, BPF_F_REPLACE, BPF_PROG_ATTACH, BPF_PROG_DETACH, BPF_PROG_GET_FD_BY_ID, BPF_PROG_LOAD,
  BPF_PROG_QUERY, deviceFilter, ID_BYTES, LOAD_BYTES, LOAD_LICENSE, progAttachAttributes, progIdAttributes, progLoadAttributes,
  progQueryAttributes, QUERY_BYTES, QUERY_COUNT, storeAddress,
} from "../../kernel/bpf.ts"
import type { DeviceFilterRule } from "../../kernel/bpf.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { NR } from "../../kernel/syscalls.ts"
import type { LinuxResources } from "../../spec/types.gen.ts"
import { close, readTextAt } from "../file.ts"
import { inUserNamespace } from "../user-namespace.ts"
import { cgroupError } from "./error.ts"
import { openCgroup, tryWriteControl } from "./folder.ts"
import { freeze } from "./freezer.ts"
import { deviceFilterRules, deviceLine, deviceList, parseDeviceList } from "./device-rules.ts"
import type { DeviceList } from "./device-rules.ts"
import { controllerKey, UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"

/**
 * Limits the devices that the container may make and open: `linux.resources.devices` and the defaults, also where
 * config.json has no rules. For a cgroup that nobody has joined yet. In a user namespace the kernel refuses that, and
 * does not let devices be made either: there it is left out.
 */
export function applyDevices(record: CgroupRecord, resources: LinuxResources | undefined): void {
  const rules = deviceFilterRules(resources?.devices)
  const v1 = controllerKey(record, "devices")
  try {
    if (v1 !== undefined) applyList(record, v1, deviceList(rules))
    else if (record.paths[UNIFIED] !== undefined) applyProgram(record, rules)
    else throw new RuntsError("linux.resources.devices: no devices cgroup and no cgroup2 is mounted", {
      code: "cgroup-controller-missing",
      pointer: "/linux/resources/devices",
    })
  } catch (error) {
    if (!isDenied(error) || !isUser()) throw error
    debug(`device rules left out in a user namespace: ${(error as Error).message}`)
  }
}

/**
 * Puts other device rules in the place of those of a container that runs, and at no moment grants more than the old or the new ones:
 * cgroup2 replaces one program by another at once. The v1 list of a cgroup that may use everything but a few devices can only be
 * written from its beginning, everything allowed, and the kernel empties such a list before it denies everything (devcgroup_update_access
 * of security/device_cgroup.c): while that lasts the container is stopped.
 * @param paused whether it is stopped already
 */
export function replaceDevices(record: CgroupRecord, resources: LinuxResources, paused: boolean): void {
  const rules = deviceFilterRules(resources.devices)
  const v1 = controllerKey(record, "devices")
  if (v1 === undefined) return applyProgram(record, rules)
  const wanted = deviceList(rules)
  const stop = !paused && (wanted.allow ? wanted.exceptions.size > 0 : allowsAll(record, v1))
  if (stop) freeze(record, true)
  try {
    applyList(record, v1, wanted, true)
  } finally {
    if (stop) freeze(record, false)
  }
}

/** Whether a v1 list is one of what is denied; it shows nothing of that. */
function allowsAll(record: CgroupRecord, key: string): boolean {
  const folder = openCgroup(record, key)
  try {
    return parseDeviceList(readTextAt(folder, "devices.list")).allow
  } finally {
    close(folder)
  }
}

function isDenied(error: unknown): boolean {
  if (!(error instanceof RuntsError)) return false
  const { errno } = error.details
  // no errno: no hierarchy, for which a rootless container has no permission either
  return errno === undefined || errno === ERRNO.EPERM || errno === ERRNO.EACCES
}

/** Whether this process lacks the host's root: another user, or mapped ids. */
function isUser(): boolean {
  return sys(NR.geteuid) !== 0 || inUserNamespace()
}

/**
 * v1: writes the difference between what the cgroup has and what is wanted, never opening more than that.
 * @param replace whether what is denied now, of which the kernel shows nothing, is to be forgotten
 */
function applyList(record: CgroupRecord, key: string, wanted: DeviceList, replace = false): void {
  const path = record.paths[key] as string
  const folder = openCgroup(record, key)
  try {
    let current = parseDeviceList(readTextAt(folder, "devices.list"))
    if (current.allow !== wanted.allow || (replace && wanted.allow)) {
      write(folder, path, wanted.allow ? "devices.allow" : "devices.deny", "a")
      current = { allow: wanted.allow, exceptions: new Map() }
    }
    const [adding, removing] = wanted.allow ? ["devices.deny", "devices.allow"] : ["devices.allow", "devices.deny"]
    for (const [name, { access }] of wanted.exceptions) {
      const missing = access & ~(current.exceptions.get(name)?.access ?? 0)
      if (missing !== 0) write(folder, path, adding as string, deviceLine(name, missing))
    }
    for (const [name, { access }] of current.exceptions) {
      const surplus = access & ~(wanted.exceptions.get(name)?.access ?? 0)
      if (surplus !== 0) write(folder, path, removing as string, deviceLine(name, surplus))
    }
  } finally {
    close(folder)
  }
}

function write(folder: number, path: string, file: string, line: string): void {
  const result = tryWriteControl(folder, file, line)
  if (result === 0) return
  throw cgroupError(`write "${line}" to ${JSON.stringify(path + "/" + file)}`, -result, {
    syscall: "write", pointer: "/linux/resources/devices",
    hint: "a cgroup grants no more devices than its parent has; see devices.list there",
  })
}

/** v2: a program in the cgroup, in the place of the one of an earlier try, so that there is never none. */
function applyProgram(record: CgroupRecord, rules: readonly DeviceFilterRule[]): void {
  const folder = openCgroup(record, UNIFIED)
  const opened: number[] = []
  try {
    const attached = attachedPrograms(folder)
    for (const id of attached) opened.push(bpf("open a device program", BPF_PROG_GET_FD_BY_ID, progIdAttributes(id), ID_BYTES))
    const instructions = deviceFilter(rules)
    if (instructions !== undefined) {
      const program = loadProgram(instructions)
      const old = opened.length === 1 ? opened.shift() : undefined
      const flags = old === undefined ? BPF_F_ALLOW_MULTI : BPF_F_ALLOW_MULTI | BPF_F_REPLACE
      try {
        bpf("attach the device program", BPF_PROG_ATTACH, progAttachAttributes(folder, program, flags, old ?? 0), ATTACH_BYTES)
      } finally {
        close(program)
        if (old !== undefined) close(old)
      }
    }
    for (const old of opened) {
      bpf("detach a device program", BPF_PROG_DETACH, progAttachAttributes(folder, old, 0, 0), ATTACH_BYTES)
    }
  } finally {
    for (const fd of opened) close(fd)
    close(folder)
  }
}

function bpf(what: string, command: number, attributes: Uint8Array, bytes: number): number {
  const result = sys(NR.bpf, command, attributes, bytes)
  if (result >= 0) return result
  throw cgroupError(`linux.resources.devices: ${what}`, -result, { syscall: "bpf", pointer: "/linux/resources/devices" })
}

/** Loads a device program. @param instructions as {@link deviceFilter} makes them @returns its descriptor */
export function loadProgram(instructions: Uint8Array): number {
  const attributes = progLoadAttributes(native.address(instructions), instructions.length)
  storeAddress(attributes, LOAD_LICENSE, native.address(attributes) + LOAD_BYTES)
  return bpf("load the device program", BPF_PROG_LOAD, attributes, LOAD_BYTES)
}

/** Ids of the device programs of this cgroup itself. */
export function attachedPrograms(folder: number): number[] {
  // without room for ids the kernel only counts, and mostly there is none
  let attributes = progQueryAttributes(folder, 0, 0)
  bpf("count device programs", BPF_PROG_QUERY, attributes, QUERY_BYTES)
  const count = attributes[QUERY_COUNT] as number
  if (count === 0) return []
  const ids = new Uint32Array(count)
  attributes = progQueryAttributes(folder, native.address(new Uint8Array(ids.buffer)), count)
  bpf("list device programs", BPF_PROG_QUERY, attributes, QUERY_BYTES)
  return [...ids]
}
