import { ERROR_CODES, type ErrorCode } from "../error-codes.ts"
import { RuntsError } from "../error.ts"
import { clauseOf } from "../spec/clauses.ts"

/**
 * - error: create or start would fail, here and now and for this user
 * - warning: it would run, and do something else than is asked for, or what surprises
 * - notice: worth knowing; nothing is wrong
 */
export type Severity = "error" | "warning" | "notice"

/** From the worst on. */
export const SEVERITIES: readonly Severity[] = ["error", "warning", "notice"]

/** One thing that was found. */
export interface Finding {
  readonly severity: Severity
  /** For scripts (src/error-codes.ts): that of the error which create would end with. */
  readonly code: ErrorCode
  /** JSON pointer into config.json; "" where it is about the whole file or the host. */
  readonly pointer: string
  /** A whole sentence without its full stop. */
  readonly message: string
  /** Section of the specification, as "config.md, Mounts". */
  readonly clause?: string
  /** What to do; one clause. */
  readonly remedy?: string
  /** It is about the member's name, not about its value. */
  readonly ofKey?: true
}

/** What is told of a finding beside severity and sentence. */
export type FindingDetails = Pick<Finding, "code" | "pointer"> & Partial<Pick<Finding, "clause" | "remedy" | "ofKey">>

/** Collects what is found. */
export class Findings {
  readonly list: Finding[] = []

  error(message: string, details: FindingDetails): void {
    this.add("error", message, details)
  }

  warning(message: string, details: FindingDetails): void {
    this.add("warning", message, details)
  }

  notice(message: string, details: FindingDetails): void {
    this.add("notice", message, details)
  }

  private add(severity: Severity, message: string, details: FindingDetails): void {
    const clause = details.clause ?? clauseOf(details.pointer)?.title
    // one fault has often two witnesses, as a rule and what would have tripped over it
    if (this.list.some((known) => known.pointer === details.pointer && known.message === message)) return
    this.list.push({ severity, message, ...details, ...(clause === undefined ? {} : { clause }) })
  }

  /** Does what create does, and takes its error down. @returns what it gives; undefined where it throws a RuntsError */
  attempt<T>(fallback: FindingDetails, work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RuntsError)) throw error
      this.take(error, fallback)
      return undefined
    }
  }

  /** An error that create would end with. @param fallback for what the error leaves open */
  take(error: RuntsError, fallback: FindingDetails): void {
    const { code, pointer, hint } = error.details
    const details = { ...fallback, ...(code && { code }), ...(pointer && { pointer }) }
    const { area, remedy } = ERROR_CODES[details.code]
    if (hint === undefined) this.error(error.message, details)
    // the hint of a program that cannot be run says why
    else if (area === "The program to run") this.error(`${error.message}: ${hint}`, { ...details, remedy: remedy.charAt(0).toLowerCase() + remedy.slice(1) })
    else this.error(error.message, { ...details, remedy: hint })
  }

  /** Whether something was found at a pointer or below it. */
  has(pointer: string, severity?: Severity): boolean {
    return this.list.some((known) => {
      return (known.pointer === pointer || known.pointer.startsWith(`${pointer}/`)) && (severity === undefined || known.severity === severity)
    })
  }
}
