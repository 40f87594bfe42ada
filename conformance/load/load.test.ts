import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import type { Test } from "tap"
import { expectSuccess, type Result, startCommand, startRuntime } from "../lib/command.ts"
import type { Box } from "../lib/box.ts"
import { marker, ownCgroups, runtimePath } from "../lib/environment.ts"
import { grown, kernelFigures, kernelText } from "../lib/kernel-figures.ts"
import { isAlive, mountinfo, processesWith } from "../lib/procfs.ts"
import { figure, WHOLE } from "../lib/share.ts"
import { boxTest } from "../lib/test.ts"

/*
 * Many containers at once, many calls, many lives: all run, all go, and nothing grows. The whole is what a week brings: 500 containers, 50 at a time, 100,000
 * calls of state, several at a time, 10,000 lives.
 */

const CONTAINERS = WHOLE ? 500 : 40
const AT_ONCE = WHOLE ? 50 : 10
const STATE_CALLS = WHOLE ? 100_000 : 200
const STATE_CALLERS = 4
const CYCLES = WHOLE ? 10_000 : 40
const HOURS_MS = 3 * 3600 * 1000
const REST_MS = 60_000

/** What the kernel keeps of this test run. */
interface Figures {
  readonly mounts: number
  readonly cgroups: number
  readonly processes: number
  readonly stateEntries: number
}

function figures(box: Box): Figures {
  return {
    mounts: mountinfo("self").length,
    cgroups: ownCgroups().filter((folder) => folder.includes(box.id)).length,
    processes: processesWith(marker, box.cgroupsPath).length,
    stateEntries: existsSync(box.root) ? readdirSync(box.root).length : 0,
  }
}

/** Runs all, so many at a time. @returns the results in the same order */
async function inParallel(limit: number, all: readonly (readonly string[])[]): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  await Promise.all(Array.from({ length: limit }, async () => {
    for (let i = next++; i < all.length; i = next++) results[i] = await startRuntime(all[i] as string[], { timeLimit: 120_000 }).done
  }))
  return results
}

function allSucceeded(t: Test, what: string, results: readonly Result[]): void {
  const failed = results.filter(({ code }) => code !== 0)
  const times = results.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  t.same(failed.map(({ code, stderr }) => `${code}: ${stderr}`), [], `${what}: ${results.length} times`)
  t.comment(`${what}: median ${times[times.length >> 1]?.toFixed(1)} ms, longest ${times.at(-1)?.toFixed(1)} ms`)
}

boxTest(`${CONTAINERS} containers, ${AT_ONCE} created, started and deleted at a time: all run, all go [create] [start] [delete]`, async (t, box) => {
  box.args("/bin/sleep", "1000")
  const ids = Array.from({ length: CONTAINERS }, (_, i) => `${box.id}-${i}`)
  for (const id of ids) {
    mkdirSync(`${box.folder}/${id}`)
    const config = structuredClone(box.config)
    config.root.path = box.rootfs
    config.linux.cgroupsPath = box.cgroupsPathOf(`-${id}`)
    writeFileSync(`${box.folder}/${id}/config.json`, JSON.stringify(config))
  }
  const before = figures(box)
  const each = (verb: readonly string[], bundle = false): string[][] =>
    ids.map((id) => ["--root", box.root, ...verb, ...(bundle ? ["--bundle", `${box.folder}/${id}`] : []), id])
  allSucceeded(t, "create", await inParallel(AT_ONCE, each(["create"], true)))
  allSucceeded(t, "start", await inParallel(AT_ONCE, each(["start"])))
  const list = JSON.parse(expectSuccess(box.call(["list", "--format", "json"])).stdout) as { id: string; status: string; pid: number }[]
  t.equal(list.length, CONTAINERS)
  t.same(list.filter(({ status }) => status !== "running"), [], "all run")
  t.ok(list.every(({ pid }) => isAlive(pid)), "each has its process")
  t.equal(new Set(list.map(({ pid }) => pid)).size, CONTAINERS, "of its own")
  t.comment(kernelText(kernelFigures()))
  figure(t, "containers at the same time", CONTAINERS)
  allSucceeded(t, "delete --force", await inParallel(AT_ONCE, each(["delete", "--force"])))
  t.same(figures(box), before, "nothing is left of any")
  t.notOk(list.some(({ pid }) => isAlive(pid)), "no process is left")
})

boxTest(`${STATE_CALLS} calls of state: each answers, nothing grows [state]`, async (t, box) => {
  await box.launch("/bin/sleep", String(2 * HOURS_MS / 1000))
  const folder = (): string => readdirSync(`${box.root}/${box.id}`).sort().map((name) => `${name} ${name.endsWith(".sock") ? "" : readFileSync(`${box.root}/${box.id}/${name}`).length}`).join("\n")
  const descriptors = (): number => readdirSync(`/proc/${box.pid}/fd`).length
  const before = { ...figures(box), folder: folder(), descriptors: descriptors() }
  const first = kernelFigures()
  // shells call again and again: starting each from here would take longer than the calls
  const loop = 'i=0; while [ $i -lt "$1" ]; do "$2" --root "$3" state "$4" >/dev/null || exit 1; i=$((i+1)); done'
  const argv = ["/bin/sh", "-c", loop, "sh", String(STATE_CALLS / STATE_CALLERS), runtimePath, box.root, box.id]
  const start = performance.now()
  const all = await Promise.all(Array.from({ length: STATE_CALLERS }, () => startCommand(argv, { timeLimit: HOURS_MS }).done))
  for (const done of all) t.equal(done.code, 0, done.stderr)
  t.comment(`${((performance.now() - start) / STATE_CALLS).toFixed(2)} ms each`)
  t.same({ ...figures(box), folder: folder(), descriptors: descriptors() }, before)
  await nothingGrew(t, first, STATE_CALLS)
  figure(t, "calls of state", STATE_CALLS)
})

boxTest(`${CYCLES} lives of a container, one after the other: mounts, cgroups, processes, state and the kernel's memory stay as they were [create] [start] [delete]`, async (t, box) => {
  box.args("/bin/sleep", "1000").write()
  // what is made once (the state root) is there after the first
  box.create()
  box.delete("--force")
  const before = figures(box)
  const first = kernelFigures()
  const life = '"$2" --root "$3" create -b "$4" "$5" </dev/null >/dev/null && "$2" --root "$3" start "$5" && "$2" --root "$3" delete --force "$5"'
  const loop = `i=0; while [ $i -lt "$1" ]; do ${life} || exit 1; i=$((i+1)); done`
  const done = await startCommand(["/bin/sh", "-c", loop, "sh", String(CYCLES), runtimePath, box.root, box.bundle, box.id], { timeLimit: HOURS_MS }).done
  t.equal(done.code, 0, done.stderr)
  t.comment(`${(done.milliseconds / CYCLES).toFixed(1)} ms each`)
  t.same(figures(box), before)
  await nothingGrew(t, first, CYCLES)
  figure(t, "lives of a container, one after the other", CYCLES)
})

/**
 * No kind of the kernel's objects has half of one more for each time; what is freed late has a minute. The machine is used by others too, so that a
 * share says nothing: the whole alone is judged.
 */
async function nothingGrew(t: Test, before: ReadonlyMap<string, number>, times: number): Promise<void> {
  const end = performance.now() + REST_MS
  let more = grown(before, kernelFigures(), times / 2)
  while (WHOLE && more.length > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    more = grown(before, kernelFigures(), times / 2)
  }
  t.comment(`before: ${kernelText(before)}; after: ${kernelText(kernelFigures())}`)
  if (WHOLE) t.same(more, [], `nothing has grown by ${times / 2}`)
}
