/** All generated files: path below the repository, and text. */
export function generate(): Record<string, string>
