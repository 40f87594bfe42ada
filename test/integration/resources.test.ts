import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { boxTest } from "../../conformance/lib/test.ts"

boxTest(
  "devices: an allowed node works, others do not [/linux/devices/**, /linux/devices/*/type=c, /linux/resources/devices/*/allow]",
  (t, box) => {
  box.config.linux.devices = [{ path: "/dev/extra", type: "c", major: 1, minor: 5, fileMode: 0o640, uid: 3, gid: 4 }]
  box.config.linux.resources = { devices: [{ allow: false, access: "rwm" }] }
  const out = box.inside("stat -c '%F %t %T %a %u %g' /dev/extra; head -c 2 /dev/extra | wc -c; mknod /tmp/kmsg c 1 11 2>/dev/null && head -c 1 /tmp/kmsg 2>&1; true")
  t.match(out, /^character special file 1 5 640 3 4\n2\n/)
  t.match(out, /(Operation not permitted|^character special file 1 5 640 3 4\n2$)/)
})

boxTest("devices: a fifo, and a node in a folder that is missing [/linux/devices/*/type=p|b, /linux/devices/*/path]",
  (t, box) => {
  box.config.linux.devices = [
    { path: "/dev/deep/fifo", type: "p", fileMode: 0o600 },
    { path: "/dev/block", type: "b", major: 7, minor: 77, fileMode: 0o600 },
  ]
  t.equal(box.inside("stat -c %F /dev/deep/fifo; stat -c '%F %t %T' /dev/block"), "fifo\nblock special file 7 4d")
})

boxTest("sysctl: set in the container's namespaces only [/linux/sysctl]", (t, box) => {
  const before = readFileSync("/proc/sys/kernel/shmmni", "utf8")
  box.config.linux.sysctl = { "net.ipv4.ip_forward": "1", "kernel.shmmni": "1234" }
  t.equal(box.inside("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni"), "1\n1234")
  t.equal(readFileSync("/proc/sys/kernel/shmmni", "utf8"), before)
})

boxTest("sysctl: those that would change the host are refused [/linux/sysctl]", (t, box) => {
  const others = box.config.linux.namespaces
  const refused = (key: string, value = "1"): void => {
    box.config.linux.sysctl = { [key]: value }
    t.not(box.run().code, 0, key)
  }
  refused("kernel.core_pattern", "x")
  refused("vm.swappiness")
  refused("net/../kernel/core_pattern", "x")
  refused("nonsense.key")
  box.config.linux.namespaces = others.filter(({ type }) => type !== "network")
  refused("net.ipv4.ip_forward")
  box.config.linux.namespaces = others.map((item) => (item.type === "network" ? { ...item, path: "/proc/self/ns/net" } : item))
  refused("net.ipv4.ip_forward")
  box.config.linux.namespaces = others.filter(({ type }) => type !== "ipc")
  refused("kernel.shmmni", "5")
})

boxTest("resources: pids and memory limits are in the cgroup (v2) [/linux/resources/pids/limit, /linux/resources/memory/limit]",
  { needs: ["controllers"] }, async (t, box) => {
  box.config.linux.resources = { pids: { limit: 33 }, memory: { limit: 67_108_864 } }
  await box.launch("/bin/sleep", "1000")
  const value = (file: string): string => readFileSync(`/sys/fs/cgroup${box.cgroupsPath}/${file}`, "utf8").trim()
  t.equal(value("pids.max"), "33")
  t.equal(value("memory.max"), "67108864")
})

boxTest("resources: a pids limit holds (v2) [/linux/resources/pids/limit]", { needs: ["controllers"] }, (t, box) => {
  box.config.linux.resources = { pids: { limit: 6 } }
  const result = box.script("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait").run()
  t.match(result.stderr, /fork/)
})

boxTest("resources: pids and memory limits are in the cgroup (v1) [/linux/resources/pids/limit, /linux/resources/memory/limit]",
  { needs: ["hybrid"] }, async (t, box) => {
  box.config.linux.resources = { pids: { limit: 33 }, memory: { limit: 67_108_864 } }
  await box.launch("/bin/sleep", "1000")
  t.equal(readFileSync(`/sys/fs/cgroup/pids${box.cgroupsPath}/pids.max`, "utf8"), "33\n")
  t.equal(readFileSync(`/sys/fs/cgroup/memory${box.cgroupsPath}/memory.limit_in_bytes`, "utf8"), "67108864\n")
})

boxTest("cgroupsPath: absent: the container has one all the same, and it goes with it [/linux/cgroupsPath]", async (t, box) => {
  delete box.config.linux.cgroupsPath
  await box.launch("/bin/sleep", "1000")
  const paths = readFileSync(`/proc/${box.pid}/cgroup`, "utf8").trim().split("\n").map((line) => line.split(":").slice(2).join(":"))
  const own = paths.find((path) => path.includes(box.id))
  t.ok(own !== undefined, "named after the container")
  box.delete("--force")
  t.notOk(existsSync(`/sys/fs/cgroup/pids${own}`) || existsSync(`/sys/fs/cgroup${own}`))
})

t.end()
