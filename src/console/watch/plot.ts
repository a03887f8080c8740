/**
 * Small plots of a figure a day, drawn on the server; the table beside each says the same in words.
 *
 * @module
 */
import { html } from "hono/html";
import type { Html } from "../page.ts";

export interface Series {
  readonly name: string;
  /** A value a day, the oldest first; undefined where there is none. */
  readonly values: readonly (number | undefined)[];
  readonly form: "line" | "bar";
}
export interface Plot {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly days: readonly string[];
  readonly series: readonly Series[];
  /** A line across, such as the target. */
  readonly mark?: { readonly name: string; readonly value: number };
  readonly told: (value: number) => string;
}

const WIDTH = 640;
const HEIGHT = 190;
const LEFT = 72;
const TOP = 26;
const BOTTOM = 26;
/** By order: the second is told apart by its dashes too, not by colour alone. */
const DASHES = ["none", "5 3"] as const;

export function plotted(plot: Plot): Html {
  const { days, id, mark, series, title, told } = plot;
  const highest = Math.max(
    1,
    mark?.value ?? 0,
    ...series.flatMap(({ values }) => values.map((value) => value ?? 0)),
  );
  const step = (WIDTH - LEFT) / Math.max(1, days.length);
  const x = (index: number) => Math.round(LEFT + step * (index + 0.5));
  const y = (value: number) =>
    Math.round(HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * value) / highest);
  const scale = [0, highest / 2, highest];
  return html`<svg
    class="plot"
    role="img"
    aria-labelledby="${id}-title"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    width="${WIDTH}"
    height="${HEIGHT}"
  >
    <title id="${id}-title">${title}</title>
    ${scale.map(
      (value) =>
        html`<line
            x1="${LEFT}"
            x2="${WIDTH}"
            y1="${y(value)}"
            y2="${y(value)}"
            stroke="currentColor"
            stroke-opacity="0.2"
          /><text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${told(value)}</text>`,
    )}
    ${days.map((day, index) =>
      index % 3 === (days.length - 1) % 3
        ? html`<text x="${x(index)}" y="${HEIGHT - 8}" text-anchor="middle">${day.slice(5)}</text>`
        : "",
    )}
    ${series.map((one, order) => drawn(one, order, { x, y, step }))}
    ${
      mark === undefined
        ? ""
        : html`<line
            class="mark"
            x1="${LEFT}"
            x2="${WIDTH}"
            y1="${y(mark.value)}"
            y2="${y(mark.value)}"
            stroke="currentColor"
            stroke-dasharray="2 4"
          />`
    }
    <text x="${LEFT}" y="14">${legend(plot)}</text>
  </svg>`;
}

function legend({ mark, series }: Plot): string {
  const strokes = ["━", "╍"];
  const names = series.map(({ form, name }, order) =>
    form === "bar" ? `▇ ${name}` : `${strokes[order] ?? "━"} ${name}`,
  );
  return [...names, ...(mark === undefined ? [] : [`┈ ${mark.name}`])].join("   ");
}

interface Place {
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
  readonly step: number;
}

function drawn({ form, values }: Series, order: number, { step, x, y }: Place): Html {
  const points = values.flatMap((value, index) =>
    value === undefined ? [] : [{ x: x(index), y: y(value), value }],
  );
  if (form === "bar") {
    const width = Math.round(step * 0.6);
    return html`${points.map(
      (point) =>
        html`<rect
          x="${Math.round(point.x - width / 2)}"
          y="${point.y}"
          width="${width}"
          height="${y(0) - point.y}"
          fill="currentColor"
          fill-opacity="0.6"
        />`,
    )}`;
  }
  return html`<polyline
      points="${points.map((point) => `${point.x},${point.y}`).join(" ")}"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-dasharray="${DASHES[order] ?? "none"}"
    />${points.map(
      (point) => html`<circle cx="${point.x}" cy="${point.y}" r="3" fill="currentColor" />`,
    )}`;
}
