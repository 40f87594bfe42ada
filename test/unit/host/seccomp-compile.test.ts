import { readFileSync } from "node:fs"
import t from "tap"
import { compileProfile, type Profile } from "../../../src/host/seccomp/compile.ts"
import { seccompLibraryPath, seccompVersion } from "../../../src/host/seccomp/library.ts"
import { actionValue, SECCOMP_ACTIONS, SECCOMP_ARCHITECTURES, SECCOMP_FLAGS, SECCOMP_OPERATORS } from "../../../src/kernel/seccomp.ts"
import { HOST_ARCHITECTURE, syscallNumbers, type SyscallName } from "../../../src/kernel/syscalls.ts"
import { loadSpec } from "../../../src/spec/load.ts"
import { schemaValues } from "../../../src/spec/names.gen.ts"
import type { SeccompSyscall } from "../../../src/spec/types.gen.ts"
import { AUDIT_ARCH, runFilter } from "../kernel/bpf-machine.ts"

const ALLOW = SECCOMP_ACTIONS.SCMP_ACT_ALLOW
const ERRNO = SECCOMP_ACTIONS.SCMP_ACT_ERRNO
const ENOSYS = ERRNO + 38
const NATIVE = HOST_ARCHITECTURE === "x64" ? AUDIT_ARCH.x86_64 : AUDIT_ARCH.aarch64
const NATIVE_NAME = HOST_ARCHITECTURE === "x64" ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64"

const compile = (profile: Profile, failOnUnknown = false): Uint8Array => compileProfile(profile, { failOnUnknown })
const number = (name: SyscallName): number => syscallNumbers(HOST_ARCHITECTURE).get(name) as number
const ask = (filter: Uint8Array, name: SyscallName, ...args: (number | bigint)[]): number =>
  runFilter(filter, { number: number(name), architecture: NATIVE, args })
const rule = (action: SeccompSyscall["action"], names: string[], more: Partial<SeccompSyscall> = {}): SeccompSyscall => ({ action, names, ...more })

t.test("the tables are what the schema knows", (t) => {
  const values = schemaValues()
  t.same(Object.keys(SECCOMP_ACTIONS).sort(), [...values.SeccompAction].sort())
  t.same(Object.keys(SECCOMP_OPERATORS).sort(), [...values.SeccompOperator].sort())
  t.same(Object.keys(SECCOMP_FLAGS).sort(), [...values.SeccompFlag].sort())
  t.same([...SECCOMP_ARCHITECTURES].sort(), [...values.SeccompArch].sort())
  t.end()
})

t.test("the library tells its version and where it is", (t) => {
  t.match(seccompVersion(), /^2\.\d+\.\d+$/)
  t.match(seccompLibraryPath(), /^\/.*libseccomp\.so/)
  t.end()
})

t.test("compileProfile(): each action; errno is EPERM [/linux/seccomp/defaultAction=*] [/linux/seccomp/syscalls/*/action=*]", (t) => {
  for (const action of Object.keys(SECCOMP_ACTIONS) as (keyof typeof SECCOMP_ACTIONS)[]) {
    if (action !== "SCMP_ACT_ALLOW") {
      const filter = compile({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule(action, ["mkdirat"])] })
      t.equal(ask(filter, "mkdirat"), actionValue(action, undefined), action)
      t.equal(ask(filter, "getpid"), ALLOW)
    }
    if (action === "SCMP_ACT_NOTIFY") continue
    const other = action === "SCMP_ACT_ALLOW" ? "SCMP_ACT_LOG" : "SCMP_ACT_ALLOW"
    const filter = compile({ defaultAction: action, syscalls: [rule(other, ["getpid"])] })
    t.equal(ask(filter, "mkdirat"), actionValue(action, undefined), `${action} as the default`)
    t.equal(ask(filter, "getpid"), SECCOMP_ACTIONS[other])
  }
  t.equal(actionValue("SCMP_ACT_ERRNO", undefined), ERRNO + 1)
  t.equal(actionValue("SCMP_ACT_TRACE", undefined), SECCOMP_ACTIONS.SCMP_ACT_TRACE + 1)
  const numbers = compile({
    defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 5,
    syscalls: [rule("SCMP_ACT_ERRNO", ["mkdirat"], { errnoRet: 6 }), rule("SCMP_ACT_TRACE", ["chdir"], { errnoRet: 7 }), rule("SCMP_ACT_ERRNO", ["getpid"], { errnoRet: 5 })],
  })
  t.equal(ask(numbers, "mkdirat"), ERRNO + 6)
  t.equal(ask(numbers, "chdir"), SECCOMP_ACTIONS.SCMP_ACT_TRACE + 7)
  t.equal(ask(numbers, "getpid"), ERRNO + 5)
  t.equal(ask(numbers, "getuid"), ERRNO + 5)
  t.end()
})

t.test("compileProfile(): operators on 64 bits [/linux/seccomp/syscalls/*/args/**] [/linux/seccomp/syscalls/*/args/*/op=*]", (t) => {
  const VALUE = 0x1234_5678_9abc_def1n
  const holds: Record<keyof typeof SECCOMP_OPERATORS, (argument: bigint) => boolean> = {
    SCMP_CMP_NE: (a) => a !== VALUE, SCMP_CMP_LT: (a) => a < VALUE, SCMP_CMP_LE: (a) => a <= VALUE, SCMP_CMP_EQ: (a) => a === VALUE,
    SCMP_CMP_GE: (a) => a >= VALUE, SCMP_CMP_GT: (a) => a > VALUE, SCMP_CMP_MASKED_EQ: (a) => (a & VALUE) === 0x10n,
  }
  const tried = [0n, 0x10n, 0x11n, VALUE, VALUE - 1n, VALUE + 1n, VALUE & 0xffff_ffffn, VALUE - 0x1_0000_0000n, VALUE + 0x1_0000_0000n, 2n ** 64n - 1n]
  for (const op of Object.keys(SECCOMP_OPERATORS) as (keyof typeof SECCOMP_OPERATORS)[]) {
    const valueTwo = op === "SCMP_CMP_MASKED_EQ" ? { valueTwo: 0x10 } : {}
    const filter = compile({
      defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule("SCMP_ACT_ERRNO", ["lseek"], { args: [{ index: 1, op, value: VALUE, ...valueTwo }] })],
    })
    for (const argument of tried) t.equal(ask(filter, "lseek", 0, argument), holds[op](argument) ? ERRNO + 1 : ALLOW, `${op} ${argument.toString(16)}`)
  }
  t.end()
})

t.test("compileProfile(): arguments are all to hold; where one occurs twice, any of them [/linux/seccomp/syscalls/*/args/*/index]", (t) => {
  const eq = (index: number, value: number) => ({ index, value, op: "SCMP_CMP_EQ" }) as const
  const both = compile({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule("SCMP_ACT_ERRNO", ["lseek"], { args: [eq(0, 3), eq(5, 9)] })] })
  t.equal(ask(both, "lseek", 3, 0, 0, 0, 0, 9), ERRNO + 1)
  t.equal(ask(both, "lseek", 3, 0, 0, 0, 0, 8), ALLOW)
  t.equal(ask(both, "lseek", 4, 0, 0, 0, 0, 9), ALLOW)
  const twice = compile({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule("SCMP_ACT_ERRNO", ["lseek"], { args: [eq(0, 3), eq(0, 4), eq(1, 7)] })] })
  t.equal(ask(twice, "lseek", 3, 0), ERRNO + 1)
  t.equal(ask(twice, "lseek", 4, 0), ERRNO + 1)
  t.equal(ask(twice, "lseek", 5, 7), ERRNO + 1)
  t.equal(ask(twice, "lseek", 5, 0), ALLOW)
  t.end()
})

t.test("compileProfile(): system calls newer than the profile are ENOSYS, unless the default lets them through", (t) => {
  const syscalls = [rule("SCMP_ACT_ALLOW", ["getpid", "openat2"])]
  const answer = (more: Partial<Profile>): number => {
    const filter = compile({ defaultAction: "SCMP_ACT_ERRNO", architectures: [NATIVE_NAME], syscalls, ...more })
    t.equal(ask(filter, "getpid"), ALLOW)
    return runFilter(filter, { number: number("faccessat2"), architecture: NATIVE })
  }
  t.equal(answer({}), ENOSYS)
  t.equal(answer({ defaultAction: "SCMP_ACT_KILL" }), ENOSYS)
  t.equal(answer({ defaultAction: "SCMP_ACT_TRAP" }), ENOSYS)
  t.equal(answer({ defaultAction: "SCMP_ACT_LOG" }), SECCOMP_ACTIONS.SCMP_ACT_LOG)
  t.equal(answer({ defaultAction: "SCMP_ACT_TRACE" }), SECCOMP_ACTIONS.SCMP_ACT_TRACE + 1)
  t.equal(answer({ architectures: [] }), ERRNO + 1, "as with runc: only for architectures that the profile lists")
  const filter = compile({ defaultAction: "SCMP_ACT_ERRNO", architectures: [NATIVE_NAME], syscalls: [...syscalls, rule("SCMP_ACT_ERRNO", ["faccessat2"])] })
  t.equal(ask(filter, "faccessat2"), ERRNO + 1, "what a rule names is known, also where it says what the default says")
  t.end()
})

t.test("compileProfile(): names that nobody knows are left out, or an error [annotation run.oci.seccomp_fail_unknown_syscall]", (t) => {
  const profile: Profile = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule("SCMP_ACT_ERRNO", ["no_such_call", "mkdirat"])] }
  t.equal(ask(compile(profile), "mkdirat"), ERRNO + 1)
  t.throws(() => compile(profile, true), { message: 'linux.seccomp.syscalls[0]: no system call "no_such_call" is known', details: { pointer: "/linux/seccomp/syscalls/0/names/0" } })
  t.end()
})

t.test("compileProfile(): every architecture is in the filter, or an error that names it [/linux/seccomp/architectures=*]", (t) => {
  let added = 0
  SECCOMP_ARCHITECTURES.forEach((name) => {
    const profile: Profile = { defaultAction: "SCMP_ACT_ALLOW", architectures: [name], syscalls: [rule("SCMP_ACT_ERRNO", ["openat"])] }
    let filter: Uint8Array
    try {
      filter = compile(profile)
    } catch (error) {
      const why = `(${name} cannot be in a filter here: its byte order|the libseccomp that is installed does not know ${name})`
      t.match((error as Error).message, new RegExp(`^linux.seccomp.architectures\\[0\\]: ${why}`))
      return
    }
    added++
    t.equal(ask(filter, "openat"), ERRNO + 1, `the native architecture is there beside ${name}`)
  })
  t.ok(added >= 7, `${added} architectures`)
  const filter = compile({ defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X86_64"], syscalls: [rule("SCMP_ACT_ERRNO", ["mkdir"])] })
  t.equal(runFilter(filter, { number: 39, architecture: AUDIT_ARCH.i386 }), ERRNO + 1, "mkdir is 39 there")
  t.equal(runFilter(filter, { number: 83, architecture: AUDIT_ARCH.i386 }), ALLOW)
  t.equal(runFilter(filter, { number: 83, architecture: AUDIT_ARCH.x86_64 }), ERRNO + 1, "and 83 here")
  t.end()
})

t.test("compileProfile(): what engines send", (t) => {
  for (const name of ["docker-config-04", "podman-config-00", "containerd-config-07", "cri-config-00"]) {
    const config = loadSpec(readFileSync(new URL(`../../fixtures/engine-configs/${name}.json`, import.meta.url)), name)
    const seccomp = config.linux?.seccomp
    if (seccomp === undefined) throw new Error(`${name} has no profile`)
    const filter = compile(seccomp)
    const denied = seccomp.defaultErrnoRet === 38 ? ENOSYS : ERRNO + 1
    for (const call of ["openat", "execve", "getpid", "read", "clone3"] as const) {
      const expected = call === "clone3" ? [ALLOW, ENOSYS, ERRNO + 1] : [ALLOW]
      t.ok(expected.includes(ask(filter, call)), `${name}: ${call}`)
    }
    if (HOST_ARCHITECTURE === "x64") {
      t.equal(runFilter(filter, { number: 20, architecture: AUDIT_ARCH.i386 }), ALLOW, `${name}: getpid of i386`)
      t.equal(runFilter(filter, { number: 0x40000000 + 39, architecture: AUDIT_ARCH.x86_64 }), ALLOW, `${name}: getpid of x32`)
    }
    // Podman's lets keyctl through
    t.equal(ask(filter, "keyctl"), name.startsWith("podman") ? ALLOW : denied, `${name}: keyctl`)
    t.equal(runFilter(filter, { number: 5000, architecture: NATIVE }), ENOSYS, `${name}: a system call of the future`)
    const personality = number("personality")
    t.equal(runFilter(filter, { number: personality, architecture: NATIVE, args: [0] }), ALLOW, `${name}: personality(0)`)
    t.not(runFilter(filter, { number: personality, architecture: NATIVE, args: [0x40000] }), ALLOW, `${name}: personality(ADDR_NO_RANDOMIZE)`)
  }
  t.end()
})
