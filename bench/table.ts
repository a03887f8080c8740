/**
 * What was measured, as a table in Markdown, and whether it keeps its bounds.
 *
 * @module
 */
import { median, quantile, type Span } from "./measure.ts";

export interface Setting {
  readonly answersAfterMs: number;
  readonly connections: number;
  /** By way, one a round. */
  readonly spans: Readonly<Record<string, readonly Span[]>>;
}

/** Of a pause at one connection, and of the rate at 32: what tacet may cost beside `direct`. */
const PAUSE_RATIO_MAX = 1.3;
const RATE_SHARE_MIN = 1 / 8;

export function printed(settings: readonly Setting[]): string[] {
  const lines = [
    "| recorder answers | connections | way | pause, median | pause, p99 | resume, median | pause × direct | pairs/s | rate ÷ direct |",
    "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
  ];
  for (const setting of settings) {
    for (const [way, spans] of Object.entries(setting.spans)) {
      const pauses = spans.flatMap(({ pausesMs }) => pausesMs);
      const resumes = spans.flatMap(({ resumesMs }) => resumesMs);
      const cells = [
        setting.answersAfterMs === 0 ? "at once" : `after ${setting.answersAfterMs} ms`,
        String(setting.connections),
        way,
        `${median(pauses).toFixed(2)} ms`,
        `${quantile(pauses, 0.99).toFixed(2)} ms`,
        `${median(resumes).toFixed(2)} ms`,
        pauseRatio(setting, way).toFixed(2),
        median(spans.map(({ rate }) => rate)).toFixed(0),
        rateShare(setting, way).toFixed(3),
      ];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  return lines;
}

interface Bound {
  readonly text: string;
  readonly kept: boolean;
}

export function boundsOf(settings: readonly Setting[]): Bound[] {
  return settings.flatMap((setting) => {
    const { answersAfterMs, connections } = setting;
    if (answersAfterMs === 5 && connections === 1) {
      const ratio = pauseRatio(setting, "tacet");
      const kept = ratio <= PAUSE_RATIO_MAX;
      const what = "a pause's median, 1 connection, recorder answering after 5 ms";
      return [bound(kept, `${what}: ${ratio.toFixed(2)} × direct, at most ${PAUSE_RATIO_MAX}`)];
    }
    if (answersAfterMs === 0 && connections === 32) {
      const share = rateShare(setting, "tacet");
      const kept = share >= RATE_SHARE_MIN;
      const what = "rate, 32 connections, recorder answering at once";
      return [bound(kept, `${what}: ${share.toFixed(3)} of direct, at least ${RATE_SHARE_MIN}`)];
    }
    return [];
  });
}

const bound = (kept: boolean, words: string): Bound => ({
  kept,
  text: `${kept ? "within " : "OUTSIDE"}  ${words}`,
});

/** Round by round, so that a slow moment of the machine falls on both. */
const pauseRatio = ({ spans }: Setting, way: string): number =>
  ratio(spans, way, ({ pausesMs }) => median(pausesMs));

const rateShare = ({ spans }: Setting, way: string): number =>
  ratio(spans, way, ({ rate }) => rate);

function ratio(spans: Setting["spans"], way: string, of: (span: Span) => number): number {
  const direct = spans["direct"] ?? [];
  const own = spans[way] ?? [];
  return median(own.map((span, round) => of(span) / of(direct[round] as Span)));
}
