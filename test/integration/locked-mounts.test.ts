import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, said } from "../../conformance/lib/command.ts"
import type { Mount } from "../../conformance/lib/config.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * What config.json forbids of a bind mount in a user namespace, its root cannot allow again, whatever capabilities it has there: the
 * kernel locks what a mount has when it is copied into a user namespace (mount_namespaces(7), "Restrictions on mount namespaces").
 */

const peers = { skipFor: { runc: "sets attributes inside", crun: "sets attributes inside" } } as const
const bind = (source: string, destination: string, ...options: string[]): Mount => ({ destination, type: "bind", source, options })

/** A folder of the host that everybody may write to. */
function volume(box: Box): string {
  const folder = `${box.folder}/volume`
  mkdirSync(`${folder}/below`, { recursive: true })
  for (const each of [folder, `${folder}/below`]) chmodSync(each, 0o777)
  return folder
}

/** A container with a user namespace, whose root may do there whatever it likes. */
function powerful(box: Box): void {
  box.mapIds()
  const { capabilities } = box.config.process
  for (const set of ["bounding", "effective", "permitted"] as const) capabilities?.[set]?.push("CAP_SYS_ADMIN")
}

/** What remounts say, a line each: "ok" or the words of the errno. Flags that one does not name stay. */
function remounts(target: string, ...options: string[]): string {
  return options.map((words) => `mount -o remount,bind,${words} ${target} 2>&1 | sed 's/.*: //' | grep . || echo ok`).join("\n")
}

/** busybox's words for EPERM. */
const DENIED = "permission denied (are you root?)"

boxTest("the root of a user namespace cannot take back ro, nosuid, nodev and noexec of a bind mount [/mounts/*/options=ro|nosuid|nodev|noexec|noatime]",
  peers, (t, box) => {
    powerful(box)
    const source = volume(box)
    box.config.mounts.push(bind(source, "/mnt", "rbind", "ro", "nosuid", "nodev", "noexec", "noatime"))
    const out = box.inside([
      remounts("/mnt", "rw", "suid", "dev", "exec", "ro"),
      "mkdir /tmp/other && mount --bind /mnt /tmp/other",
      remounts("/tmp/other", "rw"),
      "(echo > /mnt/x) 2>&1 | grep -c Read-only",
      "grep ' /mnt ' /proc/self/mountinfo | cut -d' ' -f6",
    ].join("\n"))
    t.same(out.split("\n"), [DENIED, DENIED, DENIED, DENIED, "ok", DENIED, "1", "ro,nosuid,nodev,noexec,noatime"])
    t.same(readdirSync(source), ["below"], "nothing was written on the host")
  })

boxTest("what is recursive is locked for the mounts below too [/mounts/*/options=rro|rnosuid]", peers, (t, box) => {
  powerful(box)
  const source = volume(box)
  expectSuccess(command(["mount", "-t", "tmpfs", "-o", "mode=777", "none", `${source}/below`]))
  try {
    box.config.mounts.push(bind(source, "/mnt", "rbind", "rro", "rnosuid"))
    const out = box.inside([
      remounts("/mnt", "rw"), remounts("/mnt/below", "rw", "suid", "ro"), "(echo > /mnt/below/x) 2>&1 | grep -c Read-only",
    ].join("\n"))
    t.same(out.split("\n"), [DENIED, DENIED, DENIED, "ok", "1"])
  } finally {
    expectSuccess(command(["umount", `${source}/below`]))
  }
})

boxTest("which words win is the same in a user namespace: rro,rw is read-only, ro,rrw and ro,rw are not [/mounts/*/options=rro|rrw|rw]", peers, (t, box) => {
  powerful(box)
  const source = volume(box)
  box.config.mounts.push(
    bind(source, "/mnt/a", "rbind", "rro", "rw"), bind(source, "/mnt/b", "rbind", "ro", "rrw"), bind(source, "/mnt/c", "bind", "ro", "rw"),
    bind(source, "/mnt/d", "bind", "nosuid", "rw"), bind(source, "/mnt/e", "bind", "noatime", "rstrictatime"),
  )
  const out = box.inside("for n in a b c d e; do grep \" /mnt/$n \" /proc/self/mountinfo | cut -d' ' -f6; done")
  t.same(out.split("\n"), ["ro,relatime", "rw,relatime", "rw,relatime", "rw,nosuid,relatime", "rw"])
})

boxTest("a bind of what the host has read-only: stays so, and cannot be asked to be writable [/mounts/*/options=rw]", peers, (t, box) => {
  powerful(box)
  const source = volume(box)
  expectSuccess(command(["mount", "--bind", source, source]))
  try {
    expectSuccess(command(["mount", "-o", "remount,bind,ro,nodev", source]))
    box.config.mounts.push(bind(source, "/mnt", "rbind", "nosuid"))
    t.equal(box.inside(`${remounts("/mnt", "rw")}; grep ' /mnt ' /proc/self/mountinfo | cut -d' ' -f6`), `${DENIED}\nro,nosuid,nodev,relatime`)
    box.config.mounts.splice(-1, 1, bind(source, "/mnt", "rbind", "rw"))
    t.match(said(box.run()), /set the attributes of \/mnt.*not permitted/)
  } finally {
    expectSuccess(command(["umount", source]))
  }
})

boxTest("mounts below a volume are made before nothing can be any more; a file can be read-only [/mounts/*/options=ro]", peers, (t, box) => {
  powerful(box)
  const source = volume(box)
  writeFileSync(`${source}/file`, "x")
  box.config.mounts.push(bind(source, "/mnt", "rbind", "ro"), bind(source, "/mnt/below", "bind"), bind(`${source}/file`, "/etc/file", "bind", "ro"))
  const out = box.inside([
    "touch /mnt/below/made", remounts("/mnt", "rw"), remounts("/etc/file", "rw"), "(echo > /etc/file) 2>&1 | grep -c Read-only",
  ].join("\n"))
  t.same(out.split("\n"), [DENIED, DENIED, "1"])
  t.ok(readdirSync(source).includes("made"))
})

boxTest("mounts add locks them, too [mounts add]",
  { skipFor: { runc: "has no such command", crun: "1.8 has no such command" } }, async (t, box) => {
    powerful(box)
    const source = volume(box)
    await box.launch("/bin/sleep", "100")
    writeFileSync(`${box.folder}/mounts.json`, JSON.stringify([bind(source, "/mnt", "bind", "ro", "nosuid")]))
    expectSuccess(box.call(["mounts", "add", box.id, `${box.folder}/mounts.json`]))
    const out = expectSuccess(box.exec(["/bin/sh", "-c", remounts("/mnt", "rw", "suid", "ro")], ["--cap", "CAP_SYS_ADMIN"])).stdout
    t.same(out.trim().split("\n"), [DENIED, DENIED, "ok"])
    box.delete("--force")
  })
