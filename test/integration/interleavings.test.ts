import t from "tap"
import { type Result, startRuntime } from "../../conformance/lib/command.ts"
import { underUml } from "../../conformance/lib/environment.ts"
import { figure, roundsOf } from "../../conformance/lib/share.ts"
import { contradiction, type Operation, type Verb } from "../../conformance/lib/state-machine.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/* Callers that know nothing of each other use one container at once: what they are told must fit one run of runtime.md's state machine. */

const OURS: TestOptions = { skipFor: { runc: "has words of its own for refusals", crun: "has words of its own for refusals" } }

/** Look elsewhere with RUNTS_SEED, more often with RUNTS_ROUNDS. */
const SEED = Number(process.env.RUNTS_SEED ?? 20261122)
const ROUNDS = underUml ? 3 : roundsOf(25, 1000)
const CALLERS = 3
/** What runs in a container that is paused goes on for ever. */
const EXEC_LIMIT_MS = underUml ? 20_000 : 2000
const COMMANDS = 7

/** A repeatable sequence of numbers below `limit` (Lehmer). */
function random(seed: number): (limit: number) => number {
  let state = (seed % 2147483646) + 1
  return (limit) => {
    state = (state * 48271) % 2147483647
    return state % limit
  }
}

/** How often each is tried. */
const VERBS: readonly Verb[] = ["create", "create", "create", "start", "start", "kill", "delete", "delete --force", "state", "state", "pause", "resume", "exec"]

/** The kinds of refusals by what is said, in the order in which they are looked for. */
const ANSWERS: readonly (readonly [verbs: RegExp, said: RegExp, answer: string])[] = [
  [/create/, /was deleted while/, "deleted"],
  [/create/, /already exists/, "exists"],
  [/create/, /cgroup is not empty|frozen|in use/, "busy"],
  [/./, /does not exist/, "none"],
  [/^delete$/, /not stopped/, "not stopped"],
  [/start/, /cannot start|in use|does not wait|ended|not running|already running/, "not created"],
  [/kill|pause/, /not running/, "not running"],
  [/exec/, /cannot exec|not running/, "not running"],
  [/exec/, /killed by signal 9/, "killed"],
  [/resume/, /not paused/, "not paused"],
]

function answerOf(verb: Verb, result: Result): string | undefined {
  if (result.code === 0) return verb === "state" ? (JSON.parse(result.stdout) as { status: string }).status : "ok"
  if (verb === "exec" && result.code === 137) return "killed"
  return ANSWERS.find(([verbs, said]) => verbs.test(verb) && said.test(result.stderr))?.[2]
}

boxTest(`${CALLERS} callers at once, ${ROUNDS} rounds of random commands: what they are told fits one run of the state machine `
  + "[create] [start] [kill] [pause] [resume] [state] [exec] [delete]", OURS, async (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "network")
  box.args("/bin/sleep", "1000").write()
  const argv = (verb: Verb): string[] => {
    if (verb === "create") return ["create", "--bundle", box.bundle, box.id]
    if (verb === "kill") return ["kill", box.id, "KILL"]
    if (verb === "exec") return ["exec", box.id, "/bin/true"]
    return [...verb.split(" "), box.id]
  }
  const answers: Record<string, number> = {}
  const caller = async (pick: (limit: number) => number): Promise<Operation[]> => {
    const history: Operation[] = []
    for (let i = 0; i < COMMANDS; i++) {
      const verb = VERBS[pick(VERBS.length)] as Verb
      const pause = pick(8)
      if (pause > 3) await new Promise((resolve) => setTimeout(resolve, pause * 2))
      const from = performance.now()
      const result = await startRuntime(["--root", box.root, ...argv(verb)], verb === "exec" ? { timeLimit: EXEC_LIMIT_MS } : {}).done
      const answer = answerOf(verb, result)
      if (answer === undefined) throw new Error(`${verb}: ${result.code}: ${result.stderr}`)
      history.push({ verb, from, to: performance.now(), answer })
      answers[`${verb}: ${answer}`] = (answers[`${verb}: ${answer}`] ?? 0) + 1
    }
    return history
  }
  const missing = (): Verb[] => [...new Set(VERBS)].filter((verb) => verb !== "state" && (answers[`${verb}: ok`] ?? 0) === 0)
  // what comes of a round hangs on the machine's speed too: a slow one may need more of them until each command has succeeded once
  for (let round = 0; round < ROUNDS || (missing().length > 0 && round < 4 * ROUNDS); round++) {
    const seed = SEED + round * 7919
    try {
      const histories = await Promise.all(Array.from({ length: CALLERS }, (_, i) => caller(random(seed * (i + 1)))))
      t.equal(contradiction(histories), undefined, `round ${round}, RUNTS_SEED=${SEED}`)
    } catch (error) {
      t.fail(`round ${round}, RUNTS_SEED=${SEED}: ${String(error)}`)
    }
    t.equal(box.call(["delete", "--force", box.id]).code, 0)
    t.same(box.stateEntries(), [], "nothing is left of it")
  }
  figure(t, "rounds of callers that use one container at once", ROUNDS)
  t.comment(JSON.stringify(answers))
  t.same(missing(), [], "each command has succeeded")
})

t.end()
