import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import type { Box } from "./box.ts"
import { type Result } from "./command.ts"
import { baseConfig, type Config, type Mount } from "./config.ts"
import { checkout, runtimePath } from "./environment.ts"
import { makeRootfs } from "./rootfs.ts"

/*
 * A runtime in a container: the outer container is as Docker or Podman makes it, with the runtime's own file and the libraries that it needs
 * in it, and a bundle for the inner one.
 */

/** A config.json that Docker 26 has written, for its capabilities, system calls and masks. */
const DOCKER = JSON.parse(readFileSync(`${checkout}/test/fixtures/engine-configs/docker-config-05.json`, "utf8")) as Config

/** What the dynamic loader of the host's programs needs. */
const LIBRARIES = ["/lib/x86_64-linux-gnu", "/lib64"]

export interface OuterOptions {
  /** Docker's default capabilities, and those that it takes to make containers without a user namespace. */
  admin?: boolean
  /** Docker's default seccomp profile. */
  seccomp?: boolean
  /** Docker's masked and read-only paths. */
  masks?: boolean
  /** The cgroup mount; "none" where there is no such mount. */
  cgroup?: "ro" | "rw" | "none"
  /** A cgroup namespace of its own. */
  cgroupNamespace?: boolean
  /** sysfs is mounted read-only, as by Docker. */
  sysReadOnly?: boolean
  /** /dev/shm is there. */
  shm?: boolean
  /** A user namespace of its own. */
  userNamespace?: boolean
}

/** A box as the outer container. */
export class Outer {
  readonly box: Box
  /** The inner container's config.json. */
  readonly config: Config
  private readonly folder: string

  constructor(box: Box, options: OuterOptions = {}) {
    this.box = box
    this.folder = `${box.rootfs}/inner`
    const { admin = false, seccomp = false, masks = true, cgroup = "ro", cgroupNamespace = true, sysReadOnly = true, shm = true } = options
    const { config } = box
    const capabilities = [...(DOCKER.process.capabilities?.bounding ?? []), ...(admin ? ["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_PTRACE"] : [])]
    config.process.capabilities = { bounding: capabilities, effective: capabilities, permitted: capabilities }
    delete config.process.noNewPrivileges
    delete config.linux.maskedPaths
    delete config.linux.readonlyPaths
    if (masks) Object.assign(config.linux, { maskedPaths: DOCKER.linux.maskedPaths, readonlyPaths: DOCKER.linux.readonlyPaths })
    if (seccomp) config.linux.seccomp = DOCKER.linux.seccomp
    if (cgroupNamespace) config.linux.namespaces.push({ type: "cgroup" })
    config.mounts = config.mounts.flatMap((mount): Mount[] => {
      if (mount.destination === "/dev/shm") return shm ? [mount] : []
      if (mount.destination === "/sys") return [{ ...mount, options: ["nosuid", "noexec", "nodev", ...(sysReadOnly ? ["ro"] : [])] }]
      return [mount]
    })
    if (cgroup !== "none") {
      config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", ...(cgroup === "ro" ? ["ro"] : [])] })
    }
    for (const path of LIBRARIES) {
      if (existsSync(path)) config.mounts.push({ destination: path, type: "bind", source: path, options: ["rbind", "ro"] })
    }
    config.mounts.push({ destination: "/runtime", type: "bind", source: runtimePath, options: ["bind", "ro"] })
    mkdirSync(this.folder)
    makeRootfs(`${this.folder}/rootfs`)
    this.config = baseConfig("")
    delete this.config.linux.cgroupsPath
    if (options.userNamespace === true) box.mapIds()
  }

  /** Sets the inner container's program to a shell script. */
  script(text: string): this {
    this.config.process.args = ["/bin/sh", "-c", text]
    return this
  }

  /** Runs the outer container with a shell script, in which `runts` is the runtime with a state root of its own, and `run` runs the inner container. */
  inside(script: string): Result {
    writeFileSync(`${this.folder}/config.json`, JSON.stringify(this.config))
    const prelude = 'runts() { /runtime --root /run/inner "$@"; }; run() { runts "$@" run --bundle /inner inner; }'
    return this.box.script(`${prelude}; ${script}`).run()
  }

  /** Runs the inner container in the outer one. @param globals global options of the runtime */
  run(...globals: string[]): Result {
    return this.inside(`run ${globals.join(" ")}; exit $?`)
  }
}
