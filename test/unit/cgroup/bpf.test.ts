import t from "tap"
import {
  ACCESS_ALL, ACCESS_MKNOD, ACCESS_READ, ACCESS_WRITE, ANY, deviceFilter, LOAD_BYTES, LOAD_LICENSE,
  progAttachAttributes, progIdAttributes, progLoadAttributes, progQueryAttributes, QUERY_BYTES, QUERY_COUNT, storeAddress,
} from "../../../src/kernel/bpf.ts"
import type { DeviceFilterRule } from "../../../src/kernel/bpf.ts"
import { deviceFilterRules, deviceList } from "../../../src/host/cgroup/device-rules.ts"
import { grants, granted, randomDevice, randomRules, run, v1Grants } from "./device-model.ts"

const rule = (allow: boolean, type: "a" | "b" | "c", major: number, minor: number, access: number): DeviceFilterRule =>
  ({ allow, type, major, minor, access })

t.test("deviceFilter: a rule with all its parts is compared part by part, then gives its verdict", async (t) => {
  const bytes = deviceFilter([rule(true, "c", 1, 3, ACCESS_ALL)]) as Uint8Array
  t.equal(Buffer.from(bytes).toString("hex").match(/.{16}/g)?.join(" "), [
    "6112000000000000", // r2 = *(u32 *)(r1 + 0)
    "bf23000000000000", // r3 = r2
    "54030000ffff0000", // w3 &= 0xffff
    "7402000010000000", // w2 >>= 16
    "6114040000000000", // r4 = *(u32 *)(r1 + 4)
    "6115080000000000", // r5 = *(u32 *)(r1 + 8)
    "5603040002000000", // if w3 != 2 goto +4
    "5604030001000000", // if w4 != 1 goto +3
    "5605020003000000", // if w5 != 3 goto +2
    "b700000001000000", // r0 = 1
    "9500000000000000", // exit
    "b700000000000000", // r0 = 0
    "9500000000000000", // exit
  ].join(" "))
})

t.test("deviceFilter: a list that allows everything needs no program", async (t) => {
  t.equal(deviceFilter([rule(true, "a", ANY, ANY, ACCESS_ALL)]), undefined)
  t.equal(deviceFilter(deviceFilterRules([{ allow: false }, { allow: true, access: "rwm" }])), undefined)
  t.not(deviceFilter(deviceFilterRules([{ allow: true }, { allow: false, type: "b", major: 8, access: "w" }])), undefined)
})

t.test("deviceFilter: for each access the last rule that matches decides", async (t) => {
  const program = deviceFilter([
    rule(false, "a", ANY, ANY, ACCESS_ALL),
    rule(true, "c", 10, ANY, ACCESS_READ),
    rule(true, "c", 10, 229, ACCESS_WRITE),
    rule(false, "c", 10, 230, ACCESS_READ),
  ])
  const asks = (minor: number, access: number): boolean => run(program, { type: "c", major: 10, minor }, access)
  t.ok(asks(229, ACCESS_READ | ACCESS_WRITE), "reading by one rule and writing by another")
  t.notOk(asks(229, ACCESS_READ | ACCESS_MKNOD))
  t.ok(asks(1, ACCESS_READ))
  t.notOk(asks(1, ACCESS_READ | ACCESS_WRITE))
  t.notOk(asks(230, ACCESS_READ))
  t.notOk(run(program, { type: "b", major: 10, minor: 229 }, ACCESS_READ))
})

t.test("deviceFilter and deviceList: grant what the ordered list grants, on 3,000 random lists", async (t) => {
  let seed = 20241
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor(seed / 65536) % below
  }
  let lists = 0
  let wrong = ""
  for (let i = 0; i < 3000 && wrong === ""; i++) {
    const rules = randomRules(random)
    const program = deviceFilter(rules)
    let list
    try {
      list = deviceList(rules)
      lists++
    } catch (error) {
      if (!/hole/.test((error as Error).message)) throw error
    }
    for (let j = 0; j < 12; j++) {
      const device = randomDevice(random)
      const access = 1 + random(7)
      const expected = grants(rules, device, access)
      if (run(program, device, access) !== expected) wrong = `program: ${JSON.stringify({ rules, device, access, expected })}`
      // v1 asks once for mknod, once for the accesses of open(2)
      if (list !== undefined && (access === 1 || (access & 1) === 0) && v1Grants(list, device, access) !== expected) {
        wrong = `list: ${JSON.stringify({ rules, device, access, expected, list: [...list.exceptions] })}`
      }
    }
    if ((program === undefined) !== granted(rules)) wrong = `program or none: ${JSON.stringify(rules)}`
  }
  t.equal(wrong, "")
  t.ok(lists > 500, `${lists} of the lists can be written for v1`)
})

t.test("deviceFilter: 1,000 rules stay within the reach of every jump", async (t) => {
  const rules = Array.from({ length: 1000 }, (_, i) => rule(i % 3 !== 0, i % 2 ? "b" : "c", i, i % 5 ? i : ANY, 1 + i % 7))
  const program = deviceFilter(rules)
  for (const i of [0, 1, 2, 500, 998, 999]) {
    const device = { type: i % 2 ? "b" : "c", major: i, minor: i } as const
    t.equal(run(program, device, 1 + i % 7), i % 3 !== 0, `rule ${i}`)
  }
})

t.test("progLoadAttributes and progQueryAttributes: place addresses of 48 bits", async (t) => {
  const words = (bytes: Uint8Array): number[] => [...new Uint32Array(bytes.slice(0, bytes.length & -4).buffer)]
  const attributes = progLoadAttributes(0x7fff_9234_5678, 104)
  storeAddress(attributes, LOAD_LICENSE, 0x7abc_0000_0010)
  const load = words(attributes)
  t.same(load.slice(0, 6), [15, 13, 0x92345678, 0x7fff, 0x10, 0x7abc])
  t.equal(load[17], 6)
  t.equal(Buffer.from(attributes.subarray(LOAD_BYTES)).toString(), "Apache-2.0\0")
  const bytes = progQueryAttributes(7, 0x7fff_1234_5678, 64)
  const query = words(bytes)
  t.same([query[0], query[1], query[4], query[5], query[QUERY_COUNT / 4]], [7, 6, 0x12345678, 0x7fff, 64])
  t.ok(bytes.length >= QUERY_BYTES + 128, "kernels that write behind the structure stay within the buffer")
  t.same(words(progAttachAttributes(300, 400, 6, 70000)), [300, 400, 6, 6, 70000, 0, 0, 0])
  t.same(words(progIdAttributes(0xffff_fffe)), [0xffff_fffe, 0, 0])
})
