import { CAPABILITIES } from "../kernel/capabilities.ts"
import { mountOptionNames } from "../kernel/mount-options.ts"
import { NAMESPACES } from "../kernel/process.ts"
import { potentiallyUnsafeAnnotations } from "../spec/annotations.ts"
import { schemaValues } from "../spec/names.gen.ts"
import type { Features } from "../spec/types.gen.ts"
import { OCI_VERSION, OCI_VERSION_MIN } from "../spec/version.ts"
import { probeMachine } from "./probe.ts"
import type { Machine } from "./probe.ts"
import { seccompFeatures } from "./seccomp/features.ts"

/** Names of annotations that tell of the machine. */
const HOST = "org.runts.host."

/**
 * What `features` prints. Its members tell of the runtime alone, whatever the machine (features.md: "irrelevant to the actual
 * availability of the features in the host operating system"); they are the tables that config.json is read by. What this machine
 * has is in `annotations`, below org.runts.host.
 */
export function features(): Features {
  const machine = probeMachine()
  const values = schemaValues()
  return {
    ociVersionMin: OCI_VERSION_MIN,
    ociVersionMax: OCI_VERSION,
    hooks: values.Hooks,
    mountOptions: mountOptionNames(),
    linux: {
      namespaces: Object.keys(NAMESPACES).sort(),
      capabilities: CAPABILITIES,
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      // libseccomp is a part of the runtime that is not built in
      seccomp: { ...seccompFeatures(), enabled: machine.libseccomp !== undefined },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      // containerd takes an idmapped mount only from a runtime that says so
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
      memoryPolicy: { modes: values.MemoryPolicyMode, flags: values.MemoryPolicyFlags },
    },
    annotations: {
      // runc's name for it: engines ask here before they offer checkpoints
      "org.opencontainers.runc.checkpoint.enabled": "false",
      // as runtime-spec's own example names it
      ...(machine.libseccomp === undefined ? {} : { "io.github.seccomp.libseccomp.version": machine.libseccomp }),
      ...machineAnnotations(machine),
    },
    potentiallyUnsafeConfigAnnotations: potentiallyUnsafeAnnotations(),
  }
}

/** Values are strings (config.md, Annotations): lists have commas, what is not known is left out. */
function machineAnnotations(machine: Machine): Record<string, string> {
  const known: Record<string, string | undefined> = {
    kernel: machine.kernel,
    namespaces: machine.namespaces.join(","),
    "capabilities.last": machine.lastCapability,
    cgroup: machine.cgroup,
    "cgroup.controllers": machine.controllers.join(","),
    lsm: machine.securityModules?.join(","),
    "lsm.labels": machine.labels.join(","),
    resctrl: machine.resctrl,
    "seccomp.actions": machine.seccompActions.join(","),
    "mount.attributes": String(machine.mountAttributes),
    filesystems: machine.filesystems.join(","),
  }
  const annotations: Record<string, string> = {}
  for (const [name, value] of Object.entries(known)) if (value !== undefined && value !== "") annotations[HOST + name] = value
  return annotations
}
