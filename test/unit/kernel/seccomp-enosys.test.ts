import t from "tap"
import { enosysPrefix } from "../../../src/kernel/seccomp-enosys.ts"
import { AUDIT_ARCH, runFilter } from "./bpf-machine.ts"

const TOKEN_X32 = 0x4000003e
const X32_BIT = 0x40000000
const ENOSYS = 0x00050026
const REST = 0x7fff0000

/** The prefix and then a filter that allows, so that what passes the prefix is seen. */
function answer(highest: Parameters<typeof enosysPrefix>[0], architecture: number, number: number): number {
  const prefix = enosysPrefix(highest)
  const filter = new Uint8Array(prefix.length + 8)
  filter.set(prefix)
  new DataView(filter.buffer).setUint16(prefix.length, 0x06, true)
  new DataView(filter.buffer).setUint32(prefix.length + 4, REST, true)
  return runFilter(filter, { number, architecture })
}

t.test("enosysPrefix(): nothing where no number is known", (t) => {
  t.equal(enosysPrefix([]).length, 0)
  t.end()
})

t.test("enosysPrefix(): numbers above the highest of their architecture", (t) => {
  const highest = [{ architecture: AUDIT_ARCH.aarch64, number: 300 }, { architecture: AUDIT_ARCH.i386, number: 400 }, { architecture: 0x40000028, number: 0 }]
  t.equal(answer(highest, AUDIT_ARCH.aarch64, 300), REST)
  t.equal(answer(highest, AUDIT_ARCH.aarch64, 301), ENOSYS)
  t.equal(answer(highest, AUDIT_ARCH.i386, 301), REST)
  t.equal(answer(highest, AUDIT_ARCH.i386, 401), ENOSYS)
  t.equal(answer(highest, AUDIT_ARCH.i386, 0), REST)
  t.equal(answer(highest, AUDIT_ARCH.x86_64, 100_000), REST, "of an architecture that the profile does not have, the filter decides")
  t.end()
})

t.test("enosysPrefix(): x86-64 and x32 share an architecture; a bit of the number tells them apart", (t) => {
  const x64 = { architecture: AUDIT_ARCH.x86_64, number: 440 }
  const x32 = { architecture: TOKEN_X32, number: X32_BIT + 540 }
  for (const both of [[x64, x32], [x32, x64]]) {
    t.equal(answer(both, AUDIT_ARCH.x86_64, 440), REST)
    t.equal(answer(both, AUDIT_ARCH.x86_64, 441), ENOSYS)
    t.equal(answer(both, AUDIT_ARCH.x86_64, X32_BIT + 540), REST)
    t.equal(answer(both, AUDIT_ARCH.x86_64, X32_BIT + 541), ENOSYS)
  }
  t.equal(answer([x64], AUDIT_ARCH.x86_64, X32_BIT + 541), REST)
  t.equal(answer([x64], AUDIT_ARCH.x86_64, 441), ENOSYS)
  t.equal(answer([x32], AUDIT_ARCH.x86_64, 441), REST)
  t.equal(answer([x32], AUDIT_ARCH.x86_64, X32_BIT + 541), ENOSYS)
  t.equal(answer([x64, x32], AUDIT_ARCH.x86_64, -1), ENOSYS, "a tracer's way to skip a call; the kernel asks no filter then")
  t.end()
})

t.test("enosysPrefix(): on s390x the kernel puts numbers that it does not know in as 0", (t) => {
  const highest = [{ architecture: AUDIT_ARCH.s390x, number: 440 }, { architecture: AUDIT_ARCH.aarch64, number: 9 }]
  t.equal(answer(highest, AUDIT_ARCH.s390x, 0), ENOSYS)
  t.equal(answer(highest, AUDIT_ARCH.s390x, 1), REST)
  t.equal(answer(highest, AUDIT_ARCH.s390x, 441), ENOSYS)
  t.equal(answer(highest, AUDIT_ARCH.aarch64, 0), REST)
  t.end()
})
