import { RuntsError, sysError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { readLayout } from "../host/cgroup/layout.ts"
import { close, tryOpenAt, writeAll } from "../host/file.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import { defaultRootlessSpec, defaultSpec } from "../spec/default.ts"
import type { Call } from "./table.ts"

/** `runts spec` */
export function main(call: Call<"spec">): number {
  const bundle = call.flags.bundle || "."
  const path = bundle === "." ? "config.json" : bundle + "/config.json"
  const facts = { cgroup2: readLayout().mode === "v2" }
  const spec = call.flags.rootless
    ? defaultRootlessSpec(facts, { uid: sys(NR.geteuid), gid: sys(NR.getegid) })
    : defaultSpec(facts)
  const fd = tryOpenAt(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0o666)
  if (fd === -ERRNO.EEXIST) throw new RuntsError(`${path} exists, and spec overwrites nothing`, { code: "usage", hint: "remove it first, or write one elsewhere with --bundle DIR" })
  if (fd < 0) throw sysError(`create ${JSON.stringify(path)}`, -fd, { syscall: "openat" })
  try {
    writeAll(fd, JSON.stringify(spec, null, "\t") + "\n")
  } finally {
    close(fd)
  }
  return 0
}
