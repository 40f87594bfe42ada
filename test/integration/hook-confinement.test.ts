import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import t, { type Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { user } from "../../conformance/lib/environment.ts"
import { probeResults, writeProbe } from "../../conformance/lib/syscalls.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * What a startContainer hook has of its container beside namespaces, user and capabilities: it is a program of the image. runc, whose init
 * runs them, has it so.
 */

const KEYCTL_GET_KEYRING_ID = 0
const SESSION = -3
const hasKeys = existsSync("/proc/keys")

/** A hook that tells its limits, and the number of its session keyring; and a container with limits of its own. */
function prepare(box: Box): void {
  box.config.process.rlimits = [{ type: "RLIMIT_NPROC", soft: 500, hard: 600 }, { type: "RLIMIT_NOFILE", soft: 64, hard: 128 }]
  box.config.process.oomScoreAdj = 321
  writeProbe(`${box.rootfs}/session`, [{ call: "keyctl", args: [KEYCTL_GET_KEYRING_ID, SESSION, 0, 0, 0] }])
  const script = "cat /proc/self/limits /proc/self/oom_score_adj >/tmp/hook; /session >/tmp/session"
  box.config.hooks = { startContainer: [{ path: "/bin/sh", args: ["sh", "-c", script] }] }
  box.args("/bin/sleep", "1000")
}

const sessionOf = (file: string): number => probeResults(readFileSync(file))[0] as number
/** The container's, by a process that joins it. */
const serialOf = (box: Box): number => {
  expectSuccess(box.exec(["/bin/sh", "-c", "/session >/tmp/joined"]))
  return sessionOf(`${box.rootfs}/tmp/joined`)
}
/** The caller's. */
const ownSerial = (box: Box): number => probeResults(execFileSync(`${box.rootfs}/session`, user === undefined ? {} : { uid: user.id, gid: user.id }))[0] as number

function checkLimits(t: Test, box: Box): void {
  const told = readFileSync(`${box.rootfs}/tmp/hook`, "utf8")
  t.match(told, /^Max processes +500 +600 /m)
  t.match(told, /^Max open files +64 +128 /m)
  t.match(told, /^321$/m)
}

boxTest("a startContainer hook has the container's limits, oom score and session keyring [/hooks/startContainer/*/path]",
  (t, box) => {
    prepare(box)
    box.create()
    box.start()
    checkLimits(t, box)
    if (!hasKeys) return
    t.not(serialOf(box), ownSerial(box))
    t.equal(sessionOf(`${box.rootfs}/tmp/session`), serialOf(box))
  })

boxTest("a startContainer hook in a user namespace: the same limits and keys [/hooks/startContainer/*/path]",
  { skipFor: { runc: "makes another keyring for what joins a user namespace" } }, (t, box) => {
    prepare(box)
    box.mapIds()
    box.create()
    box.start()
    checkLimits(t, box)
    if (!hasKeys) return
    t.not(serialOf(box), ownSerial(box))
    t.equal(sessionOf(`${box.rootfs}/tmp/session`), serialOf(box))
  })

boxTest("--no-new-keyring: a startContainer hook keeps the caller's keyring, too [create --no-new-keyring]",
  { differs: ["the caller's keyring"], ...(hasKeys ? {} : { skipIn: { uml: "its kernel is built without keys" } }) }, (t, box) => {
    prepare(box)
    box.create(["--no-new-keyring"])
    box.start()
    checkLimits(t, box)
    t.equal(sessionOf(`${box.rootfs}/tmp/session`), ownSerial(box))
  })

t.end()
