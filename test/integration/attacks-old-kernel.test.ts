import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import t from "tap"
import { PYTHON, refusing } from "../../conformance/lib/attacker.ts"
import { Canary, refused } from "../../conformance/lib/canary.ts"
import { command, expectSuccess } from "../../conformance/lib/command.ts"
import { syscallNumber } from "../../conformance/lib/syscalls.ts"
import { boxTest } from "../../conformance/lib/test.ts"
import type { SyscallName } from "../../src/kernel/syscalls.ts"

/*
 * System calls on which protection rests fail, as on an old kernel or in a container whose filter does not know them. Then a runtime
 * may find another way that protects as well, or refuse in a sentence; nothing may be half protected, and nothing may stay.
 */

const CALLS: readonly SyscallName[] = [
  "openat2", "open_tree", "move_mount", "fsopen", "fsmount", "mount_setattr", "clone3", "close_range", "pidfd_open", "memfd_create",
  "statx", "execveat", "setns", "seccomp", "renameat2",
]
const ERRORS = { ENOSYS: 38, EPERM: 1 } as const

t.test("control: the filter is in force, and only for what it names", (t) => {
  for (const [name, errno] of Object.entries(ERRORS)) {
    for (const call of CALLS) {
      const script = `import ctypes
c = ctypes.CDLL(None, use_errno=True)
c.syscall(${syscallNumber(call)}, -1, 0, 0, 0, 0, 0)
print(ctypes.get_errno())`
      const seen = expectSuccess(command([PYTHON, "-c", script], { before: refusing(errno, call) })).stdout
      t.equal(seen, `${errno}\n`, `${call} fails with ${name}`)
      if (errno === 38) t.not(expectSuccess(command([PYTHON, "-c", script])).stdout, "38\n", `${call} is there without it`)
    }
  }
  t.end()
})

const INSIDE = `[ $$ = 1 ] && echo pid
(echo x >/proc/sys/kernel/core_pattern) 2>/dev/null || echo read-only
[ -z "$(cat /proc/keys)" ] && echo masked
cat /etc/target; echo
(echo x >/mnt/secret) 2>/dev/null || echo volume
mkdir /tmp/new 2>/dev/null || echo filtered
ls /proc/$$/fd; true`
const PROTECTED = "pid\nread-only\nmasked\nmounted\nvolume\nfiltered\n0\n1\n2\n"

for (const user of [false, true]) {
  for (const [errorName, errno] of Object.entries(ERRORS)) {
    boxTest(`attack: without a system call (${errorName}) a container is protected as well or refused, ${user ? "in a user namespace" : "as root"}`, async (t, box) => {
      const canary = new Canary(box)
      writeFileSync(`${box.folder}/file`, "mounted")
      mkdirSync(`${box.folder}/leaked`)
      symlinkSync(`${canary.folder}/new`, `${box.rootfs}/etc/target`)
      box.config.mounts.push(
        { destination: "/etc/target", type: "bind", source: `${box.folder}/file`, options: ["bind"] },
        { destination: "/mnt", type: "bind", source: canary.folder, options: ["rbind", "ro"] },
      )
      box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] }
      if (user) box.mapIds()
      const leak = `exec 3</ 4<${canary.folder} 9<${box.folder}/leaked`
      box.script(INSIDE)
      t.equal(box.run([], { before: leak }).stdout, PROTECTED, "the script sees the protection where all is there")
      for (const call of CALLS) {
        // the C library makes threads with clone3, and takes only ENOSYS for "not there": no program with threads runs then
        if (call === "clone3" && errno === ERRORS.EPERM) continue
        const result = box.run([], { before: `${leak}\n${refusing(errno, call)}` })
        if (result.code === 0) t.equal(result.stdout, PROTECTED, `${call}: another way, as good`)
        else {
          refused(t, result, call)
          t.equal(result.stdout, "", `${call}: nothing of the container ran`)
        }
        t.same(existsSync(box.root) ? readdirSync(box.root).filter((name) => name === box.id) : [], [], `${call}: no state is left`)
        t.same(box.cgroupFolders(), [], `${call}: no cgroup is left`)
        canary.check(t, call)
      }
    })
  }
}

boxTest("attack: exec without a system call is as confined or refused", async (t, box) => {
  const canary = new Canary(box)
  await box.launch("/bin/sleep", "1000")
  const leak = `exec 3</ 4<${canary.folder}`
  for (const call of CALLS) {
    const script = `ls /proc/$$/fd; readlink /proc/self/root; cat ${canary.folder}/secret 2>/dev/null; true`
    const result = box.call(["exec", box.id, "/bin/sh", "-c", script], { before: `${leak}\n${refusing(38, call)}` })
    if (result.code === 0) t.equal(result.stdout, "0\n1\n2\n/\n", `${call}: another way, as good`)
    else refused(t, result, call)
  }
  canary.check(t, "exec")
  t.equal(box.state().status, "running", "the container goes on")
})

t.end()
