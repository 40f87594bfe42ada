import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync, chmodSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { Ajv2020 } from "ajv/dist/2020.js"
import t, { type Test } from "tap"
import { refusing } from "../../conformance/lib/attacker.ts"
import { command, expectSuccess, type Result } from "../../conformance/lib/command.ts"
import { cgroupPrefix, cgroupRoots, checkout, controllers, environment, runtimePath, scratch, unified } from "../../conformance/lib/environment.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"
import type { SyscallName } from "../../src/kernel/syscalls.ts"

/*
 * `runts doctor`: what it says of this machine is what the machine shows; and a machine that was made poor in one thing is said to lack just
 * that thing.
 */

const OURS: TestOptions = { skipFor: { runc: "has no doctor", crun: "has no doctor" } }

interface Row {
  readonly id: string
  readonly state: "present" | "limited" | "missing" | "unknown"
  readonly found: string
  readonly lack?: string
  readonly remedy?: Record<string, string>
}

interface Report {
  readonly ready: boolean
  readonly caller: { uid: number; role: string; userNamespace: boolean }
  readonly verdicts: Record<string, { ready: boolean; essential: string[]; costs: string[] } | undefined>
  readonly abilities: readonly Row[]
}

const validate = new Ajv2020().compile(JSON.parse(readFileSync(`${checkout}/schemas/doctor.schema.json`, "utf8")) as object)

/** The report that was printed; each is what the schema says. */
function reportOf({ code, stdout, stderr }: Result): Report {
  if (!stdout.startsWith("{")) throw new Error(`exit code ${code}: ${stdout}${stderr}`)
  const report = JSON.parse(stdout) as Report
  if (!validate(report)) throw new Error(JSON.stringify(validate.errors))
  return report
}

/** Runs `doctor` behind the words of another program, or after a shell snippet. */
function doctor(options: { through?: readonly string[]; before?: string; env?: Record<string, string | undefined>; args?: readonly string[] } = {}): {
  report: Report
  result: Result
  row(id: string): Row
} {
  const { through = [], before, env, args = [] } = options
  const result = command([...through, runtimePath, ...args, "doctor", "--format", "json"], {
    ...(before === undefined ? {} : { before }), ...(env === undefined ? {} : { env }),
  })
  const report = reportOf(result)
  return {
    report, result,
    row: (id) => {
      const found = report.abilities.find((one) => one.id === id)
      if (found === undefined) throw new Error(`no row ${id}`)
      return found
    },
  }
}

/** Ids whose state is not the same in both, as "id: present -> missing". */
function changes(before: Report, after: Report): string[] {
  return before.abilities.flatMap(({ id, state }) => {
    const now = after.abilities.find((one) => one.id === id)?.state ?? "not asked"
    return now === state ? [] : [`${id}: ${state} -> ${now}`]
  }).sort()
}

/** Whether a program that stands for an ability succeeds. */
function works(...argv: readonly string[]): boolean {
  return command(argv).code === 0
}

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
const here = environment !== "uml"

boxTest("doctor: what it tells is what other programs can do here [doctor, doctor --format]", OURS, (t) => {
  const { report, row, result } = doctor()
  t.same([result.code, result.stderr, report.ready], [0, "", true], "the tests run here, so containers do")
  t.same([report.caller.uid, report.caller.role], [0, "root"])
  const flags: Record<string, string> = {
    mount: "--mount", pid: "--pid", network: "--net", ipc: "--ipc", uts: "--uts", cgroup: "--cgroup", user: "--user", time: "--time",
  }
  for (const [type, flag] of Object.entries(flags)) {
    t.equal(row(`namespace-${type}`).state === "present", works("unshare", flag, "true"), `${type} namespaces as unshare(1) finds`)
  }
  t.equal(row("user-namespaces-for-users").state === "present", works(...NOBODY, "unshare", "--user", "true"), "user namespaces for users")
  const mounts = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--net", "--ipc"]
  const refused = ["proc", "sysfs", "tmpfs", "devpts", "mqueue"].filter((type) => !works(...NOBODY, ...mounts, "mount", "-t", type, "none", "/mnt"))
  const told = ["proc", "sysfs", "tmpfs", "devpts", "mqueue"].filter((type) => new RegExp(`not .*\\b${type}\\b`).test(row("users-mounts").found))
  t.same(told, refused, "what users may mount")
  for (const type of ["proc", "sysfs", "tmpfs", "devpts", "mqueue"]) {
    t.equal(row(`new-${type}`).state === "present", works("unshare", "--mount", "mount", "-t", type, "none", "/mnt"), `mount -t ${type}`)
  }
  const wanted = works("unshare", "--mount", "mount", "-t", "overlay", "-o", "lowerdir=/usr:/proc/self/ns", "none", "/mnt")
  t.equal(row("overlay").state === "present", wanted || readFileSync("/proc/filesystems", "utf8").includes("\toverlay\n"), "overlay")
})

boxTest("doctor: controllers are those that are mounted, and the layout is named [doctor]", OURS, (t) => {
  const { row } = doctor()
  const v1 = cgroupRoots.filter((path) => !existsSync(`${path}/cgroup.controllers`)).map((path) => path.split("/").at(-1))
  const inHybrid = cgroupRoots.filter((path) => existsSync(`${path}/cgroup.controllers`))
    .flatMap((path) => readFileSync(`${path}/cgroup.controllers`, "utf8").trim().split(" "))
  const names: Record<string, string> = { io: "blkio" }
  for (const name of ["memory", "cpu", "cpuset", "pids", "io", "hugetlb", "rdma"]) {
    const there = v1.includes(names[name] ?? name) || inHybrid.includes(name)
    t.equal(row(`cgroup-${name}`).state, there ? "present" : "missing", name)
  }
  for (const name of controllers) t.ok(["cpu", "cpuset", "io", "memory", "pids", "hugetlb", "rdma", "misc"].includes(name), `${name} is known`)
  t.equal(row("cgroup-unified").state, unified ? "present" : "missing")
  t.equal(row("cgroup-mounted").state, "present")
  t.equal(row("cgroup-devices").found, v1.includes("devices") ? "v1, /sys/fs/cgroup/devices" : "v2, by BPF")
})

boxTest("doctor: the kernel's own configuration says the same [doctor]", { ...OURS, ...(existsSync("/proc/config.gz") ? {} : { skipIn: { native: "no /proc/config.gz", "pure-v2": "no /proc/config.gz", uml: "no /proc/config.gz" } }) }, (t) => {
  const config = gunzipSync(readFileSync("/proc/config.gz")).toString()
  const { row } = doctor()
  const options: Record<string, string> = {
    "namespace-user": "USER_NS", "namespace-time": "TIME_NS", "namespace-pid": "PID_NS", "keyrings": "KEYS", "memory-policy": "NUMA",
    "seccomp": "SECCOMP_FILTER", "audit": "AUDIT", "hugepages": "HUGETLBFS", "new-mqueue": "POSIX_MQUEUE", "new-tmpfs": "TMPFS",
  }
  for (const [id, option] of Object.entries(options)) {
    t.equal(row(id).state === "present", new RegExp(`^CONFIG_${option}=y$`, "m").test(config), `${id}: CONFIG_${option}`)
  }
})

/** What changes where a system call fails with ENOSYS, as on a kernel that does not have it. `essential`: no container can be made then. */
const OLD_KERNELS: readonly { calls: readonly SyscallName[]; essential: readonly string[]; others: readonly string[] }[] = [
  { calls: ["openat2"], essential: ["openat2"], others: [] },
  { calls: ["mount_setattr"], essential: ["mount-setattr"], others: ["idmapped-mounts"] },
  { calls: ["open_tree"], essential: ["open-tree"], others: ["idmapped-mounts"] },
  { calls: ["move_mount"], essential: ["fsopen"], others: ["move-mount-beneath"] },
  { calls: ["pidfd_open"], essential: ["pidfd-open"], others: [] },
  { calls: ["pidfd_send_signal"], essential: ["pidfd-send-signal"], others: [] },
  { calls: ["pidfd_getfd"], essential: [], others: ["pidfd-getfd"] },
  { calls: ["keyctl"], essential: [], others: ["keyrings"] },
  { calls: ["get_mempolicy"], essential: [], others: ["memory-policy"] },
  { calls: ["landlock_create_ruleset"], essential: [], others: ["landlock"] },
]

boxTest("doctor: a kernel without a system call is said to lack just that [doctor]", { ...OURS, skipIn: { uml: "slow" } }, (t) => {
  // a filter is in force in both, of which doctor tells too
  const { report: rich } = doctor({ before: refusing(38, "ptrace") })
  for (const { calls, essential, others } of OLD_KERNELS) {
    const { report, result, row } = doctor({ before: refusing(38, ...calls) })
    const name = calls.join()
    t.same(changes(rich, report).map((line) => line.split(":")[0]), [...essential, ...others].filter((id) => (
      rich.abilities.find((one) => one.id === id)?.state === "present"
    )).sort(), name)
    t.same(report.verdicts.root?.essential, essential, `${name}: why no container can be made`)
    t.equal(result.code, essential.length > 0 ? 1 : 0, `${name}: exit code`)
    for (const id of essential) t.match(row(id).found, /ENOSYS/, `${name}: ${row(id).found}`)
  }
})

boxTest("doctor: calls that doctor itself cannot do without are survived and told [doctor]", { ...OURS, skipIn: { uml: "slow" } }, (t) => {
  const essential: Record<string, string> = { clone3: "clone3", close_range: "close-range", fsopen: "fsopen", unshare: "namespace-mount", memfd_create: "memfd-exec" }
  for (const [call, id] of Object.entries(essential)) {
    const { report, result } = doctor({ before: refusing(38, call as SyscallName) })
    t.ok(report.verdicts.root?.essential.includes(id), `${call}: ${report.verdicts.root?.essential.join()}`)
    t.equal(result.code, 1, call)
  }
})

boxTest("doctor: a filter that answers EPERM is told from a kernel that is old [doctor]", OURS, (t) => {
  const { row } = doctor({ before: refusing(1, "keyctl", "openat2") })
  for (const [id, call] of [["keyrings", "keyctl"], ["openat2", "openat2"]] as const) {
    t.equal(row(id).found, `${call}: EPERM`)
    t.match(row(id).remedy?.text, /seccomp profile/)
  }
  t.equal(row("unfiltered").state, "limited")
})

boxTest("doctor: as root of a user namespace it judges what ordinary users can do [doctor]", OURS, (t) => {
  const { report, row, result } = doctor({ through: ["unshare", "--user", "--map-root-user"] })
  t.same(report.caller, { uid: 0, role: "rootless", userNamespace: true })
  t.equal(report.verdicts.root, undefined)
  t.equal(row("user-namespaces-for-users").state, "present")
  t.match(row("outermost").found, /user namespace/)
  t.equal(result.code, report.ready ? 0 : 1)
})

boxTest("doctor: who is ready can run a container, who is not cannot [doctor]", OURS, (t, box) => {
  const uid = 12345
  const user = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"]
  const mapped = ["unshare", "--user", "--map-root-user", "--mount"]
  box.script("echo runs")
  delete box.config.linux.cgroupsPath
  if (!box.config.linux.namespaces.some(({ type }) => type === "network")) box.config.linux.namespaces.push({ type: "network" })
  const state = `${box.folder}/users-state`
  mkdirSync(state)
  expectSuccess(command(["chown", "-R", String(uid), box.rootfs, state]))
  const cgroup = `/sys/fs/cgroup${cgroupPrefix}`
  const enter = (path: string): string[] => (unified ? ["sh", "-c", `echo $$ >${path}/cgroup.procs && exec "$@"`, "sh"] : [])
  const delegated = `${cgroup}/delegated`
  if (unified) {
    mkdirSync(`${delegated}/own`, { recursive: true })
    const files = ["", "/cgroup.procs", "/cgroup.subtree_control", "/own", "/own/cgroup.procs"]
    expectSuccess(command(["chown", String(uid), ...files.map((file) => delegated + file)]))
  }
  const cases: Record<string, readonly string[]> = {
    "root": [], "root of a user namespace, root outside": mapped, "an ordinary user": user, "root of a user's namespace": [...user, ...mapped],
    ...(unified ? { "the same with a cgroup of its own": [...enter(`${delegated}/own`), ...user, ...mapped], "a user with a cgroup": [...enter(`${delegated}/own`), ...user] } : {}),
  }
  const ready: string[] = []
  for (const [who, through] of Object.entries(cases)) {
    box.write()
    const run = command([...through, runtimePath, "--root", state, "run", "--bundle", box.bundle, box.id])
    const { report, result } = doctor({ through, args: ["--root", state] })
    t.equal(report.ready, run.code === 0, `${who}: ${run.stdout.trim() || run.stderr.trim()}; doctor: ${Object.values(report.verdicts).at(0)?.essential.join()}`)
    t.equal(result.code, report.ready ? 0 : 1, who)
    if (report.ready) ready.push(who)
  }
  t.ok(ready.includes("root") && ready.includes("an ordinary user"), ready.join("; "))
  if (unified) for (const path of [`${delegated}/own`, delegated]) rmdirSync(path)
})

boxTest("doctor: no more user namespaces [doctor]", OURS, (t) => {
  const { report, row, result } = doctor({ through: ["unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"', "sh"] })
  t.equal(row("namespace-user").found, "user.max_user_namespaces is 0")
  t.equal(row("namespace-user").remedy?.text, "sysctl -w user.max_user_namespaces=10000")
  t.match(row("user-namespaces-for-users").found, "unshare: ENOSPC; user.max_user_namespaces is 0")
  t.ok(report.verdicts.rootless?.essential.includes("user-namespaces-for-users"))
  t.equal(result.code, 1)
})

boxTest("doctor: a /proc that is masked cannot be mounted anew in a user namespace [doctor]", OURS, (t) => {
  const mask = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc/sys/fs && exec "$@"', "sh"]
  const ordinary = doctor({ through: mask })
  t.equal(ordinary.row("new-proc").state, "present", "root may all the same")
  t.match(ordinary.row("users-mounts").found, /not proc \(EPERM\)/)
  const { row, report } = doctor({ through: [...mask, "unshare", "--user", "--map-root-user"] })
  t.equal(row("new-proc").state, "missing")
  t.match(row("new-proc").lack, /bind of the one here/)
  t.equal(report.verdicts.rootless?.essential.includes("new-proc"), false, "containers can be made with a bind")
})

boxTest("doctor: with /proc/sys and /sys hidden it tells what it can [doctor]", OURS, (t) => {
  const { row, result } = doctor({ through: ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc/sys && mount -t tmpfs none /sys && exec "$@"', "sh"] })
  t.equal(row("kernel-release").state, "unknown")
  t.equal(row("cgroup-mounted").state, "missing")
  t.equal(row("pid-max").found, "/proc/sys/kernel/pid_max cannot be read")
  t.equal(result.code, 1, "without cgroups no container can be made")
})

boxTest("doctor: files in memory that may not be executed [doctor]", OURS, (t) => {
  if (!existsSync("/proc/sys/vm/memfd_noexec")) return void t.pass("this kernel has no vm.memfd_noexec")
  const strict = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "sh", "-c", 'echo 2 >/proc/sys/vm/memfd_noexec && exec "$@"', "sh"]
  const root = doctor({ through: strict })
  t.same([root.row("memfd-exec").state, root.row("memfd-exec").found], ["limited", "vm.memfd_noexec is 2"])
  t.equal(root.result.code, 0, "root has another way")
  t.equal(root.row("namespace-mount").state, "present", "and the trials take it")
  const ordinary = doctor({ through: [...strict, ...NOBODY], args: ["--root", "/tmp"] })
  t.equal(ordinary.row("memfd-exec").state, "missing")
  t.equal(ordinary.result.code, 1)
})

boxTest("doctor: capabilities that are missing are named [doctor]", OURS, (t) => {
  const few = doctor({ through: ["setpriv", "--bounding-set=-net_raw,-sys_boot"] })
  t.match(few.row("capabilities").found, /no .*CAP_NET_RAW.*CAP_SYS_BOOT/)
  t.equal(few.result.code, 0)
  const { row, report, result } = doctor({ through: ["setpriv", "--bounding-set=-sys_admin"] })
  t.equal(row("capabilities").state, "missing")
  t.ok(report.verdicts.root?.essential.includes("capabilities"))
  t.equal(result.code, 1)
  t.equal(row("idmapped-mounts").found, "takes CAP_SYS_ADMIN to ask")
})

boxTest("doctor: no_new_privs is told [doctor]", OURS, (t) => {
  t.equal(doctor().row("may-gain-privileges").state, "present")
  t.equal(doctor({ through: ["setpriv", "--no-new-privs"] }).row("may-gain-privileges").state, "missing")
})

boxTest("doctor: cgroups that cannot be written, or are not mounted [doctor]", OURS, (t) => {
  const readOnly = cgroupRoots.map((path) => `mount --bind ${path} ${path} && mount -o remount,bind,ro ${path}`).join(" && ")
  const { row, report, result } = doctor({ through: ["unshare", "--mount", "sh", "-c", `${readOnly} && exec "$@"`, "sh"] })
  t.equal(row("cgroup-writable").state, "missing")
  t.match(row("cgroup-writable").found, /EROFS/)
  t.same([report.verdicts.root?.essential, result.code], [["cgroup-writable"], 1])
  const none = doctor({ through: ["unshare", "--mount", "sh", "-c", 'umount -R -l /sys/fs/cgroup && exec "$@"', "sh"] })
  t.equal(none.row("cgroup-mounted").state, "missing")
  t.ok(none.report.verdicts.root?.essential.includes("cgroup-mounted"))
})

boxTest("doctor: --root that cannot be written [doctor]", OURS, (t) => {
  const folder = `${scratch}/read-only`
  mkdirSync(folder)
  const readOnly = ["unshare", "--mount", "sh", "-c", `mount -t tmpfs -o ro none ${folder} && exec "$@"`, "sh"]
  const { row, report, result } = doctor({ through: readOnly, args: ["--root", `${folder}/state`] })
  t.equal(row("state-root").found, `${folder}/state: ${folder} cannot be written (EROFS)`)
  t.same([report.verdicts.root?.essential, result.code], [["state-root"], 1])
  t.equal(doctor({ args: ["--root", `${scratch}/new/state`] }).row("state-root").state, "present", "a folder that can be made")
})

boxTest("doctor: inside a container it tells so, and that it cannot make others [doctor]", { ...OURS, skipIn: { uml: "slow" } }, (t, box) => {
  for (const folder of ["/usr", "/lib", "/lib64"].filter((path) => existsSync(path))) {
    box.config.mounts.push({ destination: folder, type: "bind", source: folder, options: ["rbind", "ro"] })
  }
  const folder = runtimePath.slice(0, runtimePath.lastIndexOf("/"))
  box.config.mounts.push({ destination: "/runts", type: "bind", source: folder, options: ["bind", "ro"] })
  box.config.linux.maskedPaths = ["/proc/keys"]
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["keyctl"], action: "SCMP_ACT_ERRNO" }] }
  const result = box.args("/runts/runts", "doctor", "--format", "json").run()
  const report = reportOf(result)
  const row = (id: string): Row => report.abilities.find((one) => one.id === id) as Row
  t.equal(result.code, 1)
  t.match(row("outermost").found, /a pid namespace/)
  t.equal(row("unfiltered").found, "1 filter is in force")
  t.equal(row("may-gain-privileges").state, "missing")
  t.equal(row("keyrings").found, "keyctl: EPERM")
  t.equal(row("capabilities").state, "missing")
  t.ok(report.verdicts.root?.essential.includes("capabilities"))
})

boxTest("doctor: limits that are low, and folders where nothing can be executed [doctor]", OURS, (t) => {
  const low = `${scratch}/low`
  writeFileSync(low, "50\n")
  const files: Record<string, string> = {
    "pid-max": "kernel/pid_max", "threads-max": "kernel/threads-max", "mount-max": "fs/mount-max", "inotify-instances": "fs/inotify/max_user_instances",
    "key-quota": "kernel/keys/root_maxkeys",
  }
  const there = Object.entries(files).filter(([, file]) => existsSync(`/proc/sys/${file}`))
  const script = `${there.map(([, file]) => `mount --bind ${low} /proc/sys/${file}`).join(" && ")} && mount -t tmpfs -o noexec none /home && ulimit -n 100 && exec "$@"`
  const { row, result } = doctor({ through: ["unshare", "--mount", "sh", "-c", script, "sh"] })
  t.ok(there.length >= 4)
  for (const [id] of there) {
    t.equal(row(id).state, "limited", id)
    t.match(row(id).found, / is 50, less than \d+$/)
  }
  t.equal(row("executable-folders").found, "noexec: /home")
  t.equal(row("open-files").found, "at most 100, less than 256")
  t.equal(result.code, 0, "containers can be made")
})

const SWITCH = "/proc/sys/kernel/unprivileged_userns_clone"
const noSwitch = `no ${SWITCH}`

boxTest("doctor: the switch that keeps ordinary users from user namespaces is named [doctor]", {
  ...OURS, ...(existsSync(SWITCH) ? {} : { skipIn: { native: noSwitch, "pure-v2": noSwitch, uml: noSwitch } }),
}, (t) => {
  const before = readFileSync(SWITCH, "utf8")
  try {
    writeFileSync(SWITCH, "0")
    const { row, report } = doctor()
    t.equal(row("user-namespaces-for-users").found, "unshare: EPERM; kernel.unprivileged_userns_clone is 0")
    t.equal(row("user-namespaces-for-users").remedy?.text, "sysctl -w kernel.unprivileged_userns_clone=1")
    t.equal(row("namespace-user").state, "present", "root may")
    t.ok(report.verdicts.rootless?.essential.includes("user-namespaces-for-users"))
  } finally {
    writeFileSync(SWITCH, before)
  }
})

interface HostFiles {
  readonly [path: string]: string
}

/** A machine with other files: a root of its own, with the kernel's file systems and programs of this one. */
function otherHost(name: string, files: HostFiles): string[] {
  const root = `${scratch}/host-${name}`
  for (const folder of ["proc", "sys", "dev", "usr", "etc", "run", "tmp", "home", "runts", "var/lib"]) mkdirSync(`${root}/${folder}`, { recursive: true })
  for (const link of ["bin", "lib", "lib64", "sbin"]) if (existsSync(`/usr/${link}`)) symlinkSync(`usr/${link}`, `${root}/${link}`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true })
    if (!path.endsWith("/")) writeFileSync(`${root}${path}`, text)
  }
  chmodSync(`${root}/tmp`, 0o1777)
  const folder = runtimePath.slice(0, runtimePath.lastIndexOf("/"))
  const script = `cd ${root} && for d in proc sys dev usr; do mount --rbind /$d $d; done && mount --bind ${folder} runts && shift && exec chroot . "$@"`
  return ["unshare", "--mount", "sh", "-c", script, "sh", ""]
}

/** Runs `doctor` as an ordinary user of such a machine. */
function doctorAsUser(host: readonly string[], env: Record<string, string> = {}): ReturnType<typeof doctor> {
  const uid = 12345
  const words = [...host, "setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]
  const result = command([...words, "/runts/runts", "--root", "/tmp/state", "doctor", "--format", "json"])
  const report = reportOf(result)
  return { report, result, row: (id) => report.abilities.find((one) => one.id === id) as Row }
}

const PASSWD = "root:x:0:0::/root:/bin/sh\nann:x:12345:12345::/home:/bin/sh\nbob:x:12346:12346::/home:/bin/sh\n"

boxTest("doctor: ranges of /etc/subuid: none, too few, broken, shared, enough [doctor]", OURS, (t) => {
  const cases: readonly (readonly [text: string, state: string, found: RegExp])[] = [
    ["bob:100000:65536\n", "missing", /^\/etc\/subuid has no line for ann$/],
    ["ann:100000:1000\n", "limited", /^ann has 1000, fewer than 65536$/],
    ["ann:100000\n", "limited", /^a line is not user:first:count: "ann:100000"$/],
    ["ann:100000:65536\nbob:165535:65536\n", "limited", /^ids from 165535 are ann's and bob's$/],
    ["# comment\nann:100000:65536\nbob:165536:65536\n", "present", /^ann: 65536$/],
    ["12345:100000:32768\n12345:200000:32768\n", "present", /^12345: 65536$/],
  ]
  for (const [index, [text, state, found]] of cases.entries()) {
    const { row } = doctorAsUser(otherHost(`subuid-${index}`, { "/etc/passwd": PASSWD, "/etc/subuid": text }))
    t.equal(row("subuid").state, state, JSON.stringify(text))
    t.match(row("subuid").found, found)
    t.equal(row("subgid").found, "/etc/subgid cannot be read")
  }
})

boxTest("doctor: newuidmap without its privileges, programs that are not in PATH [doctor]", OURS, (t, box) => {
  const tool = "/run/wrappers/bin/newuidmap"
  const root = `${scratch}/host-tools`
  // the machine's own, which are in /usr, give way
  writeFileSync(`${box.folder}/none`, "")
  const hide = `for path in /usr/bin/new?idmap; do [ ! -e "$path" ] || mount --bind ${box.folder}/none "$path"; done; exec "$@"`
  const host = ["unshare", "--mount", "sh", "-c", hide, "sh", ...otherHost("tools", { "/etc/passwd": PASSWD, [tool]: "", "/opt/bin/criu": "" })]
  chmodSync(`${root}${tool}`, 0o755)
  chmodSync(`${root}/opt/bin/criu`, 0o755)
  const { row } = doctorAsUser(host, { PATH: "/opt/bin" })
  t.same([row("newuidmap").state, row("newuidmap").remedy?.text], ["missing", `chmod u+s ${tool}`])
  t.match(row("newgidmap").found, /^in none of \/usr\/bin, .*\/run\/wrappers\/bin$/)
  t.equal(row("ps").state, "missing")
  chmodSync(`${root}${tool}`, 0o4755)
  t.equal(doctorAsUser(host, { PATH: "/opt/bin" }).row("newuidmap").found, `${tool}, set-user-ID root`, "whatever PATH is")
})

boxTest("doctor: the folder, bus and systemd of an ordinary user [doctor]", { ...OURS, skipIn: { uml: "slow" } }, (t) => {
  const host = otherHost("session", { "/etc/passwd": PASSWD, "/run/systemd/system/": "", "/run/user/12345/": "", "/var/lib/systemd/linger/": "" })
  const runtime = { XDG_RUNTIME_DIR: "/run/user/12345" }
  const foreign = doctorAsUser(host, runtime)
  t.equal(foreign.row("runtime-dir").found, "/run/user/12345 belongs to user 0")
  t.equal(foreign.row("systemd").state, "present")
  t.equal(foreign.row("linger").found, "/var/lib/systemd/linger/ann does not exist")
  t.equal(foreign.row("user-bus").found, "/run/user/12345/bus does not answer")
  t.equal(doctorAsUser(host).row("runtime-dir").found, "XDG_RUNTIME_DIR is not set")
  const folder = `${scratch}/host-session/run/user/12345`
  expectSuccess(command(["chown", "12345", folder]))
  t.equal(doctorAsUser(host, runtime).row("runtime-dir").state, "limited", "open to others")
  chmodSync(folder, 0o700)
  writeFileSync(`${scratch}/host-session/var/lib/systemd/linger/ann`, "")
  const well = doctorAsUser(host, runtime)
  t.same([well.row("runtime-dir").state, well.row("linger").state], ["present", "present"])
  t.equal(well.report.caller.uid, 12345)
})

boxTest("doctor: remedies are those of the distribution that this is [doctor --format]", OURS, (t) => {
  for (const [id, name, others] of [["alpine", "Alpine Linux v3.22", "Debian:"], ["debian", "Debian GNU/Linux 12", "Alpine:"]] as const) {
    const host = otherHost(`os-${id}`, { "/etc/passwd": PASSWD, "/etc/os-release": `ID=${id}\nPRETTY_NAME="${name}"\n` })
    const { stdout } = command([...host, "/runts/runts", "doctor", "--all"])
    t.match(stdout.split("\n")[0], name)
    t.notMatch(stdout, others)
  }
})

function plain(t: Test, text: string, what: string): void {
  t.notMatch(text, /[\x00-\x08\x0b-\x1f\x7f]/, `${what}: no control characters`)
}

boxTest("doctor: text is plain where it is piped, and has a last line that sums up [doctor --format]", OURS, (t) => {
  const result = command([runtimePath, "doctor"])
  plain(t, result.stdout, "piped")
  const lines = result.stdout.trimEnd().split("\n")
  t.match(lines[0], /^Linux \d+\.\d+\S* on (x86_64|aarch64).*as root/)
  const last = result.stdout.trimEnd().split("\n\n").at(-1)
  t.match(last, /^Ready for containers of root: /)
  t.match(last?.replaceAll("\n", " "), /; of ordinary users: .*; --all tells more$/)
  t.ok(lines.every((line) => line.length <= 110), "lines are not long")
  t.same(command([runtimePath, "doctor"], { env: { ...process.env, COLUMNS: "60" } }).stdout.split("\n").filter((line) => (
    line.length > 60 && line.trim().includes(" ") && !/\S{40}/.test(line)
  )), [], "or as long as COLUMNS says")
})

boxTest("doctor: colours on a terminal, but not with NO_COLOR [doctor --format]", OURS, (t) => {
  if (!existsSync("/usr/bin/script")) return void t.pass("no script(1)")
  const terminal = (env: Record<string, string>): string => expectSuccess(command(["script", "-qec", `${runtimePath} doctor`, "/dev/null"], {
    env: { PATH: process.env.PATH, TERM: "xterm", SHELL: "/bin/sh", ...env },
  })).stdout
  const colourful = terminal({})
  t.match(colourful, "\x1b[32m✓\x1b[39m")
  t.match(colourful, "\x1b[1mKernel\x1b[22m")
  plain(t, terminal({ NO_COLOR: "1" }).replaceAll("\r", ""), "NO_COLOR")
})

boxTest("doctor --all: a line for each ability, and at length what most do without [doctor --all]", OURS, (t) => {
  const { report } = doctor()
  const { stdout, code } = command([runtimePath, "doctor", "--all"], { env: { ...process.env, COLUMNS: "500" } })
  t.equal(code, 0)
  for (const { id, state, found, lack } of report.abilities) {
    if (state === "missing" || state === "limited") t.ok(stdout.includes(`[${id}]`) && stdout.includes(lack as string), id)
    else if (found !== "") t.ok(stdout.includes(`: ${found}\n`), `${id}: ${found}`)
  }
  t.ok(stdout.split("\n").filter((line) => /^ {2}[✓!✗?] /.test(line)).length === report.abilities.length, "a line each")
})

boxTest("doctor leaves nothing: no mount, cgroup, process, file or namespace [doctor]", OURS, (t) => {
  const look = (): unknown => ({
    mounts: readFileSync("/proc/self/mountinfo", "utf8"),
    cgroups: cgroupRoots.map((path) => readdirSync(path).filter((name) => !name.startsWith("runts-test-"))),
    run: readdirSync("/run"), tmp: readdirSync("/dev/shm"),
  })
  const before = look()
  doctor()
  t.same(look(), before)
  if (here && existsSync("/usr/bin/strace")) {
    const trace = `${scratch}/doctor.trace`
    expectSuccess(command(["strace", "-f", "-o", trace, "-e", "trace=mkdirat,mkdir,mount,unlinkat,renameat2,symlinkat,linkat,mknodat,openat,move_mount", runtimePath, "doctor"]))
    const lines = readFileSync(trace, "utf8").split("\n")
    t.ok(lines.length > 50, "strace sees it")
    const writes = lines.filter((line) => /O_WRONLY|O_RDWR|O_CREAT|mkdir|mount\(|unlink|rename|link/.test(line) && !/ = -1 E|readlink|\/proc\/\d+\/[ug]id_map|\/dev\/null/.test(line))
    t.same(writes.filter((line) => !line.includes("<unfinished")), [], "nothing is made, written or mounted")
  }
})

t.end()
