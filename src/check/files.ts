import { RuntsError } from "../error.ts"
import { close, tryStat } from "../host/file.ts"
import type { FileStatus } from "../host/file.ts"
import { ERRNO } from "../kernel/errno.ts"
import { ContainerFiles, seenMounts, type SeenMount } from "../lifecycle/executable/files.ts"
import { mountSources, rootfsPath } from "../lifecycle/facts.ts"
import { cleanRelative } from "../path.ts"
import type { MountSourceFacts } from "../plan/facts.ts"
import { mountRequest } from "../plan/mount-request.ts"
import { checkDestination } from "../plan/mounts.ts"
import { namespaceOf } from "../spec/namespace.ts"
import { shown } from "../spec/report.ts"
import type { Hook, Hooks, Mount } from "../spec/types.gen.ts"
import { unlessUnsound } from "./advice.ts"
import type { FindingDetails } from "./finding.ts"
import type { Host } from "./host.ts"
import { moved } from "./plan.ts"
import { checkProgram } from "./program.ts"

/** Files that config.json names: root file system, sources and targets of mounts, hooks, devices, working directory, program. */
export function checkFiles(host: Host): void {
  const { spec, sound, bundle } = host
  const rootfs = looking(host, { code: "rootfs-invalid", pointer: "/root/path" }, () => rootfsPath(spec, bundle))
  const mounts = Array.isArray(spec.mounts) ? spec.mounts : []
  const seen: SeenMount[] = []
  mounts.forEach((mount, index) => {
    unlessUnsound(sound, () => {
      const source = checkSource(host, mount, index)
      if (rootfs !== undefined && source !== undefined) checkTarget(host, new ContainerFiles(rootfs, seen), mount, index, source)
      seen.push(...seenMount(mount, bundle))
    })
  })
  const files = rootfs === undefined ? undefined : new ContainerFiles(rootfs, seen)
  const parts = [checkDevices, checkHooks, ...(files === undefined ? [] : [checkCwd, checkHome, checkProgram])]
  for (const part of parts) unlessUnsound(sound, () => part(host, files as ContainerFiles))
}

/** As `attempt`, but what this user may not look at is no fault. */
function looking<T>({ findings }: Pick<Host, "findings">, details: FindingDetails, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    const { errno } = error.details
    if (errno === ERRNO.EACCES || errno === ERRNO.EPERM) {
      findings.notice(`${details.pointer}: cannot be looked at: ${error.message}`, {
        code: "not-checked", pointer: details.pointer,
      })
    } else findings.take(error, details)
    return undefined
  }
}

/** One of which the options are not understood shows nothing that could be known. */
function seenMount(mount: Mount, bundle: string): SeenMount[] {
  try {
    return seenMounts([mount], bundle)
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    return [{ path: cleanRelative(mount.destination), source: undefined, noexec: false }]
  }
}

function checkSource(host: Host, mount: Mount, index: number): MountSourceFacts | undefined {
  const pointer = `/mounts/${index}/source`
  const source = looking(host, { code: "mount-source-missing", pointer }, () => {
    try {
      return mountSources({ mounts: [mount] }, host.bundle).get(0)
    } catch (error) {
      throw moved(error, 0, index)
    }
  })
  // of its own source only: what its options mean was said before
  if (source !== undefined && cleanRelative(mount.destination) === "proc" && !host.findings.has(`/mounts/${index}`, "error")) {
    host.findings.attempt({ code: "config-rule", pointer: `/mounts/${index}` }, () => {
      checkDestination({ facts: { sources: new Map([[index, source]]) } }, mountRequest(mount, index))
    })
  }
  return source
}

/** A file goes on a file, a folder on a folder; what is not there is made. */
function checkTarget({ findings }: Host, files: ContainerFiles, mount: Mount, index: number, source: MountSourceFacts): void {
  const look = files.look(mount.destination)
  if (look.kind !== "found") return
  close(look.file.fd)
  const isFolder = look.file.status.type === "dir"
  if (source.link !== undefined || isFolder === source.isDirectory || look.file.status.type === "symlink") return
  const [what, on] = source.isDirectory ? ["folder", "file"] : ["file", "folder"]
  findings.error(`mounts[${index}] (${mount.destination}): the source is a ${what}, and in the root filesystem a ${on} is there`, {
    code: "mount-target", pointer: `/mounts/${index}/destination`, remedy: `bind a ${on}, or choose another destination`,
  })
}

/** In a user namespace device nodes cannot be made: the host's are bound. */
function checkDevices({ spec, findings }: Host): void {
  if (namespaceOf(spec.linux, "user") === undefined) return
  const kinds = { char: "c", block: "b", fifo: "p" } as const
  spec.linux?.devices?.forEach(({ path, type, major, minor }, index) => {
    const pointer = `/linux/devices/${index}`
    if (type === "p" || findings.has(pointer)) return
    const status = looking({ findings }, { code: "device-failed", pointer }, () => tryStat(path))
    const kind = status === undefined ? undefined : kinds[status.type as keyof typeof kinds]
    if (kind === (type === "u" ? "c" : type) && status?.rdevMajor === major && status?.rdevMinor === minor) return
    const what = status === undefined ? "is not there" : "is another"
    findings.error(`linux.devices (${path}): in a user namespace the host's device is shown, and it ${what}`, {
      code: "device-failed", pointer, remedy: `make it on the host: mknod ${path} ${type} ${major} ${minor}`,
    })
  })
}

/** Whether a hook's failure ends the container. */
const HOOKS: readonly (readonly [kind: keyof Hooks, fatal: boolean])[] = [
  ["prestart", true], ["createRuntime", true], ["createContainer", true], ["startContainer", true], ["poststart", true], ["poststop", false],
]

function checkHooks(host: Host, files: ContainerFiles | undefined): void {
  for (const [kind, fatal] of HOOKS) {
    host.spec.hooks?.[kind]?.forEach((hook, index) => {
      const pointer = `/hooks/${kind}/${index}/path`
      if (!hook.path.startsWith("/") || host.findings.has(pointer)) return
      const fault = kind === "startContainer" ? faultInside(hook, files) : faultOutside(hook, host)
      if (fault === undefined) return
      const where = kind === "startContainer" ? " in the root filesystem" : ""
      host.findings[fatal ? "error" : "warning"](`hooks.${kind}[${index}]: ${shown(hook.path)} ${fault}${where}`, {
        code: "hook-failed", pointer,
      })
    })
  }
}

function faultInside({ path }: Hook, files: ContainerFiles | undefined): string | undefined {
  const look = files?.look(path)
  if (look?.kind === "missing") return look.errno === ERRNO.EACCES ? undefined : "does not exist"
  if (look?.kind !== "found") return undefined
  close(look.file.fd)
  return faultOf(look.file.status)
}

function faultOutside({ path }: Hook, { caller }: Host): string | undefined {
  const errno = caller.access(path, 0)
  if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR) return "does not exist"
  if (errno !== 0) return `cannot be executed: ${caller.why(errno)}`
  const fault = faultOf(tryStat(path))
  if (fault !== undefined) return fault
  const denied = caller.access(path, caller.X_OK)
  return denied === 0 ? undefined : `cannot be executed: ${caller.why(denied)}`
}

function faultOf(status: FileStatus | undefined): string | undefined {
  if (status === undefined) return undefined
  if (status.type === "dir") return "is a folder, no program"
  return (status.mode & 0o111) === 0 ? "is not executable: chmod +x it," : undefined
}

function checkCwd({ spec, findings }: Host, files: ContainerFiles): void {
  const { process } = spec
  const cwd = process?.cwd ?? ""
  if (!cwd.startsWith("/")) return
  const look = files.look(cwd)
  const pointer = "/process/cwd"
  if (look.kind === "found") {
    close(look.file.fd)
    if (look.file.status.type === "dir") return
    findings.error(`change to the working directory ${cwd}: it is no folder in the root filesystem`, {
      code: "working-directory", pointer,
    })
  } else if (look.kind === "missing" && look.errno === ERRNO.ENOENT) {
    findings.notice(`${pointer}: there is no ${cwd} in the root filesystem; it will be made`, {
      code: "working-directory", pointer,
    })
  } else if (look.kind === "missing" && look.errno !== ERRNO.EACCES) {
    findings.error(`change to the working directory ${cwd}: ${look.path} is no folder`, { code: "working-directory", pointer })
  }
}

function checkHome({ spec, findings }: Host, files: ContainerFiles): void {
  const index = spec.process?.env?.findLastIndex((item) => item.startsWith("HOME=")) ?? -1
  const home = spec.process?.env?.[index]?.slice("HOME=".length) ?? ""
  if (!home.startsWith("/")) return
  const look = files.look(home)
  if (look.kind === "found") close(look.file.fd)
  if (look.kind !== "missing" || look.errno !== ERRNO.ENOENT) return
  const pointer = `/process/env/${index}`
  findings.notice(`${pointer}: there is no ${home} in the root filesystem, which HOME names`, { code: "file-missing", pointer })
}
