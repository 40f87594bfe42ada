import t from "tap"
import { capabilityWords } from "../../../src/kernel/capabilities.ts"
import { grantedCapabilities } from "../../../src/plan/capability-sets.ts"

const none = { low: 0, high: 0 }

t.test("without a user namespace: what the runtime lacks is left out, and named once", (t) => {
  const own = capabilityWords(["CAP_CHOWN", "CAP_KILL", "CAP_BPF"])
  const all = ["CAP_CHOWN", "CAP_SYS_RESOURCE", "CAP_BPF"]
  const warnings: string[] = []
  const sets = grantedCapabilities(
    { bounding: all, permitted: all, effective: all, inheritable: all, ambient: all },
    { grantable: { permitted: own, bounding: own }, lastCapability: 40 }, warnings,
  )
  for (const [name, set] of Object.entries(sets)) t.same(set, capabilityWords(["CAP_CHOWN", "CAP_BPF"]), name)
  t.equal(warnings.length, 1)
  t.match(warnings[0], /capabilities\.bounding: CAP_SYS_RESOURCE cannot be granted/)
  t.end()
})

t.test("a set is cut to what the kernel allows beside the others", (t) => {
  const warnings: string[] = []
  const sets = grantedCapabilities(
    { bounding: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"], effective: ["CAP_KILL"], inheritable: ["CAP_CHOWN", "CAP_SETUID"], ambient: ["CAP_SETGID"] },
    { grantable: undefined, lastCapability: 40 }, warnings,
  )
  t.same(sets.effective, none)
  t.same(sets.inheritable, capabilityWords(["CAP_CHOWN"]))
  t.same(sets.ambient, none)
  t.match(warnings, [/effective: CAP_KILL .*permitted/, /inheritable: CAP_SETUID .*bounding/, /ambient: CAP_SETGID .*inheritable/])
  t.end()
})

t.test("in a user namespace the kernel's last capability is the only limit", (t) => {
  const warnings: string[] = []
  const names = ["CAP_SYS_RESOURCE", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"]
  const sets = grantedCapabilities({ bounding: names }, { grantable: undefined, lastCapability: 39 }, warnings)
  t.same(sets.bounding, capabilityWords(["CAP_SYS_RESOURCE", "CAP_BPF"]))
  t.match(warnings, [/CAP_CHECKPOINT_RESTORE/])
  t.end()
})

t.test("no capabilities object: none, and nothing to say", (t) => {
  const warnings: string[] = []
  for (const set of Object.values(grantedCapabilities(undefined, { grantable: undefined, lastCapability: 40 }, warnings))) t.same(set, none)
  t.same(warnings, [])
  t.end()
})

t.end()
