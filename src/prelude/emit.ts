import { syscalls } from "../kernel/syscalls.ts"
import type { Architecture, SyscallName } from "../kernel/syscalls.ts"
import { AT_FDCWD, O_CLOEXEC, O_PATH, O_RDWR } from "../kernel/fs.ts"
import { RuntsError } from "../error.ts"
import { link, mark } from "../program/link.ts"
import type { Item } from "../program/link.ts"
import {
  aluR64Imm, aluR64R64, at, bitM64R64, incR64, jcc, jmp, jmpR64, leaR64M, leaR64Mark, movM64R64, movM64Simm32, movR64Imm, movR64M64,
  movR64R64, movzxR32M8, popR64, pushR64, ret, shiftR64Imm8, syscall, testR32R32, testR64R64,
  R10, R12, R13, R14, R15, R8, R9, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP,
} from "../program/x64.ts"
import type { Register } from "../program/x64.ts"
import { DATA_ADDRESS, DATA_BYTES, FUNCTIONS, RECORD, RECORDED_DESCRIPTORS, SCRATCH_OFFSET } from "./layout.ts"

/*
 * The prelude's machine code, written into the binary at build time (scripts/build.mjs). ld.so enters it where it would
 * enter the engine, with the stack of the System V ABI (argc, argv, environment) and rdx = ld.so's exit function.
 */

/** Variables that the engine may see: those that runts reads itself. A name that ends with `=` is whole, others are prefixes. */
export const KEPT_VARIABLES = [
  "HOME=", "PATH=", "USER=", "TERM=", "NO_COLOR=", "COLUMNS=", "LANG=", "XDG_RUNTIME_DIR=", "LISTEN_FDS=", "LISTEN_PID=",
  "LISTEN_FDNAMES=", "NOTIFY_SOCKET=", "DBUS_SESSION_BUS_ADDRESS=", "DBUS_SYSTEM_BUS_ADDRESS=", "RUNTS_",
] as const

const NO_MEMORY = "runts: no memory at start-up\n"

const NUMBERS = syscalls()

// constants of the system calls below, by their names in the headers; those of x86-64 where they differ
const O_DIRECTORY = 0o200000
const PROT_READ_WRITE = 3
const MAP_PRIVATE_ANONYMOUS = 0x22
const MAP_FIXED_NOREPLACE = 0x100000
const RLIMIT_NOFILE = 7
const F_GETFD = 1
const F_DUPFD_CLOEXEC = 1030
const HIGH_DESCRIPTOR = 200
const SIG_IGN = 1
const SIG_SETMASK = 2
const SIGCHLD = 17
const LAST_SIGNAL = 64
const SIGNAL_SET_BYTES = 8
const CLONE_VM = 0x100
const CLONE_VFORK = 0x4000
const EINTR = 4
const RT_SIGRETURN = 15
const MADV_HUGEPAGE = 14

/** A system call's argument, as the instruction that loads it into the register that it goes in. */
type Argument = (to: Register) => Item

const value = (constant: number): Argument => (to) => movR64Imm(to, constant)
const register = (from: Register): Argument => (to) => movR64R64(to, from)
const data = (offset: number): Argument => value(DATA_ADDRESS + offset)
const text = (name: string): Argument => (to) => leaR64Mark(to, name)
const stack = (offset: number): Argument => (to) => leaR64M(to, at(RSP, offset))

const ARGUMENT_REGISTERS: readonly Register[] = [RDI, RSI, RDX, R10, R8, R9]

/** A system call: its result is in rax; rcx and r11 are lost. */
function call(name: SyscallName, ...args: Argument[]): Item[] {
  const loads = args.map((load, i) => load(ARGUMENT_REGISTERS[i] as Register))
  return [...loads, movR64Imm(RAX, NUMBERS[name][0]), syscall()]
}

/**
 * The prelude's code, to be loaded at CODE_ADDRESS (layout.ts).
 * @param entry address of the engine's own entry point
 * @param engine addresses of the engine's code and constants: [first, behind the last]
 * @throws RuntsError on arm64, for which there is no prelude yet
 */
export function emitPrelude(architecture: Architecture, entry: number, engine: readonly [number, number]): Uint8Array {
  if (architecture !== "x64") {
    throw new RuntsError(`the prelude has no ${architecture} code yet`, { code: "internal", hint: "build for x64" })
  }
  return link([
    ...functionTable(),
    ...syscallFunction(), ...spawnFunction(), ...spawnChild(), ...signalHandler(),
    mark("entry"),
    // rbx: our data, r12: the stack, r13: ld.so's exit function; system calls keep them
    movR64R64(R12, RSP),
    movR64R64(R13, RDX),
    movR64Imm(RBX, DATA_ADDRESS),
    ...mapData(), ...readInHugePages(engine), ...recordDescriptors(), ...leaveDeletedFolder(), ...recordSignals(), ...filterEnvironment(),
    movR64R64(RSP, R12),
    movR64R64(RDX, R13),
    movR64Imm(RAX, entry),
    jmpR64(RAX),
    mark("noMemory"),
    ...call("write", value(2), text("noMemoryText"), value(NO_MEMORY.length)),
    ...call("exit_group", value(1)),
    ...constants(),
  ]).bytes
}

/** Jumps to the functions, 8 bytes each, in the order of FUNCTIONS. */
function functionTable(): Item[] {
  return Object.keys(FUNCTIONS).flatMap((name) => [jmp(name), [0xcc, 0xcc, 0xcc]])
}

function constants(): Item[] {
  const string = (name: string, content: string): Item[] => [mark(name), [...Buffer.from(content)]]
  return [
    // names, each ended by its `=` or, if a prefix, by NUL; NUL ends the list
    ...string("names", KEPT_VARIABLES.map((name) => (name.endsWith("=") ? name : name + "\0")).join("") + "\0"),
    ...string("null", "/dev/null\0"), ...string("here", ".\0"), ...string("root", "/\0"), ...string("noMemoryText", NO_MEMORY),
  ]
}

/** long syscall(nr, a, b, c, d, e, f): moves C's arguments to where the kernel takes them. */
function syscallFunction(): Item[] {
  return [
    mark("syscall"),
    movR64R64(RAX, RDI), movR64R64(RDI, RSI), movR64R64(RSI, RDX), movR64R64(RDX, RCX), movR64R64(R10, R8), movR64R64(R8, R9),
    movR64M64(R9, at(RSP, 8)),
    syscall(),
    ret(),
  ]
}

/** The stack frame of spawn. */
const FRAME = {
  /** the caller's signal mask */
  mask: 0,
  /** execve's negated errno, which the child writes */
  error: 8,
  /** all signals blocked; then in the child a struct sigaction (32 bytes) */
  action: 16,
  /** struct sigaction of SIG_DFL: zero */
  defaultAction: 48,
  bytes: 88,
} as const

/**
 * long spawn(path, argv, envp): vfork and execve, as posix_spawn(3) does it. All signals are blocked while the child shares our
 * memory; it resets handlers before it unblocks them, because none may run there. Ignored signals stay ignored.
 */
function spawnFunction(): Item[] {
  const saved: Register[] = [RBX, RBP, R12, R13]
  const zeros: Item[] = []
  for (let offset = FRAME.error; offset < FRAME.defaultAction + 32; offset += 8) zeros.push(movM64Simm32(at(RSP, offset), 0))
  return [
    mark("spawn"),
    ...saved.map((r) => pushR64(r)),
    aluR64Imm("sub", RSP, FRAME.bytes),
    movR64R64(RBX, RDI), movR64R64(RBP, RSI), movR64R64(R12, RDX),
    ...zeros,
    movM64Simm32(at(RSP, FRAME.action), -1),
    ...call("rt_sigprocmask", value(SIG_SETMASK), stack(FRAME.action), stack(FRAME.mask), value(SIGNAL_SET_BYTES)),
    ...call("clone", value(CLONE_VM | CLONE_VFORK | SIGCHLD), value(0), value(0), value(0), value(0)),
    testR64R64(RAX, RAX),
    jcc("e", "spawnChild"),
    // here the child has executed the program, or ended, or there is none
    movR64R64(R13, RAX),
    ...call("rt_sigprocmask", value(SIG_SETMASK), stack(FRAME.mask), value(0), value(SIGNAL_SET_BYTES)),
    aluR64Imm("cmp", R13, 0),
    jcc("l", "spawned"),
    movR64M64(RAX, at(RSP, FRAME.error)),
    testR64R64(RAX, RAX),
    jcc("e", "spawned"),
    mark("spawnReap"),
    ...call("wait4", register(R13), value(0), value(0), value(0)),
    aluR64Imm("cmp", RAX, -EINTR),
    jcc("e", "spawnReap"),
    movR64M64(R13, at(RSP, FRAME.error)),
    mark("spawned"),
    movR64R64(RAX, R13),
    aluR64Imm("add", RSP, FRAME.bytes),
    ...saved.toReversed().map((r) => popR64(r)),
    ret(),
  ]
}

/** The child of spawn, on its parent's stack. */
function spawnChild(): Item[] {
  return [
    mark("spawnChild"),
    movR64Imm(R13, 1),
    mark("spawnSignal"),
    ...call("rt_sigaction", register(R13), value(0), stack(FRAME.action), value(SIGNAL_SET_BYTES)),
    movR64M64(RAX, at(RSP, FRAME.action)),
    aluR64Imm("cmp", RAX, SIG_IGN),
    jcc("be", "spawnNextSignal"),
    ...call("rt_sigaction", register(R13), stack(FRAME.defaultAction), value(0), value(SIGNAL_SET_BYTES)),
    mark("spawnNextSignal"),
    incR64(R13),
    aluR64Imm("cmp", R13, LAST_SIGNAL),
    jcc("be", "spawnSignal"),
    ...call("rt_sigprocmask", value(SIG_SETMASK), stack(FRAME.mask), value(0), value(SIGNAL_SET_BYTES)),
    ...call("execve", register(RBX), register(RBP), register(R12)),
    movM64R64(at(RSP, FRAME.error), RAX),
    ...call("exit", value(127)),
  ]
}

/** Only write(2) and nothing of the engine; the kernel restores every register afterwards. */
function signalHandler(): Item[] {
  return [
    mark("signalHandler"),
    pushR64(RDI),
    movR64Imm(RAX, DATA_ADDRESS + RECORD.signalFd),
    movR64M64(RDI, at(RAX)),
    ...call("write", register(RDI), stack(0), value(4)),
    popR64(RDI),
    ret(),
    mark("signalRestorer"),
    movR64Imm(RAX, RT_SIGRETURN),
    syscall(),
  ]
}

/** Maps the data pages, without which nothing works. */
function mapData(): Item[] {
  const flags = MAP_PRIVATE_ANONYMOUS | MAP_FIXED_NOREPLACE
  return [
    ...call("mmap", register(RBX), value(DATA_BYTES), value(PROT_READ_WRITE), value(flags), value(-1), value(0)),
    aluR64R64("cmp", RAX, RBX),
    jcc("ne", "noMemory"),
    movM64R64(at(RBX, RECORD.stack), R12),
    ...call("prlimit64", value(0), value(RLIMIT_NOFILE), value(0), data(RECORD.nofileSoft)),
  ]
}

/**
 * Where the file is not in memory yet, the kernel shall read it in pieces that it can map at once (align.ts). Kernels and file systems
 * that cannot do so refuse or ignore this.
 */
function readInHugePages([start, end]: readonly [number, number]): Item[] {
  return call("madvise", value(start), value(end - start), value(MADV_HUGEPAGE))
}

/** Records which descriptors are open, and opens the missing ones of 0 to 2 on /dev/null, not close-on-exec. */
function recordDescriptors(): Item[] {
  return [
    movR64Imm(R14, 0),
    mark("descriptor"),
    ...call("fcntl", register(R14), value(F_GETFD)),
    testR64R64(RAX, RAX),
    jcc("s", "descriptorClosed"),
    bitM64R64("bts", at(RBX, RECORD.openDescriptors), R14),
    jmp("nextDescriptor"),
    mark("descriptorClosed"),
    aluR64Imm("cmp", R14, 2),
    jcc("a", "nextDescriptor"),
    // takes the lowest free number: this one
    ...call("openat", value(AT_FDCWD), text("null"), value(O_RDWR)),
    mark("nextDescriptor"),
    incR64(R14),
    aluR64Imm("cmp", R14, RECORDED_DESCRIPTORS),
    jcc("b", "descriptor"),
  ]
}

/** The engine ends at once in a deleted folder: keep the folder as a descriptor, out of the way, and go to `/`. */
function leaveDeletedFolder(): Item[] {
  return [
    ...call("getcwd", data(SCRATCH_OFFSET), value(DATA_BYTES - SCRATCH_OFFSET)),
    testR64R64(RAX, RAX),
    jcc("s", "noFolder"),
    // a folder outside the root is "(unreachable)/..."
    movzxR32M8(RAX, at(RBX, SCRATCH_OFFSET)),
    aluR64Imm("cmp", RAX, 0x2f),
    jcc("e", "folderDone"),
    mark("noFolder"),
    ...call("openat", value(AT_FDCWD), text("here"), value(O_PATH | O_DIRECTORY | O_CLOEXEC)),
    testR64R64(RAX, RAX),
    jcc("s", "toRoot"),
    movM64R64(at(RBX, RECORD.deletedCwd), RAX),
    movR64R64(R14, RAX),
    ...call("fcntl", register(R14), value(F_DUPFD_CLOEXEC), value(HIGH_DESCRIPTOR)),
    testR64R64(RAX, RAX),
    jcc("s", "toRoot"),
    movM64R64(at(RBX, RECORD.deletedCwd), RAX),
    ...call("close", register(R14)),
    mark("toRoot"),
    ...call("chdir", text("root")),
    mark("folderDone"),
  ]
}

/** Records ignored and blocked signals, sets SIGCHLD to its default, unblocks all. */
function recordSignals(): Item[] {
  // scratch memory, where getcwd may have written: an old action and a zero one
  const oldAction = SCRATCH_OFFSET
  const zeroAction = SCRATCH_OFFSET + 32
  const zeros: Item[] = []
  for (let offset = zeroAction; offset < zeroAction + 32; offset += 8) zeros.push(movM64Simm32(at(RBX, offset), 0))
  return [
    ...zeros,
    movR64Imm(R14, 0),
    mark("signal"),
    leaR64M(RDI, at(R14, 1)),
    ...call("rt_sigaction", register(RDI), value(0), data(oldAction), value(SIGNAL_SET_BYTES)),
    movR64M64(RAX, at(RBX, oldAction)),
    aluR64Imm("cmp", RAX, SIG_IGN),
    jcc("ne", "nextSignal"),
    bitM64R64("bts", at(RBX, RECORD.ignoredSignals), R14),
    mark("nextSignal"),
    incR64(R14),
    aluR64Imm("cmp", R14, LAST_SIGNAL),
    jcc("b", "signal"),
    ...call("rt_sigaction", value(SIGCHLD), data(zeroAction), value(0), value(SIGNAL_SET_BYTES)),
    ...call("rt_sigprocmask", value(SIG_SETMASK), data(zeroAction), data(RECORD.blockedSignals), value(SIGNAL_SET_BYTES)),
  ]
}

/**
 * Copies the environment's array aside and takes out of the one on the stack what is not in KEPT_VARIABLES; in place, because
 * libc took its address (`environ`) before us. r14: number of strings, then r8 reads and r9 writes the array, r15 the copy.
 */
function filterEnvironment(): Item[] {
  return [
    // the array is behind argc, argv and a NULL
    movR64M64(RBP, at(R12)),
    leaR64M(RBP, at(R12, 16, RBP, 8)),
    movR64Imm(R14, 0),
    mark("count"),
    movR64M64(RAX, at(RBP, 0, R14, 8)),
    incR64(R14),
    testR64R64(RAX, RAX),
    jcc("ne", "count"),
    leaR64M(RSI, at(R14, -1)),
    movM64R64(at(RBX, RECORD.environmentCount), RSI),
    shiftR64Imm8("shl", R14, 3),
    ...call("mmap", value(0), register(R14), value(PROT_READ_WRITE), value(MAP_PRIVATE_ANONYMOUS), value(-1), value(0)),
    testR64R64(RAX, RAX),
    jcc("s", "noMemory"),
    movM64R64(at(RBX, RECORD.environment), RAX),
    movR64R64(R15, RAX),
    movR64R64(R8, RBP),
    movR64R64(R9, RBP),
    mark("variable"),
    movR64M64(R10, at(R8)),
    testR64R64(R10, R10),
    jcc("e", "fillUp"),
    movM64R64(at(R15), R10),
    aluR64Imm("add", R15, 8),
    aluR64Imm("add", R8, 8),
    ...matchName(),
    mark("keep"),
    movM64R64(at(R9), R10),
    aluR64Imm("add", R9, 8),
    jmp("variable"),
    mark("fillUp"),
    aluR64R64("cmp", R9, R8),
    jcc("ae", "filtered"),
    movM64Simm32(at(R9), 0),
    aluR64Imm("add", R9, 8),
    jmp("fillUp"),
    mark("filtered"),
  ]
}

/** Goes to `keep`, or falls through to it, if the string at r10 begins with a name of the list; else to `variable`. */
function matchName(): Item[] {
  return [
    leaR64Mark(RDI, "names"),
    mark("name"),
    movzxR32M8(RAX, at(RDI)),
    testR32R32(RAX, RAX),
    jcc("e", "variable"),
    movR64R64(RSI, R10),
    mark("character"),
    movzxR32M8(RAX, at(RDI)),
    testR32R32(RAX, RAX),
    jcc("e", "keep"),
    movzxR32M8(RCX, at(RSI)),
    aluR64R64("cmp", RAX, RCX),
    jcc("ne", "skipName"),
    incR64(RDI),
    incR64(RSI),
    aluR64Imm("cmp", RAX, 0x3d),
    jcc("ne", "character"),
    jmp("keep"),
    mark("skipName"),
    movzxR32M8(RAX, at(RDI)),
    incR64(RDI),
    testR32R32(RAX, RAX),
    jcc("e", "name"),
    aluR64Imm("cmp", RAX, 0x3d),
    jcc("ne", "skipName"),
    jmp("name"),
  ]
}
