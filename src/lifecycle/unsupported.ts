import { RuntsError } from "../error.ts"
import type { Spec } from "../spec/types.gen.ts"

/** What config.json may ask for and this version cannot give yet. */
const UNSUPPORTED: readonly (readonly [pointer: string, of: (spec: Spec) => unknown])[] = [
  ["/linux/seccomp", ({ linux }) => linux?.seccomp],
]

/** Refuses it: a container must never have less isolation, or other resources, than asked for. */
export function refuseUnsupported(spec: Spec): void {
  for (const [pointer, of] of UNSUPPORTED) {
    const value = of(spec)
    if (value === undefined || value === "") continue
    throw new RuntsError(`${pointer.slice(1).replaceAll("/", ".")} is not supported yet`, { pointer, hint: "leave it out of config.json" })
  }
  if (!spec.linux?.namespaces?.some((namespace) => namespace.type === "mount")) {
    throw new RuntsError("linux.namespaces has no mount namespace, so the container would change the host's mounts", {
      pointer: "/linux/namespaces", hint: 'add {"type": "mount"}',
    })
  }
}
