import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { command, environmentWithMarker, expectSuccess, type Result, said } from "../../conformance/lib/command.ts"
import { checkout, runtimePath } from "../../conformance/lib/environment.ts"
import { probeResults, type ProbeCall, syscallNumber, writeI386Probe, writeProbe } from "../../conformance/lib/syscalls.ts"
import { boxTest } from "../../conformance/lib/test.ts"

interface Rule {
  names: string[]
  action: string
  errnoRet?: number
  args?: { index: number; value: number | string; valueTwo?: number | string; op: string }[]
}

const MKDIR = ["mkdir", "mkdirat"]
const SIGSYS_CODE = 128 + 31
const EPERM = 1
const EBADF = 9
const ENOSYS = 38
const X64 = process.arch === "x64"
const NATIVE = X64 ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64"

/** Everything is allowed but what the rules say. */
function restrict(box: Box, ...syscalls: Rule[]): void {
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls }
}

/** The profile that Docker sent with a container of its own (a list of what is allowed). */
function dockerProfile(): { defaultAction: string; defaultErrnoRet?: number; architectures: string[]; syscalls: Rule[]; [more: string]: unknown } {
  return JSON.parse(readFileSync(`${checkout}/test/fixtures/engine-configs/docker-config-04.json`, "utf8")).linux.seccomp
}

/** Results of system calls inside the container. A config with long numbers in quotes gets them as numbers. */
function probe(box: Box, ...calls: ProbeCall[]): number[] {
  writeProbe(`${box.rootfs}/bin/probe`, calls)
  box.script("probe >/out").write()
  const file = `${box.bundle}/config.json`
  writeFileSync(file, readFileSync(file, "utf8").replace(/("value(?:Two)?":)"(\d+)"/g, "$1$2"))
  expectSuccess(box.call(["run", "--bundle", box.bundle, box.id]))
  return probeResults(readFileSync(`${box.rootfs}/out`))
}

boxTest("seccomp: a state root that comes with the first profile's filter is sticky, as XDG_RUNTIME_DIR has it",
  { skipFor: { runc: "keeps no filters", crun: "keeps them elsewhere" } }, (t, box) => {
    const root = `${box.folder}/runts`
    restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO" })
    // ends before there is a container, but not before its filter is kept
    box.config.root.path = "/no/such/rootfs"
    box.write()
    const env = { ...environmentWithMarker(), USER: "somebody", XDG_RUNTIME_DIR: box.folder }
    const result = command(["unshare", "--map-root-user", runtimePath, "create", "--bundle", box.bundle, box.id], { env })
    t.match(said(result), /root filesystem .* does not exist/)
    t.same(readdirSync(root), ["@failures", "@seccomp"], "the filter, and why there is no container")
    t.equal(statSync(root).mode & 0o7777, 0o1700)
  })

boxTest("seccomp: without a profile there is no filter", (t, box) => {
  t.equal(box.inside("grep ^Seccomp: /proc/self/status"), "Seccomp:\t0")
})

boxTest("seccomp: ERRNO returns errnoRet, EPERM without one [/linux/seccomp/syscalls/*/names] [/linux/seccomp/syscalls/*/errnoRet]", (t, box) => {
  restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO", errnoRet: 28 }, { names: ["rmdir", "unlinkat", "no_such_call"], action: "SCMP_ACT_ERRNO" })
  const said = box.inside("mkdir /x 2>&1; rmdir /home 2>&1; touch /y && echo on; grep ^Seccomp: /proc/self/status")
  t.match(said, /mkdir: .*No space left on device/)
  t.match(said, /rmdir: .*Operation not permitted/)
  t.match(said, /on\nSeccomp:\t2$/)
})

boxTest("seccomp: what each action does to a process [/linux/seccomp/syscalls/*/action=*]", (t, box) => {
  for (const action of ["SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD"]) {
    restrict(box, { names: MKDIR, action })
    t.equal(box.args("/bin/mkdir", "/x").run().code, SIGSYS_CODE, action)
  }
  restrict(box, { names: ["chdir"], action: "SCMP_ACT_TRAP" })
  t.match(box.inside("trap 'echo caught' SYS; cd /tmp; echo on"), /caught\non|on\ncaught/, "SIGSYS can be caught")
  t.equal(box.args("/bin/sh", "-c", "cd /tmp; echo on").run().code, SIGSYS_CODE)
  restrict(box, { names: MKDIR, action: "SCMP_ACT_TRACE" })
  t.match(box.inside("mkdir /x 2>&1 || true"), /Function not implemented/, "there is no tracer")
  restrict(box, { names: MKDIR, action: "SCMP_ACT_LOG" })
  t.equal(box.inside("mkdir /x && echo made"), "made")
})

boxTest("seccomp: defaultAction is for what no rule names [/linux/seccomp/defaultAction=*] [/linux/seccomp/defaultErrnoRet]", (t, box) => {
  const denied = (more: object): number[] => {
    box.config.linux.seccomp = { ...dockerProfile(), ...more }
    return probe(box, { call: "keyctl", args: [0, 0] }, { call: "getpid" })
  }
  for (const [more, expected] of [
    [{ defaultErrnoRet: undefined }, -EPERM], [{ defaultErrnoRet: 5 }, -5], [{ defaultErrnoRet: ENOSYS }, -ENOSYS],
    [{ defaultAction: "SCMP_ACT_TRACE", defaultErrnoRet: 5 }, -ENOSYS],
  ] as const) {
    const [keyctl, pid] = denied(more)
    t.equal(keyctl, expected, JSON.stringify(more))
    t.ok((pid as number) > 0)
  }
  for (const defaultAction of ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"]) {
    box.config.linux.seccomp = { defaultAction }
    t.equal(box.inside("mkdir -p /x && grep ^Seccomp: /proc/self/status"), "Seccomp:\t2", defaultAction)
  }
  for (const defaultAction of ["SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP"]) {
    box.config.linux.seccomp = { ...dockerProfile(), defaultAction, defaultErrnoRet: undefined }
    writeProbe(`${box.rootfs}/bin/probe`, [{ call: "keyctl", args: [0, 0] }])
    t.equal(box.args("/bin/probe").run().code, SIGSYS_CODE, defaultAction)
  }
})

const OPERATORS: Record<string, (argument: bigint, value: bigint) => boolean> = {
  SCMP_CMP_NE: (a, v) => a !== v, SCMP_CMP_LT: (a, v) => a < v, SCMP_CMP_LE: (a, v) => a <= v, SCMP_CMP_EQ: (a, v) => a === v,
  SCMP_CMP_GE: (a, v) => a >= v, SCMP_CMP_GT: (a, v) => a > v, SCMP_CMP_MASKED_EQ: (a, v) => (a & v) === 0x10n,
}

boxTest("seccomp: each operator on 64 bits [/linux/seccomp/syscalls/*/args/**] [/linux/seccomp/syscalls/*/args/*/op=*]", (t, box) => {
  // no double is it
  const value = 0x7234_5678_9abc_def1n
  const tried = [0n, 0x10n, value, value - 1n, value + 1n, value & 0xffff_ffffn, value + 0x1_0000_0000n]
  for (const [op, holds] of Object.entries(OPERATORS)) {
    restrict(box, { names: ["lseek"], action: "SCMP_ACT_ERRNO", args: [{ index: 1, value: String(value), valueTwo: op === "SCMP_CMP_MASKED_EQ" ? 0x10 : 0, op }] })
    const results = probe(box, ...tried.map((argument): ProbeCall => ({ call: "lseek", args: [-1, argument, 0] })))
    t.same(results, tried.map((argument) => (holds(argument, value) ? -EPERM : -EBADF)), op)
  }
})

boxTest("seccomp: several arguments must all hold; conditions on the same one are alternatives", (t, box) => {
  const eq = (index: number, value: number): NonNullable<Rule["args"]>[number] => ({ index, value, op: "SCMP_CMP_EQ" })
  const lseek = (...args: number[]): ProbeCall => ({ call: "lseek", args: [-1, ...args] })
  restrict(box, { names: ["lseek"], action: "SCMP_ACT_ERRNO", args: [eq(1, 3), eq(2, 2)] })
  t.same(probe(box, lseek(3, 2), lseek(3, 1), lseek(4, 2)), [-EPERM, -EBADF, -EBADF])
  restrict(box, { names: ["lseek"], action: "SCMP_ACT_ERRNO", args: [eq(1, 3), eq(1, 4)] })
  t.same(probe(box, lseek(3, 0), lseek(4, 0), lseek(5, 0)), [-EPERM, -EPERM, -EBADF])
})

boxTest("seccomp: system calls newer than the profile are ENOSYS, so that libraries use older ones", (t, box) => {
  box.config.linux.seccomp = { ...dockerProfile(), defaultErrnoRet: undefined }
  t.same(probe(box, { call: "keyctl", args: [0, 0] }, { call: 5000 }, { call: 462 }), [-EPERM, -ENOSYS, -ENOSYS])
})

boxTest("seccomp: architectures: a call of another one is killed unless it is listed [/linux/seccomp/architectures]", {
  skipIn: { uml: "its kernel has no system calls of i386" },
}, (t, box) => {
  if (!X64) return void t.pass("the other architectures here are those of x86-64")
  const mkdir386 = 39
  writeI386Probe(`${box.rootfs}/bin/old`, mkdir386)
  const rule: Rule = { names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 7 }
  restrict(box, rule)
  t.equal(box.args("/bin/old").run().code, SIGSYS_CODE, "i386 is not listed")
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32", NATIVE], syscalls: [rule] }
  t.equal(box.run().code, 7, "mkdir has another number there")
  const X32 = 0x40000000
  t.same(probe(box, { call: X32 + syscallNumber("getpid") }).map((pid) => pid > 0 || pid === -ENOSYS), [true], "x32 is listed; the kernel may not have it")
  restrict(box, rule)
  writeProbe(`${box.rootfs}/bin/probe`, [{ call: X32 + syscallNumber("getpid") }])
  t.equal(box.args("/bin/probe").run().code, SIGSYS_CODE, "x32 is not listed")
})

boxTest("seccomp: an architecture that cannot be in the filter is an error that names it", { skipFor: { crun: "takes it" } }, (t, box) => {
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_S390X"], syscalls: [] }
  const result = box.run()
  t.not(result.code, 0)
  t.match(said(result), /architecture/)
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_VAX"] }
  t.match(said(box.run()), /SCMP_ARCH_VAX/)
})

boxTest("seccomp: flags reach seccomp(2) [/linux/seccomp/flags=*]", { differs: ["a tracer"], skipFor: { runc: "loads by other threads", crun: "takes not all" } }, (t, box) => {
  if (!existsSync("/usr/bin/strace")) return void t.pass("no strace here")
  const flagsOf = (flags: string[] | undefined, action = "SCMP_ACT_ERRNO"): string => {
    box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", ...(flags && { flags }), syscalls: [{ names: MKDIR, action }] }
    box.args("/bin/true").write()
    const trace = `${box.folder}/trace`
    expectSuccess(command(["strace", "-f", "-o", trace, "-e", "trace=seccomp", runtimePath, "--root", box.root, "run", "--bundle", box.bundle, box.id]))
    // libseccomp looks what the kernel has, in a process that goes on as it is
    const loads = readFileSync(trace, "utf8").split("\n").filter((line) => /SECCOMP_SET_MODE_FILTER, .*= 0$/.test(line))
    t.equal(loads.length, 1, "loaded once")
    return /SET_MODE_FILTER, ([^,]+),/.exec(loads[0] ?? "")?.[1] ?? ""
  }
  t.equal(flagsOf(undefined), "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "as runc and crun have it")
  t.equal(flagsOf([]), "0")
  for (const flag of ["TSYNC", "LOG", "SPEC_ALLOW"]) t.equal(flagsOf([`SECCOMP_FILTER_FLAG_${flag}`]), `SECCOMP_FILTER_FLAG_${flag}`)
  t.equal(flagsOf(["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]), "0", "nobody is notified")
  t.equal(flagsOf(["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"]), "SECCOMP_FILTER_FLAG_TSYNC|SECCOMP_FILTER_FLAG_LOG")
})

/** The capability sets as hexadecimal numbers, and whether new privileges are excluded. */
const SHOW = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr '\\n\\t' '; '"
const shown = (inh: string, prm: string, eff: string, bnd: string, amb: string, nnp: number): string =>
  `CapInh: ${inh};CapPrm: ${prm};CapEff: ${eff};CapBnd: ${bnd};CapAmb: ${amb};NoNewPrivs: ${nnp};Seccomp: 2;`

boxTest("seccomp: capabilities are those asked for, with and without noNewPrivileges", (t, box) => {
  const hex = (bits: number): string => bits.toString(16).padStart(16, "0")
  restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO" })
  for (const noNewPrivileges of [true, false]) {
    box.config.process.noNewPrivileges = noNewPrivileges
    box.config.process.user = { uid: 1000, gid: 1000 }
    // CHOWN 0, KILL 5, SETGID 6: ambient KILL stays over execve
    box.config.process.capabilities = {
      bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID"], permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_KILL"],
      inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"],
    }
    t.equal(box.inside(SHOW), shown(hex(0x20), hex(0x20), hex(0x20), hex(0x61), hex(0x20), noNewPrivileges ? 1 : 0), `uid 1000, ${noNewPrivileges}`)
    box.config.process.user = { uid: 0, gid: 0 }
    box.config.process.capabilities = { bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_CHOWN"], effective: ["CAP_CHOWN"] }
    // execve gives root the bounding set, unless it may gain nothing
    const root = hex(noNewPrivileges ? 0x01 : 0x21)
    t.equal(box.inside(SHOW), shown(hex(0), root, root, hex(0x21), hex(0), noNewPrivileges ? 1 : 0), `root, ${noNewPrivileges}`)
    box.config.process.capabilities = { bounding: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"] }
    t.equal(box.inside(SHOW), shown(hex(0), hex(1 << 21), hex(1 << 21), hex(1 << 21), hex(0), noNewPrivileges ? 1 : 0), `CAP_SYS_ADMIN, ${noNewPrivileges}`)
    box.config.process.capabilities = {}
    t.equal(box.inside(SHOW), shown(hex(0), hex(0), hex(0), hex(0), hex(0), noNewPrivileges ? 1 : 0), `none, ${noNewPrivileges}`)
  }
})

boxTest("seccomp: in a user namespace, with and without noNewPrivileges", async (t, box) => {
  box.mapIds()
  restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO", errnoRet: 5 })
  for (const noNewPrivileges of [true, false]) {
    box.config.process.noNewPrivileges = noNewPrivileges
    t.match(box.inside("mkdir /tmp/x 2>&1; grep ^Seccomp: /proc/self/status"), /Input\/output error\nSeccomp:\t2/)
  }
  await box.launch("/bin/sleep", "1000")
  t.match(box.exec(["/bin/sh", "-c", "mkdir /tmp/x 2>&1; grep ^CapEff /proc/self/status"]).stdout, /Input\/output error\nCapEff:\t00000000080004/)
  box.kill()
})

boxTest("seccomp: a profile need not allow what sets the container up", { skipFor: { runc: "needs more allowed", crun: "needs more allowed" } }, (t, box) => {
  const setUp = [
    "prctl", "setresuid", "setresgid", "setgroups", "sendto", "sendmsg", "recvfrom", "accept4", "mount", "move_mount", "open_tree", "umask", "chdir",
    "faccessat2", "keyctl", "munmap", "read", "write", "close", "dup3", "close_range", "setns", "clone3", "openat", "statx",
  ]
  restrict(box, { names: setUp, action: "SCMP_ACT_KILL_PROCESS" }, { names: ["capset"], action: "SCMP_ACT_KILL_PROCESS" })
  writeProbe(`${box.rootfs}/bin/quiet`, [{ call: "exit_group", args: [42] }])
  for (const [noNewPrivileges, code] of [[true, 42], [false, SIGSYS_CODE]] as const) {
    box.config.process.noNewPrivileges = noNewPrivileges
    t.equal(box.args("/bin/quiet").run().code, code, `noNewPrivileges ${noNewPrivileges}: capset comes after the filter if privileges may be gained`)
    box.create()
    box.start()
    box.delete("--force")
  }
})

boxTest("seccomp: what forbids the last steps is told by start", { skipFor: { runc: "fails elsewhere", crun: "fails elsewhere" } }, (t, box) => {
  box.config.process.noNewPrivileges = false
  for (const [name, text] of [["execve", /exec.*: operation not permitted/], ["capset", /effective, permitted and inheritable sets: operation not permitted/]] as const) {
    restrict(box, { names: [name], action: "SCMP_ACT_ERRNO" })
    const run = box.args("/bin/true").run()
    t.not(run.code, 0)
    t.match(said(run), text)
    box.create()
    const start = box.call(["start", box.id])
    t.not(start.code, 0)
    t.match(said(start), text)
    t.equal(box.state().status, "stopped")
    box.delete()
  }
})

boxTest("seccomp: exec has the container's filter, in running and created containers", async (t, box) => {
  restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO", errnoRet: 28 })
  const check = (what: string): void => {
    const result = expectSuccess(box.exec(["/bin/sh", "-c", "mkdir /x 2>&1; grep ^Seccomp: /proc/self/status"]))
    t.match(result.stdout, /No space left.*\nSeccomp:\t2\n$/, what)
  }
  box.args("/bin/sleep", "1000").create()
  check("created")
  box.start()
  check("running")
  const process = `${box.folder}/process.json`
  writeFileSync(process, JSON.stringify({ user: { uid: 0, gid: 0 }, cwd: "/", env: [], args: ["/bin/mkdir", "/x"], noNewPrivileges: true }))
  t.match(said(box.call(["exec", "--process", process, box.id])), /No space left/)
  box.kill()
})

boxTest("seccomp: startContainer hooks run under the filter, others do not", (t, box) => {
  restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO" })
  box.config.process.noNewPrivileges = false
  const outside = `${box.folder}/hook`
  box.config.hooks = {
    createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", `grep ^Seccomp: /proc/self/status >${outside}`] }],
    startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "grep -E '^(Seccomp:|CapPrm)' /proc/self/status >/hook; mkdir /x 2>>/hook; true"] }],
  }
  t.match(box.inside("cat /hook"), /CapPrm:\t[0-9a-f]{16}\nSeccomp:\t2\nmkdir: .*Operation not permitted/)
  t.match(readFileSync(outside, "utf8"), /Seccomp:\t0/)
  t.notOk(existsSync(`${box.rootfs}/x`))
})

boxTest("seccomp: Docker's profile as it is", async (t, box) => {
  box.config.linux.seccomp = dockerProfile()
  box.config.process.noNewPrivileges = false
  t.match(box.inside("mkdir /x && ls / | wc -l && unshare -U true 2>&1; echo $?"), /\d+\nunshare: .*Operation not permitted\n1/)
  await box.launch("/bin/sleep", "1000")
  t.match(box.exec(["/bin/sh", "-c", "unshare -U true 2>&1; grep Seccomp_filters /proc/self/status"]).stdout, /not permitted\nSeccomp_filters:\t1/)
  box.kill()
})

boxTest("seccomp: errors name the part that is wrong", { skipFor: { runc: "says other words", crun: "says other words" } }, (t, box) => {
  const error = (seccomp: object): string => {
    box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", ...seccomp }
    const result: Result = box.run()
    t.not(result.code, 0)
    return said(result)
  }
  t.match(error({ defaultAction: "SCMP_ACT_NO" }), /linux\/seccomp\/defaultAction/)
  t.match(error({ syscalls: [{ names: ["read"], action: "SCMP_ACT_NO" }] }), /syscalls\/0\/action/)
  t.match(error({ syscalls: [{ names: ["read"], action: "SCMP_ACT_KILL", errnoRet: 3 }] }), /syscalls\/0\/errnoRet/)
  t.match(error({ syscalls: [{ names: [], action: "SCMP_ACT_KILL" }] }), /syscalls\/0\/names/)
  t.match(error({ flags: ["SECCOMP_FILTER_FLAG_NO"] }), /flags\/0/)
  t.match(error({ syscalls: [{ names: ["read"], action: "SCMP_ACT_ERRNO", args: [{ index: 6, value: 0, op: "SCMP_CMP_EQ" }] }] }), /args\/0\/index/)
  t.match(error({ defaultErrnoRet: 3 }), /defaultErrnoRet/)
})

const cacheFiles = (box: Box): string[] => readdirSync(`${box.root}/@seccomp`).map((name) => `${box.root}/@seccomp/${name}`)
const ours = { skipFor: { runc: "has no cache", crun: "has a cache of its own" } } as const

boxTest("seccomp: filters are cached by content; a damaged one is made anew", ours, (t, box) => {
  restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO", errnoRet: 28 })
  const refused = (): void => void t.match(box.inside("mkdir /x 2>&1 || true"), /No space left/)
  refused()
  const [file, ...more] = cacheFiles(box)
  if (file === undefined) throw new Error("nothing is cached")
  t.same(more, [])
  const { ino } = statSync(file)
  const content = readFileSync(file)
  refused()
  t.equal(statSync(file).ino, ino, "used again")
  for (const damaged of [Buffer.alloc(0), content.subarray(0, -9), Buffer.alloc(content.length)]) {
    writeFileSync(file, damaged)
    refused()
    t.same(readFileSync(file), content, "made anew")
  }
  rmSync(`${box.root}/@seccomp`, { recursive: true })
  writeFileSync(`${box.root}/@seccomp`, "a file where the folder should be")
  refused()
  rmSync(`${box.root}/@seccomp`)
  restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO", errnoRet: 5 })
  t.match(box.inside("mkdir /x 2>&1 || true"), /Input\/output error/)
  t.same(expectSuccess(box.call(["list", "-q"])).stdout, "", "no container is called so")
  t.not(box.call(["state", "@seccomp"]).code, 0)
})

boxTest("seccomp: without libseccomp a profile is an error that names the package, and nothing else is", { ...ours, differs: ["what root gives a caller"] }, (t, box) => {
  const library = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib"]
    .map((folder) => `${folder}/libseccomp.so.2`).find((path) => existsSync(path))
  if (library === undefined) throw new Error("no libseccomp.so.2 in the usual folders: install the package libseccomp2")
  const empty = `${box.folder}/empty`
  writeFileSync(empty, "")
  const runWithout = (): Result => {
    box.write()
    const hide = `mount --bind '${empty}' '${realpathSync(library)}' && exec "$@"`
    return command(["unshare", "-m", "--propagation", "private", "sh", "-c", hide, "sh", runtimePath, "--root", box.root, "run", "--bundle", box.bundle, box.id])
  }
  t.equal(runWithout().code, 0, "without a profile nobody misses it")
  restrict(box, { names: MKDIR, action: "SCMP_ACT_ERRNO" })
  expectSuccess(box.run())
  const result = runWithout()
  t.equal(result.code, 1)
  t.match(said(result), /libseccomp\.so\.2, which cannot be loaded.*libseccomp2/s, "also where a filter is cached")
})

boxTest("seccomp: seccomp_fail_unknown_syscall [annotation run.oci.seccomp_fail_unknown_syscall]", { skipFor: { runc: "does not know it" } }, (t, box) => {
  restrict(box, { names: ["mkdir", "no_such_call"], action: "SCMP_ACT_ERRNO" })
  t.equal(box.run().code, 0)
  box.config.annotations = { "run.oci.seccomp_fail_unknown_syscall": "1" }
  const result = box.run()
  t.not(result.code, 0)
  t.match(said(result), /no_such_call/)
})

boxTest("seccomp: a raw filter in place of the profile [annotation run.oci.seccomp_bpf_data]", { skipFor: { runc: "does not know it", crun: "1.8.1 takes it otherwise" } }, (t, box) => {
  const instructions = [[0x20, 0, 0, 0], [0x15, 1, 0, syscallNumber("mkdirat")], [0x15, 0, 1, X64 ? 83 : 34], [0x06, 0, 0, 0x0005001c], [0x06, 0, 0, 0x7fff0000]]
  const filter = Buffer.alloc(8 * instructions.length)
  instructions.forEach(([code = 0, jt = 0, jf = 0, k = 0], i) => {
    filter.writeUInt16LE(code, 8 * i)
    filter.writeUInt8(jt, 8 * i + 2)
    filter.writeUInt8(jf, 8 * i + 3)
    filter.writeUInt32LE(k, 8 * i + 4)
  })
  box.config.annotations = { "run.oci.seccomp_bpf_data": filter.toString("base64") }
  t.match(box.inside("mkdir /x 2>&1; grep ^Seccomp: /proc/self/status"), /No space left.*\nSeccomp:\t2/)
  restrict(box, { names: ["openat"], action: "SCMP_ACT_KILL" })
  t.match(box.inside("mkdir /x 2>&1 || true"), /No space left/, "the profile is left out")
  for (const [data, text] of [["!!", /not base64/], ["AAAA", /3 bytes/], [Buffer.alloc(8).fill(0xff).toString("base64"), /load the seccomp filter: invalid argument/]] as const) {
    box.config.annotations = { "run.oci.seccomp_bpf_data": data }
    const result = box.run()
    t.not(result.code, 0)
    t.match(said(result), text)
  }
})
