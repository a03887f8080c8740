/**
 * What a conformance run showed, as lines for a terminal and as Markdown for a change ticket.
 *
 * @module
 */
import type { PreflightFinding } from "../../../adapters/recorder.ts";
import type { RecorderCapabilities } from "../../../control/ports.ts";
import { visible } from "../output.ts";
import { CHECKS, type Row, type Verdict, titleOf } from "./checks.ts";
import type { Left } from "./driver.ts";
import type { Outcome } from "./run.ts";

export interface Report {
  readonly at: number;
  readonly version: string;
  readonly recorderId: string;
  readonly vendor: string;
  /** As the README's table calls it. */
  readonly variant: string;
  readonly capabilities: RecorderCapabilities;
  readonly targetKey: string;
  readonly roundCount: number;
  readonly findings: readonly PreflightFinding[];
  readonly outcome: Outcome;
  /** The signed head of the run's own log, and the key it is checked by. */
  readonly head: string;
  readonly verifierKey: string;
}

const WORDS: Readonly<Record<Verdict, string>> = {
  shown: "shown",
  not_shown: "NOT SHOWN",
  not_tried: "not tried",
};

export const lineOf = ({ id, verdict, what }: Row): string =>
  `  ${WORDS[verdict].padEnd(9)}  ${titleOf(id)}: ${visible(what)}`;

/** The figures, for a terminal. */
export function figureLines({ figures }: Pick<Outcome, "figures">): readonly string[] {
  const told = ([name, all]: readonly [string, readonly number[]]): string[] => {
    const [, median, worst, count] = figuresOf(all).split("|");
    return all.length === 0 ? [] : [`${name}: median${median}ms, worst${worst}ms, of${count}`];
  };
  return [
    ["Pause to confirmation", figures.pauseMs] as const,
    ["Resume to confirmation", figures.resumeMs] as const,
    ["Order to push", figures.pushMs] as const,
  ].flatMap((one) => told(one).map((line) => line.trimEnd()));
}

/** How the call was left, in a sentence; loud where a person has to look. */
export function leftWords(left: Left): string {
  switch (left.kind) {
    case "untouched":
      return "Nothing was ordered: the call is as it was.";
    case "recording":
      return "The call was left recording, as it was found; asked at last, it says so.";
    case "resumed":
      return "The call was resumed at last; the recorder said yes and cannot be asked.";
    case "over":
      return `The call is over (${visible(left.said)}).`;
    case "silent":
      return `THE CALL WAS LEFT SILENT: resume it by hand. (${visible(left.said)})`;
    default:
      return left satisfies never;
  }
}

/** Median, worst and how many, in ms. */
export function figuresOf(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  const worst = sorted.at(-1);
  if (low === undefined || high === undefined || worst === undefined) return "| - | - | 0 |";
  return `| ${Math.round((low + high) / 2)} | ${worst} | ${all.length} |`;
}

export function markdownOf(report: Report): string {
  const { capabilities, outcome } = report;
  const rows = outcome.rows.map(
    ({ id, verdict, what }) => `| ${titleOf(id)} | ${WORDS[verdict]} | ${cell(what)} |`,
  );
  const count = (verdict: Verdict) => outcome.rows.filter((row) => row.verdict === verdict).length;
  const lines = [
    `# Conformance of ${report.recorderId}`,
    "",
    "What this recorder was seen to do on one test call. It claims nothing about other calls.",
    "",
    "| | |",
    "| --- | --- |",
    `| run | ${new Date(report.at).toISOString()} |`,
    `| tacet | ${report.version} |`,
    `| recorder | ${report.recorderId} (${report.vendor}): ${report.variant} |`,
    `| control, file | \`${capabilities.control}\`, \`${capabilities.audio}\` |`,
    `| test call | \`${cell(report.targetKey)}\` |`,
    `| result | ${count("shown")} shown, ${count("not_shown")} not shown, ${count("not_tried")} not tried, of ${CHECKS.length} |`,
    `| left | ${cell(leftWords(outcome.left))} |`,
    ...(outcome.cutShort === undefined ? [] : [`| CUT SHORT | ${cell(outcome.cutShort)} |`]),
    "",
    "## Before the first order",
    "",
    ...(report.findings.length === 0 ? ["The preflight found nothing to tell."] : []),
    ...report.findings.map(
      ({ detail, name, ok }) => `- ${ok ? "ok" : "PROBLEM"}: ${cell(name)}: ${cell(detail)}`,
    ),
    "",
    "## Checks",
    "",
    "| check | verdict | what was seen |",
    "| --- | --- | --- |",
    ...rows,
    "",
    "## Figures",
    "",
    `Over ${report.roundCount} rounds, in ms from the order:`,
    "",
    "| | median | worst | seen |",
    "| --- | --- | --- | --- |",
    `| pause confirmed ${figuresOf(outcome.figures.pauseMs)}`,
    `| resume confirmed ${figuresOf(outcome.figures.resumeMs)}`,
    `| change pushed ${figuresOf(outcome.figures.pushMs)}`,
    "",
    "## The run's own log",
    "",
    "Every order was entered before it was sent. Check it with `tacet verify FOLDER`, read it with",
    "`tacet log FOLDER`. Its signed head after this run:",
    "",
    "```",
    ...report.head.trimEnd().split("\n"),
    "```",
    "",
    `Key: \`${report.verifierKey}\``,
    "",
  ];
  return lines.join("\n");
}

/** Nothing that came from elsewhere ends a table's cell or opens a link. */
const cell = (text: string): string =>
  visible(text)
    .replaceAll("|", "\\|")
    .replaceAll(/[<>[\]]/g, (one) => `&#${one.charCodeAt(0)};`)
    .replaceAll("://", ":&#47;&#47;");
