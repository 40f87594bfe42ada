import { readFileSync } from "node:fs"
import t, { type Test } from "tap"
import { cgroupsOf } from "../../lib/procfs.ts"
import { show, systemctl } from "../../lib/unit.ts"
import { Engine } from "../../engines/lib/engine.ts"

/*
 * Engines of root that leave cgroups to systemd, with runts beneath them, where systemd is the machine's first process: the settings of docs/engines.md.
 */

export const MIB64 = String(64 << 20)
/** The slice of all containers of this test process. */
export const SLICE = `runtsengines${process.pid}.slice`

/** An engine of its own for one test, and nothing of it afterwards. */
export function engineTest(name: string, title: string, body: (t: Test, engine: Engine) => Promise<void>): void {
  t.setTimeout(0)
  t.test(`${name}: ${title} [--systemd-cgroup]`, async (t) => {
    const engine = new Engine(name)
    await engine.open()
    try {
      await body(t, engine)
    } finally {
      t.same(await engine.close(), [], "nothing is left behind")
      systemctl("stop", SLICE)
    }
  })
}

/** What systemd and the kernel say of a container with 64 MiB, half a processor and 40 processes. */
export function limited(t: Test, unit: string, pid: number): void {
  const found = show(unit, ["ActiveState", "Slice", "MemoryMax", "CPUQuotaPerSecUSec", "TasksMax"])
  t.same(found, { ActiveState: "active", Slice: SLICE, MemoryMax: MIB64, CPUQuotaPerSecUSec: "500ms", TasksMax: "40" })
  const folder = `/${SLICE}/${unit}`
  t.equal(cgroupsOf(pid)[""], folder)
  const file = (name: string): string => readFileSync(`/sys/fs/cgroup${folder}/${name}`, "utf8").trim()
  t.same([file("memory.max"), file("cpu.max"), file("pids.max")], [MIB64, "50000 100000", "40"])
}

export function gone(t: Test, unit: string): void {
  t.equal(show(unit, ["LoadState"]).LoadState, "not-found", "systemd has nothing of it any more")
}
