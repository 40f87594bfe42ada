import { mkdirSync, writeFileSync } from "node:fs"
import t from "tap"
import { type Result, until } from "../lib/command.ts"
import { runtimeName } from "../lib/environment.ts"
import { hasAllCapabilities } from "../lib/procfs.ts"
import { Engine } from "./lib/engine.ts"
import { IMAGE, makeImage } from "./lib/image.ts"
import { hardLimit, storageSettings } from "./lib/podman.ts"

/*
 * What a container's user sees with runts and with runc beneath the same engine: exit codes, output, files of /proc from within. What
 * differs is a fault, or stands below with its reason, and in docs/engines.md.
 */

t.setTimeout(0)
const engine = new Engine("compare")
await engine.open()
const PEER = "/usr/sbin/runc"
const nofile = hardLimit("Max open files")
const nproc = hardLimit("Max processes")
writeFileSync(`${engine.folder}/storage.conf`, storageSettings(engine.folder))
writeFileSync(`${engine.folder}/containers.conf`, `
[containers]
default_ulimits = ["nofile=${nofile}:${nofile}", "nproc=${nproc}:${nproc}"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime_supports_json = ["runts", "runc", "crun"]
[network]
network_backend = "netavark"
network_config_dir = "${engine.folder}/net"
`)
const env = {
  CONTAINERS_CONF: `${engine.folder}/containers.conf`, CONTAINERS_STORAGE_CONF: `${engine.folder}/storage.conf`,
  HOME: engine.folder, PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DOCKER_HOST: `unix://${engine.folder}/docker.sock`,
}
mkdirSync(`${engine.folder}/docker`)
writeFileSync(`${engine.folder}/daemon.json`, JSON.stringify({
  "data-root": `${engine.folder}/docker/data`, "exec-root": `${engine.folder}/docker/exec`, pidfile: `${engine.folder}/docker/pid`,
  hosts: [env.DOCKER_HOST], "storage-driver": "overlay2", "cgroup-parent": engine.cgroup, "exec-opts": ["native.cgroupdriver=cgroupfs"],
  runtimes: { runts: { path: engine.runtime }, peer: { path: PEER } }, bridge: "none", iptables: false,
}))
engine.daemon(["dockerd", "--config-file", `${engine.folder}/daemon.json`], env)
await until("dockerd", () => engine.try(["/usr/bin/docker", "version"], { env }).code === 0, 30_000)
const image = makeImage(IMAGE)
engine.run(["podman", "load", "--quiet", "--input", image], { env })
engine.run(["/usr/bin/docker", "load", "--quiet", "--input", image], { env })

/** The words before flags, image and program. */
const ENGINES = {
  podman: (runtime: string) => [
    "podman", "--tmpdir", `${engine.folder}/tmp`, "--runtime", runtime === "runts" ? engine.runtime : PEER,
    "run", "--rm", "--network", "none", "--cgroup-parent", engine.cgroup, "--pull=never",
  ],
  docker: (runtime: string) => ["/usr/bin/docker", "run", "--rm", "--network", "none", "--runtime", runtime === "runts" ? "runts" : "peer"],
} as const
type EngineName = keyof typeof ENGINES

interface Case {
  readonly flags: readonly string[]
  readonly args: readonly string[]
  /** Why the two differ, by engine. */
  readonly differs?: Partial<Record<EngineName, string>>
}
const all = hasAllCapabilities()
const of = (flags: readonly string[], ...args: readonly string[]): Case => ({ flags, args })
const script = (flags: readonly string[], text: string): Case => of(flags, "sh", "-c", text)
// Podman's order is another each time
const MOUNTS = "cut -d' ' -f4- /proc/self/mountinfo | sort"
const CGROUP_FILES = [
  "memory.limit_in_bytes", "memory.soft_limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.swappiness", "memory.oom_control", "cpu.shares",
  "cpu.cfs_quota_us", "cpu.cfs_period_us", "pids.max", "cpuset.cpus", "cpuset.mems",
].map((name) => `${name.split(".")[0]}/${name}`).join(" ")
const CASES: readonly Case[] = [
  script([], MOUNTS), script(["--read-only"], MOUNTS), script(["--pid", "host", "--ipc", "host", "--uts", "host"], `${MOUNTS}; hostname`),
  of([], "cat", "/proc/self/status"), of([], "cat", "/proc/self/limits"), script([], "env | sort"),
  script([], "ls -l /dev /dev/pts /proc/self/fd; ls -ld / /proc /sys /dev /tmp /dev/shm /dev/mqueue"),
  script([], "umask; cat /proc/self/oom_score_adj /proc/self/cgroup /proc/self/attr/current /proc/keys; id; cat /proc/1/comm; ulimit -c"),
  script([], "cut -d' ' -f2,4-8 /proc/1/stat; ls -l /proc/self/ns | cut -d: -f3; cd /proc/1; cat loginuid timerslack_ns personality cpuset coredump_filter"),
  script(["--tty"], "tty; stty -a; ls -l /dev/console /dev/pts; grep console /proc/self/mountinfo | cut -d' ' -f4-"),
  {
    ...script(["--privileged"], `${MOUNTS} | grep -v ' /dev/'; grep -iE 'cap|sec|nonew' /proc/self/status; ls /dev | grep -vE 'tty|pts'`),
    ...(all ? {} : { differs: { docker: "runc refuses capabilities that this machine's root has not" } }),
  },
  script(["--user", "1000"], "id; env | sort; pwd; cat /proc/self/status; ls -ln /proc/self/fd /dev/stdout"),
  script(["--user", "7777:8888"], "id; env | sort; grep Groups /proc/self/status"), of(["--user", "nosuch"], "id"),
  of(["--group-add", "50", "--group-add", "60"], "id"), of(["--group-add", "nosuch"], "id"),
  of(["--cap-add", "NET_ADMIN", "--cap-drop", "CHOWN"], "grep", "Cap", "/proc/self/status"), of(["--cap-add", "NOSUCH"], "true"),
  script(["--cgroupns", "host"], `cat /proc/self/cgroup; ${MOUNTS} | grep cgroup`),
  script(["--cgroupns", "private"], `cat /proc/self/cgroup; ${MOUNTS} | grep cgroup; ls /sys/fs/cgroup`),
  script([
    "--memory", "64m", "--cpus", "0.5", "--cpu-shares", "300", "--pids-limit", "33", "--memory-reservation", "32m", "--cpuset-cpus", "0",
  ], `cd /sys/fs/cgroup; cat ${CGROUP_FILES}; sort devices/devices.list; nproc`),
  script(["--device", "/dev/fuse", "--device-cgroup-rule", "c 42:* rwm"], "ls -l /dev/fuse; sort /sys/fs/cgroup/devices/devices.list"),
  of(["--device", "/dev/nosuch"], "true"), script(["--tmpfs", "/run:rw,size=1m,noexec"], `${MOUNTS} | grep ' /run '`),
  of(["--volume", "/nosuch-here/x:/data"], "true"), of(["--volume", "/etc/hostname:/etc/passwd/x"], "true"), of(["--volume", "/etc:/proc/x"], "true"),
  script(["--mount", "type=bind,source=/usr,target=/mnt,readonly,bind-propagation=rslave"], `${MOUNTS} | grep ' /mnt '; touch /mnt/x`),
  script(["--shm-size", "5m", "--ulimit", "core=0", "--ulimit", "stack=1000000:2000000"], `cat /proc/self/limits; ${MOUNTS} | grep shm`),
  script(["--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "kernel.msgmax=4000"], "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax"),
  ...["kernel.nosuch=1", "kernel.hostname=x", "net.nosuch=1"].map((word) => of(["--sysctl", word], "true")),
  ...["/made/here", "/etc/passwd", "/etc/passwd/x", "relative"].map((folder) => of(["--workdir", folder], "pwd")),
  script(["--env", "HOME="], "env | sort"), of(["--env", "PATH=/nowhere"], "ls"), script(["--env", "A", "--env", "B=", "--env", "C=1\n2"], "env | sort"),
  script(["--hostname", "a.b.c"], "hostname; cat /proc/sys/kernel/domainname"), of(["--hostname", "x".repeat(65)], "hostname"),
  of(["--uts", "host", "--hostname", "x"], "hostname"), of(["--memory", "1k"], "true"), of(["--memory", "6m"], "true"),
  { ...of(["--memory", "500k"], "true"), differs: { podman: "runc's own init needs more than that, runts' does not" } },
  of(["--memory", "10m", "--memory-swap", "5m"], "true"), of(["--cpus", "1000"], "true"), of(["--cpuset-cpus", "77"], "true"),
  of(["--cpuset-mems", "7"], "true"), of(["--cpu-shares", "1"], "cat", "/sys/fs/cgroup/cpu/cpu.shares"), of(["--cpu-rt-runtime", "1000"], "true"),
  of(["--blkio-weight", "300"], "true"), of(["--ulimit", "nofile=99999999"], "true"),
  {
    ...of(["--oom-score-adj", "-500"], "cat", "/proc/self/oom_score_adj"),
    ...(all ? {} : { differs: { docker: "runts says that it is a matter of permission, which is exit code 126; runc 1.1 does not say why" } }),
  },
  of(["--security-opt", "no-new-privileges"], "grep", "NoNew", "/proc/self/status"), of(["--security-opt", "apparmor=nosuch"], "true"),
  of(["--security-opt", "label=type:nosuch_t"], "true"), of(["--security-opt", "seccomp=/nosuch"], "true"),
  of(["--entrypoint", ""], "true"), of(["--entrypoint", "/bin"], "x"), of(["--entrypoint", "/etc/passwd"], "x"),
  ...["", "/", ".", "./sh", "bin/true", "/bin/nosuch", "/etc/passwd/x", "/bin/../bin/true", "nosuch", "a/b"].map((word) => of([], word)),
  of(["--user", "1000"], "/root/x"), script([], "printf bad >/tmp/x; chmod 755 /tmp/x; exec /tmp/x"),
  script([], "printf '#!/nosuch' >/tmp/x; chmod 755 /tmp/x; exec /tmp/x"), script([], "exit 255"), script([], "kill -TERM $$; echo survived"),
  script([], "sh -c 'kill -SEGV $$'"), script(["--init"], "kill -TERM $$"), script(["--interactive"], "cat; ls -l /proc/self/fd"),
]

/** Takes away what no two runs have in common, and what differs by design. */
function comparable(text: string): string {
  return text.replaceAll(engine.folder, "FOLDER").replaceAll(engine.cgroup, "CGROUP").replace(/[0-9a-f]{64}/g, "ID").replace(/\b[0-9a-f]{12}\b/g, "ID")
    .replace(/(lowerdir|upperdir|workdir)=\S+/g, "$1").replace(/overlay\S*\/\S*/g, "overlay").replace(/(master|shared|propagate_from):\d+/g, "$1")
    .replace(/^.*(ctxt_switches|Vm\w+|Rss\w+|\w*[Pp]id|\w*[Tt]gid|NSpgid|NSsid|SigQ):.*$/gm, "").replace(/\d\d:\d\d/g, "TIME").replace(/\[\d+\]/g, "INODE")
    .replace(/^(dr-xr-xr-x) +\d+/gm, "$1")
    // of cgroup v1's tmpfs "ro" is asked for, and runc forgets it; what stands before the type is no more than a name
    .replace(/^(\/ \/sys\/fs\/cgroup) r[ow]/gm, "$1").replace(/ - cgroup (cgroup|systemd) /g, " - cgroup ")
    // covers of masked folders allow less, those of masked files are the host's /dev/null
    .replace(/^\/ (\/\S+) ro,\S+ - tmpfs (none rw,size=0k,nr_inodes=1|tmpfs ro)$/gm, "masked $1").replace(/^\/null (\/proc\/\S+) .*$/gm, "masked $1")
}

for (const [name, words] of Object.entries(ENGINES)) {
  t.test(name, async (t) => {
    for (const { flags, args, differs } of CASES) {
      const title = [...flags, "IMAGE", ...args].join(" ").slice(0, 160)
      const both = ["runts", "runc"].map((runtime) => engine.start([...words(runtime), ...flags, IMAGE, ...args], { env }))
      const [ours, theirs] = (await Promise.all(both)) as [Result, Result]
      const reason = differs?.[name as EngineName]
      // with one runtime in both places there is nothing to differ
      if (reason !== undefined && runtimeName === "runts") t.not(ours.code, theirs.code, `${title}: ${reason}`)
      else t.same([ours.code, comparable(ours.stdout)], [theirs.code, comparable(theirs.stdout)], title)
      if (ours.code === 0 && theirs.code === 0) t.same(comparable(ours.stderr), comparable(theirs.stderr), "warnings")
    }
  })
}

t.test("nothing is left behind", async (t) => t.same(await engine.close(), []))
