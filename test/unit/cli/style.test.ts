import t from "tap"
import { colours, style, widthOf } from "../../../src/cli/style.ts"
import { sys } from "../../../src/ffi/index.ts"
import { close, open, tryOpenAt } from "../../../src/host/file.ts"
import { AT_FDCWD, O_CLOEXEC, O_NOCTTY, O_RDWR, O_WRONLY } from "../../../src/kernel/fs.ts"
import { NR } from "../../../src/kernel/syscalls.ts"
import { TIOCSWINSZ, WINSIZE_BYTES } from "../../../src/kernel/terminal.ts"

const TIOCSPTLCK = 0x40045431
const TIOCGPTPEER = 0x5441

/** Both ends of a terminal of so many columns. */
function terminal(columns: number): [master: number, peer: number] {
  const master = tryOpenAt(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
  sys(NR.ioctl, master, TIOCSPTLCK, Buffer.alloc(4))
  const size = Buffer.alloc(WINSIZE_BYTES)
  size.writeUInt16LE(columns, 2)
  sys(NR.ioctl, master, TIOCSWINSZ, size)
  return [master, sys(NR.ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)]
}

t.test("text is set off with escape sequences, or left as it is", async (t) => {
  t.equal(style(true).bold("a") + style(true).red("b"), "\x1b[1ma\x1b[22m\x1b[31mb\x1b[39m")
  t.equal(style(true).bold(""), "")
  t.equal(style(false).bold("a") + style(false).red("b"), "ab")
})

t.test("colours are for terminals, and for nobody who sets NO_COLOR", async (t) => {
  const [master, peer] = terminal(77)
  const file = open("/dev/null", O_WRONLY | O_CLOEXEC)
  t.equal(colours(peer, { TERM: "xterm" }), true)
  t.equal(colours(peer, {}), true)
  t.equal(colours(peer, { TERM: "xterm", NO_COLOR: "1" }), false)
  t.equal(colours(peer, { TERM: "xterm", NO_COLOR: "" }), true, "an empty NO_COLOR says nothing (no-color.org)")
  t.equal(colours(peer, { TERM: "dumb" }), false)
  t.equal(colours(file, { TERM: "xterm" }), false)
  t.equal(widthOf(peer, {}), 77)
  t.equal(widthOf(peer, { COLUMNS: "60" }), 60)
  t.equal(widthOf(peer, { COLUMNS: "3" }), 40)
  t.equal(widthOf(peer, { COLUMNS: "wide" }), 77)
  t.equal(widthOf(file, {}), 100)
  for (const fd of [master, peer, file]) close(fd)
})
