/**
 * A call's timeline on its page: the drawing, what its signs mean, and the same as a table.
 *
 * @module
 */
import { html } from "hono/html";
import { isAtRest } from "../../control/conclude.ts";
import { drawn, GLYPHS, lanesOf, shownIn, VERDICTS, type View } from "../calls/draw.ts";
import type { Timeline } from "../calls/timeline.ts";
import { exact, moment, saidOf, saidOfMark, weightOf, scrolling } from "../calls/words.ts";
import type { Html, Visit } from "../page.ts";
import { hasKey } from "../calls/entryWords.ts";
import { callPath, duration } from "../watch/show.ts";
import type { Evidence } from "./call.ts";

const ROW_COUNT_MAX = 400;
const CLOSER_COUNT_MAX = 30;
/** Around a window that is looked at more closely, in ms. */
const AROUND_MS = 3_000;
/** Of a call that is at rest, what is drawn after the last that happened. */
const REST_MS = 10_000;

export interface ShownTimeline {
  readonly callId: string;
  readonly life: number;
  readonly timeline: Timeline;
  readonly evidence: Evidence;
}
type Lanes = ReturnType<typeof lanesOf>;

export function timelineSection(visit: Visit, shown: ShownTimeline): Html {
  const { query, say } = visit;
  const { callId, evidence, timeline } = shown;
  const judgements = evidence.kind === "known" ? evidence.evidence.judgements : [];
  const lanes = lanesOf(timeline, judgements, say);
  const view = viewOf(timeline, query.get("window") ?? "");
  const seen = shownIn(lanes, view);
  const title = `${say("call.title", { callId })}: ${exact(view.from)} – ${exact(view.to)}`;
  return html`<h2>${say("call.timeline")}</h2>
    <p class="hint">${moment(view.from)} – ${moment(view.to)}. ${say("call.timelineHint")}</p>
    ${zoom(visit, shown)}
    <div class="scroll" tabindex="0" role="region" aria-label="${say("call.timeline")}">
      ${drawn(seen, view, title, say)}
    </div>
    ${
      seen.length === lanes.length
        ? ""
        : html`<p class="hint">${say("call.moreLanes", { count: lanes.length - seen.length })}</p>`
    }
    ${legend(visit, seen)}
    <details class="table">
      <summary>${say("call.asTable")}</summary>
      ${asTable(visit, lanes)}
    </details>`;
}

/** One window with a little around it, or all of the call: of the time it rests, a little. */
function viewOf({ from, state, to, windows }: Timeline, windowId: string): View {
  const spans = windows.find((one) => one.windowId === windowId)?.spans ?? [];
  const [first] = spans;
  const last = spans.at(-1);
  if (first === undefined || last === undefined) {
    if (state.endedAt !== undefined || !isAtRest(state)) return { from, to };
    return { from, to: Math.min(to, state.at + Math.max(REST_MS, (state.at - from) * 0.1)) };
  }
  const around = Math.max(AROUND_MS, (last.to - first.from) * 0.15);
  return {
    from: Math.max(from, Math.floor(first.from - around)),
    to: Math.min(to, Math.ceil(last.to + around)),
  };
}

function zoom({ query, say }: Visit, { callId, life, timeline }: ShownTimeline): Html {
  if (timeline.windows.length === 0) return html``;
  const chosen = query.get("window") ?? "";
  const link = (windowId: string, name: string) => {
    const more = new URLSearchParams({ life: String(life) });
    if (windowId !== "") more.set("window", windowId);
    return html`<a
      href="${callPath(callId)}?${more.toString()}"
      ${windowId === chosen ? html`aria-current="true"` : ""}
      >${name}</a
    >`;
  };
  return html`<nav class="zoom" aria-label="${say("call.closer")}">
    ${link("", say("call.whole"))}
    <span>${say("call.closer")}:</span>
    ${timeline.windows.slice(0, CLOSER_COUNT_MAX).map(({ windowId }) => link(windowId, windowId))}
  </nav>`;
}

/** Only what is in the drawing. */
function legend({ say }: Visit, lanes: Lanes): Html {
  const words = new Map(
    lanes.flatMap(({ kind, lane }) =>
      lane.spans.map(({ word }) => [`${word}:${saidOf(say, kind, word)}`, { kind, word }] as const),
    ),
  );
  const marks = [...new Set(lanes.flatMap(({ lane }) => lane.marks.map(({ kind }) => kind)))];
  const verdicts = [...new Set(lanes.flatMap((lane) => lane.verdicts.map((one) => one.verdict)))];
  const sign = (kind: string, glyph: Html) =>
    html`<svg viewBox="-8 -7 16 14" aria-hidden="true"><g class="tm tm-${kind}">${glyph}</g></svg>`;
  return html`<ul class="legend">
    ${[...words.values()].map(({ kind, word }) => {
      const pattern = [undefined, "dots", "hatch"][weightOf(word)];
      return html`<li>
        <svg viewBox="0 0 16 14" aria-hidden="true">
          <rect class="tl tl-${word}" x="1" y="1" width="14" height="12" />
          ${
            pattern === undefined
              ? ""
              : html`<rect fill="url(#${pattern})" x="1" y="1" width="14" height="12" />`
          }
        </svg>
        ${saidOf(say, kind, word)}
      </li>`;
    })}
    ${marks.map((kind) => {
      const key = `mark.${kind}.sign`;
      return hasKey(key) ? html`<li>${sign(kind, GLYPHS[kind])} ${say(key)}</li>` : "";
    })}
    ${verdicts.map(
      (verdict) =>
        html`<li>
          ${sign(verdict, VERDICTS[verdict])}
          ${say("mark.judged", { verdict: say(`verdict.${verdict}`) })}
        </li>`,
    )}
  </ul>`;
}

function asTable({ language, say }: Visit, lanes: Lanes): Html {
  const rows = lanes.flatMap(({ kind, label, lane, verdicts }) => {
    const spans = lane.spans.map(({ from, to, word }) => ({
      from,
      cells: html`<td>${saidOf(say, kind, word)}</td>
        <td class="when">${moment(from)}</td>
        <td class="when">${moment(to)}</td>
        <td>${duration(to - from, language)}</td>`,
    }));
    const marks = [
      ...lane.marks.map((mark) => ({ at: mark.at, said: saidOfMark(say, mark) })),
      ...verdicts.map(({ at, verdict }) => ({
        at,
        said: say("mark.judged", { verdict: say(`verdict.${verdict}`) }),
      })),
    ].map(({ at, said }) => ({
      from: at,
      cells: html`<td>${said}</td>
        <td class="when" colspan="3">${moment(at)}</td>`,
    }));
    return [...spans, ...marks]
      .toSorted((a, b) => a.from - b.from)
      .map(
        ({ cells }) =>
          html`<tr>
            <th scope="row">${label}</th>
            ${cells}
          </tr>`,
      );
  });
  const left = rows.length - ROW_COUNT_MAX;
  return html`${scrolling(
    say("call.asTable"),
    html`<table class="wide">
      <caption>
        ${say("call.tableCaption")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("call.lane")}</th>
          <th scope="col">${say("call.what")}</th>
          <th scope="col">${say("call.from")}</th>
          <th scope="col">${say("call.to")}</th>
          <th scope="col">${say("call.howLong")}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.slice(0, ROW_COUNT_MAX)}
      </tbody>
    </table>`,
  )}
  ${left > 0 ? html`<p class="hint">${say("call.moreRows", { count: left })}</p>` : ""}`;
}
