import { mkdirSync, writeFileSync } from "node:fs"
import type { Chapter } from "./failure.ts"

export const MOUNTS: Chapter = {
  heading: "Mounts",
  failures: [
    {
      name: "bind-source-missing", title: "What is to be bound is not there", learn: "which source of which mount",
      config: { "/mounts/-": { destination: "/data", type: "bind", source: "/srv/web-data", options: ["rbind"] } },
      names: ["/srv/web-data", "/mounts/5", "no such file or directory"],
    },
    {
      name: "file-on-folder", title: "A file is to be mounted on a folder", learn: "which of the two is what",
      config: { "/mounts/-": { destination: "/etc", type: "bind", source: "hosts", options: ["bind"] } },
      prepare: (box) => writeFileSync(`${box.bundle}/hosts`, ""),
      names: ["/mounts/5", "/etc", /not a directory|is a directory/],
    },
    {
      name: "folder-on-file", title: "A folder is to be mounted on a file", learn: "which of the two is what",
      config: { "/mounts/-": { destination: "/etc/passwd", type: "bind", source: "data", options: ["bind"] } },
      prepare: (box) => mkdirSync(`${box.bundle}/data`),
      names: ["/mounts/5", "/etc/passwd", "not a directory"],
    },
    {
      name: "unknown-option", title: "A misspelled mount option", learn: "which option the file system does not know",
      config: { "/mounts/-": { destination: "/cache", type: "tmpfs", source: "tmpfs", options: ["nosuid", "siez=16m"] } },
      names: ["/mounts/5", "siez"],
    },
    {
      name: "bad-option-value", title: "A mount option with a value that is none", learn: "which option, and what the kernel says",
      config: { "/mounts/-": { destination: "/cache", type: "tmpfs", source: "tmpfs", options: ["size=lots"] } },
      names: ["/mounts/5", "size"],
    },
    {
      name: "unknown-type", title: "A file system that the kernel does not have", learn: "which type",
      config: { "/mounts/-": { destination: "/cache", type: "tmpsf", source: "tmpfs" } },
      names: ["/mounts/5", "tmpsf"],
    },
    {
      name: "overlay-without-lower", title: "An overlay whose lower layer is gone", learn: "which folder",
      config: { "/mounts/-": { destination: "/data", type: "overlay", source: "overlay", options: ["lowerdir=/srv/layer-1"] } },
      names: ["/mounts/5", "/srv/layer-1"],
    },
    {
      name: "mount-on-proc", title: "A mount over what a container must not replace", learn: "that /proc is the kernel's",
      config: { "/mounts/-": { destination: "/proc/sys", type: "tmpfs", source: "tmpfs" } },
      names: ["/mounts/5", "/proc"],
    },
    {
      name: "mount-without-destination", title: "A mount without a destination", learn: "which mount, and what it lacks",
      config: { "/mounts/-": { type: "tmpfs", source: "tmpfs" } },
      names: ["/mounts/5", "destination"],
    },
    {
      name: "idmap-without-userns", title: "An id-mapped mount without mappings", learn: "what is missing",
      config: { "/mounts/-": { destination: "/data", type: "bind", source: "data", options: ["bind", "idmap"] } },
      prepare: (box) => mkdirSync(`${box.bundle}/data`),
      names: ["/mounts/5"],
    },
  ],
}
