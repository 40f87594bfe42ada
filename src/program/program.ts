import type { SyscallName } from "../kernel/syscalls.ts"
import type { ErrnoName } from "../kernel/errno.ts"

const EMPTY = new Uint8Array(0)

/** A piece of the program's memory: a string, a structure, or a cell that steps write. Address known after layout. */
export class Datum {
  readonly bytes: Uint8Array | string
  /** Size in memory; more than `bytes` where the rest is zero. A string has a final NUL beside. */
  readonly size: number
  readonly align: number
  /** Address in the container's init; set by `assemble`. */
  address = 0
  /** The program it was given an address in. */
  placedIn: Program | undefined = undefined
  constructor(bytes: Uint8Array | string, size: number, align: number) {
    this.bytes = bytes
    this.size = size
    this.align = align
  }
  /** The address `offset` bytes into this datum, as an argument. */
  at(offset: number): Pointer {
    return new Pointer(this, offset)
  }
}

/** An address inside a datum. */
export class Pointer {
  readonly datum: Datum
  readonly offset: number
  constructor(datum: Datum, offset: number) {
    this.datum = datum
    this.offset = offset
  }
}

/** The 8 bytes at an address, read when the step runs (an earlier step's result is one of these). */
export class Load {
  readonly from: Pointer
  constructor(from: Pointer) {
    this.from = from
  }
}

/** A place to jump to; set by `Program.here`. */
export class Label {
  readonly name: string
  /** Index of the step it stands before; -1 until placed. */
  index = -1
  constructor(name: string) {
    this.name = name
  }
}

/** As an argument: the bytes of whole pages (4096) from an address up to the row at a label; 0 if the row does not lie so far. */
export class PagesUpTo {
  readonly from: number
  readonly label: Label
  constructor(from: number, label: Label) {
    this.from = from
    this.label = label
  }
}

/**
 * An argument: a number; a C string; bytes (by address); a datum's address; the 8 bytes at an address; an earlier step's result; a
 * length in the table of rows.
 */
export type Arg = number | bigint | string | Uint8Array | Datum | Pointer | Load | Step | PagesUpTo

/** How a `test` step compares (memory & mask) with its constant; unsigned. */
export type Comparison = "==" | "!=" | "<" | ">="

export type StepKind = "call" | "test" | "copy4" | "copy8" | "add" | "jump" | "fail"

/** What to do when a system call fails with an errno ("any": every other one). `continue`: go on with the next step. */
export interface ErrnoBranch {
  readonly errno: ErrnoName | "any"
  readonly to: Label | "continue"
}

/** One row of the program; made by `Program`. */
export class Step {
  declare readonly kind: StepKind
  declare readonly name: SyscallName | undefined
  declare readonly args: readonly Arg[]
  declare readonly comparison: Comparison | undefined
  declare readonly target: Label | undefined
  declare branches: ErrnoBranch[] | undefined
  /** A sentence for people: `mount "proc" at /proc`. */
  declare text: string
  /** The config.json pointer that asked for it. */
  declare pointer: string
  /** Where the result is kept; only steps whose result is used have one. */
  declare cell: Datum | undefined
  /** The sentence that `explain` and error messages print. */
  says(text: string): this {
    this.text = text
    return this
  }
  /** Where to go when the call fails with this errno; "any" for all that are not named. */
  on(errno: ErrnoName | "any", to: Label | "continue"): this {
    ;(this.branches ??= []).push({ errno, to })
    return this
  }
  /** Any failure is harmless: go on. */
  orContinue(): this {
    return this.on("any", "continue")
  }
}

/**
 * A list of Linux system calls with the little that must be decided while they run. Pure: building one touches nothing.
 * Steps run in order; a call that fails and has no branch for its errno reports (step number, errno) and ends the process.
 */
export class Program {
  readonly steps: Step[] = []
  /** C strings. */
  readonly texts: Datum[] = []
  /** Memory with bytes in it. */
  readonly blocks: Datum[] = []
  /** Memory that begins as zeros. */
  readonly zeros: Datum[] = []
  /** Arrays of addresses and numbers. */
  readonly arrays: WordArray[] = []
  /** The config.json pointer given to steps added from now on. */
  pointer = ""
  private readonly strings = new Map<string, Datum>()

  /** A system call. Its result can be an argument of later steps. */
  call(name: SyscallName, ...args: Arg[]): Step {
    // This runs some hundred times in a cold interpreter, where calling a function or constructor costs 0.2 to 0.5 us: so
    // literals in place of `new`, and what `string` and `add` do is written out.
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as Arg
      if (typeof arg === "number") continue
      if (typeof arg === "string") {
        let datum = this.strings.get(arg)
        if (datum === undefined) {
          datum = { __proto__: Datum.prototype, bytes: arg, size: 0, align: 1, address: 0, placedIn: undefined } as unknown as Datum
          this.texts.push(datum)
          this.strings.set(arg, datum)
        }
        args[i] = datum
      } else if (arg instanceof Step) arg.cell ??= this.buffer(8)
      else if (arg instanceof Uint8Array) args[i] = this.bytes(arg)
    }
    const step = {
      __proto__: Step.prototype,
      kind: "call", name, args, comparison: undefined, target: undefined,
      branches: undefined, text: "", pointer: this.pointer, cell: undefined,
    } as unknown as Step
    this.steps.push(step)
    return step
  }

  /** Jumps to `target` if (8 bytes at `where` & mask) compares so with `value` (unsigned, little-endian; a mask picks narrower fields). */
  test(where: Pointer | Datum | Step, mask: number | bigint, comparison: Comparison, value: number | bigint, target: Label): Step {
    return this.add("test", [this.place(where), mask, value], comparison, target)
  }

  /** Stores 4 or 8 bytes of a result (or memory) at an address. */
  store(where: Pointer | Datum, from: Step | Pointer | Datum, bytes: 4 | 8): Step {
    return this.add(bytes === 4 ? "copy4" : "copy8", [this.place(where), this.place(from)], undefined, undefined)
  }

  /** The 8 bytes at an address as an argument, read when the step runs. */
  load(from: Pointer | Datum): Load {
    return new Load(from instanceof Pointer ? from : new Pointer(from, 0))
  }

  /** Adds a number (may be negative) to the 8 bytes at an address. */
  increment(where: Pointer | Datum, by: number): Step {
    return this.add("add", [this.place(where), by], undefined, undefined)
  }

  jump(target: Label): Step {
    return this.add("jump", [], undefined, target)
  }

  /** Jumps to rows that lie in the program's data (received while it runs). */
  jumpTo(rows: Datum): Step {
    return this.add("jump", [rows], undefined, undefined)
  }

  /** Reports this step as failed with that errno (a number, or read from memory) and ends the process. */
  fail(errno: number | Step | Load): Step {
    return this.add("fail", [errno], undefined, undefined)
  }

  /** A label not placed yet. */
  label(name: string): Label {
    return new Label(name)
  }

  /** Places a label before the next step. */
  here(label: Label): void {
    label.index = this.steps.length
  }

  /** `size` bytes of zeroed memory, 8-byte aligned unless told. */
  buffer(size: number, align = 8): Datum {
    const datum = { __proto__: Datum.prototype, bytes: EMPTY, size, align, address: 0, placedIn: undefined } as unknown as Datum
    this.zeros.push(datum)
    return datum
  }

  /** Bytes in the program's memory. */
  bytes(bytes: Uint8Array, align = 8): Datum {
    const datum = new Datum(bytes, bytes.length, align)
    this.blocks.push(datum)
    return datum
  }

  /** A C string; equal strings share one datum, so steps must not write into it. */
  string(text: string): Datum {
    let datum = this.strings.get(text)
    if (datum === undefined) {
      datum = new Datum(text, 0, 1)
      this.texts.push(datum)
      this.strings.set(text, datum)
    }
    return datum
  }

  /** A NULL-terminated array of C string addresses, as execve(2) takes. */
  stringArray(texts: readonly string[]): Datum {
    const array = new PointerArray(texts.map((text) => this.string(text)))
    this.arrays.push(array)
    return array
  }

  /** An array of structures whose fields are addresses or numbers, 8 bytes each (struct iovec, msghdr ...). */
  words(words: readonly Word[]): Datum {
    const array = new WordArray(words)
    this.arrays.push(array)
    return array
  }

  /** A step that is no system call; of the arguments only an earlier step's result needs care. */
  private add(kind: StepKind, args: Arg[], comparison: Comparison | undefined, target: Label | undefined): Step {
    if (args[0] instanceof Step) args[0].cell ??= this.buffer(8)
    const step = {
      __proto__: Step.prototype,
      kind, name: undefined, args, comparison, target,
      branches: undefined, text: "", pointer: this.pointer, cell: undefined,
    } as unknown as Step
    this.steps.push(step)
    return step
  }

  private place(where: Pointer | Datum | Step): Pointer | Datum {
    if (where instanceof Step) return (where.cell ??= this.buffer(8))
    return where
  }
}

/** An item of an array in the program's memory: 8 bytes, a number or an address. */
export type Word = number | bigint | Datum | Pointer

/** 8-byte words, each a number or an address. */
export class WordArray extends Datum {
  readonly items: readonly Word[]
  constructor(items: readonly Word[], size = items.length * 8) {
    super(EMPTY, size, 8)
    this.items = items
  }
}

/** Addresses of C strings and a final NULL. */
export class PointerArray extends WordArray {
  constructor(items: readonly Datum[]) {
    super(items, (items.length + 1) * 8)
  }
}
