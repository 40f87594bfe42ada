import { existsSync, readFileSync } from "node:fs"

/**
 * What the kernel holds, by kind: objects in use of each slab cache (man slabinfo(5)) that is not reclaimed when memory is short, open files, cgroups with
 * those that wait to be freed, and KiB of page tables, kernel stacks and per-cpu memory. The figures are the whole machine's.
 */
export function kernelFigures(): Map<string, number> {
  const found = new Map<string, number>()
  for (const line of read("/proc/slabinfo").split("\n").slice(2)) {
    const [name = "", active] = line.split(/ +/)
    if (name !== "" && !isReclaimed(name)) found.set(`slab ${name}`, Number(active))
  }
  found.set("open files", Number(read("/proc/sys/fs/file-nr").split("\t")[0]))
  const cgroups = read("/proc/cgroups").split("\n").slice(1, -1).map((line) => Number(line.split("\t")[2]))
  found.set("cgroups", cgroups.reduce((sum, count) => sum + count, 0))
  for (const name of ["PageTables", "KernelStack", "Percpu"]) {
    found.set(`${name} KiB`, Number(new RegExp(`^${name}: +(\\d+)`, "m").exec(read("/proc/meminfo"))?.[1] ?? 0))
  }
  return found
}

/** The kinds that have become more by `most` or more, with how many. Memory by as many KiB. */
export function grown(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>, most: number): string[] {
  return [...after].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0)
    return more >= most ? [`${name}: ${more} more`] : []
  })
}

/** The figures that tell most, in a line. */
export function kernelText(figures: ReadonlyMap<string, number>): string {
  const names = ["open files", "cgroups", "slab mnt_cache", "slab pid", "slab net_namespace", "Percpu KiB", "KernelStack KiB"]
  return names.flatMap((name) => (figures.has(name) ? [`${name} ${figures.get(name)}`] : [])).join(", ")
}

function isReclaimed(cache: string): boolean {
  // one for each inode in memory, and freed with it
  if (cache === "lsm_inode_cache") return true
  const file = `/sys/kernel/slab/${cache}/reclaim_account`
  return existsSync(file) && readFileSync(file, "utf8").trim() === "1"
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return "" // a kernel without it
  }
}
