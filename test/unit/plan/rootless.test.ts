import t from "tap"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import type { CreateFacts } from "../../../src/plan/facts.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { execFacts, factsFor, fullSpec, isCall, straightLine } from "./helpers.ts"

/*
 * The program of an ordinary user's container: the launcher has no rights, and init must be one that its owner may look at.
 */

const PR_SET_DUMPABLE = 4

function spec(): Spec {
  const full = fullSpec()
  const mappings = [{ containerID: 0, hostID: 1000, size: 1 }]
  return {
    ...full, process: { ...full.process, user: { uid: 0, gid: 0 }, oomScoreAdj: 300 } as NonNullable<Spec["process"]>,
    linux: { ...full.linux, namespaces: [...full.linux?.namespaces ?? [], { type: "user" }], uidMappings: mappings, gidMappings: mappings },
  }
}

const OWN: Partial<CreateFacts> = { unprivileged: true, traceable: true }

const steps = (more: Partial<CreateFacts>, config = spec()) => straightLine(planCreate(config, factsFor(config, more)))

t.test("nothing is staged, and no mount is made before the clone", async (t) => {
  const line = steps(OWN)
  const clone = line.findIndex((step) => isCall(step, "clone3"))
  t.same(line.slice(0, clone).filter(({ name }) => name === "unshare" || name === "fsopen" || name === "open_tree" || name === "mount"), [])
  t.ok(steps({}).findIndex((step) => isCall(step, "unshare")) >= 0, "root stages")
  t.ok(line.some((step) => isCall(step, "open_tree") && step.args.length > 1 && step.text.includes("/host/vol")), "init takes the sources itself")
})

t.test("init stays dumpable until execve where its user namespace is new, and not while it is in one that others are in", async (t) => {
  const dumpable = (more: Partial<CreateFacts>, config = spec()): unknown[] => steps(more, config)
    .filter((step) => isCall(step, "prctl") && step.args[0] === PR_SET_DUMPABLE).map((step) => step.args[1])
  t.same(dumpable(OWN), [1, 1])
  t.same(dumpable({}), [0, 0], "of root's container nobody but root needs to look at it")
  const joined = spec()
  const linux = { ...joined.linux, namespaces: joined.linux?.namespaces?.map((one) => (one.type === "user" ? { ...one, path: "/proc/1/ns/user" } : one)) }
  t.same(dumpable({ ...OWN, namespaces: { user: 44 } }, { ...joined, linux } as Spec), [0, 0, 0, 1], "only when it has given up what it holds")
})

t.test("the oom score comes first: an undumpable process cannot open its own", async (t) => {
  const line = steps(OWN)
  const score = line.findIndex((step) => step.text === "set the oom score adjustment to 300")
  t.ok(score > 0 && score < line.findIndex((step) => isCall(step, "clone3")))
  t.equal(steps({}).findIndex((step) => step.text.includes("oom score")), -1, "else the runtime writes it from outside")
  const process = { ...spec().process, oomScoreAdj: 300 } as NonNullable<Spec["process"]>
  const exec = straightLine(planExec(process, execFacts({ unprivileged: true, joinsUser: true })))
  const written = exec.findIndex((step) => step.text === "set the oom score adjustment to 300")
  t.ok(written > 0 && written < exec.findIndex((step) => isCall(step, "prctl") && step.args[0] === PR_SET_DUMPABLE))
})

t.test("setgroups is left out where it is denied, and groups that are asked for are an error", async (t) => {
  const calls = (more: Partial<CreateFacts>): number => steps(more).filter((step) => isCall(step, "setgroups")).length
  t.equal(calls(OWN), 1)
  t.equal(calls({ ...OWN, deniesGroups: true }), 0)
  const config = spec()
  const asked = { ...config, process: { ...config.process, user: { uid: 0, gid: 0, additionalGids: [5] } } } as Spec
  t.throws(() => steps({ ...OWN, deniesGroups: true }, asked), /cannot set any additional groups in a rootless container/)
  t.doesNotThrow(() => steps({ ...OWN, deniesGroups: true, keepGroups: true }, asked))
})

t.end()
