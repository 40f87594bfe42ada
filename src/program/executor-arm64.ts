import { syscalls } from "../kernel/syscalls.ts"
import {
  addX, addXImm, andX, b, bCond, cbnzW, cbzW, cmnWImm, cmnXImm, cmpW, cmpWImm, cmpX, cselW, csetW, eorX, ldpX, ldrW, ldrX, ldrbW, lsrXImm,
  movW, movXImm, negsW, strW, strX, subX, svc, tbz,
} from "./arm64.ts"
import * as L from "./layout.ts"
import type { Item } from "./link.ts"
import { link, mark } from "./link.ts"

const ROW = 19
const NUMBER = 8
const ERRNO = 9
const BRANCH = 10

/** x`d` = an address: two instructions. */
function address(d: number, value: number): Item[] {
  const code = movXImm(d, value)
  return [code.slice(0, 4), code.slice(4)]
}

/**
 * The executor for arm64. x19 is the address of the current row; nothing else lives longer than a row.
 * @returns position-dependent code, to run from its first byte
 */
export function executorArm64(): Uint8Array {
  const { write, exit_group } = syscalls()
  return link([
    ...address(ROW, L.ROWS_ADDRESS),
    mark("row"),
    ...loadArguments(),
    ldrbW(10, ROW, 5),
    cbnzW(10, "other kinds"),
    ...call,
    ...otherKinds,
    ...failure(write[1], exit_group[1]),
  ]).bytes
}

/** Arguments into x0 to x5; bit i of w9: argument i is the address of the 8 bytes to pass. */
function loadArguments(): Item[] {
  const code: Item[] = [ldpX(0, 1, ROW, 16), ldpX(2, 3, ROW, 32), ldpX(4, 5, ROW, 48), ldrbW(9, ROW, 4)]
  for (let i = 0; i < 6; i++) code.push(tbz(9, i, `argument ${i}`), ldrX(i, i), mark(`argument ${i}`))
  return code
}

const call: Item[] = [
  ldrW(NUMBER, ROW),
  svc(),
  ldrW(11, ROW, 8), // the result is kept also when it is an error
  cbzW(11, "kept"),
  strX(0, 11),
  mark("kept"),
  cmnXImm(0, 4095), // errors are -4095 to -1
  bCond("hs", "error"),
  mark("advance"),
  addXImm(ROW, ROW, L.ROW_SIZE),
  b("row"),

  mark("error"),
  negsW(ERRNO, 0),
  ldrW(BRANCH, ROW, 12),
  cbzW(BRANCH, "failure"),
  mark("branch"),
  ldrW(11, BRANCH),
  cmnWImm(11, -L.ERRNO_END),
  bCond("eq", "failure"),
  cbzW(11, "take"), // ERRNO_ANY
  cmpW(11, ERRNO),
  bCond("eq", "take"),
  addXImm(BRANCH, BRANCH, 8),
  b("branch"),
  mark("take"),
  ldrW(ROW, BRANCH, 4),
  b("row"),
]

/** w10 holds the kind. */
const otherKinds: Item[] = [
  mark("other kinds"),
  cmpWImm(10, L.KIND.copy4),
  bCond("lo", "test"),
  bCond("eq", "copy4"),
  cmpWImm(10, L.KIND.add),
  bCond("lo", "copy8"),
  bCond("eq", "add"),
  cmpWImm(10, L.KIND.jump),
  bCond("ne", "fail"),
  movW(ROW, 0),
  b("row"),

  mark("test"),
  ldrX(9, 0),
  andX(9, 9, 1),
  ldrbW(10, ROW, 6),
  cmpX(9, 2),
  csetW(11, "eq"),
  csetW(12, "lo"),
  tbz(10, 1, "equal"),
  movW(11, 12),
  mark("equal"),
  eorX(11, 11, 10),
  tbz(11, 0, "advance"),
  movW(ROW, 3),
  b("row"),

  mark("copy4"),
  ldrW(9, 1),
  strW(9, 0),
  b("advance"),

  mark("copy8"),
  ldrX(9, 1),
  strX(9, 0),
  b("advance"),

  mark("add"),
  ldrX(9, 0),
  addX(9, 9, 1),
  strX(9, 0),
  b("advance"),

  mark("fail"), // the errno as it is, or a kept result, which is negative: w9 = |w0|
  negsW(ERRNO, 0),
  cselW(ERRNO, 0, ERRNO, "mi"),
]

/** Reports the row at x19 with the errno in w9, then ends. */
const failure = (write: number, exitGroup: number): Item[] => [
  mark("failure"),
  ...address(10, L.ROWS_ADDRESS),
  subX(ROW, ROW, 10),
  lsrXImm(ROW, ROW, 6),
  ...address(1, L.REPORT_ADDRESS),
  strW(ROW, 1, 4),
  strX(ERRNO, 1, 8),
  ...address(10, L.TABLE_ADDRESS),
  ldrX(10, 10),
  ldrX(0, 10),
  movXImm(2, L.REPORT_SIZE),
  movXImm(NUMBER, write),
  svc(),
  movXImm(0, 1),
  movXImm(NUMBER, exitGroup),
  svc(),
]
