import type { Abilities, Ability, Answer } from "./ability.ts"
import { missing, present, unknown } from "./ability.ts"
import type { Inspection } from "./inspection.ts"

/** Limits: linux.resources. */
export const CGROUPS = {
  "cgroup-memory": controller("memory", "limits of memory", "containers cannot have a limit of memory", "CONFIG_MEMCG"),
} as const satisfies Abilities

function controller(name: string, title: string, lack: string, option: string): Ability {
  return {
    group: "cgroups",
    title,
    lack,
    remedy: { kernel: option },
    source: "cgroups(7)",
    probe: (host) => probeController(host, name),
  }
}

function probeController(host: Inspection, name: string): Answer {
  const layout = host.layout()
  if (layout === undefined) return unknown("no cgroups are mounted")
  const v1 = layout.controllers.find((one) => one.name.split(",").includes(name))
  if (v1 !== undefined) return present(`v1, ${v1.mount}`)
  const ofV2 = layout.unified === undefined ? "" : (host.text(`${layout.unified}/cgroup.controllers`) ?? "")
  return ofV2.split(" ").includes(name) ? present(`v2, ${layout.unified}`) : missing("in no hierarchy")
}
