import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import type { Chapter, Stage } from "./failure.ts"

/** Puts a program into the container's root filesystem. */
function program(box: Stage, path: string, content: string | Uint8Array, mode = 0o755): void {
  writeFileSync(box.rootfs + path, content)
  chmodSync(box.rootfs + path, mode)
}

/** The busybox of the root filesystem with another machine in its ELF header (elf(5), e_machine). */
function foreignProgram(box: Stage): Uint8Array {
  const bytes = readFileSync(`${box.rootfs}/bin/busybox`)
  const AARCH64 = 183
  const X86_64 = 62
  bytes.writeUInt16LE(process.arch === "x64" ? AARCH64 : X86_64, 18)
  return bytes
}

export const PROGRAM: Chapter = {
  heading: "The program",
  failures: [
    {
      name: "no-such-program", title: "The program is not in the image", learn: "which path was looked for, and that it is the container's",
      config: { "/process/args": ["/usr/bin/web", "--port", "80"] },
      names: ["/usr/bin/web", "no such file or directory"],
    },
    {
      name: "not-in-path", title: "The program is not in $PATH", learn: "that $PATH of process.env is searched, not the caller's",
      config: { "/process/args": ["web"] },
      names: ['"web"', "executable file not found in $PATH"],
    },
    {
      name: "not-executable", title: "The program has no x bit", learn: "that the file is there and only its mode is wrong",
      config: { "/process/args": ["/usr/bin/web"] },
      prepare: (box) => program(box, "/usr/bin/web", "#!/bin/sh\necho hello\n", 0o644), broken: "-rw-r--r-- /usr/bin/web",
      names: ["/usr/bin/web", "permission denied"],
    },
    {
      name: "is-a-directory", title: "The program is a directory", learn: "that args begins with a folder",
      config: { "/process/args": ["/usr", "bin/web"] },
      names: ['"/usr"', "is a directory"],
    },
    {
      name: "crlf-script", title: "A script with Windows' line ends", learn: "that the interpreter's name ends in a carriage return",
      config: { "/process/args": ["/usr/bin/web"] },
      prepare: (box) => program(box, "/usr/bin/web", "#!/bin/sh\r\necho hello\r\n"), broken: "#!/bin/sh\\r\\n   (first line of /usr/bin/web)",
      names: ["/usr/bin/web", "no such file or directory"],
    },
    {
      name: "no-interpreter", title: "A script whose interpreter is not in the image", learn: "that it is the interpreter that is missing, not the script",
      config: { "/process/args": ["/usr/bin/web"] },
      prepare: (box) => program(box, "/usr/bin/web", "#!/usr/bin/python3\nprint(1)\n"), broken: "#!/usr/bin/python3   (first line of /usr/bin/web)",
      names: ["/usr/bin/web", "no such file or directory"],
    },
    {
      name: "no-hash-bang", title: "A script without #!", learn: "that the kernel runs it only with an interpreter's name in its first line",
      config: { "/process/args": ["/usr/bin/web"] },
      prepare: (box) => program(box, "/usr/bin/web", "echo hello\n"), broken: "echo hello   (first line of /usr/bin/web)",
      names: ["/usr/bin/web", "exec format error"],
    },
    {
      name: "wrong-architecture", title: "An image for another processor", learn: "which machine the program is for",
      config: { "/process/args": ["/usr/bin/web"] },
      prepare: (box) => program(box, "/usr/bin/web", foreignProgram(box)), broken: "an ELF file for another machine as /usr/bin/web",
      names: ["/usr/bin/web", "exec format error"],
    },
    {
      name: "no-loader", title: "A dynamic program without its loader (glibc's in an image of musl, or the reverse)", learn: "that the loader named in the ELF file is missing",
      config: { "/process/args": ["/usr/bin/web"] },
      prepare: (box) => {
        copyFileSync("/usr/bin/env", `${box.rootfs}/usr/bin/web`)
        chmodSync(`${box.rootfs}/usr/bin/web`, 0o755)
      },
      broken: "a program linked to glibc as /usr/bin/web, in an image without glibc",
      names: ["/usr/bin/web", "no such file or directory"],
    },
    {
      name: "noexec", title: "The program is on a mount with noexec", learn: "that the mount forbids it, not the file's mode",
      config: {
        "/process/args": ["/app/web"],
        "/mounts/-": { destination: "/app", type: "bind", source: "app", options: ["bind", "noexec"] },
      },
      prepare: (box) => {
        mkdirSync(`${box.bundle}/app`)
        writeFileSync(`${box.bundle}/app/web`, "#!/bin/sh\n")
        chmodSync(`${box.bundle}/app/web`, 0o755)
      },
      names: ["/app/web", "permission denied"],
    },
    {
      name: "cwd-is-a-file", title: "The working folder is a file", learn: "which member of config.json names it",
      config: { "/process/cwd": "/etc/passwd" },
      names: ["/etc/passwd", "/process/cwd", "not a directory"],
    },
    {
      name: "cwd-relative", title: "The working folder is relative", learn: "that it must be absolute",
      config: { "/process/cwd": "app" },
      names: ["/process/cwd", "absolute"],
    },
    {
      name: "program-not-allowed", title: "The program is not readable or executable for its user", learn: "who tried, and that another user may",
      config: { "/process/user": { uid: 1000, gid: 1000 }, "/process/args": ["/usr/bin/web"], "/process/capabilities": {} },
      prepare: (box) => program(box, "/usr/bin/web", "#!/bin/sh\n", 0o700), broken: "-rwx------ root /usr/bin/web",
      names: ["/usr/bin/web", "permission denied"],
    },
  ],
}
