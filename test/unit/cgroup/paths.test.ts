import t from "tap"
import { parseCgroupFile, parseLayout } from "../../../src/host/cgroup/layout.ts"
import { cgroupPaths } from "../../../src/host/cgroup/paths.ts"
import { controllerKey, relativePath } from "../../../src/host/cgroup/record.ts"
import { cleanRelative } from "../../../src/path.ts"

const HYBRID = parseLayout([
  "23 1 0:21 / /sys rw - sysfs sysfs rw",
  "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
  "40 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct",
  "41 31 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
  "42 31 0:31 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd",
  "43 31 0:32 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate",
  "90 23 0:30 /x /srv/root/sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
].join("\n"), { "cpu,cpuacct": "/", memory: "/own/m", "name=systemd": "/user.slice", pids: "/", "": "/user.slice/a" })

const V2 = parseLayout("24 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n", { "": "/a/b" })

t.test("parseLayout: finds every hierarchy where it is mounted below /sys/fs/cgroup", async (t) => {
  t.equal(HYBRID.mode, "hybrid")
  t.equal(HYBRID.unified, "/sys/fs/cgroup/unified")
  t.same(HYBRID.controllers.map(({ name, mount }) => [name, mount]), [
    ["cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct"], ["memory", "/sys/fs/cgroup/memory"],
    ["name=systemd", "/sys/fs/cgroup/systemd"], ["", "/sys/fs/cgroup/unified"],
  ])
})

t.test("parseLayout: tells v1, v2 and none apart, and reads escaped mount points", async (t) => {
  t.match(V2, { mode: "v2", unified: "/sys/fs/cgroup" })
  t.match(parseLayout("1 0 0:1 / /cg\\040x rw - cgroup cgroup rw,pids", { pids: "/" }),
    { mode: "v1", unified: undefined, controllers: [{ name: "pids", mount: "/cg x", root: "/" }] })
  t.same(parseLayout("1 0 0:1 / / rw - ext4 /dev/x rw", {}).controllers, [])
  const twice = "9 0 0:1 / /var/x/cg rw - cgroup a rw,pids\n8 0 0:1 / /sys/fs/cgroup/pids rw - cgroup a rw,pids"
  t.equal(parseLayout(twice, { pids: "/" }).controllers[0]?.mount, "/sys/fs/cgroup/pids")
})

t.test("parseLayout: what something else covers is not there", async (t) => {
  const asked: (readonly [string, number])[] = []
  const covered = "8 0 0:1 / /sys/fs/cgroup/pids rw - cgroup a rw,pids\n9 0 0:1 / /sys/fs/cgroup rw - tmpfs a rw\n10 9 0:1 / /sys/fs/cgroup/memory rw - cgroup a rw,memory"
  const { controllers } = parseLayout(covered, { pids: "/", memory: "/" }, (mount, id) => {
    asked.push([mount, id])
    return id > 9
  })
  t.same(controllers.map(({ name }) => name), ["memory"])
  t.same(asked, [["/sys/fs/cgroup/pids", 8], ["/sys/fs/cgroup/memory", 10]])
})

t.test("parseCgroupFile: keeps colons of paths", async (t) => {
  t.same(parseCgroupFile("4:cpu,cpuacct:/a:b:c\n1:name=systemd:/\n0::/x\n"),
    { "cpu,cpuacct": "/a:b:c", "name=systemd": "/", "": "/x" })
})

const own = () => ({ "cpu,cpuacct": "/", memory: "/own/m", "name=systemd": "/user.slice", "": "/user.slice/a" })

t.test("cgroupPaths: an absolute path lies below every mount", async (t) => {
  t.same(cgroupPaths(HYBRID, "/a/b", "id", () => t.fail("own cgroup does not matter") as never).paths, {
    "cpu,cpuacct": "/sys/fs/cgroup/cpu,cpuacct/a/b", memory: "/sys/fs/cgroup/memory/a/b",
    "name=systemd": "/sys/fs/cgroup/systemd/a/b", "": "/sys/fs/cgroup/unified/a/b",
  })
  t.same(cgroupPaths(V2, "/a/b", "id", own).paths, { "": "/sys/fs/cgroup/a/b" })
})

t.test("cgroupPaths: a relative path lies below runts' own cgroup on v1, below its parent on v2", async (t) => {
  t.same(cgroupPaths(HYBRID, "a/b", "id", own).paths, {
    "cpu,cpuacct": "/sys/fs/cgroup/cpu,cpuacct/a/b", memory: "/sys/fs/cgroup/memory/own/m/a/b",
    "name=systemd": "/sys/fs/cgroup/systemd/user.slice/a/b", "": "/sys/fs/cgroup/unified/a/b",
  })
  t.same(cgroupPaths(V2, "a/b", "id", own).paths, { "": "/sys/fs/cgroup/user.slice/a/b" })
  t.same(cgroupPaths(V2, "a", "id", () => ({ "": "/" })).paths, { "": "/sys/fs/cgroup/a" })
})

t.test("cgroupPaths: without a path the id is a relative one", async (t) => {
  t.same(cgroupPaths(V2, undefined, "id", own).paths, { "": "/sys/fs/cgroup/user.slice/id" })
  t.same(cgroupPaths(V2, "", "id", own).paths, { "": "/sys/fs/cgroup/user.slice/id" })
})

t.test("cgroupPaths: slice:prefix:name is a plain name", async (t) => {
  t.same(cgroupPaths(V2, "system.slice:docker:x", "id", own).paths, { "": "/sys/fs/cgroup/user.slice/system.slice:docker:x" })
})

t.test("cgroupPaths: .. never leaves the mount, nor runts' own cgroup", async (t) => {
  t.same(cgroupPaths(V2, "/../../a/../b//./c/", "id", own).paths, { "": "/sys/fs/cgroup/b/c" })
  t.same(cgroupPaths(V2, "../../../a", "id", own).paths, { "": "/sys/fs/cgroup/user.slice/a" })
  t.equal(cgroupPaths(HYBRID, "../a", "id", own).paths.memory, "/sys/fs/cgroup/memory/own/m/a")
  t.equal(cleanRelative("../../x/../.."), "")
})

t.test("cgroupPaths: refuses a path that is the mount or runts' own cgroup", async (t) => {
  for (const path of ["/", "/..", "/a/..", ".", "..", "a/.."]) {
    t.throws(() => cgroupPaths(V2, path, "id", own), /names no cgroup/, path)
  }
})

t.test("cgroupPaths: a container that sees a part of a hierarchy starts in that part", async (t) => {
  const layout = parseLayout("1 0 0:1 /docker/c /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory", { memory: "/docker/c/sub" })
  t.equal(cgroupPaths(layout, "a", "id", () => ({ memory: "/docker/c/sub" })).paths.memory, "/sys/fs/cgroup/memory/sub/a")
})

t.test("relativePath: refuses a record whose path is not below its mount", async (t) => {
  const record = { mode: "v2", paths: { "": "/sys/fs/cgroupx/a" }, mounts: { "": "/sys/fs/cgroup" }, created: [] } as const
  t.throws(() => relativePath(record, ""), /not below/)
  t.equal(relativePath({ ...record, paths: { "": "/sys/fs/cgroup/a/b" } }, ""), "a/b")
})

t.test("controllerKey: finds a controller that is mounted with another", async (t) => {
  const record = cgroupPaths(HYBRID, "/a", "id", own)
  t.equal(controllerKey(record, "cpuacct"), "cpu,cpuacct")
  t.equal(controllerKey(record, "memory"), "memory")
  t.equal(controllerKey(record, "pids"), undefined)
})
