import { RuntsError } from "../../error.ts"
import type { ErrorCode } from "../../error-codes.ts"
import { close } from "../../host/file.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { executableFormat, HEAD_BYTES, MACHINES, type ExecutableFormat } from "../../kernel/executable-format.ts"
import { cleanRelative } from "../../path.ts"
import type { Process } from "../../spec/types.gen.ts"
import { ContainerFiles, readSlice, type Look, type SeenFile, type SeenFolder } from "./files.ts"
import { absolute, candidatePaths, COMPATIBLE_MACHINE, HOST_MACHINE, loaderOf, searchPath } from "./lookup.ts"

/*
 * Why a program cannot be executed, found by a look at its file, its interpreter and the folders above: execve(2) has one errno for a dozen
 * causes. Only loaded when it has happened.
 */

/** What is found out: the nearer code, and a clause that goes on after the error's sentence. */
interface Cause {
  readonly code?: ErrorCode
  readonly hint: string
}

/** The error with what a look at the container's files tells; as it is where they tell nothing. */
export function blameExecutable(error: RuntsError, files: ContainerFiles, process: Process): RuntsError {
  const cause = findCause(error, new Program(files, process))
  if (cause === undefined) return error
  return new RuntsError(error.message, { ...error.details, code: cause.code ?? error.details.code, hint: cause.hint })
}

function findCause({ details: { code, errno = 0, syscall } }: RuntsError, program: Program): Cause | undefined {
  if (errno === ERRNO.E2BIG) return { hint: program.size() }
  if (code === "executable-not-found") return program.absence()
  const file = program.find()
  if (file === undefined) return undefined
  try {
    if (syscall !== "execve" || file.status.type !== "file") return program.refusal(file)
    if (errno === ERRNO.ETXTBSY) return { hint: `somebody has ${file.path} open for writing` }
    return program.failure(file, errno)
  } finally {
    close(file.fd)
  }
}

/** Where programs usually are. */
const USUAL_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
const ANY_EXECUTE = 0o111
/** Interpreters that are scripts themselves: the kernel goes no further (BINPRM_MAX_RECURSION). */
const SCRIPTS_MAX = 5

/** The program of a process object, as its files show it. */
class Program {
  private readonly files: ContainerFiles
  private readonly process: Process
  private readonly name: string

  constructor(files: ContainerFiles, process: Process) {
    this.files = files
    this.process = process
    this.name = process.args?.[0] ?? ""
  }

  /** The first file that is there under its name. The descriptor is the caller's to close. */
  find(): SeenFile | undefined {
    for (const path of candidatePaths(this.process)) {
      const look = this.files.look(path)
      if (look.kind !== "found") continue
      if (look.file.status.type !== "dir") return look.file
      close(look.file.fd)
    }
    return undefined
  }

  /** Why there is none. */
  absence(): Cause | undefined {
    const { args = [] } = this.process
    if (args.length === 1 && this.name.includes(" ")) {
      return { hint: `process.args has one item, taken as the program's whole name: write ${JSON.stringify(shellWords(this.name))}` }
    }
    if (this.name.includes("/")) return this.missingPath(this.files.look(absolute(this.name, this.process)))
    const path = searchPath(this.process)
    const elsewhere = USUAL_FOLDERS.find((folder) => !(path ?? "").split(":").includes(folder) && this.exists(`${folder}/${this.name}`))
    const found = elsewhere === undefined ? "" : `; it is in ${elsewhere}`
    if (path === undefined) return { hint: `process.env sets no PATH${found}` }
    return { hint: `PATH is ${JSON.stringify(path)}${found}` }
  }

  private missingPath(look: Look): Cause | undefined {
    if (look.kind === "found") close(look.file.fd)
    if (look.kind !== "missing") return undefined
    const { path, link, errno } = look
    const asked = `/${cleanRelative(this.name)}`
    if (errno === ERRNO.ELOOP) return { hint: `the symbolic link ${link} leads to itself` }
    const what = errno === ERRNO.ENOTDIR ? `${path} is no folder` : `there is no ${path} in the root filesystem`
    if (link !== undefined) return { hint: `${link} is a symbolic link, and ${what}` }
    return path === asked && errno !== ERRNO.ENOTDIR ? undefined : { hint: what }
  }

  private exists(path: string): boolean {
    const look = this.files.look(path)
    if (look.kind === "found") close(look.file.fd)
    return look.kind === "found"
  }

  /** Why access(2) refuses its execution. */
  refusal({ path, status, noexec, folders }: SeenFile): Cause | undefined {
    if (status.type !== "file") return { hint: `it is a ${status.type}, no program` }
    if ((status.mode & ANY_EXECUTE) === 0) return { hint: `${path} has mode ${octal(status.mode)}: chmod +x it in the root filesystem` }
    if (noexec) return { code: "executable-noexec", hint: `${path} lies on a mount with noexec` }
    const { uid, gid } = this.process.user
    if (uid === 0) return undefined
    const closed = folders.find((folder) => (folder.status.mode & 0o001) === 0)
    const who = `process.user is ${uid}:${gid}`
    if ((status.mode & 0o001) === 0) return { hint: `${describeOwner({ path, status })}, and ${who}` }
    return closed === undefined ? undefined : { hint: `the folder ${describeOwner(closed)}, and ${who}` }
  }

  /** Why execve(2) fails with a file that may be executed. */
  failure(file: SeenFile, errno: number, scripts = 0): Cause | undefined {
    const head = readSlice(file, 0, HEAD_BYTES)
    if (head === undefined) return undefined
    const format = executableFormat(head)
    if (format.kind === "script") {
      // of many, or of one that names itself, no more is to be said
      return errno === ERRNO.ELOOP || scripts >= SCRIPTS_MAX ? scriptsOfScripts(format.interpreter) : this.scriptFailure(file, format, errno, scripts)
    }
    if (format.kind === "elf") return this.elfFailure(file, format, errno)
    return errno === ERRNO.ENOEXEC ? { code: "executable-format", hint: FORMAT_HINTS[format.kind] } : undefined
  }

  private scriptFailure(
    file: SeenFile, { interpreter, windows }: ExecutableFormat & { kind: "script" }, errno: number, scripts: number,
  ): Cause | undefined {
    if (interpreter === "") return { code: "executable-format", hint: `the #! line of ${file.path} names no interpreter` }
    if (windows && errno === ERRNO.ENOENT) {
      return {
        code: "executable-interpreter-missing",
        hint: `the lines of ${file.path} end as on Windows (CR LF), so that its #! line names ${JSON.stringify(`${interpreter}\r`)}: ` +
          `convert it, as with sed -i 's/\\r$//'`,
      }
    }
    const look = this.files.look(absolute(interpreter, this.process))
    if (look.kind === "missing") return { code: "executable-interpreter-missing", hint: `its #! line names ${interpreter}, ${absent(look.link)}` }
    if (look.kind !== "found") return undefined
    try {
      return within(`its #! line names ${interpreter}`, this.interpreterFailure(look.file, errno, scripts))
    } finally {
      close(look.file.fd)
    }
  }

  private interpreterFailure(file: SeenFile, errno: number, scripts: number): Cause | undefined {
    if (file.status.type === "dir") return { code: "executable-format", hint: "which is a folder" }
    return errno === ERRNO.EACCES ? this.refusal(file) : this.failure(file, errno, scripts + 1)
  }

  private elfFailure(file: SeenFile, format: ExecutableFormat & { kind: "elf" }, errno: number): Cause | undefined {
    const machine = machineName(format)
    if (format.machine === COMPATIBLE_MACHINE && errno === ERRNO.ENOEXEC) {
      return { code: "executable-wrong-architecture", hint: `it is a program of 32 bits (${machine}), and this kernel runs none` }
    }
    if (format.machine !== HOST_MACHINE && format.machine !== COMPATIBLE_MACHINE) {
      return {
        code: "executable-wrong-architecture",
        hint: `it is an ${machine} program, this host is ${MACHINES[HOST_MACHINE]}, and ${errno === ERRNO.ENOEXEC
          ? "the kernel's binfmt_misc has no emulator for it: take an image for this platform, or register qemu-user"
          : "the emulator that binfmt_misc names for it cannot be run"}`,
      }
    }
    if (format.interpreter === undefined) return errno === ERRNO.ENOEXEC ? { code: "executable-format", hint: "it is a damaged ELF file" } : undefined
    return this.loaderFailure(loaderOf(file, format), errno)
  }

  private loaderFailure(loader: string, errno: number): Cause | undefined {
    const look = this.files.look(loader)
    if (look.kind === "found") {
      try {
        return errno === ERRNO.EACCES ? within(`its ELF loader is ${loader}`, this.refusal(look.file)) : undefined
      } finally {
        close(look.file.fd)
      }
    }
    if (look.kind === "unknown") return undefined
    const libc = loader.includes("ld-musl") ? "musl (Alpine's libc)" : loader.includes("ld-linux") ? "glibc" : undefined
    const linked = libc === undefined ? "" : `: it is linked for ${libc}; link it statically, or take an image with that libc`
    return { code: "executable-interpreter-missing", hint: `its ELF loader is ${loader}, ${absent(look.link)}${linked}` }
  }

  /** Of E2BIG: what was too much. */
  size(): string {
    const bytes = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
    const { args = [], env = [] } = this.process
    return `process.args has ${bytes(args)} bytes and process.env ${bytes(env)}; 131072 is the most of one, a quarter of RLIMIT_STACK of all`
  }
}

const FORMAT_HINTS = {
  empty: "the file is empty",
  text: "it is text without a #! line: begin it with one, as #!/bin/sh, or name the interpreter in process.args",
  windows: "it is a program for Windows",
  macos: "it is a program for macOS",
  unknown: "it is no program that Linux knows",
} as const

function scriptsOfScripts(interpreter: string): Cause {
  return { code: "executable-format", hint: `its #! line names ${interpreter}, which is a script too, and so on: the last must be a program` }
}

/** A line as a shell would take it apart, quotes and all, as far as people write such. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? "")
}

function absent(link: string | undefined): string {
  return link === undefined ? "which is not in the root filesystem" : `which is not in the root filesystem (${link} is a symbolic link to nothing)`
}

function within(head: string, cause: Cause | undefined): Cause | undefined {
  return cause === undefined ? undefined : { ...cause, hint: `${head}, and of that: ${cause.hint}` }
}

function machineName({ machine, bits }: ExecutableFormat & { kind: "elf" }): string {
  return MACHINES[machine] ?? `${bits}-bit (ELF machine ${machine})`
}

function describeOwner({ path, status }: SeenFolder): string {
  return `${path} has mode ${octal(status.mode)} and belongs to ${status.uid}:${status.gid}`
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0")
}
