import { RuntsError } from "../error.ts"
import type { Spec } from "./types.gen.ts"

/** An annotation of config.json that changes what the runtime does. All others are passed on in `state` and mean nothing here. */
export interface Annotation {
  /** What its value is. */
  readonly value: "switch" | "path" | "text"
  /** One clause for people. */
  readonly meaning: string
  /**
   * It can take away isolation, or name files and sockets of the host, so that an engine must not let its users set it freely
   * (features.md, "Unsafe annotations").
   */
  readonly potentiallyUnsafe: boolean
}

/** The annotations with a meaning, all of them crun's (crun(1), "Extensions to OCI"); a name that ends with a dot is a prefix. */
export const ANNOTATIONS = {
  "run.oci.keep_original_groups": {
    value: "switch", meaning: "keep the additional groups of runts' caller; user.additionalGids is left out", potentiallyUnsafe: true,
  },
  "run.oci.hooks.stdout": { value: "path", meaning: "file that the standard output of hooks is appended to", potentiallyUnsafe: true },
  "run.oci.hooks.stderr": { value: "path", meaning: "file that the standard error of hooks is appended to", potentiallyUnsafe: true },
  "run.oci.pidfd_receiver": { value: "path", meaning: "socket that receives a pidfd of init, as --pidfd-socket", potentiallyUnsafe: true },
  "run.oci.handler": { value: "text", meaning: "a machine or WebAssembly engine to run the program in; none is there", potentiallyUnsafe: true },
  "run.oci.seccomp.receiver": { value: "path", meaning: "socket that receives the seccomp listener, as listenerPath", potentiallyUnsafe: true },
  "run.oci.seccomp_fail_unknown_syscall": {
    value: "switch", meaning: "a system call of the seccomp profile that is not known is an error", potentiallyUnsafe: false,
  },
  "run.oci.seccomp_bpf_data": {
    value: "text", meaning: "a seccomp filter as base64 of its BPF program, in place of linux.seccomp", potentiallyUnsafe: true,
  },
  "run.oci.mount_context_type": {
    value: "text", meaning: "mount option that carries linux.mountLabel: context, fscontext, defcontext or rootcontext", potentiallyUnsafe: false,
  },
  "org.systemd.property.": {
    value: "text", meaning: "begins names: a property of the container's unit, in GVariant's text form (with the systemd cgroup driver)", potentiallyUnsafe: true,
  },
  "run.oci.delegate-cgroup": {
    value: "text", meaning: "cgroup below the container's in which its processes are, and which its user owns (cgroup v2)", potentiallyUnsafe: true,
  },
  "run.oci.systemd.subgroup": {
    value: "text", meaning: "the container's cgroup is not its unit's but one of this name below (with the systemd cgroup driver, on cgroup v2)",
    potentiallyUnsafe: false,
  },
  "run.oci.systemd.force_cgroup_v1": {
    value: "path", meaning: "the cgroup mount at this path shows only the v1 hierarchy name=systemd, for an old systemd in the container",
    potentiallyUnsafe: true,
  },
} as const satisfies Record<string, Annotation>

export type AnnotationName = keyof typeof ANNOTATIONS

/** The value of an annotation; undefined where there is none, or an empty one. */
export function annotation(of: Pick<Spec, "annotations">, name: AnnotationName): string | undefined {
  return of.annotations?.[name] || undefined
}

/**
 * A cgroup below the container's, or its unit's, that an annotation names, without slashes around it.
 * @throws RuntsError for what leads elsewhere
 */
export function annotatedCgroup(of: Pick<Spec, "annotations">, name: AnnotationName): string | undefined {
  const value = annotation(of, name)
  if (value === undefined) return undefined
  const parts = value.split("/").filter((part) => part !== "" && part !== ".")
  if (parts.length > 0 && !parts.includes("..") && !/[\0\n]/.test(value)) return parts.join("/")
  throw new RuntsError(`annotation ${name}=${JSON.stringify(value)} names no cgroup below`, {
    code: "cgroup-path-invalid", pointer: `/annotations/${name}`, hint: "expected a name, as container, without ..",
  })
}

/** Whether a switch is on: it is there, with another value than those that say no. */
export function annotationIsOn(of: Pick<Spec, "annotations">, name: AnnotationName): boolean {
  const value = annotation(of, name)
  return value !== undefined && value !== "0" && value !== "false"
}

/** Names for `features`, sorted. */
export function potentiallyUnsafeAnnotations(): string[] {
  return (Object.keys(ANNOTATIONS) as AnnotationName[]).filter((name) => ANNOTATIONS[name].potentiallyUnsafe).sort()
}
