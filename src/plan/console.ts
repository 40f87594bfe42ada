import { AT_EMPTY_PATH, O_CLOEXEC, O_NOCTTY, O_PATH, O_RDWR, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS } from "../kernel/fs.ts"
import { MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE, SUPER_MAGIC } from "../kernel/mount.ts"
import { IOCTL, MSG_NOSIGNAL } from "../kernel/process.ts"
import type { Arg, Step } from "../program/program.ts"
import type { Planner } from "./planner.ts"
import { openInRoot, scratch } from "./targets.ts"

export interface ConsoleRequest {
  /** Descriptor of the root, or AT_FDCWD where the root is / already. */
  readonly root: Arg
  /** Socket that takes the master. */
  readonly socket: number
  /** Owner of the terminal inside. */
  readonly uid: number
  readonly size: { readonly height: number; readonly width: number } | undefined
  /** Bind it on /dev/console (the container's first process only). */
  readonly bindConsole: boolean
}

/** struct msghdr with one SCM_RIGHTS message: offset of the descriptor in the control buffer. */
const CMSG_FD_OFFSET = 16
const SCM_RIGHTS = 1
const SOL_SOCKET = 1

/**
 * A terminal of the container's own devpts: the slave is taken from the master's descriptor (TIOCGPTPEER), never by its path,
 * and becomes stdin, stdout, stderr and the controlling terminal; the master goes to the console socket.
 */
export function planConsole(planner: Planner, request: ConsoleRequest): void {
  const p = planner.program
  planner.at("/process/terminal")
  const master = openInRoot(planner, request.root, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC).says("open a terminal's master at /dev/pts/ptmx")
  verifyDevpts(planner, master)
  p.call("ioctl", master, IOCTL.TIOCSPTLCK, p.buffer(4)).says("unlock the terminal")
  const slave = p.call("ioctl", master, IOCTL.TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC).says("open the terminal's other side")
  if (request.size !== undefined && request.size.height > 0 && request.size.width > 0) {
    planner.at("/process/consoleSize")
    const size = p.bytes(new Uint8Array(new Uint16Array([request.size.height, request.size.width, 0, 0]).buffer))
    p.call("ioctl", master, IOCTL.TIOCSWINSZ, size).says(`set the terminal's size to ${request.size.width}x${request.size.height}`)
    planner.at("/process/terminal")
  }
  p.call("fchown", slave, request.uid, -1).on("EPERM", "continue").on("EINVAL", "continue").says("give the terminal to the process's user")
  if (request.bindConsole) bindConsole(planner, request.root, slave)
  sendMaster(planner, request.socket, master)
  p.call("close", master)
  for (let fd = 0; fd < 3; fd++) p.call("dup3", slave, fd, 0).says(`the terminal is descriptor ${fd}`)
  p.call("close", slave)
  p.call("ioctl", 0, IOCTL.TIOCSCTTY, 0).says("make it the controlling terminal")
}

/** What is opened must be a terminal of a devpts, whatever an image has put at its path. */
function verifyDevpts(planner: Planner, master: Step): void {
  const p = planner.program
  const statfs = scratch(planner, 120)
  const right = p.label("devpts")
  p.call("fstatfs", master, statfs).says("is it on a devpts")
  p.test(statfs, 0xffffffff, "==", SUPER_MAGIC.DEVPTS, right)
  p.fail(19).says("open a terminal: /dev/pts/ptmx is not on a devpts")
  p.here(right)
}

/** The slave's own node, cloned by descriptor, on a /dev/console that is made here and is no symlink. */
function bindConsole(planner: Planner, root: Arg, slave: Step): void {
  const p = planner.program
  const tree = p.call("open_tree", slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH).says("clone the terminal's node")
  const dev = openInRoot(planner, root, "dev", O_PATH | O_CLOEXEC).says("open /dev")
  p.call("mknodat", dev, "console", 0o100600, 0).on("EEXIST", "continue").says("make /dev/console")
  const place = p.call("openat2", dev, "console", ...planner.openHow(O_PATH | O_CLOEXEC, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)).says("open /dev/console")
  p.call("move_mount", tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH).says("bind the terminal on /dev/console")
  p.call("close", place)
  p.call("close", dev)
  p.call("close", tree)
}

/** One message with one descriptor, as engines expect it (sendmsg(2), cmsg(3)). */
function sendMaster(planner: Planner, socket: number, master: Step): void {
  const p = planner.program
  const name = p.string("/dev/ptmx")
  const iovec = p.words([name, 9])
  // struct cmsghdr: u64 length, i32 level, i32 type; then the descriptor
  const control = p.buffer(24)
  p.store(control, p.words([CMSG_FD_OFFSET + 4, 0]), 8)
  p.store(control.at(8), p.words([SOL_SOCKET + SCM_RIGHTS * 2 ** 32]), 8)
  p.store(control.at(CMSG_FD_OFFSET), master, 4)
  const header = p.words([0, 0, iovec, 1, control, 24, 0])
  p.call("sendmsg", socket, header, MSG_NOSIGNAL).says("send the terminal's master to the console socket")
  p.call("close", socket)
}
