import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { command, expectSuccess } from "../../lib/command.ts"
import { scratch } from "../../lib/environment.ts"
import { makeRootfs } from "../../lib/rootfs.ts"

/** What an image's configuration says beyond its files (OCI image-spec, "Image Configuration"). */
export interface ImageOptions {
  readonly command?: readonly string[]
  readonly user?: string
  /** Names of more busybox applets to link in /bin. */
  readonly applets?: readonly string[]
}

/** Applets that engines' tests call beside those of every test root file system. */
const APPLETS = ["httpd", "ifconfig", "ip", "nc", "printf", "top", "wget", "which"]

/** The image that all engines' tests run. Not `latest`, which some engines would want to pull again. */
export const IMAGE = "docker.io/library/bb:1"

/** A program that waits for ever and ends at once when it is told to, as a pod's first container does. */
const PAUSE = "#!/bin/sh\ntrap 'exit 0' TERM INT\nwhile :; do sleep 1000 & wait; done\n"

/** The same image under the name that Kubernetes' engines want as a sandbox; its program is /bin/pause. */
export const PAUSE_IMAGE = "registry.k8s.io/pause:3.6"

/**
 * Makes an image around busybox, on the spot and offline.
 * @returns path of a docker-archive (docker-save format), which containerd, Docker and Podman all import
 */
export function makeImage(name: string, options: ImageOptions = {}): string {
  const label = createHash("sha256").update(name).digest("hex").slice(0, 12)
  const folder = `${scratch}/image-${label}`
  const rootfs = `${folder}/rootfs`
  makeRootfs(rootfs)
  for (const applet of [...APPLETS, ...(options.applets ?? [])]) symlinkSync("busybox", `${rootfs}/bin/${applet}`)
  mkdirSync(`${rootfs}/var/www`, { recursive: true })
  writeFileSync(`${rootfs}/var/www/index.html`, "served\n")
  writeFileSync(`${rootfs}/bin/pause`, PAUSE, { mode: 0o755 })
  const layer = `${folder}/layer.tar`
  tar(layer, rootfs, ["."])
  return archive(name, folder, options)
}

/** The image of a whole small Debian. */
export const DEBIAN_IMAGE = "docker.io/library/debian-minimal:1"

/** Milliseconds for fetching and unpacking some 80 packages. */
const DEBIAN_TIME_LIMIT = 300_000

/**
 * Makes an image of the Debian that this machine runs, from its own package source.
 * @returns path of a docker-archive
 */
export function makeDebianImage(): string {
  const folder = `${scratch}/image-debian`
  mkdirSync(folder)
  const { stdout } = expectSuccess(command(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]))
  const [source, release] = (stdout.split("\n").find((line) => /^\S+\s[a-z]+$/.test(line)) ?? "").split(" ")
  if (source === undefined || release === undefined) throw new Error(`apt names no Debian release:\n${stdout}`)
  const words = ["--mode=root", "--variant=minbase", "--aptopt=APT::Install-Recommends false"]
  expectSuccess(command(["mmdebstrap", ...words, release, `${folder}/layer.tar`, source], { timeLimit: DEBIAN_TIME_LIMIT }))
  return archive(DEBIAN_IMAGE, folder, { command: ["/bin/bash"] })
}

/** Wraps layer.tar of a folder, which is removed. */
function archive(name: string, folder: string, options: ImageOptions): string {
  const digest = createHash("sha256").update(readFileSync(`${folder}/layer.tar`)).digest("hex")
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    created: "2026-01-01T00:00:00Z",
    config: {
      Cmd: options.command ?? ["/bin/sh"],
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      WorkingDir: "/",
      ...(options.user === undefined ? {} : { User: options.user }),
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
    history: [{ created: "2026-01-01T00:00:00Z", created_by: "test" }],
  })
  const configName = `${createHash("sha256").update(config).digest("hex")}.json`
  writeFileSync(`${folder}/${configName}`, config)
  writeFileSync(`${folder}/manifest.json`, JSON.stringify([{ Config: configName, RepoTags: [name], Layers: ["layer.tar"] }]))
  tar(`${folder}.tar`, folder, [configName, "layer.tar", "manifest.json"])
  rmSync(folder, { recursive: true })
  return `${folder}.tar`
}

function tar(archive: string, folder: string, names: readonly string[]): void {
  const flags = ["--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--format=gnu"]
  expectSuccess(command(["tar", "-C", folder, ...flags, "-cf", archive, ...names]))
}
