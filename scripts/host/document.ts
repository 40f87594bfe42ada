import { GROUPS } from "../../src/host/abilities/ability.ts"
import type { Ability, Remedy } from "../../src/host/abilities/ability.ts"
import { ABILITIES } from "../../src/host/abilities/table.ts"
import { HEADINGS } from "../../src/cli/doctor-text.ts"

const HEAD = `# What a host can have

Made by \`npm run host\` from the table that \`runts doctor\` and \`runts check\` ask (\`src/host/abilities\`); a test compares. An ability is
*present*, *limited* (a part of it is there), *missing*, or *unknown* (this caller cannot find out). Each is asked of the kernel itself where
that can be done without changing anything: by a call that cannot succeed, by a file, or by a process that makes namespaces and mounts for
itself alone and ends. Nothing stays behind.

**Needed**: *all*, *root* or *users*: without it root, ordinary users or both cannot make a container, and the exit code of \`runts doctor\` is
1 for them. *often*: its lack is told at length. *seldom*: most containers do well without it; it is told in a few words, or with \`--all\`.
**Linux**: the first release that has it, where that is later than 2.6; nobody goes by it.
`

const NAMES: Readonly<Record<keyof Remedy, string>> = {
  text: "", debian: "Debian: ", fedora: "Fedora: ", alpine: "Alpine: ", kernel: "the kernel's configuration: ",
}

/** The text of docs/host.md. */
export function hostDocument(): string {
  const parts = [HEAD.trimEnd()]
  for (const group of GROUPS) {
    const rows = Object.entries<Ability>(ABILITIES).filter(([, ability]) => ability.group === group)
    parts.push([
      `## ${HEADINGS[group]}`, "", "| id | ability | needed | Linux | without it | how to get it | described in |", "|---|---|---|---|---|---|---|",
      ...rows.map(([id, ability]) => line(id, ability)),
    ].join("\n"))
  }
  return parts.join("\n\n") + "\n"
}

function line(id: string, ability: Ability): string {
  const { title, since = "", lack, source } = ability
  return `| ${[`\`${id}\``, title, needed(ability), since, lack, remedies(ability.remedy), source].map(cell).join(" | ")} |`
}

function needed({ essential = [], minor, roles, personal }: Ability): string {
  const whose = roles?.length === 1 || personal === true ? ` (${personal === true || roles?.[0] === "rootless" ? "users" : "root"} only)` : ""
  if (essential.length === 2) return "all"
  if (essential.length === 1) return essential[0] === "root" ? "root" : "users"
  return (minor === true ? "seldom" : "often") + whose
}

function remedies(remedy: Remedy): string {
  return (Object.keys(NAMES) as (keyof Remedy)[]).flatMap((name) => (remedy[name] === undefined ? [] : [NAMES[name] + remedy[name]])).join("<br>")
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|")
}
