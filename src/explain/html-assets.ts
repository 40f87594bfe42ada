/** The page's one script: a link into a closed part opens it, and all parts are open on paper. The page can be read without it. */
export const PAGE_SCRIPT = `
"use strict"
const open = () => {
  const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null
  if (target === null) return
  const first = target.querySelector("details")
  if (first !== null && target.querySelector("details[open]") === null) first.open = true
  target.scrollIntoView()
}
addEventListener("hashchange", open)
open()
const closed = []
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("#parts details:not(.more):not([open])")) { part.open = true; closed.push(part) }
})
addEventListener("afterprint", () => { for (const part of closed.splice(0)) part.open = false })
`

export const PAGE_STYLE = `
:root {
  --paper: #fbfaf8; --card: #ffffff; --ink: #23262b; --soft: #646b76; --line: #dfddd8; --accent: #2f5d8a; --code: #f1efea;
  --ok: #3c7a4b; --bad: #a8372f; --warn: #8a6412; --lift: 0 1px 2px rgb(0 0 0 / .05), 0 4px 14px rgb(0 0 0 / .04);
  --s: 34%; --l: 96%; --bl: 78%; --tl: 32%;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181d; --card: #1c2027; --ink: #e4e6ea; --soft: #9aa2ae; --line: #323842; --accent: #8fb8e2; --code: #242932;
    --ok: #86c896; --bad: #ef8f86; --warn: #dcb35c; --lift: none; --s: 22%; --l: 15%; --bl: 34%; --tl: 78%;
  }
}
* { box-sizing: border-box }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100% }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto } }
body { margin: 0; overflow-wrap: anywhere; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif }
main { max-width: 70rem; margin: 0 auto; padding: 2.5rem 1.25rem 3rem }
code { font: .875em/1.5 ui-monospace, "SF Mono", Menlo, "Liberation Mono", "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere }
a { color: inherit; text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); text-underline-offset: .2em }
a:hover { text-decoration-color: currentColor }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
.skip { position: absolute; left: -100rem }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 1 }
h1, h2, h3, p, ul, ol { margin: 0 }
ul, ol { padding: 0; list-style: none }
.kicker { color: var(--accent); font-weight: 600; letter-spacing: .02em; font-size: .875rem }
h1 { font-size: clamp(1.5rem, 1.1rem + 2vw, 2.25rem); line-height: 1.25; margin: .25rem 0 .75rem; font-weight: 650 }
h1 code { font-size: 1em }
h2 { font-size: 1.375rem; font-weight: 650; line-height: 1.3; margin-bottom: .25rem }
.lead { color: var(--soft); max-width: 46rem } .lead code, .lead b { color: var(--ink); font-weight: 550 }
main > section, main > nav { margin-top: 2.5rem }
.about { color: var(--soft) }
.notes ul { display: grid; grid-template-columns: minmax(0, 1fr); gap: .5rem }
.notes li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--soft); border-radius: 8px;
  padding: .625rem .875rem; font-size: .9375rem }
.notes b { margin-right: .375rem } .notes .problem { border-left-color: var(--bad) } .notes .problem b { color: var(--bad) }
.notes .warning { border-left-color: var(--warn) } .notes .warning b { color: var(--warn) }
.pointer { color: var(--soft); background: var(--code); border-radius: 4px; padding: .05rem .35rem; font-size: .75rem }

.journey ol { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.75rem, 1fr)); gap: .5rem }
.journey li { position: relative; background: var(--card); border: 1px solid var(--line); border-top: 3px solid var(--who);
  border-radius: 8px; box-shadow: var(--lift) }
.journey a { display: block; height: 100%; padding: .5rem .625rem .625rem; text-decoration: none }
.journey a:hover b { text-decoration: underline }
.journey b { display: block } .journey span { display: block; color: var(--soft); font-size: .8125rem; line-height: 1.35 }
.runts { --who: hsl(30 45% 52%) } .launcher { --who: hsl(275 30% 58%) } .init, .process { --who: hsl(205 45% 48%) }

.picture > .lead { margin-bottom: 1rem }
.box { --h: 40; border: 1.5px solid hsl(var(--h) var(--s) var(--bl)); background: hsl(var(--h) var(--s) var(--l));
  border-radius: 14px; padding: .5rem .625rem .625rem; margin-top: .375rem }
.box.host { background: var(--card); border-color: var(--line); padding: .75rem; margin: 0; box-shadow: var(--lift) }
.box.cgroup { --h: 35 } .box.user { --h: 330 } .box.network { --h: 150 } .box.ipc { --h: 95 } .box.uts { --h: 60 }
.box.ns.cgroup { --h: 20 } .box.time { --h: 290 } .box.pid { --h: 255 } .box.mount { --h: 205 }
.box.joined { border-style: dashed }
.label { font-size: .875rem; line-height: 1.45; padding: 0 .125rem }
.label a { font-weight: 650; color: hsl(var(--h, 205) var(--s) var(--tl)); text-decoration: none }
.box.host > .label a, .heart .label a { color: var(--ink) } .label a:hover { text-decoration: underline }
.label .about { font-size: .8125rem }
.kind, .flag { font-size: .6875rem; border: 1px solid hsl(var(--h, 205) var(--s) var(--bl)); border-radius: 99px;
  padding: .02rem .45rem; color: var(--soft); white-space: nowrap }
.value { font: .8125rem ui-monospace, "Liberation Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
.shared { color: var(--soft); font-size: .8125rem; padding: 0 .125rem }
.limits { display: flex; flex-wrap: wrap; gap: .25rem .375rem; padding: .125rem }
.limits li { font-size: .8125rem; background: var(--card); border: 1px solid hsl(var(--h) var(--s) var(--bl));
  border-radius: 99px; padding: .05rem .55rem }
.inside { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: .75rem; margin-top: .5rem;
  align-items: start }
.heart { position: sticky; top: 1rem; background: var(--card); border: 2px solid var(--accent); border-radius: 14px;
  padding: 1rem 1.125rem; box-shadow: var(--lift) }
.program { margin: .25rem 0 .5rem; font-size: 1.25rem; line-height: 1.35 }
.program code:first-child { font-weight: 650; color: var(--accent) } .program .args { font-size: .75em; color: var(--soft) }
.heart ul { font-size: .875rem; display: grid; gap: .0625rem } .heart li { color: var(--soft); overflow-wrap: anywhere }
.layers > .label { margin-bottom: .25rem }
.slab { position: relative; --h: 205; background: var(--card); border: 1px solid hsl(var(--h) var(--s) var(--bl));
  border-left: 4px solid hsl(var(--h) 40% 55%); border-radius: 6px; margin-top: -1px; font-size: .875rem }
.slab + .slab { margin-top: 3px } .slab.bind { --h: 35 }
.slab.rootfs { border-color: var(--line); border-left-color: var(--soft); border-bottom-width: 3px }
.slab > summary { padding: .25rem .625rem; overflow-wrap: anywhere } .slab > summary .about { font-size: .8125rem }
.slab[open] { background: var(--card) }
.slab .calls, .slab .more { padding: 0 .625rem } .options { padding: .125rem .625rem; font-size: .8125rem; color: var(--soft) }
.options code { background: var(--code); border-radius: 4px; padding: 0 .3rem }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; align-items: start }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.125rem 1.25rem;
  box-shadow: var(--lift) }
.tile h2 { font-size: 1.125rem } .tile h2 a { text-decoration: none } .tile h2 a:hover { text-decoration: underline }
.tile h3 { font-size: .9375rem; margin: .625rem 0 .25rem } .tile p { font-size: .9375rem; margin-top: .375rem }
.caps { display: flex; flex-wrap: wrap; gap: .25rem; margin: .625rem 0 }
.caps li { font-size: .75rem; border-radius: 99px; padding: .08rem .5rem; border: 1px solid var(--line); color: var(--soft) }
.caps .kept { background: color-mix(in srgb, var(--ok) 16%, transparent);
  border-color: color-mix(in srgb, var(--ok) 45%, transparent); color: var(--ink);
  font-weight: 600 } .caps .dropped { text-decoration: line-through; text-decoration-thickness: 1px }
.paths { display: flex; flex-wrap: wrap; gap: .25rem .375rem }
.paths li { font-size: .875rem; background: var(--code); border-radius: 4px; padding: 0 .375rem }

summary { cursor: pointer; list-style: none } summary::-webkit-details-marker { display: none }
summary::before { content: ""; display: inline-block; width: .36em; height: .36em; margin: 0 .6em .12em .1em;
  border: solid var(--soft); border-width: 0 1.5px 1.5px 0; transform: rotate(-45deg); transition: transform .12s }
details[open] > summary::before { transform: rotate(45deg) }
.part { margin-top: 1.75rem; scroll-margin-top: 1rem } .part > h3 { font-size: 1.125rem; font-weight: 650 }
.part > .about { font-size: .9375rem; margin-bottom: .5rem }
.part > details { background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-top: .375rem }
.part > details[open] { box-shadow: var(--lift) }
.part > details.failed { border-color: var(--bad) }
.part > details > summary { padding: .5rem .875rem } .title { font-weight: 550; overflow-wrap: anywhere }
.count { color: var(--soft); font-size: .8125rem; white-space: nowrap; margin-left: .375rem }
.part .calls, .part .more, .clause { padding: 0 .875rem } .clause { font-size: .8125rem; color: var(--soft) }
.calls > li, .more li { display: grid; grid-template-columns: 6.25rem minmax(0, 1fr); column-gap: .75rem; padding: .375rem 0;
  border-top: 1px solid color-mix(in srgb, var(--line) 70%, transparent) }
.calls > li:first-child { border-top: 0 } .calls { padding-bottom: .375rem !important }
.who { grid-row: 1 / span 5; font-size: .75rem; color: var(--soft); border-left: 3px solid var(--who, var(--line));
  padding-left: .4rem; line-height: 1.5; align-self: start; font-weight: 400 } b.who { padding: 0 .15rem 0 .35rem;
    display: inline; font-weight: 600; font-size: .875rem; color: var(--ink) }
.step { font-variant-numeric: tabular-nums } .sentence { grid-column: 2; font-size: .9375rem }
.calls code, .more code { grid-column: 2; color: var(--soft); font-size: .8125rem }
.branch { grid-column: 2; font-size: .75rem; color: var(--soft); font-style: italic }
.outcome { grid-column: 2; font-size: .75rem } .outcome.done { color: var(--ok) }
.outcome.failed { color: var(--bad); font-weight: 600 }
.more { padding-bottom: .5rem !important; font-size: .8125rem } .more > summary { color: var(--soft); padding: .25rem 0 }
.more .sentence { font-size: .8125rem }
footer { max-width: 70rem; margin: 0 auto; padding: 0 1.25rem 2.5rem; color: var(--soft); font-size: .875rem }
@media (max-width: 46rem) {
  main { padding: 1.5rem .875rem 2rem } .inside { grid-template-columns: minmax(0, 1fr) } .heart { position: static }
  .box { padding: .375rem .3125rem .375rem; border-radius: 10px }
  .box.host { padding: .5rem .375rem } .box .label .about { display: none } .layers .label .about { display: inline }
  .heart { padding: .75rem }
  .slab .calls > li, .slab .more li { grid-template-columns: minmax(0, 1fr) } .slab .who { grid-row: auto }
  .slab .sentence, .slab code, .slab .branch { grid-column: 1 !important }
  .calls > li, .more li { grid-template-columns: 4.25rem minmax(0, 1fr); column-gap: .5rem }
  .part .calls, .part .more, .clause { padding-left: .625rem; padding-right: .625rem }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f3f3f3; --lift: none; --s: 30%;
    --l: 97%; --bl: 70%; --tl: 30% }
  body { font-size: 10.5pt } main { max-width: none; padding: 0 } .skip, .more, .journey { display: none }
  .box, .tile, .heart, .calls li { break-inside: avoid } .part > h3 { break-after: avoid } a { text-decoration: none }
}
`
