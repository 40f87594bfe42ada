import t from "tap"
import { awaitStart } from "../../../src/plan/process.ts"
import { Planner } from "../../../src/plan/planner.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { ROW_SIZE, ROWS_ADDRESS, SECOND_PAGE_ADDRESS } from "../../../src/program/layout.ts"

const PAGE_BYTES = 4096

t.test("awaitStart: what a waiting init unmaps never holds the row that unmaps it, wherever that lies in its page", async (t) => {
  for (let padding = 64; padding < 64 + 2 * PAGE_BYTES / ROW_SIZE; padding++) {
    const planner = new Planner(4)
    for (let i = 0; i < padding; i++) planner.program.call("getpid")
    awaitStart(planner, 5)
    planner.placeBlocks()
    const index = planner.program.steps.findIndex(({ name }) => name === "munmap")
    const { bytes } = assemble(planner.program, { architecture: "x64", statusCell: planner.statusCell })
    const argument = Buffer.alloc(8)
    argument.writeUInt32LE(SECOND_PAGE_ADDRESS)
    const length = Buffer.from(bytes).readUInt32LE(Buffer.from(bytes).indexOf(argument) + 8)
    const end = SECOND_PAGE_ADDRESS + length
    const row = ROWS_ADDRESS + index * ROW_SIZE
    if (end > row || row - end >= PAGE_BYTES) t.fail(`${padding} rows before: unmaps up to ${end.toString(16)}, its row is at ${row.toString(16)}`)
  }
  t.pass("all places of a page")
})
