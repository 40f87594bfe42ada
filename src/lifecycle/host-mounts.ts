import { sys } from "../ffi/index.ts"
import type { StoredState } from "../host/stored-state.ts"
import { AT_FDCWD, STATX } from "../kernel/fs.ts"
import { MNT_DETACH } from "../kernel/mount.ts"
import { NR } from "../kernel/syscalls.ts"
import { namespaceOf } from "../spec/namespace.ts"
import type { Spec } from "../spec/types.gen.ts"

/*
 * A container without a mount namespace shares the runtime's (runtime-spec config-linux.md, "Namespaces"): its root is a mount of its
 * own over the root filesystem's folder, with all of its mounts below, which nobody takes away with a namespace.
 */

/** linux/stat.h */
const STATX_MNT_ID = 0x1000
const UMOUNT_NOFOLLOW = 8

export function sharesMounts({ linux }: Spec): boolean {
  return namespaceOf(linux, "mount") === undefined
}

/** What state.json keeps of such a container: the mount that the folder was on before. */
export function hostMountsOf(spec: Spec, rootfs: string): { readonly rootMount: number } | undefined {
  return sharesMounts(spec) ? { rootMount: mountId(rootfs) } : undefined
}

/** Takes the container's mounts away, at once and with all below them. For a container whose processes have ended. */
export function releaseHostMounts(state: StoredState): void {
  const rootMount = state.rootMount
  if (typeof rootMount !== "number") return
  // an engine's own mount at the same place stays
  if (mountId(state.rootfs) !== rootMount) sys(NR.umount2, state.rootfs, MNT_DETACH | UMOUNT_NOFOLLOW)
}

/** @returns the id of the mount that a path is on, 0 if there is no such path */
function mountId(path: string): number {
  const buffer = Buffer.alloc(STATX.size)
  if (sys(NR.statx, AT_FDCWD, path, 0, STATX_MNT_ID, buffer) < 0) return 0
  return Number(buffer.readBigUInt64LE(STATX.mountId))
}
