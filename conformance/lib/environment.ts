import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { Way } from "./ways.ts"

/** The checkout's top folder. */
export const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "../..")

/** The runtime under test: an absolute path, or a name looked up in PATH. From the variable RUNTIME. */
export const runtimePath = locate(process.env.RUNTIME || `${checkout}/dist/runts`)

/** Which program it is: tests state with `skipFor` where a peer is known to deviate. */
export type RuntimeName = "runts" | "runc" | "crun"
export const runtimeName = nameOf(basename(runtimePath))

/** Where the suite runs: on the machine itself, in a view of cgroup2 alone, or under User Mode Linux, there also with systemd. */
export type EnvironmentName = "native" | "pure-v2" | "uml" | "systemd-uml"
export const environment = (process.env.RUNTS_TEST_ENV || "native") as EnvironmentName
/** A kernel with one slow processor, built without much that a machine's has. */
export const underUml = environment.endsWith("uml")

/** See ways.ts; "rootless" and "delegated" in conformance/rigs/rootless. */
export const way = (process.env.RUNTS_TEST_WAY || "plain") as Way

/** Every file of this test process is below this folder; it is removed when the process ends. */
export const scratch = mkdtempSync(`${realpathSync(tmpdir())}/runts-test-`)
chmodSync(scratch, 0o755) // ids of a user namespace must get through to the bundles

/** The ordinary user who makes the containers, or undefined where root does. His id is 0 in them; id n is his first of /etc/subuid + n - 1. */
export const user = way === "rootless" ? findUser(process.env.RUNTS_RIG_USER ?? "") : undefined

/** The slice of all units of this test process. */
export const SLICE = `runtstest${process.pid}.slice`

/** The folder of every container's cgroup is below this one. */
export const cgroupPrefix = way === "systemd" ? `/${SLICE}` : `/runts-test-${process.pid}`

/** In the environment of every runtime that is started here, so that a process left behind is known as ours. */
export const marker = `RUNTS_TEST_MARKER=${process.pid}-${Date.now()}`

/** The folders under which a container's cgroups are: one of cgroup2, and one for each v1 hierarchy. */
export const cgroupRoots: readonly string[] = findCgroupRoots()

/** True if /sys/fs/cgroup itself is cgroup2. */
export const unified = cgroupRoots.length === 1 && cgroupRoots[0] === "/sys/fs/cgroup"

/** v2 controllers that containers can be given here; empty in a hybrid or v1 environment. */
export const controllers: readonly string[] = unified
  ? readFileSync("/sys/fs/cgroup/cgroup.controllers", "utf8").trim().split(" ").filter((name) => name !== "")
  : []

/** The security module that labels processes here: AppArmor if it is on, SELinux if it is on and its file system mounted. */
export const securityModule: "apparmor" | "selinux" | "none" = findSecurityModule()

function findSecurityModule(): "apparmor" | "selinux" | "none" {
  if (existsSync("/sys/fs/selinux/load")) return "selinux"
  const enabled = "/sys/module/apparmor/parameters/enabled"
  return existsSync(enabled) && readFileSync(enabled, "utf8").startsWith("Y") ? "apparmor" : "none"
}

/** Of a user who calls a runtime: his name, his id and his group's, and what he may map beside. */
export interface User {
  readonly name: string
  readonly id: number
  readonly subids: { readonly first: number; readonly count: number }
}

/** Reads the accounts, and gives this process what he would find in his environment. */
function findUser(name: string): User {
  const line = (path: string): string[] => (
    readFileSync(path, "utf8").split("\n").find((text) => text.startsWith(`${name}:`)) ?? "").split(":")
  const id = Number(line("/etc/passwd")[2])
  const [, first, count] = line("/etc/subuid").map(Number)
  if (!(id > 0) || first === undefined || count === undefined) throw new Error("RUNTS_TEST_WAY=rootless is for conformance/rigs/rootless")
  for (const folder of ["home", "runtime"]) {
    mkdirSync(`${scratch}/${folder}`, { mode: 0o700 })
    chownSync(`${scratch}/${folder}`, id, id)
  }
  Object.assign(process.env, { USER: name, LOGNAME: name, HOME: `${scratch}/home`, XDG_RUNTIME_DIR: `${scratch}/runtime` })
  for (const variable of ["SUDO_UID", "SUDO_GID", "SUDO_USER"]) delete process.env[variable]
  return { name, id, subids: { first, count } }
}

function locate(name: string): string {
  if (name.includes("/")) return resolve(name)
  for (const folder of (process.env.PATH ?? "").split(":")) {
    try {
      if (statSync(`${folder}/${name}`).isFile()) return `${folder}/${name}`
    } catch {
      // not in this folder
    }
  }
  throw new Error(`RUNTIME: no "${name}" in PATH`)
}

function nameOf(base: string): RuntimeName {
  return base === "runc" || base === "crun" ? base : "runts"
}

function findCgroupRoots(): string[] {
  const roots: string[] = []
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [before, after] = line.split(" - ")
    const type = after?.split(" ")[0]
    const target = before?.split(" ")[4]
    if (target?.startsWith("/sys/fs/cgroup") && (type === "cgroup" || type === "cgroup2")) roots.push(target)
  }
  return roots
}

/** Folders of this run's cgroups that exist, deepest first. */
export function ownCgroups(): string[] {
  const found: string[] = []
  const walk = (folder: string): void => {
    let entries
    try {
      entries = readdirSync(folder, { withFileTypes: true })
    } catch {
      return
    }
    for (const entry of entries) if (entry.isDirectory()) walk(`${folder}/${entry.name}`)
    found.push(folder)
  }
  for (const root of cgroupRoots) walk(root + cgroupPrefix)
  return found
}

process.on("exit", () => {
  for (const folder of ownCgroups()) {
    try {
      rmdirSync(folder)
    } catch {
      // reported as a leftover by the test that made it
    }
  }
  rmSync(scratch, { recursive: true, force: true })
})
