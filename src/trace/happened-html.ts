import { durationText } from "../explain/duration.ts"
import { escape as e } from "../explain/html.ts"
import { longestSteps, mainPhases, statusText } from "./happened-text.ts"
import type { Happened, HappenedCall } from "./happened.ts"
import type { Explanation } from "../explain/model.ts"

/** What happened to a container, as a part of its page: what came of it, why, and where the time went. */
export function happenedHtml({ id, lines }: Explanation, happened: Happened): string {
  const { calls, recorded } = happened
  const times = recorded
    ? calls.map(callHtml).join("") + longestHtml(lines)
    : `<p class="about">No times are known: only what is made with <code>--trace FILE</code> has them.</p>`
  return `<section class="tile happened" aria-labelledby="happened-title">
<h2 id="happened-title">What happened</h2>
<p class="status ${happened.status === "failed" || happened.error !== undefined ? "bad" : "ok"}">${e(statusText(happened, id))}</p>
${errorHtml(happened, lines)}${times}
</section>`
}

function errorHtml({ error, stoppedAt }: Happened, lines: Explanation["lines"]): string {
  if (error === undefined) return ""
  const line = lines.find(({ step }) => step !== undefined && step === stoppedAt)
  const rows: (readonly [name: string, value: string | undefined])[] = [
    ["config.json", error.pointer], ["Step", line === undefined ? undefined : `${line.step}: ${line.sentence}`],
    ["System call", line === undefined ? error.syscall : `${line.call}${error.errno === undefined ? "" : ` = ${error.errno}`}`],
    ["Code", error.code], ["Try", error.hint],
  ]
  const told = rows.filter(([, value]) => value !== undefined && value !== "")
  return `<p class="why">${e(error.message)}</p><dl>${told.map(([name, value]) => `<dt>${name}</dt><dd>${e(value ?? "")}</dd>`).join("")}</dl>`
}

function callHtml(call: HappenedCall): string {
  const { command, began, took = 0 } = call
  const rows = mainPhases(call).map(({ text, took: part }) => {
    const share = took === 0 ? 0 : Math.round((part / took) * 1000) / 10
    return `<tr><td class="time">${durationText(part)}</td><td class="bar"><span style="width: ${share}%"></span></td><td>${e(text)}</td></tr>`
  })
  return `<h3>runts ${command} took ${durationText(took)} <time datetime="${e(began)}">${e(began)}</time></h3><table class="times">${rows.join("")}</table>`
}

function longestHtml(lines: Explanation["lines"]): string {
  const rows = longestSteps(lines).map(({ step, sentence, outcome }) =>
    `<tr><td class="time">${durationText(outcome?.took ?? 0)}</td><td class="step">${step}</td><td>${e(sentence)}</td></tr>`)
  return rows.length === 0 ? "" : `<h3>Its longest steps</h3><table class="times">${rows.join("")}</table>`
}

/** What its parts look like; the colours are the page's. */
export const HAPPENED_STYLE = `
.happened .status { font-size: 1.0625rem; font-weight: 600 } .happened .status.ok { color: var(--ok) } .happened .status.bad { color: var(--bad) }
.happened .why { font: .9375rem ui-monospace, "Liberation Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; border-left: 3px solid var(--bad); padding-left: .75rem }
.happened dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .125rem .875rem; margin-top: .625rem; font-size: .875rem }
.happened dt { color: var(--soft) } .happened dd { margin: 0; overflow-wrap: anywhere } .happened time { color: var(--soft); font-weight: 400; font-size: .8125rem; margin-left: .5rem }
.times { border-collapse: collapse; width: 100%; font-size: .875rem; margin-top: .25rem } .times td { padding: .125rem .5rem .125rem 0; vertical-align: baseline }
.times .time { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--soft); width: 5.5rem } .times .step { width: 3rem; text-align: right }
.times .bar { width: 30% } .times .bar span { display: block; height: .5rem; min-width: 1px; border-radius: 2px; background: var(--accent); opacity: .75 }
@media (max-width: 46rem) { .times .bar { width: 18% } .times .time { width: 4.25rem } }
`
