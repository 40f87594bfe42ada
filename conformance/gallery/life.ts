import { readFileSync, writeFileSync } from "node:fs"
import { runtimeName } from "../lib/environment.ts"
import type { Chapter, Stage } from "./failure.ts"

/** Where each runtime keeps what it knows of a container. */
const STATE_FILES = { runts: "state.json", runc: "state.json", crun: "status" } as const

/** Makes the container, and starts it where asked, running a program that goes on. */
function make(box: Stage, start: boolean): void {
  box.config.process.args = ["/bin/sleep", "100"]
  box.create()
  if (start) box.start()
}

/** Makes a container and ends it: it stays as stopped. */
function ended(box: Stage): void {
  make(box, true)
  box.kill("KILL")
  for (let i = 0; i < 100 && box.state().status !== "stopped"; i++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
}

export const LIFE: Chapter = {
  heading: "The life of a container",
  failures: [
    {
      name: "id-in-use", title: "The name is taken", learn: "how to see or delete the other one",
      prepare: (box) => make(box, false), call: (box) => box.call(["create", "--bundle", box.bundle, box.id]), broken: "runts create web1   (twice)",
      names: ["web1", /exists|in use/],
    },
    {
      name: "bad-id", title: "A name with a slash", learn: "what a name may have",
      call: (box) => box.call(["create", "--bundle", box.bundle, "team/web1"]), broken: "runts create team/web1",
      names: ["team/web1"],
    },
    {
      name: "no-such-container", title: "There is no such container", learn: "where it was looked for",
      call: (box) => box.call(["state", box.id]), broken: "runts state web1",
      names: ["web1", "does not exist", "/run/containers"], remedy: "runts list",
    },
    {
      name: "exec-in-stopped", title: "A command in a container that has ended", learn: "that it has ended",
      prepare: ended, call: (box) => box.call(["exec", box.id, "ls"]), broken: "runts exec web1 ls   (after its end)",
      names: [/stopped|not running/],
    },
    {
      name: "exec-not-found", title: "A command that the container does not have", learn: "which command",
      prepare: (box) => make(box, true), call: (box) => box.call(["exec", box.id, "bash"]), broken: "runts exec web1 bash",
      names: ['"bash"', "executable file not found in $PATH"],
    },
    {
      name: "exec-no-user", title: "A command as a user by name", learn: "that ids are wanted",
      prepare: (box) => make(box, true), call: (box) => box.call(["exec", "--user", "alice", box.id, "id"]), broken: "runts exec --user alice web1 id",
      names: ["alice", "--user"],
    },
    {
      name: "start-twice", title: "Started twice", learn: "that it runs already",
      prepare: (box) => make(box, true), call: (box) => box.call(["start", box.id]), broken: "runts start web1   (twice)",
      names: ["running"],
    },
    {
      name: "delete-running", title: "Deleted while it runs", learn: "how to end it first",
      prepare: (box) => make(box, true), call: (box) => box.call(["delete", box.id]), broken: "runts delete web1   (while it runs)",
      names: ["web1", "not stopped", "running"], remedy: "--force",
    },
    {
      name: "kill-stopped", title: "A signal to a container that has ended", learn: "that there is nothing to signal",
      prepare: ended, call: (box) => box.call(["kill", box.id, "TERM"]), broken: "runts kill web1 TERM   (after its end)",
      names: ["container not running"],
    },
    {
      name: "unknown-signal", title: "A signal that does not exist", learn: "how signals are written",
      prepare: (box) => make(box, true), call: (box) => box.call(["kill", box.id, "SIGKIL"]), broken: "runts kill web1 SIGKIL",
      names: ["SIGKIL"],
    },
    {
      name: "resume-running", title: "Resumed though it is not paused", learn: "what it is",
      prepare: (box) => make(box, true), call: (box) => box.call(["resume", box.id]), broken: "runts resume web1   (while it runs)",
      names: ["not paused"],
    },
    {
      name: "damaged-state", title: "The state of a container is damaged", learn: "which file, and how to get rid of it",
      prepare: (box) => make(box, false),
      call: (box) => {
        const file = `${box.root}/${box.id}/${STATE_FILES[runtimeName]}`
        const sound = readFileSync(file)
        writeFileSync(file, '{"id": ')
        const result = box.call(["state", box.id])
        // put back, so that the container can be deleted whole
        writeFileSync(file, sound)
        return result
      },
      broken: '{"id":    (state.json, cut short)',
      names: ["state.json"], remedy: "delete --force",
    },
    {
      name: "root-not-writable", title: "No place for the state", learn: "which folder, and the option that names it",
      call: (box) => box.call(["--root", "/proc/sys/web", "create", "--bundle", box.bundle, box.id]), broken: "runts --root /proc/sys/web create web1",
      names: ["/proc/sys/web"], remedy: "--root",
    },
    {
      name: "pid-file", title: "A pid file in a folder that is not there", learn: "which file",
      call: (box) => box.call(["create", "--bundle", box.bundle, "--pid-file", `${box.folder}/run/web1.pid`, box.id]),
      broken: "runts create --pid-file /tmp/here/run/web1.pid web1",
      names: ["/tmp/here/run/web1.pid", "no such file or directory"],
    },
    {
      name: "no-descriptor", title: "A descriptor to pass that is not open", learn: "which one",
      call: (box) => box.call(["create", "--bundle", box.bundle, "--preserve-fds", "2", box.id], { before: "exec 3</dev/null 4<&-" }),
      broken: "runts create --preserve-fds 2 web1   (4 is closed)",
      names: ["--preserve-fds", "4"],
    },
    {
      name: "unknown-flag", title: "A misspelled option", learn: "the option that was meant",
      call: (box) => box.call(["create", "--bundel", box.bundle, box.id]), broken: "runts create --bundel /web web1",
      names: ["--bundel", "--bundle"], remedy: "--help",
    },
  ],
}
