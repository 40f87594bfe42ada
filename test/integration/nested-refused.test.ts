import { Outer, type OuterOptions } from "../../conformance/lib/nested.ts"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * What runts cannot do inside of a container, and how it says so.
 */

const PEERS = { runc: "makes no user namespace by itself", crun: "says it in other words" } as const

/** What cannot be, and what is said of it. */
const REFUSED: readonly (readonly [what: string, options: OuterOptions, message: RegExp])[] = [
  ["Docker's default container", { seccomp: true }, /function not implemented \(ENOSYS.*runts itself runs under a seccomp filter, which may be what refuses clone3.*seccomp=unconfined/],
  ["Docker's with seccomp=unconfined: /proc is masked", {}, /mount proc at \/proc: operation not permitted .*\/proc that runts sees is partly covered.*systempaths=unconfined.*unmask=ALL/],
  ["a user namespace, no CAP_SYS_ADMIN, /proc is masked", { userNamespace: true }, /mount proc at \/proc: operation not permitted .*partly covered/],
  ["CAP_SYS_ADMIN, cgroupfs read-only", { admin: true }, /read-only file system .*mount it writable, or do without cgroups \(--cgroup-manager disabled\)/],
  ["CAP_SYS_ADMIN, no cgroupfs", { admin: true, cgroup: "none" }, /no cgroups are mounted.*--cgroup-manager disabled/],
]

for (const [what, options, message] of REFUSED) {
  boxTest(`nested: what cannot be is told in one sentence, and nothing is left: ${what}`, { skipFor: PEERS }, (t, box) => {
    const { code, stderr, stdout } = new Outer(box, options).inside("run; code=$?; runts list -q; exit $code")
    t.equal(code, 1)
    t.match(stderr, message)
    t.equal(stderr.trim().split("\n").length, 1)
    t.equal(stdout, "")
  })
}

boxTest("nested: with a masked /proc a container without a pid namespace has that /proc bound [/mounts/*/type]", { skipFor: PEERS }, (t, box) => {
  const outer = new Outer(box).script("ls /proc/keys /proc/self/status; wc -c </proc/keys")
  outer.config.linux.namespaces = outer.config.linux.namespaces.filter(({ type }) => type !== "pid")
  t.equal(expectSuccess(outer.run()).stdout, "/proc/keys\n/proc/self/status\n0\n", "with what covers it")
})

boxTest("nested: without CAP_NET_ADMIN the network namespace is refused with what to do [/linux/namespaces]", { skipFor: PEERS }, (t, box) => {
  const outer = new Outer(box, { admin: true, masks: false, cgroup: "rw" })
  const left = (box.config.process.capabilities?.bounding ?? []).filter((name) => name !== "CAP_NET_ADMIN")
  box.config.process.capabilities = { bounding: left, effective: left, permitted: left }
  t.match(outer.run(), { code: 1, stderr: /bring the loopback device up: operation not permitted .*runts lacks CAP_NET_ADMIN/ })
})
