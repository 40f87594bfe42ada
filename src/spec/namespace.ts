import type { Linux, Namespace } from "./types.gen.ts"

/** The namespace of a type, if the container has its own or joins one. Loops, as find() is compiled at its first use. */
export function namespaceOf(linux: Linux | undefined, type: Namespace["type"]): Namespace | undefined {
  const namespaces = linux?.namespaces
  if (namespaces === undefined) return undefined
  for (let i = 0; i < namespaces.length; i++) if (namespaces[i]?.type === type) return namespaces[i]
  return undefined
}

/** Whether the container makes it, or joins it by path; Go's encoder may write "" for none. */
export function namespaceIsNew({ path }: Namespace): boolean {
  return path === undefined || path === ""
}
