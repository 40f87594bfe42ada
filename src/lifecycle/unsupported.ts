import { RuntsError } from "../error.ts"
import { annotation } from "../spec/annotations.ts"
import type { Spec } from "../spec/types.gen.ts"

/** Refuses what this version cannot give: a container must never have less isolation than asked for. */
export function refuseUnsupported(spec: Spec): void {
  if (!spec.linux?.namespaces?.some((namespace) => namespace.type === "mount")) {
    throw new RuntsError("linux.namespaces has no mount namespace, so the container would change the host's mounts", {
      pointer: "/linux/namespaces", hint: 'add {"type": "mount"}',
    })
  }
  if (annotation(spec, "run.oci.delegate-cgroup") !== undefined) {
    throw new RuntsError("the annotation run.oci.delegate-cgroup is not supported", {
      pointer: "/annotations/run.oci.delegate-cgroup",
      hint: "with a cgroup namespace and a writable cgroup mount at /sys/fs/cgroup the container's user owns its cgroup and can divide it",
    })
  }
}
