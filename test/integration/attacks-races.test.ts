import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { PYTHON, runWhileExchanging, whileExchanging } from "../../conformance/lib/attacker.ts"
import type { Box } from "../../conformance/lib/box.ts"
import { Canary, refused } from "../../conformance/lib/canary.ts"
import { command, expectSuccess, startRuntime } from "../../conformance/lib/command.ts"
import { scratch, underUml } from "../../conformance/lib/environment.ts"
import { onTerminal, startOnTerminal } from "../../conformance/lib/helpers.ts"
import { figure, roundsOf } from "../../conformance/lib/share.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/*
 * A neighbour exchanges what the runtime looks up with a symbolic link, all the time. With --all: 2,000 rounds of each attack, half of
 * them in a user namespace.
 */

const ROUNDS = underUml ? 3 : roundsOf(20, 1000)

/**
 * Runs the container once in peace, then again and again while the pairs are exchanged; `wrong` judges what a container that ran has
 * printed.
 */
async function race(
  t: Test,
  box: Box,
  pairs: readonly (readonly [string, string])[],
  wrong: (output: string) => string | undefined,
): Promise<void> {
  const calm = expectSuccess(box.run())
  t.equal(wrong(calm.stdout), undefined, "in peace")
  let ran = 0
  await runWhileExchanging(box, pairs, ROUNDS, async (argv, round) => {
    const result = await startRuntime(argv).done
    if (result.code === 0) ran++
    else refused(t, result, `round ${round}`)
    const seen = result.code === 0 ? wrong(result.stdout) : undefined
    if (seen !== undefined) t.fail(`round ${round}: ${seen}`)
  })
  t.comment(`${ran} of ${ROUNDS} containers ran`)
  figure(t, "containers started while a neighbour exchanges paths", ROUNDS)
}

/** Seen here: runc 1.1.5 makes files of /dev on the host (CVE-2026-41579), and binds core_pattern over what it should mask. */
const FALLS: TestOptions = { falls: { runc: "1.1.5 falls for it now and then" } }
const MASKS: TestOptions = {
  falls: { runc: "1.1.5 falls for it now and then" }, skipFor: { crun: "1.8.1 cannot open /dev/null of a volume in a user namespace" },
}
const CAUGHT: TestOptions = { falls: { crun: "1.8.1 writes the sysctl to the volume" } }
const NO_TERMINAL: TestOptions = { skipFor: { runc: "1.1.5 wants a ptmx in the volume", crun: "1.8.1 has no console where /dev is a volume" } }

/** What a program does that goes by paths, in a mount namespace of its own, until it is fooled: then it says so. */
function naive(what: string): string {
  const script = `import ctypes, os, sys, time
c = ctypes.CDLL(None, use_errno=True)
c.unshare(0x20000); c.mount(None, b"/", None, 0x44000, None)
end = time.monotonic() + 50
while time.monotonic() < end:
${what.replace(/^/gm, "    ")}
print("never")`
  return expectSuccess(command([PYTHON, "-c", script], { timeLimit: 60_000 })).stdout
}

t.test("control: who mounts by path is led to the host by the same exchanges (CVE-2021-30465)", async (t) => {
  const folder = `${scratch}/naive`
  mkdirSync(`${folder}/volume/a`, { recursive: true })
  mkdirSync(`${folder}/host`)
  writeFileSync(`${folder}/host/secret`, "")
  symlinkSync(`${folder}/host`, `${folder}/volume/link`)
  await whileExchanging([[`${folder}/volume/a`, `${folder}/volume/link`]], () => {
    const seen = naive(`a = "${folder}/volume/a"
if os.path.islink(a): continue
if c.mount(b"tmpfs", a.encode(), b"tmpfs", 0, None): continue
if not os.path.exists("${folder}/host/secret"): print("fooled"); sys.exit()
c.umount2(a.encode(), 2); c.umount2(b"${folder}/volume/link", 2)`)
    t.equal(seen, "fooled\n")
  })
})

t.test("control: who binds /dev/null by path binds the attacker's file by the same exchanges (CVE-2025-31133)", async (t) => {
  const folder = `${scratch}/naive-null`
  mkdirSync(folder)
  expectSuccess(command(["mknod", `${folder}/null`, "c", "1", "3"]))
  symlinkSync("/proc/sys/kernel/core_pattern", `${folder}/link`)
  writeFileSync(`${folder}/masked`, "")
  await whileExchanging([[`${folder}/null`, `${folder}/link`]], () => {
    const seen = naive(`a = "${folder}/null"
if os.path.islink(a): continue
if c.mount(a.encode(), b"${folder}/masked", None, 4096, None): continue
if open("${folder}/masked").read() != "": print("fooled"); sys.exit()
c.umount2(b"${folder}/masked", 2)`)
    t.equal(seen, "fooled\n")
  })
})

for (const user of [false, true]) {
  const as = user ? "in a user namespace" : "as root"

  for (const name of ["proc", "sys", "dev"]) {
    boxTest(`attack CVE-2023-27561: /${name} of the image is exchanged with a symlink to the host, ${as}`, name === "dev" ? FALLS : {}, async (t, box) => {
      const canary = new Canary(box)
      symlinkSync(canary.folder, `${box.rootfs}/link`)
      box.config.linux.sysctl = { "net.ipv4.ip_forward": "1" }
      if (user) box.mapIds()
      box.script("cat /link/secret /proc/secret /sys/secret /dev/secret 2>/dev/null; true")
      await race(t, box, [[`${box.rootfs}/${name}`, `${box.rootfs}/link`]], (output) => (output === "" ? undefined : `the host is seen: ${output}`))
      canary.check(t, name)
    })
  }

  boxTest(`attack CVE-2021-30465: targets of mounts are exchanged with a symlink to the host, ${as}`, async (t, box) => {
    const canary = new Canary(box)
    const volume = `${box.folder}/volume`
    mkdirSync(`${volume}/a/b`, { recursive: true })
    symlinkSync("/", `${volume}/link`)
    if (user) box.mapIds()
    box.config.mounts.push({ destination: "/volume", type: "bind", source: volume, options: ["bind"] })
    for (let i = 0; i < 10; i++) {
      box.config.mounts.push({ destination: `/volume/a/b${i % 2 === 0 ? "" : `/x${i}`}`, type: "tmpfs", source: "tmpfs" })
    }
    chmodSync(volume, 0o777)
    for (const inner of ["a", "a/b"]) chmodSync(`${volume}/${inner}`, 0o777)
    box.script(`cat ${canary.folder}/secret /volume/link${canary.folder}/secret /volume/a${canary.folder}/secret 2>/dev/null; true`)
    await race(t, box, [[`${volume}/a`, `${volume}/link`]], (output) => (output.includes("canary") ? `the host is seen: ${output}` : undefined))
    canary.check(t, "targets")
  })

  boxTest(`attack CVE-2025-31133: /dev/null is exchanged with a symlink to core_pattern while paths are masked, ${as}`, MASKS, async (t, box) => {
    const canary = new Canary(box)
    const dev = `${box.folder}/dev`
    mkdirSync(dev)
    expectSuccess(command(["mknod", `${dev}/null`, "c", "1", "3"]))
    symlinkSync("/proc/sys/kernel/core_pattern", `${dev}/link`)
    if (user) box.mapIds()
    box.config.mounts = box.config.mounts.filter((mount) => !mount.destination.startsWith("/dev"))
    box.config.mounts.push({ destination: "/dev", type: "bind", source: dev, options: ["bind"] })
    box.config.linux.maskedPaths = ["/proc/keys", "/proc/timer_list", "/proc/cpuinfo", "/proc/meminfo"]
    box.script("cat /proc/keys /proc/timer_list /proc/cpuinfo /proc/meminfo 2>/dev/null; true")
    await race(t, box, [[`${dev}/null`, `${dev}/link`]], (output) => (output === "" ? undefined : `not masked: ${output.slice(0, 100)}`))
    canary.check(t, "masks")
  })

  boxTest(`attack CVE-2025-52881: the target of a mount is exchanged with a symlink into /proc, to catch what is written there, ${as}`, CAUGHT, async (t, box) => {
    const canary = new Canary(box)
    const volume = `${box.folder}/volume`
    mkdirSync(`${volume}/a`, { recursive: true })
    mkdirSync(`${box.folder}/fake/ipv4`, { recursive: true })
    writeFileSync(`${box.folder}/fake/ipv4/ip_forward`, "not written\n")
    for (const path of [volume, `${volume}/a`]) chmodSync(path, 0o777)
    symlinkSync("/proc/sys/net", `${volume}/link`)
    if (user) box.mapIds()
    box.config.linux.sysctl = { "net.ipv4.ip_forward": "1" }
    box.config.mounts.push(
      { destination: "/volume", type: "bind", source: volume, options: ["bind"] },
      { destination: "/volume/a", type: "bind", source: `${box.folder}/fake`, options: ["bind"] },
    )
    box.script("grep -c ' /proc/sys/net' /proc/self/mountinfo; cat /proc/sys/net/ipv4/ip_forward")
    await race(t, box, [[`${volume}/a`, `${volume}/link`]], (output) => (output === "0\n1\n" ? undefined : `the sysctl was caught: ${output}`))
    t.equal(readFileSync(`${box.folder}/fake/ipv4/ip_forward`, "utf8"), "not written\n", "nothing is written elsewhere")
    canary.check(t, "sysctl")
  })

  boxTest(`attack CVE-2025-52565: /dev/console and /dev/pts are exchanged with symlinks into /proc, ${as}`, NO_TERMINAL, async (t, box) => {
    const canary = new Canary(box)
    const dev = `${box.folder}/dev`
    mkdirSync(`${dev}/pts`, { recursive: true })
    mkdirSync(`${dev}/fake`)
    for (let i = 0; i < 10; i++) symlinkSync("/proc/sys/kernel/core_pattern", `${dev}/fake/${i}`)
    writeFileSync(`${dev}/console`, "")
    symlinkSync("/proc/sys/kernel/core_pattern", `${dev}/link`)
    if (user) box.mapIds()
    box.config.process.terminal = true
    box.config.mounts = box.config.mounts.filter((mount) => !mount.destination.startsWith("/dev"))
    box.config.mounts.push(
      { destination: "/dev", type: "bind", source: dev, options: ["bind"] },
      { destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666", "mode=0620"] },
    )
    box.script("grep -E ' /(dev/console|proc/sys/kernel/core_pattern) ' /proc/self/mountinfo | grep -v ' - devpts '; [ -t 0 ] && echo terminal")
    box.write()
    t.equal(onTerminal(["--root", box.root, ...box.globals, "run", "--bundle", box.bundle, box.id]).output.trim(), "terminal", "in peace")
    let ran = 0
    await runWhileExchanging(box, [[`${dev}/pts`, `${dev}/fake`], [`${dev}/console`, `${dev}/link`]], ROUNDS, async (argv, round) => {
      const { output, code } = await startOnTerminal(argv)
      const said = `round ${round}: refused (${code}: ${output.trim().slice(0, 200)})`
      if (code !== 0) t.notMatch(output, /internal error|TypeError|attacked/, said)
      else if (output.trim() !== "terminal") t.fail(`round ${round}: ${output}`)
      else ran++
    })
    t.comment(`${ran} of ${ROUNDS} containers ran`)
    figure(t, "containers started while a neighbour exchanges paths", ROUNDS)
    canary.check(t, "console")
  })
}

t.end()
