import { existsSync, readFileSync } from "node:fs"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { unified } from "../../conformance/lib/environment.ts"
import { cgroupsOf } from "../../conformance/lib/procfs.ts"
import { SLICE, unitTest } from "../../conformance/lib/unit.ts"

/*
 * crun's annotation run.oci.systemd.subgroup: the container's cgroup is below its unit's. CRI-O and Podman know that layout.
 */

const SUBGROUP = "run.oci.systemd.subgroup"

unitTest("subgroup: the container's cgroup is below the unit's, with the limits of both [annotation run.oci.systemd.subgroup]", {}, async (t, box, unit) => {
  box.config.annotations = { [SUBGROUP]: "container" }
  box.config.linux.resources = { pids: { limit: 50 }, memory: { limit: 64 << 20 } }
  const pid = await box.launch("/bin/sleep", "1000")
  const path = `/${SLICE}/${unit.name}${unified ? "/container" : ""}`
  t.equal(cgroupsOf(pid)[unified ? "" : "pids"], path)
  t.equal(unit.show("TasksMax").TasksMax, "50")
  t.equal(readFileSync(`/sys/fs/cgroup${unified ? "" : "/pids"}${path}/pids.max`, "utf8"), "50\n")
  t.equal(expectSuccess(box.exec(["/bin/cat", "/proc/self/cgroup"])).stdout.includes(path), true)
  expectSuccess(box.call(["update", "--pids-limit", "60", box.id]))
  t.equal(unit.show("TasksMax").TasksMax, "60")
  t.equal(readFileSync(`/sys/fs/cgroup${unified ? "" : "/pids"}${path}/pids.max`, "utf8"), "60\n")
  expectSuccess(box.call(["pause", box.id]))
  t.equal(box.state().status, "paused")
  expectSuccess(box.call(["resume", box.id]))
  box.delete("--force")
  t.same(unit.left, [])
  t.equal(existsSync(`/sys/fs/cgroup/${SLICE}/${unit.name}`), false)
})

unitTest("subgroup: an empty name is none, as Podman says it [annotation run.oci.systemd.subgroup]", {}, async (t, box, unit) => {
  box.config.annotations = { [SUBGROUP]: "" }
  const pid = await box.launch("/bin/sleep", "1000")
  t.equal(cgroupsOf(pid)[unified ? "" : "pids"], `/${SLICE}/${unit.name}`)
})

unitTest("subgroup: with delegate-cgroup the processes are below that again [annotation run.oci.systemd.subgroup, annotation run.oci.delegate-cgroup]", {}, async (t, box, unit) => {
  box.config.annotations = { [SUBGROUP]: "container", "run.oci.delegate-cgroup": "payload" }
  if (!unified) {
    t.match(box.tryCreate(), { code: 1, stderr: /run\.oci\.delegate-cgroup=payload: cgroups of v1/ }, "v1 is not given away")
    t.same(unit.left, [])
    return
  }
  box.config.linux.namespaces.push({ type: "cgroup" })
  const pid = await box.launch("/bin/sleep", "1000")
  t.equal(cgroupsOf(pid)[""], `/${SLICE}/${unit.name}/container/payload`)
  t.equal(expectSuccess(box.exec(["/bin/cat", "/proc/self/cgroup"])).stdout, "0::/payload\n")
  box.delete("--force")
  t.same(unit.left, [])
})

unitTest("subgroup: a name that leads elsewhere is refused [annotation run.oci.systemd.subgroup]", {}, (t, box, unit) => {
  box.config.annotations = { [SUBGROUP]: "../x" }
  t.match(box.tryCreate(), { code: 1, stderr: /run\.oci\.systemd\.subgroup="\.\.\/x" names no cgroup below/ })
  t.same(unit.left, [])
})
