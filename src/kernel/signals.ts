import { RuntsError } from "../error.ts"

/** Signal numbers by name without SIG (man signal(7); the same on x86-64 and arm64). */
export const SIGNALS = {
  HUP: 1, INT: 2, QUIT: 3, ILL: 4, TRAP: 5, ABRT: 6, IOT: 6, BUS: 7, FPE: 8, KILL: 9, USR1: 10, SEGV: 11, USR2: 12, PIPE: 13,
  ALRM: 14, TERM: 15, STKFLT: 16, CHLD: 17, CLD: 17, CONT: 18, STOP: 19, TSTP: 20, TTIN: 21, TTOU: 22, URG: 23, XCPU: 24,
  XFSZ: 25, VTALRM: 26, PROF: 27, WINCH: 28, IO: 29, POLL: 29, PWR: 30, SYS: 31,
  // as glibc counts them: 32 and 33 are its own
  RTMIN: 34, RTMAX: 64,
} as const

export type SignalName = keyof typeof SIGNALS

/** The highest signal number (_NSIG). */
export const SIGNAL_MAX = 64

/**
 * A signal's number from what people and engines write: `9`, `KILL`, `SIGKILL`, any case; `RTMIN+3`, `RTMAX-1`; 0 asks
 * only whether the process exists (man kill(2)).
 */
export function parseSignal(text: string): number {
  const number = signalNumber(text)
  if (number === undefined || number > SIGNAL_MAX) {
    throw new RuntsError(`unknown signal ${JSON.stringify(text)}`, {
      code: "usage", hint: "give a name as TERM or RTMIN+3, or a number from 0 to 64",
    })
  }
  return number
}

function signalNumber(text: string): number | undefined {
  if (/^[0-9]{1,3}$/.test(text)) return Number(text)
  const upper = text.toUpperCase()
  const name = upper.startsWith("SIG") ? upper.slice(3) : upper
  if (Object.hasOwn(SIGNALS, name)) return SIGNALS[name as SignalName]
  const realTime = /^(RTMIN\+|RTMAX-)([0-9]{1,2})$/.exec(name)
  if (realTime === null) return undefined
  const offset = Number(realTime[2])
  if (offset > SIGNALS.RTMAX - SIGNALS.RTMIN) return undefined
  return name.startsWith("RTMIN") ? SIGNALS.RTMIN + offset : SIGNALS.RTMAX - offset
}

/** The name of a signal, as `SIGKILL`, `SIGRTMIN+3`; `signal 65` where there is none. */
export function signalName(number: number): string {
  for (const name in SIGNALS) if (SIGNALS[name as SignalName] === number) return "SIG" + name
  if (number > SIGNALS.RTMIN && number < SIGNALS.RTMAX) return `SIGRTMIN+${number - SIGNALS.RTMIN}`
  return `signal ${number}`
}
