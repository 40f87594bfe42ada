import { sys } from "../../ffi/index.ts"
import { AT_EACCESS, AT_FDCWD } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { listDir, tryStat } from "../file.ts"
import { missing, present } from "./ability.ts"
import type { Abilities, Answer } from "./ability.ts"
import { readable } from "./inspection.ts"
import type { Inspection } from "./inspection.ts"
import { canConnect } from "./bus.ts"

/** Programs and services beside the kernel. */
export const TOOLS = {
  "systemd": {
    group: "tools",
    title: "systemd",
    minor: true,
    lack: "engines whose cgroup driver is systemd (--systemd-cgroup) cannot be used",
    remedy: { text: "set the engine's cgroup driver (cgroup manager) to cgroupfs" },
    source: "sd_booted(3)",
    probe: probeSystemd,
  },
  "system-bus": {
    group: "tools",
    title: "the system's D-Bus",
    minor: true,
    roles: ["root"],
    lack: "systemd cannot be asked for cgroups (--systemd-cgroup)",
    remedy: { debian: "apt-get install dbus", fedora: "dnf install dbus-broker", alpine: "apk add dbus && rc-update add dbus" },
    source: "dbus-daemon(1)",
    probe: () => {
      const found = ["/run/systemd/private", "/run/dbus/system_bus_socket"].find(canConnect)
      return found === undefined ? missing("neither systemd's private socket nor the system bus answers") : present(found)
    },
  },
  "ps": {
    group: "tools",
    title: "ps",
    minor: true,
    lack: "`runts ps` works with --format json only",
    remedy: { debian: "apt-get install procps", fedora: "dnf install procps-ng", alpine: "apk add procps" },
    source: "ps(1)",
    probe: (host) => program(host, "ps"),
  },
  "criu": {
    group: "tools",
    title: "CRIU",
    minor: true,
    roles: ["root"],
    lack: "containers cannot be checkpointed and restored (nor does runts do so yet)",
    remedy: { debian: "apt-get install criu", fedora: "dnf install criu", alpine: "apk add criu" },
    source: "criu(8)",
    probe: (host) => program(host, "criu"),
  },
} as const satisfies Abilities

/** As sd_booted(3) finds out; the version is that of the library which systemd itself is linked with, libsystemd-shared-252.so. */
function probeSystemd(host: Inspection): Answer {
  if (tryStat("/run/systemd/system")?.type !== "dir") return missing("it does not run this machine: no /run/systemd/system")
  for (const folder of ["/usr/lib/systemd", "/lib/systemd", `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/systemd`]) {
    for (const name of readable(() => listDir(folder)) ?? []) {
      const version = /^libsystemd-shared-(.*)\.so$/.exec(name)?.[1]
      if (version !== undefined) return present(version)
    }
  }
  return present(host.inInitialUserNamespace() ? "" : "its version cannot be seen")
}

const X_OK = 1
const PATH_DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/** A program's path by the caller's PATH; undefined if there is none. */
function findProgram(host: Inspection, name: string): string | undefined {
  const folders = (host.surroundings.environment("PATH") ?? PATH_DEFAULT).split(":").filter((folder) => folder.startsWith("/"))
  return folders.map((folder) => `${folder}/${name}`).find((path) => (
    sys(NR.faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) === 0 && readable(() => tryStat(path))?.type === "file"
  ))
}

function program(host: Inspection, name: string): Answer {
  const path = findProgram(host, name)
  return path === undefined ? missing("not in PATH") : present(path)
}
