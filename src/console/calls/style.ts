/**
 * How a call's drawing looks: colour says it, and so does a hatching or a word.
 *
 * @module
 */
export const TIMELINE_STYLE = `
svg.timeline{display:block;min-width:46rem;max-width:none;width:100%}
.tl{fill:var(--quiet);stroke:var(--quiet);fill-opacity:.1;stroke-opacity:.6}
.tl-secured,.tl-silent{fill:var(--safe);stroke:var(--safe);fill-opacity:.3}
.tl-unsecured,.tl-exposed,.tl-unconfirmed,.tl-stalled{fill:var(--alarm);stroke:var(--alarm);fill-opacity:.35}
.tl-securing,.tl-pausing,.tl-resuming,.tl-kept{fill:var(--busy);stroke:var(--busy);fill-opacity:.3}
.tl-open{fill:var(--link);stroke:var(--link);fill-opacity:.2}
.hatch{stroke:var(--alarm);stroke-width:2}.dots{fill:var(--busy)}
.axis{stroke:var(--line)}svg text.lane{font-weight:600}svg text.in{pointer-events:none}
.tm{fill:none;stroke:currentColor;stroke-width:1.5}.tm-confirmed,.tm-closed{fill:currentColor}
.tm-drift,.tm-overdue,.tm-lapsed,.tm-suspect,.tm-missing{stroke:var(--alarm);fill:var(--alarm)}.tm-failed,.tm-expired{stroke:var(--busy)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.5rem 0;padding:0;list-style:none}.legend svg{width:1.2rem;height:1rem;vertical-align:middle}
dl.facts{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.2rem 1.2rem;margin:0}dl.facts dt{color:var(--quiet)}dl.facts dd{margin:0;overflow-wrap:anywhere}
.notice{border-inline-start:4px solid var(--busy);background:var(--soft);padding:.5rem .8rem}.statement h2{margin-top:1.3rem}.statement pre{white-space:pre-wrap;overflow-wrap:anywhere}
td.when{white-space:nowrap}table.wide{min-width:44rem}.wide td time{white-space:normal}td.when time{white-space:nowrap}table.wide th:has(code){min-width:8rem}nav.zoom{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin-bottom:.4rem}
.statement dl.facts{margin-top:.5rem}
@media(max-width:40rem){td.when time{white-space:normal}td.when{white-space:normal;width:7rem;min-width:7rem}table.wide{min-width:36rem}dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:.4rem}}
@media print{svg.timeline,table.wide{min-width:0}.statement{font-size:.66rem;line-height:1.22}.statement dl.facts{grid-template-columns:max-content 1fr max-content 1fr}.statement h2{margin:.45rem 0 .1rem;font-size:.85rem}.statement p,.statement pre,.statement ul{margin:.15rem 0}.statement th,.statement td,.statement caption{padding-block:.05rem}.statement dl.facts{row-gap:0}details.table{display:none}.statement section{break-inside:avoid}}
`;
