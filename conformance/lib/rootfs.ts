import { copyFileSync, existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { scratch } from "./environment.ts"

const FOLDERS = ["bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sys", "tmp", "usr", "usr/bin", "var"]

/** Applets of busybox that the tests call. */
const APPLETS = [
  "awk", "cat", "chmod", "chown", "cut", "date", "dd", "df", "echo", "env", "false", "find", "grep", "head", "hostname", "id",
  "kill", "ln", "ls", "mkdir", "mknod", "mount", "mv", "nproc", "od", "ps", "pwd", "readlink", "rm", "rmdir", "sed", "seq", "sh",
  "sleep", "sort", "stat", "stty", "tail", "test", "touch", "tr", "true", "tty", "umount", "uname", "unshare", "wc", "yes",
]

const FILES = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice:/home/alice:/bin/sh\n",
  "etc/group": "root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n",
} as const

/**
 * Writes a root file system around Debian's static busybox. The program is a hard link of one copy in the scratch
 * folder, so that each container has its own tree for a few dozen symbolic links.
 */
export function makeRootfs(folder: string): void {
  const program = `${scratch}/busybox`
  if (!existsSync(program)) {
    const source = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path))
    if (source === undefined) throw new Error("no /bin/busybox: install the package busybox-static")
    copyFileSync(source, program)
  }
  mkdirSync(folder, { recursive: true })
  for (const name of FOLDERS) mkdirSync(`${folder}/${name}`)
  linkSync(program, `${folder}/bin/busybox`)
  for (const name of APPLETS) symlinkSync("busybox", `${folder}/bin/${name}`)
  for (const [name, text] of Object.entries(FILES)) writeFileSync(`${folder}/${name}`, text)
}
