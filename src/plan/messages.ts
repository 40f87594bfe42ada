/** Kinds of the 16-byte messages {u32 kind, u32 number, i64 value} that a program sends on its status socket. */
export const MESSAGE = {
  /** Launcher: the pid of the container's init is `value`. */
  PID: 0x50,
  /** Init waits until systemd has put it into its cgroup (answer: one byte). */
  CGROUP: 0x47,
  /** Init waits for its id maps (answer: one byte). */
  MAPS: 0x55,
  /** Init waits for network devices of the host (answer: one byte). */
  DEVICES: 0x44,
  /** Init's mounts are done; hooks may run (answer: one byte). */
  HOOKS: 0x48,
  /** Init asks the runtime for help with request `number` (answer: rows to run; see `serve`). */
  SERVE: 0x53,
  /** Everything is set up; init waits for `start`. */
  READY: 0x43,
  /** Sent just before the last steps into the user's program. */
  STARTED: 0x52,
  /** What the kernel said of a failed mount follows the 16 bytes; the failure itself comes next. */
  LOG: 0x4c,
  /** A step failed (sent by the executor): `number` is its index, `value` the errno. */
  FAILED: 0x46,
} as const
