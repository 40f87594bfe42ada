/**
 * Breaks a long call behind spaces and between flags; what follows is indented by two more.
 * @param room columns for a line
 * @param indent what begins every line but the first
 */
export function wrap(text: string, room: number, indent: string): string {
  const lines: string[] = []
  let line = ""
  for (const piece of text.match(/[^ |]*[ |]|[^ |]+$/g) ?? []) {
    if (line.trim() !== "" && (line + piece).trimEnd().length > room) {
      lines.push(line.trimEnd())
      line = "  " + piece
    } else line += piece
  }
  lines.push(line.trimEnd())
  return lines.join("\n" + indent)
}
