import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import type { Box } from "./box.ts"
import { startCommand, until } from "./command.ts"
import { checkout, environment } from "./environment.ts"
import { syscallNumber } from "./syscalls.ts"
import type { SyscallName } from "../../src/kernel/syscalls.ts"

export const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3"

/** Exchanges the two paths of each pair without end (renameat2(2), RENAME_EXCHANGE) while `body` runs. */
export async function whileExchanging(
  pairs: readonly (readonly [string, string])[],
  body: () => void | Promise<void>,
): Promise<void> {
  const loop = `import ctypes, json, os, sys
c = ctypes.CDLL(None, use_errno=True)
pairs = [[path.encode() for path in pair] for pair in json.loads(sys.argv[1])]
for a, b in pairs:
    if c.renameat2(-100, a, -100, b, 2): sys.exit(f"exchange {a} {b}: {os.strerror(ctypes.get_errno())}")
print("ready", flush=True)
while True:
    for a, b in pairs: c.renameat2(-100, a, -100, b, 2)`
  const attacker = startCommand([PYTHON, "-c", loop, JSON.stringify(pairs)], { timeLimit: 1_800_000 })
  try {
    await until("the exchanges", () => attacker.stdout().includes("ready"))
    await body()
  } finally {
    attacker.child.kill("SIGKILL")
    const { code, stderr } = await attacker.done
    if (code !== 137) throw new Error(`who exchanges was not there to the end: ${stderr}`)
  }
}

/** So many containers run at a time while paths are exchanged: most of what `run` takes is waiting for the kernel. */
const RUNS_AT_ONCE = environment === "uml" ? 1 : 4

/**
 * Runs a box's container again and again while the pairs are exchanged, several at a time: each has an id, a cgroup and a copy of config.json of its own,
 * and the root file system and volumes of all.
 * @param run is to call the runtime with these arguments once, and to judge what came of it
 */
export async function runWhileExchanging(
  box: Box, pairs: readonly (readonly [string, string])[], rounds: number, run: (argv: readonly string[], round: number) => Promise<void>,
): Promise<void> {
  const racers = Array.from({ length: Math.min(RUNS_AT_ONCE, rounds) }, (_, i) => {
    const bundle = `${box.folder}/racer-${i}`
    const config = structuredClone(box.config)
    config.root.path = box.rootfs
    config.linux.cgroupsPath = box.cgroupsPathOf(`-${i}`)
    mkdirSync(bundle)
    writeFileSync(`${bundle}/config.json`, JSON.stringify(config))
    return ["--root", box.root, ...box.globals, "run", "--bundle", bundle, `${box.id}-${i}`]
  })
  box.handOver()
  let round = 0
  await whileExchanging(pairs, async () => {
    await Promise.all(racers.map(async (argv) => {
      while (round < rounds) await run(argv, round++)
    }))
  })
}

/** A shell snippet for `before`: the command runs where these system calls fail with `errno`. */
export function refusing(errno: number, ...names: readonly SyscallName[]): string {
  return `set -- ${PYTHON} ${checkout}/conformance/lib/refuse.py ${errno} ${names.map(syscallNumber).join(",")} "$@"`
}

/**
 * A shell script for a container's pid 1: holds the file that each foreign process executes until that has ended (a file that runs
 * cannot be written: ETXTBSY), then writes to it. What it could change so is named in /tmp/written, what it could hold at all in /tmp/held
 * (CVE-2019-5736). A sealed memfd can be opened for writing, and then not written.
 */
export const EXE_WATCHER = `while :; do for p in /proc/[0-9]*; do
  [ $p = /proc/1 ] && continue
  exe=$(readlink $p/exe 2>/dev/null)
  case "$exe" in ""|/bin/busybox) continue ;; esac
  # "command": a shell ends where its own exec cannot open a file
  { command exec 3<$p/exe; } 2>/dev/null || continue
  echo "$exe" >>/tmp/held
  while [ -d $p ]; do :; done
  { echo evil >>/proc/self/fd/3; } 2>/dev/null && echo "$exe" >>/tmp/written
  exec 3<&-
done; done`
