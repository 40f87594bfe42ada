import type { ExecutableFormat } from "../../kernel/executable-format.ts"
import { HOST_ARCHITECTURE } from "../../kernel/syscalls.ts"
import type { Process } from "../../spec/types.gen.ts"
import { readSlice, type SeenFile } from "./files.ts"

/** e_machine of this host's programs (elf(5)). */
export const HOST_MACHINE = { x64: 62, arm64: 183 }[HOST_ARCHITECTURE]
/** Of 32 bits (i386, arm), which the host's processor runs if its kernel was built so. */
export const COMPATIBLE_MACHINE = { x64: 3, arm64: 40 }[HOST_ARCHITECTURE]

/** PATH of process.env; undefined where it has none. */
export function searchPath({ env }: Process): string | undefined {
  return env?.findLast((variable) => variable.startsWith("PATH="))?.slice("PATH=".length)
}

/** Where process.args[0] is looked for, in this order, as execvp(3) and `findProgram` of plan/process.ts do. */
export function candidatePaths(process: Process): string[] {
  const name = process.args?.[0] ?? ""
  if (name.includes("/")) return [absolute(name, process)]
  const path = searchPath(process) ?? ""
  return path === "" ? [] : path.split(":").map((folder) => absolute(folder === "" ? name : `${folder}/${name}`, process))
}

/** A path as the container's process takes it. */
export function absolute(path: string, { cwd }: Process): string {
  return path.startsWith("/") ? path : `${cwd}/${path}`
}

/** The loader that an ELF file names (PT_INTERP); "" for none. */
export function loaderOf(file: SeenFile, { interpreter }: ExecutableFormat & { readonly kind: "elf" }): string {
  if (interpreter === undefined) return ""
  return readSlice(file, interpreter.offset, interpreter.length)?.toString("utf8").replace(/\0.*$/s, "") ?? ""
}
