import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, said } from "../../conformance/lib/command.ts"
import type { Config } from "../../conformance/lib/config.ts"
import { cgroupsOf } from "../../conformance/lib/procfs.ts"
import { runtimePath } from "../../conformance/lib/environment.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/* Clauses of config.md and config-linux.md that no other file of tests is about; see docs/conformance.md. */

/** What a runtime other than runts leaves behind then, is the matter of one clause alone. */
const ERROR = { leavesElsewhere: "runtime.md/errors-1" } as const

function refused(t: Test, box: Box, what: string): void {
  const result = box.tryCreate()
  t.not(result.code, 0, what)
  t.not(result.stderr, "", "says why")
  t.not(box.call(["state", box.id]).code, 0, "no container")
}

/** A change of config.json that must be an error, by the clause that says so. */
interface Refusal {
  readonly title: string
  readonly clause: string
  readonly change: (config: Config, box: Box) => void
  readonly options?: TestOptions
}

const REFUSALS: readonly Refusal[] = [
  {
    title: "idmap without mappings and without a user namespace", clause: "config.md/linux-mount-options-12",
    options: { skipFor: { runc: "1.1 does not know idmap" } },
    change: ({ mounts }, { folder }) => void mounts.push({ destination: "/mnt", type: "bind", source: folder, options: ["bind", "idmap"] }),
  },
  {
    title: "uidMappings of a mount without gidMappings", clause: "config.md/posix-platform-mounts-1",
    options: { skipFor: { runc: "1.1 does not know them", crun: "1.8 takes them" } },
    change: ({ mounts }, { folder }) => void mounts.push({
      destination: "/mnt", type: "bind", source: folder, options: ["bind", "idmap"], uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
    }),
  },
  {
    title: "gidMappings of a mount without uidMappings", clause: "config.md/posix-platform-mounts-1",
    options: { skipFor: { runc: "1.1 does not know them", crun: "1.8 takes them" } },
    change: ({ mounts }, { folder }) => void mounts.push({
      destination: "/mnt", type: "bind", source: folder, options: ["bind", "idmap"], gidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
    }),
  },
  {
    title: "annotations that are no strings", clause: "config.md/annotations-1", options: { skipFor: { crun: "takes a number" } },
    change: (config) => void (config.annotations = { "org.example": 7 } as never),
  },
  {
    title: "a namespace's path that is relative", clause: "config-linux.md/namespaces-2",
    options: { skipFor: { runc: "1.1 takes it", crun: "takes it" } },
    change: ({ linux }, { bundle }) => {
      linux.namespaces = linux.namespaces.map((one) => (one.type === "uts" ? { ...one, path: `${"../".repeat(bundle.split("/").length)}proc/self/ns/uts` } : one))
    },
  },
  {
    title: "a device where the image has a file", clause: "config-linux.md/devices-2",
    options: { skipFor: { runc: "1.1 puts the node in its place", crun: "takes the file" } },
    change: ({ linux }, { rootfs }) => {
      writeFileSync(`${rootfs}/mnt/node`, "a file")
      linux.devices = [{ path: "/mnt/node", type: "c", major: 1, minor: 5 }]
    },
  },
  {
    title: "a weightDevice without a weight", clause: "config-linux.md/block-io-2",
    options: { skipFor: { runc: "1.1 takes it", crun: "takes it" } },
    change: ({ linux }) => void (linux.resources = { blockIO: { weightDevice: [{ major: 8, minor: 0 }] } }),
  },
  {
    title: "an entry of rdma without a limit", clause: "config-linux.md/rdma-1",
    options: { skipFor: { runc: "1.1 takes it", crun: "takes it" } },
    change: ({ linux }) => void (linux.resources = { rdma: { mlx5_1: {} } }),
  },
  {
    title: "a unified file of a controller that is not there", clause: "config-linux.md/unified-3",
    options: { needs: ["v2"] },
    change: ({ linux }) => void (linux.resources = { unified: { "nonsense.max": "1" } }),
  },
  {
    title: "an errnoRet with an action that returns none", clause: "config-linux.md/seccomp-3", options: { skipFor: { runc: "1.1 takes it" } },
    change: ({ linux }) => {
      linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["personality"], action: "SCMP_ACT_KILL", errnoRet: 7 }] }
    },
  },
  {
    title: "a seccomp rule without names", clause: "config-linux.md/seccomp-9", options: { skipFor: { runc: "1.1 takes it", crun: "takes it" } },
    change: ({ linux }) => void (linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: [], action: "SCMP_ACT_ERRNO" }] }),
  },
  {
    title: "a read-only path that is relative", clause: "config-linux.md/readonly-paths-2",
    options: { skipFor: { runc: "1.1 takes it", crun: "takes it" } },
    change: ({ linux }) => void (linux.readonlyPaths = ["proc/sys"]),
  },
  { title: "no root", clause: "config.md/root-1", change: (config) => void delete (config as Partial<Config>).root },
  { title: "no ociVersion", clause: "config.md/specification-version-1", change: (config) => void delete (config as Partial<Config>).ociVersion },
  { title: "an ociVersion that is no version", clause: "config.md/specification-version-1", change: (config) => void (config.ociVersion = "one") },
  {
    title: "a file system that the kernel has not", clause: "runtime.md/create-7",
    change: ({ mounts }) => void mounts.push({ destination: "/mnt", type: "nonsensefs", source: "none" }),
  },
  {
    title: "the source of a bind that is missing", clause: "runtime.md/lifecycle-1",
    change: ({ mounts }) => void mounts.push({ destination: "/mnt", type: "bind", source: "/no/such", options: ["bind"] }),
  },
  { title: "no cwd", clause: "config.md/process-4", change: ({ process }) => void delete (process as Partial<Config["process"]>).cwd },
  { title: "a cwd that is relative", clause: "config.md/process-4", change: ({ process }) => void (process.cwd = "mnt") },
  { title: "no args", clause: "config.md/process-6", change: ({ process }) => void (process.args = []) },
  {
    title: "an rlimit that the kernel has not", clause: "config.md/posix-process-1",
    change: ({ process }) => void (process.rlimits = [{ type: "RLIMIT_NONSENSE", soft: 1, hard: 1 }]),
  },
  {
    title: "an rlimit twice", clause: "config.md/posix-process-4", options: { skipFor: { runc: "1.1 takes it" } },
    change: ({ process }) => void (process.rlimits = [1000, 1001].map((value) => ({ type: "RLIMIT_CORE", soft: value, hard: value }))),
  },
  {
    title: "a hook's path that is relative", clause: "config.md/posix-platform-hooks-1",
    change: (config) => void (config.hooks = { poststop: [{ path: "true" }] }),
  },
  {
    title: "a hook's timeout of zero", clause: "config.md/posix-platform-hooks-2",
    change: (config) => void (config.hooks = { poststop: [{ path: "/bin/true", timeout: 0 }] }),
  },
  { title: "an annotation without a name", clause: "config.md/annotations-2", change: (config) => void (config.annotations = { "": "text" }) },
  { title: "a uid below zero", clause: "config.md/valid-values-1", change: ({ process }) => void (process.user.uid = -1) },
  { title: "an oomScoreAdj above 1000", clause: "config.md/valid-values-1", change: ({ process }) => void (process.oomScoreAdj = 1001) },
  { title: "a rootfsPropagation that is none", clause: "config.md/valid-values-1", change: ({ linux }) => void (linux["rootfsPropagation"] = "nonsense") },
  { title: "a seccomp action that is none", clause: "config.md/valid-values-1", change: ({ linux }) => void (linux.seccomp = { defaultAction: "SCMP_ACT_NONSENSE" }) },
  { title: "a namespace that is none", clause: "config.md/valid-values-1", change: ({ linux }) => void linux.namespaces.push({ type: "nonsense" }) },
  { title: "a mount without destination", clause: "config.md/valid-values-1", change: ({ mounts }) => void mounts.push({ type: "tmpfs" } as never) },
  { title: "args that are a string", clause: "config.md/valid-values-1", change: ({ process }) => void (process.args = "sleep" as never) },
  { title: "a namespace's path that is a file", clause: "config-linux.md/namespaces-4", change: ({ linux }, { bundle }) => void replaceUts(linux, `${bundle}/config.json`) },
  { title: "a namespace's path of another type", clause: "config-linux.md/namespaces-4", change: ({ linux }) => void replaceUts(linux, "/proc/self/ns/ipc") },
  { title: "a namespace's path that is missing", clause: "config-linux.md/namespaces-4", change: ({ linux }) => void replaceUts(linux, "/no/such") },
  { title: "a namespace twice", clause: "config-linux.md/namespaces-7", options: { skipFor: { crun: "1.8 takes it" } }, change: ({ linux }) => void linux.namespaces.push({ type: "uts" }) },
  {
    title: "a device without its numbers", clause: "config-linux.md/devices-4",
    change: ({ linux }) => void (linux.devices = [{ path: "/dev/probe", type: "c" }]),
  },
  {
    title: "huge pages of a size that the machine has not", clause: "config-linux.md/huge-page-limits-2",
    change: ({ linux }) => void (linux.resources = { hugepageLimits: [{ pageSize: "64KB", limit: 65_536 }] }),
  },
  {
    title: "a defaultErrnoRet with an action that returns none", clause: "config-linux.md/seccomp-2",
    change: ({ linux }) => void (linux.seccomp = { defaultAction: "SCMP_ACT_LOG", defaultErrnoRet: 1 }),
  },
  {
    title: "a listenerMetadata without listenerPath", clause: "config-linux.md/seccomp-13",
    change: ({ linux }) => void (linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "text" }),
  },
  { title: "a masked path that is relative", clause: "config-linux.md/masked-paths-2", change: ({ linux }) => void (linux.maskedPaths = ["proc/kcore"]) },
  { title: "a class of resctrl without resctrl", clause: "config-linux.md/intelrdt-2", change: ({ linux }) => void (linux.intelRdt = { closID: "guaranteed" }) },
  { title: "a memBwSchema of another resource", clause: "config-linux.md/intelrdt-5", change: ({ linux }) => void (linux.intelRdt = { memBwSchema: "L3:0=f" }) },
]

function replaceUts(linux: Config["linux"], path: string): void {
  linux.namespaces = linux.namespaces.map((one) => (one.type === "uts" ? { ...one, path } : one))
}

for (const { title, clause, change, options } of REFUSALS) {
  boxTest(`refused: ${title} [clause ${clause}]`, { ...ERROR, ...options }, (t, box) => {
    change(box.args("/bin/sleep", "1000").config, box)
    refused(t, box, title)
  })
}

boxTest("refused: schemas of resctrl with newlines, and memBwSchema that is none [/linux/intelRdt/memBwSchema]",
  { differs: ["classes of resctrl"], skipFor: { runc: "1.1 says only that there is no resctrl", crun: "1.8 says nothing of them" } }, (t, box) => {
  for (const [name, value] of [["memBwSchema", "L3:0=f"], ["memBwSchema", "MB:0=20\nMB:0=30"], ["schemata", ["L3:0=f\nMB:0=1"]]] as const) {
    box.config.linux.intelRdt = { [name]: value }
    const result = box.tryCreate()
    t.not(result.code, 0)
    t.match(said(result), `/linux/intelRdt/${name}`)
  }
})

boxTest("every version from 1.0.0 is taken, and pre-releases [clause config.md/specification-version-2]",
  { skipFor: { crun: "1.8 knows none after 1.0" } }, (t, box) => {
  for (const version of ["1.0.0", "1.0.1", "1.0.2", "1.0.2-dev", "1.1.0", "1.2.0", "1.2.1"]) {
    box.config.ociVersion = version
    t.equal(box.run().code, 0, version)
  }
})

boxTest("root.path is absolute, or starts at the bundle, wherever the caller is [clause config.md/root-2]", (t, box) => {
  for (const path of [box.rootfs, "rootfs", "./rootfs/", "rootfs/../rootfs"]) {
    box.config.root.path = path
    box.script("echo here").write()
    const result = box.call(["run", "--bundle", box.bundle, box.id], { cwd: "/" })
    t.equal(result.stdout, "here\n", `${path}: ${result.stderr}`)
  }
})

boxTest("consoleSize without a terminal has no effect [clause config.md/process-2]", (t, box) => {
  for (const terminal of [false, undefined]) {
    box.config.process.consoleSize = { width: 99, height: 11 }
    if (terminal === undefined) delete box.config.process.terminal
    else box.config.process.terminal = terminal
    t.equal(box.inside("test -t 0 || test -t 1 || echo none"), "none")
  }
})

boxTest("an annotation may be empty; all are in the state as they are [clause config.md/annotations-4]", (t, box) => {
  const annotations = { "org.example.empty": "", "org.example.text": "\u00e4 \"b\"\n", "no domain": "7" }
  box.config.annotations = annotations
  box.args("/bin/sleep", "1000").create()
  t.same(box.state().annotations, annotations)
})

boxTest("a user namespace changes no file's owner [clause config-linux.md/user-namespace-mappings-2]", { differs: ["ids of others"] }, (t, box) => {
  const own = [[`${box.rootfs}/mnt/one`, 0], [`${box.rootfs}/mnt/two`, 12_345], [`${box.rootfs}/mnt/three`, 100_000]] as const
  box.mapIds()
  for (const [path, id] of own) {
    writeFileSync(path, "")
    chownSync(path, id, id)
  }
  t.equal(box.inside("stat -c %u /mnt/one /mnt/two /mnt/three"), "65534\n65534\n0")
  for (const [path, id] of own) t.same([statSync(path).uid, statSync(path).gid], [id, id], path)
})

boxTest("the same cgroupsPath is the same place every time, relative ones too [clause config-linux.md/cgroups-path-2]", { differs: ["a cgroup"] }, async (t, box) => {
  for (const path of [box.cgroupsPath, box.cgroupsPath.slice(1)]) {
    const places = []
    for (let round = 0; round < 2; round++) {
      box.config.linux.cgroupsPath = path
      const pid = await box.launch("/bin/sleep", "1000")
      places.push(cgroupsOf(pid))
      box.kill()
      await box.reached("stopped")
      box.delete()
    }
    t.same(places[0], places[1])
    t.ok(Object.values(places[0] ?? {}).some((place) => place.endsWith(box.cgroupsPath)), path)
  }
})

boxTest("a pids limit of 0 is no lack of a limit: no task can be added [clause config-linux.md/pids-2]",
  { differs: ["a cgroup"], skipFor: { runc: "1.1 takes it for none", crun: "1.8 takes it for none" }, skipIn: { "pure-v2": "pids is a v1 hierarchy's" } }, (t, box) => {
  box.config.linux.resources = { pids: { limit: 0 } }
  const { stdout, stderr } = box.script("echo alone; (echo second); echo third").run()
  t.equal(stdout, "alone\n")
  t.match(stderr, /can't fork/)
})

boxTest("data of a bind mount has no effect, a word that is none is refused [/mounts/*/options]",
  { skipFor: { runc: "1.1 passes over every word", crun: "passes over every word" } }, (t, box) => {
  mkdirSync(`${box.folder}/data`, { mode: 0o700 })
  box.config.mounts.push({ destination: "/mnt", type: "bind", source: `${box.folder}/data`, options: ["bind", "mode=755", "size=1k", "ro"] })
  const log = `${box.folder}/log`
  box.script("stat -c %a /mnt; touch /mnt/x || echo read-only").write()
  t.equal(expectSuccess(box.call(["--log", log, "run", "--bundle", box.bundle, box.id])).stdout, "700\nread-only\n")
  t.match(readFileSync(log, "utf8"), /mode=755, size=1k has no effect/)
  box.config.mounts.at(-1)?.options?.push("reead-only")
  refused(t, box, "a word that is no option")
})

boxTest("without the kernel's list of files to delegate, the container's user owns the three that the specification names" +
  " [clause config-linux.md/cgroup-ownership-7]",
  { needs: ["v2"], skipFor: { runc: "1.1 delegates only with the systemd driver", crun: "gives it to root of the container" } }, (t, box) => {
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"] })
  box.config.process.user = { uid: 1000, gid: 1000 }
  box.args("/bin/sleep", "1000").write()
  const hidden = "mount -t tmpfs none /sys/kernel/cgroup && exec \"$@\""
  const create = [runtimePath, "--root", box.root, "create", "--bundle", box.bundle, box.id]
  expectSuccess(command(["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", hidden, "sh", ...create]))
  const [folder = ""] = box.cgroupFolders()
  t.equal(statSync(folder).uid, 1000)
  const own = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && statSync(`${folder}/${entry.name}`).uid === 1000)
  t.same(own.map(({ name }) => name).sort(), ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"])
})

boxTest("without intelRdt nothing of resctrl is written or made [clause config-linux.md/intelrdt-3]", { differs: ["a tracer"], skipIn: { uml: "has no strace" } }, (t, box) => {
  const log = `${box.folder}/calls`
  box.args("/bin/true").write()
  const calls = "trace=open,openat,openat2,mkdir,mkdirat,rename,renameat2,unlink,unlinkat,rmdir"
  expectSuccess(command(["strace", "-f", "-e", calls, "-o", log, runtimePath, "--root", box.root, "run", "--bundle", box.bundle, box.id]))
  const lines = readFileSync(log, "utf8").split("\n")
  t.ok(lines.some((line) => line.includes("config.json")), "the runtime was watched")
  t.same(lines.filter((line) => line.includes("resctrl") && !line.includes("O_RDONLY")), [])
})

t.end()
