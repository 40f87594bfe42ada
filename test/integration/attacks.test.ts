import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { EXE_WATCHER, runWhileExchanging } from "../../conformance/lib/attacker.ts"
import type { Box } from "../../conformance/lib/box.ts"
import { Canary, refused, refusedOrTaken } from "../../conformance/lib/canary.ts"
import { command, expectSuccess, type Result, startRuntime } from "../../conformance/lib/command.ts"
import { cgroupPrefix, cgroupRoots, runtimeName, underUml, unified, way } from "../../conformance/lib/environment.ts"
import { listenForConsole } from "../../conformance/lib/helpers.ts"
import { figure, roundsOf } from "../../conformance/lib/share.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/*
 * What was done to other runtimes (published advisories since 2019), tried on this one. Everything in the root file system and
 * in volumes is hostile; config.json is not.
 */

/** With a runtime that falls for it, the machine itself would change, not a folder of the test's. */
const left = (what: string): TestOptions => ({ harms: { runc: what, crun: what } })
const ROUNDS = underUml ? 10 : roundsOf(100, 2000)

/** A limit with a hostile name: refused, or said not to have been applied at all; the cgroups above are as they were. */
function refusedOrNotApplied(t: Test, box: Box): void {
  const log = `${box.folder}/log`
  box.args("/bin/true").write()
  const above = (): string[] => cgroupRoots.flatMap((root) => [root, root + cgroupPrefix].flatMap(limitsOf))
  const before = above()
  const result = box.call(["--log", log, "--log-format", "json", "run", "--bundle", box.bundle, box.id])
  if (result.code !== 0) refused(t, result, JSON.stringify(box.config.linux.resources))
  else if (runtimeName === "runts") t.match(readFileSync(log, "utf8"), /not applied|ignored|unknown/, "not applied, and said so")
  const after = above()
  // what is there only now was made above the container's cgroup, and has the kernel's values
  t.same(before.filter((line) => !after.includes(line)), [], "the cgroups above have the limits that they had")
}

/** The limits in a cgroup's folder, each with its file. */
function limitsOf(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => /\.(max|limit|limit_in_bytes|cpus|mems|shares|weight|ifpriomap)$/.test(name))
    .map((name) => `${folder}/${name}: ${readFileSync(`${folder}/${name}`, "utf8")}`)
}

// A: the runtime itself

boxTest("attack CVE-2019-5736: the container reopens whatever executes as /proc/*/exe for writing", async (t, box) => {
  const canary = new Canary(box)
  await box.launch("/bin/sh", "-c", EXE_WATCHER)
  writeFileSync(`${box.rootfs}/bin/evil`, "#!/proc/self/exe\n")
  chmodSync(`${box.rootfs}/bin/evil`, 0o755)
  for (let round = 0; round < ROUNDS / 4; round++) {
    box.exec(["/bin/true"])
    box.exec(["/bin/evil"])
  }
  t.equal(box.state().status, "running", "the attacker was there to the end")
  figure(t, "attempts at the runtime's file and processes from inside", ROUNDS / 2)
  const written = `${box.rootfs}/tmp/written`
  t.same(existsSync(written) ? readFileSync(written, "utf8").trim().split("\n") : [], [], "nothing of the runtime's could be written")
  canary.check(t, "exec")
})

boxTest("attack: a program whose interpreter is /proc/self/exe does not run the runtime", (t, box) => {
  const canary = new Canary(box)
  writeFileSync(`${box.rootfs}/bin/evil`, "#!/proc/self/exe\n")
  chmodSync(`${box.rootfs}/bin/evil`, 0o755)
  const result = box.args("/bin/evil", "--version").run()
  t.notMatch(result.stdout, /version/)
  t.not(result.code, 0)
  canary.check(t, "run")
})

boxTest("attack CVE-2024-21626: descriptors of folders that the caller leaks lead nowhere", async (t, box) => {
  const canary = new Canary(box)
  const before = `exec 3</ 4<${canary.folder} 5</etc 6</proc 7</sys/fs/cgroup 8</dev 9<${box.folder}`
  symlinkSync("/proc/self/fd/4", `${box.rootfs}/workdir`)
  const leaked = ["/", canary.folder, "/etc", "/proc", "/sys/fs/cgroup", "/dev", box.folder].map((path) => statSync(path)).map(({ dev, ino }) => `${dev}:${ino}`)
  for (let fd = 3; fd <= 40; fd++) {
    box.config.process.cwd = `/proc/self/fd/${fd}`
    const result = box.args("/bin/stat", "-c", "%d:%i", ".").run([], { before })
    if (refusedOrTaken(t, result, `cwd ${box.config.process.cwd}`)) t.notOk(leaked.includes(result.stdout.trim()), `cwd ${box.config.process.cwd} is no folder of the host's`)
  }
  for (const cwd of ["/proc/self/fd/3/../..", "/proc/self/fd/4/below", "/workdir", "/proc/self/cwd", "/proc/self/root", "/proc/1/cwd"]) {
    box.config.process.cwd = cwd
    const result = box.args("/bin/sh", "-c", "pwd -P; ls").run([], { before })
    if (result.code === 0) t.notMatch(result.stdout, /secret|below|state/, `cwd ${cwd} is inside`)
    else refused(t, result, `cwd ${cwd}`)
  }
  box.config.process.cwd = "/"
  for (let fd = 3; fd <= 12; fd++) {
    refused(t, box.args(`/proc/self/fd/${fd}/bin/sh`, "-c", "cat /etc/hostname").run([], { before }), `program through descriptor ${fd}`)
    refused(t, box.args(`/proc/self/fd/${fd}/../../bin/sh`).run([], { before }), `program through descriptor ${fd}, upwards`)
  }
  await box.launch("/bin/sleep", "1000")
  for (let fd = 3; fd <= 40; fd++) {
    refused(t, box.call(["exec", "--cwd", `/proc/self/fd/${fd}`, box.id, "/bin/true"], { before }), `exec --cwd /proc/self/fd/${fd}`)
  }
  refused(t, box.call(["exec", "--cwd", "/workdir", box.id, "/bin/true"], { before }), "exec --cwd through a symlink")
  const shown = expectSuccess(box.call(["exec", box.id, "/bin/sh", "-c", "ls /proc/$$/fd; true"], { before })).stdout
  t.same(shown.trim().split("\n"), ["0", "1", "2"], "exec has three descriptors")
  canary.check(t, "leaked descriptors")
})

// B: the root file system

for (const destination of ["/proc", "/proc/self", "/proc/self/attr", "/proc/../proc", "//proc/./sys", "/proc/1/attr/exec"]) {
  for (const type of ["tmpfs", "bind"]) {
    boxTest(`attack CVE-2019-16884: a volume (${type}) over ${destination}`, (t, box) => {
      const canary = new Canary(box)
      const mount = type === "bind" ? { destination, type, source: canary.folder, options: ["bind"] } : { destination, type, source: "tmpfs" }
      box.config.linux.sysctl = { "net.ipv4.ip_forward": "1" }
      for (const where of ["after", "in place of"]) {
        if (where === "after") box.config.mounts.push(mount)
        else box.config.mounts = [mount, ...box.config.mounts.filter((item) => item.destination !== "/proc" && item !== mount)]
        const result = box.args("/bin/sleep", "1000").tryCreate()
        if (!refusedOrTaken(t, result, `${where} procfs`)) continue
        // what a runtime writes through /proc, as the labels of security modules, must go to the kernel
        const seen = command(["nsenter", `--net=/proc/${box.pid}/ns/net`, "cat", "/proc/sys/net/ipv4/ip_forward"])
        t.equal(seen.stdout, "1\n", `${where} procfs: the sysctl is the kernel's`)
        expectSuccess(box.call(["delete", "--force", box.id]))
      }
      canary.check(t, destination)
    })
  }
}

for (const name of ["proc", "sys"]) {
  boxTest(`attack CVE-2019-19921: /${name} of the image is a symlink`, (t, box) => {
    const canary = new Canary(box)
    for (const target of [canary.folder, "../../canary", "/tmp", "/nowhere", "tmp/../../../canary"]) {
      rmSync(`${box.rootfs}/${name}`, { recursive: true, force: true })
      symlinkSync(target, `${box.rootfs}/${name}`)
      refused(t, box.args("/bin/true").run(), `/${name} -> ${target}`)
    }
    canary.check(t, name)
  })
}

for (const user of [false, true]) {
  boxTest(`attack CVE-2019-18837: symlinks in the place of mount targets make nothing outside, ${user ? "in a user namespace" : "as root"} [/mounts/*/destination]`, (t, box) => {
    const canary = new Canary(box)
    if (user) box.mapIds()
    writeFileSync(`${box.folder}/file`, "mounted")
    mkdirSync(`${box.folder}/dir`)
    const links: readonly [string, string][] = [
      ["etc/absolute", `${canary.folder}/new`], ["etc/up", "../../../canary/new"], ["etc/dir", `${canary.folder}/new-dir`],
      ["etc/existing", `${canary.folder}/secret`], ["etc/through", `${canary.folder}`],
    ]
    for (const [name, target] of links) symlinkSync(target, `${box.rootfs}/${name}`)
    box.config.mounts.push(
      { destination: "/etc/absolute", type: "bind", source: `${box.folder}/file`, options: ["bind"] },
      { destination: "/etc/up", type: "bind", source: `${box.folder}/file`, options: ["bind"] },
      { destination: "/etc/dir", type: "bind", source: `${box.folder}/dir`, options: ["bind"] },
      { destination: "/etc/existing", type: "bind", source: `${box.folder}/file`, options: ["bind"] },
      { destination: "/etc/through/below/deep/er", type: "tmpfs", source: "tmpfs" },
    )
    const result = box.script(`cat /etc/absolute; cat ${canary.folder}/secret`).run()
    if (result.code === 0 || runtimeName === "runts") t.equal(result.stdout, "mountedmounted", "links lead inside of the root")
    else refused(t, result, "links")
    canary.check(t, "mount targets")
  })
}

boxTest("attack: a dangling loop and a chain of symlinks as a target [/mounts/*/destination]", (t, box) => {
  symlinkSync("loop2", `${box.rootfs}/etc/loop1`)
  symlinkSync("loop1", `${box.rootfs}/etc/loop2`)
  box.config.mounts.push({ destination: "/etc/loop1", type: "tmpfs", source: "tmpfs" })
  refused(t, box.args("/bin/true").run(), "a loop")
})

for (const race of ["target", "parent"] as const) {
  boxTest(`attack ${race === "target" ? "CVE-2021-30465" : "CVE-2024-45310"}: the ${race} of mounts is exchanged with a symlink to the host all the time`, async (t, box) => {
    const canary = new Canary(box)
    const volume = `${box.folder}/volume`
    mkdirSync(`${volume}/a/b`, { recursive: true })
    symlinkSync(canary.folder, `${volume}/link`)
    box.config.mounts.push({ destination: "/volume", type: "bind", source: volume, options: ["bind"] })
    const inner = race === "target" ? "/volume/a/b" : "/volume/a/made/deep"
    for (let i = 0; i < 20; i++) box.config.mounts.push({ destination: `${inner}${i % 2 === 0 ? "" : `/x${i}`}`, type: "tmpfs", source: "tmpfs" })
    box.script("cat /volume/link/secret /volume/a/secret /volume/a/b/secret /volume/a/made/secret 2>/dev/null; true").write()
    let ran = 0
    await runWhileExchanging(box, [[`${volume}/${race === "target" ? "a/b" : "a"}`, `${volume}/link`]], ROUNDS, async (argv, round) => {
      const result = await startRuntime(argv).done
      if (result.code === 0) ran++
      else refused(t, result, `round ${round}`)
      if (result.stdout.includes("canary")) t.fail(`round ${round}: the host is seen: ${result.stdout}`)
    })
    t.comment(`${ran} of ${ROUNDS} containers ran`)
    figure(t, "containers started while a neighbour exchanges paths", ROUNDS)
    canary.check(t, "races")
  })
}

for (const user of [false, true]) {
  boxTest(`attack CVE-2025-31133: /dev/null of the image is something else when paths are masked, ${user ? "in a user namespace" : "as root"} [/linux/maskedPaths]`, (t, box) => {
    const canary = new Canary(box)
    if (user) box.mapIds()
    const dev = `${box.folder}/dev`
    const plant: Record<string, () => void> = {
      "a symlink to core_pattern": () => symlinkSync("/proc/sys/kernel/core_pattern", `${dev}/null`),
      "a symlink to the host": () => symlinkSync(`${canary.folder}/null`, `${dev}/null`),
      "a file": () => writeFileSync(`${dev}/null`, "file"),
      "a FIFO": () => expectSuccess(command(["mkfifo", `${dev}/null`])),
      "another device": () => expectSuccess(command(["mknod", `${dev}/null`, "c", "1", "5"])),
      "absent": () => undefined,
      "a folder": () => mkdirSync(`${dev}/null`),
    }
    box.config.mounts = box.config.mounts.filter((mount) => !mount.destination.startsWith("/dev"))
    box.config.mounts.push({ destination: "/dev", type: "bind", source: dev, options: ["bind"] })
    box.config.linux.maskedPaths = ["/proc/timer_list", "/proc/keys", "/proc/sys/kernel/core_pattern"]
    const pattern = readFileSync("/proc/sys/kernel/core_pattern", "utf8").trim()
    for (const [what, make] of Object.entries(plant)) {
      rmSync(dev, { recursive: true, force: true })
      mkdirSync(dev)
      make()
      // what is written is what was there: with a runtime that falls for it this is the machine's own
      const result = box.script(`for f in /proc/sys/kernel/core_pattern /proc/keys; do timeout 1 head -c 2048 $f | tr -d '\\0'; done
p=$(timeout 1 head -c 2048 /proc/sys/kernel/core_pattern | tr -d '\\0'); [ "$p" = '${pattern}' ] && echo "$p" >/proc/sys/kernel/core_pattern; true`).run()
      if (result.code === 0) {
        t.notOk(result.stdout.includes(pattern) || /^[0-9a-f]{8} /m.test(result.stdout), `${what}: masks hide: ${result.stdout.slice(0, 60)}`)
        if (runtimeName === "runts") t.equal(result.stdout, "", `${what}: and show nothing`)
      } else refused(t, result, what)
      canary.check(t, what)
    }
  })
}

for (const user of [false, true]) {
  boxTest(`attack CVE-2026-41579: /dev of the image is a symlink to a folder of the host, ${user ? "in a user namespace" : "as root"}`, (t, box) => {
    const canary = new Canary(box)
    if (user) box.mapIds()
    box.config.mounts = box.config.mounts.filter((mount) => !mount.destination.startsWith("/dev"))
    box.config.linux.devices = [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 }]
    for (const target of [canary.folder, "../../canary", "tmp/../../../canary"]) {
      rmSync(`${box.rootfs}/dev`, { recursive: true, force: true })
      symlinkSync(target, `${box.rootfs}/dev`)
      box.args("/bin/true").run()
      canary.check(t, `/dev -> ${target}`)
    }
  })
}

for (const user of [false, true]) {
  boxTest(`attack: what the runtime makes below /dev is there already as a symlink to the host, ${user ? "in a user namespace" : "as root"}`, (t, box) => {
    const canary = new Canary(box)
    if (user) box.mapIds()
    box.config.mounts = box.config.mounts.filter((mount) => !mount.destination.startsWith("/dev"))
    for (const name of ["null", "zero", "ptmx", "fd", "stdin", "console", "core", "shm", "pts", "tty"]) {
      symlinkSync(`${canary.folder}/${name}`, `${box.rootfs}/dev/${name}`)
    }
    box.args("/bin/true").run()
    canary.check(t, "symlinks in /dev")
  })
}

boxTest("attack CVE-2025-52565: a terminal's console and pty are symlinks to the host", async (t, box) => {
  const canary = new Canary(box)
  const dev = `${box.folder}/dev`
  mkdirSync(`${dev}/pts`, { recursive: true })
  for (let i = 0; i < 10; i++) symlinkSync("/proc/sys/kernel/core_pattern", `${dev}/pts/${i}`)
  symlinkSync(`${canary.folder}/console`, `${dev}/console`)
  symlinkSync(`${canary.folder}/ptmx`, `${dev}/ptmx`)
  box.config.process.terminal = true
  const socket = `${box.folder}/console.sock`
  const variants: readonly [string, readonly string[]][] = [["/dev is a volume", ["/dev"]], ["/dev and /dev/pts are", ["/dev", "/dev/pts"]]]
  const mounts = box.config.mounts
  for (const [what, covered] of variants) {
    box.config.mounts = mounts.filter((mount) => !mount.destination.startsWith("/dev"))
    box.config.mounts.push({ destination: "/dev", type: "bind", source: dev, options: ["bind"] })
    if (covered.length === 1) {
      box.config.mounts.push({ destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666", "mode=0620"] })
    }
    const collect = await listenForConsole(socket, "", 2)
    const attack = "tty; if grep ' /dev/console .* - proc ' /proc/self/mountinfo >/tmp/fooled; then exit 1; else echo attacked >/dev/console; fi"
    const result = box.args("/bin/sh", "-c", attack).tryCreate(["--console-socket", socket])
    if (result.code === 0) box.start()
    else refused(t, result, what)
    await collect()
    box.call(["delete", "--force", box.id])
    rmSync(socket, { force: true })
    const fooled = `${box.rootfs}/tmp/fooled`
    if (existsSync(fooled)) t.equal(readFileSync(fooled, "utf8"), "", `${what}: the console is no file of /proc`)
    canary.check(t, what)
  }
})

boxTest("attack: /dev/null is a file of the host bound into the container, and stdio is the host's /dev/null", (t, box) => {
  const canary = new Canary(box)
  const file = `${canary.folder}/null`
  box.config.process.user = { uid: 1000, gid: 1000 }
  box.config.mounts.push({ destination: "/volume", type: "bind", source: file, options: ["bind", "ro"] })
  box.config.mounts = box.config.mounts.filter((mount) => !mount.destination.startsWith("/dev"))
  symlinkSync("/volume", `${box.rootfs}/dev/null`)
  for (const before of ["exec >/dev/null 2>&1", "exec <&- >&- 2>&-", "exec </dev/null"]) {
    box.script("echo attacked; echo attacked >&2; echo attacked >/volume").run([], { before })
    canary.check(t, before)
  }
})

boxTest("attack: content below /proc does not keep read-only mounts from being read-only", (t, box) => {
  const canary = new Canary(box)
  mkdirSync(`${box.rootfs}/proc/self/fd`, { recursive: true })
  for (let fd = 0; fd < 20; fd++) symlinkSync("/tmp", `${box.rootfs}/proc/self/fd/${fd}`)
  box.config.root.readonly = true
  box.config.mounts.push(
    { destination: "/mnt", type: "bind", source: canary.folder, options: ["rbind", "ro"] },
    { destination: "/home", type: "tmpfs", source: "tmpfs", options: ["ro"] },
  )
  const { stdout } = box.script("for f in /x /mnt/x /mnt/secret /home/x /etc/passwd; do (echo attacked >>$f) 2>&1; done").run()
  t.equal(stdout.match(/Read-only file system/g)?.length, 5, stdout)
  canary.check(t, "read-only")
})

boxTest("attack: what the runtime reads or writes in the root file system is a symlink, a FIFO or a device", (t, box) => {
  const canary = new Canary(box)
  for (const what of ["symlink", "fifo", "device", "folder"]) {
    rmSync(`${box.rootfs}/etc/passwd`, { recursive: true, force: true })
    if (what === "symlink") symlinkSync(`${canary.folder}/secret`, `${box.rootfs}/etc/passwd`)
    else if (what === "fifo") expectSuccess(command(["mkfifo", `${box.rootfs}/etc/passwd`]))
    else if (what === "device") expectSuccess(command(["mknod", `${box.rootfs}/etc/passwd`, "c", "1", "5"]))
    else mkdirSync(`${box.rootfs}/etc/passwd`)
    const result = box.script("echo $HOME").run()
    if (result.code === 0 || runtimeName === "runts") t.equal(result.stdout, "/\n", what)
    else refused(t, result, what)
    if (result.code === -1) box.call(["delete", "--force", box.id])
  }
  canary.check(t, "/etc/passwd")
})

boxTest("attack: the root file system itself is a symlink, or reached through one [/root/path]", left("would make the machine's own root the container's"), (t, box) => {
  const canary = new Canary(box)
  renameSync(box.rootfs, `${box.bundle}/real`)
  symlinkSync(canary.folder, box.rootfs)
  refused(t, box.args("/bin/true").run(), "root.path is a symlink")
  unlinkSync(box.rootfs)
  symlinkSync("/", box.rootfs)
  refused(t, box.args("/bin/true").run(), "root.path is a symlink to /")
  canary.check(t, "root.path")
})

// C: cgroups and sysctl

boxTest("attack CVE-2023-25809: a read-only cgroup mount cannot be written", (t, box) => {
  for (const cgroupNamespace of [false, true]) {
    box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "cgroup")
    if (cgroupNamespace) box.config.linux.namespaces.push({ type: "cgroup" })
    for (const mount of [
      { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"] },
      { destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "rro"] },
    ]) {
      const mounts = box.config.mounts
      box.config.mounts = [...mounts.filter(({ destination }) => destination !== "/sys" || mount.destination !== "/sys"), mount]
      // others make a tmpfs for the folders of v1 hierarchies, writable and the container's own
      const which = runtimeName === "runts" ? "-d $d" : "-e $d/cgroup.procs"
      const script = `for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ ${which} ]` + " && mkdir $d/attack 2>/dev/null && echo made $d; " +
        "[ -e $d/cgroup.procs ] && (echo 0 >$d/cgroup.procs) 2>/dev/null && echo wrote $d; done; true"
      t.equal(box.script(script).run().stdout, "", `${mount.type} at ${mount.destination}, cgroup namespace: ${cgroupNamespace}`)
      box.config.mounts = mounts
    }
  }
})

for (const key of ["../x/memory.max", "a/b", "..", ".", "", "memory.max/../cgroup.procs", "\0", "memory max", "cgroup.procs\n"]) {
  boxTest(`attack: linux.resources.unified with the key ${JSON.stringify(key)} [/linux/resources/unified]`, (t, box) => {
    box.config.linux.resources = { unified: { [key]: "1" } }
    refusedOrNotApplied(t, box)
  })
}

for (const resources of [
  { hugepageLimits: [{ pageSize: "../2MB", limit: 1 }] }, { hugepageLimits: [{ pageSize: "2MB/../..", limit: 1 }] },
  { rdma: { "../x": { hcaHandles: 1 } } }, { rdma: { "mlx5 hca_object=max\n": { hcaHandles: 1 } } },
  { network: { priorities: [{ name: "eth0 1\nlo", priority: 1 }] } }, { cpu: { cpus: "0\n1" } }, { cpu: { cpus: "../0" } },
]) {
  boxTest(`attack: a name that leads out of its file: ${JSON.stringify(resources)}`, (t, box) => {
    box.config.linux.resources = resources
    refusedOrNotApplied(t, box)
  })
}

boxTest("attack: exec --cgroup reaches no cgroup but those below the container's [exec --cgroup]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const name = box.id
  const own = expectSuccess(box.exec(["/bin/cat", "/proc/self/cgroup"])).stdout.trim().split("\n")
  for (const path of ["..", "../..", "/..", `../${name}x`, "a/../..", "a/../../b", `:../${name}`, "memory:..", "/../../", "\n..", "./../."]) {
    const result = box.exec(["/bin/cat", "/proc/self/cgroup"], ["--cgroup", path])
    if (!refusedOrTaken(t, result, `--cgroup ${JSON.stringify(path)}`)) continue
    const outside = result.stdout.trim().split("\n").filter((line, i) => !line.startsWith(own[i] ?? "?"))
    t.same(outside, [], `--cgroup ${JSON.stringify(path)}: where it ran is below the container's cgroup`)
  }
})

boxTest("attack: cgroupsPath cannot leave its hierarchy [/linux/cgroupsPath]", left("would move and freeze the machine's own processes"), (t, box) => {
  for (const path of ["/..", "/", "/../..", ".", "../", "//./", `${cgroupPrefix}/../..`]) {
    box.config.linux.cgroupsPath = path
    refused(t, box.args("/bin/true").run(), `cgroupsPath ${path}`)
  }
})

boxTest("attack: sysctls that are the host's [/linux/sysctl]", left("would set the machine's own sysctls"), (t, box) => {
  const canary = new Canary(box)
  const namespaces = box.config.linux.namespaces
  const cases: readonly [string, string?][] = [
    ["kernel.core_pattern"], ["kernel/core_pattern"], ["net/../kernel/core_pattern"], ["net.../kernel/core_pattern"], ["net/ipv4/../../kernel/core_pattern"],
    ["vm.overcommit_memory"], ["fs.mqueue"], ["fs.mqueue.../file-max"], ["kernel.shm_rmid_forced/../core_pattern"], ["kernel.hostname", "uts"], ["kernel.domainname", "uts"],
    ["net.ipv4.ip_forward", "network"], ["net.core.somaxconn", "network"], ["kernel.shmmax", "ipc"], ["kernel.sem", "ipc"], ["fs.mqueue.msg_max", "ipc"],
    ["/kernel/core_pattern"], ["net//../kernel.core_pattern"], ["."], [""], ["net"], ["net.\0"],
  ]
  for (const [name, without] of cases) {
    box.config.linux.namespaces = namespaces.filter(({ type }) => type !== without)
    box.config.linux.sysctl = { [name]: "attacked" }
    if (without === "uts") delete box.config.hostname
    refused(t, box.args("/bin/true").run(), `${name} without ${without ?? "nothing"}`)
    box.config.hostname = "inside"
  }
  canary.check(t, "sysctl")
})

// D: privileges and parsing

for (const shared of [false, true]) {
  boxTest(`attack: a startContainer hook is the image's program: it has the container's privileges and cgroup (${shared ? "shared" : "own"} pid namespace)`, (t, box) => {
    box.config.process.user = { uid: 1000, gid: 1000, additionalGids: [50] }
    box.config.process.capabilities = { bounding: ["CAP_CHOWN"], effective: [], permitted: [], inheritable: [] }
    box.config.hooks = { startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/status /proc/self/cgroup >/tmp/hook; ls /proc/self/fd >>/tmp/hook"] }] }
    if (shared) box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
    chmodSync(`${box.rootfs}/tmp`, 0o777)
    expectSuccess(box.args("/bin/true").run())
    const seen = readFileSync(`${box.rootfs}/tmp/hook`, "utf8")
    t.match(seen, /Uid:\t1000\t1000\t1000\t1000\n/)
    t.match(seen, /Groups:\t50 \n/)
    t.match(seen, /CapInh:\t0+\nCapPrm:\t0+\nCapEff:\t0+\nCapBnd:\t0+1\nCapAmb:\t0+\nNoNewPrivs:\t1\n/)
    if (way !== "rootless") t.match(seen, new RegExp(`^0::${box.cgroupsPath}$`, "m"), "in the container's cgroup")
    if (!unified && way !== "rootless") t.match(seen, new RegExp(`:devices:${box.cgroupsPath}$`, "m"), "and what it says of devices holds")
    t.match(seen, /\n0\n1\n2\n3\n$/, "three descriptors, and the one by which ls reads the folder")
  })
}

boxTest("attack CVE-2022-29162: exec --cap fills neither the inheritable nor the ambient set [exec --cap]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  for (const flags of [["--cap", "CAP_CHOWN"], ["--cap", "CAP_CHOWN", "-u", "1000"], ["-u", "1000:1000"], []]) {
    const { stdout } = expectSuccess(box.exec(["/bin/grep", "^Cap[IA]", "/proc/self/status"], flags))
    t.match(stdout, /CapInh:\t0+\nCapAmb:\t0+\n/, flags.join(" "))
  }
})

/** What can be read in one way only, if somebody is so lenient. */
const ONE_READING: Record<string, string> = { "1:": "1:0", "1 ": "1:0", " 1": "1:0", "0x1": "1:0", "+1": "1:0" }

boxTest("attack CVE-2026-30892: exec --user means exactly the ids it says [exec --user]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const id = (user: string): Result => box.exec(["/bin/sh", "-c", "echo $(id -u):$(id -g)"], ["-u", user])
  t.equal(id("1").stdout, "1:0\n")
  t.equal(id("1:2").stdout, "1:2\n")
  for (const user of ["1:", ":1", "-1", "4294967295", "4294967296", "1 ", " 1", "abc", "0x1", "1e3", "1:-1", "1:2:3", "+1", "1.0", "18446744073709551616", "１"]) {
    const result = id(user)
    if (refusedOrTaken(t, result, `--user ${JSON.stringify(user)}`)) t.equal(result.stdout, `${ONE_READING[user] ?? "refused"}\n`, `--user ${JSON.stringify(user)}`)
  }
  const padded = id("01")
  if (padded.code === 0) t.equal(padded.stdout, "1:0\n")
  else refused(t, padded, "--user 01")
})

boxTest("attack CVE-2021-43784: strings of 64 KiB and 1 MiB, and NUL bytes, everywhere", (t, box) => {
  const canary = new Canary(box)
  box.args("/bin/true")
  const original = JSON.stringify(box.config)
  const places: Record<string, (config: any, text: string) => void> = {
    "mount source": (c, x) => c.mounts.push({ destination: "/mnt", type: "bind", source: `/${x}`, options: ["bind"] }),
    "file system source": (c, x) => c.mounts.push({ destination: "/mnt", type: "tmpfs", source: x }),
    "mount destination": (c, x) => c.mounts.push({ destination: `/${x}`, type: "tmpfs", source: "tmpfs" }),
    "mount option": (c, x) => c.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs", options: [`mode=${x}`] }),
    "mount type": (c, x) => c.mounts.push({ destination: "/mnt", type: x, source: "tmpfs" }),
    "namespace path": (c, x) => (c.linux.namespaces[1].path = `/${x}`),
    "working directory": (c, x) => (c.process.cwd = `/${x}`),
    "program": (c, x) => (c.process.args = [x]),
    "program path": (c, x) => (c.process.args = [`/${x}`]),
    "host name": (c, x) => (c.hostname = x),
    "cgroups path": (c, x) => (c.linux.cgroupsPath = `${cgroupPrefix}/${x}`),
    "root path": (c, x) => (c.root.path = x),
    "masked path": (c, x) => (c.linux.maskedPaths = [`/${x}`]),
    "read-only path": (c, x) => (c.linux.readonlyPaths = [`/${x}`]),
    "hook path": (c, x) => (c.hooks = { createRuntime: [{ path: `/${x}` }] }),
    "device path": (c, x) => (c.linux.devices = [{ path: `/dev/${x}`, type: "c", major: 1, minor: 3 }]),
    "sysctl name": (c, x) => (c.linux.sysctl = { [`net.${x}`]: "1" }),
    "rlimit": (c, x) => (c.process.rlimits = [{ type: x, soft: 1, hard: 1 }]),
  }
  const harmless: Record<string, (config: any, text: string) => void> = {
    "annotation": (c, x) => (c.annotations = { key: x, [x]: "value" }),
    "capability": (c, x) => (c.process.capabilities.bounding = [x]),
    "argument": (c, x) => c.process.args.push(x),
    "variable": (c, x) => c.process.env.push(`A=${x}`),
  }
  const texts: readonly [string, string][] = [["64 KiB + 1", "x".repeat(65537)], ["1 MiB", "y".repeat(1 << 20)], ["NUL", "a\0b"]]
  for (const [size, text] of texts) {
    for (const [place, put] of Object.entries(places)) {
      const config = JSON.parse(original)
      put(config, text)
      box.write(config)
      const result = box.call(["run", "--bundle", box.bundle, box.id])
      // what names a missing path to hide is skipped; what the kernel cuts off is refused
      if (result.code !== 0 || size === "NUL" || !/masked|read-only/.test(place)) refusedOrTaken(t, result, `${place}: ${size}`)
      if (runtimeName === "runts") t.ok(result.stderr.length < 8192 + 2 * text.length, `${place}: ${size}: the error is not endless`)
    }
    for (const [place, put] of Object.entries(harmless)) {
      const config = JSON.parse(original)
      put(config, text)
      box.write(config)
      const result = box.call(["run", "--bundle", box.bundle, box.id])
      if (result.code !== 0) refused(t, result, `${place}: ${size}`)
    }
  }
  canary.check(t, "strings")
})

boxTest("attack: 1 MiB of environment in small pieces passes; 10 000 id mappings are refused in a sentence", (t, box) => {
  for (let i = 0; i < 1024; i++) box.config.process.env.push(`V${i}=${"e".repeat(1000)}`)
  t.equal(expectSuccess(box.script("echo ${#V7} ${#V1023}").run()).stdout, "1000 1000\n")
  box.config.process.env = ["PATH=/bin"]
  box.mapIds()
  box.config.linux.uidMappings = Array.from({ length: 10_000 }, (_, i) => ({ containerID: i, hostID: 100_000 + 2 * i, size: 1 }))
  refused(t, box.run(), "10 000 id mappings")
})

boxTest("attack: 5000 mounts and 5000 masked paths are made or refused, and nothing stays", { skipIn: { uml: "slow" } }, (t, box) => {
  box.config.linux.maskedPaths = Array.from({ length: 5000 }, (_, i) => `/nowhere/${i}`)
  expectSuccess(box.args("/bin/true").run())
  for (let i = 0; i < 2000; i++) box.config.mounts.push({ destination: `/mnt/m${i % 50}`, type: "tmpfs", source: "tmpfs" })
  const result = box.args("/bin/true").run()
  if (result.code !== 0) refused(t, result, "2000 mounts")
})

boxTest("attack: container ids that are no names", left("its delete --force of \"/\" removes the machine's root (crun 1.8.1 did)"), (t, box) => {
  const canary = new Canary(box)
  box.args("/bin/true").write()
  const entries = readdirSync(box.folder).sort()
  for (const id of ["", ".", "..", "../x", "a/b", "/", "a".repeat(1025), "-leading", "a\nb", "a b", "ä", "a\\b", "%2e%2e", "~", "$(x)", "a:b"]) {
    for (const verb of [["run", "--bundle", box.bundle], ["create", "--bundle", box.bundle], ["state"], ["start"], ["kill"], ["delete"], ["delete", "--force"], ["ps"], ["pause"]]) {
      const result = box.call([...verb, "--", id])
      if (result.code === 0 && id === "-leading") continue
      const what = `${verb.join(" ").slice(0, 14)} ${JSON.stringify(id.slice(0, 20))}`
      if (refusedOrTaken(t, result, what)) t.same(readdirSync(box.folder).filter((name) => name !== "state").sort(), entries, `${what}: nothing is made or removed outside of the state root`)
    }
  }
  canary.check(t, "ids")
})

boxTest("attack: a container's folder or state file is a symlink", (t, box) => {
  const canary = new Canary(box)
  mkdirSync(box.root, { recursive: true })
  symlinkSync(canary.folder, `${box.root}/${box.id}`)
  for (const verb of [["state"], ["start"], ["kill"], ["delete"], ["delete", "--force"]]) refusedOrTaken(t, box.call([...verb, box.id]), `${verb.join(" ")}: folder`)
  canary.check(t, "folder")
  box.args("/bin/sleep", "1000").write()
  if (refusedOrTaken(t, box.call(["create", "--bundle", box.bundle, box.id]), "create: folder")) box.call(["delete", "--force", box.id])
  rmSync(`${box.root}/${box.id}`, { recursive: true, force: true })
  canary.check(t, "folder")
  mkdirSync(`${box.root}/${box.id}`)
  symlinkSync(`${canary.folder}/secret`, `${box.root}/${box.id}/state.json`)
  for (const verb of [["state"], ["start"], ["kill"], ["delete"]]) refusedOrTaken(t, box.call([...verb, box.id]), `${verb.join(" ")}: state.json`)
  const forced = box.call(["delete", "--force", box.id])
  if (runtimeName === "runts") t.equal(forced.code, 0)
  canary.check(t, "state.json")
})

t.end()
