import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import t from "tap"
import { PYTHON } from "../../conformance/lib/attacker.ts"
import { Canary, refused } from "../../conformance/lib/canary.ts"
import { command, expectSuccess, startCommand, startRuntime, until } from "../../conformance/lib/command.ts"
import { runtimeName, unified } from "../../conformance/lib/environment.ts"
import { descriptors } from "../../conformance/lib/procfs.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/* What an image, a volume or the parts of config.json that users reach through an engine may hold. */

/** A runtime without protection: what was seen with runc 1.1.5 and crun 1.8.1. */
const COVERS: TestOptions = { falls: { runc: "1.1.5 mounts tmpfs over /proc/self/attr", crun: "1.8.1 mounts over /proc/sys/net, and the sysctl goes there" } }
const AGENT: TestOptions = { skipFor: { runc: "1.1.5 waits for the agent in create, and fails there", crun: "1.8.1 waits for the agent in create, and fails there" } }

// what is copied up

boxTest("attack: tmpcopyup of a huge sparse file, a FIFO, a device, a socket and links ends, and reads nothing outside [/mounts/*/options]", async (t, box) => {
  const canary = new Canary(box)
  const folder = `${box.rootfs}/copied`
  mkdirSync(folder)
  symlinkSync(`${canary.folder}/secret`, `${folder}/link`)
  symlinkSync(canary.folder, `${folder}/folder`)
  box.config.mounts.push({ destination: "/copied", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "size=1m", "nr_inodes=100"] })
  const script = `cat /copied/link /copied/folder/secret 2>/dev/null; readlink /copied/link`
  t.equal(box.script(script).run().stdout, `${canary.folder}/secret\n`, "links are copied as links")
  const plant: Record<string, () => void> = {
    "a FIFO": () => expectSuccess(command(["mkfifo", `${folder}/bad`])),
    "a device": () => expectSuccess(command(["mknod", `${folder}/bad`, "c", "1", "5"])),
    "a sparse file of 1 TiB": () => (writeFileSync(`${folder}/bad`, ""), truncateSync(`${folder}/bad`, 2 ** 40)),
    "a file larger than the file system": () => writeFileSync(`${folder}/bad`, Buffer.alloc(2 << 20)),
  }
  for (const [what, make] of Object.entries(plant)) {
    make()
    const result = box.script("true").run()
    if (result.code !== 0) refused(t, result, what)
    t.ok(result.milliseconds < 10_000, `${what}: ${Math.round(result.milliseconds)} ms`)
    canary.check(t, what)
    unlinkSync(`${folder}/bad`)
  }
  const server = createServer().listen(`${folder}/bad`)
  await until("the socket", () => existsSync(`${folder}/bad`))
  const result = box.script("true").run()
  server.close()
  if (result.code !== 0) refused(t, result, "a socket")
  for (let i = 0; i < 200; i++) writeFileSync(`${folder}/f${i}`, "")
  const many = box.script("true").run()
  if (many.code !== 0) refused(t, many, "more files than inodes")
  canary.check(t, "tmpcopyup")
})

// volumes that lead into procfs

boxTest("attack CVE-2025-52881: a volume's symlink leads a mount over what the runtime writes [/linux/sysctl]", COVERS, (t, box) => {
  const canary = new Canary(box)
  const volume = `${box.folder}/volume`
  mkdirSync(`${box.folder}/fake/ipv4`, { recursive: true })
  writeFileSync(`${box.folder}/fake/ipv4/ip_forward`, "not written\n")
  mkdirSync(volume)
  box.config.linux.sysctl = { "net.ipv4.ip_forward": "1" }
  box.config.mounts.push({ destination: "/volume", type: "bind", source: volume, options: ["bind"] })
  const mounts = box.config.mounts
  for (const target of [
    "/proc/sys/net", "../proc/sys/net", "/proc/self", "/proc/self/attr", "/proc/1/attr", "/proc/thread-self/attr", "/proc", "/sys/fs/cgroup", "/proc/self/fd",
    "/proc/self/task", "/proc/1/root",
  ]) {
    symlinkSync(target, `${volume}/link`)
    for (const mount of [
      { destination: "/volume/link", type: "bind", source: `${box.folder}/fake`, options: ["bind"] },
      { destination: "/volume/link", type: "tmpfs", source: "tmpfs" },
    ]) {
      box.config.mounts = [...mounts, mount]
      const result = box.script("grep -E ' /proc/(self|1|thread-self|sys/net|[0-9]+)[ /]' /proc/self/mountinfo; cat /proc/sys/net/ipv4/ip_forward").run()
      // a folder of /sys that is not the host's may be covered
      if (result.code === 0) t.equal(result.stdout, "1\n", `${mount.type} on ${target}: the sysctl is the kernel's, and nothing covers /proc`)
      else refused(t, result, `${mount.type} on ${target}`)
    }
    unlinkSync(`${volume}/link`)
  }
  t.equal(readFileSync(`${box.folder}/fake/ipv4/ip_forward`, "utf8"), "not written\n")
  canary.check(t, "volume")
})

// lines and bytes where one value is meant

boxTest("attack: newlines in values that become a line of a file of the kernel's", (t, box) => {
  const canary = new Canary(box)
  const original = JSON.stringify(box.args("/bin/cat", "/proc/sys/kernel/msgmax").config)
  const cases: Record<string, (config: any) => void> = {
    "sysctl value": (c) => (c.linux.sysctl = { "kernel.msgmax": "1000\n2000" }),
    "sysctl name": (c) => (c.linux.sysctl = { "kernel.msgmax\nkernel.core_pattern": "1000" }),
    "cpuset": (c) => (c.linux.resources = { cpu: { cpus: "0\n0" } }),
    "unified value": (c) => (c.linux.resources = { unified: { "pids.max": "10\nmax" } }),
    "cgroupsPath": (c) => (c.linux.cgroupsPath = `${c.linux.cgroupsPath ?? "/x"}\n/../..`)
  }
  for (const [what, change] of Object.entries(cases)) {
    const config = JSON.parse(original)
    change(config)
    box.write(config)
    const result = box.call(["run", "--bundle", box.bundle, box.id])
    if (result.code === 0) t.notMatch(result.stdout, /^2000$/m, `${what}: what is after the newline does not hold`)
    else refused(t, result, what)
    canary.check(t, what)
  }
  box.write(JSON.parse(original))
})

boxTest("attack: an environment of the user's with odd names reaches the user's program alone [/process/env]", (t, box) => {
  const canary = new Canary(box)
  writeFileSync(`${box.folder}/hook.sh`, `#!/bin/sh\nenv >${box.folder}/hook-env\n`, { mode: 0o755 })
  writeFileSync(`${box.rootfs}/evil.so`, "not a library")
  box.config.process.env = [
    "PATH=/bin", "LD_PRELOAD=/evil.so", "BUN_OPTIONS=--preload /evil.js", "NODE_OPTIONS=--require /evil.js", "A=1\nLD_PRELOAD=/evil.so", "A=2", "IFS=/",
    "_LIBCONTAINER_INITPIPE=3", "NOTIFY_SOCKET=/canary", "LISTEN_FDS=20", "BUN_BE_BUN=1",
  ]
  box.config.hooks = {
    createRuntime: [{ path: `${box.folder}/hook.sh`, env: ["X=1\nY=2", "PATH=/usr/bin:/bin"] }],
    poststop: [{ path: `${box.folder}/hook.sh`, env: ["X=1\nY=2", "PATH=/usr/bin:/bin"] }],
  }
  t.match(box.args("/bin/env").run().stdout, /^BUN_BE_BUN=1$/m, "the user's program has it")
  const seen = readFileSync(`${box.folder}/hook-env`, "utf8")
  t.notMatch(seen, /BUN|LD_PRELOAD|LIBCONTAINER|LISTEN/, "hooks have their own alone")
  t.match(seen, /X=1\nY=2/)
  canary.check(t, "env")
  for (const env of [["NOEQUALS"], ["=x"], [""], ["A=\0"]]) {
    box.config.hooks = { createRuntime: [{ path: `${box.folder}/hook.sh`, env }] }
    const result = box.args("/bin/true").run()
    if (result.code !== 0) refused(t, result, `a hook's ${JSON.stringify(env)}`)
  }
  canary.check(t, "hooks")
})

// cgroups

boxTest("attack CVE-2022-0492: a writable cgroup mount reaches no cgroup but the container's, and no release_agent", { differs: ["a cgroup"] }, (t, box) => {
  const canary = new Canary(box)
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw", "nosuid", "noexec", "nodev"] })
  const script = `for f in $(find /sys/fs/cgroup -name release_agent 2>/dev/null); do (echo /attacked >$f) 2>/dev/null && echo wrote $f; done
find /sys/fs/cgroup -mindepth 3 -name cgroup.procs | head -1
cat /proc/self/cgroup | cut -d: -f3 | sort -u
mkdir /tmp/mine && mount -t cgroup -o devices none /tmp/mine 2>/dev/null && echo mounted
unshare -C true 2>/dev/null && echo unshared; true`
  t.equal(box.script(script).run().stdout, "/\n", "its own cgroup is all it sees")
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "bind", source: "/sys/fs/cgroup", options: ["rbind", "ro"] })
  t.match(box.script("find /sys/fs/cgroup -mindepth 3 -name cgroup.procs | head -1").run().stdout, /./, "control: the host's tree shows others")
  if (!unified) t.notOk(readFileSync("/proc/mounts", "utf8").split("\n").some((line) => line.includes("release_agent=/attacked")), "the host's release_agent")
  canary.check(t, "cgroup")
})

boxTest("attack: cgroupsPath with .. reaches no cgroup outside of where it begins [/linux/cgroupsPath]", (t, box) => {
  const outside = `runts-outside-${process.pid}`
  for (const path of [`../${outside}`, `${box.cgroupsPath}/../../${outside}`, `/../${outside}`, `./${outside}/../../x`]) {
    box.config.linux.cgroupsPath = path
    const result = box.args("/bin/cat", "/proc/self/cgroup").run()
    if (result.code === 0) t.notMatch(result.stdout, /\.\./, `${path}: ${result.stdout.split("\n").at(-2)}`)
    else refused(t, result, path)
  }
})

// sockets

boxTest("attack: another user of the host and a neighbour in the network namespace cannot start or see a created container", (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "network")
  box.args("/bin/sleep", "1000").create()
  const pid = box.pid
  const open = Object.values(descriptors(pid)).flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])
  const lines = readFileSync(`/proc/${pid}/net/unix`, "utf8").split("\n").filter((line) => open.includes(line.trim().split(/ +/)[6] ?? ""))
  if (runtimeName === "runts") t.ok(lines.length > 0, `a created init has a socket: ${lines.join("; ")}`)
  t.notMatch(lines.join("\n"), / @/, "no abstract socket, which every process of a network namespace may connect to")
  const socket = `${box.root}/${box.id}/start.sock`
  if (existsSync(socket)) {
    const connect = `import os, socket, sys
if len(sys.argv) > 2: os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try: s.connect(sys.argv[1]); print("connected")
except OSError as e: print(e.strerror)`
    t.equal(command([PYTHON, "-c", connect, socket, "nobody"]).stdout, "Permission denied\n")
  }
  t.equal(box.state().status, "created")
})

// agents

boxTest("attack: a seccomp agent that listens and never accepts, or takes and never answers, holds nobody up but its container", AGENT, async (t, box) => {
  const socket = `${box.folder}/agent.sock`
  const agent = (script: string): ReturnType<typeof startCommand> => startCommand([PYTHON, "-c", `import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("${socket}"); s.listen(0)
${script}`], { timeLimit: 60_000 })
  const scripts: Record<string, string> = {
    "its backlog is full": `c = [socket.socket(socket.AF_UNIX) for i in range(3)]
for x in c:
    x.setblocking(False)
    try: x.connect("${socket}")
    except OSError: pass
print("ready", flush=True); time.sleep(60)`,
    "it never accepts": `print("ready", flush=True); time.sleep(60)`,
    "it takes and never answers": `print("ready", flush=True); a = s.accept()[0]; m = a.recvmsg(65536, 4096); time.sleep(60)`,
    "it hangs up": `print("ready", flush=True); s.accept()[0].close(); time.sleep(60)`,
  }
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: socket, syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY" }] }
  box.args("/bin/mkdir", "/tmp/x")
  for (const [what, script] of Object.entries(scripts)) {
    const running = agent(script)
    await until("the agent", () => running.stdout().includes("ready"))
    expectSuccess(box.tryCreate())
    const starting = startRuntime(["--root", box.root, "start", box.id])
    await Promise.race([starting.done, new Promise((resolve) => setTimeout(resolve, 1000))])
    const state = box.call(["state", box.id])
    t.equal(state.code, 0, `${what}: state answers`)
    t.ok(state.milliseconds < 5000, `${what}: state: ${Math.round(state.milliseconds)} ms`)
    const deleted = box.call(["delete", "--force", box.id])
    t.equal(deleted.code, 0, `${what}: delete --force: ${deleted.stderr}`)
    t.ok(deleted.milliseconds < 5000, `${what}: ${Math.round(deleted.milliseconds)} ms`)
    t.same(box.stateEntries(), [], `${what}: nothing is left`)
    const started = await starting.done
    t.ok(started.milliseconds < 8000, `${what}: start has ended too (${started.code}: ${started.stderr.trim().slice(0, 200)})`)
    running.child.kill("SIGKILL")
    await running.done
    unlinkSync(socket)
  }
})

t.end()
