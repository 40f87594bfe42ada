import { readFileSync } from "node:fs"

/**
 * A hard limit of this process, as a container may have at most without CAP_SYS_RESOURCE; Podman lowers its own to pid_max.
 * @param name as in /proc/PID/limits, "Max open files"
 */
export function hardLimit(name: string): number {
  const line = readFileSync("/proc/self/limits", "utf8").split("\n").find((text) => text.startsWith(name)) ?? ""
  const hard = Number(line.slice(name.length).trim().split(/\s+/)[1])
  const most = Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"))
  return Number.isNaN(hard) ? most : Math.min(hard, most)
}

/** storage.conf (containers-storage.conf(5)) with all that Podman and Buildah store below one folder. */
export function storageSettings(folder: string): string {
  return `
[storage]
driver = "overlay"
graphroot = "${folder}/storage"
runroot = "${folder}/runroot"
`
}
