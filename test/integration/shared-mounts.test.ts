import { existsSync, readlinkSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { mountinfo } from "../../conformance/lib/procfs.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/* Containers without a mount namespace: "the container MUST inherit the runtime namespace of that type" (config-linux.md, "Namespaces"). */

const OURS: TestOptions = { skipFor: { runc: "leaves the mounts behind", crun: "leaves the mounts behind" } }

function withoutMountNamespace(box: Box): Box {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "mount")
  delete box.config.linux.maskedPaths
  delete box.config.linux.readonlyPaths
  return box
}
const mountsOf = (box: Box): string[] => mountinfo("self").map(({ target }) => target).filter((target) => target.startsWith(box.rootfs))

boxTest("no mount namespace: its root is the rootfs, its mounts are the host's until it is deleted [/linux/namespaces/*/type]", { ...OURS, differs: ["the host's mount namespace"] }, async (t, box) => {
  withoutMountNamespace(box).config.process.env.push("MARK=1")
  const pid = await box.launch("/bin/sleep", "1000")
  t.equal(readlinkSync(`/proc/${pid}/ns/mnt`), readlinkSync("/proc/self/ns/mnt"))
  t.equal(readlinkSync(`/proc/${pid}/root`), box.rootfs)
  t.ok(mountsOf(box).includes(`${box.rootfs}/proc`), "seen from outside")
  t.equal(box.exec(["/bin/sh", "-c", "cat /proc/1/comm; test -e /etc/debian_version || echo not the host"]).stdout, "sleep\nnot the host\n")
  t.match(box.call(["mounts", "add", box.id, "-"], { input: "[]" }).stderr, /no mount namespace/)
  box.kill()
  await box.reached("stopped")
  t.ok(mountsOf(box).length > 0)
  box.delete()
  t.same(mountsOf(box), [])
})

boxTest("no mount namespace: a read-only root, a bind and a startContainer hook of the image", { ...OURS, differs: ["the host's mount namespace"] }, (t, box) => {
  withoutMountNamespace(box)
  box.config.root.readonly = true
  writeFileSync(`${box.folder}/file`, "bound\n")
  box.config.mounts.push({ destination: "/mnt/file", type: "bind", source: `${box.folder}/file`, options: ["bind", "ro"] })
  box.config.hooks = { startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "test -e /bin/busybox && ! test -e /etc/debian_version"] }] }
  t.match(box.inside("cat /mnt/file; touch /x 2>&1; true"), /^bound\n.*Read-only file system/)
  t.same(mountsOf(box), [])
})

boxTest("no mount namespace: nothing is left of a create that fails, and an engine's own mount of the rootfs stays", { ...OURS, differs: ["the host's mount namespace"] }, (t, box) => {
  withoutMountNamespace(box)
  t.equal(box.args("/no/such").run().code, 1)
  t.same(mountsOf(box), [])
  box.config.linux.rootfsPropagation = "shared"
  t.equal(box.inside("echo ran"), "ran")
  t.same(mountsOf(box), [])
  t.ok(existsSync(`${box.rootfs}/bin/busybox`))
})

boxTest("no mount namespace beside a user namespace is refused", OURS, (t, box) => {
  withoutMountNamespace(box).mapIds()
  const result = box.run()
  t.equal(result.code, 1)
  t.match(result.stderr, /user namespace and no mount namespace/)
})
