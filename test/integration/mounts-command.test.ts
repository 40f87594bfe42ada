import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, type Result, said, startRuntime, until } from "../../conformance/lib/command.ts"
import type { Mount } from "../../conformance/lib/config.ts"
import { controllers, unified } from "../../conformance/lib/environment.ts"
import { mountinfo } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* `mounts add` and `mounts remove`: what a container that is there is given, and what can be taken from it. */

const only = { skipFor: { runc: "has no such command", crun: "1.8 has no such command" } } as const
const bind = (source: string, destination: string, ...options: string[]): Mount => ({ destination, type: "bind", source, options: ["bind", ...options] })

function change(box: Box, action: "add" | "remove", mounts: unknown): Result {
  writeFileSync(`${box.folder}/mounts.json`, JSON.stringify(mounts))
  return box.call(["mounts", action, box.id, `${box.folder}/mounts.json`])
}

function volume(box: Box): string {
  const folder = `${box.folder}/volume`
  mkdirSync(folder)
  writeFileSync(`${folder}/file`, "from the volume")
  return folder
}

const inside = (box: Box, script: string): string => expectSuccess(box.exec(["/bin/sh", "-c", script])).stdout.trimEnd()
const targets = (pid: number): string[] => mountinfo(pid).map(({ target }) => target)

for (const users of [false, true]) {
  const where = users ? " in a user namespace" : ""
  boxTest(`folders, files and new file systems come and go${where} [mounts] [mounts add] [mounts remove]`, only, async (t, box) => {
    if (users) box.mapIds()
    const source = volume(box)
    const pid = await box.launch("/bin/sleep", "100")
    const before = targets(pid)
    const mounts: Mount[] = [
      bind(source, "/mnt/folder", "ro"), bind(`${source}/file`, "/mnt/file"),
      { destination: "/mnt/tmp", type: "tmpfs", source: "tmpfs", options: ["size=1m", "nosuid"] },
      { destination: "/mnt/proc", type: "proc", source: "proc" },
      { destination: "/mnt/mqueue", type: "mqueue", source: "mqueue" },
      { destination: "/mnt/long", type: "tmpfs", source: "tmpfs", options: ["size=1m,mode=700"] },
      bind(source, "/mnt/tmp/below/deep"),
    ]
    expectSuccess(change(box, "add", mounts))
    t.equal(inside(box, "cat /mnt/folder/file /mnt/file /mnt/tmp/below/deep/file; (echo > /mnt/folder/x) 2>&1 | grep -c Read-only"),
      "from the volumefrom the volumefrom the volume1")
    t.equal(inside(box, "stat -c %a /mnt/long; stat -c %u /mnt/tmp; cat /mnt/proc/1/comm"), "700\n0\nsleep", "the procfs is the container's")
    t.same(targets(pid).filter((target) => !before.includes(target)).sort(), mounts.map(({ destination }) => destination).sort())
    expectSuccess(change(box, "remove", { mounts: mounts.slice(0, -1) }))
    t.same(targets(pid), before)
  })
}

boxTest("a created and a paused container can be changed too; a stopped one cannot [mounts add]", { ...only, differs: ["a cgroup"] }, async (t, box) => {
  const source = volume(box)
  box.args("/bin/sh", "-c", "cat /mnt/one/file; sleep 100").create()
  expectSuccess(change(box, "add", [bind(source, "/mnt/one")]))
  box.start()
  expectSuccess(box.call(["pause", box.id]))
  expectSuccess(change(box, "add", [bind(source, "/mnt/two")]))
  expectSuccess(box.call(["resume", box.id]))
  t.equal(inside(box, "cat /mnt/two/file"), "from the volume")
  box.kill()
  await box.reached("stopped")
  t.match(said(change(box, "add", [bind(source, "/mnt/three")])), /container not running: it is stopped/)
})

boxTest("all or none: what was attached before a mount fails is taken away [mounts add]", only, async (t, box) => {
  const source = volume(box)
  symlinkSync("/proc/self/attr", `${box.rootfs}/trap`)
  const pid = await box.launch("/bin/sleep", "100")
  const before = targets(pid)
  const good = [bind(source, "/mnt/a"), bind(`${source}/file`, "/mnt/b"), { destination: "/mnt/c", type: "tmpfs", source: "none" }]
  const bad: [Mount, RegExp][] = [
    [bind(source, "/etc/passwd"), /not a directory.*\/mounts\/3/], [bind(source, "/trap/current"), /\/mounts\/3|proc/],
    [{ destination: "/mnt/d", type: "nosuchfs", source: "none" }, /nosuchfs/], [bind(source, "/etc/passwd/below/x"), /not a directory/],
    [{ destination: "/mnt/d", type: "tmpfs", source: "none", options: ["size=nonsense"] }, /kernel says.*size/],
    [bind("/no/such/source", "/mnt/d"), /no such file or directory/], [{ destination: "/", type: "tmpfs" }, /cannot be covered/],
    [{ destination: "/mnt/d", type: "cgroup" }, /cannot be added/], [bind(source, "/mnt/d", "remount"), /remount adds no mount/],
    [{ destination: "/proc/self", type: "tmpfs" }, /inside \/proc/],
  ]
  for (const [mount, message] of bad) {
    const result = change(box, "add", [...good, mount])
    t.not(result.code, 0)
    t.match(said(result), message)
    t.same(targets(pid), before, JSON.stringify(mount))
  }
})

boxTest("remove takes mounts only, all or none, and follows no symbolic link [mounts remove]", only, async (t, box) => {
  const source = volume(box)
  symlinkSync("/mnt", `${box.rootfs}/link`)
  const pid = await box.launch("/bin/sleep", "100")
  expectSuccess(change(box, "add", [bind(source, "/mnt/a"), bind(`${source}/file`, "/mnt/file")]))
  const before = targets(pid)
  t.match(said(change(box, "remove", [{ destination: "/mnt/a" }, { destination: "/etc" }])), /unmount \/etc: nothing is mounted there/)
  t.match(said(change(box, "remove", [{ destination: "/mnt/a" }, { destination: "/mnt/none" }])), /no such file or directory/)
  t.match(said(change(box, "remove", [{ destination: "/link/a" }])), /symbolic links/)
  t.match(said(change(box, "remove", [{ destination: "/" }])), /cannot be removed/)
  t.same(targets(pid), before)
  expectSuccess(change(box, "remove", [{ destination: "/mnt/a" }, { destination: "/mnt/file" }, { destination: "/mnt/a/" }]))
  t.equal(targets(pid).length, before.length - 2)
})

boxTest("remove takes a mount and what lies below it, in either order [mounts remove]", only, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "100")
  const before = targets(pid)
  const mounts = ["/mnt/a", "/mnt/a/b", "/mnt/a/b/c"].map((destination): Mount => ({ destination, type: "tmpfs", source: "none" }))
  for (const order of [mounts, mounts.toReversed()]) {
    expectSuccess(change(box, "add", mounts))
    t.equal(targets(pid).length, before.length + mounts.length)
    expectSuccess(change(box, "remove", order))
    t.same(targets(pid), before)
  }
})

boxTest("a destination behind a symbolic link stays inside the root [mounts add]", only, async (t, box) => {
  const source = volume(box)
  const canary = `${box.folder}/canary`
  mkdirSync(canary)
  symlinkSync(canary, `${box.rootfs}/out`)
  symlinkSync(`${canary}/new`, `${box.rootfs}/etc/foo`)
  await box.launch("/bin/sleep", "100")
  expectSuccess(change(box, "add", [bind(source, "/out/below"), bind(`${source}/file`, "/etc/foo")]))
  t.same(readdirSync(canary), [], "nothing is made outside")
  t.equal(inside(box, `cat ${canary}/below/file ${canary}/new`), "from the volumefrom the volume")
})

boxTest("user namespace: its root cannot clear flags that the host's mount has [mounts add]", { ...only, differs: ["locked mounts"] }, async (t, box) => {
  box.mapIds()
  const capabilities = ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_SYS_CHROOT"]
  box.config.process.capabilities = { bounding: capabilities, effective: capabilities, permitted: capabilities }
  const source = volume(box)
  expectSuccess(command(["mount", "-t", "tmpfs", "-o", "ro,nodev", "none", source]))
  try {
    const pid = await box.launch("/bin/sleep", "100")
    expectSuccess(change(box, "add", [bind(source, "/mnt/a")]))
    t.match(said(box.exec(["mount", "-o", "remount,bind,rw,dev", "/mnt/a"])).toLowerCase(), /permitted|denied/)
    const found = mountinfo(pid).find(({ target }) => target === "/mnt/a")
    t.ok(found?.options.includes("ro") && found.options.includes("nodev"))
    t.match(said(change(box, "add", [bind(source, "/mnt/b", "rw")])), /operation not permitted/)
  } finally {
    box.delete("--force")
    expectSuccess(command(["umount", source]))
  }
})

boxTest("a host mount made later below an added one does not come from the container, nor its mounts to the host [mounts add]", only, async (t, box) => {
  const source = volume(box)
  mkdirSync(`${source}/sub`)
  await box.launch("/bin/sleep", "100")
  const before = readFileSync("/proc/self/mountinfo", "utf8")
  expectSuccess(change(box, "add", [bind(source, "/mnt/a"), { destination: "/mnt/a/sub", type: "tmpfs", source: "none" }]))
  t.equal(readFileSync("/proc/self/mountinfo", "utf8"), before)
})

boxTest("tmpcopyup, copy-symlink and standard input [mounts add]", only, async (t, box) => {
  const source = volume(box)
  symlinkSync("elsewhere", `${source}/link`)
  writeFileSync(`${box.rootfs}/mnt/kept`, "kept")
  await box.launch("/bin/sleep", "100")
  const mounts = [{ destination: "/mnt", type: "tmpfs", source: "none", options: ["tmpcopyup"] }, bind(`${source}/link`, "/etc/link", "copy-symlink")]
  expectSuccess(box.call(["mounts", "add", box.id, "-"], { input: JSON.stringify(mounts) }))
  t.equal(inside(box, "cat /mnt/kept; echo; readlink /etc/link"), "kept\nelsewhere")
})

for (const users of [false, true]) {
  boxTest(`id-mapped mounts${users ? " in a user namespace" : ""} [mounts add]`, { differs: ["id-mapped mounts"], ...only, skipIn: { uml: "hostfs cannot be id-mapped" } }, async (t, box) => {
    if (users) box.mapIds()
    const source = volume(box)
    chownSync(`${source}/file`, 5, 6)
    await box.launch("/bin/sleep", "100")
    const map = [{ containerID: 0, hostID: users ? 101_000 : 1000, size: 100 }]
    const mapped = { uidMappings: map, gidMappings: map }
    const tmpfs = { destination: "/mnt/tmp", type: "tmpfs", source: "none", options: ["mode=700"], ...mapped }
    expectSuccess(change(box, "add", [{ ...bind(source, "/mapped"), ...mapped }, tmpfs]))
    t.equal(inside(box, "stat -c %u:%g /mapped/file /mnt/tmp"), "1005:1006\n1000:1000")
    if (!users) return
    expectSuccess(change(box, "add", [bind(source, "/own", "idmap"), bind(source, "/relative", "idmap=uids=@5-7-1;gids=@6-8-1")]))
    t.equal(inside(box, "stat -c %u:%g /own/file /relative/file"), "5:6\n7:8")
  })
}

boxTest("a runts that is killed while it adds leaves nothing attached [mounts add]", only, async (t, box) => {
  expectSuccess(command(["/bin/sh", "-c", `cd ${box.rootfs}/mnt && for i in $(seq 3000); do echo x > $i; done`]))
  const pid = await box.launch("/bin/sleep", "1000")
  const before = targets(pid)
  const mounts = [bind(volume(box), "/media"), { destination: "/mnt", type: "tmpfs", source: "none", options: ["tmpcopyup"] }]
  writeFileSync(`${box.folder}/mounts.json`, JSON.stringify(mounts))
  const running = startRuntime(["--root", box.root, "mounts", "add", box.id, `${box.folder}/mounts.json`])
  await until("the first mount", () => targets(pid).includes("/media"))
  running.child.kill("SIGKILL")
  await running.done
  await until("nothing attached", () => targets(pid).length === before.length)
  t.same(targets(pid), before)
})

boxTest("a container that swaps its folder for a link meanwhile leads no mount out of its root [mounts add] [mounts remove]", only, async (t, box) => {
  const source = volume(box)
  const canary = `${box.folder}/canary`
  mkdirSync(canary)
  const swap = `while :; do ln -s ${canary} x; rm x; mkdir -p x; rm -rf x; done 2> /dev/null`
  const pid = await box.launch("/bin/sh", "-c", `mkdir -p /vol && cd /vol && { ${swap}; }`)
  const before = readFileSync("/proc/self/mountinfo", "utf8")
  let added = 0
  for (let i = 0; i < 25; i++) {
    if (change(box, "add", [bind(`${source}/file`, `/vol/x/new${i}`), bind(source, `/vol/x/folder${i}`)]).code === 0) added++
    change(box, "remove", [{ destination: `/vol/x/new${i}` }])
  }
  t.comment(`${added} of 25 were added`)
  t.same(readdirSync(canary), [])
  t.equal(readFileSync("/proc/self/mountinfo", "utf8"), before)
  const masked = new Set(["/proc/kcore", "/proc/keys", "/sys/firmware"].filter((path) => existsSync(path)))
  for (const path of masked) t.ok(targets(pid).includes(path), `${path} is masked still`)
})

boxTest("the program that adds leaves no process, and none that the container sees [mounts add]", { ...only, differs: ["a cgroup"] }, async (t, box) => {
  if (!unified || controllers.includes("pids")) box.config.linux.resources = { pids: { limit: 1 } }
  const source = volume(box)
  const pid = await box.launch("/bin/sleep", "100")
  expectSuccess(change(box, "add", [bind(source, "/mnt/a"), { destination: "/mnt/p", type: "proc", source: "proc" }]))
  t.ok(existsSync(`/proc/${pid}/root/mnt/a/file`), "although the container may have no second process")
  t.ok(statSync(`/proc/${pid}/root/mnt/p/1`).isDirectory())
})

boxTest("what is no list of mounts is an error that says where [mounts add] [mounts remove]", only, async (t, box) => {
  await box.launch("/bin/sleep", "100")
  t.match(said(change(box, "add", "x")), /expected an array of mounts/)
  t.match(said(change(box, "add", [{ source: "/" }])), /\/mounts\/0\/destination/)
  t.match(said(change(box, "remove", [{ destination: 3 }])), /\/mounts\/0\/destination/)
  t.match(said(box.call(["mounts", "change", box.id, "-"])), /takes "add" or "remove" as its first argument/)
  t.match(said(box.call(["mounts", "add", box.id])), /requires an argument: <file>/)
})
