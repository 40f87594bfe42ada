/**
 * A path inside a folder, made plain without looking at the disk: no empty, "." or ".." components, no slash at either end; ".."
 * never climbs above the folder. So `cgroupsPath` and mount destinations are read by runc. "" for the folder itself.
 */
export function cleanRelative(path: string): string {
  const parts: string[] = []
  for (const part of path.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return parts.join("/")
}
