import { RuntsError } from "../error.ts"
import { sharesMounts } from "./host-mounts.ts"
import { namespaceOf } from "../spec/namespace.ts"
import type { Spec } from "../spec/types.gen.ts"

/** Refuses what this version cannot give: a container must never have less isolation than asked for. */
export function refuseUnsupported(spec: Spec): void {
  if (sharesMounts(spec) && namespaceOf(spec.linux, "user") !== undefined) {
    throw new RuntsError("linux.namespaces has a user namespace and no mount namespace: root of the one may not mount in the host's", {
      code: "config-unsupported",
      pointer: "/linux/namespaces", hint: 'add {"type": "mount"}',
    })
  }
}
