import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import type { Config } from "../../conformance/lib/config.ts"
import { listenForConsole } from "../../conformance/lib/helpers.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* Properties that the specification calls REQUIRED: a config without one is invalid, which must be an error (config.md, Valid values). */

const FILTER = { defaultAction: "SCMP_ACT_ALLOW" } as const
const RULE = { names: ["mkdir"], action: "SCMP_ACT_ERRNO" } as const

type Change = (config: Config, box: Box) => void

/** The clause of the section, the property, a change that leaves it out. */
const MISSING: readonly (readonly [clause: string, property: string, change: Change])[] = [
  ["config.md/root-5", "root.path", ({ root }) => void delete (root as Partial<typeof root>).path],
  ["config.md/mounts-5", "mounts.destination", ({ mounts }) => void mounts.push({ type: "tmpfs", source: "none" } as never)],
  ["config.md/process-7", "consoleSize.height", ({ process }) => void Object.assign(process, { terminal: true, consoleSize: { width: 80 } })],
  ["config.md/process-7", "consoleSize.width", ({ process }) => void Object.assign(process, { terminal: true, consoleSize: { height: 25 } })],
  ["config.md/posix-process-5", "rlimits.type", ({ process }) => void (process.rlimits = [{ soft: 10, hard: 10 } as never])],
  ["config.md/posix-process-5", "rlimits.soft", ({ process }) => void (process.rlimits = [{ type: "RLIMIT_CORE", hard: 10 } as never])],
  ["config.md/posix-process-5", "rlimits.hard", ({ process }) => void (process.rlimits = [{ type: "RLIMIT_CORE", soft: 10 } as never])],
  ["config.md/linux-process-16", "scheduler.policy", ({ process }) => void (process["scheduler"] = { nice: 1 })],
  ["config.md/linux-process-16", "ioPriority.class", ({ process }) => void (process["ioPriority"] = { priority: 1 })],
  ["config.md/posix-platform-hooks-7", "hooks.path", (config) => void (config.hooks = { poststop: [{ args: ["true"] } as never] })],
  ["config-linux.md/namespaces-8", "namespaces.type", ({ linux }) => void linux.namespaces.push({ path: "/proc/self/ns/cgroup" } as never)],
  ["config-linux.md/user-namespace-mappings-3", "containerID", (_, box) => mapped(box, { hostID: 100_000, size: 10 })],
  ["config-linux.md/user-namespace-mappings-3", "hostID", (_, box) => mapped(box, { containerID: 0, size: 10 })],
  ["config-linux.md/user-namespace-mappings-3", "size", (_, box) => mapped(box, { containerID: 0, hostID: 100_000 })],
  ["config-linux.md/devices-5", "devices.type", ({ linux }) => void (linux["devices"] = [{ path: "/dev/probe", major: 1, minor: 5 }])],
  ["config-linux.md/devices-5", "devices.path", ({ linux }) => void (linux["devices"] = [{ type: "c", major: 1, minor: 5 }])],
  ["config-linux.md/allowed-device-list-3", "devices.allow", ({ linux }) => void (linux["resources"] = { devices: [{ access: "rwm" }] })],
  ["config-linux.md/block-io-3", "weightDevice.major", ({ linux }) => void (linux["resources"] = { blockIO: { weightDevice: [{ minor: 0, weight: 500 }] } })],
  ["config-linux.md/block-io-3", "throttleReadBpsDevice.rate", ({ linux }) => void (linux["resources"] = { blockIO: { throttleReadBpsDevice: [{ major: 7, minor: 0 }] } })],
  ["config-linux.md/huge-page-limits-3", "hugepageLimits.pageSize", ({ linux }) => void (linux["resources"] = { hugepageLimits: [{ limit: 4_194_304 }] })],
  ["config-linux.md/huge-page-limits-3", "hugepageLimits.limit", ({ linux }) => void (linux["resources"] = { hugepageLimits: [{ pageSize: "2MB" }] })],
  ["config-linux.md/memory-policy-3", "memoryPolicy.mode", ({ linux }) => void (linux["memoryPolicy"] = { nodes: "0" })],
  ["config-linux.md/seccomp-14", "defaultAction", ({ linux }) => void (linux["seccomp"] = { syscalls: [RULE] })],
  ["config-linux.md/seccomp-14", "syscalls.names", ({ linux }) => void (linux["seccomp"] = { ...FILTER, syscalls: [{ action: "SCMP_ACT_ERRNO" }] })],
  ["config-linux.md/seccomp-14", "syscalls.action", ({ linux }) => void (linux["seccomp"] = { ...FILTER, syscalls: [{ names: ["mkdir"] }] })],
  ["config-linux.md/seccomp-14", "args.op", ({ linux }) => void (linux["seccomp"] = { ...FILTER, syscalls: [{ ...RULE, args: [{ index: 0, value: 1 }] }] })],
  ["config-linux.md/personality-2", "personality.domain", ({ linux }) => void (linux["personality"] = { flags: [] })],
]

/** A user namespace one of whose mappings lacks something. */
function mapped(box: Box, mapping: object): void {
  box.mapIds()
  Object.assign(box.config.linux, { uidMappings: [mapping], gidMappings: [mapping] })
}

for (const [clause, property, change] of MISSING) {
  boxTest(`without ${property} create is an error [clause ${clause}]`, { leavesElsewhere: "runtime.md/errors-1" }, async (t, box) => {
    change(box.args("/bin/sleep", "1000").config, box)
    const socket = `${box.folder}/console`
    const console = box.config.process.terminal === true ? await listenForConsole(socket, "", 3) : undefined
    t.not(box.tryCreate(console === undefined ? [] : ["--console-socket", socket]).code, 0, `without ${property}`)
    t.not(box.call(["state", box.id]).code, 0, "no container")
    box.call(["delete", "--force", box.id])
    await console?.().catch(() => undefined)
  })
}

t.end()
