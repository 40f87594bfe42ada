import { readdirSync, readFileSync } from "node:fs"
import t from "tap"
import { deviceFilterRules, deviceLine, deviceList, parseDeviceList } from "../../../src/host/cgroup/device-rules.ts"
import type { DeviceRule } from "../../../src/spec/types.gen.ts"

const lines = (rules: readonly DeviceRule[] | undefined): string[] =>
  [...deviceList(deviceFilterRules(rules)).exceptions].map(([name, { access }]) => deviceLine(name, access)).sort()

/** devices.list of a container of runc 1.1.5 whose config.json is the one of `runc spec`. */
const RUNC = [
  "b *:* m", "c *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 10:200 rwm", "c 136:* rwm",
  "c 5:0 rwm", "c 5:2 rwm",
].sort()

t.test("deviceFilterRules: no rules, and the rule of `runc spec`, give runc's list", async (t) => {
  t.same(lines(undefined), RUNC)
  t.same(lines([]), RUNC)
  t.same(lines([{ allow: false, access: "rwm" }]), RUNC)
  t.equal(deviceList(deviceFilterRules(undefined)).allow, false)
})

t.test("deviceFilterRules: missing parts of a rule mean all, but a missing access opens nothing", async (t) => {
  t.same(deviceFilterRules([{ allow: false }])[0], { allow: false, type: "a", major: -1, minor: -1, access: 7 })
  t.same(deviceFilterRules([{ allow: true, type: "" }])[0], { allow: true, type: "a", major: -1, minor: -1, access: 7 })
  t.same(deviceFilterRules([{ allow: true, type: "c", major: 1 }])[0], { allow: true, type: "c", major: 1, minor: -1, access: 0 })
  t.same(deviceFilterRules([{ allow: false, type: "b", major: 8, minor: -1 }])[0],
    { allow: false, type: "b", major: 8, minor: -1, access: 7 })
  t.same(deviceFilterRules([{ allow: true, type: "b", major: 8, minor: 0, access: "mr" }])[0]?.access, 3)
})

t.test("deviceFilterRules: names the faulty field", async (t) => {
  const fault = (rule: object): unknown => {
    try {
      return deviceFilterRules([{ allow: true }, rule as DeviceRule])
    } catch (error) {
      return (error as { details: { pointer: string } }).details.pointer
    }
  }
  t.equal(fault({ allow: true, type: "p" }), "/linux/resources/devices/1/type")
  t.equal(fault({ allow: true, access: "rx" }), "/linux/resources/devices/1/access")
  t.equal(fault({ allow: true, major: -2 }), "/linux/resources/devices/1/major")
  t.equal(fault({ allow: true, minor: 2 ** 31 }), "/linux/resources/devices/1/minor")
  t.equal(fault({ allow: true, minor: 1.5 }), "/linux/resources/devices/1/minor")
})

t.test("deviceList: a rule for less takes an access off an entry, a rule for all clears the list", async (t) => {
  const allowed = { allow: true, type: "b", major: 8, minor: 1, access: "rwm" } as const
  t.same(lines([allowed, { allow: false, type: "b", major: 8, access: "w" }]), [...RUNC, "b 8:1 rm"].sort())
  t.same(lines([allowed, { allow: false, access: "rwm" }]), RUNC)
})

t.test("deviceList: allowing everything but some devices is a list of what is denied", async (t) => {
  const list = deviceList(deviceFilterRules([{ allow: true }, { allow: false, type: "b", major: 8, access: "rwm" }]))
  t.equal(list.allow, true)
  // the defaults let every node be made, which is a part of b 8:* m
  t.throws(() => deviceList(deviceFilterRules([{ allow: true }, { allow: false, type: "c", major: 10, access: "rwm" }])), /hole/)
  t.same([...list.exceptions].map(([name, { access }]) => deviceLine(name, access)), ["b 8:* rw"])
})

t.test("deviceList: reading by a wide entry and writing by a narrow one are joined, as open(2) asks once", async (t) => {
  t.ok(lines([{ allow: true, type: "c", major: 7, access: "r" }, { allow: true, type: "c", major: 7, minor: 1, access: "w" }])
    .includes("c 7:1 rw"))
})

t.test("parseDeviceList: reads back what deviceLine writes", async (t) => {
  t.same(parseDeviceList("a *:* rwm\n"), { allow: true, exceptions: new Map() })
  const list = parseDeviceList(RUNC.join("\n") + "\n")
  t.equal(list.allow, false)
  t.same([...list.exceptions].map(([name, { access }]) => deviceLine(name, access)).sort(), RUNC)
})

interface Config {
  readonly linux?: { readonly resources?: { readonly devices?: DeviceRule[] | null } }
}

t.test("deviceList: every engine's rules can be written for v1", async (t) => {
  const folder = new URL("../../fixtures/engine-configs/", import.meta.url)
  const files = readdirSync(folder).filter((name) => name.includes("-config-"))
  t.ok(files.length > 0)
  for (const file of files) {
    const { linux } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Config
    const list = deviceList(deviceFilterRules(linux?.resources?.devices ?? undefined))
    t.ok(list.allow || list.exceptions.has("c 1:3"), file)
  }
})
