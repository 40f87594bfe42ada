import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess, type CommandOptions, type Result } from "../../conformance/lib/command.ts"
import { cgroupPrefix, controllers } from "../../conformance/lib/environment.ts"
import { AS_USER, giveBox, USER_ID } from "../../conformance/lib/ordinary-user.ts"
import { cgroupsOf } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * Cgroups of ordinary users: none where they may make none and ask for nothing; on v2 those of the part of the tree that is delegated to them
 * (cgroup-v2.rst, "Delegation").
 */

const PEERS = {
  runc: "makes no user namespace by itself", crun: "takes no cgroup of a user's own, and drops limits in silence",
} as const

/** A container of the user's own, who asks for no cgroup. */
function own(box: Box): Box {
  delete box.config.linux.cgroupsPath
  giveBox(box)
  return box
}

function runAs(box: Box, before = "", flags: readonly string[] = []): Result {
  return box.run(flags, { before: `${before}\n${AS_USER}` })
}

boxTest("users: where they may make no cgroup and ask for nothing, there is none [--rootless, /linux/cgroupsPath]", { skipFor: PEERS }, (t, box) => {
  const { stdout } = expectSuccess(runAs(own(box).args("/bin/cat", "/proc/self/cgroup")))
  t.equal(stdout, readFileSync("/proc/self/cgroup", "utf8"), "its processes stay in their maker's")
})

boxTest("users: --rootless false does not leave it out, true does so for root too [--rootless]", { skipFor: PEERS }, (t, box) => {
  own(box).globals = ["--rootless", "false"]
  t.match(runAs(box), { code: 1, stderr: /create cgroup .*: permission denied/ })
  box.globals = ["--rootless=true"]
  t.equal(runAs(box).code, 0)
})

boxTest("users: a cgroup that config.json names is not left out [/linux/cgroupsPath]", { skipFor: PEERS }, (t, box) => {
  own(box).config.linux.cgroupsPath = box.cgroupsPath
  const { code, stderr } = runAs(box)
  t.equal(code, 1)
  t.match(stderr, /create cgroup .*: permission denied .*at \/linux\/cgroupsPath\); .*leave out linux.cgroupsPath/)
})

boxTest("users: a limit without a cgroup is an error that says what to do [/linux/resources/pids/limit]", { skipFor: PEERS }, (t, box) => {
  own(box).config.linux.resources = { pids: { limit: 20 } }
  const { code, stderr } = runAs(box)
  t.equal(code, 1)
  t.match(stderr, /leave out the limits, or call runts as root|systemd-run --user --scope -p Delegate=yes/)
  t.same(box.stateEntries(), [])
})

boxTest("users: limits of zero, and device rules, ask for nothing [/linux/resources]", { skipFor: PEERS }, (t, box) => {
  own(box).config.linux.resources = { devices: [{ allow: false, access: "rwm" }], memory: { limit: 0 }, cpu: {}, pids: {} }
  t.equal(runAs(box).code, 0)
})

boxTest("users: exec, kill --all, ps and delete do without the cgroup, the others say so [exec, kill --all, ps, delete, pause]", { skipFor: PEERS }, async (t, box) => {
  const as: CommandOptions = { before: AS_USER }
  own(box).args("/bin/sleep", "1000").create([], as)
  box.start(as)
  t.equal(box.exec(["/bin/true"], [], as).code, 0)
  t.equal((JSON.parse(expectSuccess(box.call(["ps", "--format", "json", box.id], as)).stdout) as number[]).length, 1)
  t.match(box.call(["pause", box.id], as), { code: 1, stderr: /has no cgroup to freeze: its maker could make none/ })
  expectSuccess(box.call(["kill", "--all", box.id, "KILL"], as))
  await box.reached("stopped")
  expectSuccess(box.call(["delete", box.id], as))
})

/** A part of the tree that is the user's, and gone afterwards. */
class Delegated {
  readonly path = `${cgroupPrefix}-user`
  readonly folder = `/sys/fs/cgroup${this.path}`
  constructor() {
    mkdirSync(this.folder)
    writeFileSync("/sys/fs/cgroup/cgroup.subtree_control", `+${limit().controller}`)
    this.give("")
  }
  /** A cgroup below it, of the user's too. */
  make(name: string): this {
    mkdirSync(`${this.folder}/${name}`)
    return this.give("/" + name)
  }
  /** For `before`: the command begins in the cgroup. */
  from(name: string): string {
    return `echo $$ >${this.folder}${name}/cgroup.procs || exit 9`
  }
  below(): string[] {
    return readdirSync(this.folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  }
  remove(): void {
    for (const name of this.below()) rmdirSync(`${this.folder}/${name}`)
    rmdirSync(this.folder)
  }
  private give(name: string): this {
    for (const file of ["", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"]) chownSync(this.folder + name + file, USER_ID, USER_ID)
    return this
  }
}

function delegatedTest(title: string, body: (t: Parameters<Parameters<typeof boxTest>[1]>[0], box: Box, part: Delegated) => void | Promise<void>): void {
  boxTest(title, { needs: ["v2"], skipFor: PEERS }, async (t, box) => {
    const part = new Delegated()
    try {
      await body(t, own(box), part)
    } finally {
      for (const id of box.stateEntries()) box.call(["delete", "--force", id])
      part.remove()
    }
  })
}

delegatedTest("users, delegation: the container's cgroup is beside its maker's, where the parent is the user's [/linux/cgroupsPath]", (t, box, part) => {
  part.make("main")
  const { stdout } = expectSuccess(runAs(box.args("/bin/cat", "/proc/self/cgroup"), part.from("/main")))
  t.match(stdout, `0::${part.path}/${box.id}\n`)
  t.same(part.below(), ["main"], "it is removed")
})

delegatedTest("users, delegation: where only his own cgroup is the user's, the container's is below it [/linux/cgroupsPath]", (t, box, part) => {
  const { stdout } = expectSuccess(runAs(box.args("/bin/cat", "/proc/self/cgroup"), part.from("")))
  t.match(stdout, `0::${part.path}/${box.id}\n`)
  t.same(part.below(), [])
})

delegatedTest("users, delegation: the container's process is frozen, listed and killed by its cgroup [pause, resume, ps, kill --all]", async (t, box, part) => {
  const before = `${part.make("main").from("/main")}\n${AS_USER}`
  box.args("/bin/sleep", "1000").create([], { before })
  box.start({ before })
  t.equal(cgroupsOf(box.pid)[""], `${part.path}/${box.id}`)
  expectSuccess(box.call(["pause", box.id], { before }))
  t.equal(box.state().status, "paused")
  expectSuccess(box.call(["resume", box.id], { before }))
  t.equal(box.exec(["/bin/true"], [], { before }).code, 0)
  t.equal((JSON.parse(box.call(["ps", "--format", "json", box.id], { before }).stdout) as number[]).length, 1)
  expectSuccess(box.call(["kill", "--all", box.id, "KILL"], { before }))
  await box.reached("stopped")
  expectSuccess(box.call(["delete", box.id], { before }))
  t.same(part.below(), ["main"])
})

/** A limit by the first controller that is there, and how it is read. */
function limit(): { controller: string; resources: object; file: string; value: string } {
  const controller = controllers.includes("pids") ? "pids" : (controllers[0] as string)
  if (controller === "pids") return { controller, resources: { pids: { limit: 30 } }, file: "pids.max", value: "30" }
  if (controller !== "hugetlb") throw new Error(`no limit is known for the controller ${controller}`)
  return {
    controller, resources: { hugepageLimits: [{ pageSize: "2MB", limit: 4_194_304 }] }, file: "hugetlb.2MB.max", value: "4194304",
  }
}

delegatedTest("users, delegation: a delegated controller limits the container [/linux/resources]", (t, box, part) => {
  const { resources, file, value } = limit()
  box.config.linux.resources = resources
  box.config.mounts.push({ destination: "/mnt", type: "bind", source: "/sys/fs/cgroup", options: ["rbind", "ro"] })
  const { stdout } = expectSuccess(runAs(box.args("/bin/cat", `/mnt${part.path}/${box.id}/${file}`), part.make("main").from("/main")))
  t.equal(stdout, value + "\n")
})

delegatedTest("users, delegation: limits below a cgroup that holds processes: the error explains it [/linux/resources]", (t, box, part) => {
  const { resources, controller } = limit()
  box.config.linux.resources = resources
  const { code, stderr } = runAs(box, part.from(""))
  t.equal(code, 1)
  t.match(stderr, `controller ${controller} is not available in ${part.folder}/${box.id}`)
  t.match(stderr, `${part.folder} has a process of its own, so that the kernel gives cgroups below it no controllers (no internal processes): first move all`)
  t.same(part.below(), [])
})

delegatedTest("users, delegation: limits whose controller is not delegated: the error says what to do [/linux/resources]", (t, box, part) => {
  const { resources, controller } = limit()
  box.config.linux.resources = resources
  part.make("main").make("mine")
  chownSync(`${part.folder}/cgroup.subtree_control`, 0, 0)
  const { code, stderr } = runAs(box, part.from("/main"))
  t.equal(code, 1)
  t.match(stderr, new RegExp(`${controller} is not available in .*; ${part.folder} does not hand it on, and this user may not change that: .*Delegate=${controller}`))
})

delegatedTest("users, delegation: from outside of the user's part, the error names both cgroups and the common one [/linux/cgroupsPath]", (t, box, part) => {
  box.config.linux.cgroupsPath = `${part.path}/named`
  const { code, stderr } = runAs(box)
  t.equal(code, 1)
  t.match(stderr, `bring the container's process into cgroup "${part.folder}/named": permission denied (EACCES, at /linux/cgroupsPath)`)
  t.match(stderr, "must be able to write /sys/fs/cgroup/cgroup.procs")
  t.same(part.below(), [], "the cgroup that was made is removed")
  t.equal(existsSync(`${box.root}/${box.id}`), false)
})
