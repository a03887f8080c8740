/**
 * The checks of the running call: whether each order is done, stays done, and may be repeated.
 *
 * @module
 */
import { type Book, type Conclusion, notShown, notTried, shown } from "./checks.ts";
import { type Became, type Driver, type Given, answerOf, isNow, saidOf } from "./driver.ts";
import type { Silences } from "./silences.ts";

export interface ControlsOptions {
  readonly driver: Driver;
  readonly book: Book;
  readonly silences: Silences;
  /** How long it is looked whether the first pause stays. */
  readonly holdMs: number;
  readonly can: { readonly status: boolean; readonly survey: boolean; readonly watch: boolean };
}

const CANNOT = "it cannot be asked and tells nothing: its yes is all there is";
const NOT_ASKED = "it cannot be asked";

/** How often the call is silenced here. */
export const CONTROL_SILENCE_COUNT = 3;
/** And a recorder that can only say yes. */
export const YES_SILENCE_COUNT = 2;

export async function tryControls(options: ControlsOptions): Promise<void> {
  const { book, can } = options;
  // Whether what it is can be learned at all.
  if (can.status || can.watch) {
    await firstPause(options);
    await firstResume(options);
  } else await justYes(options);
  await book.attempt("resume_again", () => again("resume", options));
  await secondTime(options);
  await book.attempt("pauses_at_once", () => atOnce(options));
}

/** A recorder that can only say yes: it is silenced twice, so that its file can tell of a second time. */
async function justYes({ book, driver, holdMs, silences }: ControlsOptions): Promise<void> {
  for (let round = 1; round <= YES_SILENCE_COUNT; round += 1) {
    const paused = await driver.order("pause");
    silences.began(paused, saidSo(paused));
    if (round === 1) {
      await book.attempt("pause_answered", async () => answered(paused));
      await book.attempt("pause_confirmed", async () => notTried(CANNOT));
    }
    await driver.pass(holdMs);
    const resumed = await driver.order("resume");
    silences.ended(resumed, saidSo(resumed));
    if (round === 1) await book.attempt("resume_answered", async () => answered(resumed));
    await driver.pass(holdMs);
  }
}

/** Only its file can show whether it was so. */
const saidSo = ({ answeredAt, outcome, sentAt }: Given): Became =>
  outcome.kind === "acknowledged"
    ? { kind: "confirmed", by: "read_back", at: answeredAt, afterMs: answeredAt - sentAt }
    : { kind: "not", said: `it ${answerOf(outcome)}` };

async function firstPause(options: ControlsOptions): Promise<void> {
  const { book, can, driver, holdMs, silences } = options;
  const given = await driver.order("pause");
  await book.attempt("pause_answered", async () => answered(given));
  const became = await driver.becomes("paused", given);
  silences.began(given, became);
  await book.attempt("pause_confirmed", async () => confirmed(became));
  await book.attempt("pause_stays", async () => {
    await driver.pass(holdMs);
    if (!can.status) return notTried(NOT_ASKED);
    const later = await driver.read();
    return isNow(later, "paused")
      ? shown(`asked again after ${holdMs} ms`)
      : notShown(`${holdMs} ms later ${saidOf(later)}`);
  });
  await book.attempt("survey", async () => {
    if (!can.survey) return notTried("it has no survey");
    const found = await driver.survey();
    if (found === undefined) return notShown("no answer");
    return isNow(found, "paused")
      ? shown("both say `paused`")
      : notShown(`in the survey ${saidOf(found)}`);
  });
  await book.attempt("pause_again", () => again("pause", options));
}

async function firstResume({ book, driver, silences }: ControlsOptions): Promise<void> {
  if (!book.is("pause_confirmed", "shown")) {
    // What was not silenced has nothing to resume; the end of the run looks after it.
    await book.attempt("resume_answered", async () => notTried("nothing was seen silenced"));
    return;
  }
  const given = await driver.order("resume");
  await book.attempt("resume_answered", async () => answered(given));
  const became = await driver.becomes("recording", given);
  silences.ended(given, became);
  await book.attempt("resume_confirmed", async () => confirmed(became));
}

async function again(
  order: "pause" | "resume",
  { can, driver }: ControlsOptions,
): Promise<Conclusion> {
  const status = order === "pause" ? "paused" : "recording";
  const given = await driver.order(order);
  if (!can.status) return notTried(NOT_ASKED);
  const seen = await driver.read();
  if (!isNow(seen, status)) return notShown(`afterwards ${saidOf(seen)}`);
  if (given.outcome.kind !== "acknowledged") return notShown(`it ${answerOf(given.outcome)}`);
  return shown(`answered yes, and it goes on saying \`${status}\``);
}

async function secondTime({ book, driver, silences }: ControlsOptions): Promise<void> {
  await book.attempt("second_pause", async () => {
    const given = await driver.order("pause");
    const became = await driver.becomes("paused", given);
    silences.began(given, became);
    return confirmed(became);
  });
  await book.attempt("second_resume", async () => {
    const given = await driver.order("resume");
    const became = await driver.becomes("recording", given);
    silences.ended(given, became);
    return confirmed(became);
  });
}

async function atOnce({ driver, silences }: ControlsOptions): Promise<Conclusion> {
  const both = await Promise.all([driver.order("pause"), driver.order("pause")]);
  const [first] = both;
  const last = both.reduce((one, other) => (other.answeredAt > one.answeredAt ? other : one));
  const paused = await driver.becomes("paused", last);
  silences.began(first, paused);
  if (paused.kind === "not") return notShown(`after both ${paused.said}`);
  const given = await driver.order("resume");
  const resumed = await driver.becomes("recording", given);
  silences.ended(given, resumed);
  if (resumed.kind === "not") return notShown(`after the resume ${resumed.said}`);
  const refused = both.find(({ outcome }) => outcome.kind !== "acknowledged");
  return refused === undefined
    ? shown("both answered yes, then `paused`; resumed, `recording`")
    : notShown(`one of the two ${answerOf(refused.outcome)}`);
}

const answered = ({ answeredAt, outcome, sentAt }: Given): Conclusion =>
  outcome.kind === "acknowledged"
    ? shown(`in ${answeredAt - sentAt} ms`)
    : notShown(`it ${answerOf(outcome)}`);

function confirmed(became: Became): Conclusion {
  if (became.kind === "not") return notShown(became.said);
  const how = became.by === "read_back" ? "asked afterwards" : "by its own event";
  return shown(`${how}, ${became.afterMs} ms after the order`);
}
