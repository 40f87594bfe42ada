import { CAPABILITIES } from "../kernel/capabilities.ts"
import { mountOptionNames } from "../kernel/mount-options.ts"
import { NAMESPACES } from "../kernel/process.ts"
import { OCI_VERSION, OCI_VERSION_MIN } from "../spec/version.ts"
import type { Features } from "../spec/types.gen.ts"

/**
 * What this runtime supports, as engines ask it of `features` (runtime-spec features.md, features-linux.md). It speaks of
 * the runtime, not of the machine: a name here may still be refused by an old kernel.
 */
export function features(): Features {
  return {
    ociVersionMin: OCI_VERSION_MIN,
    ociVersionMax: OCI_VERSION,
    hooks: ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
    mountOptions: mountOptionNames(),
    linux: {
      namespaces: Object.keys(NAMESPACES).sort(),
      capabilities: CAPABILITIES,
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false },
      seccomp: { enabled: false },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: false },
      // containerd takes an idmapped mount only from a runtime that says so
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: false },
    },
    // runc's name for it: engines ask here before they offer checkpoints
    annotations: { "org.opencontainers.runc.checkpoint.enabled": "false" },
    potentiallyUnsafeConfigAnnotations: [],
  }
}
