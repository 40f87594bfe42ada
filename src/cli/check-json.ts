import { clauseOf } from "../spec/clauses.ts"
import { count, type CheckReport } from "../check/check.ts"
import { CONFIG_FILE } from "../check/config.ts"

/** The report for programs: schemas/check.schema.json. */
export function jsonReport(report: CheckReport): string {
  const { bundle, scope, readable, findings } = report
  const counts = { error: count(report, "error"), warning: count(report, "warning"), notice: count(report, "notice") }
  return JSON.stringify({
    file: `${bundle}/${CONFIG_FILE}`,
    scope,
    readable,
    counts,
    findings: findings.map(({ severity, code, pointer, message, line, column, clause, remedy }) => {
      const known = clauseOf(pointer)
      const link = clause !== undefined && known?.title === clause ? known.link : undefined
      return { severity, code, pointer, message, line, column, clause, link, remedy }
    }),
  }, null, 2) + "\n"
}
