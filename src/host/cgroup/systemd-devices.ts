import { ACCESS_MKNOD, ACCESS_READ, ACCESS_WRITE, ANY } from "../../kernel/bpf.ts"
import { tryReadText } from "../file.ts"
import { property, type Property } from "../systemd/value.ts"
import type { DeviceList } from "./device-rules.ts"

/**
 * Device rules as properties of a unit, for cgroup v1, where systemd writes its own list over that of the cgroup whenever it looks after the
 * unit. On v2 there is no need: the container's own program stays beside systemd's.
 * @returns what grants no more than the list; numbers that no driver has registered are left out
 */
export function systemdDevices(list: DeviceList, procDevices: string = tryReadText("/proc/devices") ?? ""): Property[] {
  if (list.allow) return [property("DevicePolicy", "s", "auto")]
  const allowed: [string, string][] = []
  for (const { type, major, minor, access } of list.exceptions.values()) {
    const name = nodeName(type === "c" ? "char" : "block", major, minor, procDevices)
    const letters = `${access & ACCESS_READ ? "r" : ""}${access & ACCESS_WRITE ? "w" : ""}${access & ACCESS_MKNOD ? "m" : ""}`
    if (name !== undefined && letters !== "") allowed.push([name, letters])
  }
  return [property("DevicePolicy", "s", "strict"), property("DeviceAllow", "a(ss)", allowed)]
}

/** As systemd.resource-control(5) has DeviceAllow: a node, or a driver's name for all its numbers. */
function nodeName(type: "char" | "block", major: number, minor: number, procDevices: string): string | undefined {
  if (major === ANY) return minor === ANY ? `${type}-*` : undefined
  if (minor !== ANY) return `/dev/${type}/${major}:${minor}`
  const part = procDevices.split("Block devices:")[type === "char" ? 0 : 1] ?? ""
  const driver = new RegExp(`^ *${major} (.+)$`, "m").exec(part)?.[1]
  return driver === undefined ? undefined : `${type}-${driver}`
}
