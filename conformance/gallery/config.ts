import { renameSync, rmSync, writeFileSync } from "node:fs"
import type { Chapter, Stage } from "./failure.ts"

/** Writes config.json as a text that an editor would leave. */
function text(box: Stage, change: (json: string) => string): void {
  writeFileSync(`${box.bundle}/config.json`, change(JSON.stringify(box.config, null, 2)))
}

export const CONFIG: Chapter = {
  heading: "config.json",
  failures: [
    {
      name: "no-config", title: "There is no config.json", learn: "where it was looked for, and how to get one",
      prepare: (box) => rmSync(`${box.bundle}/config.json`), broken: "no /web/config.json",
      names: ["config.json"], remedy: "runts spec",
    },
    {
      name: "no-bundle", title: "The bundle does not exist", learn: "which folder",
      call: (box) => box.call(["run", "--bundle", `${box.folder}/wbe`, box.id]), broken: "runts run --bundle /tmp/here/wbe web1",
      names: ["/tmp/here/wbe"], remedy: "--bundle",
    },
    {
      name: "trailing-comma", title: "A comma too many", learn: "the line and column",
      prepare: (box) => text(box, (json) => json.replace('"path": "rootfs"', '"path": "rootfs",')), broken: '"root": { "path": "rootfs", }',
      names: [/config\.json:\d+:\d+/, "comma"],
    },
    {
      name: "comment", title: "A comment in config.json", learn: "that JSON has none, and where it is",
      prepare: (box) => text(box, (json) => json.replace("{", "{\n  // the web server")), broken: "// the web server",
      names: ["config.json:2:3", "no comments"],
    },
    {
      name: "byte-order-mark", title: "A byte order mark, from an editor of Windows", learn: "that there is an invisible character, and how to get rid of it",
      prepare: (box) => text(box, (json) => "\ufeff" + json), broken: "EF BB BF   (first bytes of config.json)",
      names: ["config.json", /byte.order mark/i],
    },
    {
      name: "empty-config", title: "config.json is empty (a full disk, a write cut short)", learn: "that there is nothing in it",
      prepare: (box) => text(box, () => ""), broken: "0 bytes   (config.json)",
      names: ["config.json", /empty|end/],
    },
    {
      name: "misspelled-key", title: "A misspelled member", learn: "the name that was meant",
      config: { "/process/args": undefined, "/process/agrs": ["/bin/sh"] },
      names: ["/process/args", "/process/agrs"],
    },
    {
      name: "wrong-type", title: "A number in quotes", learn: "which member, and what it must be",
      config: { "/process/user": { uid: "1000", gid: 1000 } },
      names: ["/process/user/uid", '"1000" is a string', "integer"],
    },
    {
      name: "string-for-array", title: "A command line in one string", learn: "that args is a list of words",
      config: { "/process/args": "sleep 100" },
      names: ["/process/args", "array"],
    },
    {
      name: "empty-args", title: "No program", learn: "which member is empty",
      config: { "/process/args": [] },
      names: ["/process/args"],
    },
    {
      name: "three-faults", title: "Three faults at once", learn: "all three, not one at each try",
      config: { "/process/cwd": "app", "/process/user": { uid: -1, gid: 0 }, "/mounts/0/destination": 7 },
      names: ["/process/cwd", "/process/user/uid", "/mounts/0/destination"],
    },
    {
      name: "unknown-rlimit", title: "A limit that does not exist", learn: "the name that was meant",
      config: { "/process/rlimits": [{ type: "RLIMIT_NOFILES", soft: 1024, hard: 1024 }] },
      names: ["/process/rlimits/0/type", "RLIMIT_NOFILES", "RLIMIT_NOFILE"],
    },
    {
      name: "two-rlimits", title: "The same limit twice", learn: "which two: the specification wants an error",
      config: { "/process/rlimits": [{ type: "RLIMIT_NOFILE", soft: 1024, hard: 1024 }, { type: "RLIMIT_NOFILE", soft: 64, hard: 64 }] },
      names: ["/process/rlimits", "RLIMIT_NOFILE"],
    },
    {
      name: "unknown-namespace", title: "A namespace by the wrong name", learn: "the names that there are",
      config: { "/linux/namespaces/-": { type: "net" } },
      names: ["/linux/namespaces", '"net"', "network"],
    },
    {
      name: "two-namespaces", title: "The same namespace twice", learn: "which two entries",
      config: { "/linux/namespaces/-": { type: "pid" } },
      names: ["/linux/namespaces", "pid"],
    },
    {
      name: "no-such-namespace", title: "A network namespace that is not there any more", learn: "which path",
      config: { "/linux/namespaces/1": { type: "network", path: "/run/netns/blue" } },
      names: ["/run/netns/blue", "/linux/namespaces/1", "no such file or directory"],
    },
    {
      name: "hostname-without-uts", title: "A hostname without a UTS namespace", learn: "that the machine's own name would change",
      config: { "/hostname": "web1", "/linux/namespaces": [{ type: "pid" }, { type: "mount" }] },
      names: ["/hostname", "uts"],
    },
    {
      name: "sysctl-of-the-machine", title: "A sysctl that belongs to the machine", learn: "that it has no namespace",
      config: { "/linux/sysctl": { "vm.swappiness": "10" } },
      names: ["/linux/sysctl/vm.swappiness", "vm.swappiness"],
    },
    {
      name: "sysctl-without-namespace", title: "A sysctl of the network without a network namespace", learn: "which namespace it needs",
      config: { "/linux/sysctl": { "net.core.somaxconn": "1024" }, "/linux/namespaces": [{ type: "pid" }, { type: "mount" }, { type: "uts" }] },
      names: ["net.core.somaxconn", "network"],
    },
    {
      name: "time-offsets", title: "Time offsets without a time namespace", learn: "what is missing",
      config: { "/linux/timeOffsets": { monotonic: { secs: 86400, nanosecs: 0 } } },
      names: ["/linux/timeOffsets", "time"],
    },
    {
      name: "masked-without-mount", title: "Masked paths without a mount namespace", learn: "that they would be masked on the machine",
      config: { "/linux/namespaces": [{ type: "pid" }], "/hostname": undefined, "/linux/maskedPaths": ["/proc/kcore"], "/linux/readonlyPaths": undefined },
      alone: "crun makes the mounts in the namespace of its caller",
      names: ["mount"],
    },
    {
      name: "version", title: "A specification of the future", learn: "which versions are known",
      config: { "/ociVersion": "2.0.0" },
      names: ["/ociVersion", "2.0.0"],
    },
    {
      name: "rootfs-missing", title: "There is no root filesystem", learn: "which folder was looked for",
      prepare: (box) => renameSync(box.rootfs, `${box.bundle}/root`), broken: '"root": { "path": "rootfs" }   (the folder is named root)',
      names: ["rootfs", "/root/path"],
    },
  ],
}
