import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import t from "tap"
import { sys } from "../../src/ffi/index.ts"
import { attachedPrograms } from "../../src/host/cgroup/devices.ts"
import { openCgroup, tryOpenBeneath } from "../../src/host/cgroup/folder.ts"
import { ownCgroup, readLayout } from "../../src/host/cgroup/layout.ts"
import {
  applyDevices, applyLimits, asForeseen, cgroupPaths, checkCgroups, createCgroups, freeze, isFrozen, killAll, openJoin, processes,
  removeCgroups,
} from "../../src/host/cgroup/manager.ts"
import type { CgroupRecord } from "../../src/host/cgroup/manager.ts"
import { processesIn } from "../../src/host/cgroup/processes.ts"
import { controllerKey } from "../../src/host/cgroup/record.ts"
import { close, openAt } from "../../src/host/file.ts"
import { memfdExecutable, spawnImage } from "../../src/host/spawn.ts"
import { ERRNO } from "../../src/kernel/errno.ts"
import { AT_FDCWD, O_PATH } from "../../src/kernel/fs.ts"
import { CLONE } from "../../src/kernel/process.ts"
import { HOST_ARCHITECTURE, NR } from "../../src/kernel/syscalls.ts"
import { assemble } from "../../src/program/assemble.ts"
import { Program } from "../../src/program/program.ts"

/*
 * Cgroups of the running kernel with real processes and devices. Runs once as the machine is (v1, hybrid or v2) and once
 * more in a mount namespace where cgroup2 is all there is. All cgroups lie below /runts-test-PID in each hierarchy.
 */

const pureV2 = process.env.RUNTS_TEST_PURE_V2 === "1"
const prefix = `/runts-test-${process.pid}`
const layout = readLayout()
const view = pureV2 ? "pure v2" : layout.mode
const children = new Set<ChildProcess>()
const scratch = mkdtempSync(tmpdir() + "/runts-cgroup-")

t.before(() => t.equal(process.getuid?.(), 0, "these tests need root"))

t.teardown(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
  for (let tries = 0; tries < 50 && layout.controllers.some(({ mount }) => existsSync(mount + prefix)); tries++) {
    await pause(20)
    for (const { mount } of layout.controllers) removeTree(mount + prefix)
  }
  rmSync(scratch, { recursive: true })
})

function removeTree(path: string): void {
  spawnSync("find", [path, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+"])
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function until(condition: () => boolean): Promise<boolean> {
  for (let i = 0; i < 300; i++) {
    if (condition()) return true
    await pause(10)
  }
  return false
}

let count = 0
/** A record of cgroups that do not exist yet. */
function record(name = `c${++count}`): CgroupRecord {
  return cgroupPaths(layout, `${prefix}/${name}`, "id")
}

/** Makes the cgroups; whatever the test leaves in them ends with it. */
function made(t: { teardown(done: () => unknown): unknown }, name?: string): CgroupRecord {
  const cgroups = record(name)
  createCgroups(cgroups)
  t.teardown(() => {
    killAll(cgroups, 9)
    removeCgroups(cgroups)
  })
  return cgroups
}

interface Member {
  readonly child: ChildProcess
  readonly pid: number
  readonly output: () => string
}

/** Starts a bash script as a member of the cgroups: it joins as the container's init does, then runs. */
async function startIn(cgroups: CgroupRecord, script: string): Promise<Member> {
  const { intoCgroup, procs } = openJoin(cgroups, false)
  const fds = procs.map(({ fd }) => fd)
  const join = fds.map((_, i) => `echo 0 >&${i + 3}; exec ${i + 3}>&-;`).join("")
  const unified = cgroups.paths[""] === undefined ? "" : `echo 0 >${cgroups.paths[""]}/cgroup.procs;`
  const child = spawn("bash", ["-c", `${join}${unified} echo joined; ${script}`], { stdio: ["ignore", "pipe", "pipe", ...fds] })
  for (const fd of fds) close(fd)
  if (intoCgroup !== undefined) close(intoCgroup)
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => output += data.toString())
  children.add(child)
  if (!await until(() => output.includes("joined"))) throw new Error("the process did not join: " + output)
  return { child, pid: child.pid as number, output: () => output.replace("joined\n", "") }
}

/** Runs a script in the cgroups to its end. @returns what it printed */
async function runIn(cgroups: CgroupRecord, script: string): Promise<string> {
  const { child, output } = await startIn(cgroups, script)
  if (child.exitCode === null) await new Promise((resolve) => child.on("close", resolve))
  return output().trim()
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const folders = (cgroups: CgroupRecord): string[] => Object.values(cgroups.paths)

t.test(`${view}: readLayout() finds the hierarchies that are mounted`, async (t) => {
  t.ok(layout.controllers.length > 0)
  for (const { name, mount } of layout.controllers) t.ok(existsSync(mount + "/cgroup.procs"), `${name} at ${mount}`)
  if (pureV2) t.equal(layout.mode, "v2")
})

t.test(`${view}: createCgroups() and openJoin() bring a process into every hierarchy`, async (t) => {
  const cgroups = made(t)
  for (const folder of folders(cgroups)) t.ok(cgroups.created.includes(folder), folder)
  const { pid } = await startIn(cgroups, "sleep 60")
  const membership = ownCgroup(pid)
  for (const key in cgroups.paths) t.equal(membership[key], cgroups.paths[key]?.slice(cgroups.mounts[key]?.length), key)
  t.same(processes(cgroups).includes(pid), true)
})

const noUnified = { skip: layout.unified === undefined && "no cgroup2 hierarchy here" }
for (const seen of [false, true]) t.test(`${view}: openJoin() gives a descriptor that clone3(CLONE_INTO_CGROUP) takes, seen: ${seen}`, noUnified, async (t) => {
  const cgroups = made(t)
  const { intoCgroup, procs } = openJoin(cgroups, seen)
  const folder = `/proc/self/fd/${intoCgroup}`
  t.equal(statSync(`${folder}/`).ino, statSync(cgroups.paths[""] as string).ino)
  // what the container sees of a process that joins it must not lead to the files of the host
  t.equal(statSync(`${folder}/..`).ino === statSync(`${folder}/`).ino, seen, "its own .. is the folder itself where the container sees it")
  t.equal(existsSync(`${folder}/../../../../../../../../../etc`), !seen)
  const words = new BigUint64Array(11)
  words[0] = BigInt(CLONE.INTO_CGROUP) | BigInt(CLONE.PARENT)
  words[10] = BigInt(intoCgroup as number)
  const p = new Program()
  const child = p.label("child")
  const clone = p.call("clone3", new Uint8Array(words.buffer), words.byteLength)
  p.test(clone, -1, "==", 0, child)
  p.call("exit_group", 0)
  p.here(child)
  p.call("ppoll", 0, 0, 0, 0, 0) // until it is killed
  const statusCell = p.bytes(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0]))
  const { bytes } = assemble(p, { architecture: HOST_ARCHITECTURE, statusCell })
  const image = memfdExecutable(bytes, "clone")
  const parent = spawnImage(image, "clone", { inherit: [intoCgroup as number] })
  const status = new Uint8Array(4)
  t.equal(sys(NR.wait4, parent, status, 0, 0), parent)
  t.same([...status], [0, 0, 0, 0])
  const pids = processesIn(cgroups, "")
  t.equal(pids.length, 1)
  t.equal(ownCgroup(pids[0] as number)[""], cgroups.paths[""]?.slice((layout.unified as string).length))
  if (pureV2) t.same(processes(cgroups), pids)
  sys(NR.kill, pids[0] as number, 9)
  const WALL = 0x40000000
  t.equal(sys(NR.wait4, pids[0] as number, status, WALL, 0), pids[0])
  for (const fd of [image, intoCgroup as number, ...procs.map(({ fd }) => fd)]) close(fd)
})

t.test(`${view}: createCgroups() refuses a cgroup with processes, below it too, and leaves nothing new`, async (t) => {
  const outer = made(t, "occupied")
  const inner = made(t, "occupied/inner")
  const { pid } = await startIn(inner, "sleep 60")
  t.throws(() => createCgroups(record("occupied")), { message: "container's cgroup is not empty: 1 process(es) found" })
  t.throws(() => createCgroups(record("occupied/inner")), { message: "container's cgroup is not empty: 1 process(es) found" })
  t.throws(() => checkCgroups(record("occupied")), { message: "container's cgroup is not empty: 1 process(es) found" })
  t.doesNotThrow(() => checkCgroups(record("not there")))
  t.same(processes(outer), [pid])
  for (const folder of folders(inner)) t.ok(existsSync(folder), folder)
})

t.test(`${view}: createCgroups() refuses a frozen cgroup and one below a frozen one`, async (t) => {
  const frozen = made(t, "frozen")
  freeze(frozen, true)
  t.throws(() => createCgroups(record("frozen")), { message: "container's cgroup unexpectedly frozen" })
  t.throws(() => checkCgroups(record("frozen")), { message: "container's cgroup unexpectedly frozen" })
  const below = record("frozen/a/b")
  t.throws(() => createCgroups(below), { message: "container's cgroup unexpectedly frozen" })
  for (const folder of folders(frozen)) t.notOk(existsSync(folder + "/a"), folder)
  freeze(frozen, false)
})

t.test(`${view}: createCgroups() takes over an empty cgroup that an interrupted create left`, async (t) => {
  createCgroups(record("left"))
  const again = record("left")
  createCgroups(again)
  removeCgroups(again)
  for (const folder of folders(again)) t.notOk(existsSync(folder), folder)
})

t.test(`${view}: createCgroups() that fails removes what it made`, async (t) => {
  const cgroups = record("deep/a\nb")
  t.throws(() => createCgroups(cgroups), /create cgroup .*a\\nb.*: invalid argument/)
  for (const { mount } of layout.controllers) t.notOk(existsSync(`${mount}${prefix}/deep`), mount)
  t.same(cgroups.created, [])
})

t.test(`${view}: createCgroups() leaves out what it may not make, where that is tolerated`, async (t) => {
  const cgroups = record()
  process.seteuid?.(65534)
  try {
    t.throws(() => createCgroups(cgroups), /create cgroup .*: permission denied/)
    createCgroups(cgroups, { mayLeaveOut: () => true })
    t.same(cgroups.paths, {})
    t.equal(cgroups.absence, "denied")
    t.equal(asForeseen([], cgroups), false, "what was written down before names more")
    t.same(openJoin(cgroups, false), { intoCgroup: undefined, procs: [] })
    await t.rejects(applyLimits(cgroups, { pids: { limit: 5 } }), /pids\/limit: the container has no cgroup.* this user may make none/)
  } finally {
    process.seteuid?.(0)
  }
})

t.test(`${view}: a record that leads out of its mount is refused, as is the mount itself`, async (t) => {
  for (const path of ["/../x", `${prefix}/../../../x`, "/..", "x/a"]) {
    const paths: Record<string, string> = {}
    const cgroups = record()
    for (const key in cgroups.paths) paths[key] = cgroups.mounts[key] + path
    t.throws(() => createCgroups({ ...cgroups, paths }), /is not below its mount point/, path)
    t.throws(() => openJoin({ ...cgroups, paths }, false), /is not below its mount point/, path)
    t.throws(() => removeCgroups({ ...cgroups, paths }), /is not below its mount point/, path)
  }
  const root = record()
  t.throws(() => createCgroups({ ...root, paths: root.mounts }), /root of a hierarchy/)
  t.doesNotThrow(() => removeCgroups({ ...root, paths: root.mounts, created: Object.values(root.mounts) }))
})

t.test(`${view}: tryOpenBeneath() never leaves the folder`, async (t) => {
  const cgroups = made(t)
  const key = Object.keys(cgroups.paths)[0] as string
  const folder = openCgroup(cgroups, key)
  mkdirSync(cgroups.paths[key] + "/sub")
  for (const path of ["..", "sub/../..", "sub/../../" + prefix, "/etc"]) {
    t.equal(tryOpenBeneath(folder, path, O_PATH), -ERRNO.EXDEV, path)
  }
  const inside = tryOpenBeneath(folder, "sub/../sub", O_PATH)
  t.ok(inside >= 0)
  const outside = openAt(AT_FDCWD, scratch, O_PATH)
  symlinkSync("/etc", scratch + "/link")
  t.equal(tryOpenBeneath(outside, "link", O_PATH), -ERRNO.ELOOP)
  for (const fd of [folder, inside, outside]) close(fd)
})

t.test(`${view}: removeCgroups() removes sub-cgroups the container made and keeps the parents`, async (t) => {
  const cgroups = record("tree/c")
  createCgroups(cgroups)
  for (const folder of folders(cgroups)) mkdirSync(folder + "/a/b/c", { recursive: true })
  removeCgroups(cgroups)
  for (const folder of folders(cgroups)) {
    t.notOk(existsSync(folder), folder)
    t.ok(existsSync(folder.slice(0, -2)), folder)
  }
  t.doesNotThrow(() => removeCgroups(cgroups), "a second time")
})

t.test(`${view}: removeCgroups() leaves sub-cgroups that were there before the container`, async (t) => {
  const cgroups = record("foreign")
  for (const folder of folders(cgroups)) mkdirSync(folder + "/theirs", { recursive: true })
  createCgroups(cgroups)
  removeCgroups(cgroups)
  for (const folder of folders(cgroups)) {
    t.ok(existsSync(folder + "/theirs"), folder)
    rmdirSync(folder + "/theirs")
  }
  removeCgroups(cgroups)
  for (const folder of folders(cgroups)) t.notOk(existsSync(folder), folder)
})

t.test(`${view}: removeCgroups() waits for processes that were just killed`, async (t) => {
  const cgroups = record()
  createCgroups(cgroups)
  await startIn(cgroups, "for i in {1..20}; do sleep 60 & done; wait")
  killAll(cgroups, 9)
  removeCgroups(cgroups)
  for (const folder of folders(cgroups)) t.notOk(existsSync(folder), folder)
})

t.test(
  `${view}: applyDevices() lets the standard devices be used, others be made but not opened [/linux/resources/devices/*/allow, /linux/resources/devices/*/access]`,
  async (t) => {
  const cgroups = made(t)
  applyDevices(cgroups, undefined)
  applyDevices(cgroups, { devices: [{ allow: false, access: "rwm" }] })
  const kmsg = `${scratch}/kmsg`
  t.equal(spawnSync("mknod", [kmsg, "c", "1", "11"]).status, 0)
  t.equal(spawnSync("dd", ["if=" + kmsg, "of=/dev/null", "count=0"]).status, 0, "outside it opens")
  t.equal(await runIn(cgroups, "exec 3<>/dev/null && exec 3<>/dev/zero && exec 3</dev/urandom && echo ok"), "ok")
  t.match(await runIn(cgroups, `exec 3<${kmsg}`), /Operation not permitted/)
  t.equal(await runIn(cgroups, `mknod ${scratch}/made b 7 99 && echo made`), "made")
  t.match(await runIn(cgroups, `exec 3<${scratch}/made`), /Operation not permitted/)
})

t.test(
  `${view}: applyDevices() grants the accesses that the rules name and no more [/linux/resources/devices/**, /linux/resources/devices/*/type=c]`,
  async (t) => {
  const cgroups = made(t)
  const kmsg = `${scratch}/kmsg2`
  spawnSync("mknod", [kmsg, "c", "1", "11"])
  const rules = [{ allow: false, access: "rwm" }, { allow: true, type: "c", major: 1, minor: 11, access: "r" }] as const
  applyDevices(cgroups, { devices: rules })
  t.equal(await runIn(cgroups, `exec 3<${kmsg} && echo opened`), "opened")
  t.match(await runIn(cgroups, `exec 3>${kmsg}`), /Operation not permitted/)
  t.match(await runIn(cgroups, `exec 3<>${kmsg}`), /Operation not permitted/)
  applyDevices(cgroups, { devices: [...rules, { allow: false, type: "c", major: 1, minor: 11, access: "r" }] })
  t.match(await runIn(cgroups, `exec 3<${kmsg}`), /Operation not permitted/, "a second call replaces the first")
  applyDevices(cgroups, { devices: [{ allow: true }, { allow: false, type: "c", major: 1, minor: 11, access: "w" }] })
  t.equal(await runIn(cgroups, `exec 3<${kmsg} && echo opened`), "opened")
  t.match(await runIn(cgroups, `exec 3>${kmsg}`), /Operation not permitted/, "everything but one access")
})

t.test(`${view}: applyDevices() touches nothing where everything is allowed`, async (t) => {
  const cgroups = made(t)
  applyDevices(cgroups, { devices: [{ allow: true, access: "rwm" }] })
  if (controllerKey(cgroups, "devices") === undefined) t.same(programs(cgroups), [])
  else t.equal(readFileSync(cgroups.paths.devices + "/devices.list", "utf8"), "a *:* rwm\n")
})

function programs(cgroups: CgroupRecord): number[] {
  const folder = openCgroup(cgroups, "")
  try {
    return attachedPrograms(folder)
  } finally {
    close(folder)
  }
}

t.test(`${view}: applyDevices() keeps one program in the cgroup`, { skip: layout.mode !== "v2" && "device programs are for cgroup2" }, async (t) => {
  const cgroups = made(t)
  applyDevices(cgroups, undefined)
  const [first] = programs(cgroups)
  applyDevices(cgroups, undefined)
  t.equal(programs(cgroups).length, 1)
  t.not(programs(cgroups)[0], first)
  applyDevices(cgroups, { devices: [{ allow: true }] })
  t.same(programs(cgroups), [])
})

t.test(`${view}: applyDevices() writes the list that runc writes`, { skip: layout.mode === "v2" && "device lists are for cgroup v1" }, async (t) => {
  const cgroups = made(t)
  applyDevices(cgroups, { devices: [{ allow: false, access: "rwm" }] })
  t.same(readFileSync(cgroups.paths.devices + "/devices.list", "utf8").trim().split("\n").sort(), [
    "b *:* m", "c *:* m", "c 10:200 rwm", "c 136:* rwm", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm",
    "c 5:0 rwm", "c 5:2 rwm",
  ])
})

/** Clock ticks a process has run. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") as string[]
  return Number(fields[11]) + Number(fields[12])
}

t.test(`${view}: freeze() stops the processes until it is taken back`, async (t) => {
  const cgroups = made(t)
  const { pid } = await startIn(cgroups, "while :; do :; done")
  t.equal(isFrozen(cgroups), false)
  freeze(cgroups, true)
  t.equal(isFrozen(cgroups), true)
  const before = ticks(pid)
  await pause(100)
  t.equal(ticks(pid), before)
  freeze(cgroups, true)
  freeze(cgroups, false)
  t.equal(isFrozen(cgroups), false)
  t.ok(await until(() => ticks(pid) > before))
})

t.test(`${view}: freeze() stops many processes that fork`, async (t) => {
  const cgroups = made(t)
  await startIn(cgroups, "for i in 1 2 3; do (while :; do /bin/true; done) & done; wait")
  await pause(50)
  freeze(cgroups, true)
  const before = processes(cgroups).sort().join()
  await pause(50)
  t.equal(processes(cgroups).sort().join(), before)
})

t.test(`${view}: killAll() ends everything that forks, and what is frozen`, async (t) => {
  for (const frozen of [false, true]) {
    const cgroups = made(t)
    const { child } = await startIn(cgroups, "f() { while :; do sleep 0.01 & /bin/true; done; }; f & f & wait")
    await pause(50)
    if (frozen) freeze(cgroups, true)
    killAll(cgroups, 9)
    t.ok(await until(() => processes(cgroups).length === 0), frozen ? "frozen" : "forking")
    t.ok(await until(() => ended(child)))
    t.equal(child.signalCode, "SIGKILL")
    t.equal(isFrozen(cgroups), frozen && layout.mode === "v2")
  }
})

t.test(`${view}: killAll() reaches sub-cgroups and sends other signals too`, async (t) => {
  const cgroups = made(t)
  const { child, pid, output } = await startIn(cgroups, "trap 'echo got; exit 3' TERM; echo trapped; while :; do sleep 0.01; done")
  t.ok(await until(() => output().includes("trapped")))
  for (const folder of folders(cgroups)) {
    mkdirSync(folder + "/sub")
    const value = folder.includes("/cpuset/") ? readFileSync(folder + "/cpuset.cpus", "utf8") : undefined
    if (value !== undefined) {
      writeFileSync(folder + "/sub/cpuset.cpus", value)
      writeFileSync(folder + "/sub/cpuset.mems", readFileSync(folder + "/cpuset.mems", "utf8"))
    }
    writeFileSync(folder + "/sub/cgroup.procs", String(pid))
  }
  t.ok(processes(cgroups).includes(pid))
  killAll(cgroups, 15)
  t.ok(await until(() => ended(child)))
  t.equal(child.exitCode, 3)
})

t.test(`${view}: killAll() finds a process that left the cgroup2 hierarchy`, { skip: layout.mode !== "hybrid" && "only hybrid has two kinds of hierarchies" }, async (t) => {
  const cgroups = made(t)
  const { child, pid } = await startIn(cgroups, "sleep 60")
  writeFileSync(layout.unified + "/cgroup.procs", String(pid))
  killAll(cgroups, 9)
  t.ok(await until(() => ended(child)))
})

t.test(`${view}: killAll() and processes() of cgroups that are gone do nothing`, async (t) => {
  const cgroups = record("never")
  t.doesNotThrow(() => killAll(cgroups, 9))
  t.doesNotThrow(() => killAll(cgroups, 15))
  t.same(processes(cgroups), [])
  t.equal(isFrozen(cgroups), false)
})

t.test(`${view}: applyLimits() writes pids and memory limits, or names the controller that is missing`, async (t) => {
  const cgroups = made(t)
  const v1 = controllerKey(cgroups, "pids") !== undefined
  const available = v1 ? ["pids", "memory"] : readFileSync(cgroups.paths[""] + "/cgroup.controllers", "utf8").trim().split(" ")
  const value = (controller: string, v1File: string, v2File: string): string =>
    readFileSync(v1 ? `${cgroups.paths[controller]}/${v1File}` : `${cgroups.paths[""]}/${v2File}`, "utf8").trim()
  if (!available.includes("pids")) {
    await t.rejects(applyLimits(cgroups, { pids: { limit: 5 } }), { message: /controller pids is not available in/ })
    await t.rejects(applyLimits(cgroups, { memory: { limit: 5e6 } }), { message: /controller memory is not available in/ })
    return
  }
  for (const [limit, text] of [[5, "5"], [0, "1"], [-1, "max"]] as const) {
    await applyLimits(cgroups, { pids: { limit } })
    t.equal(value("pids", "pids.max", "pids.max"), text)
  }
  const unlimited = v1 ? "9223372036854771712" : "max"
  for (const [limit, text] of [[8388608, "8388608"], [-1, unlimited], [9223372036854771712, unlimited]] as const) {
    await applyLimits(cgroups, { memory: { limit } })
    t.equal(value("memory", "memory.limit_in_bytes", "memory.max"), text)
  }
  await applyLimits(cgroups, { pids: { limit: 3 } })
  t.match(await runIn(cgroups, "for i in 1 2 3 4 5; do sleep 1 & done; wait"), /Resource temporarily unavailable/)
})

t.test(`${view}: applyLimits() leaves alone what engines write for nothing`, async (t) => {
  const cgroups = made(t)
  const nothing = { devices: [], memory: { disableOOMKiller: false }, cpu: { shares: 0 }, blockIO: { weight: 0, weightDevice: [] }, unified: {} }
  await applyLimits({ ...cgroups, paths: {} }, { ...nothing, hugepageLimits: [], network: {}, rdma: {} })
  t.pass("no cgroup was looked for")
})

t.test("the same where cgroup2 is all there is", { skip: (pureV2 || layout.mode === "v2") && "cgroup2 is all there is already" }, async (t) => {
  const command = "umount -R -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec \"$@\""
  const self = fileURLToPath(import.meta.url)
  const args = ["-m", "--propagation", "private", "sh", "-c", command, "sh", process.execPath, "--import", "tsx", self]
  const { status, stdout, stderr } = spawnSync("unshare", args, {
    env: { ...process.env, RUNTS_TEST_PURE_V2: "1", TAP: "1" }, encoding: "utf8",
  })
  if (status !== 0) t.comment(stdout)
  t.same(stdout.split("\n").filter((line) => /^ *not ok/.test(line)), [])
  t.ok((stdout.match(/^ok /gm)?.length ?? 0) > 15, "most tests ran")
  t.equal(status, 0, stderr)
})
