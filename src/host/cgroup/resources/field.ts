import type { LinuxResources } from "../../../spec/types.gen.ts"

/*
 * How the tables of this folder are written: a row for each field of linux.resources, with what it becomes on cgroup v1 and v2.
 */

/** A container's cgroup in the hierarchy of one controller. */
export interface Place {
  readonly version: 1 | 2
  /** As the hierarchy calls it: blkio of v1 is io of v2. */
  readonly controller: string
  readonly path: string
  /** Whether the container is there already, with values that stay where nothing is said of them. */
  readonly updating: boolean
  /** A file of the cgroup without its final newline; undefined if it does not exist. */
  read(file: string): string | undefined
  /** The same of the cgroup above. */
  readAbove(file: string): string | undefined
  /** Names of the files that there are, for messages. */
  names(): readonly string[]
}

/** One write(2) to a file of the cgroup. */
export interface Step {
  readonly file: string
  readonly text: string
  /** To the value that asks for it, where the field holds several. */
  readonly pointer?: string
  /** A missing file does no harm: the kernel does what is asked for anyway. */
  readonly optional?: true
  /** Depends on other values of the same table: where the kernel answers EINVAL it is tried again when those are written. */
  readonly knot?: true
  /** What begins the line of the file that this changes (a device); without it the file has one value. */
  readonly key?: string
  /** What undoes it where the file had no such line, or no value that can be written. */
  readonly neutral?: string
  /** Why the kernel refuses it, or why the file is missing; one clause without a final full stop. */
  readonly explain?: (errno: number, at: Place) => string | undefined
}

/** What a value becomes; a string says why this version of cgroups cannot give it. */
export type Writer<T> = ((value: T, at: Place) => readonly Step[]) | string

/** One field of config.json. */
export interface Field {
  /** Below /linux/resources. */
  readonly name: string
  readonly v1Controller: string
  readonly v2Controller: string
  /** Undefined where config.json says nothing. Zero values of Go, which engines write for nothing, are nothing too. */
  readonly value: (resources: LinuxResources) => unknown
  readonly v1: Writer<never>
  readonly v2: Writer<never>
}

/** The controllers of one part of linux.resources: on v1, on v2. */
export type Controllers = readonly [v1: string, v2: string]

/** A row of a table. */
export function field<T>(
  name: string, controllers: Controllers, value: (resources: LinuxResources) => T | undefined, v1: Writer<T>, v2: Writer<T>,
): Field {
  return { name, v1Controller: controllers[0], v2Controller: controllers[1], value, v1, v2 }
}

/** Go's zero value is no value. */
export function unlessZero(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value
}
