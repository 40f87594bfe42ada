import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/*
 * `check` of what the systemd cgroup driver reads: what it calls an error, create refuses in the same words. Where systemd runs: test/systemd-user.
 */

const OURS: TestOptions = {
  skipFor: { runc: "has no such command", crun: "has no such command" }, skipIn: { uml: "the same as natively", "systemd-uml": "systemd answers there" },
}

interface Finding {
  readonly severity: string
  readonly code: string
  readonly pointer: string
  readonly message: string
  readonly remedy?: string
}

function findings(box: Box, ...flags: string[]): Finding[] {
  box.write()
  const { stdout } = box.call([...flags, "check", "--bundle", box.bundle, "--format", "json", "--config-only"])
  return (JSON.parse(stdout) as { findings: Finding[] }).findings
}

const at = (found: Finding[], pointer: string): Finding[] => found.filter((finding) => finding.pointer.startsWith(pointer))

const BAD_PATHS = ["/a/b", "a.slice:b", "a.slice:b:c:d", "nope:test:x", "a--b.slice:test:x", "-a.slice:test:x", "a/b.slice:test:x", ".slice:test:x", "a.slice:test:", "a.slice:te/st:x", "a.slice:t:x--y.slice"]
for (const path of BAD_PATHS) {
  boxTest(`a path that names no unit: ${path} [check] [--systemd-cgroup] [/linux/cgroupsPath]`, OURS, (t, box) => {
    box.config.linux.cgroupsPath = path
    const [finding, ...more] = at(findings(box, "--systemd-cgroup"), "/linux/cgroupsPath")
    t.match(finding, { severity: "error", code: "cgroup-path-invalid" })
    t.same(more, [])
    const created = box.call(["--systemd-cgroup", "create", "--bundle", box.bundle, box.id])
    t.equal(created.code, 1)
    t.ok(created.stderr.includes(finding?.message ?? "nothing was found"), `create says the same: ${created.stderr}`)
  })
}

boxTest("paths that name units, and none at all [check] [--systemd-cgroup] [/linux/cgroupsPath]", OURS, (t, box) => {
  for (const path of ["system.slice:docker:0123", "machine.slice:libpod:a-b", ":runc:x", "user.slice::x", "-.slice:a:b", "a-b-c.slice:p:own.slice", ""]) {
    box.config.linux.cgroupsPath = path
    t.same(at(findings(box, "--systemd-cgroup"), "/linux/cgroupsPath"), [], String(path))
    t.same(at(findings(box, "--cgroup-manager", "systemd"), "/linux/cgroupsPath"), [], String(path))
  }
})

boxTest("a unit's path without the driver is told of; a folder's is not [check] [/linux/cgroupsPath]", OURS, (t, box) => {
  for (const path of ["system.slice:docker:0123", ":runc:x"]) {
    box.config.linux.cgroupsPath = path
    t.match(at(findings(box), "/linux/cgroupsPath"), [{ severity: "warning", code: "config-no-effect", remedy: /--systemd-cgroup/ }], path)
  }
  for (const path of ["/a:b:c", "/a/b", "a:b", "a/b:c:d"]) {
    box.config.linux.cgroupsPath = path
    t.same(at(findings(box), "/linux/cgroupsPath"), [], path)
  }
})

boxTest("properties of annotations are read with the driver alone [check] [--systemd-cgroup] [annotation org.systemd.property.]", OURS, (t, box) => {
  box.config.linux.cgroupsPath = `:test:${box.id}`
  box.config.annotations = { "org.systemd.property.CollectMode": "inactive" }
  const found = at(findings(box, "--systemd-cgroup"), "/annotations")
  t.match(found, [{ severity: "error", message: /value parse error: "inactive" is no value; a text stands in quotes/ }])
  const created = box.call(["--systemd-cgroup", "create", "--bundle", box.bundle, box.id])
  t.equal(created.code, 1)
  t.ok(created.stderr.includes(found[0]?.message ?? "nothing was found"), created.stderr)
  t.same(at(findings(box), "/annotations").filter(({ severity }) => severity === "error"), [])
})

boxTest("a bus that is not there is an error of the host, as create has it [check] [--systemd-cgroup]", OURS, (t, box) => {
  box.config.linux.cgroupsPath = `:test:${box.id}`
  box.write()
  const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nonexistent/bus" }
  const { code, stdout } = box.call(["--systemd-cgroup", "check", "--bundle", box.bundle, "--format", "json"], { env })
  t.equal(code, 1)
  const found = (JSON.parse(stdout) as { findings: Finding[] }).findings.filter(({ severity }) => severity === "error")
  t.match(found, [{ code: "systemd-unavailable", pointer: "/linux/cgroupsPath", message: /cannot reach systemd/ }])
  const created = box.call(["--systemd-cgroup", "create", "--bundle", box.bundle, box.id], { env })
  t.ok(created.stderr.includes(found[0]?.message ?? "nothing was found"), created.stderr)
})

t.setTimeout(0)
