import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, runtime, startCommand, until } from "../../conformance/lib/command.ts"
import type { IdMapping } from "../../conformance/lib/config.ts"
import { cgroupRoots, checkout, controllers, runtimePath, unified } from "../../conformance/lib/environment.ts"
import { isAlive, mountinfo, namespaceOf } from "../../conformance/lib/procfs.ts"
import { syscallNumber } from "../../conformance/lib/syscalls.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* As spec-narrow.test.ts: clauses one at a time, each asked for what it says and no more. These are about Linux. */

const ERROR = { leavesElsewhere: "runtime.md/errors-1" } as const

boxTest("hostname is the container's [clause config.md/hostname-1]", (t, box) => {
  box.config.hostname = "name-inside"
  t.equal(box.inside("hostname"), "name-inside")
})

boxTest("domainname is the container's [clause config.md/domainname-1]", (t, box) => {
  box.config.domainname = "domain.inside"
  t.equal(box.inside("cat /proc/sys/kernel/domainname"), "domain.inside")
})

/** Types and their files in /proc/PID/ns. */
const NAMESPACES = [["pid", "pid"], ["network", "net"], ["mount", "mnt"], ["ipc", "ipc"], ["uts", "uts"], ["user", "user"], ["cgroup", "cgroup"], ["time", "time"]] as const

for (const [type, file] of NAMESPACES) {
  boxTest(`a new ${type} namespace is supported [clause config-linux.md/namespaces-1]`, { ...ERROR, ...(type === "time" ? { needs: ["time namespace"] as const } : {}) }, async (t, box) => {
    if (type === "user") box.mapIds()
    else if (!box.config.linux.namespaces.some((one) => one.type === type)) box.config.linux.namespaces.push({ type })
    t.not(namespaceOf(await box.launch("/bin/sleep", "1000"), file), namespaceOf("self", file))
  })
}

boxTest("without a mount namespace the container has the runtime's, its root is the rootfs [clause config-linux.md/namespaces-6]", { ...ERROR, differs: ["the host's mount namespace"] }, async (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "mount")
  delete box.config.linux.maskedPaths
  delete box.config.linux.readonlyPaths
  try {
    const pid = await box.launch("/bin/sleep", "1000")
    t.equal(namespaceOf(pid, "mnt"), namespaceOf("self", "mnt"))
    t.equal(readlinkSync(`/proc/${pid}/root`), box.rootfs)
  } finally {
    box.call(["delete", "--force", box.id])
    await until("its mounts to go", () => command(["umount", "-R", "-l", box.rootfs]).code === 0 || mountinfo("self").every(({ target }) => !target.startsWith(box.rootfs)))
  }
})

boxTest("timeOffsets are those of the time namespace, read from outside [clause config-linux.md/offset-for-time-namespace-1]", { ...ERROR, needs: ["time namespace"] }, async (t, box) => {
  box.config.linux.namespaces.push({ type: "time" })
  box.config.linux.timeOffsets = { boottime: { secs: 864_000, nanosecs: 0 }, monotonic: { secs: 1000, nanosecs: 5 } }
  const pid = await box.launch("/bin/sleep", "1000")
  const offsets = Object.fromEntries(readFileSync(`/proc/${pid}/timens_offsets`, "utf8").trim().split("\n").map((line) => line.trim().split(/\s+/).slice(0, 3)).map(([name, ...of]) => [name, of.join(" ")]))
  t.same(offsets, { monotonic: "1000 5", boottime: "864000 0" })
})

boxTest("devices have type, numbers, mode and owner [clause config-linux.md/devices-1]", { differs: ["device nodes"] }, (t, box) => {
  box.config.linux.devices = [
    { path: "/dev/char", type: "c", major: 1, minor: 5, fileMode: 0o640, uid: 3, gid: 4 }, { path: "/dev/block", type: "b", major: 7, minor: 9, fileMode: 0o600, uid: 0, gid: 0 },
    { path: "/dev/fifo", type: "p", fileMode: 0o622, uid: 0, gid: 0 },
  ]
  const rows = box.inside("stat -c '%F %t %T %a %u %g' /dev/char /dev/block /dev/fifo").split("\n")
  t.same(rows, ["character special file 1 5 640 3 4", "block special file 7 9 600 0 0", "fifo 0 0 622 0 0"])
})

boxTest("delete leaves another's process and its cgroup alone, where a runtime takes a cgroup that has one [clause runtime.md/delete-4]", { ...ERROR }, async (t, box) => {
  const folder = (unified ? "/sys/fs/cgroup" : cgroupRoots.find((root) => root.endsWith("/pids")) ?? cgroupRoots[0]) + box.cgroupsPath
  mkdirSync(folder, { recursive: true })
  const pid = Number(expectSuccess(command(["/bin/sh", "-c", `sleep 1000 >/dev/null 2>&1 & echo $! >${folder}/cgroup.procs; echo $!`])).stdout)
  try {
    if (box.args("/bin/sleep", "1000").tryCreate().code === 0) {
      box.kill()
      await box.reached("stopped")
      box.call(["delete", box.id])
    }
    t.ok(isAlive(pid), "the other process lives")
    t.ok(existsSync(folder), "its cgroup is there")
    t.match(readFileSync(`/proc/${pid}/cgroup`, "utf8"), box.cgroupsPath, "and it is in it")
  } finally {
    if (isAlive(pid)) process.kill(pid, "SIGKILL")
    await until("its end", () => !isAlive(pid)).catch(() => undefined)
    await until("the cgroup to go", () => command(["rmdir", folder]).code === 0 || !existsSync(folder), 2000).catch(() => undefined)
  }
})

/* Cgroups. */

boxTest("create in a frozen cgroup is an error, where a runtime looks [clause config-linux.md/control-groups-1]", { ...ERROR, differs: ["a cgroup"] }, async (t, box) => {
  const v1 = existsSync("/sys/fs/cgroup/freezer")
  const folder = `/sys/fs/cgroup${v1 ? "/freezer" : ""}${box.cgroupsPath}`
  mkdirSync(folder, { recursive: true })
  const freeze = (on: boolean): void => writeFileSync(`${folder}/${v1 ? "freezer.state" : "cgroup.freeze"}`, v1 ? (on ? "FROZEN" : "THAWED") : on ? "1" : "0")
  freeze(true)
  try {
    const { code, milliseconds } = box.args("/bin/sleep", "1000").tryCreate([], { timeLimit: 8000 })
    t.ok(code > 0 && milliseconds < 7000, `exit code ${code} after ${Math.round(milliseconds / 1000)} s`)
  } finally {
    freeze(false)
    for (const pid of readFileSync(`${folder}/cgroup.procs`, "utf8").split("\n").filter((line) => line !== "")) process.kill(Number(pid), "SIGKILL")
    await until("the cgroup to go", () => command(["rmdir", folder]).code === 0, 3000).catch(() => undefined)
  }
})

const HUGE = unified && controllers.includes("hugetlb") ? {} : { skipIn: { native: "huge pages are cgroup2's, on a hybrid machine", uml: "the kernel has no huge pages", "pure-v2": "no hugetlb" } }

boxTest("hugepageLimits are in the cgroup [clause config-linux.md/huge-page-limits-1]", HUGE, (t, box) => {
  box.config.linux.resources = { hugepageLimits: [{ pageSize: "2MB", limit: 209_715_200 }] }
  box.create()
  const value = (file: string): string => readFileSync(`/sys/fs/cgroup${box.cgroupsPath}/${file}`, "utf8").trim()
  t.equal(value("hugetlb.2MB.max"), "209715200")
  t.equal(value("hugetlb.2MB.rsvd.max"), "209715200")
})

boxTest("unified: the controller of a file is enabled, the file written, one that the runtime cannot know too" +
  " [clause config-linux.md/unified-1, clause config-linux.md/unified-2]", HUGE, (t, box) => {
  box.config.linux.resources = { unified: { "hugetlb.2MB.max": "4194304", "cgroup.max.depth": "7" } }
  box.create()
  const folder = `/sys/fs/cgroup${box.cgroupsPath}`
  t.match(readFileSync(`${folder}/cgroup.controllers`, "utf8"), /hugetlb/)
  t.equal(readFileSync(`${folder}/hugetlb.2MB.max`, "utf8").trim(), "4194304")
  t.equal(readFileSync(`${folder}/cgroup.max.depth`, "utf8").trim(), "7")
})

const USER = 1000

/** A container of a user, with cgroup namespace and mount, and what is changed of that. @returns the owner of its cgroup, and who else owns what is in it */
async function owners(box: Box, change: (box: Box) => void = () => undefined): Promise<{ folder: number; files: string[] }> {
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"] })
  box.config.process.user = { uid: USER, gid: USER }
  change(box)
  await box.launch("/bin/sleep", "1000")
  const folder = box.cgroupFolders()[0] as string
  const files = expectSuccess(command(["find", folder, "-maxdepth", "1", "-type", "f", "-uid", String(USER), "-printf", "%f\\n"])).stdout.trim().split("\n")
  return { folder: statSync(folder).uid, files: files.filter((name) => name !== "").sort() }
}

boxTest("a writable mount of a cgroup namespace's own: the cgroup is the user's [clause config-linux.md/cgroup-ownership-3]", { needs: ["v2"] }, async (t, box) => {
  t.equal((await owners(box)).folder, USER)
})

boxTest("only what the kernel lists for it is the user's, and what it has not is no error" +
  " [clause config-linux.md/cgroup-ownership-5, clause config-linux.md/cgroup-ownership-6]", { needs: ["v2"] }, async (t, box) => {
  const { folder, files } = await owners(box)
  const listed = readFileSync("/sys/kernel/cgroup/delegate", "utf8").trim().split("\n")
  const there = box.cgroupFolders()[0] as string
  t.equal(folder, USER)
  t.same(files, listed.filter((name) => existsSync(`${there}/${name}`)).sort())
})

boxTest("cgroup v1: the owner stays [clause config-linux.md/cgroup-ownership-1]", { differs: ["a cgroup"], needs: ["hybrid"] }, async (t, box) => {
  await owners(box)
  for (const folder of box.cgroupFolders()) t.equal(statSync(folder).uid, 0, folder)
})

boxTest("without a cgroup namespace the owner stays [clause config-linux.md/cgroup-ownership-2]", { needs: ["v2"] }, async (t, box) => {
  const { folder } = await owners(box, ({ config: { linux } }) => void (linux.namespaces = linux.namespaces.filter(({ type }) => type !== "cgroup")))
  t.equal(folder, 0)
})

boxTest("without a writable mount of cgroups the owner stays [clause config-linux.md/cgroup-ownership-4]", { needs: ["v2"] }, async (t, box) => {
  t.equal((await owners(box, ({ config }) => void config.mounts.at(-1)?.options?.push("ro"))).folder, 0)
})

/* Mounts. */

const maps = (hostID: number, containerID: number): IdMapping[] => [{ containerID, hostID, size: 10 }]

const IDMAP = [["idmap", "linux-mount-options-9"], ["ridmap", "linux-mount-options-10"]] as const

for (const [word, clause] of IDMAP) {
  boxTest(`${word} with mappings [clause config.md/${clause}]`, { ...ERROR, differs: ["id-mapped mounts"] }, (t, box) => {
    const source = `${box.folder}/volume`
    mkdirSync(source)
    expectSuccess(command(["mount", "-t", "tmpfs", "-o", "mode=777,uid=5000", "none", source]))
    mkdirSync(`${source}/below`)
    expectSuccess(command(["mount", "-t", "tmpfs", "-o", "uid=5000", "none", `${source}/below`]))
    try {
      box.config.mounts.push({ destination: "/mnt", type: "bind", source, options: ["rbind", word], uidMappings: maps(7000, 5000), gidMappings: maps(7000, 5000) })
      t.equal(box.inside("stat -c %u /mnt /mnt/below | tr '\\n' ' '"), `7000 ${word === "ridmap" ? 7000 : 5000} `)
    } finally {
      box.call(["delete", "--force", box.id])
      expectSuccess(command(["umount", "-R", source]))
    }
  })
}

boxTest("uidMappings and gidMappings of a mount that says idmap [clause config.md/linux-mount-options-11]", { ...ERROR, differs: ["id-mapped mounts"] }, (t, box) => {
  const source = `${box.folder}/volume`
  mkdirSync(source)
  expectSuccess(command(["mount", "-t", "tmpfs", "-o", "mode=777,uid=5000,gid=5001", "none", source]))
  try {
    box.config.mounts.push({ destination: "/mnt", type: "bind", source, options: ["bind", "idmap"], uidMappings: maps(7000, 5000), gidMappings: maps(7000, 5000) })
    t.equal(box.inside("stat -c %u:%g /mnt"), "7000:7001")
  } finally {
    box.call(["delete", "--force", box.id])
    expectSuccess(command(["umount", source]))
  }
})

boxTest("idmap is no data of mount(2) [clause config.md/linux-mount-options-13]", { differs: ["id-mapped mounts"], ...ERROR, skipIn: { uml: "has no strace" } }, (t, box) => {
  mkdirSync(`${box.folder}/volume`)
  box.config.mounts.push({
    destination: "/mnt", type: "bind", source: `${box.folder}/volume`, options: ["bind", "idmap"], uidMappings: maps(7000, 5000), gidMappings: maps(7000, 5000),
  })
  box.args("/bin/true").write()
  const trace = `${box.folder}/trace`
  command(["strace", "-f", "-o", trace, "-e", "trace=mount", runtimePath, "--root", box.root, "run", "--bundle", box.bundle, box.id])
  const calls = readFileSync(trace, "utf8").split("\n").filter((line) => line.includes("mount("))
  t.ok(calls.length > 0)
  t.same(calls.filter((line) => /"[^"/]*idmap[^"/]*"/.test(line)), [])
})

boxTest("data of a bind mount has no effect and is no error [clause config.md/linux-mount-options-14]", (t, box) => {
  mkdirSync(`${box.folder}/data`, { mode: 0o700 })
  box.config.mounts.push({ destination: "/mnt", type: "bind", source: `${box.folder}/data`, options: ["bind", "mode=755", "size=1k"] })
  t.equal(box.inside("stat -c %a /mnt"), "700")
})

const PROPAGATIONS = [["shared", /^shared:/], ["slave", /^(master:\d+)?$/], ["private", /^$/], ["unbindable", /^unbindable$/]] as const

for (const [value, expected] of PROPAGATIONS) {
  boxTest(`rootfsPropagation ${value} [clause config-linux.md/rootfs-mount-propagation-1]`, ERROR, async (t, box) => {
    box.config.linux.rootfsPropagation = value
    const root = mountinfo(await box.launch("/bin/sleep", "1000")).find(({ target }) => target === "/")
    t.match(root?.propagation.join(" "), expected)
  })
}

/* Security. */

boxTest("seccomp flags reach seccomp(2), whoever loads the filter [clause config-linux.md/seccomp-8]", { differs: ["a tracer"], skipIn: { uml: "has no strace" } }, (t, box) => {
  for (const flag of ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]) {
    box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", flags: [flag], syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] }
    box.script("mkdir /x 2>/dev/null || echo refused").write()
    const trace = `${box.folder}/trace`
    const run = command(["strace", "-f", "-o", trace, "-e", "trace=seccomp", runtimePath, "--root", box.root, "run", "--bundle", box.bundle, box.id])
    t.equal(run.stdout, "refused\n", flag)
    t.ok(readFileSync(trace, "utf8").split("\n").some((line) => line.includes("SET_MODE_FILTER") && line.includes(flag) && line.endsWith("= 0")), `${flag} is passed`)
  }
})

const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3"
const ENOSPC = 28

boxTest("SCMP_ACT_NOTIFY: the process state and the listener come in one message to listenerPath" +
  " [clause config-linux.md/seccomp-10, clause config-linux.md/the-container-process-state-1, clause config-linux.md/the-container-process-state-2]", async (t, box) => {
  const path = `${box.folder}/agent.sock`
  const numbers = process.arch === "x64" ? [83, syscallNumber("mkdirat")] : [syscallNumber("mkdirat")]
  const agent = startCommand([PYTHON, `${checkout}/conformance/lib/agent.py`, path, "20", ...numbers.map((number) => `${number}=${ENOSPC}`)], { timeLimit: 30_000 })
  try {
    await until("the agent", () => agent.stdout().includes("ready"))
    box.config.linux.seccomp = {
      defaultAction: "SCMP_ACT_ALLOW", listenerPath: path, listenerMetadata: "some text", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY" }],
    }
    box.script("mkdir /x 2>&1").write()
    // what the program does then is for other tests
    runtime(["--root", box.root, "run", "--bundle", box.bundle, box.id], { timeLimit: 8000 })
    const sent = agent.stdout().split("\n").filter((line) => line.includes('"message"')).map((line) => JSON.parse(line) as { message: string; descriptors: number; link: string })
    t.equal(sent.length, 1, "one message")
    t.equal(sent[0]?.descriptors, 1, "with one descriptor")
    t.equal(sent[0]?.link, "anon_inode:seccomp notify")
    const state = JSON.parse(sent[0]?.message ?? "{}") as Record<string, unknown> & { state?: object }
    t.match(state, { ociVersion: /^\d+\.\d+\.\d+/, fds: ["seccompFd"], metadata: "some text", state: { id: box.id, bundle: box.bundle } })
    t.type(state["pid"], "number")
  } finally {
    agent.child.kill("SIGKILL")
    await agent.done
    box.call(["delete", "--force", box.id])
  }
})

boxTest("listenerPath without SCMP_ACT_NOTIFY has no effect [clause config-linux.md/seccomp-12]", (t, box) => {
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: `${box.folder}/nobody`, syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] }
  t.equal(box.inside("mkdir /x 2>/dev/null || echo refused"), "refused")
})

const DOMAINS = [["LINUX32", "linux64", process.arch === "arm64" ? "armv8l" : "i686"], ["LINUX", "linux32", process.arch === "arm64" ? "aarch64" : "x86_64"]] as const

for (const [domain, callers, machine] of DOMAINS) {
  boxTest(`personality ${domain}, with a caller of the other [clause config-linux.md/personality-1]`, (t, box) => {
    box.config.linux.personality = { domain }
    t.equal(expectSuccess(box.args("/bin/uname", "-m").run([], { before: `exec setarch ${callers} "$@"` })).stdout.trim(), machine)
  })
}

boxTest("execCPUAffinity does not hold for init [clause config.md/linux-process-15]", async (t, box) => {
  const allowed = (pid: number | string): string => /^Cpus_allowed_list:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? ""
  const before = allowed(await box.launch("/bin/sleep", "1000"))
  box.delete("--force")
  box.config.process["execCPUAffinity"] = { initial: "0", final: "0" }
  t.equal(allowed(await box.launch("/bin/sleep", "1000")), before)
})

/* What `features` tells. */

interface Features {
  readonly mountOptions: readonly string[]
  readonly linux: { readonly namespaces: readonly string[]; readonly capabilities: readonly string[] }
}

function features(): Features {
  return JSON.parse(expectSuccess(command([runtimePath, "features"])).stdout) as Features
}

boxTest("each namespace that features names is recognized [features] [clause features-linux.md/namespaces-1]", (t, box) => {
  const known = features().linux.namespaces.filter((type) => existsSync(`/proc/self/ns/${{ mount: "mnt", network: "net" }[type] ?? type}`) && type !== "user")
  box.config.linux.namespaces = known.map((type) => ({ type }))
  t.equal(box.inside("echo runs"), "runs")
})

boxTest("each capability that features names is recognized [features] [clause features-linux.md/capabilities-1]", (t, box) => {
  const names = [...features().linux.capabilities]
  box.config.process.capabilities = { bounding: names }
  const log = `${box.folder}/log`
  box.script("echo runs").write()
  t.equal(box.call(["--log", log, "run", "--bundle", box.bundle, box.id]).stdout, "runs\n")
  t.notMatch(existsSync(log) ? readFileSync(log, "utf8") : "", /unknown/i)
  rmSync(log, { force: true })
})

boxTest("each mount option that features names is recognized [features] [clause features.md/mount-options-1]", { ...ERROR, skipIn: { uml: "slow" } }, (t, box) => {
  // words that ask for what this mount cannot be
  const others = ["bind", "rbind", "idmap", "ridmap", "remount", "mand", "tmpcopyup"]
  const before = [...box.config.mounts]
  for (const word of features().mountOptions.filter((option) => !others.includes(option))) {
    box.config.mounts = [...before, { destination: "/mnt", type: "tmpfs", source: "tmpfs", options: [word] }]
    t.equal(box.args("/bin/true").run().code, 0, word)
  }
})

t.end()
