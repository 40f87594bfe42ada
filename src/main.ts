import { parse } from "./cli/parse.ts"
import { versionText } from "./cli/version.ts"

const argv = process.argv.slice(2)
const outcome = parse(argv)
if (outcome.kind === "version") {
  // engines ask often: the engine's own print saves the millisecond that loading system calls takes
  console.log(versionText())
  process.exit(0)
} else {
  import("./cli/dispatch.ts").then(({ dispatch }) => dispatch(argv, outcome))
}
