/**
 * A call's timeline as SVG, drawn on the server. Bounded whatever the call was: what falls on one
 * and the same pixel is drawn once, the worst of it.
 *
 * @module
 */
import { html } from "hono/html";
import type { EpochMs } from "../../control/call.ts";
import type { Judgement } from "../../evidence/evidence.ts";
import type { Html } from "../page.ts";
import type { Say } from "../say.ts";
import type { Lane, Mark, Span, Timeline } from "./timeline.ts";
import { type AnyWord, exact, type LaneKind, saidOf, saidOfMark, weightOf } from "./words.ts";

const WIDTH = 960;
const LABEL_PX = 17;
const BAR_PX = 20;
const MARKS_PX = 14;
const LANE_PX = LABEL_PX + BAR_PX + MARKS_PX + 5;
const AXIS_PX = 24;
/** Lanes drawn; the table has the others. */
const WINDOW_LANE_COUNT_MAX = 30;
const TAP_LANE_COUNT_MAX = 20;
/** Verdicts drawn in one lane. */
const VERDICT_COUNT_MAX = 500;
const TICK_COUNT_MAX = 7;
/** About one letter, in px. */
const LETTER_PX = 6.6;
const LABEL_LETTERS_MAX = 110;

/** What part of the call is seen. */
export interface View {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

interface Drawn {
  readonly kind: LaneKind;
  readonly label: string;
  readonly lane: Lane<AnyWord>;
  readonly verdicts: readonly { readonly at: EpochMs; readonly verdict: Judgement["verdict"] }[];
}

export function lanesOf(
  timeline: Timeline,
  judgements: readonly Judgement[],
  say: Say,
): readonly Drawn[] {
  const endOf = new Map(
    timeline.windows.map(({ spans, windowId }) => [windowId, spans.at(-1)?.to ?? timeline.to]),
  );
  return [
    { kind: "call", label: say("call.laneCall"), lane: timeline.call, verdicts: [] },
    ...timeline.windows.map((lane) => ({
      kind: "window" as const,
      label: say("call.laneWindow", { windowId: lane.windowId }),
      lane,
      verdicts: [],
    })),
    ...timeline.taps.map((lane) => ({
      kind: "tap" as const,
      label: [
        say("call.laneTap", { recorder: lane.recorderId, target: lane.targetKey }),
        ...(lane.tap.required ? [] : [say("call.optional")]),
      ].join(" · "),
      lane,
      verdicts: judgements
        .filter(({ tapId }) => tapId === lane.tapId)
        .map(({ verdict, windowId }) => ({ at: endOf.get(windowId) ?? timeline.to, verdict })),
    })),
  ];
}

/** The lanes that are drawn of this part of the call: windows that were open in it, and taps. */
export function shownIn(lanes: readonly Drawn[], view: View): readonly Drawn[] {
  const reaches = ({ lane: { marks, spans } }: Drawn): boolean =>
    spans.some(({ from, to }) => to >= view.from && from <= view.to) ||
    (spans.length === 0 && marks.some(({ at }) => at >= view.from && at <= view.to));
  const of = (kind: LaneKind) => lanes.filter((one) => one.kind === kind);
  return [
    ...of("call"),
    ...of("window").filter(reaches).slice(0, WINDOW_LANE_COUNT_MAX),
    ...of("tap").slice(0, TAP_LANE_COUNT_MAX),
  ];
}

export function drawn(shown: readonly Drawn[], view: View, title: string, say: Say): Html {
  const height = AXIS_PX + shown.length * LANE_PX;
  const spanMs = Math.max(1, view.to - view.from);
  const x = (at: EpochMs) =>
    Math.round(((Math.min(Math.max(at, view.from), view.to) - view.from) / spanMs) * WIDTH * 10) /
    10;
  return html`<svg
    class="timeline"
    viewBox="-2 0 ${WIDTH + 4} ${height}"
    role="img"
    aria-labelledby="timeline-title"
  >
    <title id="timeline-title">${title}</title>
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">
        <path class="hatch" d="M-1 1l2-2M0 6l6-6M5 7l2-2" />
      </pattern>
      <pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse">
        <circle class="dots" cx="1.5" cy="1.5" r="0.9" />
      </pattern>
    </defs>
    ${axis(view, x, height)}
    ${shown.map((one, index) => drawnLane(one, AXIS_PX + index * LANE_PX, view, x, say))}
  </svg>`;
}

type Scale = (at: EpochMs) => number;

function drawnLane(
  { kind, label, lane, verdicts }: Drawn,
  top: number,
  view: View,
  x: Scale,
  say: Say,
): Html {
  const y = top + LABEL_PX;
  const under = y + BAR_PX + 8;
  const isSeen = ({ at }: { readonly at: EpochMs }) => at >= view.from && at <= view.to;
  return html`<text class="lane" x="0" y="${y - 5}">${shortened(label)}</text>
    ${bars(lane.spans, view, x).map((bar) => drawnBar(bar, y, kind, say))}
    ${apart(lane.marks.filter(isSeen), x).map((mark) => drawnMark(mark, x(mark.at), under, say))}
    ${verdicts
      .filter(isSeen)
      .slice(0, VERDICT_COUNT_MAX)
      .map(
        ({ at, verdict }) =>
          html`<g
            class="tm tm-${verdict}"
            transform="translate(${Math.max(6, x(at) - 7)} ${under})"
          >
            <title>${say("mark.judged", { verdict: say(`verdict.${verdict}`) })}</title>
            ${VERDICTS[verdict]}
          </g>`,
      )}`;
}

interface Bar {
  readonly span: Span<AnyWord>;
  readonly left: number;
  readonly width: number;
}
const BAR_WIDTH_MIN = 2;

/** Bars too thin to be told apart are one, of the worst word among them. */
function bars(spans: readonly Span<AnyWord>[], view: View, x: Scale): readonly Bar[] {
  const made: Bar[] = [];
  for (const span of spans) {
    const isPoint = span.from === span.to && span.to === view.to;
    if (span.to < view.from || span.from > view.to || (span.from === span.to && !isPoint)) continue;
    const left = Math.min(x(span.from), WIDTH - BAR_WIDTH_MIN);
    const width = Math.max(BAR_WIDTH_MIN, x(span.to) - left);
    const last = made.at(-1);
    const isThin = width <= BAR_WIDTH_MIN && last !== undefined && last.width <= BAR_WIDTH_MIN;
    if (!isThin || left - last.left >= BAR_WIDTH_MIN) made.push({ span, left, width });
    else if (weightOf(span.word) > weightOf(last.span.word))
      made[made.length - 1] = { ...last, span };
  }
  // Thin ones last: a wide one beside them never hides them.
  return made.toSorted((a, b) => weightOf(a.span.word) - weightOf(b.span.word));
}

function drawnBar({ left, span, width }: Bar, y: number, kind: LaneKind, say: Say): Html {
  const said = saidOf(say, kind, span.word);
  const fits = said.length * LETTER_PX + 8 < width;
  const pattern = [undefined, "dots", "hatch"][weightOf(span.word)];
  const box = html`x="${left}" y="${y}" width="${width}" height="${BAR_PX}"`;
  return html`<g>
    <title>${said}: ${exact(span.from)} – ${exact(span.to)}</title>
    <rect class="tl tl-${span.word}" ${box} />
    ${pattern === undefined || fits ? "" : html`<rect fill="url(#${pattern})" ${box} />`}
    ${fits ? html`<text class="in" x="${left + 5}" y="${y + 14}">${said}</text>` : ""}
  </g>`;
}

const MARK_APART_PX = 3;

/** Of marks of one kind on the same place, the first. */
function apart(marks: readonly Mark[], x: Scale): readonly Mark[] {
  const last = new Map<Mark["kind"], number>();
  return marks.filter(({ at, kind }) => {
    const before = last.get(kind);
    const isApart = before === undefined || x(at) - before >= MARK_APART_PX;
    if (isApart) last.set(kind, x(at));
    return isApart;
  });
}

const drawnMark = (mark: Mark, left: number, y: number, say: Say): Html =>
  html`<g class="tm tm-${mark.kind}" transform="translate(${left} ${y})">
    <title>${exact(mark.at)}: ${saidOfMark(say, mark)}</title>
    ${GLYPHS[mark.kind]}
  </g>`;

/** Each about 8 px wide around its place. */
export const GLYPHS: Readonly<Record<Mark["kind"], Html>> = {
  confirmed: html`<circle r="2.8" />`,
  drift: html`<path d="M0-5L5 0L0 5L-5 0Z" />`,
  failed: html`<circle r="3.2" />`,
  lapsed: html`<path d="M-4-3H4L0 4Z" />`,
  overdue: html`<path d="M0-5L5 4H-5Z" />`,
  renewed: html`<path d="M0-4V4M-3 0H3" />`,
  expired: html`<path d="M-4-4L4 4M4-4L-4 4" />`,
  closed: html`<path d="M-3-3H3V3H-3Z" />`,
};
export const VERDICTS: Readonly<Record<Judgement["verdict"], Html>> = {
  silent: html`<path d="M-5 0L-1 4L5-4" />`,
  consistent: html`<path d="M-5-2H5M-5 2H5" />`,
  suspect: html`<path d="M-1-6H1L.5 1H-.5ZM-.7 3H.7V4.6H-.7Z" />`,
  missing: html`<path d="M-5-5L5 5M5-5L-5 5M-5-5H5V5H-5Z" fill="none" />`,
  unreachable: html`<path d="M-5 0H-2M-1 0H1M2 0H5" />`,
};

const STEPS_MS = [
  10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 43_200_000, 86_400_000,
];

function axis({ from, to }: View, x: Scale, height: number): Html {
  const stepMs = STEPS_MS.find((step) => (to - from) / step <= TICK_COUNT_MAX) ?? (to - from) / 4;
  const first = Math.ceil(from / stepMs) * stepMs;
  const count = Math.max(0, Math.min(TICK_COUNT_MAX + 1, Math.floor((to - first) / stepMs) + 1));
  const digits = stepMs < 1_000 ? 23 : 19;
  return html`${Array.from({ length: count }, (_, index) => {
    const at = first + index * stepMs;
    const left = x(at);
    const anchor = left > WIDTH - 60 ? "end" : "start";
    return html`<path class="axis" d="M${left} 0V${height}" />
      <text x="${anchor === "end" ? left - 3 : left + 3}" y="12" text-anchor="${anchor}">
        ${new Date(at).toISOString().slice(11, digits)}
      </text>`;
  })}`;
}

const shortened = (label: string): string =>
  label.length > LABEL_LETTERS_MAX ? `${label.slice(0, LABEL_LETTERS_MAX)}…` : label;
