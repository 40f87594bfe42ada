import { seccompVersion } from "../seccomp/library.ts"
import { RuntsError } from "../../error.ts"
import type { Abilities, Answer } from "./ability.ts"
import { missing, present } from "./ability.ts"

/** Confinement: seccomp, security modules. */
export const SECURITY = {
  "libseccomp": {
    group: "security",
    title: "libseccomp",
    lack: "containers with linux.seccomp cannot be made",
    remedy: { debian: "apt-get install libseccomp2", fedora: "dnf install libseccomp", alpine: "apk add libseccomp" },
    source: "seccomp_init(3)",
    probe: probeLibrary,
  },
} as const satisfies Abilities

function probeLibrary(): Answer {
  try {
    return present(seccompVersion())
  } catch (error) {
    if (error instanceof RuntsError) return missing(error.message)
    throw error
  }
}
