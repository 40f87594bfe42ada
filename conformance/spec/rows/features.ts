import { clauses } from "../clause.ts"

export const FEATURES = [
  ...clauses("features.md", {
    "Features Structure": [
      ["SHOULD", "the content is the same on every machine",
        ["features: features: with /proc/sys and /sys hidden it still prints"], "annotations of org.runts.host also tell what this machine has; seccomp.enabled and supportedFlags are the machine's, as the flags must be"],
    ],
    "Specification version": [
      ["MUST", "ociVersionMin and ociVersionMax are there"],
      ["MUST", "both are taken as ociVersion of a config"],
      ["MUST NOT", "ociVersionMax is less than ociVersionMin"],
      ["MUST NOT", "there are properties that this version does not define"],
    ],
    Hooks: [["MUST", "each hook that is named is supported"]],
    "Mount Options": [
      ["MUST", "each mount option that is named is recognized"],
      ["SHOULD NOT", "options that go to the file system as data are named"],
    ],
    Annotations: [["MUST", "annotations is a map of strings with names that are not empty"]],
    "Unsafe annotations in config.json": [["SHOULD", "annotations that change what the runtime does are named (OPTIONAL)"]],
  }),
  ...clauses("features-linux.md", {
    Namespaces: [["MUST", "each namespace that is named is recognized"]],
    Capabilities: [["MUST", "each capability that is named is recognized"]],
    Seccomp: [
      ["MUST", "each action that is named is recognized"],
      ["MUST", "each operator that is named is recognized"],
      ["MUST", "each architecture that is named is recognized"],
      ["MUST", "each known flag is recognized, each supported one works"],
    ],
    MemoryPolicy: [["MUST", "each mode and flag that is named is recognized"]],
    MountExtensions: [["MUST", "idmap.enabled is true where mappings of mounts are recognized"]],
  }),
]
