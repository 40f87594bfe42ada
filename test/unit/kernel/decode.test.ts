import t from "tap"
import { decodeArgument, flagNames, keyPermissions, mountAttributes, openFlags } from "../../../src/kernel/decode.ts"
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_PATH, O_RDWR, O_TMPFILE } from "../../../src/kernel/fs.ts"
import { MOUNT_ATTR, MS } from "../../../src/kernel/mount.ts"
import { CLONE, IOCTL, SESSION_KEYRING_PERMISSIONS } from "../../../src/kernel/process.ts"
import { DECODER as decode } from "../../../src/kernel/structures.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import type { CreateFacts } from "../../../src/plan/facts.ts"
import { Printer } from "../../../src/program/print.ts"
import { Program } from "../../../src/program/program.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { changed, configNames, execFacts, factsFor, fullSpec, readConfig, withNamespaces } from "../plan/helpers.ts"

/** A call as the printer shows it. */
function shown(make: (p: Program) => void): string {
  const p = new Program()
  make(p)
  return new Printer(p, decode).operation(p.steps.at(-1) as Program["steps"][number])
}

t.test("flagNames(): every bit by name, the rest as a number", async (t) => {
  t.equal(flagNames(MS, "MS_", 0x84000), "MS_REC|MS_SLAVE")
  t.equal(flagNames(MS, "MS_", 0x80000001), "MS_RDONLY|0x80000000")
  t.equal(flagNames(MS, "MS_", 0), "0")
  t.equal(flagNames(CLONE, "CLONE_", CLONE.INTO_CGROUP + CLONE.NEWNS), "CLONE_NEWNS|CLONE_INTO_CGROUP", "above 32 bits")
  t.equal(openFlags(0), "O_RDONLY")
  t.equal(openFlags(O_RDWR | O_CREAT | O_CLOEXEC), "O_RDWR|O_CREAT|O_CLOEXEC")
  t.equal(openFlags(O_PATH | O_CLOEXEC), "O_CLOEXEC|O_PATH", "O_PATH has no access mode")
  t.equal(openFlags(O_TMPFILE | O_RDWR), "O_RDWR|O_TMPFILE", "its O_DIRECTORY is no flag of its own")
  t.equal(mountAttributes(MOUNT_ATTR.ATIME_MASK), "MOUNT_ATTR__ATIME")
  t.equal(mountAttributes(MOUNT_ATTR.NOATIME | MOUNT_ATTR.RDONLY), "MOUNT_ATTR_NOATIME|MOUNT_ATTR_RDONLY")
  t.equal(keyPermissions(SESSION_KEYRING_PERMISSIONS), "KEY_POS_ALL|KEY_USR_VIEW|KEY_USR_READ|KEY_USR_SEARCH|KEY_USR_LINK")
})

t.test("decodeArgument(): what one argument means can hang on another", async (t) => {
  t.equal(shown((p) => p.call("prctl", 24, 21, 0, 0, 0)), "prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0)")
  t.equal(shown((p) => p.call("prctl", 47, 2, 63, 0, 0)), "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 63, 0, 0)", "a capability without a name")
  t.equal(shown((p) => p.call("prctl", 1, 9, 0, 0, 0)), "prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)")
  t.equal(shown((p) => p.call("ioctl", 3, IOCTL.TIOCGPTPEER, O_RDWR | O_CLOEXEC)), "ioctl(3, TIOCGPTPEER, O_RDWR|O_CLOEXEC)")
  t.equal(shown((p) => p.call("ioctl", 0, IOCTL.TIOCSCTTY, 0)), "ioctl(0, TIOCSCTTY, 0)")
  t.equal(shown((p) => p.call("mknodat", AT_FDCWD, "fuse", 0o20666, 0x0ae5)), 'mknodat(AT_FDCWD, "fuse", S_IFCHR|0666, makedev(10, 229))')
  t.equal(shown((p) => p.call("fsconfig", 3, 0, "ro", 0, 0)), 'fsconfig(3, FSCONFIG_SET_FLAG, "ro", NULL, 0)')
  t.equal(shown((p) => p.call("ioprio_set", 2, 0, (2 << 13) | 4)), "ioprio_set(IOPRIO_WHO_PGRP, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4))")
  t.equal(shown((p) => p.call("set_mempolicy", 2 | 0x8000, new Uint8Array([0b1011, 0, 0, 0, 0, 0, 0, 0]), 65)), "set_mempolicy(MPOL_BIND|MPOL_F_STATIC_NODES, [0-1,3], 65)")
})

t.test("memoryForm(): structures field by field", async (t) => {
  const words = (...values: number[]) => new Uint8Array(new Uint32Array(values).buffer)
  t.equal(shown((p) => p.call("capset", words(0x20080522, 0), words(1, 3, 0, 1 << 7, 1 << 7, 0))),
    "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=CAP_CHOWN|CAP_BPF, permitted=CAP_CHOWN|CAP_DAC_OVERRIDE|CAP_BPF, inheritable=0})")
  t.equal(shown((p) => p.call("prlimit64", 0, 7, new Uint8Array(new BigUint64Array([1024n, 2n ** 64n - 1n]).buffer), 0)),
    "prlimit64(0, RLIMIT_NOFILE, {rlim_cur=1024, rlim_max=RLIM64_INFINITY}, NULL)")
  t.equal(shown((p) => p.call("clone3", p.words([CLONE.NEWPID + CLONE.INTO_CGROUP, 0, 0, 0, 17, 0, 0, 0, 0, 0, 5]), 88)),
    "clone3({flags=CLONE_NEWPID|CLONE_INTO_CGROUP, exit_signal=SIGCHLD, cgroup=5}, 88)")
  t.equal(shown((p) => p.call("clone3", p.words([0, 0, 0, 0, 0, 0, 0, 0]), 64)), "clone3({flags=0, exit_signal=0}, 64)", "the first version of the structure")
  t.equal(shown((p) => p.call("seccomp", 1, 8, p.words([3, p.bytes(new Uint8Array(24))]))),
    "seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, {len=3, filter=/* 3 instructions */})")
  t.equal(shown((p) => p.call("setgroups", 2, words(7, 4000000000))), "setgroups(2, [7, 4000000000])")
  t.equal(shown((p) => p.call("fsetxattr", 3, "security.selinux", Buffer.from("a:b"), 3, 0)), 'fsetxattr(3, "security.selinux", "a:b", 3, 0)')
})

/** By call: the arguments that are flags, modes or constants. From the man pages, not from the table that is tested. */
const NAMED: Readonly<Record<string, readonly number[]>> = {
  openat: [2, 3], dup3: [2], close_range: [2], open_tree: [0, 2], move_mount: [0, 2, 4], fsopen: [1], fspick: [0, 2], fsconfig: [1], fsmount: [1, 2],
  mount_setattr: [0, 2], mount: [3], umount2: [1], mkdirat: [0, 2], mknodat: [0, 2, 3], symlinkat: [1], unlinkat: [0, 2], fchmodat: [0, 2],
  fchownat: [0, 4], faccessat2: [0, 2, 3], statx: [0, 2, 3], umask: [0], unshare: [0], setns: [1], socket: [0, 1], accept4: [3], sendto: [3], recvfrom: [3],
  sendmsg: [2], ioctl: [1], rt_sigprocmask: [0], prctl: [0], keyctl: [0], seccomp: [0, 1], prlimit64: [1], ioprio_set: [0, 2], set_mempolicy: [0],
  personality: [0], wait4: [2],
}
/** Sizes and counts of 1024 and more, which are printed as hexadecimal numbers too. */
const SIZES = new Set(["recvfrom 2", "sched_setaffinity 1", "getcwd 1", "write 2"])

/** Plans that use every call there is in programs. */
function plans(): { name: string; program: Program }[] {
  const create = (name: string, spec: Spec, more: Partial<CreateFacts> = {}) => ({ name, program: planCreate(spec, factsFor(spec, more)).program })
  const base = fullSpec()
  const seccomp = { filter: new Uint8Array(16), flags: 10, listener: true }
  const limits = [{ resource: 7, value: new Uint8Array(16), text: "RLIMIT_NOFILE to 0:0", pointer: "/process/rlimits/0" }]
  const process = {
    scheduler: { policy: "SCHED_FIFO", priority: 5, flags: ["SCHED_FLAG_RESET_ON_FORK"] }, ioPriority: { class: "IOPRIO_CLASS_BE", priority: 4 },
    terminal: true, consoleSize: { height: 24, width: 80 }, capabilities: { bounding: [], permitted: ["CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"] },
  } as const
  const linux = { personality: { domain: "LINUX32" }, memoryPolicy: { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] },
    devices: [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o600, uid: 5, gid: 6 }] } as const
  const mounts = [
    ...(base.mounts ?? []), { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup" },
    { destination: "/x", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "noatime", "rro"] },
    { destination: "/old", type: "ext2", source: "/dev/sda", options: ["ro", "noatime"] },
    { destination: "/vol", type: "bind", source: "", options: ["remount", "bind", "ro"] },
    { destination: "/x", type: "tmpfs", source: "tmpfs", options: ["remount", "size=1m"] },
  ]
  const hierarchies = [{ name: "name=systemd", mount: "/sys/fs/cgroup/systemd", folder: "/sys/fs/cgroup/systemd/c1" }]
  return [
    ...configNames.map((name) => create(name, readConfig(name), { seccomp, limits })),
    create("everything", { ...changed(base, { process, linux }), mounts } as Spec, {
      seccomp, limits, labels: undefined, rootfsParent: "/", cgroup: { intoCgroup: undefined, procs: [{ controller: "pids", fd: 30 }] },
      cgroupMounts: { mode: "v1", hierarchies, unified: undefined },
    }),
    create("no pivot", base, { noPivot: true }),
    create("user namespace", withNamespaces("user", "mount", "pid", "cgroup", "time", "uts")),
    create("joined", withNamespaces({ type: "user", path: "/u" }, { type: "network", path: "/n" }, "mount")),
    { name: "exec", program: planExec(base.process as NonNullable<Spec["process"]>, execFacts()).program },
  ]
}

t.test("decoder: no flag of any plan is printed as a number", async (t) => {
  const met = new Set<string>()
  for (const { name, program } of plans()) {
    const faults: string[] = []
    for (const step of program.steps) {
      if (step.kind !== "call") continue
      const call = step.name as string
      met.add(call)
      for (const [index, arg] of step.args.entries()) {
        if (typeof arg !== "number" && typeof arg !== "bigint") continue
        const text = decodeArgument(call, index, arg, step.args)
        const named = NAMED[call]?.includes(index) === true
        // a descriptor's number, and 0 for none, say all there is
        if (named && arg !== 0 && text === undefined && !(index !== 2 && Number(arg) > 0 && Number(arg) < 100 && call.endsWith("at"))) {
          faults.push(`${call} ${index}: ${arg}`)
        }
        if (text === undefined && (arg >= 1024 || arg < -1) && !SIZES.has(`${call} ${index}`)) faults.push(`${call} ${index}: ${arg} has no name`)
        if (named && text !== undefined && /0x[0-9a-f]/.test(text)) faults.push(`${call} ${index}: ${text} holds unknown bits`)
      }
      if (/\{[^}]*=0x/.test(new Printer(program, decode).operation(step))) faults.push(new Printer(program, decode).operation(step))
    }
    t.strictSame(faults, [], name)
  }
  for (const place of ["clone3", "openat2", "mount_setattr", "capset"]) t.ok(met.has(place), `${place} is met`)
  const unmet = Object.keys(NAMED).filter((call) => !met.has(call))
  t.strictSame(unmet, ["wait4"], "each call is met in a plan but one, which mounts add has")
})
