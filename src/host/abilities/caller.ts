import { sys } from "../../ffi/index.ts"
import { CAPABILITIES, hasCapability, parseCapabilities } from "../../kernel/capabilities.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { AT_EACCESS, AT_FDCWD } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { tryStat } from "../file.ts"
import { namespaceOf } from "../procfs.ts"
import { limited, missing, present, unknown } from "./ability.ts"
import type { Abilities, Answer } from "./ability.ts"
import { errorOf } from "./inspection.ts"
import type { Inspection } from "./inspection.ts"

const BOTH = ["root", "rootless"] as const

/** Who calls, and from where. */
export const CALLER = {
  "capabilities": {
    group: "caller",
    title: "all capabilities",
    essential: ["root"],
    roles: ["root"],
    lack: "containers cannot be given these",
    remedy: { text: "call runts as root of the machine; inside a container, start that with --privileged or --cap-add" },
    source: "capabilities(7)",
    probe: probeCapabilities,
  },
  "unfiltered": {
    group: "caller",
    title: "no seccomp filter on runts itself",
    minor: true,
    lack: "what the filter denies is denied to all containers made here too",
    remedy: { text: "start the container or service that this runs in without a filter (Docker, Podman: --security-opt seccomp=unconfined)" },
    source: "seccomp(2)",
    probe: probeFilters,
  },
  "may-gain-privileges": {
    group: "caller",
    title: "programs may gain privileges (no_new_privs is off)",
    lack: "set-user-ID programs do nothing in containers made here, and newuidmap cannot map ids",
    remedy: { text: "systemd: NoNewPrivileges=no; Docker, Podman: no --security-opt no-new-privileges" },
    source: "prctl(2), PR_SET_NO_NEW_PRIVS",
    probe: (host) => (host.status("NoNewPrivs") === "1" ? missing("NoNewPrivs is 1") : present()),
  },
  "outermost": {
    group: "caller",
    title: "not inside a container",
    minor: true,
    lack: "limits, filters and masks of that container hold for those made here too",
    remedy: { text: "none is needed where the rest is well; else start the outer container with --privileged" },
    source: "namespaces(7)",
    probe: probeNesting,
  },
  "state-root": {
    group: "caller",
    title: "a folder for the state of containers",
    essential: BOTH,
    lack: "no container can be made",
    remedy: { text: "name another with --root, or make it writable; as an ordinary user, log in so that XDG_RUNTIME_DIR is set" },
    source: "runts --help, --root",
    probe: probeStateRoot,
  },
} as const satisfies Abilities

function probeCapabilities(host: Inspection): Answer {
  const [permitted, bounding] = [host.status("CapPrm"), host.status("CapBnd")]
  if (permitted === undefined || bounding === undefined) return unknown("/proc/self/status cannot be read")
  const last = host.number("/proc/sys/kernel/cap_last_cap") ?? CAPABILITIES.length - 1
  const lacking = CAPABILITIES.filter((_, n) => n <= last && ![permitted, bounding].every((set) => hasCapability(parseCapabilities(set), n)))
  if (lacking.length === 0) return present(`${last + 1}`)
  const found = `${lacking.length === 1 ? "" : `${lacking.length} are missing: `}no ${lacking.join(", ")}`
  if (lacking.includes("CAP_SYS_ADMIN")) return missing(found, { lack: "without CAP_SYS_ADMIN no namespace or mount can be made: no container" })
  return limited(found)
}

function probeFilters(host: Inspection): Answer {
  const mode = host.status("Seccomp")
  if (mode === undefined) return unknown("/proc/self/status does not tell")
  if (mode === "0") return present()
  const count = host.status("Seccomp_filters")
  return limited(count === undefined ? "a filter is in force" : `${count} ${count === "1" ? "filter is" : "filters are"} in force`)
}

/** PROC_PID_INIT_INO and PROC_CGROUP_INIT_INO of linux/proc_ns.h. */
const INITIAL_PID_NAMESPACE = 0xeffffffc
const INITIAL_CGROUP_NAMESPACE = 0xeffffffb

/** Engines leave a file or a variable; whoever does not, leaves namespaces that are not the first. */
function probeNesting(host: Inspection): Answer {
  const hints: string[] = []
  for (const path of ["/run/.containerenv", "/.dockerenv"]) if (tryStat(path) !== undefined) hints.push(path)
  const manager = host.text("/run/systemd/container") ?? host.surroundings.environment("container")
  if (manager !== undefined && manager !== "") hints.push(`container=${manager}`)
  if (!host.inInitialUserNamespace()) hints.push("a user namespace")
  if ((namespaceOf("self", "pid")?.ino ?? INITIAL_PID_NAMESPACE) !== INITIAL_PID_NAMESPACE) hints.push("a pid namespace")
  if ((namespaceOf("self", "cgroup")?.ino ?? INITIAL_CGROUP_NAMESPACE) !== INITIAL_CGROUP_NAMESPACE) hints.push("a cgroup namespace")
  return hints.length === 0 ? present() : limited(`signs: ${hints.join(", ")}`)
}

const W_OK = 2
const X_OK = 1

/** The folder itself, or the nearest above it that is there: one may make files in it. */
function probeStateRoot(host: Inspection): Answer {
  const wanted = host.surroundings.stateRoot
  for (let path = wanted; ; path = path.slice(0, path.lastIndexOf("/")) || "/") {
    const result = sys(NR.faccessat2, AT_FDCWD, path, W_OK | X_OK, AT_EACCESS)
    if (result === 0) return present(wanted)
    if (result !== -ERRNO.ENOENT || path === "/") return missing(`${wanted}: ${path} cannot be written (${errorOf(result)})`)
  }
}
