import { Inspection } from "../host/abilities/inspection.ts"
import { stateRoot } from "../host/store.ts"
import { prelude } from "../prelude/prelude.ts"
import { makeUserNamespace } from "./id-maps.ts"
import type { GlobalOptions } from "./requests.ts"
import { beginTrial } from "./trial.ts"

/** Somewhere in the numbers: a mapping that is not the identity. */
const MAPPED = [{ containerID: 0, hostID: 1, size: 1 }] as const

/** A look at this machine, with all that it takes to ask it. */
export function inspectHost(globals: Pick<GlobalOptions, "root">): Inspection {
  const variables = new Map<string, string>()
  for (const text of prelude.callerEnvironment().strings()) {
    const equals = text.indexOf("=")
    if (equals > 0 && !variables.has(text.slice(0, equals))) variables.set(text.slice(0, equals), text.slice(equals + 1))
  }
  const inspection: Inspection = new Inspection({
    stateRoot: stateRoot(globals).path,
    environment: (name) => variables.get(name),
    trials: {
      attempt: (who) => beginTrial(who === "ordinary", who === "ordinary" || inspection.role() === "rootless"),
      mappedNamespace: () => makeUserNamespace(MAPPED, MAPPED, "/linux"),
    },
  })
  return inspection
}
