import { RuntsError } from "../error.ts"
import type { ContainerState } from "../lifecycle/requests.ts"

const CELL_WIDTH_MIN = 12
const CELL_PADDING = 3

/**
 * Rows as aligned columns: as wide as the longest cell and 3 spaces, at least 12; the last column is not padded. This is
 * the layout of runc's tables.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (let i = 0; i < row.length - 1; i++) {
      widths[i] = Math.max(widths[i] ?? CELL_WIDTH_MIN, [...(row[i] as string)].length + CELL_PADDING)
    }
  }
  let text = ""
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      const cell = row[i] as string
      text += i === row.length - 1 ? cell : cell + " ".repeat((widths[i] as number) - [...cell].length)
    }
    text += "\n"
  }
  return text
}

/** One line; `null` where there is no container, which is how Go prints an empty slice and what users of runc parse. */
export function listJson(containers: readonly ContainerState[]): string {
  return (containers.length === 0 ? "null" : JSON.stringify(containers)) + "\n"
}

/** A header and a line for each container. */
export function listTable(containers: readonly ContainerState[]): string {
  const rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
  for (const c of containers) rows.push([c.id, String(c.pid), c.status, c.bundle, c.created, c.owner])
  return table(rows)
}

/** The header of a table by ps and those of its lines whose PID column holds one of the pids. */
export function filterTable(table: string, pids: readonly number[]): string {
  const [header, ...lines] = table.trimEnd().split("\n") as [string, ...string[]]
  const column = header.trim().split(/\s+/).indexOf("PID")
  if (column < 0) {
    throw new RuntsError("the output of ps has no PID column", {
      code: "usage", hint: "choose options of ps that print one, as -o pid,args",
    })
  }
  const wanted = new Set(pids.map(String))
  const kept = lines.filter((line) => wanted.has(line.trim().split(/\s+/)[column] as string))
  return [header, ...kept].join("\n") + "\n"
}

/** JSON on one line with whole numbers of any size: a bigint is written as it is. What is undefined is left out. */
export function exactJson(value: unknown): string {
  if (typeof value === "bigint") return String(value)
  if (Array.isArray(value)) return "[" + value.map(exactJson).join() + "]"
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return "{" + members.map(([key, member]) => JSON.stringify(key) + ":" + exactJson(member)).join() + "}"
}
