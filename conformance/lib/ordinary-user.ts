import { chownSync, lstatSync, readdirSync } from "node:fs"
import type { Box } from "./box.ts"

/** An ordinary user for tests: a number that no machine's /etc/passwd has, and that nothing but the box's files belongs to. */
export const USER_ID = 54_321

/** For `before`: the command is carried out by the user. */
export const AS_USER = `set -- setpriv --reuid ${USER_ID} --regid ${USER_ID} --clear-groups "$@"`

/** Gives the user the box's folder: the bundle, the root file system, and the place of the state root. */
export function giveBox(box: Box): void {
  give(box.folder)
}

/** @param path symbolic links are not followed */
function give(path: string): void {
  const status = lstatSync(path)
  if (!status.isSymbolicLink()) chownSync(path, USER_ID, USER_ID)
  if (status.isDirectory()) for (const name of readdirSync(path)) give(`${path}/${name}`)
}
