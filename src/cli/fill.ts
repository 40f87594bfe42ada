/**
 * Fills lines with words, as many as there is room for; a longer word has a line of its own.
 * @param width columns for a line
 * @param first columns for the first line
 * @param columns that a text takes: its letters, unless told
 */
export function fill(words: readonly string[], width: number, first: number = width, columns: (text: string) => number = lettersOf): string[] {
  const lines: string[] = []
  let line: string | undefined
  for (const word of words) {
    if (line === undefined || line === "") line = word
    else if (columns(line) + 1 + columns(word) > (lines.length === 0 ? first : width)) {
      lines.push(line)
      line = word
    } else line += " " + word
  }
  return line === undefined ? lines : [...lines, line]
}

function lettersOf(text: string): number {
  return text.length
}
