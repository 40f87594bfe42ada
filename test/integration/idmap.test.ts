import { chownSync, mkdirSync, statSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, said } from "../../conformance/lib/command.ts"
import type { IdMapping, Mount } from "../../conformance/lib/config.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * Id-mapped mounts (config.md, "Mounts"): what ids files have inside, and what ids files made inside have outside. Files of the host's user
 * 5000 are seen as 7000.
 */

const old = { runc: "1.1 knows no id-mapped mounts" }
const maps = (hostID: number, containerID = 0, size = 65_536): IdMapping[] => [{ containerID, hostID, size }]
const both = (mappings: IdMapping[]): Pick<Mount, "uidMappings" | "gidMappings"> => ({ uidMappings: mappings, gidMappings: mappings })

/** A folder of the host on a tmpfs of its own, whose files belong to user and group 5000. */
async function withVolume(box: Box, body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = `${box.folder}/volume`
  mkdirSync(folder)
  expectSuccess(command(["mount", "-t", "tmpfs", "-o", "mode=777,uid=5000,gid=5001", "none", folder]))
  try {
    writeFileSync(`${folder}/file`, "x")
    chownSync(`${folder}/file`, 5000, 5001)
    await body(folder)
  } finally {
    box.call(["delete", "--force", box.id])
    expectSuccess(command(["umount", folder]))
  }
}

boxTest("a bind's mappings without the word idmap: seen inside, undone outside [/mounts/*/uidMappings] [/mounts/*/gidMappings]",
  { skipFor: { ...old, crun: "1.8 takes only the option" } }, (t, box) => withVolume(box, (source) => {
    box.config.process.user = { uid: 7000, gid: 7001 }
    box.config.mounts.push({ destination: "/mnt", type: "bind", source, options: ["bind"], ...both(maps(7000, 5000, 10)) })
    t.equal(box.inside("stat -c %u:%g /mnt/file; echo > /mnt/new"), "7000:7001")
    const made = statSync(`${source}/new`)
    t.same([made.uid, made.gid], [5000, 5001], "what is made inside belongs outside to who 7000 stands for")
  }))

boxTest("idmap=uids=...;gids=...: crun's own mappings [/mounts/*/options]", { skipFor: old }, (t, box) =>
  withVolume(box, (source) => {
    box.mapIds(100_000)
    const word = "idmap=uids=5000-100000-1#5002-100002-1;gids=5001-100007-1"
    box.config.mounts.push({ destination: "/mnt", type: "bind", source, options: ["bind", word] })
    t.equal(box.inside("stat -c %u:%g /mnt/file"), "0:7")
  }))

boxTest("idmap=uids=@...: relative to the container's user namespace [/mounts/*/options]", { skipFor: old }, (t, box) =>
  withVolume(box, (source) => {
    box.mapIds(100_000)
    box.config.mounts.push({ destination: "/mnt", type: "bind", source, options: ["bind", "idmap=uids=@5000-5-10;gids=@5000-5-10"] })
    t.equal(box.inside("stat -c %u:%g /mnt/file"), "5:6")
  }))

boxTest("idmap without mappings: those of the container's user namespace [/mounts/*/options]", { skipFor: old }, (t, box) =>
  withVolume(box, (source) => {
    box.mapIds(100_000)
    box.config.mounts.push({ destination: "/mnt", type: "bind", source, options: ["bind", "idmap"] })
    t.equal(box.inside("stat -c %u:%g /mnt/file; echo > /mnt/new"), "5000:5001")
    t.equal(statSync(`${source}/new`).uid, 0, "root of the container is root on the volume")
  }))

boxTest("idmap takes the mount alone, ridmap what lies below it too [/mounts/*/options]",
  { skipFor: { ...old, crun: "1.8 does not know ridmap" } }, (t, box) => withVolume(box, (source) => {
    mkdirSync(`${source}/below`)
    expectSuccess(command(["mount", "-t", "tmpfs", "-o", "uid=5000", "none", `${source}/below`]))
    try {
      for (const [word, below] of [["idmap", 5000], ["ridmap", 7000]] as const) {
        box.config.mounts.push({ destination: `/mnt/${word}`, type: "bind", source, options: ["rbind", word], ...both(maps(7000, 5000, 10)) })
        t.equal(box.inside(`stat -c %u /mnt/${word}/file /mnt/${word}/below | tr '\\n' ' '`), `7000 ${below} `)
        box.delete("--force")
      }
    } finally {
      expectSuccess(command(["umount", `${source}/below`]))
    }
  }))

const fileSystems: [name: string, mount: Mount][] = [
  ["tmpfs", { destination: "/mnt", type: "tmpfs", source: "none", options: ["mode=1777", "ro"] }],
  ["tmpfs by mount(2)", { destination: "/mnt", type: "tmpfs", source: "none", options: ["mode=1777,size=1m"] }],
]

for (const [name, mount] of fileSystems) {
  boxTest(`an id-mapped ${name}: root's files are the mapped user's [/mounts/*/uidMappings]`,
    { skipFor: { ...old, crun: "1.8 id-maps no new file system" } }, (t, box) => {
      box.config.mounts.push({ ...mount, ...both(maps(1000)) })
      t.equal(box.inside("stat -c %u:%g /mnt"), "1000:1000")
    })

  boxTest(`an id-mapped ${name} in a user namespace, which makes none itself [/mounts/*/uidMappings]`,
    { skipFor: { ...old, crun: "1.8 id-maps no new file system" } }, (t, box) => {
      box.mapIds(100_000)
      box.config.mounts.push({ ...mount, ...both(maps(100_000)) })
      t.equal(box.inside("stat -c %u:%g /mnt"), "0:0")
    })
}

boxTest("an id-mapped tmpfs takes its folder's mode and content, and then is mapped [/mounts/*/uidMappings]",
  { skipFor: { ...old, crun: "1.8 id-maps no new file system" } }, (t, box) => {
    writeFileSync(`${box.rootfs}/mnt/kept`, "")
    chownSync(`${box.rootfs}/mnt/kept`, 1001, 1002)
    box.config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "none", options: ["tmpcopyup"], ...both(maps(1000)) })
    t.equal(box.inside("stat -c %a /mnt; stat -c %u:%g /mnt/kept"), "755\n2001:2002")
  })

boxTest("an id-mapped mount that cannot be is an error that names the type [/mounts/*/uidMappings]",
  { skipFor: { ...old, crun: "1.8 takes only the option" } }, (t, box) => {
    box.config.mounts.push({ destination: "/mnt", type: "mqueue", source: "none", options: ["idmap"], ...both(maps(1000)) })
    t.match(said(box.run()), /type mqueue cannot be id-mapped/)
    box.config.mounts.splice(-1, 1, { destination: "/mnt", type: "ramfs", source: "none", ...both(maps(1000)) })
    t.match(said(box.run()), /no id-mapped mounts of the file system type ramfs/)
    box.config.mounts.splice(-1, 1, { destination: "/mnt", type: "tmpfs", source: "none", options: ["idmap"] })
    t.match(said(box.run()), /idmap without mappings/)
    box.config.mounts.splice(-1, 1, { destination: "/mnt", type: "tmpfs", source: "none", options: ["idmap=uids=@0-0-1;gids=@0-0-1"] })
    t.match(said(box.run()), /leaves the container's id mappings/)
  })
