import { statSync } from "node:fs"
import t from "tap"
import { PYTHON } from "../../conformance/lib/attacker.ts"
import { Canary } from "../../conformance/lib/canary.ts"
import { startCommand, until } from "../../conformance/lib/command.ts"
import { runtimeName, underUml } from "../../conformance/lib/environment.ts"
import { figure, roundsOf } from "../../conformance/lib/share.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * What enters a container passes through it half set up: with the host's root, descriptors and memory. Who has every capability in the
 * container's user namespace must not be able to take hold of it (ptrace(2), "Ptrace access mode checking").
 */

/** On a busy machine the watcher needs a while to come round. */
const CONTROL_MS = 120_000
const ROUNDS = underUml ? 3 : roundsOf(40, 2000)

/**
 * Root of the container's user namespace, with every capability there, looks at each new process: is its root another than the
 * container's, or its memory open for writing while it is not the user's program? The host's /proc shows more than the container's
 * own, and the kernel's check is of credentials alone.
 */
const WATCHER = `import ctypes, os, sys
pid, device, inode = (int(x) for x in sys.argv[1:])
c = ctypes.CDLL(None, use_errno=True)
if c.setns(os.open(f"/proc/{pid}/ns/user", 0), 0x10000000): sys.exit("setns")
os.setgid(0); os.setuid(0)
print("ready", flush=True)
me, said = os.getpid(), set()
def say(text):
    if text not in said: said.add(text); print("hold", text, flush=True)
while True:
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in (me, pid): continue
        program = ""
        try:
            root = os.stat(f"/proc/{name}/root")
            if (root.st_dev, root.st_ino) != (device, inode): say("root")
        except OSError: pass
        try:
            program = os.readlink(f"/proc/{name}/exe")
        except OSError: continue
        if program.endswith("busybox"): continue
        try: os.close(os.open(f"/proc/{name}/mem", os.O_RDWR)); say("memory of " + program)
        except OSError: pass
        try:
            for fd in os.listdir(f"/proc/{name}/fd"): say("descriptor " + os.readlink(f"/proc/{name}/fd/{fd}"))
        except OSError: pass`

boxTest("attack CVE-2016-9962: root of the container's user namespace takes hold of what enters it (exec, and a container that joins it)", async (t, box) => {
  const canary = new Canary(box)
  box.mapIds()
  const pid = await box.launch("/bin/sleep", "1000")
  const root = statSync(`/proc/${pid}/root`)
  const watch = async (body: (seen: () => string) => void | Promise<void>): Promise<string> => {
    const watcher = startCommand([PYTHON, "-c", WATCHER, String(pid), String(root.dev), String(root.ino)], { timeLimit: 1_200_000 })
    try {
      await until("the watcher", () => watcher.stdout().includes("ready"))
      await body(watcher.stdout)
    } finally {
      watcher.child.kill("SIGKILL")
      const { code, stderr } = await watcher.done
      t.equal(code, 137, `the watcher was there to the end: ${stderr}`)
    }
    return watcher.stdout().replace("ready\n", "")
  }
  await watch(async (seen) => {
    const naive = startCommand(["nsenter", `--user=/proc/${pid}/ns/user`, "--setuid", "0", "--setgid", "0", "/bin/sleep", "1000"], { timeLimit: CONTROL_MS })
    await until("control: a program of the host that only enters the user namespace is taken hold of", () => seen().includes("hold root"), CONTROL_MS)
    await until("control: its memory too", () => seen().includes("hold memory"), CONTROL_MS)
    naive.child.kill("SIGKILL")
    await naive.done
  })
  const seen = await watch(() => {
    for (let round = 0; round < ROUNDS; round++) box.exec(["/bin/true"])
  })
  figure(t, "attempts at the runtime's file and processes from inside", ROUNDS + Math.ceil(ROUNDS / 2))
  t.equal(seen, "", `exec, ${ROUNDS} times`)
  for (const item of box.config.linux.namespaces) {
    if (item.type === "user" || item.type === "pid") item.path = `/proc/${pid}/ns/${item.type}`
  }
  // runc 1.1 asks for them although the namespace is there and has them
  if (runtimeName !== "runc") {
    delete box.config.linux.uidMappings
    delete box.config.linux.gidMappings
  }
  box.config.linux.cgroupsPath = box.cgroupsPathOf("-b")
  box.args("/bin/true").write()
  let ran = 0
  const joined = await watch(() => {
    for (let round = 0; round < ROUNDS / 2; round++) {
      const result = box.call(["run", "--bundle", box.bundle, `${box.id}-b`])
      if (result.code === 0) ran++
      else t.comment(result.stderr)
    }
  })
  t.ok(ran > 0, `${ran} containers joined`)
  t.equal(joined, "", "a container that joins user and pid namespaces")
  canary.check(t, "the window")
})

t.end()
