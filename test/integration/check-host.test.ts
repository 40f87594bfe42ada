import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command } from "../../conformance/lib/command.ts"
import { runtimePath } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"
import { BAD_CONFIGS, badConfig } from "../fixtures/bad-configs.ts"

const OURS = { skipFor: { runc: "has no such command", crun: "has no such command" } } as const

interface Finding {
  severity: string
  code: string
  pointer: string
  message: string
  remedy?: string
}

/** What `check` finds in a box as its files are. */
function findings(box: Box, ...flags: string[]): Finding[] {
  const { stdout, stderr } = box.call(["check", "--bundle", box.bundle, "--format", "json", ...flags])
  if (stdout === "") throw new Error(stderr)
  return (JSON.parse(stdout) as { findings: Finding[] }).findings
}

const errors = (list: readonly Finding[]): string[] => list.filter(({ severity }) => severity === "error").map(({ code, pointer }) => `${code} ${pointer}`)

/** check says it and run fails: with the first of its errors, by pointer or by code. */
function agrees(t: Test, box: Box, what: string, ...expected: string[]): void {
  box.write()
  const found = findings(box)
  t.same(errors(found).sort(), [...expected].sort(), what)
  const log = `${box.folder}/log`
  const { code } = box.call(["--log", log, "--log-format", "json", "run", "--bundle", box.bundle, box.id])
  t.equal(code === 0, expected.length === 0, `${what}: run ends with ${code}`)
  rmSync(log, { force: true })
}

function script(box: Box, text: string, mode = 0o755): void {
  writeFileSync(`${box.rootfs}/x`, text)
  chmodSync(`${box.rootfs}/x`, mode)
  box.args("/x")
}

boxTest("the program: what cannot be found or executed is an error, and run fails [check, /process/args]", OURS, (t, box) => {
  const at = "/process/args/0"
  agrees(t, box.args("/bin/true"), "a program")
  agrees(t, box.args("true"), "a program in PATH")
  agrees(t, box.args("/bin/nope"), "no such file", `executable-not-found ${at}`)
  agrees(t, box.args("nope"), "not in PATH", `executable-not-found ${at}`)
  agrees(t, box.args("/bin"), "a folder", `executable-is-directory ${at}`)
  symlinkSync("/bin/nope", `${box.rootfs}/dangling`)
  agrees(t, box.args("/dangling"), "a symbolic link to nothing", `executable-not-found ${at}`)
  symlinkSync("/../../bin/busybox", `${box.rootfs}/true`)
  agrees(t, box.args("/true"), "a symbolic link that climbs stays inside")
  script(box, "#!/bin/sh\nexit 0\n")
  agrees(t, box, "a script")
  script(box, "#!/bin/sh\nexit 0\n", 0o644)
  agrees(t, box, "no program", `executable-not-permitted ${at}`)
  script(box, "#!/usr/bin/python9\n")
  agrees(t, box, "no interpreter", `executable-interpreter-missing ${at}`)
  script(box, "#!/bin/sh\r\nexit 0\r\n")
  agrees(t, box, "line ends of Windows", `executable-interpreter-missing ${at}`)
  t.match(findings(box).map(({ message }) => message).join(), "CR LF")
  script(box, "exit 0\n")
  agrees(t, box, "no #! line", `executable-format ${at}`)
  script(box, "")
  agrees(t, box, "an empty file", `executable-format ${at}`)
  const program = readFileSync(`${box.rootfs}/bin/busybox`)
  program[18] = program[18] === 183 ? 62 : 183
  writeFileSync(`${box.rootfs}/foreign`, program, { mode: 0o755 })
  agrees(t, box.args("/foreign"), "another processor's", `executable-wrong-architecture ${at}`)
})

boxTest("the program: the container's user, not the caller, must be able to execute it [check, /process/user]", OURS, (t, box) => {
  const at = "/process/args/0"
  const capabilities = box.config.process.capabilities
  box.config.process.user = { uid: 1000, gid: 1000 }
  delete box.config.process.capabilities
  agrees(t, box.args("/bin/true"), "others may")
  mkdirSync(`${box.rootfs}/own`)
  copyFileSync(`${box.rootfs}/bin/busybox`, `${box.rootfs}/own/true`)
  chmodSync(`${box.rootfs}/own/true`, 0o700)
  agrees(t, box.args("/own/true"), "its owner only", `executable-not-permitted ${at}`)
  box.config.process.capabilities = { ...capabilities, effective: ["CAP_DAC_OVERRIDE"], permitted: ["CAP_DAC_OVERRIDE"] }
  agrees(t, box, "a capability to override that")
  delete box.config.process.capabilities
  chmodSync(`${box.rootfs}/own/true`, 0o750)
  agrees(t, box, "its group only", `executable-not-permitted ${at}`)
  box.config.process.user = { uid: 1000, gid: 1000, additionalGids: [0] }
  agrees(t, box, "a member of the group")
  box.config.process.user = { uid: 1000, gid: 1000 }
  mkdirSync(`${box.rootfs}/closed`)
  copyFileSync(`${box.rootfs}/bin/busybox`, `${box.rootfs}/closed/true`)
  chmodSync(`${box.rootfs}/closed`, 0o700)
  agrees(t, box.args("/closed/true"), "in a folder that is closed to it", `executable-not-permitted ${at}`)
})

boxTest("files: rootfs, sources and targets of mounts, hooks, working folder [check, /root/path, /mounts, /hooks, /process/cwd]", OURS, (t, box) => {
  const base = JSON.stringify(box.args("/bin/true").config)
  const changed = (change: (config: Box["config"]) => void): Box => {
    const config = JSON.parse(base) as Box["config"]
    change(config)
    Object.assign(box.config, { mounts: config.mounts, hooks: config.hooks, process: config.process, root: config.root, linux: config.linux })
    return box
  }
  const bind = (destination: string, source: string, ...more: string[]) => ({ destination, type: "bind", source, options: ["bind", ...more] })
  const count = (JSON.parse(base) as Box["config"]).mounts.length
  agrees(t, changed((c) => (c.root.path = "nowhere")), "no rootfs", "rootfs-missing /root/path")
  agrees(t, changed((c) => (c.root.path = "config.json")), "a file as rootfs", "rootfs-invalid /root/path")
  agrees(t, changed((c) => c.mounts.push(bind("/m", "/no/such"), bind("/n", "nothing"))), "no sources",
    `mount-source-missing /mounts/${count}/source`, `mount-source-missing /mounts/${count + 1}/source`)
  agrees(t, changed((c) => c.mounts.push(bind("/etc", "config.json"))), "a file on a folder", `mount-target /mounts/${count}/destination`)
  agrees(t, changed((c) => c.mounts.push(bind("/etc/passwd", "rootfs"))), "a folder on a file", `mount-target /mounts/${count}/destination`)
  agrees(t, changed((c) => c.mounts.push(bind("/programs", "rootfs/bin", "noexec"))), "a noexec mount of no concern")
  agrees(t, changed((c) => { c.mounts.push(bind("/programs", "rootfs/bin", "noexec")); c.process.args = ["/programs/busybox", "true"] }), "a noexec mount",
    "executable-noexec /process/args/0")
  agrees(t, changed((c) => { c.mounts.push(bind("/programs", "rootfs/bin")); c.process.args = ["/programs/busybox", "true"] }), "a program from a mount")
  agrees(t, changed((c) => { c.mounts.push(bind("/bin", "rootfs/tmp")) }), "a mount that hides the program", "executable-not-found /process/args/0")
  agrees(t, changed((c) => (c.hooks = { createRuntime: [{ path: "/no/such" }], startContainer: [{ path: "/no/such" }] } as never)), "no hooks",
    "hook-failed /hooks/createRuntime/0/path", "hook-failed /hooks/startContainer/0/path")
  agrees(t, changed((c) => (c.hooks = { createRuntime: [{ path: `${box.bundle}/config.json` }] } as never)), "a hook that is no program", "hook-failed /hooks/createRuntime/0/path")
  agrees(t, changed((c) => (c.process.cwd = "/etc/passwd")), "a file as working folder", "working-directory /process/cwd")
  agrees(t, changed((c) => (c.process.cwd = "/is/made")), "a working folder that is made")
})

boxTest("this host: namespaces, limits, resources, sysctls, labels [check, /linux/namespaces, /process/rlimits, /linux/resources, /linux/sysctl]", OURS, (t, box) => {
  const base = JSON.stringify(box.args("/bin/true").config)
  const changed = (change: (config: any) => void): Box => {
    const config = JSON.parse(base)
    change(config)
    for (const key of ["mounts", "hooks", "process", "root", "linux", "hostname"]) (box.config as any)[key] = config[key]
    return box
  }
  const namespaces = (JSON.parse(base) as Box["config"]).linux.namespaces
  const joined = namespaces.findIndex(({ type }) => type === "ipc")
  const path = (value: string) => (c: any): void => void (c.linux.namespaces[joined].path = value)
  agrees(t, changed(path("/proc/self/ns/nothing")), "no namespace", `namespace-invalid /linux/namespaces/${joined}/path`)
  agrees(t, changed(path("/etc/passwd")), "a file", `namespace-invalid /linux/namespaces/${joined}/path`)
  agrees(t, changed(path("/proc/self/ns/uts")), "another type", `namespace-invalid /linux/namespaces/${joined}/path`)
  agrees(t, changed((c) => { path("/proc/self/ns/ipc")(c); c.linux.sysctl = { "kernel.shmmax": "1" } }), "the host's ipc", "config-rule /linux/sysctl/kernel.shmmax")
  agrees(t, changed((c) => (c.linux.sysctl = { "fs.mqueue.nothing": "1" })), "no such parameter", "sysctl-failed /linux/sysctl/fs.mqueue.nothing")
  agrees(t, changed((c) => (c.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 10, hard: 2 ** 40 }])), "more files than the kernel has", "limit-failed /process/rlimits/0/hard")
  agrees(t, changed((c) => (c.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 10, hard: 20 }])), "few files")
  agrees(t, changed((c) => (c.process.selinuxLabel = "a:b:c:s0")), "SELinux is off", "selinux-failed /process/selinuxLabel")
  // a kernel with modules may find one
  const told = (change: (config: any) => void): Finding[] => (changed(change).write(), findings(box))
  t.match(told((c) => c.mounts.push({ destination: "/m", type: "nosuchfs", source: "x" })), [{ code: "mount-type", pointer: /^\/mounts\/\d+\/type$/ }])
  t.not(box.run().code, 0)
  // by the controller that is missing, or by the size that is
  t.match(told((c) => (c.linux.resources = { hugepageLimits: [{ pageSize: "3MB", limit: 0 }] })).map(({ pointer }) => pointer).join(), "/linux/resources/hugepageLimits")
  t.not(box.run().code, 0)
})

boxTest("every known fault of a config.json is one that check finds, too, with the words of create [check]", OURS, (t, box) => {
  for (const bad of BAD_CONFIGS) {
    writeFileSync(`${box.bundle}/config.json`, badConfig(box.config, bad))
    const [member, json, message] = bad
    const words = message.replace(/ \((?:config|config-linux)\.md, [^)]*\)$/, "")
    const found = findings(box, "--config-only").filter(({ severity }) => severity === "error")
    t.ok(found.some((finding) => finding.message === words), `${member} = ${json}: ${JSON.stringify(found.map((finding) => finding.message))}`)
  }
})

boxTest("seccomp: unknown names with the nearest, what the library refuses, a listener that is not there [check, /linux/seccomp]", OURS, (t, box) => {
  box.args("/bin/true")
  const profile = (seccomp: object): Finding[] => {
    box.config.linux.seccomp = seccomp as never
    box.write()
    return findings(box).filter(({ pointer }) => pointer.startsWith("/linux/seccomp"))
  }
  t.same(profile({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mount"], action: "SCMP_ACT_ERRNO" }] }), [])
  const misspelled = profile({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["unmount2", "statmount", "zzzzzzzzzzzz"], action: "SCMP_ACT_ERRNO" }] })
  t.match(misspelled.find(({ pointer }) => pointer === "/linux/seccomp/syscalls/0/names/0"), { severity: "warning", message: /did you mean umount2\?/ })
  t.match(misspelled.find(({ severity }) => severity === "notice")?.message, "zzzzzzzzzzzz")
  t.equal(box.run().code, 0)
  const listener = profile({ defaultAction: "SCMP_ACT_ALLOW", listenerPath: `${box.folder}/none`, syscalls: [{ names: ["chmod"], action: "SCMP_ACT_NOTIFY" }] })
  t.same(errors(listener), ["seccomp-failed /linux/seccomp/listenerPath"])
  t.not(box.run().code, 0)
})

boxTest("an ordinary user: what it may not do is said, and what it may not see is a notice, no nonsense [check]", OURS, (t, box) => {
  box.args("/bin/true").write()
  const place = mkdtempSync("/tmp/check-as-nobody-")
  try {
    chmodSync(place, 0o755)
    const look = (): Finding[] => {
      const args = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", runtimePath, "check", "--bundle", place, "--format", "json"]
      const { stdout, stderr } = command(args)
      t.equal(stderr, "")
      return (JSON.parse(stdout) as { findings: Finding[] }).findings
    }
    copyFileSync(`${box.bundle}/config.json`, `${place}/config.json`)
    chmodSync(`${place}/config.json`, 0o644)
    mkdirSync(`${place}/rootfs/bin`, { recursive: true, mode: 0o755 })
    copyFileSync(`${box.rootfs}/bin/busybox`, `${place}/rootfs/bin/true`)
    const open = look()
    t.ok(errors(open).includes("cgroup-not-permitted /linux/cgroupsPath"), "the cgroup that it names")
    t.notOk(open.some(({ pointer }) => pointer.startsWith("/process/args")), "the program is seen")
    chmodSync(`${place}/rootfs`, 0o700)
    const closed = look().filter(({ pointer }) => pointer.startsWith("/process/args"))
    t.same(closed.map(({ severity, code }) => [severity, code]), [["notice", "not-checked"]])
    chmodSync(`${place}/config.json`, 0o600)
    t.same(look().map(({ severity, code }) => [severity, code]), [["error", "permission-denied"]], "config.json itself")
    chmodSync(place, 0o700)
    t.equal(look().length, 1, "nor the bundle")
  } finally {
    rmSync(place, { recursive: true })
  }
})

t.end()
