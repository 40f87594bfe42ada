import { sys } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { AT_FDCWD, O_NONBLOCK, O_RDONLY } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { close, tryOpenAt } from "../file.ts"
import { syscallName } from "./library.ts"

/** A process that a seccomp filter ended. */
export interface SeccompKill {
  /** By name where libseccomp knows it, else `system call 451`. */
  readonly call: string
}

const RECORD_BYTES = 8192
const SIGSYS = 31

/**
 * The system call for which a filter killed a process: the kernel's log has it (the audit record AUDIT_SECCOMP, type 1326), where no audit
 * daemon takes the records and this process may read the log (sysctl kernel.dmesg_restrict).
 * @param pid as the host's first pid namespace counts
 * @returns undefined where nothing is found
 */
export function findSeccompKill(pid: number): SeccompKill | undefined {
  const found = lastRecord(new RegExp(` type=1326 .* pid=${pid} .* sig=${SIGSYS} arch=([0-9a-f]+) syscall=([0-9]+) `))
  if (found === undefined) return undefined
  const [, architecture = "", number = ""] = found
  return { call: syscallName(parseInt(architecture, 16), Number(number)) ?? `system call ${number}` }
}

/** The last record of the kernel's log that matches (Documentation/ABI/testing/dev-kmsg). */
function lastRecord(pattern: RegExp): RegExpExecArray | undefined {
  const fd = tryOpenAt(AT_FDCWD, "/dev/kmsg", O_RDONLY | O_NONBLOCK)
  if (fd < 0) return undefined
  const buffer = Buffer.alloc(RECORD_BYTES)
  let found: RegExpExecArray | undefined
  for (;;) {
    const n = sys(NR.read, fd, buffer, buffer.length)
    // records were overwritten meanwhile: the next read goes on behind them
    if (n === -ERRNO.EPIPE) continue
    if (n <= 0) break
    found = pattern.exec(buffer.toString("latin1", 0, n)) ?? found
  }
  close(fd)
  return found
}
