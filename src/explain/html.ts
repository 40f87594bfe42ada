import type { NamespaceType } from "../kernel/process.ts"
import { HAPPENED_STYLE, happenedHtml } from "../trace/happened-html.ts"
import { CONCERNS, clauseOf, type Concern } from "./concerns.ts"
import type { Explained } from "./explain.ts"
import { durationText } from "./duration.ts"
import { groupsOf, type Group } from "./groups.ts"
import { PAGE_SCRIPT, PAGE_STYLE } from "./html-assets.ts"
import { concernsOf, foldLines, linesOf, type Explanation, type Line, type Note } from "./model.ts"
import { printable } from "./printable.ts"
import type { MountSummary, NamespaceSummary, Summary } from "./summary.ts"

/*
 * The explanation as one page that needs nothing else: no network, and no script to be read. A picture of the container first, from the
 * host to the process at its heart; below it what is done, part by part, each opening to its system calls.
 */

/** Text of a config as text of a page. */
export function escape(text: string): string {
  const tags = printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
  return tags.replaceAll('"', "&quot;").replaceAll("'", "&#39;")
}

const e = escape
const span = (kind: string, content: string): string => `<span class="${kind}">${content}</span>`
const join = (parts: readonly string[]): string => parts.join("")

/** An argument as a shell would take it. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`
}

/** @param scriptHash base64 of the script's SHA-256: no other script may run in the page */
export function explanationHtml(explained: Explained, scriptHash: string): string {
  const { explanation, summary, happened } = explained
  const what = summary.program.map(quoted).join(" ") || "no program"
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${e(what)} - runts explain</title>
<style>${PAGE_STYLE}${happened === undefined ? "" : HAPPENED_STYLE}</style>
</head>
<body>
<a class="skip" href="#parts">Skip the picture</a>
<main>
${header(explanation, summary, what, happened !== undefined)}
${happened === undefined ? "" : happenedHtml(explanation, happened)}
${notes(explanation.notes)}
${journey(explanation)}
<section class="picture" aria-labelledby="picture-title">
<h2 id="picture-title">The container</h2>
<p class="lead">From the outside in. Every box is a boundary that the process inside cannot see past; each name leads to what is
done for it.</p>
${picture(explanation, summary)}
</section>
<section class="tiles" aria-label="What it may do">
${privileges(summary)}
${isolation(summary, explanation.subject === "create")}
</section>
<section id="parts" aria-labelledby="parts-title">
<h2 id="parts-title">What is done</h2>
<p class="lead">Every operation, grouped by what it is for. Open a part to see its system calls.
<b class="who runts">runts</b> does it from outside; <b class="who launcher">launcher</b> and
<b class="who init">${explanation.subject === "exec" ? "process" : "init"}</b> are the program that config.json was compiled to, and
numbers are its steps.</p>
${join(concernsOf(explanation).map((concern) => part(explanation, concern, summary)))}
</section>
</main>
<footer>Made by <b>runts explain</b>. Nothing was run to make this page.</footer>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

function header({ subject, id, bundle, lines }: Explanation, summary: Summary, what: string, past: boolean): string {
  const { user } = summary
  const who = user.uid === 0 ? "root" : `user ${user.uid}`
  const calls = lines.filter(({ plumbing, condition }) => plumbing !== true && condition === undefined).length
  if (past) {
    return `<header>
<p class="kicker">runts explain ${e(id)}</p>
<h1><code>${e(what)}</code></h1>
<p class="lead">Container <code>${e(id)}</code> of the bundle <code>${e(bundle)}</code>: ${calls} operations, and what became of each.</p>
</header>`
  }
  const verb = subject === "exec" ? "What <b>runts exec</b> would do" : "What <b>runts create</b> and <b>runts start</b> would do"
  const place = subject === "exec" && id !== "" ? `in the container <code>${e(id)}</code>`
    : `with the bundle <code>${e(bundle)}</code>${id === "" ? "" : `, as container <code>${e(id)}</code>`}`
  return `<header>
<p class="kicker">runts explain</p>
<h1><code>${e(what)}</code></h1>
<p class="lead">${verb} ${place}:
${calls} operations, from reading config.json to the program's first instruction. It will run as ${e(who)} in
<code>${e(summary.cwd)}</code>${summary.terminal ? ", on a terminal of its own" : ""}.</p>
</header>`
}

const NOTE_TITLES = { problem: "It would stop here", warning: "Not as asked for", assumed: "Assumed" } as const

function notes(list: readonly Note[]): string {
  if (list.length === 0) return ""
  return `<section class="notes" aria-label="Notes"><ul>${join(list.map(({ kind, text, pointer }) =>
    `<li class="${kind}"><b>${NOTE_TITLES[kind]}</b> ${e(text)}${chip(pointer)}</li>`))}</ul></section>`
}

function chip(pointer: string): string {
  return pointer === "" ? "" : ` <code class="pointer">${e(pointer)}</code>`
}

/** The stations of a creation, each with the first line that belongs to it. */
const STATIONS: readonly (readonly [title: string, about: string, actor: string, at: RegExp])[] = [
  ["Check", "config.json is read and checked", "runts", /^read config\.json/],
  ["Prepare", "state, cgroups, limits", "runts", /^claim the name/],
  ["Compile", "to a program in sealed memory", "runts", /^compile all this/],
  ["Clone", "a process in new namespaces", "launcher", /^make the container's process/],
  ["Build", "mounts and devices below its root", "init", /^(clone the root filesystem|make it a mount of its own)/],
  ["Pivot", "its root becomes /", "init", /^(make it the root of|move it over)/],
  ["Drop", "capabilities and identity", "init", /^(drop |become group|keep capabilities)/],
  ["Wait", "until runts start", "init", /^wait for start/],
  ["Become", "the program itself", "init", /^execute /],
]

function journey({ lines, subject }: Explanation): string {
  if (subject === "exec") return ""
  const stations = STATIONS.filter(([, , , at]) => lines.some(({ sentence }) => at.test(sentence)))
  return `<nav class="journey" aria-label="In order"><ol>${join(stations.map(([title, about, actor, at]) => {
    const line = lines.find(({ sentence }) => at.test(sentence)) as Line
    return `<li class="${actor}"><a href="#${line.concern}"><b>${title}</b><span>${e(about)}</span></a></li>`
  }))}</ol></nav>`
}

/** From the outermost box to the innermost. */
const NESTING: readonly NamespaceType[] = ["user", "network", "ipc", "uts", "cgroup", "time", "pid", "mount"]

const NAMESPACE_TEXTS: Readonly<Record<NamespaceType, string>> = {
  user: "its own user numbers: root inside is nobody special outside",
  network: "its own network devices, addresses and ports",
  ipc: "its own shared memory and message queues",
  uts: "its own host name",
  cgroup: "sees its own cgroup as the root of all",
  time: "its own boot clocks",
  pid: "its own process numbers: the container's program is process 1",
  mount: "its own view of what is mounted where",
}

function picture(explanation: Explanation, summary: Summary): string {
  const own = summary.namespaces.filter(({ kind }) => kind !== "host").sort((a, b) => NESTING.indexOf(a.type) - NESTING.indexOf(b.type))
  const shared = summary.namespaces.filter(({ kind }) => kind === "host").map(({ type }) => type)
  let inner = `<div class="inside">${heart(summary)}${layers(explanation, summary)}</div>`
  for (const namespace of own.toReversed()) inner = namespaceBox(namespace, summary, inner)
  const sharing = shared.length === 0 ? "" : `<p class="shared">Shared with the container: ${e(shared.join(", "))}</p>`
  return `<div class="box host"><p class="label"><a href="#preparation">The host</a></p>
${sharing}${cgroupBox(explanation, summary, inner)}</div>`
}

function cgroupBox(explanation: Explanation, { cgroups }: Summary, inner: string): string {
  if (cgroups.length === 0) return inner
  const isLimit = ({ pointer, sentence }: Line): boolean => pointer.startsWith("/linux/resources/") && sentence.startsWith("limit ")
  const limits = explanation.lines.filter(isLimit)
  const shown = limits.slice(0, 8).map(({ sentence }) => `<li>${e(sizes(sentence.replace(/^limit /, "")))}</li>`)
  const rest = limits.length > shown.length ? `<li>and ${limits.length - shown.length} more</li>` : ""
  const none = explanation.subject === "exec" ? "the container's limits are those of all its processes together" : "no limits"
  const list = limits.length === 0 ? `<p class="shared">${none}</p>` : `<ul class="limits">${join(shown)}${rest}</ul>`
  const label = `<a href="#cgroups">cgroup</a> ${span("about", "what it may use")}`
  return `<div class="box cgroup"><p class="label">${label}</p>${list}${inner}</div>`
}

/** Whole numbers of MiB are easier to read than bytes. */
function sizes(text: string): string {
  return text.replace(/\b\d{7,}\b/g, (digits) => (Number(digits) % 2 ** 20 === 0 ? `${Number(digits) / 2 ** 20} MiB` : digits))
}

function namespaceBox({ type, kind, path }: NamespaceSummary, { hostname, idMappings }: Summary, inner: string): string {
  const more = type === "uts" && hostname !== "" ? `<span class="value">${e(hostname)}</span>`
    : type === "user" && idMappings.uids.length > 0 ? `<span class="value">users ${e(idMappings.uids.join(", "))}</span>`
    : path !== undefined ? `<span class="value">${e(path)}</span>` : ""
  const label = `<a href="#namespaces">${type}</a> ${span("kind", kind)} ${span("about", NAMESPACE_TEXTS[type])} ${more}`
  return `<div class="box ns ${type} ${kind}"><p class="label">${label}</p>${inner}</div>`
}

function heart({ program, user, cwd, environment, capabilities, noNewPrivileges, seccomp }: Summary): string {
  const [first = "", ...args] = program
  const groups = [user.gid, ...user.groups].join(", ")
  const facts = [
    `${user.uid === 0 ? "root" : `user ${user.uid}`}, ${user.groups.length === 0 ? "group" : "groups"} ${groups}`,
    `in ${cwd}`, `${environment} variables`,
    `${capabilities.kept.length} of ${capabilities.kept.length + capabilities.dropped.length} capabilities`,
    ...(seccomp === null ? [] : ["system calls filtered"]), ...(noNewPrivileges ? ["no new privileges"] : []),
  ]
  const rest = args.length === 0 ? "" : ` <code class="args">${e(args.map(quoted).join(" "))}</code>`
  return `<div class="heart"><p class="label"><a href="#process">The process</a></p>
<p class="program"><code>${e(first)}</code>${rest}</p>
<ul>${join(facts.map((fact) => `<li>${e(fact)}</li>`))}</ul></div>`
}

/** The mounts as they lie upon each other, the last on top. */
function layers(explanation: Explanation, { mounts, rootfs }: Summary): string {
  const linesOfMounts = byMount(explanation.lines)
  const slabs = mounts.map((mount) => slab(linesOfMounts.get(mount.pointer) ?? [], mount)).toReversed()
  const title = "What it finds at /"
  const label = explanation.subject === "exec" ? title : `<a href="#mounts">${title}</a>`
  const root = `<code>/</code> ${span("about", `the folder ${e(rootfs.path)}`)}${flag(rootfs.readonly)}`
  return `<div class="layers"><p class="label">${label} ${span("about", `${mounts.length} mounts over the root filesystem`)}</p>
${join(slabs)}<details class="slab rootfs"><summary>${root}</summary>${callList(linesOf(explanation, "rootfs"))}</details></div>`
}

function flag(readonly: boolean): string {
  return readonly ? ` ${span("flag", "read-only")}` : ""
}

/** Lines by the mount that asked for them: `/mounts/3/options` is part of `/mounts/3`. */
function byMount(lines: readonly Line[]): ReadonlyMap<string, readonly Line[]> {
  const found = new Map<string, Line[]>()
  for (const line of lines) {
    const pointer = /^\/mounts\/\d+(?=\/|$)/.exec(line.pointer)?.[0]
    if (pointer === undefined) continue
    const known = found.get(pointer)
    if (known === undefined) found.set(pointer, [line])
    else known.push(line)
  }
  return found
}

function slab(lines: readonly Line[], mount: MountSummary): string {
  const from = mount.type === "bind" ? `the host's ${mount.source}` : mount.type
  const options = join(mount.options.map((option) => ` <code>${e(option)}</code>`))
  return `<details class="slab ${mount.type === "bind" ? "bind" : "made"}">
<summary><code>${e(mount.destination)}</code> ${span("about", e(from))}${flag(mount.readonly)}</summary>
${options === "" ? "" : `<p class="options">options${options}</p>`}${callList(lines)}</details>`
}

function privileges({ capabilities, seccomp, noNewPrivileges }: Summary): string {
  const names = (list: readonly string[], kind: string): string =>
    join(list.map((name) => `<li class="${kind}">${e(name.replace(/^CAP_/, "").toLowerCase().replaceAll("_", " "))}</li>`))
  const total = capabilities.kept.length + capabilities.dropped.length
  const filter = seccomp === null ? "No filter: every system call of the kernel may be made."
    : `${seccomp.rules} rules${seccomp.instructions === 0 ? "" : ` (${seccomp.instructions} instructions)`}; ` +
      `what none of them names: <code>${e(seccomp.defaultAction)}</code>.`
  const lost = capabilities.dropped.length === 0 ? "" : ` and loses ${capabilities.dropped.length}`
  return `<article class="tile"><h2><a href="#privileges">Powers</a></h2>
<p>The powers of root are ${total} capabilities. It keeps <b>${capabilities.kept.length}</b>${lost}:</p>
<ul class="caps">${names(capabilities.kept, "kept")}${names(capabilities.dropped, "dropped")}</ul>
<p><b>System calls.</b> ${filter}</p>
<p><b>New privileges.</b> ${noNewPrivileges ? "None can be gained, not even by a setuid program."
    : "A setuid program in its root filesystem can still gain some."}</p></article>`
}

/** @param made the container is being made, and its hooks run */
function isolation({ maskedPaths, readonlyPaths, hooks }: Summary, made: boolean): string {
  const list = (paths: readonly string[], kind: string): string =>
    paths.length === 0 ? "<p>none</p>"
      : `<ul class="paths ${kind}">${join(paths.map((path) => `<li><code>${e(path)}</code></li>`))}</ul>`
  const hooksPart = hooks.length === 0 || !made ? "" : `<h3>Hooks</h3>${list(hooks, "hook")}`
  return `<article class="tile"><h2><a href="#isolation">Out of reach</a></h2>
<h3>Hidden</h3>${list(maskedPaths, "masked")}
<h3>Read-only</h3>${list(readonlyPaths, "readonly")}${hooksPart}</article>`
}

function part(explanation: Explanation, concern: Concern, summary: Summary): string {
  const { title, about } = CONCERNS[concern]
  const groups = groupsOf(linesOf(explanation, concern), summary)
  return `<section class="part" id="${concern}">
<h3>${title}</h3><p class="about">${e(about)}</p>${join(groups.map(group))}</section>`
}

function group({ title, pointer, lines }: Group): string {
  const calls = lines.filter(({ plumbing, condition }) => plumbing !== true && condition === undefined).length
  const failed = lines.some(({ outcome }) => outcome?.state === "failed")
  const clause = clauseOf(pointer)
  const link = clause === undefined ? ""
    : `<p class="clause">Specification: <a href="${e(clause.address)}" rel="noreferrer">${e(clause.title)}</a></p>`
  const count = span("count", calls === 1 ? "1 operation" : `${calls} operations`)
  const head = `${span("title", e(title))}${chip(pointer)} ${count}`
  return `<details${failed ? ' open class="failed"' : ""}><summary>${head}</summary>${link}${callList(lines)}</details>`
}

/** The lines that always run; below them what holds them together, and what runs only if something fails. */
function callList(lines: readonly Line[]): string {
  if (lines.length === 0) return ""
  const straight = foldLines(lines.filter(({ plumbing, condition }) => plumbing !== true && condition === undefined))
  const rest = lines.filter(({ plumbing, condition }) => plumbing === true || condition !== undefined)
  const more = rest.length === 0 ? "" : `<details class="more">
<summary>${rest.length} more, which hold them together or run only if one fails</summary><ol>${join(rest.map(call))}</ol></details>`
  return `<ol class="calls">${join(straight.map(call))}</ol>${more}`
}

function call({ actor, step, sentence, call, branches, condition, outcome }: Line): string {
  const number = step === undefined ? "" : ` <span class="step">${step}</span>`
  const after = [condition, branches].filter((text) => text !== undefined).map((text) => `<span class="branch">${e(text)}</span>`)
  const took = outcome === undefined ? "" : span(`outcome ${outcome.state.replace(" ", "-")}`, e(outcomeText(outcome)))
  const what = `${span("sentence", e(sentence))}<code>${e(call)}</code>`
  return `<li>${span(`who ${actor}`, `${actor}${number}`)}${what}${join(after)}${took}</li>`
}

function outcomeText({ state, took, errno, message }: NonNullable<Line["outcome"]>): string {
  const time = took === undefined ? "" : ` in ${durationText(took)}`
  const why = [errno, message].filter((part) => part !== undefined).join(": ")
  return `${state}${time}${why === "" ? "" : `: ${why}`}`
}
