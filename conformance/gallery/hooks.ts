import type { Chapter } from "./failure.ts"

export const HOOKS: Chapter = {
  heading: "Hooks and terminals",
  failures: [
    {
      name: "hook-missing", title: "A hook that is not installed", learn: "which hook, and which path",
      config: { "/hooks": { createRuntime: [{ path: "/usr/bin/set-up-network" }] } },
      names: ["/hooks/createRuntime/0", "/usr/bin/set-up-network", "no such file or directory"],
    },
    {
      name: "hook-relative", title: "A hook with a relative path", learn: "that it must be absolute",
      config: { "/hooks": { createRuntime: [{ path: "set-up-network" }] } },
      names: ["/hooks/createRuntime/0/path", "absolute"],
    },
    {
      name: "hook-fails", title: "A hook that fails", learn: "which hook, its exit code, and what it said",
      config: { "/hooks": { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", "echo no bridge br0 >&2; exit 3"] }] } },
      names: ["/hooks/createRuntime/0", "3", "no bridge br0"],
    },
    {
      name: "hook-hangs", title: "A hook that takes longer than its timeout", learn: "which hook, and how long it had",
      config: { "/hooks": { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", "echo waiting for br0; sleep 20"], timeout: 1 }] } },
      names: ["/hooks/createRuntime/0", "1s", "waiting for br0"],
    },
    {
      name: "detached-terminal", title: "A terminal in the background that nobody has", learn: "that --console-socket must say who gets it",
      config: { "/process/terminal": true },
      call: (box) => box.call(["create", "--bundle", box.bundle, box.id]), broken: '"terminal": true   and   runts create web1',
      names: ["terminal"], remedy: "--console-socket",
    },
    {
      name: "no-console-socket", title: "A console socket on which nobody listens", learn: "which path",
      config: { "/process/terminal": true },
      call: (box) => box.call(["create", "--bundle", box.bundle, "--console-socket", `${box.folder}/console.sock`, box.id]),
      broken: "runts create --console-socket /tmp/here/console.sock web1",
      names: ["/tmp/here/console.sock"], remedy: "listen",
    },
    {
      name: "console-without-terminal", title: "A console socket without a terminal", learn: "which of the two is missing",
      call: (box) => box.call(["create", "--bundle", box.bundle, "--console-socket", `${box.folder}/console.sock`, box.id]),
      broken: '"terminal": false   and   runts create --console-socket /tmp/here/console.sock web1',
      names: [/terminal|tty/, "--console-socket"],
    },
  ],
}
