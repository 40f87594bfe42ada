import { deviceFilterRules, deviceLine, deviceList } from "../host/cgroup/device-rules.ts"
import { foreseeResources } from "../host/cgroup/resources/foresee.ts"
import { controllerKey, UNIFIED } from "../host/cgroup/record.ts"
import { deviceFilter } from "../kernel/bpf.ts"
import { BPF_INSTRUCTION_BYTES } from "../kernel/seccomp.ts"
import { findMapper } from "../host/subids.ts"
import { mapLines } from "../lifecycle/id-maps.ts"
import { resourceLimits } from "../lifecycle/limits.ts"
import { START_SOCKET } from "../lifecycle/outcome.ts"
import { ownsCgroup } from "../lifecycle/cgroup-owner.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import { pointerKey } from "../spec/report.ts"
import type { Hook, Process, Spec } from "../spec/types.gen.ts"
import type { Concern } from "./concerns.ts"
import type { Foreseen, Notes } from "./foresee.ts"
import type { Line } from "./model.ts"

/*
 * What runts does itself, outside the program: before it starts it, while it waits for its messages, and after. In the order of
 * lifecycle/creation.ts and lifecycle/start.ts.
 */

const quote = JSON.stringify

/** What runts does at each point of a creation. */
export interface RuntimeLines {
  readonly before: readonly Line[]
  /** When the container's process has told its pid, asks for its id maps, for network devices, for hooks, is ready. */
  readonly pid: readonly Line[]
  readonly maps: readonly Line[]
  readonly devices: readonly Line[]
  readonly hooks: readonly Line[]
  readonly ready: readonly Line[]
  /** `start`: before the process goes on, when it has loaded its filter, and when the user's program runs. */
  readonly start: readonly Line[]
  readonly listener: readonly Line[]
  readonly started: readonly Line[]
}

export function runtimeLine(concern: Concern, sentence: string, call: string, pointer = ""): Line {
  return { actor: "runts", concern, sentence, call, pointer }
}

/** A write to a file, as strace -y shows it. */
function write(path: string, text: string): string {
  return `write(<${path}>, ${quote(text)}, ${Buffer.byteLength(text)})`
}

/** The same of a file whose content is not told in full. */
function writeSome(path: string, content: string): string {
  return `write(<${path}>, ${content})`
}

export async function runtimeLines(foreseen: Foreseen, notes: Notes): Promise<RuntimeLines> {
  const { spec } = foreseen
  const process = spec.process as Process
  return {
    before: [
      ...checkLines(foreseen), ...seccompLines(foreseen), ...stateLines(foreseen), ...await cgroupLines(foreseen, notes),
      ...rdtLines(spec), ...inheritedLines(foreseen), ...launchLines(foreseen),
    ],
    pid: limitsFromOutside(process, namespaceOf(spec.linux, "user") !== undefined, foreseen.facts.unprivileged === true),
    maps: foreseen.facts.unprivileged === true ? await ownMapsLines(spec) : mapsLines(spec),
    devices: deviceLines(spec),
    hooks: [
      ...hookLines(spec, "prestart", "in the runtime's namespaces"),
      ...hookLines(spec, "createRuntime", "in the runtime's namespaces"),
      ...hookLines(spec, "createContainer", "in the container's namespaces"),
    ],
    ready: readyLines(foreseen),
    start: [
      ...hookLines(spec, "startContainer", "in the container's namespaces, as confined as its process"),
      runtimeLine("process", "`start` sends the go",
        `connect(<${foreseen.folder}/${START_SOCKET}>); write(<start.sock>, "S", 1)`),
    ],
    listener: listenerLines(spec),
    started: [
      runtimeLine("process", "write down that it runs", writeSome(`${foreseen.folder}/state.json`, '{"status":"running", ...}')),
      ...hookLines(spec, "poststart", "in the runtime's namespaces"),
      ...hookLines(spec, "poststop", "in the runtime's namespaces, when the container is deleted"),
    ],
  }
}

function checkLines({ facts }: Foreseen): Line[] {
  return [
    runtimeLine("preparation", "read config.json, and check it against the schema and the specification's rules",
      `openat(AT_FDCWD, ${quote(`${facts.bundle}/config.json`)}, O_RDONLY|O_CLOEXEC)`),
  ]
}

function seccompLines({ spec, facts }: Foreseen): Line[] {
  const profile = spec.linux?.seccomp
  if (facts.seccomp === undefined) return []
  const instructions = facts.seccomp.filter.length / BPF_INSTRUCTION_BYTES
  if (profile === undefined) {
    const sentence = `take the seccomp filter of the annotation: ${instructions} instructions`
    return [runtimeLine("privileges", sentence, "decode base64", "/annotations/run.oci.seccomp_bpf_data")]
  }
  const rules = profile.syscalls ?? []
  const names = rules.reduce((sum, rule) => sum + rule.names.length, 0)
  const size = instructions === 0 ? "" : ` to ${instructions} instructions`
  return [runtimeLine("privileges",
    `compile the seccomp profile${size}: ${rules.length} rules for ${names} system calls, ${profile.defaultAction} for all others`,
    `seccomp_init(${profile.defaultAction}); seccomp_rule_add_exact_array(...) x ${names}; seccomp_export_bpf(...)`,
    "/linux/seccomp")]
}

function stateLines({ folder, facts }: Foreseen): Line[] {
  const lines = [
    runtimeLine("preparation", `claim the name ${quote(facts.id)}: a folder for its state`,
      `mkdirat(AT_FDCWD, ${quote(folder)}, 0700)`),
    runtimeLine("preparation", "lock it against other commands", `flock(<${folder}>, LOCK_EX|LOCK_NB)`),
    runtimeLine("preparation", "keep a copy of config.json, for processes that join later",
      `write(<${folder}/config.json>, ...)`),
  ]
  if (facts.seccomp !== undefined) {
    lines.push(runtimeLine("preparation", "keep the seccomp filter, for processes that join later",
      `write(<${folder}/seccomp.bpf>, ..., ${facts.seccomp.filter.length})`, "/linux/seccomp"))
  }
  lines.push(runtimeLine("preparation", "write down what will be made, so that whatever happens `delete` finds it",
    writeSome(`${folder}/state.json`, '{"status":"creating", ...}')))
  return lines
}

async function cgroupLines({ spec, record }: Foreseen, notes: Notes): Promise<Line[]> {
  const resources = spec.linux?.resources
  const lines: Line[] = []
  const pointer = "/linux/cgroupsPath"
  for (const [key, path] of Object.entries(record.paths)) {
    const what = key === UNIFIED ? "the cgroup" : `the ${key} cgroup`
    lines.push(runtimeLine("cgroups", `make ${what}, with its parents; one that is there must be empty and not frozen`,
      `mkdirat(AT_FDCWD, ${quote(path)}, 0755)`, pointer))
    if (key === UNIFIED && record.mode === "v2") {
      lines.push(runtimeLine("cgroups", "make all controllers available in it, from the root down",
        `write(<${record.mounts[key]}/.../cgroup.subtree_control>, "+cpu +memory +pids ...")`, pointer))
    }
    if (key.split(",").includes("cpuset")) {
      lines.push(runtimeLine("cgroups", "copy the parent's processors and memory nodes, which a new cpuset lacks",
        `write(<${path}/cpuset.cpus>, ...); write(<${path}/cpuset.mems>, ...)`, pointer))
    }
  }
  lines.push(...deviceRuleLines(spec, record))
  if (resources === undefined) return lines
  for (const step of await foreseeResources(record, resources)) {
    if ("fault" in step) {
      notes.problem(`${step.pointer}: ${step.fault}`, step.pointer)
      continue
    }
    const name = step.pointer.slice("/linux/resources/".length).replaceAll("/", ".")
    lines.push(runtimeLine("cgroups", `limit ${name}: ${step.file} is ${step.text}`,
      write(`${step.path}/${step.file}`, step.text), step.pointer))
  }
  return lines
}

function deviceRuleLines(spec: Spec, record: Foreseen["record"]): Line[] {
  const pointer = "/linux/resources/devices"
  const rules = deviceFilterRules(spec.linux?.resources?.devices)
  const v1 = controllerKey(record, "devices")
  if (v1 === undefined) {
    if (record.paths[UNIFIED] === undefined) return []
    const instructions = deviceFilter(rules)
    if (instructions === undefined) return [runtimeLine("devices", "allow every device", "no program is needed", pointer)]
    return [
      runtimeLine("devices", `compile the ${rules.length} device rules, with those of the default devices, to a program`,
        `bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_CGROUP_DEVICE, insn_cnt=${instructions.length / 8}, license="..."})`,
        pointer),
      runtimeLine("devices", "let it decide which devices the container may make and open",
        `bpf(BPF_PROG_ATTACH, {target_fd=<${record.paths[UNIFIED]}>, attach_type=BPF_CGROUP_DEVICE, attach_flags=BPF_F_ALLOW_MULTI})`, pointer),
    ]
  }
  const path = record.paths[v1] as string
  const list = deviceList(rules)
  const lines = [list.allow
    ? runtimeLine("devices", "allow all devices", write(`${path}/devices.allow`, "a"), pointer)
    : runtimeLine("devices", "deny all devices", write(`${path}/devices.deny`, "a"), pointer)]
  for (const [name, { access }] of list.exceptions) {
    const line = deviceLine(name, access)
    lines.push(runtimeLine("devices", `${list.allow ? "deny" : "allow"} the device ${line}`,
      write(`${path}/devices.${list.allow ? "deny" : "allow"}`, line), pointer))
  }
  return lines
}

function rdtLines({ linux }: Spec): Line[] {
  if (linux?.intelRdt === undefined) return []
  return [runtimeLine("cgroups", "make its class of service, and write the schemata",
    'mkdirat(<resctrl>, ...); write(<.../schemata>, ...)', "/linux/intelRdt")]
}

function inheritedLines({ spec, facts, folder, descriptors }: Foreseen): Line[] {
  const lines = [
    runtimeLine("preparation", "a pair of sockets for the talk with the container's process",
      "socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0)"),
    runtimeLine("preparation", "the socket on which it will wait for `start`",
      `bind(${facts.channel.start}, <${folder}/${START_SOCKET}>); listen(${facts.channel.start}, 1)`),
  ]
  if (facts.channel.console !== undefined) {
    lines.push(runtimeLine("process", "connect to the socket that takes the terminal's master (--console-socket)",
      "connect(<console socket>)", "/process/terminal"))
  }
  for (const [index, namespace] of (spec.linux?.namespaces ?? []).entries()) {
    if (namespaceIsNew(namespace)) continue
    const pointer = `/linux/namespaces/${index}/path`
    lines.push(runtimeLine("namespaces", `open the ${namespace.type} namespace to join`,
      `openat(AT_FDCWD, ${quote(namespace.path)}, O_RDONLY|O_CLOEXEC)`, pointer))
  }
  for (const [index, fd] of facts.idmaps) {
    lines.push(runtimeLine("identity", `make a user namespace with the id mappings of ${spec.mounts?.[index]?.destination}`,
      `clone(CLONE_NEWUSER); open ${fd}<${descriptors.get(fd)}>`, `/mounts/${index}`))
  }
  lines.push(runtimeLine("rootfs", "look at the root filesystem, the sources of mounts, and which targets are there",
    `openat(AT_FDCWD, ${quote(facts.rootfs)}, O_PATH|O_DIRECTORY|O_CLOEXEC)`, "/root/path"))
  return lines
}

function launchLines({ facts }: Foreseen): Line[] {
  return [
    runtimeLine("preparation", "compile all this to a program, in a file in memory that nobody can change any more",
      `memfd_create("runts", MFD_CLOEXEC|MFD_ALLOW_SEALING); write(...); fcntl(F_ADD_SEALS, ...)`),
    runtimeLine("preparation",
      `start it as the container's first process, the launcher, with the status socket ${facts.channel.status}`,
      "vfork(); execve(</memfd:runts>, ...)"),
  ]
}

/**
 * To the process, from outside its namespaces.
 * @param user it is in a user namespace, which takes the right to raise its limits
 * @param unprivileged the runtime has no more rights itself, and leaves it all to the program
 */
export function limitsFromOutside(process: Process, user: boolean, unprivileged: boolean): Line[] {
  const lines: Line[] = []
  if (unprivileged) return lines
  if (process.oomScoreAdj !== undefined) {
    lines.push(runtimeLine("process", `set its score for the out-of-memory killer to ${process.oomScoreAdj}`,
      write("/proc/PID/oom_score_adj", String(process.oomScoreAdj)), "/process/oomScoreAdj"))
  }
  if (!user) return lines
  for (const { text, pointer } of resourceLimits(process)) {
    const [name, values = ""] = text.split(" to ")
    const [soft, hard] = values.split(":")
    lines.push(runtimeLine("process", `set ${text} from outside, as the user namespace may not raise it`,
      `prlimit64(PID, ${name}, {rlim_cur=${soft}, rlim_max=${hard}}, NULL)`, pointer))
  }
  return lines
}

/** As lifecycle/own-maps.ts: of an ordinary user. */
async function ownMapsLines({ linux }: Spec): Promise<Line[]> {
  const { deniesGroups, mapsHimself } = await import("../lifecycle/own-maps.ts")
  const lines: Line[] = []
  for (const kind of ["gid", "uid"] as const) {
    const mappings = linux?.[`${kind}Mappings`] ?? []
    const pointer = `/linux/${kind}Mappings`
    if (kind === "gid" && deniesGroups(mappings)) {
      lines.push(runtimeLine("identity", "deny setgroups(2) in it: who maps his own group himself could drop one that keeps him from files",
        write("/proc/PID/setgroups", "deny"), pointer))
    }
    if (mapsHimself(kind, mappings)) lines.push(mapLine(kind, mappings))
    else {
      const path = findMapper(kind) ?? `/usr/bin/new${kind}map`
      const args = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size])
      lines.push(runtimeLine("identity", `${mappingSentence(kind, mappings)}: by new${kind}map, as they are more than the user's own`,
        `execve(${quote(path)}, [${[quote(path), "PID", ...args.map((arg) => quote(String(arg)))].join(", ")}], ...)`, pointer))
    }
  }
  return [...lines, goOn()]
}

type Mappings = NonNullable<NonNullable<Spec["linux"]>["uidMappings"]>

function mappingSentence(kind: "uid" | "gid", mappings: Mappings): string {
  const texts = mappings.map(({ containerID, hostID, size }) =>
    `${containerID} to ${containerID + size - 1} are ${hostID} to ${hostID + size - 1} of the host`)
  return `map its ${kind === "uid" ? "user" : "group"} ids: ${texts.join(", ")}`
}

function mapLine(kind: "uid" | "gid", mappings: Mappings): Line {
  return runtimeLine("identity", mappingSentence(kind, mappings), write(`/proc/PID/${kind}_map`, mapLines(mappings)), `/linux/${kind}Mappings`)
}

function goOn(): Line {
  return runtimeLine("identity", "let it go on", `sendto(<status socket>, "\\0", 1, MSG_NOSIGNAL, NULL, 0)`)
}

function mapsLines({ linux }: Spec): Line[] {
  const lines = (["uid", "gid"] as const).flatMap((kind) => {
    const mappings = linux?.[`${kind}Mappings`] ?? []
    return mappings.length === 0 ? [] : [mapLine(kind, mappings)]
  })
  return [...lines, goOn()]
}

function deviceLines({ linux }: Spec): Line[] {
  const lines = Object.entries(linux?.netDevices ?? {}).map(([host, { name }]) =>
    runtimeLine("namespaces",
      `move the network device ${host} in${name === undefined || name === "" ? "" : ` as ${name}`}, with its addresses`,
      `sendto(<NETLINK_ROUTE>, {RTM_NEWLINK, ifname=${quote(host)}, IFLA_NET_NS_FD, IFLA_IFNAME=${quote(name ?? host)}, IFF_UP})`, `/linux/netDevices/${pointerKey(host)}`))
  return [...lines, runtimeLine("namespaces", "let it go on", `sendto(<status socket>, "\\0", 1, MSG_NOSIGNAL, NULL, 0)`)]
}

type HookKind = "prestart" | "createRuntime" | "createContainer" | "startContainer" | "poststart" | "poststop"

function hookLines(spec: Spec, kind: HookKind, where: string): Line[] {
  return ((spec.hooks?.[kind] ?? []) as readonly Hook[]).map((hook, index) => {
    const args = (hook.args ?? [hook.path]).map((arg) => quote(arg)).join(", ")
    const timeout = hook.timeout === undefined ? "" : `, at most ${hook.timeout} s`
    return runtimeLine("hooks", `run the ${kind} hook ${hook.path} ${where}${timeout}, with the state on its standard input`,
      `execve(${quote(hook.path)}, [${args}], ...)`, `/hooks/${kind}/${index}`)
  })
}

function readyLines({ spec, record, folder, facts }: Foreseen): Line[] {
  const process = spec.process as Process
  const lines: Line[] = []
  if (namespaceOf(spec.linux, "user") !== undefined && facts.unprivileged !== true) {
    const { scheduler, ioPriority } = process
    if (scheduler !== undefined) {
      lines.push(runtimeLine("process", `schedule it by ${scheduler.policy} from outside`,
        `sched_setattr(PID, {sched_policy=${scheduler.policy}, ...}, 0)`, "/process/scheduler"))
    }
    if (ioPriority !== undefined) {
      lines.push(runtimeLine("process", `give its process group the io priority ${ioPriority.class} from outside`,
        `ioprio_set(IOPRIO_WHO_PGRP, PID, IOPRIO_PRIO_VALUE(${ioPriority.class}, ${ioPriority.priority ?? 0}))`, "/process/ioPriority"))
    }
  }
  if (ownsCgroup(spec, record)) {
    lines.push(runtimeLine("cgroups",
      "give the cgroup to the user of the process, as it has a cgroup namespace and a writable cgroupfs",
      `fchownat(<${record.paths[UNIFIED]}>, ..., uid, -1, 0)`, "/linux/namespaces"))
  }
  if (record.leaf !== undefined) {
    const path = `${record.paths[UNIFIED]}/${record.leaf}`
    const pointer = "/annotations/run.oci.delegate-cgroup"
    lines.push(
      runtimeLine("cgroups", "make the cgroup below that it is to be in", `mkdirat(AT_FDCWD, ${quote(path)}, 0755)`, pointer),
      runtimeLine("cgroups", "bring it there", write(`${path}/cgroup.procs`, "PID"), pointer),
      runtimeLine("cgroups", "hand the controllers on, and give it to the user of the process",
        `write(<${record.paths[UNIFIED]}/cgroup.subtree_control>, "+cpu +memory +pids ..."); fchownat(<${path}>, ..., uid, -1, 0)`, pointer),
    )
  }
  lines.push(
    runtimeLine("process", "write down that it is created, and its pid",
      writeSome(`${folder}/state.json`, '{"status":"created", "pid":PID, ...}')),
    runtimeLine("process", "write its pid to the file that --pid-file names, if one is given", "write(<pid file>, PID)"),
    runtimeLine("process", "let it wait for `start`", `sendto(<status socket>, "\\0", 1, MSG_NOSIGNAL, NULL, 0)`),
  )
  return lines
}

function listenerLines(spec: Spec): Line[] {
  const path = spec.linux?.seccomp?.listenerPath
  if (path === undefined || path === "") return []
  return [runtimeLine("privileges", `take the seccomp listener out of it and send it to ${path}`,
    `pidfd_getfd(PIDFD, ...); sendmsg(<${path}>, {SCM_RIGHTS}, 0)`, "/linux/seccomp/listenerPath")]
}
