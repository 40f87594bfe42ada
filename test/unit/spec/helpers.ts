import { RuntsError } from "../../../src/error.ts"
import { setLogSink } from "../../../src/log.ts"
import { loadSpec } from "../../../src/spec/load.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"

/** Any JSON, open for change. */
export type Json = any // eslint-disable-line

/** A small valid config. */
export function minimal(): Json {
  return {
    ociVersion: "1.3.0",
    root: { path: "rootfs" },
    process: { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 } },
    linux: { namespaces: [{ type: "mount" }, { type: "uts" }, { type: "ipc" }, { type: "network" }] },
  }
}

export function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value))
}

export function load(value: unknown): Spec {
  return loadSpec(bytesOf(value), "config.json")
}

/** The error that `run` throws; fails if it throws none or another kind. */
export function errorOf(run: () => unknown): RuntsError {
  try {
    run()
  } catch (error) {
    if (error instanceof RuntsError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

/** The warnings that `run` logs. */
export function warningsOf(run: () => unknown): string[] {
  const warnings: string[] = []
  setLogSink({ write: (level, message) => void (level === "warning" && warnings.push(message)) })
  try {
    run()
  } finally {
    setLogSink({ write() {} })
  }
  return warnings
}

/** The pointers of the faults that a message lists. */
export function pointersOf(error: RuntsError): string[] {
  const lines = error.message.split("\n")
  if (lines.length === 1) return [/^\S+: (\/\S*): /.exec(error.message)?.[1] ?? ""]
  return lines.slice(1).map((line) => /^ {2}(\/\S*): /.exec(line)?.[1] ?? line)
}
