import { tryReadText } from "./file.ts"

/** Whether ids are mapped at all: the initial user namespace maps all 2^32 - 1 of them onto themselves (user_namespaces(7)). */
export function inUserNamespace(): boolean {
  const map = tryReadText("/proc/self/uid_map")
  return map !== undefined && !/^\s*0\s+0\s+4294967295\s*$/.test(map)
}
