/** Writes `nr.ts`: `npx tsx src/kernel/generate-nr.ts`. */
import { writeFileSync } from "node:fs"
import { syscalls } from "./syscalls.ts"

/** The text of `nr.ts`. */
export function generate(): string {
  let text =
    "// Generated from syscalls.ts by `npx tsx src/kernel/generate-nr.ts`; do not edit. Import it as `NR` of syscalls.ts.\n" +
    'const x64 = process.arch !== "arm64"\n'
  for (const [name, [x64, arm64]] of Object.entries(syscalls())) text += `export const ${name} = x64 ? ${x64} : ${arm64}\n`
  return text
}

if (process.argv[1]?.endsWith("generate-nr.ts")) writeFileSync(new URL("nr.ts", import.meta.url), generate())
