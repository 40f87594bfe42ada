import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess } from "../../conformance/lib/command.ts"
import { namespaceOf, status } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/** Namespace types of config.json and their names in /proc/PID/ns. */
const FILES = { pid: "pid", network: "net", ipc: "ipc", uts: "uts", mount: "mnt", cgroup: "cgroup" } as const

boxTest("namespaces: each that is listed is new [/linux/namespaces/*/type=pid|network|ipc|uts|mount|cgroup]", { differs: ["the host's user namespace"] }, async (t, box) => {
  box.config.linux.namespaces.push({ type: "cgroup" })
  const pid = await box.launch("/bin/sleep", "1000")
  for (const file of Object.values(FILES)) t.not(namespaceOf(pid, file), namespaceOf("self", file), file)
  t.equal(namespaceOf(pid, "user"), namespaceOf("self", "user"), "user: not listed")
})

boxTest("namespaces: what is not listed is the caller's [/linux/namespaces/*/type]", async (t, box) => {
  box.config.linux.namespaces = [{ type: "mount" }]
  delete box.config.hostname
  box.config.mounts = box.config.mounts.filter(({ destination }) => destination !== "/sys")
  const pid = await box.launch("/bin/sleep", "1000")
  for (const [type, file] of Object.entries(FILES)) {
    if (type === "mount") t.not(namespaceOf(pid, file), namespaceOf("self", file), type)
    else t.equal(namespaceOf(pid, file), namespaceOf("self", file), type)
  }
})

boxTest("namespaces: each is joined by path [/linux/namespaces/*/path]", { differs: ["namespaces of others"] }, async (t, box) => {
  const first = await box.launch("/bin/sleep", "1000")
  const second = new Box()
  try {
    second.config.linux.namespaces = [
      { type: "mount" },
      ...(["pid", "network", "ipc", "uts"] as const).map((type) => ({ type, path: `/proc/${first}/ns/${FILES[type]}` })),
    ]
    delete second.config.hostname
    const pid = await second.launch("/bin/sleep", "1000")
    for (const type of ["pid", "network", "ipc", "uts"] as const) t.equal(namespaceOf(pid, FILES[type]), namespaceOf(first, FILES[type]), type)
    t.not(namespaceOf(pid, "mnt"), namespaceOf(first, "mnt"))
  } finally {
    t.same(await second.close(), [])
  }
})

boxTest("namespaces: a path that is none, or of another type, is an error [/linux/namespaces/*/path]", (t, box) => {
  const others = box.config.linux.namespaces.filter(({ type }) => type !== "network")
  for (const path of ["/no/such/ns", "/etc/passwd", "/proc/self/ns/uts"]) {
    box.config.linux.namespaces = [...others, { type: "network", path }]
    const result = box.run()
    t.not(result.code, 0, path)
    t.not(result.stderr, "", path)
  }
})

boxTest("namespaces: the same type twice is an error [/linux/namespaces/*/type]", (t, box) => {
  box.config.linux.namespaces.push({ type: "uts" })
  t.not(box.run().code, 0)
})

boxTest("pid namespace: the program is process 1 and sees no other [/linux/namespaces/*/type=pid]", (t, box) => {
  t.equal(box.inside("echo $$; ls -d /proc/[0-9]* | wc -l"), "1\n3")
})

boxTest("network namespace: loopback is up and nothing else is there [/linux/namespaces/*/type=network]", (t, box) => {
  t.match(box.inside("cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '"), /^lo(\n|$)/)
  t.equal(box.inside("cat /sys/class/net/lo/flags").toLowerCase(), "0x9", "IFF_UP and IFF_LOOPBACK")
})

boxTest("hostname and domainname [/hostname, /domainname]", { skipFor: { runc: "1.1 knows no domainname" } }, (t, box) => {
  box.config.hostname = "name-inside"
  box.config.domainname = "domain.inside"
  t.equal(box.inside("hostname; cat /proc/sys/kernel/domainname"), "name-inside\ndomain.inside")
})

boxTest("hostname: without a uts namespace it is an error and the host keeps its own [/hostname]", (t, box) => {
  const before = readFileSync("/proc/sys/kernel/hostname", "utf8")
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "uts")
  t.not(box.run().code, 0)
  t.equal(readFileSync("/proc/sys/kernel/hostname", "utf8"), before)
})

boxTest("cgroup namespace: the container's cgroup is its root [/linux/namespaces/*/type=cgroup]", (t, box) => {
  box.config.linux.namespaces.push({ type: "cgroup" })
  for (const line of box.inside("cat /proc/self/cgroup").split("\n")) t.match(line, /:\/$/)
})

boxTest(
  "user namespace: maps, ids inside and outside [/linux/uidMappings/**, /linux/gidMappings/**, /linux/namespaces/*/type=user]",
  { differs: ["ids of others"] }, async (t, box) => {
  box.mapIds(200_000, 5000)
  const pid = await box.launch("/bin/sleep", "1000")
  t.not(namespaceOf(pid, "user"), namespaceOf("self", "user"))
  t.same(readFileSync(`/proc/${pid}/uid_map`, "utf8").trim().split(/\s+/), ["0", "200000", "5000"])
  t.same(readFileSync(`/proc/${pid}/gid_map`, "utf8").trim().split(/\s+/), ["0", "200000", "5000"])
  t.match(status(pid).Uid, /^200000\t/)
  t.equal(expectSuccess(box.exec(["/bin/id", "-u"])).stdout, "0\n")
})

boxTest("user namespace: another user of it [/process/user/uid]", async (t, box) => {
  box.mapIds()
  box.config.process.user = { uid: 1000, gid: 50 }
  t.match(status(await box.launch("/bin/sleep", "1000")).Uid, /^101000\t/)
})

boxTest("user namespace: several ranges [/linux/uidMappings/**]", { differs: ["ids of others"] }, async (t, box) => {
  box.mapIds()
  const ranges = [{ containerID: 0, hostID: 100_000, size: 1000 }, { containerID: 1000, hostID: 300_000, size: 10 }]
  box.config.linux.uidMappings = ranges
  box.config.linux.gidMappings = ranges
  box.config.process.user = { uid: 1003, gid: 1003 }
  t.match(status(await box.launch("/bin/sleep", "1000")).Uid, /^300003\t/)
})

boxTest("user namespace: nodes of /dev, proc, sysfs and bind mounts work", (t, box) => {
  box.mapIds()
  box.config.mounts.push({ destination: "/etc/bound", type: "bind", source: "/etc/hostname", options: ["bind", "ro"] })
  const out = box.inside("echo x >/dev/null && echo null; head -c 4 /dev/zero | wc -c; ls /sys >/dev/null && echo sys; cat /etc/bound >/dev/null && echo bound")
  t.equal(out, "null\n4\nsys\nbound")
})

boxTest("user namespace: a bind source that the container's ids cannot reach", { skipFor: { runc: "opens bind sources after the change of ids" } }, (t, box) => {
  box.mapIds()
  expectSuccess(command(["/bin/sh", "-c", `mkdir -m 700 ${box.folder}/closed && mkdir ${box.folder}/closed/open && echo text >${box.folder}/closed/open/file`]))
  box.config.mounts.push({ destination: "/mnt", type: "bind", source: `${box.folder}/closed/open`, options: ["rbind"] })
  t.equal(box.inside("cat /mnt/file"), "text")
})

boxTest("user namespace: joined by path [/linux/namespaces/*/path]",
  { skipFor: { runc: "1.1 wants mappings beside the path" } }, async (t, box) => {
  box.mapIds()
  const first = await box.launch("/bin/sleep", "1000")
  const second = new Box()
  try {
    second.mapIds()
    second.config.linux.namespaces = second.config.linux.namespaces.map((entry) =>
      entry.type === "user" ? { type: "user", path: `/proc/${first}/ns/user` } : entry)
    delete second.config.linux.uidMappings
    delete second.config.linux.gidMappings
    const pid = await second.launch("/bin/sleep", "1000")
    t.equal(namespaceOf(pid, "user"), namespaceOf(first, "user"))
    t.match(status(pid).Uid, /^100000\t/)
  } finally {
    t.same(await second.close(), [])
  }
})

boxTest("user namespace: without mappings it is an error [/linux/uidMappings]", { differs: ["the host's user namespace"] }, (t, box) => {
  box.config.linux.namespaces.push({ type: "user" })
  t.not(box.run().code, 0)
})

boxTest("user namespace: the container's root may not touch the host's", (t, box) => {
  box.mapIds()
  const out = box.inside("echo 1 >/proc/sys/kernel/core_pattern && echo written; mount -t tmpfs none /tmp && echo mounted; true")
  t.notMatch(out, /written/)
})

boxTest("time namespace: offsets [/linux/timeOffsets/*/secs, /linux/namespaces/*/type=time]", {
  needs: ["time namespace"], skipFor: { runc: "1.1 knows no time namespace", crun: "1.8 counts otherwise" },
}, (t, box) => {
  box.config.linux.namespaces.push({ type: "time" })
  box.config.linux.timeOffsets = { boottime: { secs: 864_000, nanosecs: 0 }, monotonic: { secs: 1000, nanosecs: 5 } }
  const hostSeconds = Number(readFileSync("/proc/uptime", "utf8").split(".")[0])
  const seconds = Number(box.inside("cat /proc/uptime").split(".")[0])
  t.ok(Math.abs(seconds - hostSeconds - 864_000) < 60, `${seconds} inside, ${hostSeconds} outside`)
})

boxTest("mount namespace: nothing of the container's is seen outside [/linux/namespaces/*/type=mount]", async (t, box) => {
  box.config.mounts.push({ destination: "/made", type: "tmpfs", source: "tmpfs" })
  await box.launch("/bin/sleep", "1000")
  t.notMatch(readFileSync("/proc/self/mountinfo", "utf8"), /\/made/)
  t.ok(existsSync(`${box.rootfs}/made`))
})

t.end()
