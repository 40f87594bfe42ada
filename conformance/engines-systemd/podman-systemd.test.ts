import { writeFileSync } from "node:fs"
import { show } from "../lib/unit.ts"
import { documented, INSTALLED } from "../engines/lib/documented.ts"
import { IMAGE, makeImage } from "../engines/lib/image.ts"
import { hardLimit, storageSettings } from "../engines/lib/podman.ts"
import { engineTest, gone, limited, SLICE } from "./lib/engine-test.ts"

engineTest("podman", "cgroup_manager = systemd: run, limits, exec, pause, update, stats, stop", async (t, engine) => {
  const nofile = hardLimit("Max open files")
  const settings = documented("/etc/containers/containers.conf", { [INSTALLED]: engine.runtime, 'cgroup_manager = "cgroupfs"': 'cgroup_manager = "systemd"' })
  writeFileSync(`${engine.folder}/containers.conf`, `
[containers]
default_ulimits = ["nofile=${nofile}:${nofile}", "nproc=1024:1024"]
${settings.replace("[engine.runtimes]", 'events_logger = "file"\n[engine.runtimes]')}
[network]
network_backend = "netavark"
network_config_dir = "${engine.folder}/net"
`)
  writeFileSync(`${engine.folder}/storage.conf`, storageSettings(engine.folder))
  const env = {
    CONTAINERS_CONF: `${engine.folder}/containers.conf`, CONTAINERS_STORAGE_CONF: `${engine.folder}/storage.conf`, HOME: engine.folder,
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  }
  const ok = (...args: string[]): string => engine.run(["podman", "--tmpdir", `${engine.folder}/tmp`, ...args], { env })
  ok("load", "--quiet", "--input", makeImage(IMAGE))
  const limits = ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "40"]
  const id = ok("run", "--detach", "--name", "one", "--network", "none", "--cgroup-parent", SLICE, "--pull=never", ...limits, IMAGE, "sleep", "1000")
  const unit = `libpod-${id}.scope`
  limited(t, unit, Number(ok("inspect", "--format", "{{.State.Pid}}", "one")))
  t.equal(ok("exec", "one", "echo", "in"), "in")
  ok("pause", "one")
  t.equal(ok("inspect", "--format", "{{.State.Status}}", "one"), "paused")
  ok("unpause", "one")
  ok("update", "--memory", "96m", "one")
  t.equal(show(unit, ["MemoryMax"]).MemoryMax, String(96 << 20))
  t.match(ok("stats", "--no-stream", "--format", "{{.PIDS}}", "one"), /^[1-9]/)
  ok("rm", "--force", "--time", "0", "one")
  gone(t, unit)
  t.ok(engine.calls().some((call) => /--systemd-cgroup .*create /.test(call)), "it asked for the driver")
})
