import { RuntsError } from "../error.ts"
import { close } from "../host/file.ts"
import { type Bundle, loadBundle } from "./bundle.ts"
import { createContainer, type Created } from "./creation.ts"
import { writePidFile } from "./pid-file.ts"
import type { CreateRequest, GlobalOptions } from "./requests.ts"
import { phase, tracing } from "../trace.ts"
import { destroy } from "./destroy.ts"

/** A terminal of a detached container needs someone who takes it, and only that. */
export function checkConsole(bundle: Bundle, request: CreateRequest, detach: boolean): void {
  const terminal = bundle.spec.process?.terminal === true
  if (terminal && detach && request.consoleSocket === undefined) {
    throw new RuntsError("cannot allocate tty if runts will detach without setting console socket", {
      code: "console-required",
      pointer: "/process/terminal", hint: "set process.terminal to false, or give --console-socket",
    })
  }
  if (request.consoleSocket !== undefined && !(terminal && detach)) {
    throw new RuntsError("cannot use console socket if runts will not detach or allocate tty", {
      code: "console-required", hint: "leave --console-socket out",
    })
  }
}

/** `create`: the container waits for `start` when it returns. */
export async function create(globals: GlobalOptions, request: CreateRequest): Promise<void> {
  const bundle = await loadBundle(request.bundle)
  checkConsole(bundle, request, true)
  const created = await createContainer(globals, request, bundle, { startSocket: true })
  try {
    if (request.pidFile !== undefined) phase("write the pid file")
    writePidFile(request.pidFile, created.state.pid)
    phase("let the container's init wait for `start`")
    created.launch.go()
  } catch (error) {
    abandon(created)
    throw error
  }
  close(created.launch.socket)
  tracing()?.done()
  created.container.close()
}

/** Takes back a container that was created when what follows failed. */
export function abandon(created: Created): void {
  created.launch.kill()
  destroy(created.container, { ...created.state, pid: 0 })
}
