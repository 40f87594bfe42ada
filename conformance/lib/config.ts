import { runtimeName } from "./environment.ts"

/** The parts of config.json that tests change. Loose on purpose: tests also write what the specification forbids. */
export interface Config {
  ociVersion: string
  process: {
    terminal?: boolean
    user: { uid: number; gid: number; umask?: number; additionalGids?: number[] }
    args: string[]
    env: string[]
    cwd: string
    capabilities?: Partial<Record<"bounding" | "effective" | "permitted" | "inheritable" | "ambient", string[]>>
    rlimits?: { type: string; soft: number; hard: number }[]
    noNewPrivileges?: boolean
    oomScoreAdj?: number
    consoleSize?: { width: number; height: number }
    [key: string]: unknown
  }
  root: { path: string; readonly?: boolean }
  hostname?: string
  domainname?: string
  mounts: Mount[]
  hooks?: Partial<Record<HookName, Hook[]>>
  annotations?: Record<string, string>
  linux: {
    namespaces: { type: string; path?: string }[]
    cgroupsPath?: string | undefined
    [key: string]: unknown
  }
  [key: string]: unknown
}

export interface Mount {
  destination: string
  type?: string
  source?: string
  options?: string[]
  uidMappings?: IdMapping[]
  gidMappings?: IdMapping[]
}

export interface IdMapping {
  containerID: number
  hostID: number
  size: number
}

export type HookName = "prestart" | "createRuntime" | "createContainer" | "startContainer" | "poststart" | "poststop"

export interface Hook {
  path: string
  args?: string[]
  env?: string[]
  timeout?: number
}

const CAPABILITIES = [
  "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID",
]

/** A small container of ordinary isolation; `args` is a program that ends at once. */
export function baseConfig(cgroupsPath: string | undefined): Config {
  return {
    // crun 1.8 knows none after 1.0
    ociVersion: runtimeName === "crun" ? "1.0.2" : "1.2.0",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ["/bin/true"],
      env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
      cwd: "/",
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      noNewPrivileges: true,
    },
    root: { path: "rootfs" },
    hostname: "inside",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=1m"] },
      {
        destination: "/dev/pts", type: "devpts", source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
      },
      { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=1m"] },
      { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
    ],
    linux: {
      cgroupsPath,
      namespaces: [{ type: "pid" }, { type: "network" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }],
      maskedPaths: ["/proc/kcore", "/proc/keys", "/sys/firmware"],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    },
  }
}
