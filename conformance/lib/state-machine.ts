/*
 * The state machine of runtime.md ("State", "Lifecycle"), and whether what many callers saw of one container can have come from it: each command
 * took effect at one or two moments between its call and its return, in some order (linearizability; Herlihy and Wing, 1990).
 */

export type Verb = "create" | "start" | "kill" | "delete" | "delete --force" | "state" | "pause" | "resume" | "exec"

/** One command as its caller saw it. */
export interface Operation {
  readonly verb: Verb
  /** Milliseconds of one clock. */
  readonly from: number
  readonly to: number
  /** `ok`; what `state` printed; or which of the refusals it was. */
  readonly answer: string
}

interface State {
  readonly phase: "none" | "creating" | "created" | "running" | "stopped"
  readonly paused: boolean
  /** A signal that ends it was sent. */
  readonly dying: boolean
}

const NONE: State = { phase: "none", paused: false, dying: false }

/** What a command may do at a moment: the states that can follow; none if it cannot have been then. */
type Effect = (state: State) => readonly State[]

const stays = (allowed: (state: State) => boolean): Effect => (state) => (allowed(state) ? [state] : [])
const becomes = (allowed: (state: State) => boolean, change: Partial<State>): Effect => (state) => (allowed(state) ? [{ ...state, ...change }] : [])

const exists = ({ phase }: State): boolean => phase !== "none"
const alive = ({ phase }: State): boolean => phase === "created" || phase === "running"
const shown = ({ phase, paused }: State): string => (paused && phase !== "stopped" ? "paused" : phase)
const begin = becomes(({ phase }) => phase === "none", { phase: "creating", paused: false, dying: false })
const gone = becomes(exists, NONE)
const stop = becomes(() => true, { phase: "stopped", paused: false })
/** What is to be killed may be thawed first. */
const letGo: Effect = (state) => (state.paused ? [state, { ...state, paused: false }] : [state])
const anyState = stays(() => true)

/** What each answer of each command means. */
const MEANINGS: Readonly<Record<Verb, Readonly<Record<string, readonly Effect[]>>>> = {
  create: {
    "ok": [begin, becomes(({ phase }) => phase === "creating", { phase: "created" })],
    "exists": [stays(exists)],
    // somebody else's `delete --force` takes it away
    "deleted": [begin],
    // what the last one left in its cgroup has not gone yet
    "busy": [begin, gone],
  },
  start: {
    "ok": [becomes(({ phase, paused }) => phase === "created" && !paused, { phase: "running" })],
    "not created": [stays((state) => exists(state) && (state.phase !== "created" || state.paused || state.dying))],
    "none": [stays((state) => !exists(state))],
  },
  kill: {
    // a frozen process cannot die: the runtime may let it go for that
    "ok": [(state) => (alive(state) ? [{ ...state, dying: true }, { ...state, dying: true, paused: false }] : [])],
    "not running": [stays((state) => exists(state) && (!alive(state) || state.dying))],
    "none": [stays((state) => !exists(state))],
  },
  delete: {
    "ok": [becomes(({ phase, dying, paused }) => phase === "stopped" || (phase === "created" && !paused) || dying, { phase: "stopped", paused: false }), gone],
    "not stopped": [stays((state) => exists(state) && state.phase !== "stopped")],
    "none": [stays((state) => !exists(state))],
  },
  "delete --force": { ok: [letGo, (state) => (exists(state) ? stop(state) : [state]), (state) => (exists(state) ? gone(state) : [state])] },
  state: {
    ...Object.fromEntries(["creating", "created", "running", "paused", "stopped"].map((text) => [text, [stays((state) => shown(state) === text)]])),
    none: [stays((state) => !exists(state))],
  },
  pause: {
    "ok": [becomes((state) => alive(state) && !state.paused, { paused: true })],
    "not running": [stays((state) => exists(state) && (!alive(state) || state.paused || state.dying))],
    "none": [stays((state) => !exists(state))],
  },
  resume: {
    "ok": [becomes((state) => alive(state) && state.paused, { paused: false })],
    "not paused": [stays((state) => exists(state) && (!state.paused || state.dying))],
    "none": [stays((state) => !exists(state))],
  },
  exec: {
    // as runc's, it may join a container that waits for start
    "ok": [stays((state) => alive(state) && !state.paused)],
    "not running": [stays((state) => exists(state) && (!alive(state) || state.paused || state.dying))],
    // while it ran the container was killed, or paused for so long that the caller killed it
    "killed": [stays(alive), anyState],
    "none": [stays((state) => !exists(state))],
  },
}

/** The states that can follow without a command: what was killed ends, now or later. */
function settled(state: State): State[] {
  return state.dying && alive(state) ? [state, { phase: "stopped", paused: false, dying: true }] : [state]
}

/**
 * Whether the callers' histories, each in order, fit one run of the state machine that begins without a container.
 * @returns undefined if they do; else the furthest that could be explained, for people
 */
export function contradiction(histories: readonly (readonly Operation[])[]): string | undefined {
  const seen = new Set<string>()
  let furthest: string[] = []
  const search = (places: readonly number[], steps: readonly number[], state: State, path: readonly string[]): boolean => {
    const key = JSON.stringify([places, steps, state])
    if (seen.has(key)) return false
    seen.add(key)
    if (path.length > furthest.length) furthest = [...path]
    if (histories.every((history, i) => places[i] === history.length)) return true
    const pending = histories.map((history, i) => history[places[i] as number])
    // nothing can take effect after an operation that had returned before it was called
    const earliest = Math.min(...pending.map((operation) => operation?.to ?? Infinity))
    for (const before of settled(state)) {
      for (const [i, operation] of pending.entries()) {
        if (operation === undefined || operation.from > earliest) continue
        const effects = MEANINGS[operation.verb][operation.answer]
        if (effects === undefined) throw new Error(`${operation.verb}: nobody says what "${operation.answer}" means`)
        const at = steps[i] as number
        for (const after of (effects[at] as Effect)(before)) {
          const last = at + 1 === effects.length
          const nextPlaces = last ? places.map((place, j) => (j === i ? place + 1 : place)) : places
          const nextSteps = steps.map((step, j) => (j === i ? (last ? 0 : step + 1) : step))
          if (search(nextPlaces, nextSteps, after, [...path, `${i}: ${operation.verb} -> ${operation.answer}; ${shown(after)}${after.dying ? ", dying" : ""}`])) return true
        }
      }
    }
    return false
  }
  const zeros = histories.map(() => 0)
  if (search(zeros, zeros, NONE, [])) return undefined
  const all = histories.flatMap((history, i) => history.map((operation) => ({ i, ...operation }))).sort((a, b) => a.from - b.from)
  const lines = all.map(({ i, verb, answer, from, to }) => `  ${i}: ${from.toFixed(1)} to ${to.toFixed(1)}: ${verb} -> ${answer}`)
  return `no order explains:\n${lines.join("\n")}\nthe furthest:\n  ${furthest.join("\n  ")}`
}
