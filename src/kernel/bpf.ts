/*
 * Programs of type BPF_PROG_TYPE_CGROUP_DEVICE and the bpf(2) calls around them: include/uapi/linux/bpf.h,
 * Documentation/bpf/standardization/instruction-set.rst. Pure: instructions and structures as bytes.
 */

/** bpf(2) commands (enum bpf_cmd). */
export const BPF_PROG_LOAD = 5
export const BPF_PROG_ATTACH = 8
export const BPF_PROG_DETACH = 9
export const BPF_PROG_GET_FD_BY_ID = 13
export const BPF_PROG_QUERY = 16

const BPF_PROG_TYPE_CGROUP_DEVICE = 15
const BPF_CGROUP_DEVICE = 6

/** Flags of BPF_PROG_ATTACH: beside the programs that are there; in the place of one of them. */
export const BPF_F_ALLOW_MULTI = 2
export const BPF_F_REPLACE = 4

/** What is done to a device, as bits of `access` (BPF_DEVCG_ACC_*; the devices cgroup of v1 has the same three). */
export const ACCESS_MKNOD = 1
export const ACCESS_READ = 2
export const ACCESS_WRITE = 4
export const ACCESS_ALL = 7

/** One line of an ordered list in which, for each of the three accesses, the last line that matches a device decides. */
export interface DeviceFilterRule {
  readonly allow: boolean
  /** Block, character, or both (runtime-spec config-linux.md, "Allowed Device list"). */
  readonly type: "a" | "b" | "c"
  /** Device number; {@link ANY} for every one. */
  readonly major: number
  readonly minor: number
  /** ACCESS_ bits. */
  readonly access: number
}

/** Stands for every major or minor number. */
export const ANY = -1

// registers; r1 is the context at entry, r0 the verdict at exit
const R0 = 0, R1 = 1, REQUESTED = 2, TYPE = 3, MAJOR = 4, MINOR = 5

// opcodes: class | source | operation; the comparisons are 32 bits wide (BPF_JMP32, Linux 5.1)
const LDX_W = 0x61
const MOV = 0xb7
const MOV_REGISTER = 0xbf
const AND32 = 0x54
const RSH32 = 0x74
const JA = 0x05
const JNE32 = 0x56
const JSET32 = 0x46
const EXIT = 0x95

/** struct bpf_insn as two 32-bit words. */
function emit(words: number[], opcode: number, destination: number, source: number, offset: number, immediate: number): void {
  words.push(opcode | destination << 8 | source << 12 | offset << 16, immediate)
}

//     r0 = verdict
//     exit
function emitVerdict(words: number[], allow: boolean): void {
  emit(words, MOV, R0, 0, 0, allow ? 1 : 0)
  emit(words, EXIT, 0, 0, 0, 0)
}

/** Instructions after the comparisons of a rule, {@link emitRule}. */
const WHOLE_ACCESS_LENGTH = 2
const PARTIAL_ACCESS_LENGTH = 4

//     if type != rule.type goto next          where the rule names one
//     if major != rule.major goto next
//     if minor != rule.minor goto next
//
//     deny, some accesses                     allow, some accesses             all accesses
//     if requested & access goto +1           requested &= ~access             r0 = verdict
//     goto next                               if requested != 0 goto next      exit
//     r0 = 0                                  r0 = 1
//     exit                                    exit
// next:
function emitRule(words: number[], rule: DeviceFilterRule): void {
  const whole = rule.access === ACCESS_ALL
  // instructions from the next one to the end of the rule
  let left = whole ? WHOLE_ACCESS_LENGTH : PARTIAL_ACCESS_LENGTH
  if (rule.type !== "a") left++
  if (rule.major !== ANY) left++
  if (rule.minor !== ANY) left++
  if (rule.type !== "a") emit(words, JNE32, TYPE, 0, --left, rule.type === "b" ? 1 : 2)
  if (rule.major !== ANY) emit(words, JNE32, MAJOR, 0, --left, rule.major)
  if (rule.minor !== ANY) emit(words, JNE32, MINOR, 0, --left, rule.minor)
  if (!whole && rule.allow) {
    emit(words, AND32, REQUESTED, 0, 0, ~rule.access)
    emit(words, JNE32, REQUESTED, 0, 2, 0)
  } else if (!whole) {
    emit(words, JSET32, REQUESTED, 0, 1, rule.access)
    emit(words, JA, 0, 0, 2, 0)
  }
  emitVerdict(words, rule.allow)
}

//     r2 = access_type        (ACCESS_ bits << 16 | type)
//     r3 = r2
//     r3 &= 0xffff
//     r2 >>= 16
//     r4 = major
//     r5 = minor
function emitPrologue(words: number[]): void {
  emit(words, LDX_W, REQUESTED, R1, 0, 0)
  emit(words, MOV_REGISTER, TYPE, REQUESTED, 0, 0)
  emit(words, AND32, TYPE, 0, 0, 0xffff)
  emit(words, RSH32, REQUESTED, 0, 0, 16)
  emit(words, LDX_W, MAJOR, R1, 4, 0)
  emit(words, LDX_W, MINOR, R1, 8, 0)
}

/**
 * The device program of an ordered list; what no rule matches is denied. The rules are walked from the last to the first:
 * an allowing one takes its accesses off those that are still asked for, a denying one ends the walk if it meets any.
 * @returns instructions of 8 bytes; undefined if the list allows everything
 */
export function deviceFilter(rules: readonly DeviceFilterRule[]): Uint8Array | undefined {
  const words: number[] = []
  emitPrologue(words)
  let denies = false
  let open = true
  for (let i = rules.length - 1; i >= 0 && open; i--) {
    const rule = rules[i] as DeviceFilterRule
    if (rule.access === 0) continue
    denies ||= !rule.allow
    emitRule(words, rule)
    // nothing gets past a rule for every device, and the verifier refuses instructions that are never reached
    open = !(isEveryDevice(rule) && rule.access === ACCESS_ALL)
    if (!open && !denies) return undefined
  }
  if (open) emitVerdict(words, false)
  return new Uint8Array(new Int32Array(words).buffer)
}

/** Whether a rule is about all devices there are. */
export function isEveryDevice(rule: DeviceFilterRule): boolean {
  return rule.type === "a" && rule.major === ANY && rule.minor === ANY
}

/** BPF_PROG_LOAD's part of union bpf_attr. @param license address of a C string @param instructions address */
export function progLoadAttributes(instructions: number, bytes: number, license: number): Uint8Array {
  const words = new Uint32Array(18)
  words[0] = BPF_PROG_TYPE_CGROUP_DEVICE
  words[1] = bytes / 8
  storeAddress(words, 2, instructions)
  storeAddress(words, 4, license)
  words[12] = 0x746e7572 // prog_name "runts", shown by bpftool
  words[13] = 0x73
  words[17] = BPF_CGROUP_DEVICE
  return new Uint8Array(words.buffer)
}

/** BPF_PROG_ATTACH's and BPF_PROG_DETACH's. @param replace descriptor of the program to replace, with BPF_F_REPLACE */
export function progAttachAttributes(cgroup: number, program: number, flags: number, replace: number): Uint8Array {
  return new Uint8Array(new Uint32Array([cgroup, program, BPF_CGROUP_DEVICE, flags, replace, 0, 0, 0]).buffer)
}

/** BPF_PROG_GET_FD_BY_ID's. */
export function progIdAttributes(id: number): Uint8Array {
  return new Uint8Array(new Uint32Array([id, 0, 0]).buffer)
}

/** Bytes of BPF_PROG_QUERY's structure that the kernel is told of; the number of programs stands at byte 24. */
export const QUERY_BYTES = 64
export const QUERY_COUNT = 24

/**
 * BPF_PROG_QUERY's. Larger than {@link QUERY_BYTES}: Linux 6.17 to 7.1 write the revision whatever size they were told.
 * @param ids address of 32-bit program ids
 * @param capacity how many fit there
 */
export function progQueryAttributes(cgroup: number, ids: number, capacity: number): Uint8Array {
  const words = new Uint32Array(64)
  words[0] = cgroup
  words[1] = BPF_CGROUP_DEVICE
  storeAddress(words, 4, ids)
  words[6] = capacity
  return new Uint8Array(words.buffer)
}

function storeAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address >>> 0
  words[at + 1] = Math.floor(address / 0x100000000)
}
