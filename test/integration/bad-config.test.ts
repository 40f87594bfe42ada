import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { boxTest } from "../../conformance/lib/test.ts"

const OURS = { skipFor: { runc: "says it in other words, or takes it", crun: "says it in other words, or takes it" } } as const

/** A member to change, by path, its value as JSON text, and the whole message after `config.json: `. */
type Case = readonly [member: string, json: string, message: string]

const CASES: readonly Case[] = [
  ["ociVersion", '"2.0.0"', 'ociVersion: "2.0.0" is not supported, runts knows 1.0.0 to 1.3.0'],
  ["ociVersion", "null", "/ociVersion: missing; it is required"],
  ["root", "null", "/root: missing; Linux needs it (config.md, Root)"],
  ["root.path", "7", "/root/path: 7 is a number; expected a string"],
  ["process.args", "[]", "/process/args: is empty; expected the program and its arguments (config.md, POSIX process: args)"],
  ["process.args", '"sh"', '/process/args: "sh" is a string; expected an array'],
  ["process.cwd", '"tmp"', '/process/cwd: "tmp" is not an absolute path (config.md, Process)'],
  ["process.env", '["A=\\u0000"]', '/process/env/0: "A=\\u0000" holds a NUL byte; no string may'],
  ["process.user.uid", "-1", "/process/user/uid: -1 is too small; expected at least 0"],
  ["process.user.uid", "4294967296", "/process/user/uid: 4294967296 is too large; expected at most 4294967295"],
  ["process.user.umask", "512", "/process/user/umask: 512 is too large; expected at most 511"],
  ["process.oomScoreAdj", "1001", "/process/oomScoreAdj: 1001 is too large; expected at most 1000"],
  ["process.rlimits", '[{"type":"RLIMIT_FILES","soft":1,"hard":1}]',
    '/process/rlimits/0/type: "RLIMIT_FILES" is unknown; did you mean RLIMIT_FSIZE?'],
  ["process.rlimits", '[{"type":"RLIMIT_CPU","soft":1,"hard":1},{"type":"RLIMIT_CPU","soft":1,"hard":1}]',
    "/process/rlimits/1: repeats RLIMIT_CPU of /process/rlimits/0 (config.md, POSIX process: rlimits)"],
  ["process.ioPriority", '{"class":"IOPRIO_CLASS_BE","priority":8}', "/process/ioPriority/priority: 8 is too large; expected at most 7"],
  ["mounts", "{}", "/mounts: an object; expected an array"],
  ["mounts", '[{"type":"tmpfs"}]', "/mounts/0/destination: missing; it is required"],
  ["hooks.createRuntime", '[{"path":"bin/x"}]', '/hooks/createRuntime/0/path: "bin/x" is not an absolute path (config.md, POSIX-platform hooks)'],
  ["hooks.poststop", '[{"path":"/bin/x","timeout":0}]', "/hooks/poststop/0/timeout: 0 is too small; expected at least 1"],
  ["hostname", `"${"h".repeat(65)}"`, `/hostname: "${"h".repeat(59)}... has 65 bytes; the kernel takes 64 (config.md, Hostname)`],
  ["annotations", '{"":"x"}', "/annotations/: has no name; names must not be empty (config.md, Annotations)"],
  ["linux.namespaces", '[{"type":"mount"},{"type":"uts"},{"type":"uts"}]',
    "/linux/namespaces/2: repeats uts of /linux/namespaces/1 (config-linux.md, Namespaces)"],
  ["linux.namespaces", '[{"type":"mount"},{"type":"uts"},{"type":"mnt"}]',
    '/linux/namespaces/2/type: "mnt" is unknown; expected pid, network, mount, ipc, uts, user, cgroup, time'],
  ["linux.uidMappings", '[{"containerID":0,"hostID":1000,"size":1}]',
    "/linux/uidMappings: needs a user namespace in /linux/namespaces (config-linux.md, User namespace mappings)"],
  ["linux.timeOffsets", '{"boottime":{"secs":1}}',
    "/linux/timeOffsets: needs a time namespace in /linux/namespaces (config-linux.md, Offset for time namespace)"],
  ["linux.sysctl", '{"kernel.core_pattern":"x"}',
    "/linux/sysctl/kernel.core_pattern: does not belong to a namespace, so it would change the host (config-linux.md, Sysctl)"],
  ["linux.devices", '[{"type":"c","path":"/dev/x","major":1}]',
    "/linux/devices/0/minor: missing; a device of type c has one (config-linux.md, Devices)"],
  ["linux.maskedPaths", '["proc"]', '/linux/maskedPaths/0: "proc" is not an absolute path (config-linux.md, Masked paths, Readonly paths)'],
  ["linux.resources", '{"memory":{"limit":1048576,"swap":1048575}}',
    "/linux/resources/memory/swap: 1048575 is less than the limit of memory, 1048576; swap counts memory and swap together " +
    "(config-linux.md, Control groups)"],
  ["linux.resources", '{"pids":{"limit":1.5}}', "/linux/resources/pids/limit: 1.5 is a number; expected an integer"],
  ["linux.seccomp", '{"defaultAction":"SCMP_ACT_LOG","defaultErrnoRet":1}',
    "/linux/seccomp/defaultErrnoRet: 1 means nothing to SCMP_ACT_LOG (config-linux.md, Seccomp)"],
  ["linux.netDevices", '{"eth0":{"name":"a/b"}}',
    '/linux/netDevices/eth0/name: "a/b" is not a name of a network device (config-linux.md, Network devices)'],
]

boxTest("bad config.json: create and run end with code 1 and one line that names pointer and rule; nothing is left", OURS, (t, box) => {
  const base = JSON.stringify(box.config)
  for (const [member, json, message] of CASES) {
    const config = JSON.parse(base) as Record<string, unknown>
    const path = member.split(".")
    const last = path.pop() as string
    const parent = path.reduce((node, key) => (node[key] ??= {}) as Record<string, unknown>, config)
    parent[last] = "@@"
    writeFileSync(`${box.bundle}/config.json`, JSON.stringify(config).replace('"@@"', () => json))
    for (const command of ["create", "run"]) {
      const { code, stdout, stderr } = box.call([command, "--bundle", box.bundle, box.id])
      t.equal(code, 1, `${command}: ${member} = ${json}`)
      t.equal(stdout, "")
      t.match(stderr, `config.json: ${message}`)
      t.equal(stderr.trimEnd().split("\n").length, 1, "one line")
    }
    t.same(existsSync(box.root) ? readdirSync(box.root) : [], [], "no state")
    t.same(box.cgroupFolders(), [], "no cgroup")
  }
})

boxTest("bad config.json: several faults are told at once, in one line", OURS, (t, box) => {
  box.config.process.cwd = "tmp"
  box.config.process.user = { uid: -1, gid: 0 }
  box.config.linux.maskedPaths = ["x"]
  const { code, stderr } = box.tryCreate()
  t.equal(code, 1)
  t.match(stderr, /config\.json: 3 faults: \/[^\n]*\n$/)
  const faults = stderr.slice(stderr.indexOf("3 faults: ") + "3 faults: ".length).split("; /")
  t.equal(faults.length, 3)
  for (const pointer of ["/process/cwd: ", "/process/user/uid: ", "/linux/maskedPaths/0: "]) t.equal(stderr.split(pointer).length, 2, pointer)
})

boxTest("unknown keys: a warning with the name that was meant, and the container runs [--log]", OURS, (t, box) => {
  box.config.hooks = { createRutime: [{ path: 5 }] } as never
  box.config.linux.maskedPath = ["/etc"]
  box.config.process.capabilities = { ...box.config.process.capabilities, bouding: 7 } as never
  const log = `${box.folder}/log`
  box.script("ls -d /etc").write()
  const result = box.call(["--log", log, "run", "--bundle", box.bundle, box.id])
  t.equal(result.stdout, "/etc\n", result.stderr)
  const text = readFileSync(log, "utf8")
  for (const words of ["/hooks/createRutime: unknown key; did you mean createRuntime?", "/linux/maskedPath: unknown key; did you mean maskedPaths?",
    "/process/capabilities/bouding: unknown key; did you mean bounding?"]) t.ok(text.includes(words), `${words} in ${text}`)
})

boxTest("a namespace to join that is the host's own: neither its name nor its parameters are changed [/hostname, /linux/sysctl]", OURS, (t, box) => {
  const others = box.config.linux.namespaces.filter(({ type }) => type !== "uts" && type !== "ipc")
  box.config.linux.namespaces = [...others, { type: "uts", path: "/proc/self/ns/uts" }, { type: "ipc" }]
  box.config.hostname = "renamed"
  const renamed = box.tryCreate()
  t.equal(renamed.code, 1)
  t.match(renamed.stderr, "/hostname: \"renamed\" would be the host's name: the uts namespace to join is the host's")
  delete box.config.hostname
  box.config.linux.namespaces = [...others, { type: "uts" }, { type: "ipc", path: "/proc/self/ns/ipc" }]
  box.config.linux.sysctl = { "kernel.shmmni": "1234" }
  const set = box.tryCreate()
  t.equal(set.code, 1)
  t.match(set.stderr, "/linux/sysctl/kernel.shmmni: needs an ipc namespace of the container's own")
  t.same(box.cgroupFolders(), [], "no cgroup")
})

t.end()
