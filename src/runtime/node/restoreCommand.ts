/**
 * `tacet restore FOLDER`: goes on in a successor where a log cannot, and says so in both.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { splitNotes } from "../../log/checkpoint.ts";
import { hasCardNumber } from "../../policy/cardholder.ts";
import { type Restored, restoreLog } from "./log/restore.ts";
import { type Help, usageOf } from "./help.ts";
import { type Output, messageOf } from "./output.ts";

export const RESTORE_HELP: Help = {
  name: "restore",
  does: "Goes on in a new log where a control log cannot.",
  more: "The service is stopped.",
  usage: [
    "FOLDER --reason WORDS [--by NAME] [--empty] [--checkpoint FILE]... [--signing-key FILE]",
  ],
  terms: {
    FOLDER: "the log's folder, with the newest database there is in it",
    "--reason": "what happened: it stands in the new log for good",
    "--by": "who ordered it, which stands there too; the user of this system",
    "--empty": "there is no database that can be opened: begin with none of its calls",
    "--checkpoint": "signed heads kept elsewhere, so that what is missing is stated in full",
    "--signing-key": "where log.signingKeyPath is set",
  },
  exit: {
    0: "the new log is there",
    1: "nothing is to be restored, or it failed",
    2: "the arguments do not fit",
  },
  examples: ['tacet restore /var/lib/tacet --reason "disk lost on 22 November"'],
};

const USAGE = usageOf(RESTORE_HELP);

const WORDS_MAX = 500;

/** Exit code: 0, 1 where nothing is to be restored or it failed, 2 where the arguments do not fit. */
export async function restoreCommand(args: string[], io: Output): Promise<number> {
  let given: ReturnType<typeof parse>;
  try {
    given = parse(args);
  } catch (error) {
    io.err(`${messageOf(error)}\n${USAGE}`);
    return 2;
  }
  try {
    const restored = await restoreLog({ ...given, now: Date.now });
    for (const line of told(restored, given.folder)) io.out(line);
    return 0;
  } catch (error) {
    io.err(messageOf(error));
    return 1;
  }
}

function parse(args: string[]) {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      reason: { type: "string" },
      by: { type: "string" },
      empty: { type: "boolean" },
      checkpoint: { type: "string", multiple: true },
      "signing-key": { type: "string" },
    },
  });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new Error("Name one folder.");
  const by = words("--by", values.by ?? `os:${userInfo().username}`);
  const notes = (values.checkpoint ?? []).flatMap((path) => splitNotes(readFileSync(path, "utf8")));
  const signingKeyPath = values["signing-key"];
  return {
    folder,
    reason: words("--reason", values.reason ?? ""),
    by,
    notes,
    empty: values.empty === true,
    ...(signingKeyPath === undefined ? {} : { signingKeyPath }),
  };
}

/** It stands in the log for good. */
export function words(option: string, given: string): string {
  const text = given.trim();
  if (text === "" || text.length > WORDS_MAX) {
    throw new Error(`${option} takes some words, ${WORDS_MAX} characters at most.`);
  }
  // oxlint-disable-next-line no-control-regex -- what would change a terminal is what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(text) || !text.isWellFormed()) {
    throw new Error(`${option} takes one line of text.`);
  }
  if (hasCardNumber(text)) throw new Error(`${option} has what looks like a card number.`);
  return text;
}

function told({ finished, keptIn, successions, verifierKey }: Restored, folder: string): string[] {
  const lines = successions.flatMap(
    ({ callCount, differs, found, leftOutCount, missing, ...one }) => [
      `${one.tenant}: ${found.size} entries found, ${one.signed?.size ?? 0} signed`,
      ...(missing === undefined ? [] : [`  entries ${missing.from} to ${missing.to} are missing`]),
      ...(differs === undefined ? [] : ["  what was found is not what was signed"]),
      ...(one.problem === undefined
        ? []
        : [`  reading ended after ${found.size}: the next one ${one.problem}`]),
      `  calls that go on: ${callCount}${leftOutCount === 0 ? "" : `; that could not be read: ${leftOutCount}`}`,
    ],
  );
  return [
    ...(finished === true ? ["A restore that was cut short is finished."] : lines),
    `The log before is kept in ${folder}/${keptIn}. Do not change or remove it.`,
    `The verifier key of the successor: ${verifierKey}`,
    "",
    "Next: start the service; run tacet verify; look at each recorder for what was left silent by",
    "the entries that are missing, since no log says any more whose silence that is.",
  ];
}
