/*
 * Terminals as the kernel sees them: ioctl_tty(2), termios(3). The kernel's struct termios (36 bytes) is not the C library's:
 * c_iflag, c_oflag, c_cflag, c_lflag, each u32; c_line u8; c_cc[19]. The same on x86-64 and arm64.
 */

export const TERMIOS_BYTES = 36
export const TCGETS = 0x5401
export const TCSETS = 0x5402
export const TIOCGWINSZ = 0x5413
export const TIOCSWINSZ = 0x5414
/** struct winsize: rows, columns, width and height in pixels, each u16. */
export const WINSIZE_BYTES = 8

/** Control characters: index in c_cc. */
const VTIME = 5
const VMIN = 6
const C_CC = 17

/** c_iflag */
const IGNBRK = 0o1, BRKINT = 0o2, PARMRK = 0o10, ISTRIP = 0o40, INLCR = 0o100, IGNCR = 0o200, ICRNL = 0o400, IXON = 0o2000
/** c_oflag */
const OPOST = 0o1
/** c_cflag */
const CSIZE = 0o60, CS8 = 0o60, PARENB = 0o400
/** c_lflag */
const ISIG = 0o1, ICANON = 0o2, ECHO = 0o10, ECHONL = 0o100, IEXTEN = 0o100000

/** A terminal's settings in raw mode, as cfmakeraw (termios(3)) makes them: every byte passes as it is, reads wait for one byte. */
export function rawTermios(settings: Buffer): Buffer {
  const raw = Buffer.from(settings)
  const change = (offset: number, clear: number, set: number): void => {
    raw.writeUInt32LE(((raw.readUInt32LE(offset) & ~clear) | set) >>> 0, offset)
  }
  change(0, IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON, 0)
  change(4, OPOST, 0)
  change(8, CSIZE | PARENB, CS8)
  change(12, ECHO | ECHONL | ICANON | ISIG | IEXTEN, 0)
  raw[C_CC + VMIN] = 1
  raw[C_CC + VTIME] = 0
  return raw
}
