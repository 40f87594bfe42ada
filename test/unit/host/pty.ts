import { readlinkSync } from "node:fs"
import { sys } from "../../../src/ffi/index.ts"
import { O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_RDWR } from "../../../src/kernel/fs.ts"
import { IOCTL } from "../../../src/kernel/process.ts"
import { NR } from "../../../src/kernel/syscalls.ts"
import { TCGETS, TERMIOS_BYTES, TIOCGWINSZ, TIOCSWINSZ, WINSIZE_BYTES } from "../../../src/kernel/terminal.ts"
import { close, open } from "../../../src/host/file.ts"

/** A pseudo-terminal of the machine. */
export class Pty {
  readonly master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
  readonly slave: number
  readonly path: string
  constructor(rows = 0, columns = 0) {
    sys(NR.ioctl, this.master, IOCTL.TIOCSPTLCK, Buffer.alloc(4))
    this.slave = sys(NR.ioctl, this.master, IOCTL.TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)
    this.path = readlinkSync("/proc/self/fd/" + this.slave)
    const size = Buffer.alloc(WINSIZE_BYTES)
    size.writeUInt16LE(rows, 0)
    size.writeUInt16LE(columns, 2)
    sys(NR.ioctl, this.master, TIOCSWINSZ, size)
  }
  settings(): Buffer {
    const settings = Buffer.alloc(TERMIOS_BYTES)
    sys(NR.ioctl, this.slave, TCGETS, settings)
    return settings
  }
  size(): [number, number] {
    const size = Buffer.alloc(WINSIZE_BYTES)
    sys(NR.ioctl, this.slave, TIOCGWINSZ, size)
    return [size.readUInt16LE(0), size.readUInt16LE(2)]
  }
  /** Types on the keyboard. */
  type(text: string): void {
    sys(NR.write, this.master, Buffer.from(text), Buffer.byteLength(text))
  }
  /** What stands on the screen since the last call. */
  screen(): string {
    sys(NR.fcntl, this.master, 4, O_NONBLOCK)
    let text = ""
    const buffer = Buffer.alloc(4096)
    for (;;) {
      const n = sys(NR.read, this.master, buffer, buffer.length)
      if (n <= 0) return text
      text += buffer.toString("utf8", 0, n)
    }
  }
  close(): void {
    close(this.master)
    close(this.slave)
  }
}
