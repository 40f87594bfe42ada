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

/** Instructions under way. Bytes, because every view of another width on a buffer costs 0.1 ms when JavaScript is cold. */
interface Emitter {
  readonly bytes: Uint8Array
  length: number
}

const INSTRUCTION_BYTES = 8

/** struct bpf_insn: opcode, registers, 16-bit offset (here below 256), 32-bit immediate. */
function emit(to: Emitter, opcode: number, destination: number, source: number, offset: number, immediate: number): void {
  const { bytes, length } = to
  bytes[length] = opcode
  bytes[length + 1] = destination | source << 4
  bytes[length + 2] = offset
  store32(bytes, length + 4, immediate)
  to.length = length + INSTRUCTION_BYTES
}

/** Little-endian, into zeroed bytes. */
function store32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  if (value >= 0 && value < 256) return
  bytes[at + 1] = value >> 8
  bytes[at + 2] = value >> 16
  bytes[at + 3] = value >> 24
}

//     r0 = verdict
//     exit
function emitVerdict(to: Emitter, allow: boolean): void {
  emit(to, MOV, R0, 0, 0, allow ? 1 : 0)
  emit(to, EXIT, 0, 0, 0, 0)
}

/** Instructions after the comparisons of a rule, {@link emitRule}. */
const WHOLE_ACCESS_LENGTH = 2
const PARTIAL_ACCESS_LENGTH = 4
/** The most that one rule takes. */
const RULE_LENGTH = 3 + PARTIAL_ACCESS_LENGTH
const PROLOGUE_LENGTH = 6

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
function emitRule(to: Emitter, rule: DeviceFilterRule): void {
  const whole = rule.access === ACCESS_ALL
  // instructions from the next one to the end of the rule
  let left = whole ? WHOLE_ACCESS_LENGTH : PARTIAL_ACCESS_LENGTH
  if (rule.type !== "a") left++
  if (rule.major !== ANY) left++
  if (rule.minor !== ANY) left++
  if (rule.type !== "a") emit(to, JNE32, TYPE, 0, --left, rule.type === "b" ? 1 : 2)
  if (rule.major !== ANY) emit(to, JNE32, MAJOR, 0, --left, rule.major)
  if (rule.minor !== ANY) emit(to, JNE32, MINOR, 0, --left, rule.minor)
  if (!whole && rule.allow) {
    emit(to, AND32, REQUESTED, 0, 0, ~rule.access)
    emit(to, JNE32, REQUESTED, 0, 2, 0)
  } else if (!whole) {
    emit(to, JSET32, REQUESTED, 0, 1, rule.access)
    emit(to, JA, 0, 0, 2, 0)
  }
  emitVerdict(to, rule.allow)
}

//     r2 = access_type        (ACCESS_ bits << 16 | type)
//     r3 = r2
//     r3 &= 0xffff
//     r2 >>= 16
//     r4 = major
//     r5 = minor
function emitPrologue(to: Emitter): void {
  emit(to, LDX_W, REQUESTED, R1, 0, 0)
  emit(to, MOV_REGISTER, TYPE, REQUESTED, 0, 0)
  emit(to, AND32, TYPE, 0, 0, 0xffff)
  emit(to, RSH32, REQUESTED, 0, 0, 16)
  emit(to, LDX_W, MAJOR, R1, 4, 0)
  emit(to, LDX_W, MINOR, R1, 8, 0)
}

/**
 * The device program of an ordered list; what no rule matches is denied. The rules are walked from the last to the first:
 * an allowing one takes its accesses off those that are still asked for, a denying one ends the walk if it meets any.
 * @returns instructions of 8 bytes; undefined if the list allows everything
 */
export function deviceFilter(rules: readonly DeviceFilterRule[]): Uint8Array | undefined {
  const to: Emitter = { bytes: new Uint8Array((PROLOGUE_LENGTH + rules.length * RULE_LENGTH + 2) * INSTRUCTION_BYTES), length: 0 }
  emitPrologue(to)
  let denies = false
  let open = true
  for (let i = rules.length - 1; i >= 0 && open; i--) {
    const rule = rules[i] as DeviceFilterRule
    if (rule.access === 0) continue
    if (!rule.allow) denies = true
    emitRule(to, rule)
    // nothing gets past a rule for every device, and the verifier refuses instructions that are never reached
    open = !(isEveryDevice(rule) && rule.access === ACCESS_ALL)
    if (!open && !denies) return undefined
  }
  if (open) emitVerdict(to, false)
  return to.bytes.subarray(0, to.length)
}

/** Whether a rule is about all devices there are. */
export function isEveryDevice(rule: DeviceFilterRule): boolean {
  return rule.type === "a" && rule.major === ANY && rule.minor === ANY
}

/** Bytes of BPF_PROG_LOAD's part of union bpf_attr that the kernel is told of; the license stands behind them. */
export const LOAD_BYTES = 72
/** Where the address of the license goes. */
export const LOAD_LICENSE = 16
/** No helper is called, so none that is reserved for GPL programs. */
const LICENSE_TEXT = "Apache-2.0"
const PROGRAM_NAME = "runts"

/**
 * BPF_PROG_LOAD's. The license is in the same bytes, at {@link LOAD_BYTES}: who knows their address stores its own there.
 * @param instructions address
 * @param length bytes
 */
export function progLoadAttributes(instructions: number, length: number): Uint8Array {
  const bytes = new Uint8Array(LOAD_BYTES + LICENSE_TEXT.length + 1)
  store32(bytes, 0, BPF_PROG_TYPE_CGROUP_DEVICE)
  store32(bytes, 4, length / INSTRUCTION_BYTES)
  storeAddress(bytes, 8, instructions)
  storeText(bytes, 48, PROGRAM_NAME)
  store32(bytes, 68, BPF_CGROUP_DEVICE)
  storeText(bytes, LOAD_BYTES, LICENSE_TEXT)
  return bytes
}

/** Bytes of BPF_PROG_ATTACH's and BPF_PROG_DETACH's structure. */
export const ATTACH_BYTES = 32

/** BPF_PROG_ATTACH's and BPF_PROG_DETACH's. @param replace descriptor of the program to replace, with BPF_F_REPLACE */
export function progAttachAttributes(cgroup: number, program: number, flags: number, replace: number): Uint8Array {
  const bytes = new Uint8Array(ATTACH_BYTES)
  store32(bytes, 0, cgroup)
  store32(bytes, 4, program)
  store32(bytes, 8, BPF_CGROUP_DEVICE)
  store32(bytes, 12, flags)
  store32(bytes, 16, replace)
  return bytes
}

/** Bytes of BPF_PROG_GET_FD_BY_ID's structure. */
export const ID_BYTES = 12

/** BPF_PROG_GET_FD_BY_ID's. */
export function progIdAttributes(id: number): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES)
  store32(bytes, 0, id | 0)
  return bytes
}

/** Bytes of BPF_PROG_QUERY's structure that the kernel is told of; the number of programs stands at byte 24. */
export const QUERY_BYTES = 64
export const QUERY_COUNT = 24

/**
 * BPF_PROG_QUERY's. Larger than {@link QUERY_BYTES}: Linux 6.17 to 7.1 write the revision whatever size they were told.
 * @param ids address of 32-bit program ids
 * @param capacity how many fit there; 0: only count
 */
export function progQueryAttributes(cgroup: number, ids: number, capacity: number): Uint8Array {
  const bytes = new Uint8Array(256)
  store32(bytes, 0, cgroup)
  store32(bytes, 4, BPF_CGROUP_DEVICE)
  storeAddress(bytes, 16, ids)
  store32(bytes, QUERY_COUNT, capacity)
  return bytes
}

/** 64 bits, little-endian, into zeroed bytes. */
export function storeAddress(bytes: Uint8Array, at: number, address: number): void {
  store32(bytes, at, address | 0)
  store32(bytes, at + 4, Math.floor(address / 0x100000000))
}

function storeText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
}
