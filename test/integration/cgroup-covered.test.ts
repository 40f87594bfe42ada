import { mkdirSync, readFileSync } from "node:fs"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* Hierarchies whose mounts are in the mount table and cannot be reached: a container that has the host's /sys sees the host's below its own. */

boxTest("cgroups over which something is mounted are not there; those that are mounted on it are [/linux/cgroupsPath]", { differs: ["what root gives a caller"], needs: ["hybrid"],
  skipFor: { runc: "fails: it believes the mount table", crun: "takes no hybrid mode" },
}, (t, box) => {
  const kept = ["pids", "devices"].map((name) => [`${box.folder}/${name}`, `/sys/fs/cgroup/${name}`] as const)
  for (const [folder] of kept) mkdirSync(folder)
  const cover = [
    ...kept.map(([folder, point]) => `mount --bind ${point} ${folder}`), "mount -t tmpfs cover /sys/fs/cgroup",
    ...kept.map(([folder, point]) => `mkdir ${point} && mount --bind ${folder} ${point}`), 'exec "$@"',
  ].join(" && ")
  const before = `[ -n "$INNER" ] || { export INNER=1; exec unshare -m sh -c '${cover}' sh "$@"; }`
  box.config.linux.resources = { pids: { limit: 20 } }
  const { stdout } = expectSuccess(box.args("/bin/cat", "/proc/self/cgroup").run([], { before }))
  const theirs = stdout.split("\n")
  const own = readFileSync("/proc/self/cgroup", "utf8").split("\n")
  t.same(theirs.filter((line) => !own.includes(line)).map((line) => line.replace(/^\d+:/, "")).sort(),
    [`devices:${box.cgroupsPath}`, `pids:${box.cgroupsPath}`], "only these are its own")
})
