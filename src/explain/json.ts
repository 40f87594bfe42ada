import type { History } from "../trace/happened.ts"
import { CONCERNS } from "./concerns.ts"
import type { Explained } from "./explain.ts"
import { clauseOf } from "./concerns.ts"
import { concernsOf } from "./model.ts"

/** The explanation as schemas/explain.schema.json describes it. */
export function explanationJson({ explanation, summary, happened }: Explained | History): string {
  const { subject, id, bundle, notes, lines } = explanation
  const concerns = concernsOf(explanation).map((concern) => ({ id: concern, ...CONCERNS[concern] }))
  const told = lines.map((line) => {
    const clause = clauseOf(line.pointer)
    return clause === undefined ? line : { ...line, clause }
  })
  return JSON.stringify({ subject, id, bundle, ...(happened === undefined ? {} : { happened }), notes, summary, concerns, lines: told }, null, 2) + "\n"
}
