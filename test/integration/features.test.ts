import { existsSync, readdirSync, readFileSync } from "node:fs"
import { release } from "node:os"
import t from "tap"
import { command, expectSuccess } from "../../conformance/lib/command.ts"
import { controllers, runtimePath, unified } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const OURS = { skipFor: { runc: "tells nothing of the machine", crun: "tells nothing of the machine" } } as const

interface Document {
  annotations: Record<string, string>
  mountOptions: string[]
  linux: { namespaces: string[]; capabilities: string[]; seccomp: { enabled: boolean; knownFlags?: string[]; supportedFlags?: string[] } }
}

function features(env: Record<string, string | undefined> = process.env): Document {
  const result = expectSuccess(command([runtimePath, "features"], { env }))
  t.equal(result.stderr, "", "quiet")
  return JSON.parse(result.stdout) as Document
}

boxTest("features: what it tells of the machine is what the machine shows [features]", OURS, (t) => {
  const { annotations } = features()
  const host = (name: string): string[] => (annotations[`org.runts.host.${name}`] ?? "").split(",").filter((word) => word !== "")
  t.same(host("kernel"), [release()])
  const files: Record<string, string> = { mnt: "mount", net: "network" }
  const own = readdirSync("/proc/self/ns").filter((name) => !name.endsWith("_for_children")).map((name) => files[name] ?? name)
  t.same(host("namespaces"), own.sort())
  t.equal(host("cgroup")[0] === "v2", unified)
  for (const name of controllers) t.ok(host("cgroup.controllers").includes(name), name)
  if (!unified) t.ok(host("cgroup.controllers").includes("pids"))
  const filters = readFileSync("/proc/sys/kernel/seccomp/actions_avail", "utf8").trim().split(" ").sort()
  t.same(host("seccomp.actions"), filters)
  const mounted = readFileSync("/proc/self/mounts", "utf8").split("\n").find((line) => line.split(" ")[2] === "resctrl")
  t.equal(host("resctrl").join(), mounted?.split(" ")[1] ?? "")
  t.equal(host("lsm.labels").includes("selinux"), existsSync("/sys/fs/selinux/enforce"))
  const apparmor = "/sys/module/apparmor/parameters/enabled"
  t.equal(host("lsm.labels").includes("apparmor"), existsSync(apparmor) && readFileSync(apparmor, "utf8") === "Y\n")
  const modules = "/sys/kernel/security/lsm"
  t.same(host("lsm").join(), existsSync(modules) ? readFileSync(modules, "utf8").trim() : "")
})

boxTest("features: seccomp is on where libseccomp is, and flags are supported that the kernel takes [features]", OURS, (t) => {
  const { linux, annotations } = features()
  const version = annotations["io.github.seccomp.libseccomp.version"]
  t.equal(linux.seccomp.enabled, version !== undefined)
  if (version !== undefined) t.match(version, /^\d+\.\d+\.\d+$/)
  const { knownFlags = [], supportedFlags = [] } = linux.seccomp
  t.ok(supportedFlags.length > 0 && supportedFlags.every((flag) => knownFlags.includes(flag)), supportedFlags.join())
})

boxTest("features: with /proc/sys and /sys hidden it still prints what the runtime knows [features]", OURS, (t) => {
  const hidden = command(["unshare", "--mount", "sh", "-c", `mount -t tmpfs none /proc/sys && mount -t tmpfs none /sys && exec ${runtimePath} features`])
  const document = JSON.parse(expectSuccess(hidden).stdout) as Document
  t.same(document.linux.namespaces, features().linux.namespaces)
  t.equal(document.annotations["org.runts.host.kernel"], undefined, "what cannot be asked is left out")
})

boxTest("features: every capability, namespace and mount option it names is taken [features]", { ...OURS, skipIn: { uml: "slow" } }, (t, box) => {
  const { linux, mountOptions } = features()
  box.config.process.capabilities = { bounding: linux.capabilities, effective: linux.capabilities, permitted: linux.capabilities }
  for (const type of linux.namespaces) {
    const known = existsSync(`/proc/self/ns/${{ mount: "mnt", network: "net" }[type] ?? type}`)
    if (known && type !== "user" && !box.config.linux.namespaces.some((one) => one.type === type)) box.config.linux.namespaces.push({ type })
  }
  t.equal(expectSuccess(box.script("echo runs").run()).stdout, "runs\n")
  // Words that ask for what this mount cannot be
  const others = ["bind", "rbind", "idmap", "ridmap", "remount", "mand", "tmpcopyup"]
  for (const word of mountOptions.filter((option) => !others.includes(option))) {
    box.config.mounts = box.config.mounts.filter(({ destination }) => destination !== "/mnt")
    box.config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs", options: [word, "size=64k"] })
    const result = box.args("/bin/true").run()
    t.equal(result.code, 0, `${word}: ${result.stderr}`)
  }
})

t.end()
