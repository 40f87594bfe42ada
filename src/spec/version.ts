/** The newest version of the runtime specification that runts implements; `spec`, `state` and `features` print it. */
export const OCI_VERSION = "1.3.0"

/** The oldest one. */
export const OCI_VERSION_MIN = "1.0.0"

/**
 * Whether a bundle of this version can be read: any 1.x.y, pre-releases as 1.0.2-dev included. Newer minor versions only add
 * optional members (config.md, Specification version: SemVer 2.0.0).
 */
export function isKnownVersion(version: string): boolean {
  // By hand, as the first regular expression of a process costs more than the rest of loading a config's head
  if (!version.startsWith("1.")) return false
  const minorEnd = skipDigits(version, 2)
  if (minorEnd === 2 || version[minorEnd] !== ".") return false
  const patchEnd = skipDigits(version, minorEnd + 1)
  if (patchEnd === minorEnd + 1) return false
  return patchEnd === version.length || version[patchEnd] === "-" || version[patchEnd] === "+"
}

function skipDigits(text: string, start: number): number {
  let end = start
  while (text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++
  return end
}
