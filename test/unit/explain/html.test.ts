import { createHash } from "node:crypto"
import t from "tap"
import type { Explained } from "../../../src/explain/explain.ts"
import { PAGE_SCRIPT } from "../../../src/explain/html-assets.ts"
import { escape, explanationHtml } from "../../../src/explain/html.ts"
import { planDecoder, programLines, type Line } from "../../../src/explain/model.ts"
import { runtimeLine } from "../../../src/explain/runtime.ts"
import { summaryOf } from "../../../src/explain/summary.ts"
import type { Foreseen } from "../../../src/explain/foresee.ts"
import { planCreate } from "../../../src/plan/create.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { changed, factsFor, fullSpec, readConfig, withNamespaces } from "../plan/helpers.ts"

const HASH = createHash("sha256").update(PAGE_SCRIPT).digest("base64")

/** An explanation with few of the runtime's own lines. */
function explained(spec: Spec, change: (line: Line) => void = () => {}): Explained {
  const facts = factsFor(spec)
  const outside: Line[] = [runtimeLine("preparation", "read config.json", "openat(...)"), runtimeLine("cgroups", "limit it", "write(...)", "/linux/cgroupsPath")]
  const lines = programLines(planCreate(spec, facts), planDecoder(new Map()), "init")
  lines.forEach(change)
  const record = { mode: "v2", paths: { "": "/sys/fs/cgroup/c1" }, mounts: { "": "/sys/fs/cgroup" }, created: [] } as const
  const foreseen = { spec, facts, record } as unknown as Foreseen
  return { explanation: { subject: "create", id: "c1", bundle: "/bundle", lines: [...outside, ...lines], notes: [{ kind: "problem", text: "<b>x</b>", pointer: "/a" }] }, summary: summaryOf(foreseen) }
}

const VOID = new Set(["meta", "br", "link"])

/** What is wrong with a page's tags; undefined if nothing is. */
function unbalanced(page: string): string | undefined {
  const open: string[] = []
  const body = page.replace(/<(script|style)>[\s\S]*?<\/\1>/g, "")
  for (const [whole, closing, name = ""] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)(?: [a-z-]+(?:="[^"<>]*")?)*>/g)) {
    if (VOID.has(name)) continue
    if (closing === "") open.push(name)
    else if (open.pop() !== name) return whole
  }
  const stray = body.replace(/<!doctype html>/, "").replace(/<\/?[a-z][a-z0-9]*(?: [a-z-]+(?:="[^"<>]*")?)*>/g, "")
  return open.length > 0 ? open.join() : /[<>]/.exec(stray)?.[0]
}

t.test("explanationHtml(): tags close, links lead somewhere, nothing is loaded from elsewhere", async (t) => {
  for (const spec of [fullSpec(), readConfig("docker-config-03.json"), withNamespaces("user", "mount", "pid", "cgroup", "time", "uts", { type: "network", path: "/n" })]) {
    const page = explanationHtml(explained(spec), HASH)
    t.equal(unbalanced(page), undefined)
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    t.ok(targets.length > 5)
    t.same(targets.filter((id) => !ids.has(id)), [])
    t.notMatch(page, /<(img|link|iframe|object|form)| src=|url\(|@import/)
    t.ok([...page.matchAll(/href="([^#"][^"]*)"/g)].every(([, address]) => address?.startsWith("https://github.com/opencontainers/runtime-spec/")))
    t.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-/)
    t.ok(page.includes(`<script>${PAGE_SCRIPT}</script>`) && page.includes(HASH))
  }
})

t.test("explanationHtml(): the picture: namespaces in each other, mounts over the rootfs, the process at the heart", async (t) => {
  const page = explanationHtml(explained(withNamespaces("user", "mount", "pid", { type: "network", path: "/n" })), HASH)
  const at = (text: string): number => page.indexOf(text)
  const order = ['class="box host"', 'class="box cgroup"', 'class="box ns user new"', 'class="box ns network joined"', 'class="box ns pid new"', 'class="box ns mount new"', 'class="heart"', 'class="layers"']
  t.same(order.map(at), [...order.map(at)].sort((a, b) => a - b))
  t.ok(order.every((text) => at(text) > 0))
  t.match(page, /Shared with the container: ipc, uts, cgroup, time</)
  t.ok(at("<code>/vol</code>") < at("<code>/dev</code>") && at("<code>/dev</code>") < at("<code>/proc</code>"), "the last mount on top")
  t.match(page, /users 0-9 = host 1000-1009/)
  t.match(page, /It keeps <b>1<\/b> and loses 40/)
})

t.test("explanationHtml(): nothing of a config becomes markup", async (t) => {
  const evil = `<script>alert(1)</script>"'&\u202e\x1b[31m`
  const spec = changed(fullSpec(), {
    hostname: evil, process: { args: ["x", evil], cwd: `/${evil}`, env: ["PATH=/bin", evil] },
    linux: { maskedPaths: [`/${evil}`], readonlyPaths: [`/${evil}`], sysctl: {} },
    mounts: [{ destination: `/${evil}`, type: "tmpfs", source: evil, options: [evil] }],
  } as never)
  const page = explanationHtml(explained(spec), HASH)
  t.equal(unbalanced(page), undefined)
  t.equal(page.split("<script").length, 2, "the page's own")
  // eslint-disable-next-line no-control-regex
  t.notMatch(page, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
  t.match(page, "/&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u202e\\x1b[31m")
  t.equal(escape(`<a href='x'>&"`), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;")
})

t.test("explanationHtml(): where it stopped is open and marked", async (t) => {
  const page = explanationHtml(explained(fullSpec(), (line) => {
    if (line.sentence === "set the host name to h") line.outcome = { state: "failed", errno: "EPERM", took: 2500 }
  }), HASH)
  t.match(page, /<details open class="failed"><summary><span class="title">Host name/)
  t.match(page, /class="outcome failed">failed in 2\.5 µs: EPERM</)
})
