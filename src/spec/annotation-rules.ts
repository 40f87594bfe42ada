import { annotation } from "./annotations.ts"
import { shown } from "./report.ts"
import { isAbsolute } from "./rule.ts"
import type { Report } from "./rule.ts"
import type { Spec } from "./types.gen.ts"

/** Annotations by which containerd and CRI-O name a pod's pause container, which no handler runs (crun does so, too). */
const CONTAINER_TYPES = ["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"] as const

/** Annotations that mean something to runts (spec/annotations.ts) and cannot be obeyed. */
export function annotationsCanBeObeyed(spec: Spec, report: Report): void {
  if (spec.annotations === undefined) return
  for (const name of ["run.oci.hooks.stdout", "run.oci.hooks.stderr"] as const) {
    const path = annotation(spec, name)
    // `start` and `delete` run hooks too, wherever they are called
    if (path !== undefined && !isAbsolute(path)) report(`/annotations/${name}`, `${shown(path)} is not an absolute path`)
  }
  const handler = annotation(spec, "run.oci.handler")
  if (handler === undefined || CONTAINER_TYPES.some((name) => spec.annotations?.[name] === "sandbox")) return
  report("/annotations/run.oci.handler", `names the handler ${shown(handler)}; runts has none, and without it the container would be less isolated`)
}
