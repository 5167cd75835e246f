/**
 * The one stylesheet. Logical properties throughout, so that a page turns with its language; colours are
 * named once for each theme, and each pair of them that meets has a contrast of 4.5 at least.
 */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfa;
  --raised: #ffffff;
  --sunk: #f3f4f1;
  --ink: #16202a;
  --muted: #56616b;
  --line: #dcdfdb;
  --strong: #8b949b;
  --accent: #0b5a80;
  --on-accent: #ffffff;
  --ok: #1f7a5c;
  --anomaly: #955500;
  --confirmed: #b3261e;
  --failure: #5f6a74;
  --fill-ok: #8cc5ae;
  --fill-anomaly: #e3a13c;
  --fill-confirmed: #c43a30;
  --fill-failure: #c3c9cd;
  --mark: #ffe39a;
  --dns: #6d5bb5;
  --tcp: #2f7fa8;
  --tls: #2d8a6b;
  --http: #b0682b;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --sans: "Inter", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "Helvetica Neue", sans-serif;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #12171b;
    --raised: #181e23;
    --sunk: #1d242a;
    --ink: #e3e8ec;
    --muted: #9aa6b0;
    --line: #2b343b;
    --strong: #6b7882;
    --accent: #84c5e8;
    --on-accent: #0c1a22;
    --ok: #6cc7a5;
    --anomaly: #e5ab4e;
    --confirmed: #f58e85;
    --failure: #a3aeb7;
    --fill-ok: #2f7d62;
    --fill-anomaly: #c98a2b;
    --fill-confirmed: #e0554a;
    --fill-failure: #4a555e;
    --mark: #66500f;
    --dns: #a193e6;
    --tcp: #6cb6dd;
    --tls: #63c3a1;
    --http: #dd9a60;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-block-start: 4rem; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 0.9375rem/1.5 var(--sans);
  font-variant-numeric: tabular-nums;
  overflow-wrap: break-word;
}
main, .top, .bottom { max-inline-size: 76rem; margin-inline: auto; padding-inline: clamp(1rem, 4vw, 2rem); }
main { padding-block: 1.5rem 3rem; }
main:focus { outline: none; }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
h1 { font-size: 1.625rem; line-height: 1.2; letter-spacing: -0.015em; font-weight: 650; margin: 0; text-wrap: balance; }
h2 { font-size: 1rem; line-height: 1.3; font-weight: 650; margin: 0 0 0.5rem; }
h3 { font-size: 0.8125rem; font-weight: 650; margin: 0.75rem 0 0.25rem; }
p { margin: 0 0 0.5rem; }
section { margin-block-start: 2rem; }
small { font-size: 0.8125rem; }
.muted, .lead, .empty { color: var(--muted); }
.lead { max-inline-size: 46rem; margin-block: 0.375rem 0; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; inset-block-start: -4rem; inset-inline-start: 1rem; background: var(--accent); color: var(--on-accent); padding: 0.5rem 1rem; z-index: 2; }
.skip:focus { inset-block-start: 0.5rem; }

.top { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: center; min-block-size: 3.25rem; padding-block: 0.375rem; position: relative; }
.top::after, .bottom::before { content: ""; position: absolute; inset-inline: clamp(1rem, 4vw, 2rem); inset-block-end: 0; border-block-end: 1px solid var(--line); }
.bottom::before { inset-block: 0 auto; }
.brand { display: flex; align-items: center; gap: 0.5rem; color: inherit; text-decoration: none; font-weight: 650; padding-block: 0.25rem; }
.brand .host { color: var(--muted); font-weight: 400; font-size: 0.8125rem; }
.mark { inline-size: 1.125rem; block-size: 1.125rem; fill: var(--accent); flex: none; }
.mark .out { fill: var(--fill-confirmed); }
[dir="rtl"] .mark { transform: scaleX(-1); }
.top nav { display: flex; flex-wrap: wrap; gap: 0 0.25rem; margin-inline-start: auto; }
.top nav a { color: var(--muted); text-decoration: none; padding: 0.375rem 0.625rem; border-radius: 4px; }
.top nav a:hover { color: var(--ink); background: var(--sunk); }
.top nav a[aria-current] { color: var(--ink); box-shadow: inset 0 -2px var(--accent); border-radius: 0; }
.bottom { position: relative; display: flex; flex-wrap: wrap; gap: 0.25rem 2rem; padding-block: 1rem 2rem; color: var(--muted); font-size: 0.8125rem; }
.bottom p { margin: 0; flex: 1 1 20rem; }
.bottom .version { flex: none; }
.bottom nav { display: flex; gap: 1rem; }
.bottom nav a { min-inline-size: 1.5rem; min-block-size: 1.5rem; }
.bottom nav a[aria-current] { color: var(--ink); text-decoration: none; }

.verdict { white-space: nowrap; }
.verdict::before { content: ""; display: inline-block; inline-size: 0.625rem; block-size: 0.625rem; margin-inline-end: 0.4375rem; background: var(--fill-ok); border-radius: 50%; }
.verdict.anomaly::before { background: var(--fill-anomaly); border-radius: 0; clip-path: polygon(50% 4%, 100% 96%, 0 96%); }
.verdict.confirmed::before { background: var(--fill-confirmed); border-radius: 1px; }
.verdict.failure::before { background: none; border: 2px solid var(--strong); }
.verdict.anomaly { color: var(--anomaly); }
.verdict.confirmed { color: var(--confirmed); font-weight: 600; }
.verdict.failure { color: var(--failure); }
rect.ok { fill: var(--fill-ok); }
rect.anomaly { fill: var(--fill-anomaly); }
rect.confirmed { fill: var(--fill-confirmed); }
rect.failure { fill: var(--fill-failure); }
rect.plain { fill: var(--accent); }

.figures { display: flex; flex-wrap: wrap; gap: 1px; margin: 1.25rem 0 0; background: var(--line); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.figures > div { flex: 1 1 7.5rem; background: var(--raised); padding: 0.625rem 0.875rem 0.75rem; }
.figures dt { font-size: 0.8125rem; color: var(--muted); white-space: nowrap; }
.figures dt .verdict { font-weight: 400; }
.figures dd { margin: 0; font-size: 1.375rem; line-height: 1.3; font-weight: 600; letter-spacing: -0.01em; }
.figures dd small { display: block; font-size: 0.75rem; font-weight: 400; letter-spacing: 0; color: var(--muted); }
.figures .fresh { flex-grow: 2; white-space: nowrap; }

.heading { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: baseline; justify-content: space-between; margin-block-end: 0.5rem; }
.heading h2, .heading p { margin: 0; }
.links { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; }
.links a, .under > a, .pages a { padding-block: 0.125rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.125rem 1rem; list-style: none; margin: 0; padding: 0; font-size: 0.8125rem; }
.legend .verdict { color: var(--muted); font-weight: 400; }
.under { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.25rem 1.5rem; font-size: 0.8125rem; margin-block-start: 0.25rem; }
.under details { flex: 1 1 auto; min-inline-size: 0; }
.under details[open] { flex-basis: 100%; }

.chart { display: grid; grid-template: "scale plot" 11rem ". ends" auto / auto 1fr; column-gap: 0.5rem; font-size: 0.75rem; color: var(--muted); direction: ltr; }
.chart .scale { grid-area: scale; display: flex; flex-direction: column; justify-content: space-between; list-style: none; margin: -0.5625rem 0; padding: 0; text-align: end; }
.chart svg { grid-area: plot; inline-size: 100%; block-size: 100%; overflow: visible; }
.chart .grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.chart .hover { fill: transparent; }
.chart g:hover .hover { fill: var(--sunk); }
.chart .ends { grid-area: ends; display: flex; justify-content: space-between; margin: 0.25rem 0 0; }

table { border-collapse: collapse; inline-size: 100%; }
th, td { text-align: start; vertical-align: baseline; padding: 0.3125rem 1rem 0.3125rem 0; font-weight: 400; }
[dir="rtl"] th, [dir="rtl"] td { padding: 0.3125rem 0 0.3125rem 1rem; }
thead th { color: var(--muted); font-size: 0.8125rem; border-block-end: 1px solid var(--strong); white-space: nowrap; }
tbody tr { border-block-end: 1px solid var(--line); }
.wide { overflow-x: auto; position: relative; }
.data { overflow-wrap: anywhere; unicode-bidi: isolate; }
.cc { display: inline-block; min-inline-size: 1.75rem; margin-inline-end: 0.25rem; font-family: var(--mono); font-size: 0.8125em; color: var(--muted); }
a .cc:only-child { color: inherit; text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
.measurements td { overflow-wrap: anywhere; min-inline-size: 0; }
.measurements tbody tr:hover { background: var(--sunk); }
.measurements .started { white-space: nowrap; }
.measurements .input { inline-size: 40%; }
.counts { font-size: 0.8125rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 0 3rem; }
.most th { white-space: nowrap; }
.most th a { display: inline-block; vertical-align: bottom; max-inline-size: min(14rem, 42vw); overflow: hidden; text-overflow: ellipsis; min-block-size: 1.5rem; color: inherit; text-decoration-color: var(--line); }
.most th a:hover { text-decoration-color: currentColor; }
.most .bar { inline-size: 100%; vertical-align: middle; }
.most .number { text-align: end; padding-inline-end: 0; }
.most .number + .number { padding-inline-start: 1.5rem; }
.files { font-size: 0.8125rem; }
.files td { white-space: nowrap; }
.files tbody th { white-space: nowrap; }
.files .number { text-align: end; }
.heading.day { margin-block-start: 2rem; }
.heading.day h2 { font-size: 1.25rem; }
.note { margin: 0.25rem 0 0.5rem; padding: 0.5rem 0.75rem; background: var(--sunk); border-radius: 4px; font: 0.8125rem/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
.matrix th { white-space: nowrap; }
.matrix tbody th { max-inline-size: 14rem; overflow: hidden; text-overflow: ellipsis; vertical-align: middle; }
.matrix td { vertical-align: middle; }
.matrix .strip { inline-size: 100%; min-inline-size: 14rem; padding-block: 0.25rem; }
.matrix .strip svg { display: block; inline-size: 100%; block-size: 1.75rem; }
.matrix .cell { min-inline-size: 4.5rem; font-size: 0.75rem; color: var(--muted); }
.matrix .number { text-align: end; }
.axis { display: flex; justify-content: space-between; font-weight: 400; }
.share { display: block; inline-size: 100%; block-size: 0.625rem; }
[dir="rtl"] .share { transform: scaleX(-1); }

.filters { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13.5rem), 1fr)); gap: 0.75rem 1rem; align-items: end; margin-block-start: 1.25rem; padding: 1rem; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
.field { margin: 0; display: grid; gap: 0.1875rem; }
.field label { font-size: 0.8125rem; font-weight: 600; }
.field label small { font-weight: 400; color: var(--muted); margin-inline-start: 0.5rem; font-size: 0.75rem; }
input, select, button, .button { font: inherit; color: inherit; }
input, select { inline-size: 100%; min-inline-size: 0; block-size: 2.25rem; padding: 0 0.5rem; background: var(--paper); border: 1px solid var(--strong); border-radius: 4px; }
[dir="rtl"] input[dir="ltr"] { text-align: end; }
.actions { margin: 0; display: flex; gap: 1rem; align-items: center; }
button, .button { display: inline-block; padding: 0.375rem 1rem; background: var(--accent); color: var(--on-accent); border: 1px solid var(--accent); border-radius: 4px; text-decoration: none; cursor: pointer; font-weight: 600; }
button:hover, .button:hover { filter: brightness(1.1); }
button:disabled { opacity: 0.6; }
.notice { border-inline-start: 3px solid var(--anomaly); background: var(--sunk); padding: 0.75rem 1rem; }
.notice ul { margin: 0; padding-inline-start: 1.125rem; }
.all-well { margin-block: 1rem 0; color: var(--ok); font-weight: 600; }
.number { text-align: end; white-space: nowrap; }
.pages { display: flex; gap: 1rem; align-items: center; justify-content: end; margin-block-start: 1rem; }

.head h1 { font-size: clamp(1.25rem, 3.5vw, 1.625rem); }
.kicker { color: var(--muted); margin: 0 0 0.25rem; }
.verdict-box { margin-block-start: 1.25rem; padding: 1rem 1.25rem; background: var(--raised); border: 1px solid var(--line); border-inline-start: 4px solid var(--fill-ok); border-radius: 4px; }
.verdict-box.anomaly { border-inline-start-color: var(--fill-anomaly); }
.verdict-box.confirmed { border-inline-start-color: var(--fill-confirmed); }
.verdict-box.failure { border-inline-start-color: var(--strong); }
.verdict-box h2 { font-size: 1.1875rem; }
.verdict-box h2 .verdict { font-weight: 650; }
.verdict-box p, .verdict-box ul { max-inline-size: 46rem; }
.verdict-box ul { margin: 0; padding-inline-start: 1.125rem; }
.verdict-box details { margin-block-start: 0.5rem; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 0 3rem; }
.facts { margin: 0; }
.facts > div { display: grid; grid-template-columns: 8.5rem 1fr; gap: 0.75rem; padding-block: 0.25rem; border-block-end: 1px solid var(--line); }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; min-inline-size: 0; }
.check { margin-block: 0.75rem; }
@media (scripting: none) { .check { display: none; } }
.check .muted { margin-block: 0.5rem; font-size: 0.8125rem; }
.check .result:not(:empty) { border-inline-start: 3px solid var(--strong); padding: 0.375rem 0.75rem; background: var(--sunk); }
.check .good { border-color: var(--fill-ok); color: var(--ok); font-weight: 600; }
.check .bad { border-color: var(--fill-confirmed); color: var(--confirmed); font-weight: 600; }

.timeline { font-size: 0.8125rem; }
.timeline tbody th { white-space: nowrap; }
.timeline .target { inline-size: 32%; min-inline-size: 11rem; }
.timeline .span { inline-size: 40%; min-inline-size: 9rem; }
.timeline .span svg { display: block; inline-size: 100%; block-size: 0.75rem; }
.timeline .outcome { min-inline-size: 8rem; }
.bad { color: var(--confirmed); }
.step::before { content: ""; display: inline-block; inline-size: 0.5rem; block-size: 0.5rem; border-radius: 1px; margin-inline-end: 0.375rem; background: var(--http); }
.step.dns::before { background: var(--dns); }
.step.tcp::before { background: var(--tcp); }
.step.tls::before { background: var(--tls); }
rect.dns { fill: var(--dns); stroke: var(--dns); }
rect.tcp { fill: var(--tcp); stroke: var(--tcp); }
rect.tls { fill: var(--tls); stroke: var(--tls); }
rect.http { fill: var(--http); stroke: var(--http); }
.timeline rect { stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
rect.hollow { fill: none; }

.find { display: flex; flex-wrap: wrap; gap: 0.375rem 0.75rem; align-items: center; margin-block-end: 0.75rem; }
.find label { font-size: 0.8125rem; font-weight: 600; }
.find input[type="search"] { inline-size: min(100%, 20rem); }
.find output { min-block-size: 1.5em; color: var(--muted); }
mark { background: var(--mark); color: inherit; border-radius: 2px; }
[hidden] { display: none !important; }
.sort { color: inherit; }
summary { cursor: pointer; padding-block: 0.1875rem; }
.raw { border: 1px solid var(--line); border-radius: 6px; background: var(--raised); font: 0.8125rem/1.5 var(--mono); margin-block-end: 0.75rem; }
.raw > * { margin: 0; padding: 0.25rem 0.75rem; overflow-wrap: anywhere; }
.raw > * + * { border-block-start: 1px solid var(--line); }
.raw b { font-weight: 600; }
.raw > p b { margin-inline-end: 0.5rem; }
.raw small { color: var(--muted); }
.raw code { font: inherit; color: var(--accent); }
.raw pre { margin: 0.25rem 0; white-space: pre-wrap; font: inherit; background: var(--sunk); padding: 0.5rem 0.75rem; border-radius: 4px; }

.routes .route p { display: inline; margin-inline-start: 0.5rem; font-family: var(--sans); color: var(--muted); }
.routes .method { display: inline-block; min-inline-size: 2.75rem; }
.routes div.route { padding-inline-start: 1.625rem; }
.routes table { font-family: var(--sans); margin-block: 0.25rem 0.5rem; }
.routes th { white-space: nowrap; }

.findings { list-style: none; margin: 1.25rem 0; padding: 0; max-inline-size: 50rem; }
.findings li { padding-block: 0.75rem; border-block-end: 1px solid var(--line); }
.findings h2, .findings p { margin-block: 0 0.25rem; }
.written { max-inline-size: 46rem; margin-block: 1.25rem; white-space: pre-wrap; overflow-wrap: anywhere; }

.problem { padding-block: 4vh; max-inline-size: 40rem; }
.problem .status { font-size: 3.5rem; line-height: 1; font-weight: 700; letter-spacing: -0.04em; color: var(--muted); margin: 0 0 0.75rem; }
.problem h1 + p { margin-block: 0.5rem 1rem; }

@media (max-width: 44rem) {
  .brand .host { display: none; }
  .top nav { margin-inline-start: -0.625rem; }
  .measurements thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  .measurements thead:focus-within { position: static; inline-size: auto; block-size: auto; clip-path: none; }
  .measurements tbody tr { display: flex; flex-wrap: wrap; gap: 0 0.75rem; padding-block: 0.5rem; }
  .measurements tbody td, [dir="rtl"] .measurements tbody td { padding: 0; font-size: 0.875rem; color: var(--muted); }
  .measurements tbody .input, .measurements tbody .what { color: var(--ink); }
  .measurements .input { inline-size: 100%; order: -2; font-size: 0.9375rem; font-weight: 500; }
  .measurements .input.none { display: none; }
  .measurements tbody .what { order: -1; }
  .measurements tbody .test { flex: 1 1 50%; }
  .hours .bar, .hours thead th:nth-child(2) { display: none; }
  .most thead th, .matrix .axis { white-space: normal; }
  .most tr > *, .matrix tr > *, [dir="rtl"] .most tr > *, [dir="rtl"] .matrix tr > * { padding-inline: 0 0.5rem; }
  .most tr > :last-child, .matrix tr > :last-child, [dir="rtl"] .most tr > :last-child, [dir="rtl"] .matrix tr > :last-child { padding-inline-end: 0; }
  .most .number + .number { padding-inline-start: 0.5rem; }
  .most th a, .matrix tbody th { max-inline-size: 36vw; }
  .matrix .strip { min-inline-size: 6rem; }
  .axis { flex-wrap: wrap; column-gap: 0.25rem; }
  .axis > * { white-space: nowrap; }
  .axis > :last-child { margin-inline-start: auto; }
  .facts > div { grid-template-columns: 7rem 1fr; }
}
@media print {
  .top nav, .bottom nav, .filters, .find, .check, .pages, .skip, .links, .under { display: none; }
  .raw { display: none; }
  main, .top, .bottom { max-inline-size: none; padding-inline: 0; }
  .wide { overflow: visible; }
  section, tr, .figures > div { break-inside: avoid; }
  section:has(table) { break-inside: auto; }
  h1, h2, h3 { break-after: avoid; }
  svg, .verdict::before, .step::before, .figures { print-color-adjust: exact; }
}
`;
