import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, said } from "../../conformance/lib/command.ts"
import type { Mount } from "../../conformance/lib/config.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* What engines rarely write and config.md allows; each was wrong once, here or in a peer. */

const tmpfs = (destination: string, ...options: string[]): Mount => ({ destination, type: "tmpfs", source: "tmpfs", options })
const bind = (source: string, destination: string, ...options: string[]): Mount =>
  ({ destination, type: "bind", source, options })

function volume(box: Box): string {
  const folder = `${box.folder}/volume`
  mkdirSync(folder)
  writeFileSync(`${folder}/file`, "from the volume")
  return folder
}

/** Flags of a mount, as the container sees them. */
const flagsOf = (box: Box, target: string): string =>
  box.inside(`cut -d' ' -f5,6 /proc/self/mountinfo | grep '^${target} ' | cut -d' ' -f2`)

boxTest("tmpfs without a mode: 1777 where its folder is made, however deep; else the folder's",
  { skipFor: { crun: "makes folders with 1755" } }, (t, box) => {
  symlinkSync("deep/er", `${box.rootfs}/dangling`)
  chmodSync(`${box.rootfs}/home`, 0o751)
  box.config.mounts.push(tmpfs("/one"), tmpfs("/a/b/c"), tmpfs("/dangling"), tmpfs("/home"))
  t.equal(box.inside("stat -c %a /one /a /a/b/c /deep /deep/er /home | tr '\\n' ' '"), "1777 755 1777 755 1777 751 ")
})

boxTest("tmpfs with joined data: read-only last, tmpcopyup, mode, as any other [/mounts/*/options=ro|tmpcopyup]",
  { skipFor: { crun: "keeps no mode" } },
  (t, box) => {
  writeFileSync(`${box.rootfs}/mnt/kept`, "")
  chmodSync(`${box.rootfs}/mnt`, 0o750)
  box.config.mounts.push(tmpfs("/mnt", "tmpcopyup", "ro", "size=1m,nr_inodes=50"), tmpfs("/mnt/below"))
  t.equal(box.inside("ls /mnt | tr '\\n' ' '; stat -c %a /mnt; (touch /mnt/x) 2>&1 | grep -c Read-only; touch /mnt/below/x"),
    "below kept 750\n1")
})

boxTest("recursive flags come last and hold for the mount itself: rro,rw is read-only, ro,rrw is not [/mounts/*/options=rro|rrw]",
  { skipFor: { crun: "leaves ro,rrw read-only" } }, (t, box) => {
  const source = volume(box)
  box.config.mounts.push(bind(source, "/mnt/a", "rbind", "rro", "rw"), bind(source, "/mnt/b", "rbind", "ro", "rrw"))
  t.match(flagsOf(box, "/mnt/a"), /^ro,/)
  box.delete("--force")
  t.match(flagsOf(box, "/mnt/b"), /^rw,/)
})

boxTest("an overlay with more than 255 bytes of layers has its flags and its propagation [/mounts/*/options=shared|nodev]",
  { skipFor: { crun: "forgets the propagation" } }, (t, box) => {
  const layers = [0, 1, 2, 3, 4].map((i) => {
    const layer = `${box.folder}/${"layer-".repeat(10)}${i}`
    mkdirSync(layer)
    writeFileSync(`${layer}/file-${i}`, "")
    return layer
  })
  box.config.mounts.push({ destination: "/mnt", type: "overlay", source: "overlay",
    options: [`lowerdir=${layers.join(":")}`, "nodev", "shared"] })
  t.equal(box.inside("ls /mnt | wc -l; grep ' /mnt ' /proc/self/mountinfo | grep nodev | grep -c shared:"), "5\n1")
})

boxTest("a file on a folder and a folder on a file are errors that say so", (t, box) => {
  const source = volume(box)
  box.config.mounts.push(bind(`${source}/file`, "/mnt", "bind"))
  t.match(said(box.run()).toLowerCase(), /not a directory/)
  box.config.mounts.splice(-1, 1, bind(source, "/etc/passwd", "bind"))
  t.match(said(box.run()).toLowerCase(), /not a directory/)
})

boxTest("rootfsPropagation runbindable: all mounts of the container are, and binds and masks work [/linux/rootfsPropagation=runbindable|unbindable]",
  { skipFor: { runc: "cannot", crun: "cannot" } }, (t, box) => {
  const source = volume(box)
  box.config.mounts.push(bind(source, "/mnt"))
  box.config.linux.maskedPaths = ["/etc/passwd"]
  const unbindable = (): string[] => box.inside("cat /mnt/file /etc/passwd >&2; cat /proc/self/mountinfo").split("\n")
    .filter((line) => line.split(" - ")[0]?.includes(" unbindable")).map((line) => line.split(" ")[4] as string)
  box.config.linux.rootfsPropagation = "runbindable"
  const all = unbindable()
  for (const target of ["/", "/mnt", "/proc", "/etc/passwd"]) t.ok(all.includes(target), target)
  box.config.linux.rootfsPropagation = "unbindable"
  t.same(unbindable(), ["/"])
})

for (const word of ["private", "slave", "unbindable", "shared", "rshared", "rprivate", "rslave", "runbindable"]) {
  boxTest(
    `rootfsPropagation ${word}: no mount of the container reaches the host, though the rootfs lies on a shared mount [/linux/rootfsPropagation=${word}]`,
    (t, box) => {
    expectSuccess(command(["mount", "--bind", box.bundle, box.bundle]))
    try {
      expectSuccess(command(["mount", "--make-shared", box.bundle]))
      box.config.linux.rootfsPropagation = word
      box.config.mounts.push(tmpfs("/mnt"))
      const before = readFileSync("/proc/self/mountinfo", "utf8")
      t.equal(box.inside("echo runs"), "runs")
      const after = readFileSync("/proc/self/mountinfo", "utf8").split("\n")
      const seen = after.filter((line) => line.includes(box.rootfs) && !before.includes(line))
      t.same(seen, [])
      box.delete("--force")
    } finally {
      expectSuccess(command(["umount", "-R", box.bundle]))
    }
  })
}

boxTest("user namespace: a bind of the host's / does not show where the runtime stages its mounts", (t, box) => {
  box.mapIds()
  box.config.mounts.push(bind("/", "/mnt", "rbind", "ro"))
  t.equal(box.inside(`cut -d' ' -f5 /proc/self/mountinfo | grep -c '^/mnt${box.root}' || true`), "0")
})

boxTest("user namespace: CAP_SYS_ADMIN mounts no writable sysfs where it was given a read-only one", (t, box) => {
  box.mapIds()
  const capabilities = ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]
  box.config.process.capabilities = { bounding: capabilities, effective: capabilities, permitted: capabilities }
  t.match(box.inside("mount -t sysfs sysfs /mnt 2>&1 || true"), /permission denied/i)
})

boxTest("a missing working directory is made although the root is read-only [/process/cwd, /root/readonly]", (t, box) => {
  box.config.root.readonly = true
  box.config.process.cwd = "/new/folder"
  t.equal(box.inside("pwd; (touch /new/x) 2>&1 | grep -c Read-only"), "/new/folder\n1")
})

const time = { needs: ["time namespace"], skipFor: { runc: "1.1 knows no time namespaces", crun: "loses the offsets" } } as const

boxTest("time offsets in a new user namespace [/linux/timeOffsets/**]", time, (t, box) => {
  box.mapIds()
  box.config.linux.namespaces.push({ type: "time" })
  box.config.linux.timeOffsets = { boottime: { secs: 1_000_000 }, monotonic: { secs: 5, nanosecs: 6 } }
  t.match(box.inside("cat /proc/self/timens_offsets; test $(cut -d. -f1 /proc/uptime) -gt 1000000 && echo later"),
    /monotonic +5 +6\nboottime +1000000 +0\nlater/)
})

boxTest("ids and device numbers that the kernel would take for others are refused [/process/user/uid, /process/user/gid, /linux/devices/*/major]",
  { skipFor: { runc: "cuts device numbers off", crun: "takes uid -1 as root" } }, (t, box) => {
  box.config.process.user.uid = 0xffffffff
  t.not(box.run().code, 0, "uid -1 is no user, and never root")
  box.config.process.user = { uid: 0, gid: 0xffffffff }
  t.not(box.run().code, 0, "nor is gid -1")
  box.config.process.user.gid = 0
  box.config.linux.devices = [{ path: "/dev/other", type: "c", major: 4097, minor: 3 }]
  t.match(said(box.run()), /major number 4097/)
  t.notOk(existsSync(`${box.rootfs}/dev/other`))
})
