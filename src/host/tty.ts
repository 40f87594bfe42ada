import { sys } from "../ffi/index.ts"
import { TCGETS, TERMIOS_BYTES, TIOCGWINSZ, WINSIZE_BYTES } from "../kernel/terminal.ts"
import { NR } from "../kernel/syscalls.ts"

/** Whether a descriptor is a terminal (isatty(3)). */
export function isTerminal(fd: number): boolean {
  return sys(NR.ioctl, fd, TCGETS, Buffer.alloc(TERMIOS_BYTES)) === 0
}

/** Columns of the terminal at a descriptor (ioctl_tty(2), TIOCGWINSZ); undefined where it is none, or does not know. */
export function terminalColumns(fd: number): number | undefined {
  const size = Buffer.alloc(WINSIZE_BYTES)
  if (sys(NR.ioctl, fd, TIOCGWINSZ, size) !== 0) return undefined
  const columns = size.readUInt16LE(2)
  return columns === 0 ? undefined : columns
}
