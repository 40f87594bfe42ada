import { readFileSync, writeFileSync } from "node:fs"
import { until } from "../lib/command.ts"
import { show } from "../lib/unit.ts"
import { documented, INSTALLED } from "../engines/lib/documented.ts"
import { IMAGE, makeImage } from "../engines/lib/image.ts"
import { engineTest, gone, limited, SLICE } from "./lib/engine-test.ts"

engineTest("docker", "native.cgroupdriver=systemd: run, limits, exec, pause, update, stop", async (t, engine) => {
  const driver = { [INSTALLED]: engine.runtime, "native.cgroupdriver=cgroupfs": "native.cgroupdriver=systemd" }
  const socket = `unix://${engine.folder}/docker.sock`
  writeFileSync(`${engine.folder}/daemon.json`, JSON.stringify({
    "data-root": `${engine.folder}/data`, "exec-root": `${engine.folder}/exec`, pidfile: `${engine.folder}/pid`, hosts: [socket], "storage-driver": "overlay2",
    "cgroup-parent": SLICE, ...(JSON.parse(documented("/etc/docker/daemon.json", driver)) as object), iptables: false, ip6tables: false, bridge: "none",
  }))
  const env = { DOCKER_HOST: socket, PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: engine.folder }
  engine.daemon(["dockerd", "--config-file", `${engine.folder}/daemon.json`], env)
  await until("dockerd", () => engine.try(["/usr/bin/docker", "version"], { env }).code === 0, 120_000).catch(() => {
    throw new Error(`dockerd does not answer:\n${readFileSync(engine.daemonLog, "utf8").split("\n").slice(-12).join("\n")}`)
  })
  const ok = (...args: string[]): string => engine.run(["/usr/bin/docker", ...args], { env })
  t.equal(ok("info", "--format", "{{.CgroupDriver}} {{.CgroupVersion}} {{.DefaultRuntime}}"), "systemd 2 runts")
  ok("load", "--quiet", "--input", makeImage(IMAGE))
  const limits = ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "40"]
  const id = ok("run", "--detach", "--name", "one", "--network", "none", ...limits, IMAGE, "sleep", "1000")
  const unit = `docker-${id}.scope`
  limited(t, unit, Number(ok("inspect", "--format", "{{.State.Pid}}", "one")))
  t.equal(ok("exec", "one", "echo", "in"), "in")
  ok("pause", "one")
  t.equal(ok("inspect", "--format", "{{.State.Status}}", "one"), "paused")
  ok("unpause", "one")
  ok("update", "--memory", "96m", "--memory-swap", "96m", "one")
  t.equal(show(unit, ["MemoryMax"]).MemoryMax, String(96 << 20))
  ok("rm", "--force", "one")
  gone(t, unit)
})
