import { RuntsError } from "../error.ts"
import { readLayout, type CgroupLayout } from "../host/cgroup/layout.ts"
import { absentRecord, applyDevices, cgroupPaths, hasCgroups, type CgroupRecord } from "../host/cgroup/manager.ts"
import { hasLimit } from "../host/cgroup/resources.ts"
import { tryStat } from "../host/file.ts"
import { isHostRoot, isRootless } from "../host/privilege.ts"
import { warn } from "../log.ts"
import { annotation } from "../spec/annotations.ts"
import { namespaceOf } from "../spec/namespace.ts"
import type { Spec } from "../spec/types.gen.ts"
import type { GlobalOptions } from "./requests.ts"

/*
 * Which cgroups a container gets, and when it does without: told to by --cgroup-manager disabled, or where whoever makes it may make none
 * and asks for nothing that takes one.
 */

/** How this machine's cgroups are mounted. Who does without them needs none. */
export function layoutFor({ cgroupManager }: GlobalOptions): CgroupLayout {
  if (cgroupManager === "disabled" && tryStat("/proc/self/cgroup") === undefined) {
    return { mode: "v1", root: "", controllers: [], unified: undefined }
  }
  return readLayout()
}

/** Where a container's cgroups will be, of those that runts makes itself. */
export function foreseeCgroups({ cgroupManager }: GlobalOptions, layout: CgroupLayout, spec: Spec, id: string): CgroupRecord {
  if (cgroupManager === "disabled") return absentRecord(layout.mode, "disabled")
  const record = cgroupPaths(layout, spec.linux?.cgroupsPath, id)
  if (!hasCgroups(record)) record.absence = "unmounted"
  return record
}

/** Adds what annotations ask for; few do. @throws RuntsError where this machine has it not */
export async function heedAnnotations(record: CgroupRecord, spec: Spec): Promise<void> {
  if (annotation(spec, "run.oci.delegate-cgroup") === undefined && annotation(spec, "run.oci.systemd.force_cgroup_v1") === undefined) return
  const { addLeaf, addSystemdHierarchy } = await import("./cgroup-annotations.ts")
  addLeaf(record, spec)
  addSystemdHierarchy(record, spec)
}

/**
 * Whether a hierarchy in which the caller may make no cgroup is left out, as by runc: not where config.json names a cgroup, nor on v2
 * where it has limits. On v1 a limit says so itself where its hierarchy is missing.
 */
export function mayLeaveOut({ rootless }: Pick<GlobalOptions, "rootless">, { mode, leaf }: CgroupRecord, { linux }: Spec): boolean {
  if ((linux?.cgroupsPath ?? "") !== "" || leaf !== undefined) return false
  if (mode === "v2" && linux?.resources !== undefined && hasLimit(linux.resources)) return false
  return isRootless(rootless)
}

/**
 * Limits the devices of a container that has a cgroup. Of one that has none it is warned where its root could be the host's: nothing but
 * its file modes keeps it from devices in its root filesystem, nor from making some if it has CAP_MKNOD.
 */
export function limitDevices(record: CgroupRecord, spec: Spec): void {
  if (hasCgroups(record)) return applyDevices(record, spec.linux?.resources)
  if (record.absence === "unmounted" && isHostRoot()) {
    throw new RuntsError("no cgroups are mounted on this machine: the container's processes could not be limited, nor kept from devices", {
      code: "cgroup-controller-missing", pointer: "/linux/cgroupsPath",
      hint: "mount -t cgroup2 none /sys/fs/cgroup, or do without (--cgroup-manager disabled)",
    })
  }
  if (namespaceOf(spec.linux, "user") !== undefined || !isHostRoot()) return
  warn("the container has no cgroup, so that linux.resources.devices is not in force", { code: "cgroup-absent", pointer: "/linux/resources/devices" })
}
