/** Takes a broken rule: the JSON pointer to what breaks it and a clause that reads on from the pointer. */
export type Report = (pointer: string, text: string) => void

/** Whether a path begins at the root; "" does not. */
export function isAbsolute(path: string): boolean {
  return path.charCodeAt(0) === 0x2f
}

/** Whether a list of CPUs or NUMA nodes is written as the kernel writes them, 0-3,7 (cpuset(7), List format). */
export function isNumberList(list: string): boolean {
  return /^\s*\d+(?:-\d+)?(?:\s*,\s*\d+(?:-\d+)?)*\s*$/.test(list)
}

/** IFNAMSIZ - 1, netdevice(7). */
const INTERFACE_NAME_BYTES_MAX = 15

/** Whether a network device may have this name: as the kernel's dev_valid_name (net/core/dev.c). */
export function isInterfaceName(name: string): boolean {
  if (name === "" || name === "." || name === "..") return false
  return Buffer.byteLength(name) <= INTERFACE_NAME_BYTES_MAX && !/[/:\s]/.test(name)
}

/** linux.intelRdt.memBwSchema: one line of resctrl's schemata, of memory bandwidth. */
export function isBandwidthLine(text: string): boolean {
  return text.startsWith("MB:") && !text.includes("\n")
}
