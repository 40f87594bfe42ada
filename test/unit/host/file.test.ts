import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import * as file from "../../../src/host/file.ts"
import { sys } from "../../../src/ffi/index.ts"
import { NR } from "../../../src/kernel/syscalls.ts"
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_APPEND, O_CREAT, O_DIRECTORY, O_RDONLY, O_WRONLY } from "../../../src/kernel/fs.ts"

const ENOENT = 2
const F_GETFD = 1
const FD_CLOEXEC = 1

/** What `throws` compares with: any sentence, this errno. */
const failure = (errno: number) => ({ message: /./, details: { errno } })

t.test("open() adds close-on-exec, and names the path and the errno when it fails", async (t) => {
  const fd = file.open("/dev/null", O_RDONLY)
  t.equal(sys(NR.fcntl, fd, F_GETFD), FD_CLOEXEC)
  file.close(fd)
  t.equal(sys(NR.fcntl, fd, F_GETFD), -9)
  t.throws(() => file.open('/no "such"', O_RDONLY), { message: /^open "\/no \\"such\\"": /, details: { errno: ENOENT, syscall: "openat" } })
  t.equal(file.tryOpenAt(AT_FDCWD, "/no/such", O_RDONLY), -ENOENT)
})

t.test("openAt(), readTextAt(), tryReadTextAt() are relative to a folder", async (t) => {
  const folder = file.open(t.testdir({ a: { b: "text é" } }), O_RDONLY | O_DIRECTORY)
  t.equal(file.readTextAt(folder, "a/b"), "text é")
  t.equal(file.tryReadTextAt(folder, "b"), undefined)
  const fd = file.openAt(folder, "a/b", O_RDONLY)
  t.strictSame(Buffer.from(file.readAll(fd)).toString(), "text é")
  file.close(fd)
  file.close(folder)
})

t.test("readFile(), readText() read files of any size, and those that claim to be empty", async (t) => {
  const folder = t.testdir()
  for (const size of [0, 1, 65535, 65536, 65537, 1_000_003]) {
    const bytes = Buffer.alloc(size, "0123456789")
    writeFileSync(join(folder, "f"), bytes)
    t.ok(bytes.equals(file.readFile(join(folder, "f"))), `${size} bytes`)
  }
  t.match(file.readText("/proc/self/status"), /^Name:/)
  t.throws(() => file.readText(folder), { message: new RegExp(`^read "${folder}": `) })
})

t.test("readFile() results are copies", async (t) => {
  const folder = t.testdir({ a: "aaaa", b: "bbbb" })
  const a = file.readFile(join(folder, "a"))
  file.readFile(join(folder, "b"))
  t.equal(Buffer.from(a).toString(), "aaaa")
})

t.test("tryReadText() is undefined for what does not exist, an error else", async (t) => {
  const folder = t.testdir({ a: "x" })
  t.equal(file.tryReadText(join(folder, "a")), "x")
  t.equal(file.tryReadText(join(folder, "b")), undefined)
  t.equal(file.tryReadText(join(folder, "a/b")), undefined, "ENOTDIR")
  t.throws(() => file.tryReadText(folder), { message: /is a directory/i })
})

t.test("writeFile() writes with one call to an existing file unless told", async (t) => {
  const folder = t.testdir({ a: "old content" })
  file.writeFile(join(folder, "a"), "new")
  t.equal(readFileSync(join(folder, "a"), "utf8"), "new content", "not emptied")
  file.writeFile(join(folder, "a"), Buffer.from("!"), O_APPEND)
  t.equal(readFileSync(join(folder, "a"), "utf8"), "new content!")
  t.throws(() => file.writeFile(join(folder, "b"), "x"), { message: /write "x" to .*\/b/, details: { errno: ENOENT } })
  file.writeFile(join(folder, "b"), "x", O_CREAT, 0o640)
  t.equal(statSync(join(folder, "b")).mode & 0o777, 0o640 & ~process.umask())
  t.equal(file.tryWriteFileAt(AT_FDCWD, "/proc/sys/kernel/ostype", "x") < 0, true)
})

t.test("writeAll() writes all to a descriptor", async (t) => {
  const path = join(t.testdir(), "f")
  const fd = file.open(path, O_WRONLY | O_CREAT, 0o600)
  file.writeAll(fd, "é".repeat(100_000))
  file.writeAll(fd, "")
  file.close(fd)
  t.equal(readFileSync(path, "utf8"), "é".repeat(100_000))
  t.throws(() => file.writeAll(fd, "x"), failure(9))
})

t.test("writeFileAtomically() replaces, and leaves no temporary file whatever happens", async (t) => {
  const folder = t.testdir({ state: "old", taken: { x: "" } })
  const dirfd = file.open(folder, O_RDONLY | O_DIRECTORY)
  const before = statSync(join(folder, "state")).ino
  file.writeFileAtomically(dirfd, "state", "new", 0o600)
  t.equal(readFileSync(join(folder, "state"), "utf8"), "new")
  t.not(statSync(join(folder, "state")).ino, before, "another file")
  t.equal(statSync(join(folder, "state")).mode & 0o777, 0o600)
  t.throws(() => file.writeFileAtomically(dirfd, "taken", "x", 0o600), { message: /rename/ })
  t.throws(() => file.writeFileAtomically(dirfd, "no/such", "x", 0o600), { message: /create/ })
  writeFileSync(join(folder, `.state.${process.pid}`), "left by a killed process")
  file.writeFileAtomically(dirfd, "state", "newer", 0o600)
  t.equal(readFileSync(join(folder, "state"), "utf8"), "newer")
  t.strictSame(readdirSync(folder).sort(), ["state", "taken"])
  file.close(dirfd)
})

t.test("mkdir(), mkdirAll() make folders", async (t) => {
  const folder = t.testdir({ file: "", link: t.fixture("symlink", ".") })
  file.mkdir(join(folder, "a"), 0o700)
  t.equal(statSync(join(folder, "a")).mode & 0o777, 0o700)
  t.throws(() => file.mkdir(join(folder, "a"), 0o700), { message: /create folder .*\/a/, details: { errno: 17 } })
  file.mkdirAll(join(folder, "a/b/c/d/"), 0o755)
  file.mkdirAll(join(folder, "a/b/c/d"), 0o755)
  file.mkdirAll(join(folder, "link/a"), 0o755)
  t.ok(statSync(join(folder, "a/b/c/d")).isDirectory())
  t.throws(() => file.mkdirAll(join(folder, "file"), 0o755), failure(20))
  t.throws(() => file.mkdirAll(join(folder, "file/x/y"), 0o755), failure(20))
  file.mkdirAll("/", 0o755)
})

t.test("removeDir(), tryUnlinkAt() remove one, removeTree() all and no link's target", async (t) => {
  const folder = t.testdir({ tree: { a: { b: { c: "x" } }, d: "y" }, outside: { keep: "z" }, empty: {} })
  symlinkSync("../outside", join(folder, "tree/link"))
  mkdirSync(join(folder, "tree/many"))
  for (let i = 0; i < 3000; i++) writeFileSync(join(folder, `tree/many/${"n".repeat(100)}${i}`), "")
  file.removeDir(join(folder, "empty"))
  t.notOk(existsSync(join(folder, "empty")))
  t.throws(() => file.removeDir(join(folder, "tree")), failure(39))
  t.equal(file.tryUnlinkAt(AT_FDCWD, join(folder, "no")), -ENOENT)
  file.removeTree(join(folder, "tree"))
  file.removeTree(join(folder, "tree"))
  t.strictSame(readdirSync(folder), ["outside"])
  t.ok(existsSync(join(folder, "outside/keep")))
})

t.test("listDir() lists all names of a path or a descriptor", async (t) => {
  const folder = t.testdir({ a: "", "é": "", ".b": {} })
  t.strictSame(file.listDir(folder).sort(), [".b", "a", "é"])
  const fd = file.open(folder, O_RDONLY | O_DIRECTORY)
  t.strictSame(file.listDir(fd).sort(), [".b", "a", "é"])
  file.close(fd)
  for (let i = 0; i < 2000; i++) writeFileSync(join(folder, `${"long".repeat(20)}${i}`), "")
  t.equal(file.listDir(folder).length, 2003)
  t.throws(() => file.listDir(join(folder, "a")), failure(20))
})

t.test("stat() agrees with fs.stat", async (t) => {
  const folder = t.testdir({ f: "12345" })
  chmodSync(join(folder, "f"), 0o4751)
  symlinkSync("f", join(folder, "l"))
  const [ours, theirs] = [file.stat(join(folder, "l")), statSync(join(folder, "f"))]
  t.match(ours, { type: "file", mode: 0o4751, uid: theirs.uid, gid: theirs.gid, ino: theirs.ino, size: 5, nlink: 1 })
  t.ok((ours.mountId ?? 0) > 0)
  t.equal(file.stat({ dirfd: AT_FDCWD, path: join(folder, "l"), flags: AT_SYMLINK_NOFOLLOW }).type, "symlink")
  t.match(file.stat("/dev/null"), { type: "char", rdevMajor: 1, rdevMinor: 3 })
  t.equal(file.stat(folder).type, "dir")
  t.equal(file.stat(folder).dev, file.stat(join(folder, "f")).dev)
  t.not(file.stat(folder).dev, file.stat("/proc").dev)
  t.equal(file.tryStat(join(folder, "no")), undefined)
  t.equal(file.tryStat(join(folder, "f/x")), undefined)
  t.throws(() => file.stat(join(folder, "no")), { message: /^stat "/ })
})

t.test("readLink(), tryReadLink(), realPath() follow links", async (t) => {
  const folder = file.realPath(t.testdir({ d: { f: "" } }))
  symlinkSync("d/../d", join(folder, "l"))
  t.equal(file.readLink(AT_FDCWD, join(folder, "l")), "d/../d")
  t.equal(file.tryReadLink(AT_FDCWD, join(folder, "d")), -22)
  t.throws(() => file.readLink(AT_FDCWD, join(folder, "no")), { message: /^read link "/ })
  t.equal(file.realPath(join(folder, "l/f")), join(folder, "d/f"))
  t.throws(() => file.realPath(join(folder, "no")), failure(ENOENT))
})

t.test("absolutePath() cleans paths as Go's filepath.Abs", async (t) => {
  const cases: [string, string, string][] = [
    ["/a/b", "/x", "/a/b"], ["a", "/x", "/x/a"], ["", "/x", "/x"], [".", "/x/", "/x"], ["./a//b/", "/x", "/x/a/b"], ["..", "/x/y", "/x"],
    ["../../../..", "/x", "/"], ["/../a", "/x", "/a"], ["/", "/x", "/"], ["//a/./b/../c/", "/", "/a/c"], ["a b", "/", "/a b"],
  ]
  for (const [path, cwd, expected] of cases) t.equal(file.absolutePath(path, cwd), expected, `"${path}" in ${cwd}`)
})

t.test("getcwd() is the working folder", async (t) => {
  t.equal(file.getcwd(), process.cwd())
})
