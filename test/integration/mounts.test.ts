import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess } from "../../conformance/lib/command.ts"
import type { Mount } from "../../conformance/lib/config.ts"
import { unified } from "../../conformance/lib/environment.ts"
import { mountAt, type MountEntry, mountinfo } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/** The container's mounts, seen from outside. */
async function mountsOf(box: Box, ...more: Mount[]): Promise<MountEntry[]> {
  box.config.mounts.push(...more)
  return mountinfo(await box.launch("/bin/sleep", "1000"))
}

function bind(source: string, destination: string, ...options: string[]): Mount {
  return { destination, type: "bind", source, options: ["bind", ...options] }
}

/** A folder beside the bundle with one file in it. */
function volume(box: Box): string {
  const folder = `${box.folder}/volume`
  mkdirSync(folder)
  writeFileSync(`${folder}/file`, "from the volume")
  return folder
}

boxTest(
  "mounts: proc, sysfs, tmpfs, devpts, mqueue: the types and flags that are asked for [/mounts/*/destination, /mounts/*/type, /mounts/*/options=ro|nosuid|nodev|noexec]",
  async (t, box) => {
  const mounts = await mountsOf(box, { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] })
  for (const [target, type, flags] of [
    ["/", undefined, []],
    ["/proc", "proc", []],
    ["/sys", "sysfs", ["ro", "nosuid", "nodev", "noexec"]],
    ["/dev", "tmpfs", ["rw", "nosuid"]],
    ["/dev/pts", "devpts", ["nosuid", "noexec"]],
    ["/dev/shm", "tmpfs", ["nosuid", "nodev", "noexec"]],
    ["/dev/mqueue", "mqueue", ["nosuid", "nodev", "noexec"]],
  ] as const) {
    const entry = mountAt(mounts, target)
    if (type !== undefined) t.equal(entry.type, type, target)
    for (const flag of flags) t.ok(entry.options.includes(flag), `${target}: ${flag}`)
  }
})

boxTest("mounts: tmpfs data: size, mode, inodes [/mounts/*/options]", async (t, box) => {
  const entry = mountAt(await mountsOf(box, { destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=256k", "mode=1750", "nr_inodes=10"] }), "/mnt")
  for (const option of ["size=256k", "mode=1750", "nr_inodes=10"]) t.ok(entry.superOptions.includes(option), option)
})

boxTest("mounts: every flag of a tmpfs [/mounts/*/options=ro|nosuid|nodev|noexec|noatime|nodiratime]", async (t, box) => {
  const flags = ["ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime"]
  const entry = mountAt(await mountsOf(box, { destination: "/mnt", type: "tmpfs", source: "tmpfs", options: flags }), "/mnt")
  for (const flag of flags) t.ok(entry.options.includes(flag), flag)
})

boxTest("mounts: a later mount covers an earlier one [/mounts/*/destination]", (t, box) => {
  box.config.mounts.push(
    { destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=1m"] },
    { destination: "/mnt/deep", type: "tmpfs", source: "tmpfs", options: ["size=2m"] },
  )
  t.match(box.inside("grep ' /mnt' /proc/self/mountinfo"), / \/mnt .*\n.* \/mnt\/deep /)
})

boxTest("mounts: bind of a folder and of a file; changes are seen outside [/mounts/*/source, /mounts/*/options=bind]",
  (t, box) => {
  const source = volume(box)
  box.config.mounts.push(bind(source, "/mnt/folder"), bind(`${source}/file`, "/mnt/file"))
  t.equal(box.inside("cat /mnt/file; echo; ls /mnt/folder; echo new >/mnt/folder/other"), "from the volume\nfile")
  t.equal(readFileSync(`${source}/other`, "utf8"), "new\n")
  t.ok(statSync(`${box.rootfs}/mnt/file`).isFile(), "the target is a file")
  t.ok(statSync(`${box.rootfs}/mnt/folder`).isDirectory())
})

boxTest("mounts: bind with flags: only those change [/mounts/*/options=ro|nosuid|nodev|noexec]", async (t, box) => {
  const source = volume(box)
  const mounts = await mountsOf(box, bind(source, "/mnt/a", "ro"), bind(source, "/mnt/b", "nosuid", "nodev", "noexec"), bind(source, "/mnt/c"))
  t.ok(mountAt(mounts, "/mnt/a").options.includes("ro"))
  for (const flag of ["rw", "nosuid", "nodev", "noexec"]) t.ok(mountAt(mounts, "/mnt/b").options.includes(flag), flag)
  t.ok(mountAt(mounts, "/mnt/c").options.includes("rw"))
})

boxTest("mounts: a read-only bind cannot be written [/mounts/*/options=ro]", (t, box) => {
  const source = volume(box)
  box.config.mounts.push(bind(source, "/mnt", "ro"))
  t.match(box.inside("echo x 2>&1 >/mnt/file || true; (echo x >/mnt/file) 2>&1 || true"), /Read-only file system/)
  t.equal(readFileSync(`${source}/file`, "utf8"), "from the volume")
})

boxTest("mounts: rbind takes submounts along, bind does not [/mounts/*/options=bind|rbind]", { differs: ["mounts apart"] }, async (t, box) => {
  const source = volume(box)
  mkdirSync(`${source}/sub`)
  expectSuccess(command(["mount", "-t", "tmpfs", "tmpfs", `${source}/sub`]))
  try {
    const mounts = await mountsOf(box, { destination: "/mnt/r", type: "bind", source, options: ["rbind"] }, bind(source, "/mnt/b"))
    mountAt(mounts, "/mnt/r/sub")
    t.notOk(mounts.some(({ target }) => target === "/mnt/b/sub"))
    box.delete("--force")
  } finally {
    expectSuccess(command(["umount", "-l", `${source}/sub`]))
  }
})

boxTest("mounts: ro leaves submounts alone, rro does not [/mounts/*/options=ro|rro|rnosuid]",
  { skipFor: { runc: "calls them by other means; 1.1 needs them alone" } }, async (t, box) => {
  const source = volume(box)
  mkdirSync(`${source}/sub`)
  expectSuccess(command(["mount", "-t", "tmpfs", "tmpfs", `${source}/sub`]))
  try {
    const mounts = await mountsOf(
      box,
      { destination: "/mnt/plain", type: "bind", source, options: ["rbind", "ro"] },
      { destination: "/mnt/deep", type: "bind", source, options: ["rbind", "rro", "rnosuid"] },
    )
    t.ok(mountAt(mounts, "/mnt/plain").options.includes("ro"))
    t.ok(mountAt(mounts, "/mnt/plain/sub").options.includes("rw"))
    t.ok(mountAt(mounts, "/mnt/deep/sub").options.includes("ro"))
    t.ok(mountAt(mounts, "/mnt/deep/sub").options.includes("nosuid"))
    box.delete("--force")
  } finally {
    expectSuccess(command(["umount", "-l", `${source}/sub`]))
  }
})

boxTest(
  "mounts: the type says nothing where an option says bind; a relative source starts at the bundle [/mounts/*/source, /mounts/*/type]",
  (t, box) => {
  mkdirSync(`${box.bundle}/data`)
  writeFileSync(`${box.bundle}/data/file`, "relative")
  box.config.mounts.push({ destination: "/mnt", type: "none", source: "data", options: ["rbind"] })
  t.equal(box.inside("cat /mnt/file"), "relative")
})

boxTest("mounts: a missing source is an error that names it [/mounts/*/source]", (t, box) => {
  box.config.mounts.push(bind(`${box.folder}/nothing`, "/mnt"))
  const result = box.run()
  t.not(result.code, 0)
  t.match(result.stderr, /nothing/)
  t.match(result.stderr, /no such file or directory/)
})

boxTest("mounts: an unknown type is an error that names the target [/mounts/*/type]", (t, box) => {
  box.config.mounts.push({ destination: "/mnt", type: "nonsensefs", source: "x" })
  const result = box.run()
  t.not(result.code, 0)
  t.match(result.stderr, /nonsensefs|\/mnt/)
})

boxTest("mounts: missing targets are made with mode 755, inside the root only [/mounts/*/destination]", (t, box) => {
  const source = volume(box)
  box.config.mounts.push(bind(source, "/a/b/c"), bind(`${source}/file`, "/d/e"), { destination: "/f/g", type: "tmpfs", source: "tmpfs" })
  t.equal(box.inside("cat /a/b/c/file"), "from the volume")
  t.equal(statSync(`${box.rootfs}/a/b`).mode & 0o777, 0o755)
  t.ok(statSync(`${box.rootfs}/d/e`).isFile())
  t.ok(statSync(`${box.rootfs}/f/g`).isDirectory())
})

boxTest("mounts: a symbolic link on the way stays inside the root [/mounts/*/destination]", (t, box) => {
  const source = volume(box)
  mkdirSync(`${box.folder}/canary`)
  symlinkSync(`${box.folder}/canary`, `${box.rootfs}/link`)
  symlinkSync("../../../../../../../..", `${box.rootfs}/up`)
  box.config.mounts.push(bind(source, "/link/made"), bind(source, `/up${box.folder}/canary/too`))
  const result = box.args("/bin/true").run()
  t.same(readdirSync(`${box.folder}/canary`), [], "nothing was made on the host")
  t.equal(result.code, 0, result.stderr)
})

boxTest("mounts: a target that is a symbolic link [/mounts/*/destination]", (t, box) => {
  const source = volume(box)
  mkdirSync(`${box.rootfs}/real`)
  symlinkSync("/real", `${box.rootfs}/name`)
  box.config.mounts.push(bind(source, "/name"))
  t.equal(box.inside("cat /real/file"), "from the volume")
  t.ok(lstatSync(`${box.rootfs}/name`).isSymbolicLink())
})

boxTest("mounts: proc and sysfs only on real folders [/mounts/*/destination]", (t, box) => {
  mkdirSync(`${box.folder}/canary`)
  expectSuccess(command(["rmdir", `${box.rootfs}/proc`]))
  symlinkSync("/tmp", `${box.rootfs}/proc`)
  t.not(box.run().code, 0)
})

boxTest("mounts: a bind over /proc is refused [/mounts/*/destination]", (t, box) => {
  const source = volume(box)
  box.config.mounts.push(bind(source, "/proc"))
  t.not(box.run().code, 0)
})

boxTest("mounts: propagation of each kind [/mounts/*/options=rprivate|rshared|unbindable|shared]", async (t, box) => {
  const source = volume(box)
  const word = (entry: MountEntry): string => entry.propagation.map((tag) => tag.split(":")[0]).join(" ")
  const mounts = await mountsOf(
    box,
    { destination: "/mnt/private", type: "bind", source, options: ["rbind", "rprivate"] },
    { destination: "/mnt/shared", type: "bind", source, options: ["rbind", "rshared"] },
    { destination: "/mnt/unbindable", type: "bind", source, options: ["rbind", "unbindable"] },
    { destination: "/mnt/tmpfs", type: "tmpfs", source: "tmpfs", options: ["shared"] },
  )
  t.equal(word(mountAt(mounts, "/mnt/private")), "")
  t.match(word(mountAt(mounts, "/mnt/shared")), /shared/)
  t.equal(word(mountAt(mounts, "/mnt/unbindable")), "unbindable")
  t.equal(word(mountAt(mounts, "/mnt/tmpfs")), "shared")
})

boxTest("rootfsPropagation: shared, slave, private [/linux/rootfsPropagation=shared|private|rslave]",
  { skipFor: { runc: "1.1 leaves the root private" } }, async (t, box) => {
  for (const [value, expected] of [["shared", /shared/], ["private", /^$/], ["rslave", /^(master:.*)?$/]] as const) {
    box.config.linux.rootfsPropagation = value
    const entry = mountAt(mountinfo(await box.launch("/bin/sleep", "1000")), "/")
    t.match(entry.propagation.join(" "), expected, value)
    box.delete("--force")
  }
  box.config.linux.rootfsPropagation = "sideways"
  t.not(box.run().code, 0, "an unknown word")
})

boxTest("root.readonly: the root cannot be written, mounts on it can [/root/readonly]", (t, box) => {
  box.config.root.readonly = true
  box.config.mounts.push({ destination: "/tmp", type: "tmpfs", source: "tmpfs" })
  t.match(box.inside("(touch /file) 2>&1 || true; touch /tmp/file && echo fine"), /Read-only file system\nfine/)
  t.notOk(existsSync(`${box.rootfs}/file`))
})

boxTest("maskedPaths: files read as empty, folders are empty, missing ones are passed over [/linux/maskedPaths]", (t, box) => {
  mkdirSync(`${box.rootfs}/secret`)
  writeFileSync(`${box.rootfs}/secret/file`, "text")
  writeFileSync(`${box.rootfs}/plain`, "text")
  box.config.linux.maskedPaths = ["/secret", "/plain", "/missing", "/proc/keys"]
  t.equal(box.inside("ls /secret | wc -l; cat /plain | wc -c; (touch /secret/x) 2>/dev/null || echo ro"), "0\n0\nro")
})

boxTest("readonlyPaths: read-only where the rest is not [/linux/readonlyPaths]", (t, box) => {
  mkdirSync(`${box.rootfs}/fixed`)
  box.config.linux.readonlyPaths = ["/fixed", "/proc/sys", "/missing"]
  t.match(box.inside("(touch /fixed/x) 2>&1 || true; touch /x && echo fine"), /Read-only file system\nfine/)
  t.match(box.inside("grep ' /proc/sys ' /proc/self/mountinfo | cut -d' ' -f6"), /ro/)
})

boxTest("/dev: the default nodes and links [/linux/devices]", { differs: ["device nodes"] }, (t, box) => {
  const out = box.inside("cd /dev; stat -c '%n %F %t %T %a %u' null zero full random urandom tty; for l in fd stdin stdout stderr ptmx; do echo $l $(readlink $l); done")
  t.equal(out, [
    "null character special file 1 3 666 0",
    "zero character special file 1 5 666 0",
    "full character special file 1 7 666 0",
    "random character special file 1 8 666 0",
    "urandom character special file 1 9 666 0",
    "tty character special file 5 0 666 0",
    "fd /proc/self/fd",
    "stdin /proc/self/fd/0",
    "stdout /proc/self/fd/1",
    "stderr /proc/self/fd/2",
    "ptmx pts/ptmx",
  ].join("\n"))
})

boxTest("/dev: a bind of the host's is left as it is", (t, box) => {
  box.config.mounts = box.config.mounts.filter(({ destination }) => !destination.startsWith("/dev"))
  const source = volume(box)
  expectSuccess(command(["mknod", `${source}/null`, "c", "1", "3"]))
  box.config.mounts.push(bind(source, "/dev"))
  t.equal(box.inside("ls /dev"), "file\nnull")
})

boxTest("mounts: tmpcopyup brings the folder's content [/mounts/*/options=tmpcopyup]",
  { skipFor: { crun: "orders it otherwise" } }, (t, box) => {
  mkdirSync(`${box.rootfs}/data/sub`, { recursive: true })
  writeFileSync(`${box.rootfs}/data/sub/file`, "kept")
  chmodSync(`${box.rootfs}/data`, 0o711)
  box.config.mounts.push({ destination: "/data", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "mode=711"] })
  t.equal(box.inside("cat /data/sub/file; echo; echo more >/data/new; stat -c %a /data"), "kept\n711")
  t.notOk(existsSync(`${box.rootfs}/data/new`), "the tmpfs was written, not the root")
})

boxTest("mounts: tmpfs has its target's mode unless told", (t, box) => {
  mkdirSync(`${box.rootfs}/data`)
  chmodSync(`${box.rootfs}/data`, 0o1770)
  box.config.mounts.push({ destination: "/data", type: "tmpfs", source: "tmpfs" })
  t.equal(box.inside("stat -c %a /data"), "1770")
})

boxTest("mounts: id-mapped bind [/mounts/*/uidMappings/**, /mounts/*/gidMappings/**, /mounts/*/options=idmap]",
  { differs: ["id-mapped mounts"], skipFor: { runc: "1.1 knows no id-mapped mounts", crun: "takes only the option" }, skipIn: { uml: "hostfs cannot be id-mapped" } }, (t, box) => {
  const source = volume(box)
  box.config.mounts.push({
    destination: "/mnt", type: "bind", source, options: ["bind", "idmap"],
    uidMappings: [{ containerID: 0, hostID: 5000, size: 10 }], gidMappings: [{ containerID: 0, hostID: 6000, size: 10 }],
  })
  t.equal(box.inside("stat -c '%u %g' /mnt/file"), "5000 6000")
})

boxTest("mounts: cgroup shows the container's own [/mounts/*/type]", { differs: ["a cgroup"] }, (t, box) => {
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] })
  const folder = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids"
  t.match(box.inside(`cat ${folder}/cgroup.procs; (mkdir ${folder}/x) 2>&1 || true`), /^1\n[^]*Read-only file system/)
})

boxTest("--no-pivot: the root is the container's all the same [run --no-pivot]", (t, box) => {
  box.script("ls / | tr '\\n' ' '")
  const out = expectSuccess(box.run(["--no-pivot"])).stdout
  t.match(out, /bin/)
  t.notOk(out.includes("work"), out)
})

boxTest("the old root is out of reach [/root/path]", (t, box) => {
  const mounts = box.inside("cat /proc/self/mountinfo").split("\n").map((line) => line.split(" ")[4] ?? "")
  for (const target of mounts) t.match(target, /^\/($|proc|dev|sys)/)
  t.equal(box.inside("ls -di / /.. | awk '{print $1}' | sort -u | wc -l"), "1")
})

t.end()
