import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sys } from "../../../src/ffi/index.ts"
import { close, open } from "../../../src/host/file.ts"
import { O_CREAT, O_RDWR } from "../../../src/kernel/fs.ts"
import { NR } from "../../../src/kernel/syscalls.ts"

export interface Captured<T> {
  readonly result: T
  readonly stdout: string
  readonly stderr: string
}

/** Runs a function while this process's descriptors 1 and 2 are files, since runts writes to them by raw system calls. */
export async function capture<T>(action: () => T | Promise<T>): Promise<Captured<T>> {
  const folder = mkdtempSync(join(tmpdir(), "runts-capture-"))
  const saved = [1, 2].map((fd) => sys(NR.dup, fd))
  try {
    for (const fd of [1, 2]) {
      const file = open(join(folder, String(fd)), O_RDWR | O_CREAT, 0o600)
      sys(NR.dup3, file, fd, 0)
      close(file)
    }
    let result: T
    try {
      result = await action()
    } finally {
      saved.forEach((fd, i) => {
        sys(NR.dup3, fd, i + 1, 0)
        close(fd)
      })
    }
    return { result, stdout: readFileSync(join(folder, "1"), "utf8"), stderr: readFileSync(join(folder, "2"), "utf8") }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
