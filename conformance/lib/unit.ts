import { existsSync, readFileSync } from "node:fs"
import type { Test } from "tap"
import type { Box } from "./box.ts"
import { command, expectSuccess } from "./command.ts"
import { SLICE } from "./environment.ts"
import { boxTest, type TestOptions } from "./test.ts"

export { SLICE } from "./environment.ts"

/** A container's unit as systemd shows it. */
export class Unit {
  readonly name: string
  readonly slice: string
  constructor(name: string, slice = SLICE) {
    this.name = name
    this.slice = slice
  }

  /** Properties by name, as `systemctl show` prints them. */
  show(...properties: string[]): Record<string, string> {
    return show(this.name, properties)
  }

  /** The folder in a hierarchy: "" is that of cgroup2 where it is all there is, else its name below /sys/fs/cgroup. */
  folder(hierarchy = ""): string {
    return ["/sys/fs/cgroup", hierarchy, this.slice, this.name].filter((part) => part !== "").join("/")
  }

  file(name: string, hierarchy = ""): string {
    return readFileSync(`${this.folder(hierarchy)}/${name}`, "utf8").trim()
  }

  /** Whether systemd knows it still, or its folder is there. */
  get left(): string[] {
    const found = this.show("LoadState", "ActiveState")
    const left = found.LoadState === "not-found" ? [] : [`unit ${this.name}: ${found.LoadState} ${found.ActiveState}`]
    for (const hierarchy of ["", "unified", "systemd", "memory", "freezer", "devices"]) {
      if (existsSync(this.folder(hierarchy))) left.push(this.folder(hierarchy))
    }
    return left
  }
}

/** `systemctl show` of any unit. */
export function show(unit: string, properties: readonly string[]): Record<string, string> {
  const { stdout } = systemctl("show", unit, ...properties.map((name) => `--property=${name}`))
  return Object.fromEntries(stdout.trim().split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]))
}

export function systemctl(...args: string[]): { readonly stdout: string } {
  return expectSuccess(command(["systemctl", "--no-pager", ...args]))
}

/** A test whose container is made by --systemd-cgroup; afterwards nothing of its unit is left. */
export function unitTest(title: string, options: TestOptions, body: (t: Test, box: Box, unit: Unit) => void | Promise<void>): void {
  boxTest(title, options, async (t, box) => {
    const unit = new Unit(`test-${box.id}.scope`)
    box.globals = ["--systemd-cgroup"]
    box.config.linux.cgroupsPath = `${SLICE}:test:${box.id}`
    try {
      await body(t, box, unit)
    } finally {
      box.call(["delete", "--force", box.id])
      t.same(unit.left, [], "systemd has nothing of it any more")
    }
  })
}
