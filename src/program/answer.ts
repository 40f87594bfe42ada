import { HOST_ARCHITECTURE, syscallNumbers, type SyscallName } from "../kernel/syscalls.ts"
import { MSG_NOSIGNAL } from "../kernel/process.ts"
import { ERRNO_ANY, ERRNO_END, KIND, ROW_SIZE, ROWS_ADDRESS } from "./layout.ts"

/**
 * Answers to a program's serve request: rows and data that it receives into its serve buffer and runs. Three rows: what is to be
 * done, the message back, the jump on; then the errno branches, the result and data.
 */
const BRANCHES = 3 * ROW_SIZE
const RESULT = BRANCHES + 16
const DATA = RESULT + 8

/**
 * An argument of a served call: a number, a C string, bytes that are sent (and come back, as the call may have changed them), or the
 * address of 8 bytes in the program whose value is passed.
 */
export type ServedArg = number | string | Uint8Array | { readonly cell: number }

/** A served call, ready to send, and where its byte arguments come back. */
export interface ServedCall {
  readonly message: Uint8Array
  /** Offset of the i64 result in the reply. */
  readonly result: number
  /** Offset in the reply of each argument that is text or bytes. */
  readonly offsets: readonly (number | undefined)[]
}

/**
 * Rows that do one system call in the container and send the whole buffer back.
 * @param base address of the serve buffer
 * @param loop index of the program's serve loop row
 * @param status the status socket's number in the program
 */
export function servedCall(base: number, loop: number, status: number, name: SyscallName, args: readonly ServedArg[]): ServedCall {
  let size = DATA
  const placed = args.map((arg) => {
    if (typeof arg === "number" || (typeof arg === "object" && "cell" in arg)) return undefined
    const bytes = typeof arg === "string" ? Buffer.from(arg + "\0", "utf8") : arg
    const offset = size
    size += (bytes.length + 7) & -8
    return { bytes, offset }
  })
  const message = new Uint8Array(size)
  const view = new DataView(message.buffer)
  let indirect = 0
  const values = args.map((arg, index) => {
    if (typeof arg === "number") return arg
    if (typeof arg === "string" || !("cell" in arg)) return base + (placed[index]?.offset ?? 0)
    indirect |= 1 << index
    return arg.cell
  })
  // by the table: naming `NR` as a whole makes an object of it in every call of runts, 0.5 ms
  const numbers = syscallNumbers(HOST_ARCHITECTURE)
  row(view, 0, KIND.call, numbers.get(name) as number, base + RESULT, base + BRANCHES, values)
  view.setUint8(4, indirect)
  row(view, ROW_SIZE, KIND.call, numbers.get("sendto") as number, 0, 0, [status, base, size, MSG_NOSIGNAL, 0, 0])
  row(view, 2 * ROW_SIZE, KIND.jump, 0, 0, 0, [ROWS_ADDRESS + loop * ROW_SIZE])
  view.setInt32(BRANCHES, ERRNO_ANY, true)
  view.setUint32(BRANCHES + 4, base + ROW_SIZE, true)
  view.setInt32(BRANCHES + 8, ERRNO_END, true)
  for (const item of placed) if (item !== undefined) message.set(item.bytes, item.offset)
  return { message, result: RESULT, offsets: placed.map((item) => item?.offset) }
}

/** Rows that go on with the program at a row. */
export function resumeAt(index: number): Uint8Array {
  const message = new Uint8Array(ROW_SIZE)
  row(new DataView(message.buffer), 0, KIND.jump, 0, 0, 0, [ROWS_ADDRESS + index * ROW_SIZE])
  return message
}

/** Rows that store a number in the program's memory, then go on with it at a row. */
export function storeAndResume(base: number, where: number, value: number, index: number): Uint8Array {
  const message = new Uint8Array(2 * ROW_SIZE + 8)
  const view = new DataView(message.buffer)
  row(view, 0, KIND.copy8, 0, 0, 0, [where, base + 2 * ROW_SIZE])
  row(view, ROW_SIZE, KIND.jump, 0, 0, 0, [ROWS_ADDRESS + index * ROW_SIZE])
  view.setBigInt64(2 * ROW_SIZE, BigInt(value), true)
  return message
}

/** Rows that report a failure with this errno (as if the step that asked had failed) and end the program. */
export function failWith(errno: number): Uint8Array {
  const message = new Uint8Array(ROW_SIZE)
  row(new DataView(message.buffer), 0, KIND.fail, 0, 0, 0, [errno])
  return message
}

function row(view: DataView, at: number, kind: number, nr: number, result: number, branches: number, args: readonly number[]): void {
  view.setInt32(at, nr, true)
  view.setUint8(at + 5, kind)
  view.setUint32(at + 8, result, true)
  view.setUint32(at + 12, branches, true)
  args.forEach((arg, index) => view.setBigInt64(at + 16 + index * 8, BigInt(arg), true))
}
