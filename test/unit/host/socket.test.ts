import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { sys } from "../../../src/ffi/index.ts"
import { O_DIRECTORY, O_PATH, O_RDONLY } from "../../../src/kernel/fs.ts"
import { encodeMessage, messageBuffer, socketAddress } from "../../../src/kernel/socket.ts"
import { NR } from "../../../src/kernel/syscalls.ts"
import { close, open, readAll } from "../../../src/host/file.ts"
import {
  acceptUnix, connectUnix, connectUnixPath, listenUnix, pipe, recv, recvFd, send, sendFd, socketpair, tryConnectUnix, tryRecv, trySend,
} from "../../../src/host/socket.ts"
import { messageOf, openDescriptors } from "./helpers.ts"

const F_GETFD = 1
const before = openDescriptors()

t.test("socketpair() keeps message borders and is close-on-exec", async (t) => {
  const [a, b] = socketpair()
  t.equal(send(a, "b", Buffer.from("one")), 3)
  send(a, "b", Buffer.from("three"))
  const buffer = Buffer.alloc(100)
  t.equal(recv(b, "a", buffer), 3)
  t.equal(recv(b, "a", buffer), 5)
  t.equal(buffer.toString("utf8", 0, 5), "three")
  t.match(messageOf(() => recv(b, "the neighbour", buffer, 20)), /receive from the neighbour within 20 ms: connection timed out/)
  for (const fd of [a, b]) t.equal(sys(NR.fcntl, fd, F_GETFD), 1)
  close(a)
  t.equal(recv(b, "a", buffer, 1000), 0, "end of file")
  t.equal(trySend(b, Buffer.from("x")), -32, "EPIPE, and no SIGPIPE")
  t.match(messageOf(() => send(b, "the neighbour", Buffer.from("x"))), /send to the neighbour: broken pipe/)
  close(b)
})

t.test("what the other end has sent before it went comes, also where it went with something unread", async (t) => {
  const [a, b] = socketpair()
  send(b, "a", Buffer.from("never read"))
  send(a, "b", Buffer.from("last words"))
  close(a)
  const buffer = Buffer.alloc(100)
  t.equal(recv(b, "a", buffer), 10)
  t.equal(buffer.toString("utf8", 0, 10), "last words")
  t.equal(recv(b, "a", buffer), 0, "end of file")
  close(b)
})

t.test("listenUnix() and connectUnix() reach a socket in a folder with a long path", async (t) => {
  const short = mkdtempSync("/tmp/runts-socket-")
  t.teardown(() => rmSync(short, { recursive: true }))
  const long = join(short, "d".repeat(60), "e".repeat(60))
  mkdirSync(long, { recursive: true })
  for (const folder of [short, long]) {
    const dirFd = open(folder, O_PATH | O_DIRECTORY)
    const listener = listenUnix(dirFd, "start.sock")
    t.match(messageOf(() => listenUnix(dirFd, "start.sock")), /listen on socket "start.sock": address already in use/)
    const client = connectUnix(dirFd, "start.sock")
    const server = acceptUnix(listener)
    send(client, "the server", Buffer.from("S"))
    const buffer = Buffer.alloc(8)
    t.equal(tryRecv(server, buffer), 1)
    close(client)
    const second = connectUnixPath(join(folder, "start.sock"))
    close(second)
    close(server)
    close(listener)
    t.equal(tryConnectUnix(dirFd, "start.sock"), -111, "ECONNREFUSED once nobody listens")
    t.equal(tryConnectUnix(dirFd, "none"), -2)
    t.match(messageOf(() => connectUnix(dirFd, "none")), /connect to socket "none": no such file or directory/)
    t.match(messageOf(() => listenUnix(dirFd, "n".repeat(100))), /too long/)
    close(dirFd)
  }
  t.match(messageOf(() => connectUnixPath("/none/" + "x".repeat(200))), /no such file or directory/)
})

t.test("sendFd() and recvFd() pass one descriptor, close-on-exec", async (t) => {
  const [a, b] = socketpair()
  const file = open("/proc/self/comm", O_RDONLY)
  sendFd(a, file, Buffer.from("/dev/pts/ptmx"))
  close(file)
  const { fd, payload } = recvFd(b, 1000)
  t.equal(Buffer.from(payload).toString(), "/dev/pts/ptmx")
  t.equal(Buffer.from(readAll(fd)).toString(), readFileSync("/proc/self/comm", "utf8"))
  t.equal(sys(NR.fcntl, fd, F_GETFD), 1)
  close(fd)
  sendFd(a, 0, Buffer.alloc(4095, 1))
  const large = recvFd(b)
  t.equal(large.payload.length, 4095)
  close(large.fd)
  t.throws(() => sendFd(a, 0, Buffer.alloc(0)), /payload of 0 bytes/)
  t.throws(() => sendFd(a, 0, Buffer.alloc(4096)), /payload of 4096 bytes/)
  t.match(messageOf(() => sendFd(a, 999, Buffer.from("x"))), /send a descriptor over a socket: bad file descriptor/)
  send(a, "b", Buffer.from("no descriptor"))
  t.match(messageOf(() => recvFd(b)), /the message holds 0 of them, not one/)
  t.match(messageOf(() => recvFd(b, 10)), /within 10 ms/)
  close(a)
  t.match(messageOf(() => recvFd(b)), /the other end was closed/)
  close(b)
})

t.test("recvFd() refuses several descriptors and closes them", async (t) => {
  const [a, b] = socketpair()
  const open_ = openDescriptors().length
  for (const count of [2, 5]) {
    // sendmsg with `count` descriptors, made by hand
    const control = Buffer.alloc(16 + 8 * Math.ceil(count / 2))
    control.writeUInt32LE(16 + 4 * count, 0)
    control.writeInt32LE(1, 8)
    control.writeInt32LE(1, 12)
    const message = messageBuffer(1)
    const { native } = await import("../../../src/ffi/index.ts")
    encodeMessage(message, native.address(message))
    message.writeBigUInt64LE(BigInt(native.address(control)), 32)
    message.writeBigUInt64LE(BigInt(control.length), 40)
    t.equal(sys(NR.sendmsg, a, message, 0), 1)
    t.match(messageOf(() => recvFd(b)), count === 2 ? /holds 2 of them/ : /holds too many of them/)
    t.equal(openDescriptors().length, open_)
  }
  close(a)
  close(b)
})

t.test("pipe() is close-on-exec; socketAddress() knows what fits", async (t) => {
  const { read, write } = pipe()
  for (const fd of [read, write]) {
    t.equal(sys(NR.fcntl, fd, F_GETFD), 1)
    close(fd)
  }
  t.equal(socketAddress("/" + "x".repeat(106))?.length, 110)
  t.equal(socketAddress("/" + "x".repeat(107)), undefined)
  t.strictSame([...(socketAddress("/é") ?? [])], [1, 0, 47, 0xc3, 0xa9, 0])
})

t.test("no descriptor is left open", async (t) => t.strictSame(openDescriptors(), before))
