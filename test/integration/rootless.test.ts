import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { expectSuccess, type Result, said, until } from "../../conformance/lib/command.ts"
import type { Config } from "../../conformance/lib/config.ts"
import { runtimeName } from "../../conformance/lib/environment.ts"
import { COUNT, FIRST, UID, userTest } from "./rootless-box.ts"

/*
 * Containers that an ordinary user makes, with no root anywhere: the runtime makes the user namespace itself. What runc does as the same
 * user is the measure where it can do it (it never adds a user namespace).
 */

const ADDS = { runc: "adds no user namespace of its own" } as const

/** uid_map or gid_map of a process, its blanks one each. */
function map(pid: number | string, kind: "uid" | "gid" = "uid"): string[] {
  return readFileSync(`/proc/${pid}/${kind}_map`, "utf8").trim().split("\n").map((line) => line.trim().split(/\s+/).join(" "))
}

const RANGES = [`0 ${UID} 1`, `1 ${FIRST} ${COUNT}`]
const SINGLE = [`0 ${UID} 1`]

function failed(t: Test, result: Result, pattern: RegExp): void {
  t.not(result.code, 0)
  t.match(said(result), pattern)
}

userTest("rootless: `spec --rootless`, then `run` [spec --rootless] [run]", {}, (t, box) => {
  expectSuccess(box.as([...box.binary, "spec", "--rootless", "--bundle", box.bundle]))
  const config = JSON.parse(readFileSync(`${box.bundle}/config.json`, "utf8")) as Config
  t.same(config.linux.uidMappings, [{ containerID: 0, hostID: UID, size: 1 }])
  config.process.terminal = false
  config.root.readonly = false
  box.write({ ...config, process: { ...config.process, args: ["/bin/sh", "-c", "id -u; id -g; cat /proc/self/uid_map /proc/self/setgroups; echo made >/made; ls /sys/class /dev/pts"] } })
  const result = expectSuccess(box.call(["run", "--bundle", box.bundle, box.id]))
  const [uid, gid, line, setgroups] = result.stdout.split("\n")
  t.same([uid, gid, line?.trim().split(/\s+/), setgroups], ["0", "0", ["0", String(UID), "1"], "deny"])
  t.equal(statSync(`${box.rootfs}/made`).uid, UID, "what its root makes is the user's")
})

userTest("rootless: without a user namespace in the config runts adds one, with the user's ranges [run] [/linux/namespaces]", { ranges: true, skipFor: ADDS }, async (t, box) => {
  box.config.process.user = { uid: 1000, gid: 1000, additionalGids: [50] }
  box.script("id -u; id -g; id -G; cat /proc/self/setgroups; touch /tmp/mine; exec sleep 1000")
  box.config.mounts.push({ destination: "/tmp", type: "bind", source: "shared", options: ["bind"] })
  mkdirSync(`${box.bundle}/shared`)
  chmodSync(`${box.bundle}/shared`, 0o777)
  const running = box.startRun()
  await until("its file", () => existsSync(`${box.bundle}/shared/mine`))
  t.equal(running.stdout(), "1000\n1000\n1000 50\nallow\n")
  const { pid } = box.state()
  t.same(map(pid), RANGES)
  t.same(map(pid, "gid"), RANGES)
  t.equal(statSync(`${box.bundle}/shared/mine`).uid, FIRST + 999, "its user is one of the user's range outside")
  t.match(readFileSync(`/proc/${pid}/status`, "utf8"), new RegExp(`^Uid:\\s+${FIRST + 999}\\s`, "m"))
  t.not(readlinkSync(`/proc/${pid}/ns/user`), readlinkSync("/proc/self/ns/user"))
  box.kill()
  t.equal((await running.done).code, 137)
  rmSync(`${box.bundle}/shared/mine`)
})

userTest("rootless: a user namespace without mappings gets the user's, a user without ranges one id [/linux/uidMappings] [/linux/gidMappings]", { skipFor: ADDS }, (t, box) => {
  box.around = { subuid: "" }
  box.config.linux.namespaces.push({ type: "user" })
  const inside = (): string[] => box.inside("cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups").split("\n").map((line) => line.trim().split(/\s+/).join(" "))
  t.same(inside(), [...SINGLE, ...SINGLE, "deny"])
})

userTest("rootless: without a name the number counts in /etc/subuid; several ranges follow each other [/linux/uidMappings]", { ranges: true, skipFor: ADDS }, (t, box) => {
  box.around = { subuid: `# ranges\nsomebody:${FIRST}:10\n${UID}:${FIRST + 100}:20\n${UID}:${FIRST + 500}:30\n`, subgid: `${UID}:${FIRST + 100}:20\n`, passwd: "root:x:0:0::/:/bin/sh\n" }
  // newuidmap itself knows nobody without a name: what is asked of it is seen where a script stands in its place
  box.around.mappers = "#!/bin/sh\necho \"$0 $*\" >&2\nexit 7\n"
  failed(t, box.run(), new RegExp(`newgidmap: exit status 7, output: "/usr/bin/newgidmap [0-9]+ 0 ${UID} 1 1 ${FIRST + 100} 20"`))
  box.around.mappers = `#!/bin/sh\ncase $0 in *newgidmap) exit 0;; esac\necho "$*" >&2\nexit 7\n`
  failed(t, box.run(), new RegExp(`output: "[0-9]+ 0 ${UID} 1 1 ${FIRST + 100} 20 21 ${FIRST + 500} 30"`))
})

userTest("rootless: create, start, exec, ps, kill, delete [create] [start] [exec] [exec --user] [exec --process] [exec --detach] [ps] [kill] [delete] [list]", { skipFor: ADDS, ranges: true }, async (t, box) => {
  box.args("/bin/sleep", "1000").create()
  const { pid, status } = box.state()
  t.equal(status, "created")
  t.match(readlinkSync(`/proc/${pid}/ns/net`), /^net:/)
  t.equal(box.as(["readlink", `/proc/${pid}/ns/net`]).stdout.trim(), readlinkSync(`/proc/${pid}/ns/net`), "the user can look at its namespaces, as engines do")
  t.equal(box.exec(["/bin/id", "-u"]).stdout, "0\n", "exec into one that is only created")
  box.start()
  await until("the program", () => readlinkSync(`/proc/${pid}/exe`).endsWith("busybox"))
  t.equal(box.exec(["/bin/id"], ["--user", "5:6", "--additional-gids", "7"]).stdout, "uid=5 gid=6 groups=7\n")
  const file = `${box.folder}/process.json`
  writeFileSync(file, JSON.stringify({ user: { uid: 9, gid: 9 }, args: ["/bin/sh", "-c", "id -u; exit 3"], cwd: "/", env: ["PATH=/bin"], oomScoreAdj: 700 }))
  const processed = box.call(["exec", "--process", file, box.id])
  t.same([processed.code, processed.stdout], [3, "9\n"])
  const pidFile = `${box.folder}/pid`
  expectSuccess(box.exec(["/bin/sleep", "999"], ["--detach", "--pid-file", pidFile]))
  const second = Number(readFileSync(pidFile, "utf8"))
  t.equal(readlinkSync(`/proc/${second}/ns/user`), readlinkSync(`/proc/${pid}/ns/user`))
  const listed = JSON.parse(expectSuccess(box.call(["list", "--format", "json"])).stdout) as { id: string; status: string }[]
  t.match(listed, [{ id: box.id, status: "running" }])
  t.same(new Set(JSON.parse(expectSuccess(box.call(["ps", "--format", "json", box.id])).stdout)), new Set([pid, second]))
  box.kill()
  await box.reached("stopped")
  await until("the other process", () => !existsSync(`/proc/${second}/ns/user`) || !canLook(second))
  box.delete()
  t.same(box.stateEntries(), [])
})

/** Whether a process is one still, and no zombie. */
function canLook(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) !== ""
  } catch {
    return false
  }
}

userTest("rootless: `delete --force` and a created container's end leave nothing [delete --force] [kill]", {}, async (t, box) => {
  box.args("/bin/sleep", "1000").create()
  box.kill()
  await box.reached("stopped")
  box.delete()
  box.create()
  box.delete("--force")
  t.same(box.stateEntries(), [])
})

userTest("rootless: what every container has: devices, /sys, masked and read-only paths, mqueue [/linux/devices] [/linux/maskedPaths] [/linux/readonlyPaths] [/mounts/*/type]", {}, (t, box) => {
  box.config.mounts.push({ destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] })
  box.config.linux.maskedPaths = ["/proc/keys", "/sys/firmware", "/proc/acpi"]
  const text = box.inside(`
    echo x >/dev/null && head -c1 /dev/zero | od -An -tx1 && head -c2 /dev/urandom | wc -c
    ls -l /dev/fd /dev/ptmx | sed 's/.*-> //'
    cat /proc/keys | wc -c; ls /sys/firmware | wc -l
    (echo 1 >/proc/sys/kernel/pid_max) 2>&1 | grep -c 'Read-only\\|Permission'
    ls /sys/class/net; stat -f -c %T /dev/mqueue; touch /dev/mqueue/a && ls /dev/mqueue`)
  t.same(text.split("\n").map((line) => line.trim()), ["00", "2", "/proc/self/fd", "pts/ptmx", "0", "0", "1", "lo", "UNKNOWN", "a"])
})

userTest("rootless: /sys is bound where the network namespace is the host's [/linux/namespaces] [/mounts/*/type]", { skipFor: { runc: "1.1 binds no /sys by itself" } }, (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "network")
  t.equal(box.inside("ls /sys | grep -c class; grep -c ' / /sys ro,' /proc/self/mountinfo; (mkdir /sys/x) 2>&1 | wc -l"), "1\n1\n1")
  box.config.mounts = box.config.mounts.map((mount) => (mount.destination !== "/sys" ? mount
    : { destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"] }))
  t.equal(box.inside("ls /sys | grep -c class"), "1", "as the config of `spec --rootless` has it")
})

userTest("rootless: binds of the user's files, read-only too [/mounts/*/options] [/root/readonly]", {}, (t, box) => {
  mkdirSync(`${box.folder}/data`)
  writeFileSync(`${box.folder}/data/file`, "mine\n")
  box.give(`${box.folder}/data`)
  for (const [destination, option] of [["/rw", "rw"], ["/ro", "ro"]] as const) {
    box.config.mounts.push({ destination, type: "bind", source: `${box.folder}/data`, options: ["rbind", option] })
  }
  box.config.root.readonly = true
  t.equal(box.inside("cat /ro/file; (echo >/ro/file) 2>&1 | grep -c Read-only; echo more >>/rw/file; cat /ro/file; (touch /x) 2>&1 | grep -c Read-only"), "mine\n1\nmine\nmore\n1")
})

userTest("rootless: a flag that a mount of the host has stays [/mounts/*/options]", { skipFor: { runc: "1.1 leaves an option out in silence" } }, (t, box) => {
  // nosuid is locked: to clear it takes rights over the host's user namespace
  box.config.mounts.push({ destination: "/locked", type: "bind", source: `${box.folder}/locked`, options: ["rbind", "suid"] })
  mkdirSync(`${box.folder}/locked`)
  box.before = `mount -t tmpfs -o nosuid none ${box.folder}/locked`
  failed(t, box.run(), /set the attributes of \/locked: operation not permitted/)
})

userTest("rootless: without pivot_root [run --no-pivot]", {}, (t, box) => {
  t.equal(expectSuccess(box.script("ls / | grep -c bin; id -u").run(["--no-pivot"])).stdout, "1\n0\n")
})

userTest("rootless: limits, oom score and scheduling: down is everybody's, up is root's [/process/rlimits] [/process/oomScoreAdj] [/process/scheduler]", { skipFor: { runc: "1.1 knows no scheduler" } }, (t, box) => {
  box.config.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 60, hard: 70 }]
  box.config.process.oomScoreAdj = 500
  box.config.process.scheduler = { policy: "SCHED_OTHER", nice: 15 }
  t.equal(box.inside("ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj; cut -d' ' -f19 /proc/self/stat"), "60\n70\n500\n15")
  box.config.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 100_000_000, hard: 100_000_000 }]
  failed(t, box.run(), /RLIMIT_NOFILE to 100000000:100000000: operation not permitted.*CAP_SYS_RESOURCE/)
  delete box.config.process.rlimits
  box.config.process.oomScoreAdj = -1000
  failed(t, box.run(), /oom score adjustment to -1000: permission denied.*CAP_SYS_RESOURCE/)
  delete box.config.process.oomScoreAdj
  box.config.process.scheduler = { policy: "SCHED_OTHER", nice: -5 }
  failed(t, box.run(), /SCHED_OTHER: operation not permitted/)
})

userTest("rootless: exec has limits and an oom score too [exec]", { skipFor: { runc: "1.1 gives exec the hard limit of open files as the soft one" } }, async (t, box) => {
  box.config.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 60, hard: 70 }]
  box.config.process.oomScoreAdj = 600
  await box.launch("/bin/sleep", "1000")
  t.equal(box.exec(["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj"]).stdout, "60\n70\n600\n")
  box.delete("--force")
})

userTest("rootless: hooks of all kinds; those of creation find the namespaces [/hooks/createRuntime] [/hooks/createContainer] [/hooks/startContainer] [/hooks/poststop]", {}, async (t, box) => {
  const log = `${box.folder}/log`
  // the pid that a hook in the container is told is that of its pid namespace
  const script = (kind: string): string => {
    const pid = kind === "createContainer" ? "self" : "$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/')"
    return `pid=${pid}; echo ${kind} $(id -u) $(readlink /proc/$pid/ns/net) >>${log}`
  }
  const outside = (kind: string) => [{ path: "/bin/sh", args: ["sh", "-c", script(kind)], env: [`PATH=${process.env.PATH}`] }]
  box.config.hooks = {
    createRuntime: outside("createRuntime"), createContainer: outside("createContainer"), poststart: outside("poststart"), poststop: outside("poststop"),
    startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "echo startContainer $(id -u) >/said"] }],
  }
  writeFileSync(log, "")
  box.give(log)
  const pid = await box.launch("/bin/sleep", "1000")
  const net = readlinkSync(`/proc/${pid}/ns/net`)
  box.delete("--force")
  t.same(readFileSync(log, "utf8").trim().split("\n").map((line) => line.trim()), [`createRuntime ${UID} ${net}`, `createContainer 0 ${net}`, `poststart ${UID} ${net}`, `poststop ${UID}`])
  t.equal(readFileSync(`${box.rootfs}/said`, "utf8"), "startContainer 0\n")
})

userTest("rootless: seccomp without rights over the host, also for exec [/linux/seccomp]", {}, async (t, box) => {
  box.config.process.noNewPrivileges = false
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95 }] }
  await box.launch("/bin/sleep", "1000")
  t.match(box.exec(["/bin/mkdir", "/x"]).stderr, /not supported/i)
  t.match(box.exec(["/bin/grep", "Seccomp:", "/proc/self/status"]).stdout, /2/)
  box.delete("--force")
})

userTest("rootless: mounts are added and removed while it runs [mounts add] [mounts remove]", { skipFor: { runc: "has no such command" } }, async (t, box) => {
  writeFileSync(`${box.folder}/file`, "mine\n")
  box.give(`${box.folder}/file`)
  const list = `${box.folder}/mounts.json`
  writeFileSync(list, JSON.stringify([
    { destination: "/added", type: "tmpfs", source: "tmpfs", options: ["mode=750"] },
    { destination: "/file", type: "bind", source: `${box.folder}/file`, options: ["bind", "ro"] },
    { destination: "/proc2", type: "proc", source: "proc" },
  ]))
  await box.launch("/bin/sleep", "1000")
  expectSuccess(box.call(["mounts", "add", box.id, list]))
  t.equal(box.exec(["/bin/sh", "-c", "stat -c %a /added; cat /file; (echo >/file) 2>&1 | grep -c Read-only; cat /proc2/1/comm"]).stdout, "750\nmine\n1\nsleep\n")
  expectSuccess(box.call(["mounts", "remove", box.id, list]))
  t.equal(box.exec(["/bin/sh", "-c", "grep -cE ' /(added|file|proc2) ' /proc/self/mountinfo"]).stdout, "0\n")
  box.delete("--force")
})

userTest("rootless: time offsets and sysctls of its own namespaces [/linux/timeOffsets] [/linux/sysctl]", { skipFor: { runc: "1.1 has no time namespaces" } }, (t, box) => {
  box.config.linux.sysctl = { "net.ipv4.ip_unprivileged_port_start": "80", "kernel.shm_rmid_forced": "1" }
  const before = box.inside("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced")
  t.equal(before, "80\n1")
  if (!existsSync("/proc/self/ns/time")) return t.comment("this kernel has no time namespaces")
  box.config.linux.namespaces.push({ type: "time" })
  box.config.linux.timeOffsets = { boottime: { secs: 1_000_000_000, nanosecs: 0 } }
  t.ok(Number(box.inside("cut -d. -f1 /proc/uptime")) > 1_000_000_000)
})

userTest("rootless: joins the namespaces of another container of the user's [/linux/namespaces/*/path]", {}, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const other = { ...box.config, linux: { ...box.config.linux, namespaces: [
    ...["user", "network", "ipc"].map((type) => ({ type, path: `/proc/${pid}/ns/${type === "network" ? "net" : type}` })), { type: "pid" }, { type: "mount" }, { type: "uts" },
  ] }, process: { ...box.config.process, args: ["/bin/sh", "-c", "readlink /proc/self/ns/user; readlink /proc/self/ns/net; id -u"] } }
  box.write(other)
  const result = expectSuccess(box.call(["run", "--bundle", box.bundle, `${box.id}-b`]))
  t.same(result.stdout.trim().split("\n"), [readlinkSync(`/proc/${pid}/ns/user`), readlinkSync(`/proc/${pid}/ns/net`), "0"])
  other.linux.namespaces = [{ type: "user" }, { type: "mount" }, { type: "pid" }, { type: "network", path: `/proc/${pid}/ns/net` }]
  delete (other as Partial<Config>).hostname
  box.write(other)
  if (runtimeName === "runts") failed(t, box.call(["run", "--bundle", box.bundle, `${box.id}-b`]), /network namespace .* cannot be joined from a new user namespace.*\/proc\/PID\/ns\/user/)
  box.delete("--force")
})

userTest("rootless: the caller's groups can be kept [/annotations]", {}, (t, box) => {
  box.around = { subuid: "" }
  box.config.annotations = { "run.oci.keep_original_groups": "1" }
  box.write()
  const through = box.through.map((word) => (word === "--clear-groups" ? "--groups=54401" : word))
  box.script("grep Groups /proc/self/status").write()
  const result = expectSuccess(box.asWords(through, ["--root", box.root, "run", "--bundle", box.bundle, box.id]))
  t.equal(result.stdout.trim().replace(/\s+/g, " "), "Groups: 65534", "a group that is not mapped is seen as nobody's")
})

t.end()
