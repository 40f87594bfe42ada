import { RuntsError } from "../../error.ts"
import { native, sys } from "../../ffi/index.ts"
import { cString, stringAt } from "../../ffi/library.ts"
import { ERRNO, errnoText } from "../../kernel/errno.ts"
import { NR } from "../../kernel/syscalls.ts"
import { poll, type Interest } from "../poll.ts"
import { busLibrary } from "./library.ts"
import { addressIn, append, cell, check } from "./message.ts"
import { typesOf, type Value } from "../../spec/gvariant.ts"

/** Where a bus listens. */
export interface BusAddress {
  /** As the D-Bus specification writes addresses: `unix:path=/run/dbus/system_bus_socket`. */
  readonly address: string
  /** A bus that passes messages on; else the other end is systemd itself. */
  readonly broker: boolean
}

/** What is called: an object's method. */
export interface Method {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
}

/** An answer that says no. */
export class BusError extends RuntsError {
  /** As `org.freedesktop.systemd1.UnitExists`. */
  readonly busName: string
  constructor(what: string, busName: string, text: string) {
    super(`${what}: ${text || busName}`, { code: "systemd-unit" })
    this.busName = busName
  }
}

/** A signal or an answer; valid until `free`. */
export class Message {
  readonly address: number
  constructor(address: number) {
    this.address = address
  }

  /** The next value, a string or an object path. */
  string(type: "s" | "o"): string {
    const result = cell()
    check(busLibrary().sd_bus_message_read_basic(this.address, type.charCodeAt(0), native.address(result)), "read a string")
    return stringAt(addressIn(result))
  }

  /** The next value, 32 bits without a sign. */
  uint32(): number {
    const result = cell()
    check(busLibrary().sd_bus_message_read_basic(this.address, "u".charCodeAt(0), native.address(result)), "read a number")
    return result.readUInt32LE()
  }

  /** The next value, a variant that holds a string. */
  variantString(): string {
    const contents = cString("s")
    check(busLibrary().sd_bus_message_enter_container(this.address, "v".charCodeAt(0), native.address(contents)), "read a variant")
    return this.string("s")
  }

  isSignal(from: string, member: string): boolean {
    const [name, signal] = [cString(from), cString(member)]
    return busLibrary().sd_bus_message_is_signal(this.address, native.address(name), native.address(signal)) > 0
  }

  free(): void {
    busLibrary().sd_bus_message_unref(this.address)
  }
}

/**
 * A connection of libsystemd to a bus. All waiting is done here, not by libsystemd: it retries what a signal interrupts, and ends in an
 * error when the time is over, whatever the other end does or fails to do.
 */
export class Bus {
  private readonly bus: number
  /** What it is called in errors. */
  private readonly where: string
  /** See {@link BusAddress}. */
  readonly broker: boolean
  private readonly arrived: Message[] = []

  private constructor(bus: number, { address, broker }: BusAddress) {
    this.bus = bus
    this.where = address
    this.broker = broker
  }

  /** Connects, authenticates, and says hello. @param timeoutMs for all of it @throws RuntsError with the errno of connect(2), or ETIMEDOUT */
  static connect(to: BusAddress, timeoutMs: number): Bus {
    const library = busLibrary()
    const result = cell()
    check(library.sd_bus_new(native.address(result)), "make a connection")
    const bus = new Bus(addressIn(result), to)
    try {
      const text = cString(to.address)
      let answer = library.sd_bus_set_address(bus.bus, native.address(text))
      if (answer >= 0 && to.broker) answer = library.sd_bus_set_bus_client(bus.bus, 1)
      if (answer >= 0) answer = library.sd_bus_start(bus.bus)
      if (answer < 0) throw bus.failed("connect", -answer)
      const deadline = performance.now() + timeoutMs
      while (library.sd_bus_is_ready(bus.bus) === 0) bus.turn(deadline, `it took the connection and did not answer within ${timeoutMs / 1000} s`)
    } catch (error) {
      bus.close()
      throw bus.hungUp(error)
    }
    return bus
  }

  /** @param signature of the arguments @returns the answer, to be freed @throws BusError; RuntsError with errno ETIMEDOUT */
  call(method: Method, signature: string, values: readonly Value[], timeoutMs: number): Message {
    const cookie = cell()
    this.send(method, signature, values, cookie)
    const wanted = cookie.readBigUInt64LE()
    const deadline = performance.now() + timeoutMs
    const answer = this.next(deadline, `no answer to ${method.member} within ${timeoutMs / 1000} s`, (message) => replyCookie(message) === wanted)
    const failure = methodError(answer, method.member)
    if (failure === undefined) return answer
    answer.free()
    throw failure
  }

  /** As {@link call}, where the answer says nothing but that it worked. */
  order(method: Method, signature: string, values: readonly Value[], timeoutMs: number): void {
    this.call(method, signature, values, timeoutMs).free()
  }

  /** Sends without wanting an answer. */
  tell(method: Method, signature: string, values: readonly Value[]): void {
    this.send(method, signature, values, undefined)
  }

  /** The first message that `wanted` takes, of those that are here or come in time; to be freed. What it does not take is kept. */
  next(deadline: number, late: string, wanted: (message: Message) => boolean): Message {
    for (let seen = 0; ;) {
      for (; seen < this.arrived.length; seen++) {
        const message = this.arrived[seen] as Message
        if (!wanted(message)) continue
        this.arrived.splice(seen, 1)
        return message
      }
      this.turn(deadline, late)
    }
  }

  close(): void {
    for (const message of this.arrived) message.free()
    this.arrived.length = 0
    busLibrary().sd_bus_close_unref(this.bus)
  }

  private send(method: Method, signature: string, values: readonly Value[], cookie: Buffer | undefined): void {
    const library = busLibrary()
    const result = cell()
    const names = [method.destination, method.path, method.interface, method.member].map(cString)
    const made = library.sd_bus_message_new_method_call(this.bus, native.address(result), ...names.map((name) => native.address(name)))
    if (made < 0) throw this.failed(`make a call of ${method.member}`, -made)
    const message = new Message(addressIn(result))
    try {
      for (const [index, type] of typesOf(signature).entries()) append(message.address, type, values[index] as Value)
      const sent = library.sd_bus_send(this.bus, message.address, cookie === undefined ? 0 : native.address(cookie))
      if (sent < 0) throw this.failed(`send ${method.member}`, -sent)
    } finally {
      message.free()
    }
  }

  /** Lets libsystemd do one thing; waits where there is nothing to do. */
  private turn(deadline: number, late: string): void {
    const library = busLibrary()
    const result = cell()
    const done = library.sd_bus_process(this.bus, native.address(result))
    if (done < 0 && done !== -ERRNO.EINTR && done !== -ERRNO.EAGAIN) throw this.failed("talk", -done)
    const message = addressIn(result)
    if (message !== 0) this.arrived.push(new Message(message))
    if (done > 0) return
    const left = deadline - performance.now()
    const events = library.sd_bus_get_events(this.bus)
    if (events < 0) throw this.failed("talk", -events)
    const interest: Interest = { fd: check(library.sd_bus_get_fd(this.bus), "find the socket"), events, ready: 0 }
    if (left > 0 && poll([interest], left) > 0) return
    throw new RuntsError(`${late} (the bus is ${this.where})`, { code: "systemd-unavailable", errno: ERRNO.ETIMEDOUT })
  }

  /** Before the first message a bus hangs up on whom it does not serve. */
  private hungUp(error: unknown): unknown {
    const errno = error instanceof RuntsError ? error.details.errno : undefined
    if (errno !== ERRNO.ECONNRESET && errno !== ERRNO.EPIPE) return error
    return new RuntsError(`the bus ${this.where} hung up on user ${sys(NR.geteuid)}: it is another's, or no D-Bus`, { code: "systemd-unavailable", errno })
  }

  private failed(what: string, errno: number): RuntsError {
    return new RuntsError(`${what} to the bus ${this.where}: ${errnoText(errno)}`, { code: "systemd-unavailable", errno })
  }
}

function replyCookie(message: Message): bigint | undefined {
  const cookie = cell()
  const result = busLibrary().sd_bus_message_get_reply_cookie(message.address, native.address(cookie))
  return result < 0 ? undefined : cookie.readBigUInt64LE()
}

/** struct sd_bus_error: name, message. */
function methodError(message: Message, member: string): BusError | undefined {
  const library = busLibrary()
  if (library.sd_bus_message_is_method_error(message.address, 0) <= 0) return undefined
  const error = Buffer.from(native.peek(library.sd_bus_message_get_error(message.address), 16))
  const text = Number(error.readBigUInt64LE(8))
  return new BusError(member, stringAt(Number(error.readBigUInt64LE(0))), text === 0 ? "" : stringAt(text))
}
