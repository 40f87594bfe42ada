import { said } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const NO_CONTROLLERS = { "pure-v2": "cgroup2 has no memory controller there" } as const
const OTHERS = { runc: "sets the limit when its init is larger than it", crun: "says that init ended" } as const

boxTest("create: an init that its memory limit killed is called OOM-killed [/linux/resources/memory/limit]", {
  skipFor: OTHERS, skipIn: NO_CONTROLLERS,
}, (t, box) => {
  box.config.linux.resources = { memory: { limit: 16_384 } }
  const result = box.tryCreate()
  t.equal(result.code, 1)
  t.match(said(result), "container init was OOM-killed (memory limit too low?)")
})

boxTest("run: an init that its memory limit killed is called OOM-killed [/linux/resources/memory/limit]", {
  skipFor: OTHERS, skipIn: NO_CONTROLLERS,
}, (t, box) => {
  box.config.linux.resources = { memory: { limit: 16_384 } }
  const result = box.run()
  t.equal(result.code, 1)
  t.match(said(result), "container init was OOM-killed (memory limit too low?)")
})

boxTest("create: an init that somebody killed is not called OOM-killed", { skipFor: OTHERS }, (t, box) => {
  // a hook ends the init it is told of
  const script = "pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/'); kill -KILL $pid; while [ -e /proc/$pid/root/ ]; do :; done"
  box.config.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", script] }] }
  const result = box.tryCreate()
  t.not(result.code, 0)
  t.notMatch(said(result), "OOM")
})
