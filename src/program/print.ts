import { errnoName } from "../kernel/errno.ts"
import type { Field, MemoryForm } from "../kernel/structures.ts"
import { type Arg, Datum, type Label, Load, PagesUpTo, Pointer, PointerArray, type Program, Step, WordArray } from "./program.ts"

/**
 * Names an argument where its number means something: flags, constants.
 * @param name the system call
 * @param index of the argument, from 0
 * @param args all of them, as some mean what another one says
 * @returns `MS_RDONLY|MS_NOSUID`; undefined: print the number
 */
export type DecodeArgument = (name: string, index: number, value: number | bigint, args: readonly unknown[]) => string | undefined

/** Names what the printer shows: numbers (kernel/decode.ts), and the memory that an argument points to (kernel/structures.ts). */
export interface Decoder {
  readonly argument: DecodeArgument
  /** @returns undefined: print the bytes */
  memory?(name: string, index: number, args: readonly unknown[]): MemoryForm | undefined
}

export interface PrintOptions {
  /** `text`: sentence and pointer above each call; `strace`: a call a line, as strace(1) prints them. */
  readonly format?: "text" | "strace"
  readonly decode?: Decoder | undefined
}

/** A step, for people. */
export interface StepDescription {
  /** The sentence; empty where the plan gave none. */
  readonly text: string
  /** The config.json pointer that asked for it; empty where none did. */
  readonly pointer: string
  /** `fsopen("proc", 1)`; in words where the step is no system call. */
  readonly call: string
}

/**
 * Describes one step, as error reports name it.
 * @param index of the step, from 0; a failure report has it
 * @throws Error where the program has no such step
 */
export function describeStep(program: Program, index: number, decode?: Decoder): StepDescription {
  const step = program.steps[index]
  if (step === undefined) throw new Error(`the program has ${program.steps.length} steps; there is no step ${index}`)
  return { text: step.text, pointer: step.pointer, call: new Printer(program, decode).operation(step) }
}

/** The whole program as text, one step after another, steps numbered from 0. */
export function printProgram(program: Program, options: PrintOptions = {}): string {
  const printer = new Printer(program, options.decode)
  const width = String(program.steps.length).length
  let text = ""
  program.steps.forEach((step, index) => {
    const number = String(index).padStart(width)
    text += options.format === "strace" ? printer.straceLine(step, number) : printer.textLines(step, number)
  })
  return text
}

/** Prints steps of one program; see printProgram() and describeStep() for all of them and for one. */
export class Printer {
  private readonly numbers = new Map<Step, number>()
  private readonly owners = new Map<Datum, Step>()
  private readonly program: Program
  private readonly decode: Decoder | undefined
  private blocks: ReadonlyMap<Datum, number> | undefined
  private zeros: ReadonlyMap<Datum, number> | undefined
  constructor(program: Program, decode?: Decoder) {
    this.program = program
    this.decode = decode
    program.steps.forEach((step, index) => {
      this.numbers.set(step, index)
      if (step.cell !== undefined) this.owners.set(step.cell, step)
    })
  }

  textLines(step: Step, number: string): string {
    const indent = " ".repeat(number.length + 2)
    const pointer = step.pointer === "" ? "" : `  [${step.pointer}]`
    const head = `${number}  ${step.text === "" ? "-" : step.text}${pointer}\n${indent}${this.operation(step)}\n`
    const branches = this.branches(step)
    return branches === "" ? head : `${head}${indent}${branches}\n`
  }

  straceLine(step: Step, number: string): string {
    const result = step.cell === undefined ? "" : ` = step ${number.trim()}`
    const notes = [step.text, step.pointer, this.branches(step)].filter((note) => note !== "").join("; ")
    return `${number}  ${this.operation(step)}${result}${notes === "" ? "" : `  # ${notes}`}\n`
  }

  /** What the step does. */
  operation(step: Step): string {
    const [first, second, third] = step.args
    switch (step.kind) {
      case "call":
        return `${step.name}(${step.args.map((arg, index) => this.callArgument(step, arg, index)).join(", ")})`
      case "test":
        return `if (${this.memory(first)} & ${this.argument(second)}) ${step.comparison} ${this.argument(third)} ${this.goTo(step.target)}`
      case "copy4":
        return `${this.memory(first)} = 4 bytes of ${this.memory(second)}`
      case "copy8":
        return `${this.memory(first)} = 8 bytes of ${this.memory(second)}`
      case "add":
        return `${this.memory(first)} += ${this.argument(second)}`
      case "jump":
        return step.target === undefined ? `go to rows at ${this.argument(first)}` : this.goTo(step.target)
      case "fail":
        return `fail with ${typeof first === "number" ? errnoName(first) : this.argument(first)}`
    }
  }

  /** What happens where it fails with some errno; empty: it ends the program. */
  branches(step: Step): string {
    return (step.branches ?? [])
      .map(({ errno, to }) => `on ${errno === "any" ? "any other error" : errno} ${to === "continue" ? "continue" : this.goTo(to)}`)
      .join(", ")
  }

  private goTo(label: Label | undefined): string {
    return `go to ${label?.index} (${label?.name})`
  }

  private callArgument(step: Step, arg: Arg, index: number): string {
    const name = step.name as string
    if (typeof arg === "number" || typeof arg === "bigint") return this.decode?.argument(name, index, arg, step.args) ?? printNumber(arg)
    if (arg instanceof Datum && typeof arg.bytes !== "string") {
      const form = this.decode?.memory?.(name, index, step.args)
      if (form !== undefined) return this.inForm(arg, form)
    }
    return this.argument(arg)
  }

  /** Memory by name, as far as a form knows it. */
  private inForm(datum: Datum, form: MemoryForm): string {
    if ("text" in form) {
      const bytes = datum.bytes.length > 0 ? (datum.bytes as Uint8Array) : new Uint8Array(datum.size)
      return form.text(bytes) ?? this.place(datum)
    }
    const fields = form.fields.map((field) => this.field(datum, field)).filter((text) => text !== "")
    return `{${fields.join(", ")}}`
  }

  /** `name=value`; empty where the field is zero, or lies behind the end. */
  private field(datum: Datum, field: Field): string {
    const value = fieldValue(datum, field)
    if (value === undefined || (value === 0n && field.always !== true)) return ""
    if (typeof value === "bigint") return `${field.name}=${field.decode?.(value) ?? printNumber(value)}`
    if (value instanceof Datum && field.to !== undefined) return `${field.name}=${this.inForm(value, field.to)}`
    return `${field.name}=${this.place(value)}`
  }

  private argument(arg: Arg | undefined): string {
    if (typeof arg === "number" || typeof arg === "bigint") return printNumber(arg)
    if (arg instanceof Step) return this.stepName(arg)
    if (arg instanceof Load) return `*${this.place(arg.from)}`
    if (arg instanceof Pointer || arg instanceof Datum) return this.place(arg)
    if (arg instanceof PagesUpTo) return `pages up to ${arg.label.index} (${arg.label.name})`
    return String(arg)
  }

  /** Memory that a step reads or writes: the result of a step goes by the step's name. */
  private memory(arg: Arg | undefined): string {
    const owner = arg instanceof Datum ? this.owners.get(arg) : undefined
    return owner === undefined ? `*${this.argument(arg)}` : this.stepName(owner)
  }

  private stepName(step: Step): string {
    return `step ${this.numbers.get(step)}`
  }

  /** An address. */
  private place(where: Datum | Pointer): string {
    if (where instanceof Pointer) return where.offset === 0 ? this.place(where.datum) : `(${this.place(where.datum)} + ${where.offset})`
    if (typeof where.bytes === "string") return JSON.stringify(where.bytes)
    if (where instanceof PointerArray) return `[${[...where.items.map((item) => this.argument(item)), "NULL"].join(", ")}]`
    if (where instanceof WordArray) return `{${where.items.map((item) => this.argument(item)).join(", ")}}`
    const owner = this.owners.get(where)
    if (owner !== undefined) return `&${this.stepName(owner)}`
    if (where.bytes.length > 0) return `bytes ${(this.blocks ??= numbered(this.program.blocks)).get(where)} <${hex(where.bytes)}>`
    return `buffer ${(this.zeros ??= numbered(this.program.zeros)).get(where) ?? -1}[${where.size}]`
  }
}

/** Programs of many mounts have tens of thousands: each has its number without a search. */
function numbered(data: readonly Datum[]): ReadonlyMap<Datum, number> {
  return new Map(data.map((datum, index) => [datum, index]))
}

/** A field's number, or where it points; undefined where the memory does not reach so far. */
function fieldValue(datum: Datum, { offset, bytes }: Field): bigint | Datum | Pointer | undefined {
  if (offset + bytes > datum.size) return undefined
  if (!(datum instanceof WordArray)) {
    let value = 0n
    for (let i = bytes - 1; i >= 0; i--) value = value * 256n + BigInt((datum.bytes[offset + i] as number | undefined) ?? 0)
    return value
  }
  const item = datum.items[offset >>> 3] ?? 0
  return typeof item === "object" ? item : BigInt.asUintN(bytes * 8, BigInt(item) >> BigInt((offset & 7) * 8))
}

/** Small numbers and negative ones as people count, others as flags are written. */
function printNumber(value: number | bigint): string {
  return value < 1024 ? String(value) : `0x${value.toString(16)}`
}

function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 32)).toString("hex")
  return bytes.length > 32 ? `${shown}... ${bytes.length} bytes` : shown
}
