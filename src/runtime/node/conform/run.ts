/**
 * One conformance run: what is asked before the first order, the checks in their order, and the
 * call left as it was found.
 *
 * @module
 */
import type { EpochMs } from "../../../control/call.ts";
import type { RecorderPort } from "../../../control/ports.ts";
import { type Row, notShown, openBook, shown, taken } from "./checks.ts";
import { CONTROL_SILENCE_COUNT, tryControls, YES_SILENCE_COUNT } from "./controls.ts";
import { type Driver, type Left, Stopped, isNow, saidOf } from "./driver.ts";
import { type EndingOptions, type Over, tryEnding } from "./ending.ts";
import { type FileOptions, tryFile } from "./file.ts";
import { type Figures, tryRounds } from "./rounds.ts";
import type { RunLog } from "./runLog.ts";
import { keepSilences } from "./silences.ts";

export interface RunOptions {
  readonly port: Pick<RecorderPort, "capabilities">;
  readonly driver: Driver;
  readonly log: Pick<RunLog, "enter">;
  readonly now: () => EpochMs;
  readonly roundCount: number;
  readonly guardMs: number;
  readonly holdMs: number;
  /** The operator says that the call is recorded: for a recorder that cannot be asked yet. */
  readonly asRecording: boolean;
  /** An earlier run was killed and left this target silent. */
  readonly isOurs: boolean;
  readonly how: EndingOptions["how"];
  readonly byHandMsMax: number;
  readonly file: FileOptions["file"];
  readonly say: (line: string) => void;
  /** Hears of each row at once. */
  readonly tell: (row: Row) => void;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly figures: Figures;
  readonly left: Left;
  /** Why it did not come to its end. */
  readonly cutShort?: string;
}

const BETWEEN_MS = 300;
/** Long enough to be found in a file whose beginning is known to a fraction of a second. */
const BETWEEN_HEARD_MS = 900;

/** How often the call is silenced, for the operator who allows it. */
export const silenceCountOf = (
  { how, roundCount }: Pick<RunOptions, "how" | "roundCount">,
  can: Pick<RunOptions["port"]["capabilities"], "status" | "watch">,
): number =>
  can.status || can.watch
    ? CONTROL_SILENCE_COUNT + roundCount + (how === "next_call" ? 1 : 0)
    : YES_SILENCE_COUNT;

/** Rejects only for a bug of its own. The call is left as it was found also then. */
export async function run(options: RunOptions): Promise<Outcome> {
  const { driver, log } = options;
  const figures: Figures = { pauseMs: [], resumeMs: [], pushMs: [] };
  const book = openBook(async (row) => {
    options.tell(row);
    const outcome = row.verdict === "not_shown" ? "failure" : "success";
    await log.enter("CheckConcluded", { check: row.id, verdict: row.verdict }, outcome);
  });
  let cutShort: string | undefined;
  let left: Left = { kind: "untouched" };
  try {
    await checks(options, book, figures);
  } catch (error) {
    cutShort = error instanceof Stopped ? "somebody stopped it" : wordsOf(error);
  } finally {
    left = await driver.leaveAsFound();
    driver.close();
  }
  const why = cutShort === undefined ? "it did not come to it" : `cut short: ${cutShort}`;
  return {
    rows: await book.finish(why),
    figures,
    left,
    ...(cutShort === undefined ? {} : { cutShort }),
  };
}

async function checks(
  options: RunOptions,
  book: ReturnType<typeof openBook>,
  figures: Figures,
): Promise<void> {
  const { driver, now, port } = options;
  const { capabilities: can } = port;
  const silences = keepSilences();
  const begun = await found(options);
  await book.attempt("found", async () => begun.conclusion);
  if (!begun.goesOn) return;
  const shared = { driver, book, silences };
  await tryControls({ ...shared, can, holdMs: options.holdMs });
  await tryRounds({
    ...shared,
    figures,
    roundCount: options.roundCount,
    guardMs: options.guardMs,
    watches: can.watch,
    betweenMs: options.how === "not" ? BETWEEN_MS : BETWEEN_HEARD_MS,
  });
  const over: Over | undefined = await tryEnding({
    ...shared,
    now,
    how: options.how,
    session: begun.session,
    canStatus: can.status,
    byHandMsMax: options.byHandMsMax,
    say: options.say,
  });
  const { byHandMsMax, file } = options;
  await tryFile({ ...shared, now, audio: can.audio, over, byHandMsMax, file });
}

/** Nothing is ordered before it is known that the call is recorded, and by nobody silenced. */
async function found({ asRecording, driver, isOurs, port, say }: RunOptions) {
  if (!port.capabilities.status) {
    const words = "it cannot be asked; the operator's word is taken for it";
    return { goesOn: true, session: undefined, conclusion: taken(words) };
  }
  let seen = await driver.read();
  if (isOurs && isNow(seen, "paused")) {
    say("An earlier run was killed and left this target silent: it is resumed first.");
    await driver.becomes("recording", await driver.order("resume"));
    seen = await driver.read();
  }
  const session = seen.kind === "observed" ? seen.session : undefined;
  if (isNow(seen, "recording")) return { goesOn: true, session, conclusion: shown(saidOf(seen)) };
  if (asRecording && seen.kind !== "observed") {
    const words = `${saidOf(seen)}; the operator says that it records`;
    return { goesOn: true, session, conclusion: taken(words) };
  }
  const words = isNow(seen, "paused")
    ? "somebody else has paused it: it is left alone"
    : saidOf(seen);
  return { goesOn: false, session, conclusion: notShown(words) };
}

/** Fixed words for what is foreseen; a bug's message may hold anything. */
const wordsOf = (error: unknown): string =>
  error instanceof Error && error.message.startsWith("the log in ") ? error.message : "a bug";
