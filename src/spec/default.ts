import type { IdMapping, Linux, Mount, Spec } from "./types.gen.ts"
import { OCI_VERSION } from "./version.ts"

/** What `spec` must know of the machine. */
export interface DefaultSpecFacts {
  /** Whether only cgroup v2 is mounted; containers then get a cgroup namespace. */
  readonly cgroup2: boolean
}

/** Ids of the user for whom `spec --rootless` writes. */
export interface RootlessIds {
  readonly uid: number
  readonly gid: number
}

/** The config that `spec` writes: runc's, with this runtime's ociVersion and neither inheritable nor ambient capabilities. */
export function defaultSpec(facts: DefaultSpecFacts): Spec {
  const capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
  return {
    ociVersion: OCI_VERSION,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ["sh"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
      cwd: "/",
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs", readonly: true },
    hostname: "runc",
    mounts: defaultMounts(),
    linux: {
      resources: { devices: [{ allow: false, access: "rwm" }] },
      namespaces: [
        { type: "pid" },
        { type: "network" },
        { type: "ipc" },
        { type: "uts" },
        { type: "mount" },
        ...(facts.cgroup2 ? ([{ type: "cgroup" }] as const) : []),
      ],
      ...hiddenPaths(),
    },
  }
}

/**
 * The config that `spec --rootless` writes: root inside is the user outside; no network namespace, which could not be
 * configured; /sys bound, as it cannot be mounted without one; no cgroup limits.
 */
export function defaultRootlessSpec(facts: DefaultSpecFacts, ids: RootlessIds): Spec {
  const spec = defaultSpec(facts)
  const map = (hostID: number): readonly IdMapping[] => [{ containerID: 0, hostID, size: 1 }]
  const namespaces = (spec.linux?.namespaces ?? []).filter(({ type }) => type !== "network")
  const linux: Linux = {
    uidMappings: map(ids.uid),
    gidMappings: map(ids.gid),
    namespaces: [...namespaces, { type: "user" }],
    ...hiddenPaths(),
  }
  return { ...spec, mounts: defaultMounts().map(rootlessMount), linux }
}

/** The text of config.json as `spec` writes it: tabs, no final newline. */
export function formatSpec(spec: Spec): string {
  return JSON.stringify(spec, null, "\t")
}

function rootlessMount(mount: Mount): Mount {
  if (mount.destination === "/sys") {
    return { destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"] }
  }
  // Ids that are not mapped cannot own anything
  const options = mount.options?.filter((option) => !option.startsWith("gid=") && !option.startsWith("uid="))
  return options === undefined ? mount : { ...mount, options }
}

function defaultMounts(): Mount[] {
  const safe = ["nosuid", "noexec", "nodev"]
  return [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...safe, "mode=1777", "size=65536k"] },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: safe },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...safe, "ro"] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...safe, "relatime", "ro"] },
  ]
}

function hiddenPaths(): Pick<Linux, "maskedPaths" | "readonlyPaths"> {
  return {
    maskedPaths: [
      "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
      "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
    ],
    readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
  }
}
