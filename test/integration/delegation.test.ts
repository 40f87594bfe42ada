import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import type { Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { until } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * Who owns a container's cgroup (config-linux.md, "Cgroup ownership"). Only cgroup v2 is delegated.
 */

const RUNC = { runc: "1.1 delegates only with the systemd driver", crun: "gives it to root of the container" } as const
const USER = 1000

function delegated(box: Box, options: readonly string[] = ["nosuid", "noexec", "nodev"], type = "cgroup"): void {
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type, source: "cgroup", options: [...options] })
  box.config.process.user = { uid: USER, gid: USER }
  delete box.config.process.capabilities
}

/** Fails unless exactly the folder and the files that may be delegated are the user's. */
function ownedBy(t: Test, box: Box, uid: number): void {
  const folder = `/sys/fs/cgroup${box.cgroupsPath}`
  const names = readFileSync("/sys/kernel/cgroup/delegate", "utf8").trim().split("\n")
  const found = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && statSync(`${folder}/${entry.name}`).uid === uid)
  const there = readdirSync(folder)
  t.equal(statSync(folder).uid, uid)
  t.equal(statSync(folder).gid, 0, "the group stays")
  if (uid !== 0) t.same(found.map(({ name }) => name).sort(), names.filter((name) => there.includes(name)).sort())
}

/** A process's cgroup in the cgroup2 hierarchy. */
function unifiedOf(pid: number): string | undefined {
  return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1]
}

const DIVIDE = "mkdir /sys/fs/cgroup/own && echo 0 >/sys/fs/cgroup/own/cgroup.procs && cat /proc/self/cgroup && sleep 1000"

boxTest("delegation: a user divides its cgroup and moves there [/linux/cgroupsPath, /mounts/*/type]", { needs: ["v2"], skipFor: RUNC }, async (t, box) => {
  delegated(box)
  const pid = await box.launch("/bin/sh", "-c", DIVIDE)
  await until("the sub-cgroup", () => unifiedOf(pid) === `${box.cgroupsPath}/own`)
  ownedBy(t, box, USER)
  t.equal(JSON.parse(box.call(["ps", "--format", "json", box.id]).stdout).includes(pid), true, "ps sees it there")
  t.equal(box.call(["pause", box.id]).code, 0)
  t.equal(box.state().status, "paused")
  t.equal(box.call(["resume", box.id]).code, 0)
  t.equal(box.exec(["/bin/true"]).code, 0, "exec finds its way, as the first cgroup takes no processes any more")
  box.call(["kill", "--all", box.id, "KILL"])
  await box.reached("stopped")
  box.delete()
})

boxTest("delegation: in a user namespace it is the user's id on the host [/linux/uidMappings]", { needs: ["v2"], skipFor: RUNC }, async (t, box) => {
  box.mapIds()
  delegated(box)
  const pid = await box.launch("/bin/sh", "-c", DIVIDE)
  await until("the sub-cgroup", () => unifiedOf(pid) === `${box.cgroupsPath}/own`)
  ownedBy(t, box, 100_000 + USER)
})

for (const [what, change] of [
  ["a read-only mount", (box: Box) => delegated(box, ["ro"])],
  ["no cgroup namespace", (box: Box) => {
    delegated(box)
    box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "cgroup")
  }],
  ["no cgroup mount", (box: Box) => {
    delegated(box)
    box.config.mounts = box.config.mounts.filter(({ type }) => type !== "cgroup")
  }],
] as const) {
  boxTest(`delegation: not with ${what} [/linux/cgroupsPath]`, { needs: ["v2"], skipFor: RUNC }, async (t, box) => {
    change(box)
    await box.launch("/bin/sleep", "1000")
    ownedBy(t, box, 0)
  })
}

boxTest("sub-cgroups: ps, pause, exec, kill --all and delete with a threaded one [ps, pause, exec, kill --all, delete]", {
  needs: ["v2"], skipFor: { crun: "does not see it" },
}, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const folder = `/sys/fs/cgroup${box.cgroupsPath}`
  mkdirSync(`${folder}/threads`)
  writeFileSync(`${folder}/threads/cgroup.type`, "threaded")
  writeFileSync(`${folder}/threads/cgroup.threads`, String(pid))
  t.same(JSON.parse(box.call(["ps", "--format", "json", box.id]).stdout), [pid])
  t.equal(box.call(["pause", box.id]).code, 0)
  t.equal(box.call(["resume", box.id]).code, 0)
  t.equal(box.exec(["/bin/true"]).code, 0)
  t.equal(box.call(["kill", "--all", box.id, "KILL"]).code, 0)
  await box.reached("stopped")
  box.delete()
})
