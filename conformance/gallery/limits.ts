import type { Chapter } from "./failure.ts"

export const LIMITS: Chapter = {
  heading: "Limits and cgroups",
  failures: [
    {
      name: "swap-below-memory", title: "Less memory with swap than without", learn: "that swap is the sum of both",
      config: { "/linux/resources/memory": { limit: 536870912, swap: 268435456 } },
      names: ["/linux/resources/memory/swap"],
    },
    {
      name: "memory-too-small", title: "A memory limit that nothing fits in", learn: "that it is the limit that ends the container",
      config: { "/linux/resources/memory": { limit: 4096 } }, needs: ["hybrid"],
      names: [/memory/],
    },
    {
      name: "quota-too-small", title: "A cpu quota below the kernel's least", learn: "the least that there is",
      config: { "/linux/resources/cpu": { quota: 100, period: 100000 } }, needs: ["hybrid"],
      names: ["/linux/resources/cpu/quota"],
    },
    {
      name: "cpuset-out-of-range", title: "A processor that the machine does not have", learn: "which ones it has",
      config: { "/linux/resources/cpu": { cpus: "0-4095" } }, needs: ["hybrid"],
      names: ["/linux/resources/cpu/cpus", "0-4095"],
    },
    {
      name: "cpuset-syntax", title: "A list of processors that is none", learn: "how such lists are written",
      config: { "/linux/resources/cpu": { cpus: "0..3" } },
      names: ["/linux/resources/cpu/cpus", "0..3"],
    },
    {
      name: "no-controller", title: "A limit whose cgroup controller is not there", learn: "which controller, and where to turn it on",
      config: { "/linux/resources/pids": { limit: 100 } }, needs: ["v2", "no controllers"],
      names: ["/linux/resources/pids", "pids"],
    },
    {
      name: "v1-field-on-v2", title: "A field of cgroup v1 on a machine with v2", learn: "that v2 has no such thing",
      config: { "/linux/resources/network": { classID: 1048577 } }, needs: ["v2"],
      names: ["/linux/resources/network/classID"],
      note: "runc ignores the field without a word: the container runs, and its packets carry no class.",
    },
    {
      name: "unified-on-v1", title: "A field of cgroup v2 on a machine with v1", learn: "that v1 has no such thing",
      config: { "/linux/resources/unified": { "memory.high": "268435456" } }, needs: ["hybrid"],
      names: ["/linux/resources/unified"],
    },
    {
      name: "device-rule", title: "A device rule of a type that does not exist", learn: "the types that there are",
      config: { "/linux/resources/devices": [{ allow: false, access: "rwm" }, { allow: true, type: "char", major: 10, minor: 229, access: "rw" }] },
      names: ["/linux/resources/devices/1/type", '"char"'],
    },
    {
      name: "negative-shares", title: "A negative weight", learn: "what range there is",
      config: { "/linux/resources/cpu": { shares: -5 } },
      names: ["/linux/resources/cpu/shares"],
    },
  ],
}
