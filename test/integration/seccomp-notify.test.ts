import { existsSync, readFileSync, writeFileSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess, type Running, said, startCommand, startRuntime, until } from "../../conformance/lib/command.ts"
import { checkout, runtimePath } from "../../conformance/lib/environment.ts"
import { syscallNumber } from "../../conformance/lib/syscalls.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3"

/** One line of agent.py. */
interface Line {
  message?: string
  descriptors?: number
  link?: string
  call?: number
  pid?: number
}

/** What a runtime sent with a listener (config-linux.md, The Container Process State). */
interface ProcessState {
  ociVersion: string
  fds: string[]
  pid: number
  metadata: string
  state: { ociVersion: string; id: string; status: string; pid: number; bundle: string; annotations?: Record<string, string> }
}

/** A seccomp agent that runs until the test ends. */
class Agent {
  readonly path: string
  private readonly running: Running
  constructor(path: string, running: Running) {
    this.path = path
    this.running = running
  }
  lines(): Line[] {
    const text = this.running.stdout()
    return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line)
  }
  states(): ProcessState[] {
    return this.lines().flatMap(({ message }) => (message === undefined ? [] : [JSON.parse(message) as ProcessState]))
  }
  calls(): number[] {
    return this.lines().flatMap(({ call }) => (call === undefined ? [] : [call]))
  }
  async end(): Promise<void> {
    this.running.child.kill("SIGKILL")
    await this.running.done
  }
}

/** Starts an agent that lets some calls fail, and all others go on. */
async function startAgent(box: Box, answers: Record<number, number> = {}): Promise<Agent> {
  const path = `${box.folder}/agent.sock`
  const words = Object.entries(answers).map(([number, errno]) => `${number}=${errno}`)
  const running = startCommand([PYTHON, `${checkout}/conformance/lib/agent.py`, path, "30", ...words], { timeLimit: 60_000 })
  await until("the agent", () => running.stdout().includes("ready"))
  return new Agent(path, running)
}

const MKDIR = ["mkdir", "mkdirat"]
const mkdirNumber = process.arch === "x64" ? 83 : syscallNumber("mkdirat")
const ENOSPC = 28
/** The agent's word for a call that it leaves unanswered. */
const NO_ANSWER = -1

function notify(box: Box, listenerPath: string | undefined, names: string[] = MKDIR, more: object = {}): void {
  box.config.linux.seccomp = {
    defaultAction: "SCMP_ACT_ALLOW", ...(listenerPath === undefined ? {} : { listenerPath }), syscalls: [{ names, action: "SCMP_ACT_NOTIFY" }], ...more,
  }
}

boxTest("seccomp notify: run sends the container process state [/linux/seccomp/listenerPath] [/linux/seccomp/listenerMetadata]", { skipFor: { runc: "1.1.5 hangs without noNewPrivileges" } }, async (t, box) => {
  const agent = await startAgent(box, { [mkdirNumber]: ENOSPC })
  try {
    notify(box, agent.path, MKDIR, { listenerMetadata: "MKDIR=no;\"quoted\"" })
    // more than a small buffer holds
    const annotations = { "org.example.long": "x".repeat(20_000) }
    box.config.annotations = annotations
    for (const noNewPrivileges of [true, false]) {
      box.config.process.noNewPrivileges = noNewPrivileges
      const said = box.inside("mkdir /x 2>&1; ls /proc/self/fd | wc -l; grep ^CapEff /proc/self/status")
      t.match(said, /No space left on device\n4\nCapEff:\t[0-9a-f]{16}$/)
    }
    const [state, second, ...more] = agent.states()
    t.same(more, [])
    if (state === undefined || second === undefined) throw new Error("the agent was sent nothing")
    const [line] = agent.lines().filter(({ message }) => message !== undefined)
    t.equal(line?.descriptors, 1)
    t.equal(line?.link, "anon_inode:seccomp notify")
    t.same(state.fds, ["seccompFd"])
    t.equal(state.metadata, "MKDIR=no;\"quoted\"")
    t.match(state.ociVersion, /^1\.\d+\.\d+/)
    t.ok(state.pid > 1)
    t.equal(state.state.pid, state.pid)
    t.equal(state.state.id, box.id)
    t.equal(state.state.bundle, box.bundle)
    t.same(state.state.annotations, annotations)
    t.match(state.state.status, /^creat(ing|ed)$/)
    t.match(state.state.ociVersion, /^1\.\d+\.\d+/)
    t.same(agent.calls(), [mkdirNumber, mkdirNumber])
  } finally {
    await agent.end()
  }
})

boxTest("seccomp notify: create, start, exec, a startContainer hook: a listener of its own for each", { skipFor: { runc: "1.1.5 hangs without noNewPrivileges" } }, async (t, box) => {
  const agent = await startAgent(box, { [mkdirNumber]: ENOSPC })
  try {
    notify(box, agent.path)
    box.config.hooks = { startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "mkdir /x 2>/hook; true"] }] }
    box.script("mkdir /x 2>/init; exec sleep 1000").create()
    box.start()
    const file = (name: string): string => readFileSync(`${box.rootfs}/${name}`, "utf8")
    await until("the program", () => existsSync(`${box.rootfs}/init`) && file("init") !== "")
    t.match(file("init"), /No space left/)
    t.match(file("hook"), /No space left/)
    t.match(said(box.exec(["/bin/mkdir", "/x"])), /No space left/)
    const states = agent.states()
    const pid = box.pid
    const last = states.at(-1)
    t.equal(last?.state.status, "running")
    t.equal(last?.state.pid, pid)
    t.not(last?.pid, pid, "exec's is another process")
    t.ok(states.some((state) => state.pid === pid && state.state.pid === pid))
    t.ok(agent.calls().filter((number) => number === mkdirNumber).length >= 3)
    box.kill()
  } finally {
    await agent.end()
  }
})

boxTest("seccomp notify: the last steps before the program may be asked about", { skipFor: { runc: "asks about more" } }, async (t, box) => {
  const agent = await startAgent(box)
  try {
    const names = ["execve", "capset", "read", "recvfrom", "exit_group"] as const
    notify(box, agent.path, [...names])
    box.config.process.noNewPrivileges = false
    t.equal(box.inside("echo on"), "on")
    const asked = new Set(agent.calls())
    for (const name of ["execve", "capset", "read", "exit_group"] as const) t.ok(asked.has(syscallNumber(name)), name)
    box.script("sleep 1000").create()
    box.start()
    t.equal(expectSuccess(box.exec(["/bin/echo", "on"])).stdout, "on\n")
    box.kill()
  } finally {
    await agent.end()
  }
})

boxTest("seccomp notify: an agent that refuses execve is told by start", { skipFor: { runc: "1.1.5 says it elsewhere" } }, async (t, box) => {
  const agent = await startAgent(box, { [syscallNumber("execve")]: 13 })
  try {
    notify(box, agent.path, ["execve"])
    const result = box.args("/bin/true").run()
    t.not(result.code, 0)
    t.match(said(result), /exec.*permission denied/)
  } finally {
    await agent.end()
  }
})

boxTest("seccomp notify: an agent that does not answer holds up start, not kill or delete --force [delete --force]",
  { skipFor: { runc: "asks at create" } }, async (t, box) => {
    const agent = await startAgent(box, { [syscallNumber("execve")]: NO_ANSWER })
    try {
      notify(box, agent.path, ["execve"])
      box.args("/bin/true")
      for (const command of [["kill", box.id, "KILL"], ["delete", "--force", box.id]]) {
        box.create()
        const start = startRuntime(["--root", box.root, "start", box.id])
        const seen = agent.calls().length
        await until("the agent to be asked", () => agent.calls().length > seen)
        const { milliseconds } = expectSuccess(box.call(command))
        t.ok(milliseconds < 10_000, `${command[0]} took ${milliseconds} ms`)
        await start.done
        box.delete("--force")
      }
    } finally {
      await agent.end()
    }
  })

boxTest("seccomp notify: without an agent nothing runs", (t, box) => {
  notify(box, `${box.folder}/nobody.sock`)
  box.script("touch /ran")
  const run = box.run()
  t.not(run.code, 0)
  t.match(said(run), /nobody\.sock/)
  const create = box.tryCreate()
  if (create.code === 0) {
    const start = box.call(["start", box.id])
    t.not(start.code, 0)
    t.match(said(start), /nobody\.sock/)
    t.equal(box.state().status, "stopped")
    box.delete()
  }
  t.notOk(existsSync(`${box.rootfs}/ran`))
})

boxTest("seccomp notify: a preserved descriptor that is a listener is not taken for the container's", { differs: ["what root gives a caller"], skipFor: { runc: "needs no look" } }, async (t, box) => {
  const agent = await startAgent(box, { [mkdirNumber]: ENOSPC })
  try {
    notify(box, agent.path)
    // it comes from a process whose filter the container does not inherit: the kernel gives a process one listener only
    const program = `${box.folder}/outer.py`
    writeFileSync(program, [
      "import ctypes, os, struct, sys, time",
      "libc = ctypes.CDLL(None, use_errno=True)",
      "reader, writer = os.pipe()",
      "child = os.fork()",
      "if child == 0:",
      "    filter = ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0x7fff0000))",
      "    program = ctypes.create_string_buffer(struct.pack('=HxxxxxxQ', 1, ctypes.addressof(filter)))",
      `    os.write(writer, struct.pack('i', libc.syscall(${syscallNumber("seccomp")}, 1, 8, program)))`,
      "    time.sleep(5)",
      "    os._exit(0)",
      "listener = struct.unpack('i', os.read(reader, 4))[0]",
      `process = libc.syscall(${syscallNumber("pidfd_open")}, child, 0)`,
      `listener = libc.syscall(${syscallNumber("pidfd_getfd")}, process, listener, 0)`,
      "assert listener >= 0, ctypes.get_errno()",
      "os.kill(child, 9)",
      "os.waitpid(child, 0)",
      "os.dup2(listener, 3)",
      "os.execv(sys.argv[1], sys.argv[1:])",
    ].join("\n"))
    box.script("mkdir /x 2>&1; readlink /proc/self/fd/3").write()
    const running = startCommand([PYTHON, program, runtimePath, "--root", box.root, "run", "--preserve-fds", "1", "--bundle", box.bundle, box.id])
    t.match((await running.done).stdout, /No space left.*\nanon_inode:seccomp notify\n/)
    t.equal(agent.states().length, 1)
  } finally {
    await agent.end()
  }
})

boxTest("seccomp notify: what cannot be is refused [annotation run.oci.seccomp.receiver]", async (t, box) => {
  const refused = (pattern: RegExp): void => {
    const result = box.run()
    t.not(result.code, 0)
    t.match(said(result), pattern)
  }
  notify(box, `${box.folder}/agent.sock`, ["write"])
  refused(/write/)
  notify(box, `${box.folder}/agent.sock`, MKDIR, { defaultAction: "SCMP_ACT_NOTIFY" })
  refused(/SCMP_ACT_NOTIFY|default/)
  notify(box, undefined)
  refused(/listenerPath|receiver|listener/i)
})

boxTest("seccomp notify: an annotation can name the agent [annotation run.oci.seccomp.receiver]", { skipFor: { runc: "does not know it", crun: "1.8.1 sends otherwise" } }, async (t, box) => {
  const agent = await startAgent(box, { [mkdirNumber]: ENOSPC })
  try {
    notify(box, undefined)
    box.config.annotations = { "run.oci.seccomp.receiver": agent.path }
    t.match(box.inside("mkdir /x 2>&1 || true"), /No space left/)
    t.equal(agent.states().length, 1)
  } finally {
    await agent.end()
  }
})

boxTest("seccomp notify: a listenerPath without SCMP_ACT_NOTIFY is ignored", (t, box) => {
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: `${box.folder}/nobody.sock`, listenerMetadata: "x" }
  t.equal(box.inside("grep ^Seccomp: /proc/self/status"), "Seccomp:\t2")
})

boxTest("seccomp notify: flags for the listener [/linux/seccomp/flags]", { skipFor: { runc: "1.1.5 does not know WAIT_KILLABLE_RECV" } }, async (t, box) => {
  const agent = await startAgent(box, { [mkdirNumber]: ENOSPC })
  try {
    for (const flags of [["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"], []]) {
      notify(box, agent.path, MKDIR, { flags })
      t.match(box.inside("mkdir /x 2>&1 || true"), /No space left/, flags.join())
    }
  } finally {
    await agent.end()
  }
})

boxTest("seccomp notify: in a user namespace", { skipFor: { runc: "1.1.5 hangs without noNewPrivileges" } }, async (t, box) => {
  const agent = await startAgent(box, { [mkdirNumber]: ENOSPC })
  try {
    box.mapIds()
    notify(box, agent.path)
    for (const noNewPrivileges of [true, false]) {
      box.config.process.noNewPrivileges = noNewPrivileges
      t.match(box.inside("mkdir /tmp/x 2>&1 || true"), /No space left/)
    }
  } finally {
    await agent.end()
  }
})
