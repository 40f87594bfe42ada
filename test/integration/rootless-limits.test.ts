import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { expectSuccess, said } from "../../conformance/lib/command.ts"
import { COUNT, FIRST, NAME, UID, userTest } from "./rootless-box.ts"

/*
 * What the kernel refuses an ordinary user without saying why, and what of him a container of his must not see.
 */

const OURS = { skipFor: { runc: "has other words" } } as const

userTest("rootless: ranges that hold root's id or the user's own [/linux/uidMappings] [/linux/gidMappings]", { ...OURS, ranges: true }, (t, box) => {
  const good = `${NAME}:${FIRST}:${COUNT}\n`
  const cases: readonly (readonly [subuid: string, subgid: string, words: RegExp])[] = [
    [`${NAME}:0:10\n`, good, /\/etc\/subuid, line 1: the 10 ids from 0 on begin with 0, which is root's/],
    [good, `${NAME}:0:10\n`, /\/etc\/subgid, line 1: the 10 ids from 0 on begin with 0, which is root's/],
    [`${NAME}:${FIRST}:5\n${NAME}:${UID - 10}:11\n`, good, new RegExp(`/etc/subuid, line 2: .* hold the user's own, ${UID}, `)],
  ]
  for (const [subuid, subgid, words] of cases) {
    box.around = { subuid, subgid }
    const result = box.run()
    t.not(result.code, 0)
    t.match(said(result), words)
    t.match(said(result), /spec --rootless/)
    t.same(box.stateEntries(), [])
  }
  box.around = { subuid: `${NAME}:${UID + 1}:10\n${NAME}:${UID - 10}:10\n`, subgid: good }
  t.equal(box.inside("grep -c . /proc/self/uid_map"), "3", "beside it they are")
})

userTest("rootless: more ranges than a map has room for: as many as there is [/linux/uidMappings]", { ...OURS, ranges: true }, (t, box) => {
  // 340 lines are allowed, and these 340 are longer than the page that the kernel takes
  const subuid = Array.from({ length: 400 }, (_, n) => `${NAME}:${FIRST + 2 * n}:1\n`).join("")
  box.around = { subuid, subgid: `${NAME}:${FIRST}:${COUNT}\n` }
  const lines = Number(box.inside("grep -c . /proc/self/uid_map"))
  t.ok(lines > 200 && lines <= 340, `${lines} lines`)
})

userTest("rootless: a bind's source in a folder that is closed to the user, with the mount's name [/mounts/*/source]", OURS, (t, box) => {
  mkdirSync(`${box.folder}/closed/data`, { recursive: true })
  chownSync(`${box.folder}/closed`, 0, 0)
  chmodSync(`${box.folder}/closed`, 0o700)
  box.config.mounts.push({ destination: "/data", type: "bind", source: `${box.folder}/closed/data`, options: ["bind"] })
  const result = box.run()
  t.not(result.code, 0)
  const index = box.config.mounts.length - 1
  t.match(said(result), new RegExp(`mounts\\[${index}\\] \\(/data\\): bind source: .*closed/data.*permission denied.*at /mounts/${index}/source`))
})

userTest("rootless: mounts that a user namespace cannot have [/mounts/*/type] [/mounts/*/options]", OURS, (t, box) => {
  const { mounts } = box.config
  const index = mounts.length
  // the first that is for disks, of those that this kernel has
  const disk = /^\t(\w+)$/m.exec(readFileSync("/proc/filesystems", "utf8"))?.[1]
  if (disk !== undefined) {
    box.config.mounts = [...mounts, { destination: "/disk", type: disk, source: "/dev/nothing" }]
    t.match(said(box.run()), new RegExp(`mount ${disk} at /disk.*not permitted.*at /mounts/${index}.*mount it before, and bind it`))
  }
  box.config.mounts = [...mounts, { destination: "/host", type: "bind", source: "/", options: ["bind", "ro"] }]
  t.match(said(box.run()), new RegExp(`bind / to /host.*invalid argument.*at /mounts/${index}.*use the option rbind`))
  box.config.mounts = [...mounts, { destination: "/host", type: "bind", source: "/", options: ["rbind", "ro"] }]
  t.equal(box.inside("echo ran"), "ran")
})

userTest("rootless: root who has no capability at all may not map himself [/linux/uidMappings]", OURS, (t, box) => {
  const none = ["unshare", "--user", "--map-root-user", "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
  box.args("/bin/true").write()
  const result = box.asWords([...box.through, ...none], ["--root", box.root, "run", "--bundle", box.bundle, box.id])
  t.not(result.code, 0)
  t.match(said(result), /uid_map.*not permitted.*at \/linux\/uidMappings\); who maps the id 0 needs CAP_SETFCAP/)
  t.same(box.stateEntries(), [])
})

userTest("rootless: where descriptors run out, nothing is left of the container [run]", OURS, (t, box) => {
  box.args("/bin/true").write()
  let failed = 0
  for (const count of [8, 9, 10, 12]) {
    const result = box.asWords([...box.through, "prlimit", `--nofile=${count}:${count}`], ["--root", box.root, "run", "--bundle", box.bundle, box.id])
    if (result.code !== 0) failed++
    if (result.code !== 0) t.match(said(result), /too many open files/, `${count}: ${said(result)}`)
    t.same(box.stateEntries(), [], `with ${count}`)
  }
  t.ok(failed > 0, `${failed} had too few`)
})

userTest("rootless: a created container holds nothing of its maker's for those who come into it [create] [exec]", {}, (t, box) => {
  box.around = { env: { PATH: process.env.PATH ?? "", XDG_RUNTIME_DIR: box.runtimeDir, SECRET: "of-the-user" } }
  box.args("/bin/sleep", "1000").write()
  expectSuccess(box.call(["create", "--bundle", box.bundle, box.id]))
  const see = "tr '\\0' '\\n' </proc/1/environ; for fd in /proc/1/fd/*; do readlink $fd; done"
  const { stdout } = expectSuccess(box.call(["exec", box.id, "/bin/sh", "-c", see]))
  t.notMatch(stdout, /SECRET|XDG_RUNTIME_DIR/)
  const outside = stdout.split("\n").filter((line) => line.startsWith("/") && !line.startsWith("/dev/"))
  t.same(outside.filter((path) => path.startsWith(box.folder) || path.startsWith("/sys") || path.startsWith("/proc")), [], stdout)
  t.match(readlinkSync(`/proc/${box.pid}/exe`), /memfd:/, "its program is a sealed file in memory")
  expectSuccess(box.call(["delete", "--force", box.id]))
})

userTest("rootless: newuidmap and newgidmap of the caller's PATH or working directory are not run [run]", { ranges: true }, (t, box) => {
  const folder = `${box.folder}/hostile`
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  const fakes = [folder, box.bundle].flatMap((place) => ["newuidmap", "newgidmap"].map((name) => `${place}/${name}`))
  for (const path of fakes) {
    writeFileSync(path, `#!/bin/sh\necho ran >>${folder}/ran\nexec /usr/bin/\${0##*/} "$@"\n`)
    chmodSync(path, 0o755)
  }
  box.around = { env: { PATH: `${folder}:.:${process.env.PATH}`, XDG_RUNTIME_DIR: box.runtimeDir } }
  t.equal(box.inside("grep -c . /proc/self/uid_map"), "2", "the ranges are mapped")
  t.notOk(existsSync(`${folder}/ran`))
})
