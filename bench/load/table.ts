/**
 * What the load came to, as a table in Markdown, and whether it keeps its bounds.
 *
 * @module
 */
import { quantile } from "../measure.ts";
import type { Heard, Looked, Settled } from "./orders.ts";
import type { Paid } from "./payments.ts";

/** Of a pause's p99 under load, beside the unloaded one. */
const P99_RATIO_MAX = 5;
/** Never-reading readers may add this to a fast reader's p99, beside as much again. */
const DELAY_SLACK_MS = 50;
const DELAY_RATIO_MAX = 2;
/** What a reader may cost the service in memory at most, and what the service itself may. */
const READER_BYTES_MAX = 60_000;
const SERVICE_BYTES_MAX = 700_000_000;
/** From the cut of all desktops until the last one has its snapshot. */
export const STORM_MS_MAX = 30_000;

export interface Stage {
  readonly name: string;
  readonly paid: Paid;
  readonly heard: Heard;
  readonly looked: Looked;
}

export interface Outcome {
  readonly unloaded: Stage;
  readonly withoutStuck: Stage;
  readonly loaded: Stage;
  readonly storm: Stage & { readonly settled: Settled };
  readonly memory: readonly { readonly when: string; readonly looked: Looked }[];
  readonly readers: number;
}

export function printed({ loaded, memory, storm, unloaded, withoutStuck }: Outcome): string[] {
  const stages = [unloaded, withoutStuck, loaded, storm];
  return [
    "| stage | pauses | p50 | p99 | max | not secured | late starts | processor | loop p99 |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...stages.map(pauseRow),
    "",
    "| stage | to desktops | p50 | p99 | max | to walls | cut by the service |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...stages.slice(1).map(heardRow),
    "",
    "| the service's memory | resident | heap |",
    "| --- | ---: | ---: |",
    ...memory.map(
      ({ looked, when }) => `| ${when} | ${mb(looked.rssBytes)} | ${mb(looked.heapBytes)} |`,
    ),
    `| at most, in all | ${mb(peakOf(memory))} | |`,
    "",
    stormLine(storm.settled),
    ...refusals(stages),
  ];
}

const peakOf = (memory: Outcome["memory"]): number =>
  Math.max(...memory.map(({ looked }) => looked.rssPeakBytes));

function pauseRow({ looked, name, paid }: Stage): string {
  const secured = paid.pausesMs.length;
  const cells = [
    name,
    paid.asked,
    ...spread(paid.pausesMs),
    paid.asked - secured,
    paid.lateStarts,
    `${(looked.busyShare * 100).toFixed(0)} %`,
    `${looked.loopDelayP99Ms.toFixed(0)} ms`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function heardRow({ heard, name }: Stage): string {
  const cells = [name, heard.delaysMs.length, ...spread(heard.delaysMs)];
  return `| ${[...cells, heard.wallMessages, heard.lost].join(" | ")} |`;
}

function spread(values: readonly number[]): string[] {
  if (values.length === 0) return ["", "", ""];
  return [0.5, 0.99, 1].map((share) => `${quantile(values, share).toFixed(1)} ms`);
}

function stormLine({ allMs, backMs, refused }: Settled): string {
  const [p50 = "", p99 = ""] = spread(backMs);
  return (
    `All ${backMs.length} desktops cut at once were subscribed again and had their snapshot ` +
    `${(allMs / 1_000).toFixed(1)} s after the cut; each by itself ${p50} (p50), ${p99} (p99) ` +
    `from its first try; ${refused} upgrades were turned away and tried again.`
  );
}

function refusals(stages: readonly Stage[]): string[] {
  return stages.flatMap(({ name, paid }) =>
    Object.entries(paid.refused).map(([what, times]) => `${name}: ${times} × ${what}`),
  );
}

interface Bound {
  readonly text: string;
  readonly kept: boolean;
}

export function boundsOf({
  loaded,
  memory,
  readers,
  storm,
  unloaded,
  withoutStuck,
}: Outcome): Bound[] {
  const p99 = ({ paid }: Stage) => quantile(paid.pausesMs, 0.99);
  const ratio = p99(loaded) / p99(unloaded);
  const [without, withStuck] = [withoutStuck, loaded].map(({ heard }) =>
    quantile(heard.delaysMs, 0.99),
  ) as [number, number];
  const delayMax = without * DELAY_RATIO_MAX + DELAY_SLACK_MS;
  const peak = peakOf(memory);
  const peakMax = SERVICE_BYTES_MAX + readers * READER_BYTES_MAX;
  const unsecured = loaded.paid.asked - loaded.paid.pausesMs.length;
  return [
    bound(
      ratio <= P99_RATIO_MAX,
      `a pause's p99 under load: ${ratio.toFixed(2)} × the unloaded one, at most ${P99_RATIO_MAX}`,
    ),
    bound(unsecured === 0, `pauses under load not answered secured: ${unsecured}, at most 0`),
    bound(
      withStuck <= delayMax,
      `a desktop's p99 beside readers that never read: ${withStuck.toFixed(1)} ms, at most ` +
        `${delayMax.toFixed(1)} ms (${without.toFixed(1)} ms without them)`,
    ),
    bound(peak <= peakMax, `resident memory: ${mb(peak)}, at most ${mb(peakMax)}`),
    bound(
      storm.settled.allMs <= STORM_MS_MAX,
      `after a cut, all desktops are back in ${(storm.settled.allMs / 1_000).toFixed(1)} s, ` +
        `at most ${STORM_MS_MAX / 1_000} s`,
    ),
  ];
}

const bound = (kept: boolean, words: string): Bound => ({
  kept,
  text: `${kept ? "within " : "OUTSIDE"}  ${words}`,
});

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
