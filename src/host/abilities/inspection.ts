import { RuntsError } from "../../error.ts"
import { sys } from "../../ffi/index.ts"
import { NR } from "../../kernel/syscalls.ts"
import { readLayout } from "../cgroup/layout.ts"
import type { CgroupLayout } from "../cgroup/layout.ts"
import { tryReadText } from "../file.ts"
import { namespaceOf } from "../procfs.ts"
import type { Answer, Role } from "./ability.ts"
import { unknown } from "./ability.ts"
import { ABILITIES } from "./table.ts"
import type { AbilityId } from "./table.ts"

/** /proc/PID/ns/user of the initial user namespace: PROC_USER_INIT_INO of linux/proc_ns.h. */
const INITIAL_USER_NAMESPACE = 0xeffffffd

/** One look at the machine: what was asked once is not asked again. */
export class Inspection {
  private readonly answers = new Map<AbilityId, Answer>()
  private readonly texts = new Map<string, string | undefined>()
  private cgroupLayout: CgroupLayout | undefined | null = null
  private ownRole: Role | undefined

  /** What the machine says of one ability. */
  ask(id: AbilityId): Answer {
    let answer = this.answers.get(id)
    if (answer === undefined) {
      answer = this.probe(id)
      this.answers.set(id, answer)
    }
    return answer
  }

  /** A probe that trips over something nobody thought of has not found out. */
  private probe(id: AbilityId): Answer {
    try {
      return ABILITIES[id].probe(this)
    } catch (error) {
      if (error instanceof RuntsError) return unknown(error.message)
      throw error
    }
  }

  /** A file's text without white space at its ends; undefined where it cannot be read. */
  text(path: string): string | undefined {
    if (!this.texts.has(path)) this.texts.set(path, readable(() => tryReadText(path)?.trim()))
    return this.texts.get(path)
  }

  /** The number in a file of /proc/sys; undefined where there is none. */
  number(path: string): number | undefined {
    const text = this.text(path)
    return text === undefined || text === "" || !/^-?\d+$/.test(text) ? undefined : Number(text)
  }

  /** How cgroups are mounted; undefined where none are, or it cannot be seen. */
  layout(): CgroupLayout | undefined {
    if (this.cgroupLayout === null) this.cgroupLayout = readable(readLayout)
    const layout = this.cgroupLayout
    return layout === undefined || layout.controllers.length === 0 ? undefined : layout
  }

  /** Root of the machine, or not. */
  role(): Role {
    return (this.ownRole ??= sys(NR.geteuid) === 0 && this.inInitialUserNamespace() ? "root" : "rootless")
  }

  /** Whether ids here are the machine's; true where /proc cannot tell. */
  inInitialUserNamespace(): boolean {
    return (namespaceOf("self", "user")?.ino ?? INITIAL_USER_NAMESPACE) === INITIAL_USER_NAMESPACE
  }
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RuntsError) return undefined
    throw error
  }
}
