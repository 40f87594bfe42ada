import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { boxTest } from "../../conformance/lib/test.ts"
import { BAD_CONFIGS, badConfig } from "../fixtures/bad-configs.ts"

const OURS = { skipFor: { runc: "says it in other words, or takes it", crun: "says it in other words, or takes it" } } as const

boxTest("bad config.json: create and run end with code 1 and one line that names pointer and rule; nothing is left", OURS, (t, box) => {
  for (const bad of BAD_CONFIGS) {
    const [member, json, message] = bad
    writeFileSync(`${box.bundle}/config.json`, badConfig(box.config, bad))
    for (const command of ["create", "run"]) {
      const { code, stdout, stderr } = box.call([command, "--bundle", box.bundle, box.id])
      t.equal(code, 1, `${command}: ${member} = ${json}`)
      t.equal(stdout, "")
      t.match(stderr, `config.json: ${message}`)
      t.equal(stderr.trimEnd().split("\n").length, 1, "one line")
    }
    t.same(existsSync(box.root) ? readdirSync(box.root) : [], [], "no state")
    t.same(box.cgroupFolders(), [], "no cgroup")
  }
})

boxTest("bad config.json: several faults are told at once, in one line", OURS, (t, box) => {
  box.config.process.cwd = "tmp"
  box.config.process.user = { uid: -1, gid: 0 }
  box.config.linux.maskedPaths = ["x"]
  const { code, stderr } = box.tryCreate()
  t.equal(code, 1)
  t.match(stderr, /config\.json: 3 faults: \/[^\n]*\n$/)
  const faults = stderr.slice(stderr.indexOf("3 faults: ") + "3 faults: ".length).split("; /")
  t.equal(faults.length, 3)
  for (const pointer of ["/process/cwd: ", "/process/user/uid: ", "/linux/maskedPaths/0: "]) t.equal(stderr.split(pointer).length, 2, pointer)
})

boxTest("unknown keys: a warning with the name that was meant, and the container runs [--log]", OURS, (t, box) => {
  box.config.hooks = { createRutime: [{ path: 5 }] } as never
  box.config.linux.maskedPath = ["/etc"]
  box.config.process.capabilities = { ...box.config.process.capabilities, bouding: 7 } as never
  const log = `${box.folder}/log`
  box.script("ls -d /etc").write()
  const result = box.call(["--log", log, "run", "--bundle", box.bundle, box.id])
  t.equal(result.stdout, "/etc\n", result.stderr)
  const text = readFileSync(log, "utf8")
  for (const words of ["/hooks/createRutime: unknown key; did you mean createRuntime?", "/linux/maskedPath: unknown key; did you mean maskedPaths?",
    "/process/capabilities/bouding: unknown key; did you mean bounding?"]) t.ok(text.includes(words), `${words} in ${text}`)
})

boxTest("a namespace to join that is the host's own: neither its name nor its parameters are changed [/hostname, /linux/sysctl]", OURS, (t, box) => {
  const others = box.config.linux.namespaces.filter(({ type }) => type !== "uts" && type !== "ipc")
  box.config.linux.namespaces = [...others, { type: "uts", path: "/proc/self/ns/uts" }, { type: "ipc" }]
  box.config.hostname = "renamed"
  const renamed = box.tryCreate()
  t.equal(renamed.code, 1)
  t.match(renamed.stderr, "/hostname: \"renamed\" would be the host's name: the uts namespace to join is the host's")
  delete box.config.hostname
  box.config.linux.namespaces = [...others, { type: "uts" }, { type: "ipc", path: "/proc/self/ns/ipc" }]
  box.config.linux.sysctl = { "kernel.shmmni": "1234" }
  const set = box.tryCreate()
  t.equal(set.code, 1)
  t.match(set.stderr, "/linux/sysctl/kernel.shmmni: needs an ipc namespace of the container's own")
  t.same(box.cgroupFolders(), [], "no cgroup")
})

t.end()
