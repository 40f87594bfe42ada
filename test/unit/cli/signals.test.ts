import { constants } from "node:os"
import t from "tap"
import { parseSignal, SIGNALS, signalName } from "../../../src/kernel/signals.ts"

t.test("SIGNALS agrees with the host", async (t) => {
  for (const [name, number] of Object.entries(constants.signals)) {
    const mine = SIGNALS[name.slice(3) as keyof typeof SIGNALS]
    if (mine !== undefined || number < 32) t.equal(mine, number, name)
  }
  for (let number = 1; number < 32; number++) t.ok(Object.values(SIGNALS).includes(number as never), String(number))
})

t.test("parseSignal() takes numbers and names in any case", async (t) => {
  const rows = [
    ["9", 9], ["KILL", 9], ["SIGKILL", 9], ["sigkill", 9], ["Term", 15], ["0", 0], ["37", 37], ["64", 64], ["09", 9],
    ["RTMIN", 34], ["SIGRTMIN+3", 37], ["rtmin+30", 64], ["RTMAX", 64], ["RTMAX-1", 63], ["CLD", 17], ["POLL", 29],
  ] as const
  for (const [text, number] of rows) t.equal(parseSignal(text), number, text)
})

t.test("parseSignal() refuses others by name", async (t) => {
  for (const text of ["", "BOGUS", "65", "-9", "9x", "SIG", "RTMIN+31", "RTMAX-31", "RTMIN-1", "toString", "1.5", "KILL ", "SIGSIGKILL"]) {
    t.throws(() => parseSignal(text), { message: `unknown signal ${JSON.stringify(text)}` }, text)
  }
})

t.test("signalName() gives names back", async (t) => {
  for (let number = 1; number <= 64; number++) {
    const name = signalName(number)
    if (name.startsWith("SIG")) t.equal(parseSignal(name), number, name)
    else t.ok(number === 32 || number === 33, name)
  }
})
