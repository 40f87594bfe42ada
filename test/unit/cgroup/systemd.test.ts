import t from "tap"
import { expandSlice, unitNames, unitRecord } from "../../../src/host/cgroup/systemd-names.ts"
import { type Context, cpuMask, inWholePercents, resourceProperties } from "../../../src/host/cgroup/systemd-properties.ts"
import { systemdDevices } from "../../../src/host/cgroup/systemd-devices.ts"
import { deviceFilterRules, deviceList } from "../../../src/host/cgroup/device-rules.ts"
import { busAddresses } from "../../../src/host/systemd/manager.ts"
import type { LinuxResources } from "../../../src/spec/types.gen.ts"

/*
 * The systemd driver's pure parts: names, places, properties. What systemd makes of them is test/systemd.
 */

t.test("names of units [/linux/cgroupsPath]", async (t) => {
  const names = (path?: string): object => unitNames(path, "id1", "system.slice")
  t.same(names(), { slice: "system.slice", unit: "runc-id1.scope" })
  t.same(names(""), { slice: "system.slice", unit: "runc-id1.scope" })
  t.same(names("user-1000.slice:docker:abc"), { slice: "user-1000.slice", unit: "docker-abc.scope" })
  t.same(names("::abc"), { slice: "system.slice", unit: "-abc.scope" }, "runc's name without a prefix")
  t.same(names("-.slice:a:b"), { slice: "-.slice", unit: "a-b.scope" })
  t.same(names("machine.slice:x:machine-a.slice"), { slice: "machine.slice", unit: "machine-a.slice" })
  for (const bad of ["/a", "a.slice", "a:b", "a.slice:b:c:d", "a:b:c", ".slice:b:c", "-a.slice:b:c", "a-.slice:b:c", "a/b.slice:c:d", "a.slice:b:", "a.slice:b:c/d",
    "a.slice:b:c d", `a.slice:b:${"x".repeat(300)}`, "a.slice:b:--.slice"]) {
    t.throws(() => names(bad), { message: /./, details: { pointer: "/linux/cgroupsPath" } }, bad)
  }
})

t.test("a slice's folder", async (t) => {
  t.equal(expandSlice("-.slice"), "")
  t.equal(expandSlice("a.slice"), "a.slice")
  t.equal(expandSlice("a-b-c.slice"), "a.slice/a-b.slice/a-b-c.slice")
})

t.test("cgroups of a unit in each hierarchy", async (t) => {
  const v2 = { mode: "v2", root: "/sys/fs/cgroup", unified: "/sys/fs/cgroup", controllers: [{ name: "", mount: "/sys/fs/cgroup", root: "/" }] } as const
  t.same(unitRecord(v2, { slice: "a-b.slice", unit: "x-y.scope" }, "", false).paths, { "": "/sys/fs/cgroup/a.slice/a-b.slice/x-y.scope" })
  t.same(unitRecord(v2, { slice: "-.slice", unit: "x-y.scope" }, "", false).paths, { "": "/sys/fs/cgroup/x-y.scope" })
  t.same(unitRecord(v2, { slice: "a.slice", unit: "a-b.slice" }, "/user.slice/user@5.service", true).paths,
    { "": "/sys/fs/cgroup/user.slice/user@5.service/a.slice/a-b.slice" })
})

const INFINITY = 2n ** 64n - 1n
const V2: Context = { version: 2, systemd: 252 }
const V1: Context = { version: 1, systemd: 252 }

function properties(resources: LinuxResources, context: Context = V2): Record<string, unknown> {
  return Object.fromEntries(resourceProperties(resources, context).map(({ name, value }) => [name, value]))
}

t.test("resources on v2 [/linux/resources/memory/limit] [/linux/resources/cpu/quota] [/linux/resources/unified]", async (t) => {
  t.same(properties({}), {})
  t.same(properties({ memory: { limit: -1 } }), { MemoryMax: INFINITY, MemorySwapMax: INFINITY })
  t.same(properties({ memory: { limit: 100, swap: 100 } }), { MemoryMax: 100n, MemorySwapMax: 0n })
  t.same(properties({ memory: { limit: 0, swap: 0, reservation: 0 } }), {}, "zeros say nothing")
  t.throws(() => properties({ memory: { swap: 100 } }), { message: /memory has no limit of its own/ })
  t.same(properties({ memory: { swap: 100 } }, { ...V2, current: { memoryMax: "60", quota: -1, period: 100000 } }), { MemorySwapMax: 40n })
  t.same(properties({ cpu: { quota: 50000 } }), { CPUQuotaPerSecUSec: 500_000n })
  t.same(properties({ cpu: { quota: -1 } }), { CPUQuotaPerSecUSec: INFINITY })
  t.same(properties({ cpu: { quota: 1001, period: 100000 } }), { CPUQuotaPeriodUSec: 100000n, CPUQuotaPerSecUSec: 20_000n }, "whole percents, rounded up")
  t.same(properties({ cpu: { quota: 1001, period: 100000 } }, { ...V2, systemd: 240 }), { CPUQuotaPerSecUSec: 20_000n }, "an old systemd has no period")
  t.same(properties({ cpu: { period: 50000 } }, { ...V2, current: { memoryMax: "max", quota: 25000, period: 100000 } }),
    { CPUQuotaPeriodUSec: 50000n, CPUQuotaPerSecUSec: 500_000n }, "the quota that is there")
  t.same(properties({ cpu: { quota: 25000 } }, { ...V2, current: { memoryMax: "max", quota: -1, period: 50000 } }), { CPUQuotaPerSecUSec: 500_000n }, "the period that is there")
  t.same(properties({ cpu: { shares: 1024, idle: 1 } }), { CPUWeight: 0n })
  t.same(properties({ cpu: { shares: 1024, idle: 1 } }, { ...V2, systemd: 251 }), { CPUWeight: 100n })
  t.same(properties({ cpu: { cpus: "0,9-10", mems: "0" } }), { AllowedCPUs: [1, 6], AllowedMemoryNodes: [1] })
  t.same(properties({ cpu: { cpus: "0" } }, { ...V2, systemd: 243 }), {})
  t.same(properties({ pids: { limit: 0 } }), { TasksMax: 1n })
  t.same(properties({ pids: { limit: -1 } }), { TasksMax: INFINITY })
  t.same(properties({ blockIO: { weight: 10 } }), { IOWeight: 1n })
  t.same(properties({ cpu: { shares: 2 }, unified: { "cpu.weight": "5", "cpu.max": "max", "pids.max": "max", "no.such": "1", "io.weight": "default 50" } }),
    { CPUWeight: 5n, CPUQuotaPerSecUSec: INFINITY, TasksMax: INFINITY, IOWeight: 50n }, "unified is last")
  t.same(properties({ unified: { "memory.oom.group": "1" } }, { ...V2, systemd: 253 }), { OOMPolicy: "kill" })
  t.same(properties({ unified: { "memory.oom.group": "1" } }), {})
  t.throws(() => properties({ unified: { "memory.max": "lots" } }), { message: '/linux/resources/unified/memory.max: "lots" is no value of memory.max' })
})

t.test("resources on v1 [/linux/resources/cpu/shares] [/linux/resources/blockIO/weight]", async (t) => {
  t.same(properties({ memory: { limit: 100, swap: 200, reservation: 50 }, cpu: { shares: 1024, cpus: "0" }, blockIO: { weight: 500 }, unified: { "memory.max": "1" } }, V1),
    { MemoryLimit: 100n, CPUShares: 1024n, BlockIOWeight: 500n })
})

t.test("files say what the properties say [/linux/resources/cpu/quota]", async (t) => {
  t.same(inWholePercents({ cpu: { quota: 12345 } }, V2), { cpu: { quota: 13000 } })
  t.same(inWholePercents({ cpu: { quota: 12000 } }, V2), { cpu: { quota: 12000 } })
  t.same(inWholePercents({ cpu: { quota: 100, period: 3000 } }, V2), { cpu: { quota: 120, period: 3000 } })
  t.same(inWholePercents({ cpu: { quota: -1 }, pids: { limit: 1 } }, V2), { cpu: { quota: -1 }, pids: { limit: 1 } })
})

t.test("masks of processors", async (t) => {
  t.same(cpuMask("0-3,7", ""), [0x8f])
  t.same(cpuMask("", ""), [])
  t.same(cpuMask("16", ""), [0, 0, 1])
  for (const bad of ["a", "1-", "-1", "0x1", "99999999"]) t.throws(() => cpuMask(bad, "/p"), bad)
})

t.test("device rules on v1 [/linux/resources/devices]", async (t) => {
  const text = "Character devices:\n  1 mem\n136 pts\n\nBlock devices:\n  8 sd\n"
  const made = (rules: LinuxResources["devices"]): unknown => systemdDevices(deviceList(deviceFilterRules(rules)), text)
  const [policy, allowed] = made([{ allow: true, type: "b", major: 8, access: "r" }, { allow: true, type: "c", major: 250, access: "r" }]) as { value: unknown }[]
  t.equal(policy?.value, "strict")
  const list = allowed?.value as readonly (readonly [string, string])[]
  t.same(list.find(([name]) => name === "/dev/char/1:3"), ["/dev/char/1:3", "rwm"])
  t.same(list.find(([name]) => name === "char-pts"), ["char-pts", "rwm"])
  t.same(list.find(([name]) => name === "char-*"), ["char-*", "m"])
  t.same(list.find(([name]) => name === "block-sd"), ["block-sd", "r"])
  t.notOk(list.some(([name]) => name.includes("250")), "a major number that nobody has")
  t.same(made([{ allow: true, access: "rwm" }]), [{ name: "DevicePolicy", signature: "s", value: "auto" }])
})

t.test("where buses are", async (t) => {
  const addresses = (kind: "system" | "user", variables: object, home?: string): string[] => busAddresses(kind, variables, home).map(({ address }) => address)
  t.same(addresses("system", {}), ["unix:path=/run/dbus/system_bus_socket", "unix:path=/run/systemd/private"])
  t.same(addresses("system", { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/x" }), ["unix:path=/x"])
  const own = ["unix:path=/run/user/5/bus", "unix:path=/run/user/5/systemd/private"]
  t.same(addresses("user", { XDG_RUNTIME_DIR: "/run/user/5" }), own)
  t.same(addresses("user", { XDG_RUNTIME_DIR: "/run/user/5", DBUS_SESSION_BUS_ADDRESS: "unix:path=/y" }), ["unix:path=/y", ...own])
  t.same(addresses("user", { XDG_RUNTIME_DIR: "/run/user/5", DBUS_SESSION_BUS_ADDRESS: own[0] }), own, "each once")
  t.same(addresses("user", { XDG_RUNTIME_DIR: "", DBUS_SESSION_BUS_ADDRESS: "" }), [], "empty is unset")
  t.same(addresses("user", {}, "/run/user/5"), own, "where systemd-logind puts them")
  t.same(addresses("user", { DBUS_SESSION_BUS_ADDRESS: "unix:path=/y" }, "/run/user/5"), ["unix:path=/y"])
  t.same(addresses("user", { XDG_RUNTIME_DIR: "/z" }, "/run/user/5"), ["unix:path=/z/bus", "unix:path=/z/systemd/private"])
})
