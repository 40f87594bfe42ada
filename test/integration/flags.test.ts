import { existsSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, startRuntime, until } from "../../conformance/lib/command.ts"
import { status } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* Flags that no other test is about. */

boxTest("create --no-pivot: the root is the container's all the same [create --no-pivot]", { skipFor: { crun: "leaves the old root" } }, async (t, box) => {
  box.script("ls / >/seen; cat /proc/self/mountinfo >/mounts; sleep 1000").create(["--no-pivot"])
  box.start()
  const seen = await until("the list", () => existsSync(`${box.rootfs}/mounts`) && readFileSync(`${box.rootfs}/mounts`, "utf8").includes("/sys") &&
    readFileSync(`${box.rootfs}/seen`, "utf8"))
  t.match(seen, /^bin$/m)
  t.notMatch(seen, /^(boot|home2|srv)$/m, "nothing of the host's")
  for (const line of readFileSync(`${box.rootfs}/mounts`, "utf8").trim().split("\n")) t.match(line.split(" ")[4], /^\/($|proc|dev|sys)/)
})

boxTest("create --preserve-fds: the program has 3 and up, and no other [create --preserve-fds]", async (t, box) => {
  writeFileSync(`${box.folder}/message`, "passed")
  box.script("cat <&3 >/message; ls /proc/$$/fd >/fds; sleep 1000").create(["--preserve-fds", "1"], { before: `exec 3<${box.folder}/message 4</dev/null` })
  box.start()
  const fds = await until("the list", () => existsSync(`${box.rootfs}/fds`) && readFileSync(`${box.rootfs}/fds`, "utf8").includes("3") && readFileSync(`${box.rootfs}/fds`, "utf8"))
  t.equal(readFileSync(`${box.rootfs}/message`, "utf8"), "passed")
  t.notMatch(fds, /^4$/m)
})

boxTest("run --no-subreaper: orphans of the container go to the caller's subreaper, not to the runtime [run --no-subreaper]", {
  skipFor: { crun: "never is one" },
}, async (t, box) => {
  // A container without a pid namespace of its own: its orphans look for a subreaper outside
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
  const orphan = "sh -c 'sleep 1000 >/dev/null 2>&1 & echo $! >/orphan'; sleep 0.2; cut -d' ' -f4 /proc/$(cat /orphan)/stat; echo $PPID"
  const parents = (flags: string[]): string[] => {
    const lines = expectSuccess(box.script(orphan).run(flags)).stdout.trim().split("\n")
    return lines
  }
  const [adopted, runtime] = parents([])
  t.equal(adopted, runtime, "the runtime, which started init, has it")
  const [other, second] = parents(["--no-subreaper"])
  t.not(other, second)
})

boxTest("exec --ignore-paused: it waits in a paused container and runs when that goes on [exec --ignore-paused]", { differs: ["a cgroup"], skipFor: { crun: "does not know it" } }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  expectSuccess(box.call(["pause", box.id]))
  t.equal(box.exec(["/bin/true"]).code, 255, "without the flag")
  const running = startRuntime(["--root", box.root, "exec", "--ignore-paused", box.id, "/bin/sh", "-c", "echo ran >/ran; exit 7"])
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.notOk(existsSync(`${box.rootfs}/ran`), "not yet")
  expectSuccess(box.call(["resume", box.id]))
  t.equal((await running.done).code, 7)
  t.ok(existsSync(`${box.rootfs}/ran`))
})

boxTest("--debug: what is done is told in the log, step by step, and nowhere else [--debug]", { skipFor: { runc: "has its own words", crun: "has its own words" } }, (t, box) => {
  const log = `${box.folder}/log`
  box.args("/bin/true").write()
  const levels = (flags: string[]): string[] => {
    writeFileSync(log, "")
    const result = expectSuccess(box.call([...flags, "--log", log, "--log-format", "json", "run", "--bundle", box.bundle, box.id]))
    t.equal(result.stdout + result.stderr, "")
    return readFileSync(log, "utf8").split("\n").filter((line) => line !== "").map((line) => (JSON.parse(line) as { level: string }).level)
  }
  t.same(levels([]), [])
  box.config.process.env.push("SECRET=hush")
  box.write()
  const told = levels(["--debug"])
  t.ok(told.length > 20 && told.every((level) => level === "debug"), `${told.length} lines`)
  const text = readFileSync(log, "utf8")
  for (const words of ["execve", "/mounts/0", "clone3"]) t.ok(text.includes(words), words)
  t.notOk(text.includes("hush"), "no secret")
})

boxTest("--rootless: its three words are taken, no other [--rootless]", { differs: ["what --rootless false says"], skipFor: { crun: "takes any" } }, (t, box) => {
  for (const word of ["true", "false", "auto"]) {
    box.args("/bin/true").write()
    t.equal(box.call(["--rootless", word, "run", "--bundle", box.bundle, box.id]).code, 0, word)
  }
  t.not(box.call(["--rootless", "perhaps", "run", "--bundle", box.bundle, box.id]).code, 0)
})

boxTest("the program of a container without more flags is a child of no runtime [create, start]", async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  t.notMatch(readFileSync(`/proc/${status(pid).PPid}/cmdline`, "utf8"), /runts|runc|crun/)
})

t.end()
