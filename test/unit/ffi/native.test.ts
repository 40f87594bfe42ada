import { execFileSync } from "node:child_process"
import { createRequire } from "node:module"
import { join } from "node:path"
import t from "tap"
import type { Test } from "tap"
import { native } from "../../../src/ffi/index.ts"
import { CASES } from "./cases.ts"

const root = join(import.meta.dirname, "../../..")
const program = join(root, "test/fixtures/native-cases.ts")

t.test("ffi-napi (Node)", async (t) => {
  for (const title in CASES) t.doesNotThrow(() => CASES[title]?.(native), title)
})

function ran(t: Test, file: string, args: string[]): void {
  const results = JSON.parse(execFileSync(file, args, { encoding: "utf8" })) as Record<string, string>
  t.strictSame(Object.keys(results), Object.keys(CASES), "every case ran")
  for (const title in results) t.equal(results[title], "", title)
}

t.test("bun:ffi through libc (Bun from source)", { skip: process.arch !== "x64" && "no bun for this machine" }, async (t) => {
  ran(t, createRequire(import.meta.url).resolve("@oven/bun-linux-x64-baseline/bin/bun"), [program])
})

t.test("bun:ffi through the prelude (binary)", { skip: process.arch !== "x64" && "no prelude for this machine" }, async (t) => {
  const binary = join(t.testdir(), "native-cases")
  execFileSync(process.execPath, [join(root, "scripts/build.mjs"), "--entry", program, "--out", binary])
  ran(t, binary, [])
})
