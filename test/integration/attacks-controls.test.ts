import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import t from "tap"
import { EXE_WATCHER, PYTHON } from "../../conformance/lib/attacker.ts"
import { Canary } from "../../conformance/lib/canary.ts"
import { command, expectSuccess } from "../../conformance/lib/command.ts"
import { user } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* The attacks on something without protection: they succeed there, so that a test that finds nothing has looked. */

boxTest("control: the canary sees each change that an attack may make", (t, box) => {
  const changes: Record<string, (folder: string) => void> = {
    "a file made": (folder) => writeFileSync(`${folder}/new`, ""),
    "a file removed": (folder) => unlinkSync(`${folder}/ptmx`),
    "a file written": (folder) => writeFileSync(`${folder}/below/file`, "attacked"),
    "a mode": (folder) => chmodSync(`${folder}/secret`, 0o644),
    "an owner": (folder) => void expectSuccess(command(["chown", "1000:1000", `${folder}/null`])),
    "a folder made": (folder) => mkdirSync(`${folder}/below/new`),
    "a symbolic link": (folder) => symlinkSync("/", `${folder}/below/link`),
    "a device": (folder) => void expectSuccess(command(["mknod", `${folder}/device`, "c", "1", "3"])),
  }
  for (const [what, change] of Object.entries(changes)) {
    const canary = new Canary(box)
    const before = canary.look()
    change(canary.folder)
    t.not(canary.look(), before, what)
    rmSync(canary.folder, { recursive: true })
  }
  const canary = new Canary(box)
  const before = canary.look()
  expectSuccess(command(["mount", "-t", "tmpfs", "tmpfs", `${canary.folder}/below`]))
  const mounted = canary.look()
  expectSuccess(command(["umount", `${canary.folder}/below`]))
  t.not(mounted, before, "a mount")
  t.equal(canary.look(), before, "and nothing where nothing changed")
})

boxTest("control CVE-2019-5736: a program of the host that enters the container can be reopened for writing through /proc/*/exe", async (t, box) => {
  const program = `${box.folder}/busybox`
  copyFileSync(`${box.rootfs}/bin/busybox`, program)
  chmodSync(program, 0o755)
  const before = readFileSync(program)
  const pid = await box.launch("/bin/sh", "-c", EXE_WATCHER)
  // the user's watcher may look at his own processes alone
  const asUser = user === undefined ? [] : [`--user=/proc/${pid}/ns/user`, "--setuid", "0", "--setgid", "0"]
  // a shell makes the file, then writes to it
  const written = (): string => (existsSync(`${box.rootfs}/tmp/written`) ? readFileSync(`${box.rootfs}/tmp/written`, "utf8") : "")
  // the watcher is a shell that goes through all of /proc: on a busy machine it misses one now and then
  for (let round = 0; round < 20 && written() === ""; round++) {
    command(["nsenter", ...asUser, `--pid=/proc/${pid}/ns/pid`, "setpriv", "--inh-caps=-all", "--bounding-set=-all", program, "sleep", "0.5"])
  }
  t.match(written(), /./, "the watcher of the attack finds it")
  t.not(readFileSync(program).length, before.length, "it is changed")
})

boxTest("control CVE-2024-21626: what enters by chroot with a descriptor of the host's reaches the host through it", (t, box) => {
  const canary = new Canary(box)
  const leak = `exec 4<${canary.folder}`
  const naive = command([PYTHON, "-c", `import os
os.set_inheritable(4, True); os.chroot("${box.rootfs}"); os.fchdir(4)
os.execv("/bin/sh", ["sh", "-c", "cat secret"])`], { before: leak })
  t.equal(naive.stdout, "canary of the host secret")
  canary.check(t, "control")
})

t.end()
