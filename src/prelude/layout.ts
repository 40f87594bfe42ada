/*
 * What the prelude's emitter (build time) and its readers (run time) agree on: where its code and data lie in the process.
 * The engine's executable is linked at 2 MiB and ends far below 256 MiB; the heap (brk) starts above the code's last page.
 */

/** Address of the prelude's code; the functions that JavaScript calls stand first, one in each 8 bytes (jumps). */
export const CODE_ADDRESS = 0x10000000

/** Offsets of the functions in the code. C calling convention, all integers of 64 bits. */
export const FUNCTIONS = {
  /** long syscall(nr, a, b, c, d, e, f): the kernel's answer as it is, >= 0 or the negated errno; does not use errno */
  syscall: 0,
  /** long spawn(const char *path, char **argv, char **envp): the child's pid, or the negated errno */
  spawn: 8,
  /** void signalHandler(int signo): writes the 4 bytes of signo to the descriptor in the data page */
  signalHandler: 16,
  /** the signal handler's return (SA_RESTORER) */
  signalRestorer: 24,
  /** the executable's entry point */
  entry: 32,
} as const

/** Address of the prelude's data: the record in the first page, scratch memory in the second. */
export const DATA_ADDRESS = CODE_ADDRESS - 0x10000
export const DATA_BYTES = 8192
export const SCRATCH_OFFSET = 4096

/** Descriptors that the record knows: 0 to 255. */
export const RECORDED_DESCRIPTORS = 256

/** Offsets of the record's fields; 8 bytes each (little-endian) unless told. */
export const RECORD = {
  /** stack pointer at the entry: argc, argv, NULL (the environment after it is the filtered one) */
  stack: 0,
  /** address of the caller's environment, as execve(2) takes it */
  environment: 8,
  /** RLIMIT_NOFILE of the caller */
  nofileSoft: 16,
  nofileHard: 24,
  /** bit n: signal n + 1 was ignored */
  ignoredSignals: 32,
  /** bit n: signal n + 1 was blocked */
  blockedSignals: 40,
  /** descriptor of the working folder if it was deleted, else 0 */
  deletedCwd: 48,
  /** descriptor that the signal handler writes to, i32; 0: none yet */
  signalFd: 56,
  /** 32 bytes; bit n: descriptor n was open */
  openDescriptors: 64,
  /** strings in the caller's environment */
  environmentCount: 96,
} as const

/** Bytes of the record. */
export const RECORD_BYTES = 104
