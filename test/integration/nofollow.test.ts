import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess, said } from "../../conformance/lib/command.ts"
import type { Mount } from "../../conformance/lib/config.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* crun's copy-symlink, src-nofollow and dest-nofollow: what becomes of symbolic links at the ends of a bind, and that none leads out. */

const only = { skipFor: { runc: "does not know these options", crun: "1.8 knows copy-symlink alone" } } as const
const bind = (source: string, destination: string, ...options: string[]): Mount => ({ destination, type: "bind", source, options: ["bind", ...options] })

/** A folder of the host with a file and links to it, one dangling. */
function sources(box: Box): string {
  const folder = `${box.folder}/volume`
  mkdirSync(folder)
  writeFileSync(`${folder}/file`, "from the volume")
  symlinkSync("file", `${folder}/link`)
  symlinkSync("/no/where/at/all", `${folder}/dangling`)
  return folder
}

for (const users of [false, true]) {
  const where = users ? " in a user namespace" : ""
  boxTest(`copy-symlink makes the link that the source is, and mounts what is none${where} [/mounts/*/options]`, only, (t, box) => {
    if (users) box.mapIds()
    const folder = sources(box)
    box.config.mounts.push(
      bind(`${folder}/dangling`, "/etc/dangling", "copy-symlink"), bind(`${folder}/link`, "/deep/er/link", "copy-symlink"),
      bind(`${folder}/file`, "/mnt/file", "copy-symlink"),
    )
    const script = "readlink /etc/dangling /deep/er/link; cat /mnt/file"
    t.equal(box.inside(script.replace("readlink /etc/dangling /deep/er/link", "readlink /etc/dangling; readlink /deep/er/link")),
      "/no/where/at/all\nfile\nfrom the volume")
    t.equal(readlinkSync(`${box.rootfs}/etc/dangling`), "/no/where/at/all", "it is in the root file system")
    box.delete("--force")
    expectSuccess(box.run())
    t.pass("a link that is there already is as good")
  })

  boxTest(`src-nofollow binds the link itself${where} [/mounts/*/options]`, only, (t, box) => {
    if (users) box.mapIds()
    const folder = sources(box)
    box.config.mounts.push(bind(`${folder}/dangling`, "/mnt/bound", "src-nofollow"), bind(`${folder}/file`, "/mnt/file", "src-nofollow"))
    t.equal(box.inside("readlink /mnt/bound; cat /mnt/file"), "/no/where/at/all\nfrom the volume")
    t.ok(lstatSync(`${box.rootfs}/mnt/bound`).isFile(), "on a file")
  })

  boxTest(`dest-nofollow mounts on the link itself${where} [/mounts/*/options]`, only, (t, box) => {
    if (users) box.mapIds()
    const folder = sources(box)
    const canary = `${box.folder}/canary`
    mkdirSync(canary)
    symlinkSync(`${canary}/new`, `${box.rootfs}/mnt/target`)
    symlinkSync("/etc/passwd", `${box.rootfs}/mnt/other`)
    box.config.mounts.push(
      bind(`${folder}/file`, "/mnt/target", "dest-nofollow"), bind(`${folder}/link`, "/mnt/other", "dest-nofollow", "src-nofollow"),
      bind(`${folder}/file`, "/made/new", "dest-nofollow"),
    )
    t.equal(box.inside("cat /mnt/target /made/new; readlink /mnt/other; grep -c root /etc/passwd"), "from the volumefrom the volumefile\n1")
    t.same(readdirSync(canary), [])
  })
}

boxTest("copy-symlink leaves what is there, and says so; it excludes the other two [/mounts/*/options]", only, (t, box) => {
  const folder = sources(box)
  symlinkSync("elsewhere", `${box.rootfs}/etc/link`)
  symlinkSync("/no/where/at/al", `${box.rootfs}/etc/shorter`)
  symlinkSync("/no/where/at/all/", `${box.rootfs}/etc/longer`)
  for (const destination of ["/etc/link", "/etc/passwd", "/etc/shorter", "/etc/longer", "/etc"]) {
    box.config.mounts.push(bind(`${folder}/dangling`, destination, "copy-symlink"))
    t.match(said(box.run()), /make the symbolic link .*: file exists.*\/mounts\/5/, destination)
    box.config.mounts.pop()
  }
  t.equal(readlinkSync(`${box.rootfs}/etc/link`), "elsewhere")
  for (const word of ["src-nofollow", "dest-nofollow"]) {
    box.config.mounts.push(bind(`${folder}/link`, "/mnt/x", "copy-symlink", word))
    t.match(said(box.run()), /excludes src-nofollow and dest-nofollow/)
    box.config.mounts.pop()
  }
})

boxTest("no link of the image leads what these options make out of the root [/mounts/*/options]", only, (t, box) => {
  const folder = sources(box)
  const canary = `${box.folder}/canary`
  mkdirSync(canary)
  symlinkSync(canary, `${box.rootfs}/out`)
  symlinkSync("/proc/self", `${box.rootfs}/trap`)
  box.config.mounts.push(
    bind(`${folder}/dangling`, "/out/link", "copy-symlink"), bind(`${folder}/dangling`, "/out/bound", "src-nofollow"),
    bind(`${folder}/file`, "/out/x/y", "dest-nofollow"),
  )
  t.equal(box.inside(`ls ${canary} | tr '\\n' ' '`), "bound link x ")
  t.same(readdirSync(canary), [])
  box.delete("--force")
  for (const option of ["copy-symlink", "src-nofollow"]) {
    box.config.mounts.push(bind(`${folder}/dangling`, "/trap/x", option))
    t.not(box.run().code, 0, `${option} below /proc`)
    box.config.mounts.pop()
  }
})

boxTest("a folder on a link with dest-nofollow is an error [/mounts/*/options]", only, (t, box) => {
  symlinkSync("/etc", `${box.rootfs}/mnt/link`)
  box.config.mounts.push(bind(sources(box), "/mnt/link", "dest-nofollow"))
  t.match(said(box.run()), /open the target \/mnt\/link: not a directory/)
})
