/**
 * What an operator types for a conformance run, read and checked before anything is opened.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { hasCardNumber } from "../../../policy/cardholder.ts";
import type { Help } from "../help.ts";
import type { EndingOptions } from "./ending.ts";

export const CONFORM_HELP: Help = {
  name: "conform",
  does: "Silences and resumes ONE TEST CALL, and says what its recorder was seen to do.",
  usage: [
    "RECORDER --target KEY=VALUE... [--config FILE] [--yes] [--rounds N] [--report FILE] [--folder FOLDER] [--hang-up | --next-call] [--hold SECONDS] [--wait SECONDS] [--confirm-ms MS] [--recording ID] [--file FILE] [--began TIME] [--as-recording]",
  ],
  terms: {
    RECORDER: "the id of a recorder of the configuration",
    "--target": "how the recorder finds the call, such as channel=5; once for each member",
    "--config": "the configuration; otherwise TACET_CONFIG, ./tacet.yaml or /etc/tacet/tacet.yaml",
    "--yes": "asks nothing",
    "--rounds": "rounds of pause and resume that are timed, 1 to 100; 5",
    "--report": "writes the report as Markdown; the file must not be there yet",
    "--folder": "the runs' own control log; tacet-conform",
    "--hang-up": "goes on when you have hung up: what the end of the call and its file show",
    "--next-call": "the same, hung up while silenced, and with another call on the same target",
    "--hold": "seconds of the first silence (1, or 3 with --hang-up), 1 to 60",
    "--wait": "seconds that each step by hand is waited for, 1 to 3600; 120",
    "--confirm-ms": "ms that a recorder may take to confirm an order; 10000",
    "--recording":
      "what the recording is called, where the recorder cannot be asked; else the target",
    "--file": "where you will put a copy of the finished file, where it cannot be fetched",
    "--began":
      "when it began, such as 2026-11-22T09:00:00.250Z, where the recorder cannot be asked",
    "--as-recording":
      "the call is recorded now: for a recorder that cannot tell before its first order",
  },
  exit: {
    0: "nothing was seen amiss",
    1: "something was not shown, the run was cut short, or the call was left silent",
    2: "the arguments do not fit",
  },
  examples: ["tacet conform vslogger-1 --target channel=5 --report vslogger-1.md"],
};

/** When the recording began, and how far that may be off. */
export interface Began {
  readonly at: number;
  readonly withinMs: number;
}

export interface Asked {
  readonly recorderId: string;
  readonly target: Readonly<Record<string, string>>;
  readonly configPath?: string;
  readonly roundCount: number;
  readonly reportPath?: string;
  readonly folder: string;
  readonly how: EndingOptions["how"];
  readonly holdMs: number;
  readonly byHandMsMax: number;
  readonly confirmMsMax: number;
  readonly recordingId?: string;
  readonly filePath?: string;
  readonly began?: Began;
  readonly asRecording: boolean;
  readonly yes: boolean;
}

/** Its message may be shown. */
export class Misused extends Error {}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

/** Throws `Misused` with what to do. */
export function asked(args: readonly string[]): Asked {
  const { positionals, values } = parsed(args);
  const [recorderId, ...more] = positionals;
  if (recorderId === undefined || more.length > 0) throw new Misused("Name one recorder.");
  if (values.target === undefined) throw new Misused("--target is missing.");
  const how = values["next-call"] ? "next_call" : values["hang-up"] ? "hang_up" : "not";
  return {
    recorderId,
    target: targetOf(values.target),
    ...(values.config === undefined ? {} : { configPath: values.config }),
    roundCount: whole("--rounds", values.rounds ?? "5", 1, 100),
    ...(values.report === undefined ? {} : { reportPath: values.report }),
    folder: values.folder ?? "tacet-conform",
    how,
    holdMs: whole("--hold", values.hold ?? (how === "not" ? "1" : "3"), 1, 60) * 1_000,
    byHandMsMax: whole("--wait", values.wait ?? "120", 1, 3_600) * 1_000,
    confirmMsMax: whole("--confirm-ms", values["confirm-ms"] ?? "10000", 100, 600_000),
    ...(values.recording === undefined ? {} : { recordingId: values.recording }),
    ...(values.file === undefined ? {} : { filePath: values.file }),
    ...(values.began === undefined ? {} : { began: beganOf(values.began) }),
    asRecording: values["as-recording"] ?? false,
    yes: values.yes ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        target: { type: "string", multiple: true },
        config: text,
        rounds: text,
        report: text,
        folder: text,
        "hang-up": flag,
        "next-call": flag,
        hold: text,
        wait: text,
        "confirm-ms": text,
        recording: text,
        file: text,
        began: text,
        "as-recording": flag,
        yes: flag,
      },
    });
  } catch (error) {
    throw new Misused(error instanceof Error ? error.message : "An option is not known here.");
  }
}

function targetOf(members: readonly string[]): Readonly<Record<string, string>> {
  const pairs = members.map((member): readonly [string, string] => {
    const at = member.indexOf("=");
    if (at < 1) throw new Misused("--target takes KEY=VALUE, such as channel=5.");
    return [member.slice(0, at), member.slice(at + 1)];
  });
  // The value is entered and printed.
  if (pairs.some((pair) => pair.some(hasCardNumber))) {
    throw new Misused("--target holds what could be a card number. Name the call otherwise.");
  }
  return Object.fromEntries(pairs);
}

function beganOf(told: string): Began {
  const at = Date.parse(told);
  if (Number.isNaN(at)) throw new Misused("--began takes a time such as 2026-11-22T09:00:00.250Z.");
  return { at, withinMs: /:\d\d\.\d/.test(told) ? 0 : 1_000 };
}

function whole(option: string, given: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(given) ? Number(given) : NaN;
  if (number >= least && number <= most) return number;
  throw new Misused(`${option} takes a whole number from ${least} to ${most}.`);
}
