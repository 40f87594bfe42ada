import { RuntsError, sysError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { bindDatagram, connectDatagram, takeDatagram } from "../host/datagram.ts"
import { close, openAt } from "../host/file.ts"
import { POLLIN, poll, type Interest } from "../host/poll.ts"
import { pipe, send, sendFd } from "../host/socket.ts"
import type { ContainerDir } from "../host/store.ts"
import { O_DIRECTORY, O_PATH } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import { warn } from "../log.ts"
import type { Mount, Process, Spec } from "../spec/types.gen.ts"

/*
 * sd_notify(3) across the container's border, as with runc: a program that systemd started through runts tells that it is ready, and runts
 * tells systemd, with the pid that systemd knows it by. The container gets a socket of runts, never that of systemd.
 */

/** In the container's state folder; bound read-only, so that the container can neither replace nor remove the socket. */
const FOLDER = "notify"
const SOCKET = "notify.sock"
const INSIDE = "/run/notify"

const DATAGRAM_BYTES = 4096
/** How long systemd may take to have read all that was sent, as with runc. */
const BARRIER_MS = 30_000

/** Makes the socket's folder. @returns the config with the folder mounted, and the process told of the socket */
export function withNotifySocket(container: ContainerDir, spec: Spec): Spec {
  const path = `${container.path}/${FOLDER}`
  // the umask would keep the container's users out
  const made = sys(NR.mkdirat, container.fd, FOLDER, 0o755)
  const errno = made < 0 ? -made : -sys(NR.fchmodat, container.fd, FOLDER, 0o755)
  if (errno > 0) throw sysError(`make the folder ${path} for NOTIFY_SOCKET`, errno, { code: "socket-failed" })
  const mount: Mount = { destination: INSIDE, type: "bind", source: path, options: ["bind", "nosuid", "noexec", "nodev", "ro"] }
  const process = spec.process as Process
  return {
    ...spec,
    mounts: [...(spec.mounts ?? []), mount],
    process: { ...process, env: [...(process.env ?? []), `NOTIFY_SOCKET=${INSIDE}/${SOCKET}`] },
  }
}

/** Where the runtime itself is to say that it is ready. */
function connectHost(name: string): number {
  try {
    return connectDatagram(name)
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    throw new RuntsError(`NOTIFY_SOCKET: ${error.message}`, {
      ...error.details, hint: "the variable is for what a service manager starts and waits for: unset it if none does",
    })
  }
}

/** Listens to the container, and passes READY=1 on to the host's socket. */
export class NotifyRelay {
  private readonly pid: number
  private readonly socket: number
  private readonly host: number
  /** The end of a pipe that systemd holds until it has read what was sent (sd_notify_barrier(3)). */
  private barrier: number | undefined
  private deadline = 0
  private ended = false

  /**
   * @param host NOTIFY_SOCKET of this process
   * @param pid becomes the unit's main process
   */
  constructor(container: ContainerDir, host: string, pid: number) {
    if (!/^[/@]./.test(host)) {
      throw new RuntsError(`NOTIFY_SOCKET=${host} is no socket: it must begin with / or @`, { code: "socket-failed" })
    }
    this.pid = pid
    this.host = connectHost(host)
    const folder = openAt(container.fd, FOLDER, O_PATH | O_DIRECTORY)
    try {
      this.socket = bindDatagram(folder, SOCKET)
    } finally {
      close(folder)
    }
  }

  /** What to wait for now; nothing once the host has been told. */
  interests(): Interest[] {
    if (this.ended) return []
    return [{ fd: this.barrier ?? this.socket, events: POLLIN, ready: 0 }]
  }

  /** How long to wait for {@link interests}, in milliseconds; -1: without limit. */
  get timeoutMs(): number {
    return this.barrier === undefined || this.ended ? -1 : Math.max(0, this.deadline - performance.now())
  }

  /** Takes what came after a wait. */
  move(interests: readonly Interest[]): void {
    if (this.ended) return
    try {
      if (this.barrier === undefined) this.listen()
      else if (interests.some(({ fd, ready }) => fd === this.barrier && ready !== 0)) this.end()
      else if (performance.now() >= this.deadline) {
        warn(`NOTIFY_SOCKET: no answer to BARRIER within ${BARRIER_MS / 1000} s; its reader may not know it`)
        this.end()
      }
    } catch (error) {
      // the program runs, whether its supervisor hears of it or not
      warn(`NOTIFY_SOCKET: ${error instanceof Error ? error.message : String(error)}`)
      this.end()
    }
  }

  /** Blocks until the host was told, or the container's init has ended. */
  wait(pidfd: number): void {
    const init: Interest = { fd: pidfd, events: POLLIN, ready: 0 }
    while (!this.ended) {
      const moving = this.interests()
      init.ready = 0
      poll([...moving, init], this.timeoutMs)
      this.move(moving)
      if (init.ready !== 0 && !this.ended) this.end()
    }
  }

  private listen(): void {
    const buffer = Buffer.alloc(DATAGRAM_BYTES)
    for (let datagram = takeDatagram(this.socket, buffer); datagram !== undefined; datagram = takeDatagram(this.socket, buffer)) {
      const ready = datagram.toString("utf8").split("\n").find((line) => line.startsWith("READY="))
      if (ready === undefined) continue
      this.tell(ready)
      return
    }
  }

  /** Nothing but this: what else a container may say to its supervisor (MAINPID, FDSTORE, WATCHDOG ...) is not for it to say. */
  private tell(ready: string): void {
    send(this.host, "NOTIFY_SOCKET", Buffer.from(`${ready}\n`))
    send(this.host, "NOTIFY_SOCKET", Buffer.from(`MAINPID=${this.pid}\n`))
    const { read, write } = pipe()
    this.barrier = read
    this.deadline = performance.now() + BARRIER_MS
    try {
      sendFd(this.host, write, Buffer.from("BARRIER=1"))
    } finally {
      close(write)
    }
  }

  private end(): void {
    this.ended = true
    close(this.socket)
    close(this.host)
    if (this.barrier !== undefined) close(this.barrier)
  }
}
