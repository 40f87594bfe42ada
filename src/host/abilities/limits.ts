import { sys } from "../../ffi/index.ts"
import { RLIMITS } from "../../kernel/process.ts"
import { NR } from "../../kernel/syscalls.ts"
import { limited, present, unknown } from "./ability.ts"
import type { Abilities, Answer } from "./ability.ts"
import type { Inspection } from "./inspection.ts"

const SYSCTL = "Documentation/admin-guide/sysctl"

/** Bounds of the whole machine or the user that many containers meet first. */
export const LIMITS = {
  "pid-max": {
    group: "limits",
    title: "process ids",
    minor: true,
    lack: "all containers together run out of processes early (fork: EAGAIN)",
    remedy: { text: "sysctl -w kernel.pid_max=4194304" },
    source: `proc_sys_kernel(5), ${SYSCTL}/kernel.rst`,
    probe: (host) => atLeast(host, "kernel.pid_max", "/proc/sys/kernel/pid_max", 32768),
  },
  "threads-max": {
    group: "limits",
    title: "threads",
    minor: true,
    lack: "all containers together run out of threads early (clone: EAGAIN)",
    remedy: { text: "sysctl -w kernel.threads-max=200000" },
    source: `proc_sys_kernel(5), ${SYSCTL}/kernel.rst`,
    probe: (host) => atLeast(host, "kernel.threads-max", "/proc/sys/kernel/threads-max", 8192),
  },
  "mount-max": {
    group: "limits",
    title: "mounts in one namespace",
    minor: true,
    lack: "a container with many volumes cannot be made (mount: ENOSPC)",
    remedy: { text: "sysctl -w fs.mount-max=100000" },
    source: `${SYSCTL}/fs.rst`,
    probe: (host) => atLeast(host, "fs.mount-max", "/proc/sys/fs/mount-max", 1000),
  },
  "inotify-instances": {
    group: "limits",
    title: "inotify instances of a user",
    minor: true,
    lack: "programs in many containers of one user that watch files fail with EMFILE",
    remedy: { text: "sysctl -w fs.inotify.max_user_instances=1024" },
    source: "inotify(7)",
    probe: (host) => atLeast(host, "fs.inotify.max_user_instances", "/proc/sys/fs/inotify/max_user_instances", 128),
  },
  "key-quota": {
    group: "limits",
    title: "kernel keys of a user",
    minor: true,
    lack: "after so many containers of one user, another one cannot be made (keyctl: EDQUOT) unless with --no-new-keyring",
    remedy: { text: "sysctl -w kernel.keys.maxkeys=2000 kernel.keys.maxbytes=2000000" },
    source: "keyrings(7)",
    probe: (host) => {
      const root = host.role() === "root"
      const file = root ? "root_maxkeys" : "maxkeys"
      return atLeast(host, `kernel.keys.${file}`, `/proc/sys/kernel/keys/${file}`, 200)
    },
  },
  "open-files": {
    group: "limits",
    title: "open files (RLIMIT_NOFILE)",
    minor: true,
    lack: "runts cannot hold the descriptors of a container with many mounts, and containers cannot be given more (without CAP_SYS_RESOURCE)",
    remedy: { text: "ulimit -n 1024, LimitNOFILE= of a systemd unit, or /etc/security/limits.conf" },
    source: "getrlimit(2)",
    probe: probeOpenFiles,
  },
} as const satisfies Abilities

function atLeast(host: Inspection, name: string, path: string, least: number): Answer {
  const value = host.number(path)
  if (value === undefined) return unknown(`${path} cannot be read`)
  const found = `${name} is ${value}`
  return value < least ? limited(`${found}, less than ${least}`) : present(found)
}

const OPEN_FILES_LEAST = 256

function probeOpenFiles(): Answer {
  const limit = new BigUint64Array(2)
  if (sys(NR.prlimit64, 0, RLIMITS.RLIMIT_NOFILE, 0, new Uint8Array(limit.buffer)) < 0) return unknown("prlimit64 failed")
  const hard = limit[1] as bigint
  const found = `at most ${hard === 2n ** 64n - 1n ? "unlimited" : hard}`
  return hard < BigInt(OPEN_FILES_LEAST) ? limited(`${found}, less than ${OPEN_FILES_LEAST}`) : present(found)
}
