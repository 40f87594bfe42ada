import { library, type Functions } from "../../ffi/library.ts"
import { RuntsError } from "../../error.ts"

const SONAME = "libsystemd.so.0"

/** All of them since systemd 240. Variadic ones are not needed: a message is built value by value. */
const FUNCTIONS = {
  sd_bus_new: [1, "int"],
  sd_bus_set_address: [2, "int"],
  sd_bus_set_bus_client: [2, "int"],
  sd_bus_start: [1, "int"],
  sd_bus_close_unref: [1, "address"],
  sd_bus_is_ready: [1, "int"],
  sd_bus_get_fd: [1, "int"],
  sd_bus_get_events: [1, "int"],
  sd_bus_process: [2, "int"],
  sd_bus_send: [3, "int"],
  sd_bus_message_new_method_call: [6, "int"],
  sd_bus_message_append_basic: [3, "int"],
  sd_bus_message_open_container: [3, "int"],
  sd_bus_message_close_container: [1, "int"],
  sd_bus_message_enter_container: [3, "int"],
  sd_bus_message_read_basic: [3, "int"],
  sd_bus_message_get_reply_cookie: [2, "int"],
  sd_bus_message_is_method_error: [2, "int"],
  sd_bus_message_is_signal: [3, "int"],
  sd_bus_message_get_error: [1, "address"],
  sd_bus_message_unref: [1, "address"],
} as const

/** sd-bus(3); strings, structures and results are addresses. */
export type BusLibrary = Functions<keyof typeof FUNCTIONS>

let loaded: BusLibrary | undefined

/** Loads libsystemd. @throws RuntsError that names the package, where it is missing */
export function busLibrary(): BusLibrary {
  let reason = ""
  loaded ??= library(SONAME, FUNCTIONS, (why) => (reason = why))
  if (loaded !== undefined) return loaded
  throw new RuntsError(`the systemd cgroup driver needs ${SONAME}, which cannot be loaded: ${reason}`, {
    code: "systemd-unavailable", hint: "install the package libsystemd0 (Fedora: systemd-libs), or use the cgroup driver cgroupfs",
  })
}
