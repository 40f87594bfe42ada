/* What `runts completion` prints, loaded into the real shells: lines typed at a terminal (bash, zsh), or fish's own question. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, runtime } from "../../conformance/lib/command.ts"
import { checkout, runtimePath } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const skipFor = { runc: "completes by a script of its own", crun: "completes nothing" }
const typist = `${checkout}/conformance/lib/typist.py`
const PROMPT = "READY> "

/** A folder for PATH in which `runts` completes as the binary does, and else says what it was given. */
function stub(box: Box): string {
  const folder = `${box.folder}/bin`
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/runts`, `#!/bin/sh\n[ "$1" = completion ] && exec ${runtimePath} "$@"\necho "GOT($*)"\n`)
  chmodSync(`${folder}/runts`, 0o755)
  return folder
}

/** A created and a running container below the box's root, a root with a space in its name beside it. */
function containers(box: Box): { created: string; running: string } {
  box.args("/bin/sleep", "100")
  box.create()
  const running = `run-${box.id}`
  box.config.linux.cgroupsPath = box.cgroupsPathOf("-two")
  box.write()
  expectSuccess(box.call(["run", "--detach", "--bundle", box.bundle, running]))
  return { created: box.id, running }
}

/** Types lines into a shell that has the script loaded. @returns for each line what the screen showed */
function typed(box: Box, shell: readonly string[], startup: string, lines: readonly string[]): string[] {
  const env = { PATH: `${stub(box)}:${process.env.PATH}`, TERM: "xterm", HOME: box.folder, ZDOTDIR: box.folder }
  writeFileSync(`${box.folder}/.${shell[0]}rc`, startup)
  const result = command(["python3", typist, PROMPT, JSON.stringify([...lines.map((line) => line + "\n"), "exit\n"]), ...shell], { env, cwd: box.folder })
  return (JSON.parse(result.stdout) as string[]).slice(0, -1)
}

/** The lines that are typed in bash and zsh, each with what runts is called with then. */
function expectations(box: Box, ids: { created: string; running: string }): [typed: string, called: string][] {
  const root = `--root ${box.root}`
  return [
    ["runts feat\t", "features"],
    ["runts --root state/ --deb\t list", "--root state/ --debug list"],
    ["runts list --form\t js\t", "list --format json"],
    ["runts list --format=j\t", "list --format=json"],
    ["runts spec --bundle bun\t", "spec --bundle bundle/"],
    ["runts spec --bundle=bun\t", "spec --bundle=bundle/"],
    ["runts --log note\t list", "--log notes list"],
    ["runts mounts ad\t x note\t", "mounts add x notes"],
    // only the one that can be started, and only the one that can take an exec beside it
    [`runts ${root} start \t`, `${root} start ${ids.created}`],
    [`runts --root=${box.root} start \t`, `--root=${box.root} start ${ids.created}`],
    [`runts ${root} kill ru\t KI\t`, `${root} kill ${ids.running} KILL`],
    // words of another program: none of runts' flags
    [`runts ${root} exec ru\t --ver\t`, `${root} exec ${ids.running} --ver`],
    ["runts exec --cap CAP_SYS_BO\t x", "exec --cap CAP_SYS_BOOT x"],
    ["runts help mou\t", "help mounts"],
    ["runts delete --forc\t x", "delete --force x"],
  ]
}

const zshStartup = (script: string): string => `autoload -U compinit; compinit -u -D; source ${script}; PROMPT='${PROMPT}'; unsetopt beep auto_remove_slash\n`

/** Skips where a shell is missing. */
function options(shell: string): { skipFor: Record<string, string> } {
  const installed = ["/bin", "/usr/bin"].some((folder) => existsSync(`${folder}/${shell}`))
  return { skipFor: installed ? skipFor : { ...skipFor, runts: `cannot be tried: ${shell} is not installed (scripts/setup)` } }
}

for (const [shell, argv, startup] of [
  ["bash", ["bash", "--noprofile", "-i"], (script: string) => `source ${script}; PS1='${PROMPT}'; bind 'set bell-style none'\n`],
  ["zsh", ["zsh", "-i"], zshStartup],
] as const) {
  boxTest(`${shell} completes commands, flags, choices, paths, containers and signals at a terminal [completion]`, options(shell), (t, box) => {
    const script = `${box.folder}/script`
    writeFileSync(script, expectSuccess(runtime(["completion", shell])).stdout)
    writeFileSync(`${box.folder}/notes`, "")
    const expected = expectations(box, containers(box))
    const screens = typed(box, argv, startup(script), expected.map(([line]) => line))
    expected.forEach(([line, called], at) => {
      t.match(screens[at], `GOT(${called})`, JSON.stringify(line))
    })
  })
}

boxTest("zsh shows what each word is for [completion]", options("zsh"), (t, box) => {
  const script = `${box.folder}/script`
  writeFileSync(script, expectSuccess(runtime(["completion", "zsh"])).stdout)
  const { created } = containers(box)
  // the list stands below the line; the rest of the line is typed after it
  const [commands, flags, ids] = typed(box, ["zsh", "-i"], zshStartup(script), ["runts st\t\tx", "runts run --pid\t\tx", `runts --root ${box.root} delete \t\tx`])
  t.match(commands, /start +-- start the program of a created container/)
  t.match(flags, /--pid-file +-- file that the process's pid is written to/)
  t.match(ids, new RegExp(`${created} +-- created`))
})

boxTest("fish completes, with what each word is for, and nothing after a container's command [completion]", options("fish"), (t, box) => {
  const script = `${box.folder}/script.fish`
  writeFileSync(script, expectSuccess(runtime(["completion", "fish"])).stdout)
  const { created, running } = containers(box)
  const env = { PATH: `${stub(box)}:${process.env.PATH}`, HOME: box.folder, TERM: "xterm" }
  const asked = (line: string): string[] => {
    const { stdout } = expectSuccess(command(["fish", "--no-config", "-c", `source ${script}; complete -C '${line}'`], { env, cwd: box.folder }))
    return stdout.trim().split("\n").sort()
  }
  t.same(asked("runts sta"), ["start\tstart the program of a created container", "state\tprint a container's state as JSON"])
  t.same(asked("runts ps --format "), ["json", "table"])
  t.same(asked("runts ps --format=j"), ["--format=json"])
  t.same(asked("runts spec --bundle=bun"), ["--bundle=bundle/"])
  t.same(asked("runts run --bundle bun"), ["bundle/"])
  t.same(asked(`runts --root ${box.root} start `), [`${created}\tcreated`])
  t.same(asked(`runts --root ${box.root} state `), [`${created}\tcreated`, `${running}\trunning`])
  t.same(asked("runts kill x RT"), ["RTMAX\tsignal 64", "RTMIN\tsignal 34"])
  t.same(asked("runts exec x ls --"), [""])
  t.match(asked("runts exec --cg"), [/^--cgroup\texisting cgroup/])
})

boxTest("a root that is missing or cannot be read offers nothing and complains of nothing [completion]", { skipFor }, (t) => {
  const { stdout, stderr, code } = runtime(["completion", "bash", "--", "runts", "--root", "/nonexistent", "state", ""])
  t.same({ stdout, stderr, code }, { stdout: "", stderr: "", code: 0 })
})
