import t from "tap"
import { causeOf } from "../../../src/program/cause.ts"
import { Program } from "../../../src/program/program.ts"

t.test("causeOf(): the step itself; of a step that reports, the one whose result it reports", async (t) => {
  const p = new Program()
  const mount = p.call("fsmount", 3, 0, 0)
  p.fail(mount)
  p.fail(22)
  p.fail(p.load(p.buffer(8)))
  t.equal(causeOf(p, 0), 0)
  t.equal(causeOf(p, 1), 0)
  t.equal(causeOf(p, 2), undefined, "a constant is nobody's result")
  t.equal(causeOf(p, 3), undefined, "memory that no step writes")
  t.equal(causeOf(p, 9), undefined, "no such step")
})

t.test("causeOf(): of calls that share a place for their result, the one that the kernel's log names", async (t) => {
  const p = new Program()
  const error = p.buffer(8)
  const configure = (key: string) => void (p.call("fsconfig", 3, 1, key, "x", 0).cell = error)
  configure("size")
  configure("nosuch")
  configure("nosuchtoo")
  p.fail(p.load(error))
  t.equal(causeOf(p, 3, "tmpfs: Unknown parameter 'nosuch'"), 1)
  t.equal(causeOf(p, 3, "tmpfs: something else"), undefined)
  t.equal(causeOf(p, 3), undefined)
})
