import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { AT_EACCESS, AT_FDCWD } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import { tryReadText } from "./file.ts"

export type IdKind = "uid" | "gid"

/** Where a user's ranges of ids are (subuid(5), subgid(5)). */
export const SUBIDS = { uid: "/etc/subuid", gid: "/etc/subgid" } as const

/** Ids of the host that a user may map into user namespaces of his: a line of /etc/subuid or /etc/subgid (subuid(5)). */
export interface SubIds {
  readonly first: number
  readonly count: number
  /** From 1. */
  readonly line: number
}

/** Folders in which newuidmap and newgidmap are looked for: they have rights that their caller lacks, so PATH has no say. */
export const MAPPER_FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin", "/run/wrappers/bin"] as const
const X_OK = 1

/** The program that maps a user's ranges: newuidmap(1) or newgidmap(1); undefined where there is none. */
export function findMapper(kind: IdKind): string | undefined {
  for (const folder of MAPPER_FOLDERS) {
    const path = `${folder}/new${kind}map`
    if (sys(NR.faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) === 0) return path
  }
  return undefined
}

/** The caller's ranges; none where the file is not there or does not name him. @throws RuntsError where it is damaged */
export function ownSubIds(kind: IdKind): SubIds[] {
  const text = tryReadText(SUBIDS[kind])
  return text === undefined ? [] : parseSubIds(text, SUBIDS[kind], ownNames())
}

/** The caller as /etc/subuid may call him: his number, and his login name if he has one. */
export function ownNames(): string[] {
  const uid = String(sys(NR.getuid))
  const name = (tryReadText("/etc/passwd") ?? "").split("\n").map((line) => line.split(":")).find((fields) => fields[2] === uid)?.[0]
  return name === undefined ? [uid] : [uid, name]
}

/** (uid_t) -1 is no id, so ranges end before it. */
const ID_END = 0xffffffff

/**
 * The ranges of a user, in the order of the file: lines `owner:first:count`, where the owner is a login name or the number of a user.
 * Other users' lines are nobody's concern here. Where nsswitch.conf names another source of ranges (`subid: sss`), it is not asked.
 * @param path of the file, for errors
 * @param owners what the user is called in it
 * @throws RuntsError where a line of this user is malformed, or two of them overlap, which the kernel refuses
 */
export function parseSubIds(text: string, path: string, owners: readonly string[]): SubIds[] {
  const found: SubIds[] = []
  const lines = text.split("\n")
  for (let index = 0; index < lines.length; index++) {
    const fields = (lines[index] as string).split(":")
    if (!owners.includes(fields[0] as string)) continue
    const line = index + 1
    const [first, count] = [number(fields[1]), number(fields[2])]
    if (fields.length !== 3 || first === undefined || count === undefined) {
      throw failed(`${path}, line ${line}: ${JSON.stringify(lines[index])} is not owner:first:count`)
    }
    if (count === 0) continue
    if (first + count > ID_END) throw failed(`${path}, line ${line}: ${count} ids from ${first} on end above ${ID_END - 1}`)
    const other = found.find((known) => first < known.first + known.count && known.first < first + count)
    if (other !== undefined) throw failed(`${path}: the ids of line ${line} overlap those of line ${other.line}, and the kernel maps none twice`)
    found.push({ first, count, line })
  }
  return found
}

function number(field: string | undefined): number | undefined {
  return field !== undefined && /^\d{1,10}$/.test(field) ? Number(field) : undefined
}

function failed(message: string): RuntsError {
  return new RuntsError(message, {
    code: "id-map-failed",
    hint: "root mends it; a config with mappings of its own (`runts spec --rootless`) does without that file",
  })
}
