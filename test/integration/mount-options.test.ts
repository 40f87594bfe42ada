import { mkdirSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, said } from "../../conformance/lib/command.ts"
import type { Mount } from "../../conformance/lib/config.ts"
import { type MountEntry, mountinfo, parseMountinfo } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"
import { mountOptionNames } from "../../src/kernel/mount-options.ts"

/*
 * Every word of the table of mount options (config.md, "Linux mount options", and what peers add), each by what mountinfo says
 * of it inside and outside the container.
 */

/** What a word must make of a mount: words that its mountinfo has, and (with "!") has not; "super:" for those of the file system. */
type Rows = Readonly<Record<string, string>>

/** On a new tmpfs. */
const SETS: Rows = {
  ro: "ro", nosuid: "nosuid", nodev: "nodev", noexec: "noexec", noatime: "noatime", nodiratime: "nodiratime", nosymfollow: "nosymfollow",
  relatime: "relatime", strictatime: "!relatime !noatime", rw: "rw", suid: "!nosuid", dev: "!nodev", exec: "!noexec", atime: "!noatime",
  diratime: "!nodiratime", symfollow: "!nosymfollow", norelatime: "!noatime", nostrictatime: "relatime",
  sync: "super:sync", dirsync: "super:dirsync", lazytime: "super:lazytime", async: "!super:sync", nolazytime: "!super:lazytime",
  mand: "super:rw", nomand: "super:rw", iversion: "super:rw", noiversion: "super:rw", silent: "rw", loud: "rw", defaults: "rw relatime",
  private: "!shared", shared: "shared", slave: "!shared", unbindable: "unbindable",
}

/** On a bind of a mount that is ro, nosuid, nodev, noexec, noatime, nodiratime and nosymfollow: only what is named changes. */
const CLEARS: Rows = {
  rw: "rw nosuid nodev noexec noatime", suid: "ro !nosuid nodev", dev: "ro nosuid !nodev", exec: "ro !noexec", atime: "!noatime ro",
  relatime: "relatime !noatime", strictatime: "!relatime !noatime", norelatime: "noatime", nostrictatime: "relatime",
  diratime: "!nodiratime ro", symfollow: "!nosymfollow ro", defaults: "ro nosuid nodev noexec noatime nodiratime nosymfollow",
}

/** Words that say how a mount comes to be; their own tests show what they do. */
const ELSEWHERE = ["bind", "rbind", "remount", "idmap", "ridmap", "tmpcopyup", "copy-symlink", "src-nofollow", "dest-nofollow"]

const old = { skipFor: { runc: "1.1 has no recursive attributes by the mount API", crun: "1.8 does not know all words" } } as const

/** Faults of a mount by a row; [] if it is as asked. */
function faults(entry: MountEntry | undefined, row: string): string[] {
  if (entry === undefined) return ["is not there"]
  const { options, superOptions, propagation } = entry
  const words = new Set([...options, ...propagation.map((field) => field.replace(/:.*/, "")), ...superOptions.map((word) => "super:" + word)])
  return row.split(" ").filter((word) => (word.startsWith("!") ? words.has(word.slice(1)) : !words.has(word)))
}

/** What the container sees of its mounts, and what the host does. */
function views(box: Box, pid: number): Map<string, MountEntry>[] {
  const inside = parseMountinfo(expectSuccess(box.exec(["/bin/cat", "/proc/self/mountinfo"])).stdout)
  return [inside, mountinfo(pid)].map((entries) => new Map(entries.map((entry) => [entry.target, entry])))
}

const plain = (word: string): string => (word !== "rw" && word !== "ro" && /^r(?!elatime|w$|o$)/.test(word) ? word.slice(1) : word)

boxTest("every word on a new file system [/mounts/*/options]", old, async (t, box) => {
  const words = mountOptionNames().filter((word) => !ELSEWHERE.includes(word))
  for (const word of words) box.config.mounts.push({ destination: `/mnt/${word}`, type: "tmpfs", source: "none", options: [word] })
  const [inside, outside] = views(box, await box.launch("/bin/sleep", "100"))
  for (const word of words) {
    const row = SETS[plain(word)]
    t.ok(row, `${word} has a row`)
    t.same(faults(inside?.get(`/mnt/${word}`), row ?? ""), [], `${word} inside`)
    t.same(faults(outside?.get(`/mnt/${word}`), row ?? ""), [], `${word} outside`)
  }
})

boxTest("every word that clears, on a bind: nothing else changes [/mounts/*/options]", { ...old, differs: ["locked mounts"] }, async (t, box) => {
  const source = `${box.folder}/volume`
  mkdirSync(source)
  const all = "ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow"
  expectSuccess(command(["mount", "-t", "tmpfs", "none", source]))
  try {
    mkdirSync(`${source}/below`)
    expectSuccess(command(["mount", "-t", "tmpfs", "none", `${source}/below`]))
    for (const folder of [`${source}/below`, source]) expectSuccess(command(["mount", "-o", `remount,bind,${all}`, folder]))
    for (const word of Object.keys(CLEARS)) {
      for (const name of word === "defaults" ? [word] : [word, "r" + word]) {
        box.config.mounts.push({ destination: `/mnt/${name}`, type: "bind", source, options: ["rbind", name] })
      }
    }
    const [inside, outside] = views(box, await box.launch("/bin/sleep", "100"))
    for (const [word, row] of Object.entries(CLEARS)) {
      for (const view of [inside, outside]) {
        t.same(faults(view?.get(`/mnt/${word}`), row), [], word)
        t.same(faults(view?.get(`/mnt/${word}/below`), CLEARS["defaults"] as string), [], `${word} leaves the mounts below alone`)
        if (word === "defaults") continue
        t.same(faults(view?.get(`/mnt/r${word}`), row), [], `r${word}`)
        t.same(faults(view?.get(`/mnt/r${word}/below`), row), [], `r${word} holds below too`)
      }
    }
  } finally {
    box.call(["delete", "--force", box.id])
    expectSuccess(command(["umount", "-R", source]))
  }
})

/** The words of each clause of config.md, "Linux mount options"; "remount" and those of binds have tests of their own. */
const OF_CLAUSE = {
  "linux-mount-options-1": ["async", "atime", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud"],
  "linux-mount-options-2": ["noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "norelatime", "nostrictatime", "nosuid"],
  "linux-mount-options-3": ["relatime", "ro", "rw", "silent", "strictatime", "suid", "sync"],
  "linux-mount-options-6": ["private", "shared", "slave", "unbindable", "rprivate", "rshared", "rslave", "runbindable"],
  "linux-mount-options-7": ["nosymfollow", "symfollow"],
} as const

for (const [clause, words] of Object.entries(OF_CLAUSE)) {
  boxTest(`each word by itself, on a new file system [clause config.md/${clause}]`, { leavesElsewhere: "runtime.md/errors-1" }, (t, box) => {
    const before = [...box.config.mounts]
    for (const word of words) {
      box.config.mounts = [...before, { destination: "/mnt", type: "tmpfs", source: "none", options: [word] }]
      const result = box.args("/bin/cat", "/proc/self/mountinfo").run()
      t.equal(result.code, 0, `${word} is taken`)
      const entry = parseMountinfo(result.stdout).find(({ target }) => target === "/mnt")
      if (result.code === 0) t.same(faults(entry, SETS[plain(word)] ?? ""), [], word)
      else box.call(["delete", "--force", box.id])
    }
  })
}

boxTest("remount changes the file system that is there, with bind the mount alone [clause config.md/linux-mount-options-4]", (t, box) => {
  const tmpfs = (destination: string): Mount => ({ destination, type: "tmpfs", source: "none", options: ["size=1m"] })
  box.config.mounts.push(
    tmpfs("/mnt/a"), { destination: "/mnt/a", type: "tmpfs", source: "none", options: ["remount", "size=2m"] },
    tmpfs("/mnt/b"), { destination: "/mnt/b", type: "bind", source: box.folder, options: ["remount", "bind", "ro"] },
  )
  const entries = parseMountinfo(expectSuccess(box.args("/bin/cat", "/proc/self/mountinfo").run()).stdout)
  t.same(faults(entries.find(({ target }) => target === "/mnt/a"), "super:size=2048k"), [])
  t.same(faults(entries.find(({ target }) => target === "/mnt/b"), "ro super:rw"), [])
})

/** Attributes of a mount and all below it, and what each makes of one that is, or is not, the opposite. */
const RECURSIVE: Rows = {
  rro: "ro", rnosuid: "nosuid", rnodev: "nodev", rnoexec: "noexec", rnoatime: "noatime", rnodiratime: "nodiratime", rrelatime: "relatime", rstrictatime: "!relatime !noatime",
  rnosymfollow: "nosymfollow", rrw: "rw", rsuid: "!nosuid", rdev: "!nodev", rexec: "!noexec", rdiratime: "!nodiratime", rsymfollow: "!nosymfollow",
}

boxTest("each recursive attribute holds for a bind and the mount below it [clause config.md/linux-mount-options-8]", { differs: ["locked mounts"], leavesElsewhere: "runtime.md/errors-1" }, (t, box) => {
  const source = `${box.folder}/volume`
  mkdirSync(source)
  expectSuccess(command(["mount", "-t", "tmpfs", "none", source]))
  try {
    mkdirSync(`${source}/below`)
    expectSuccess(command(["mount", "-t", "tmpfs", "none", `${source}/below`]))
    const before = [...box.config.mounts]
    for (const [word, row] of Object.entries(RECURSIVE)) {
      const opposite = row.startsWith("!no") ? row.slice(1) : row === "rw" ? "ro" : "defaults"
      for (const folder of [source, `${source}/below`]) expectSuccess(command(["mount", "-o", `remount,bind,rw,${opposite}`, folder]))
      box.config.mounts = [...before, { destination: "/mnt", type: "bind", source, options: ["rbind", word] }]
      const result = box.args("/bin/cat", "/proc/self/mountinfo").run()
      t.equal(result.code, 0, `${word} is taken`)
      const entries = parseMountinfo(result.stdout)
      if (result.code !== 0) box.call(["delete", "--force", box.id])
      else for (const target of ["/mnt", "/mnt/below"]) t.same(faults(entries.find((one) => one.target === target), row), [], `${word}: ${target}`)
    }
  } finally {
    box.call(["delete", "--force", box.id])
    expectSuccess(command(["umount", "-R", source]))
  }
})

boxTest("propagation words hold for any type [/mounts/*/options]", { skipFor: { crun: "1.8 forgets some" } }, async (t, box) => {
  const types: Mount[] = [
    { destination: "/mnt/tmpfs", type: "tmpfs" }, { destination: "/mnt/sysfs", type: "sysfs" }, { destination: "/mnt/proc", type: "proc" },
    { destination: "/mnt/mqueue", type: "mqueue" }, { destination: "/mnt/cgroup", type: "cgroup" },
    { destination: "/mnt/devpts", type: "devpts", options: ["newinstance"] },
  ]
  for (const [word, row] of [["shared", "shared"], ["unbindable", "unbindable"], ["rprivate", "!shared"], ["rshared", "shared"]] as const) {
    for (const mount of types) {
      box.config.mounts.push({ ...mount, source: "none", destination: mount.destination + word, options: [...(mount.options ?? []), word] })
    }
    const pid = await box.launch("/bin/sleep", "100")
    const [inside] = views(box, pid)
    for (const { destination } of types) t.same(faults(inside?.get(destination + word), row), [], destination + word)
    box.delete("--force")
    box.config.mounts.splice(-types.length)
  }
})

boxTest("the last of words that exclude each other wins [/mounts/*/options]", { skipFor: { runc: "1.1 adds up atime modes" } }, async (t, box) => {
  const rows: [options: string[], row: string][] = [
    [["ro", "rw"], "rw"], [["rw", "ro"], "ro"], [["sync", "async"], "!super:sync"], [["nosuid", "suid"], "!nosuid"],
    [["noatime", "relatime"], "relatime !noatime"], [["nodev", "dev", "nodev"], "nodev"],
  ]
  rows.forEach(([options], i) => box.config.mounts.push({ destination: `/mnt/${i}`, type: "tmpfs", source: "none", options }))
  const [inside] = views(box, await box.launch("/bin/sleep", "100"))
  rows.forEach(([options, row], i) => t.same(faults(inside?.get(`/mnt/${i}`), row), [], options.join()))
})

boxTest("remount changes what is named, of the mount with bind, of the file system without [/mounts/*/options]", { ...old, differs: ["remounted file systems"] }, async (t, box) => {
  const tmpfs = (destination: string, ...options: string[]): Mount => ({ destination, type: "tmpfs", source: "none", options })
  box.config.mounts.push(
    tmpfs("/mnt/a", "nosuid", "size=1m"), { destination: "/mnt/a", options: ["remount", "bind", "noexec", "ro"] },
    tmpfs("/mnt/b", "nosuid", "size=1m"), { destination: "/mnt/b", options: ["remount", "size=2m", "noexec"] },
    tmpfs("/mnt/c", "noexec"), { destination: "/mnt/c", type: "none", options: ["remount", "exec"] },
    // its superblock is read-only: without bind that is lifted
    { destination: "/mnt/d", type: "sysfs", source: "sysfs", options: ["ro"] }, { destination: "/mnt/d", options: ["remount", "rw"] },
  )
  for (const view of views(box, await box.launch("/bin/sleep", "100"))) {
    t.same(faults(view.get("/mnt/a"), "nosuid noexec ro super:rw super:size=1024k"), [])
    t.same(faults(view.get("/mnt/b"), "nosuid noexec rw super:size=2048k"), [])
    t.same(faults(view.get("/mnt/c"), "!noexec"), [])
    t.same(faults(view.get("/mnt/d"), "rw super:rw"), [])
  }
})

boxTest("the kernel's reason is in the error, with the option's pointer [/mounts/*/options]", old, (t, box) => {
  const rows: [mount: Mount, message: RegExp][] = [
    [{ destination: "/mnt", type: "tmpfs", source: "none", options: ["nonsense"] }, /kernel says.*nonsense.*\/mounts\/5/],
    [{ destination: "/mnt", type: "overlay", source: "none", options: ["lowerdir=/no/such"] }, /lowerdir=\/no\/such: no such file or directory.*\/mounts\/5/],
    [{ destination: "/dev/shm", options: ["remount", "nonsense=1"] }, /kernel says.*nonsense.*\/mounts\/5/],
    [{ destination: "/mnt" }, /it has no type.*\/mounts\/5\/type/],
    [{ destination: "/mnt", type: "bind", source: "/", options: ["bind", "nonsense"] }, /takes no data.*nonsense.*\/mounts\/5\/options/],
  ]
  for (const [mount, message] of rows) {
    box.config.mounts.push(mount)
    t.match(said(box.run()), message)
    box.config.mounts.pop()
  }
})

boxTest("a mount on / is the container's root; what was mounted before lies beneath it [/mounts/*/destination]",
  { skipFor: { crun: "1.8 refuses it" } }, (t, box) => {
    const other = `${box.folder}/other`
    expectSuccess(command(["cp", "-a", box.rootfs, other]))
    writeFileSync(`${other}/iamother`, "")
    box.config.mounts.unshift({ destination: "/", type: "bind", source: other, options: ["bind"] })
    box.config.root.readonly = true
    t.equal(box.inside("ls -d /iamother /proc/1; (touch /x) 2>&1 | grep -c Read-only; cut -d' ' -f5 /proc/self/mountinfo | head -1"),
      "/iamother\n/proc/1\n1\n/")
  })

boxTest("fifos, sockets and files are bound; a relative destination is taken from the root, with a warning [/mounts/*/destination]",
  (t, box) => {
    expectSuccess(command(["mkfifo", `${box.bundle}/fifo`]))
    writeFileSync(`${box.bundle}/file`, "here")
    box.config.mounts.push(
      { destination: "/run/deep/fifo", type: "bind", source: "fifo", options: ["bind"] },
      { destination: "mnt/file", type: "bind", source: "file", options: ["bind"] },
    )
    t.equal(box.inside("test -p /run/deep/fifo && cat /mnt/file"), "here")
  })

boxTest("tmpcopyup: hard links, big and sparse files, attributes and times of folders, names that are no UTF-8 [/mounts/*/options]",
  { differs: ["trusted attributes"], skipFor: { runc: "1.1 unlinks hard links", crun: "fails on such names" } }, async (t, box) => {
    const from = `${box.rootfs}/mnt`
    expectSuccess(command(["/bin/sh", "-c", `cd ${from} && mkdir -m 3751 sub && echo x > sub/one && ln sub/one two && ln -s sub/one link &&
      head -c 5000000 /dev/urandom > big && chown 12:34 big && chmod 4711 big && touch "$(printf 'n\\377')" &&
      python3 -c 'import os; os.setxattr("sub", "trusted.folder", b"yes")' && mkfifo fifo && chown 7 sub && touch -d 2001-02-03 sub sub/one`]))
    box.config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] })
    const digest = expectSuccess(command(["md5sum", `${from}/big`])).stdout.slice(0, 32)
    const script = "cd /mnt; stat -c '%a %u:%g %h %Y' sub sub/one two big; md5sum big; readlink link; test -f \"$(printf 'n\\377')\" && echo 1; test -p fifo; " +
      "test sub/one -ef two && echo same"
    const { stdout } = expectSuccess(command(["/bin/sh", "-c", `cd ${from}; stat -c '%a %u:%g %h %Y' sub sub/one two big`]))
    const pid = await box.launch("/bin/sleep", "100")
    t.equal(expectSuccess(box.exec(["/bin/sh", "-c", script])).stdout.trimEnd(), `${stdout}${digest}  big\nsub/one\n1\nsame`)
    const read = `import os; print(os.getxattr("/proc/${pid}/root/mnt/sub", "trusted.folder").decode())`
    t.equal(expectSuccess(command(["python3", "-c", read])).stdout, "yes\n")
  })

boxTest("500 mounts [/mounts]", (t, box) => {
  for (let i = 0; i < 500; i++) box.config.mounts.push({ destination: `/mnt/${i}`, type: "bind", source: box.folder, options: ["bind", "ro"] })
  const started = process.hrtime.bigint()
  t.equal(box.inside("grep -c ' /mnt/[0-9]* ' /proc/self/mountinfo"), "500")
  t.comment(`${(process.hrtime.bigint() - started) / 1_000_000n} ms`)
})
