import { AT_FDCWD } from "../../kernel/fs.ts"
import type { Abilities } from "./ability.ts"
import { asks } from "./system-call.ts"

/** The mount API and file systems. */
export const MOUNTS = {
  "mount-setattr": {
    group: "mounts",
    title: "mount_setattr(2)",
    essential: ["root", "rootless"],
    lack: "no mount can be made read-only with all that is below it, or be idmapped",
    remedy: { text: "run Linux 5.12 or later; inside a container, allow mount_setattr in its seccomp profile" },
    source: "mount_setattr(2)",
    // an empty path and no structure: EINVAL
    probe: () => asks("mount_setattr", [AT_FDCWD, "", 0, 0, 0]),
  },
} as const satisfies Abilities
