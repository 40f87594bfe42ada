/**
 * `npm run gallery`: brings each failure of conformance/gallery about with runts, runc and crun, and writes what they said to
 * conformance/gallery/recorded.json and docs/errors.md. As root. `npm run gallery -- runts` records runts alone; `-- --document` only
 * makes the page anew. What is not installed, or what this machine cannot show, keeps what was recorded before.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { galleryDocument } from "../conformance/gallery/document.ts"
import type { Message } from "../conformance/gallery/failure.ts"
import type { Recorded, Recording } from "../conformance/gallery/document.ts"

const root = new URL("../", import.meta.url)
const file = new URL("conformance/gallery/recorded.json", root)

/** The machine's host name, network and mounts are out of reach, whatever a runtime does not refuse. */
const APART = ["unshare", "--mount", "--uts", "--ipc", "--net", "--propagation", "private"]
const PURE_V2 = ["conformance/rigs/pure-v2"]

const RUNTIMES = {
  runts: { path: "dist/runts", views: [[], PURE_V2] },
  runc: { path: "runc", views: [[], PURE_V2] },
  // where v1 hierarchies are beside cgroup2, crun 1.8 does not start
  crun: { path: "crun", views: [PURE_V2] },
} as const

function run(argv: readonly string[], runtime: string): string {
  const [command, ...rest] = argv as [string, ...string[]]
  const { stdout, stderr, status, error } = spawnSync(command, rest, { cwd: root, encoding: "utf8", env: { ...process.env, RUNTIME: runtime } })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`)
  return stdout
}

function record(path: string, views: readonly (readonly string[])[]): Recording {
  const messages: Record<string, Message> = {}
  for (const view of views) {
    const said = JSON.parse(run([...APART, ...view, process.execPath, "--import", "tsx", "conformance/gallery/record.ts"], path)) as typeof messages
    for (const [name, message] of Object.entries(said)) messages[name] ??= message
  }
  return { version: run([path, "--version"], path).split("\n")[0] as string, messages }
}

const words = process.argv.slice(2)
const recorded: Record<string, Recording> = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Recorded) : {}
for (const [name, { path, views }] of Object.entries(RUNTIMES)) {
  if (words.length > 0 && !words.includes(name)) continue
  if (spawnSync(path, ["--version"], { cwd: root }).error !== undefined) {
    console.error(`${name} is not installed: what it said before stays`)
    continue
  }
  const { version, messages } = record(path, views)
  const before = recorded[name]?.version === version ? recorded[name]?.messages : undefined
  recorded[name] = { version, messages: { ...before, ...messages } }
}
writeFileSync(file, JSON.stringify(recorded, null, 2) + "\n")
writeFileSync(new URL("docs/errors.md", root), galleryDocument(recorded as unknown as Recorded))
