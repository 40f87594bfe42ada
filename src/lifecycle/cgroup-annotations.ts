import { RuntsError } from "../error.ts"
import { readMounted } from "../host/cgroup/layout.ts"
import type { CgroupRecord } from "../host/cgroup/manager.ts"
import { relativePath, UNIFIED } from "../host/cgroup/record.ts"
import { cleanRelative } from "../path.ts"
import { SYSTEMD_HIERARCHY } from "../plan/facts.ts"
import { annotatedCgroup, annotation } from "../spec/annotations.ts"
import type { Spec } from "../spec/types.gen.ts"

/*
 * What crun's annotations make of a container's cgroups (crun(1), "Extensions to OCI").
 */

const DELEGATE = "run.oci.delegate-cgroup"
const FORCE_V1 = "run.oci.systemd.force_cgroup_v1"

/** The cgroup below the container's that its processes are in. */
export function addLeaf(record: CgroupRecord, spec: Spec): void {
  const leaf = annotatedCgroup(spec, DELEGATE)
  if (leaf === undefined) return
  const pointer = `/annotations/${DELEGATE}`
  if (record.absence !== undefined) {
    throw new RuntsError(`${DELEGATE}=${leaf}: the container has no cgroup to divide (--cgroup-manager disabled)`, { code: "cgroup-absent", pointer })
  }
  if (record.mode !== "v2") {
    throw new RuntsError(`${DELEGATE}=${leaf}: cgroups of v1, which this machine has, cannot safely be given to others than root`, {
      code: "config-unsupported", pointer, hint: "boot with cgroup2 alone, or leave the annotation out",
    })
  }
  record.leaf = leaf
}

/** A cgroup in the v1 hierarchy name=systemd, of the same path as that of cgroup2. */
export function addSystemdHierarchy(record: CgroupRecord, spec: Spec): void {
  const path = annotation(spec, FORCE_V1)
  if (path === undefined || record.absence !== undefined) return
  const pointer = `/annotations/${FORCE_V1}`
  const at = cleanRelative(path)
  if ((spec.mounts ?? []).every(({ type, destination }) => (type !== "cgroup" && type !== "cgroup2") || cleanRelative(destination) !== at)) {
    throw new RuntsError(`${FORCE_V1}=${path}: no mount of type cgroup has that destination`, {
      code: "config-rule", pointer, hint: "name the destination of one, as /sys/fs/cgroup",
    })
  }
  if (record.paths[SYSTEMD_HIERARCHY] !== undefined) return
  const found = readMounted().controllers.find(({ name }) => name === SYSTEMD_HIERARCHY)
  if (found === undefined) {
    throw new RuntsError(`${FORCE_V1}: the v1 hierarchy ${SYSTEMD_HIERARCHY} is not mounted on this machine`, {
      code: "cgroup-controller-missing", pointer,
      hint: `mkdir /sys/fs/cgroup/systemd && mount -t cgroup -o none,${SYSTEMD_HIERARCHY},xattr cgroup /sys/fs/cgroup/systemd`,
    })
  }
  record.paths = { ...record.paths, [SYSTEMD_HIERARCHY]: `${found.mount}/${relativePath(record, UNIFIED)}` }
  record.mounts = { ...record.mounts, [SYSTEMD_HIERARCHY]: found.mount }
}
