import type { Box } from "../../conformance/lib/box.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * A mount of type cgroup, seen from inside the container.
 */

/** Root, place and options of the cgroup mounts inside, by place. */
function shown(box: Box, options: readonly string[], namespace: boolean, more = ""): { mounts: Map<string, [root: string, options: string]>; output: string } {
  if (namespace) box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...options] })
  const [table, output] = box.inside(`cat /proc/self/mountinfo; echo ----; ${more}`).split("----\n") as [string, string | undefined]
  const mounts = new Map<string, [string, string]>()
  for (const line of table.split("\n")) {
    const [, , , root, place, flags] = line.split(" ")
    if (place?.startsWith("/sys/fs/cgroup")) mounts.set(place, [root as string, flags as string])
  }
  return { mounts, output: output ?? "" }
}

const READ_ONLY = ["nosuid", "noexec", "nodev", "relatime", "ro"]

for (const namespace of [false, true]) {
  const how = namespace ? "with a cgroup namespace" : "without a cgroup namespace"
  boxTest(`cgroup mount (v1), ${how}: each hierarchy shows the container's own cgroup [/mounts/*/type]`, { needs: ["hybrid"] }, (t, box) => {
    const { mounts, output } = shown(box, READ_ONLY, namespace, "cat /sys/fs/cgroup/*/cgroup.procs; mkdir /sys/fs/cgroup/pids/x /sys/fs/cgroup/x 2>&1 || true")
    for (const controller of ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd"]) {
      const [root, flags] = mounts.get("/sys/fs/cgroup/" + controller) ?? ["", ""]
      t.equal(root, namespace ? "/" : box.cgroupsPath, controller)
      t.match(flags, /^ro,nosuid,nodev,noexec/, controller)
    }
    t.match(output, /^1\n/, "init is in it")
    t.equal(output.match(/Read-only file system/g)?.length, 2)
  })

  boxTest(`cgroup mount (v1), ${how}: writable, but nothing in it is a program or a device [/mounts/*/options]`, { needs: ["hybrid"] }, (t, box) => {
    const { mounts, output } = shown(box, ["rw"], namespace, "mkdir /sys/fs/cgroup/pids/own && ls -d /sys/fs/cgroup/pids/own")
    t.equal(output, "/sys/fs/cgroup/pids/own")
    for (const [place, [, flags]] of mounts) t.match(flags, /^rw,nosuid,nodev,noexec/, place)
  })

  boxTest(`cgroup mount (v2), ${how} [/mounts/*/type]`, { needs: ["v2"] }, (t, box) => {
    const { mounts, output } = shown(box, READ_ONLY, namespace, "mkdir /sys/fs/cgroup/x 2>&1 || true; cat /sys/fs/cgroup/cgroup.controllers >/dev/null")
    t.match(mounts.get("/sys/fs/cgroup")?.[1], /^ro,nosuid,nodev,noexec/)
    t.equal(mounts.get("/sys/fs/cgroup")?.[0], "/")
    t.match(output, /Read-only file system/)
  })
}

boxTest("cgroup mount: options that engines send for cgroup2 [/mounts/*/options]", { needs: ["v2"], skipFor: { crun: "refuses them here" } }, (t, box) => {
  const { mounts } = shown(box, [...READ_ONLY, "nsdelegate", "memory_recursiveprot"], true)
  t.match(mounts.get("/sys/fs/cgroup")?.[1], /^ro,nosuid,nodev,noexec/)
})
