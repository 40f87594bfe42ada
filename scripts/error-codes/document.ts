import { ERROR_CODES, type ErrorArea, type ErrorCodeInfo } from "../../src/error-codes.ts"

const HEAD = `# Error codes

Every error of runts has a code that scripts and engines can branch on. Codes are stable: one keeps its meaning, new ones may come; the
sentences beside them may change. Where they are found:

- \`runts --log FILE --log-format json\`: the member \`code\` of the line with \`"level":"error"\` (without \`--log\` that line goes to
  stderr); in the text format \`code=\`.
- on a terminal: below the error's sentence, with what is said here.
- \`runts check --format json\`: the member \`code\` of each finding.

This page is generated from \`src/error-codes.ts\`: \`npm run error-codes\`.
`

/** docs/error-codes.md, as the table makes it. */
export function errorCodesDocument(): string {
  const areas = new Map<ErrorArea, [string, ErrorCodeInfo][]>()
  for (const [code, info] of Object.entries(ERROR_CODES)) areas.set(info.area, [...(areas.get(info.area) ?? []), [code, info]])
  let text = HEAD
  for (const [area, codes] of areas) {
    text += `\n## ${area}\n`
    for (const [code, { means, cause, remedy }] of codes) {
      text += `\n### ${code}\n\n${means}.\n\n**Usual causes.** ${cause}.\n\n**What to do.** ${remedy}.\n`
    }
  }
  return text
}
