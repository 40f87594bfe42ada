import { sys } from "../../ffi/index.ts"
import { RuntsError } from "../../error.ts"
import { deviceFilter } from "../../kernel/bpf.ts"
import { errnoName } from "../../kernel/errno.ts"
import { AT_EACCESS, AT_FDCWD } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { loadProgram } from "../cgroup/devices.ts"
import type { Hierarchy } from "../cgroup/layout.ts"
import { close, listDir, tryStat } from "../file.ts"
import { findResctrl } from "../intel-rdt.ts"
import { missing, present, unknown } from "./ability.ts"
import type { Abilities, Ability, Answer } from "./ability.ts"
import { errorOf, readable } from "./inspection.ts"
import type { Inspection } from "./inspection.ts"

const V2 = "Documentation/admin-guide/cgroup-v2.rst"

/** Limits: linux.resources. */
export const CGROUPS = {
  "cgroup-mounted": {
    group: "cgroups",
    title: "cgroups",
    essential: ["root"],
    lack: "no container can be made: their processes could not be counted, limited or found again",
    remedy: { text: "mount -t cgroup2 none /sys/fs/cgroup", alpine: "rc-update add cgroups && rc-service cgroups start" },
    source: "cgroups(7)",
    probe: probeMounted,
  },
  "cgroup-unified": {
    group: "cgroups",
    title: "cgroup2 alone (unified)",
    lack: "limits follow v1: ordinary users can be given none, linux.resources.unified does nothing, and deleting takes longer",
    remedy: {
      text: "boot with systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all on the kernel's command line",
      debian: "add it to GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub",
      fedora: "grubby --update-kernel=ALL --args=systemd.unified_cgroup_hierarchy=1",
      alpine: "set rc_cgroup_mode=unified in /etc/rc.conf",
    },
    source: V2,
    probe: probeUnified,
  },
  "cgroup-writable": {
    group: "cgroups",
    title: "cgroups can be made",
    essential: ["root"],
    roles: ["root"],
    lack: "no container can be made",
    remedy: { text: "mount -o remount,rw /sys/fs/cgroup; inside a container, start that with --privileged or a writable cgroup mount" },
    source: "cgroups(7)",
    probe: probeWritable,
  },
  "cgroup-memory": controller("memory", "limits of memory", "containers cannot have a limit of memory", "CONFIG_MEMCG", {
    text: "boot with cgroup_enable=memory on the kernel's command line (Raspberry Pi OS leaves it out)",
  }),
  "cgroup-swap": {
    group: "cgroups",
    title: "limits of swap",
    lack: "containers cannot have a limit of swap: memory beyond their limit goes to swap unbounded",
    remedy: { text: "boot with swapaccount=1 on the kernel's command line", kernel: "CONFIG_SWAP" },
    source: V2,
    probe: probeSwap,
  },
  "cgroup-cpu": controller("cpu", "shares and quotas of processor time", "containers cannot have cpu shares or a quota", "CONFIG_CGROUP_SCHED"),
  "cgroup-cpuset": controller("cpuset", "choice of processors and memory nodes", "containers cannot be bound to processors", "CONFIG_CPUSETS"),
  "cgroup-pids": controller("pids", "limits of processes", "containers can make processes without end (a fork bomb)", "CONFIG_CGROUP_PIDS"),
  "cgroup-io": controller("io", "weights and limits of block devices", "containers cannot have limits of block I/O", "CONFIG_BLK_CGROUP", {}, "blkio"),
  "cgroup-hugetlb": {
    ...controller("hugetlb", "limits of huge pages", "containers cannot have a limit of huge pages", "CONFIG_CGROUP_HUGETLB"), minor: true,
  },
  "cgroup-rdma": { ...controller("rdma", "limits of RDMA devices", "containers cannot have limits of RDMA", "CONFIG_CGROUP_RDMA"), minor: true },
  "cgroup-freezer": {
    group: "cgroups",
    title: "freezing",
    lack: "containers cannot be paused, nor all their processes be killed without a race",
    remedy: { kernel: "CONFIG_CGROUP_FREEZER" },
    source: `freezer.rst (v1), ${V2}`,
    probe: probeFreezer,
  },
  "cgroup-devices": {
    group: "cgroups",
    title: "rules for devices",
    essential: ["root"],
    roles: ["root"],
    lack: "containers cannot be kept from the machine's devices: none is made",
    remedy: { kernel: "CONFIG_CGROUP_BPF and CONFIG_BPF_SYSCALL", text: "inside a container, give that CAP_BPF or CAP_SYS_ADMIN and allow bpf(2)" },
    source: `${V2}, Device controller`,
    probe: probeDevices,
  },
  "cgroup-kill": {
    group: "cgroups",
    title: "killing a cgroup at once (cgroup.kill)",
    since: "5.14",
    minor: true,
    lack: "runts freezes a container and kills its processes one by one, which takes longer",
    remedy: { text: "run Linux 5.14 or later with cgroup2" },
    source: V2,
    probe: probeKill,
  },
  "hugepages": {
    group: "cgroups",
    title: "huge pages",
    minor: true,
    lack: "linux.resources.hugepageLimits has nothing to limit",
    remedy: { kernel: "CONFIG_HUGETLBFS" },
    source: "Documentation/admin-guide/mm/hugetlbpage.rst",
    probe: probeHugepages,
  },
  "resctrl": {
    group: "cgroups",
    title: "resctrl (Intel RDT)",
    minor: true,
    lack: "containers with linux.intelRdt cannot be made",
    remedy: { text: "on a processor that has it: mount -t resctrl resctrl /sys/fs/resctrl", kernel: "CONFIG_X86_CPU_RESCTRL" },
    source: "Documentation/filesystems/resctrl.rst",
    probe: probeResctrl,
  },
} as const satisfies Abilities

function controller(name: string, title: string, lack: string, option: string, remedy: Ability["remedy"] = {}, nameOfV1 = name): Ability {
  return {
    group: "cgroups", title, lack, remedy: { kernel: option, ...remedy }, source: `cgroups(7), ${V2}`,
    probe: (host) => probeController(host, name, nameOfV1),
  }
}

function v1Hierarchy(host: Inspection, name: string): Hierarchy | undefined {
  return host.layout()?.controllers.find((one) => one.name.split(",").includes(name))
}

/** Where a controller can be used by who asks: in v1, or in the cgroup2 where the caller's containers begin. */
function probeController(host: Inspection, name: string, nameOfV1: string): Answer {
  const layout = host.layout()
  if (layout === undefined) return unknown("no cgroups are mounted")
  const v1 = v1Hierarchy(host, nameOfV1)
  if (v1 !== undefined) return present(`v1, ${v1.mount}`)
  const { unified } = layout
  const known = unified === undefined ? undefined : host.text(`${unified}/cgroup.controllers`)
  if (known?.split(" ").includes(name) === true) return present(`v2, ${unified}`)
  if (known === undefined) return missing("in no hierarchy")
  const other = layout.mode === "v2" ? heldByV1(host, nameOfV1) : undefined
  return missing(other ?? `not in ${unified}/cgroup.controllers`)
}

/** /proc/cgroups lists controllers with their hierarchy's number, which is 0 for cgroup2 and for none, and whether they are on. */
function heldByV1(host: Inspection, name: string): string | undefined {
  for (const line of (host.text("/proc/cgroups") ?? "").split("\n")) {
    const [controller, hierarchy, , enabled] = line.split("\t")
    if (controller !== name) continue
    if (enabled === "0") return "switched off on the kernel's command line (cgroup_disable)"
    if (hierarchy !== "0") return "held by a v1 hierarchy that is not mounted here"
  }
  return undefined
}

function probeMounted(host: Inspection): Answer {
  const layout = host.layout()
  if (layout === undefined) return missing("none are mounted")
  return present(layout.controllers.length === 1 ? `${layout.mode}, ${layout.controllers[0]?.mount}` : `${layout.mode}, ${layout.controllers.length} hierarchies`)
}

function probeUnified(host: Inspection): Answer {
  const layout = host.layout()
  if (layout === undefined) return unknown("no cgroups are mounted")
  if (layout.mode === "v2") return present()
  const held = layout.controllers.flatMap(({ name }) => name.split(",")).filter((name) => name !== "" && !name.startsWith("name="))
  return missing(`${layout.mode}: ${held.length === 0 ? "named hierarchies" : held.sort().join(", ")} in v1`)
}

const W_OK = 2

function probeWritable(host: Inspection): Answer {
  const layout = host.layout()
  if (layout === undefined) return unknown("no cgroups are mounted")
  const refused = layout.controllers.flatMap(({ mount }) => {
    const result = sys(NR.faccessat2, AT_FDCWD, mount, W_OK, AT_EACCESS)
    return result < 0 ? [`${mount}: ${errorOf(result)}`] : []
  })
  return refused.length === 0 ? present() : missing(refused.join(", "))
}

/**
 * Whether cgroups have a file, beside one that shows that its controller is on there: looked for in the caller's own, and in those below the
 * root of the hierarchy, which itself has few files. undefined where there is no such cgroup.
 */
function hasFile(host: Inspection, mount: string, hierarchy: string, file: string, beside: string): boolean | undefined {
  const own = host.ownCgroup()[hierarchy] ?? "/"
  const folders = own === "/" ? [] : [mount + own]
  for (const name of readable(() => listDir(mount)) ?? []) folders.push(`${mount}/${name}`)
  const shown = folders.find((folder) => readable(() => tryStat(`${folder}/${beside}`)) !== undefined)
  return shown === undefined ? undefined : tryStat(`${shown}/${file}`) !== undefined
}

function probeSwap(host: Inspection): Answer {
  if (host.ask("cgroup-memory").state !== "present") return missing("no controller of memory")
  const v1 = v1Hierarchy(host, "memory")
  const unified = host.layout()?.unified as string
  const found = v1 === undefined
    ? hasFile(host, unified, "", "memory.swap.max", "memory.high")
    : tryStat(`${v1.mount}/memory.memsw.limit_in_bytes`) !== undefined
  if (found === undefined) return unknown("there is no cgroup to look at")
  return found ? present() : missing(v1 === undefined ? "no memory.swap.max" : "no memory.memsw.limit_in_bytes")
}

function probeFreezer(host: Inspection): Answer {
  const layout = host.layout()
  if (layout === undefined) return unknown("no cgroups are mounted")
  const v1 = v1Hierarchy(host, "freezer")
  if (v1 !== undefined) return present(`v1, ${v1.mount}`)
  // a part of cgroup2 itself, not a controller
  return layout.unified === undefined ? missing("neither cgroup2 nor the controller freezer is mounted") : present(`v2, ${layout.unified}`)
}

/** A program is loaded and let go, attached nowhere. */
function probeDevices(host: Inspection): Answer {
  const layout = host.layout()
  if (layout === undefined) return unknown("no cgroups are mounted")
  const v1 = v1Hierarchy(host, "devices")
  if (v1 !== undefined) return present(`v1, ${v1.mount}`)
  if (layout.unified === undefined) return missing("neither cgroup2 nor the controller devices is mounted")
  try {
    close(loadProgram(deviceFilter([]) as Uint8Array))
    return present("v2, by BPF")
  } catch (error) {
    if (!(error instanceof RuntsError) || error.details.errno === undefined) throw error
    return missing(`bpf: ${errnoName(error.details.errno)}`)
  }
}

function probeKill(host: Inspection): Answer {
  const unified = host.layout()?.unified
  if (unified === undefined) return missing("no cgroup2 is mounted")
  const found = hasFile(host, unified, "", "cgroup.kill", "cgroup.freeze")
  if (found === undefined) return unknown("there is no cgroup to look at")
  return found ? present() : missing("no cgroup.kill")
}

function probeHugepages(): Answer {
  const sizes = (readable(() => listDir("/sys/kernel/mm/hugepages")) ?? []).map((name) => name.replace("hugepages-", "")).sort()
  return sizes.length === 0 ? missing("/sys/kernel/mm/hugepages has none") : present(sizes.join(", "))
}

function probeResctrl(host: Inspection): Answer {
  const mount = readable(() => findResctrl(host.mounts()))
  if (mount !== undefined) return present(mount)
  return missing(host.fileSystems().has("resctrl") ? "not mounted" : "not in /proc/filesystems")
}
