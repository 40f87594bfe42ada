import { readFileSync } from "node:fs"
import { checkout } from "../../lib/environment.ts"

/**
 * A block of docs/engines.md, so that what people copy is what is tested.
 * @param name the second word after the block's opening fence: a file's path or a word
 * @param changes what stands in the block, and what the test has instead; each must stand there
 */
export function documented(name: string, changes: Readonly<Record<string, string>> = {}): string {
  const page = readFileSync(`${checkout}/docs/engines.md`, "utf8")
  const blocks = page.split(/^```/m).filter((block) => /^\w+ (\S+)\n/.exec(block)?.[1] === name)
  if (blocks.length !== 1) throw new Error(`docs/engines.md has ${blocks.length} blocks named ${name}`)
  let text = (blocks[0] as string).replace(/^.*\n/, "")
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`docs/engines.md, ${name}: no ${JSON.stringify(from)}`)
    text = text.replaceAll(from, to)
  }
  return text
}

/** Where users put the runtime. */
export const INSTALLED = "/usr/local/bin/runts"

/** The image that the page's commands name. */
export const SHOWN_IMAGE = "docker.io/library/busybox:latest"
