/**
 * Several rounds of pause and resume on the running call: how soon each is confirmed, and whether
 * and how soon it is pushed.
 *
 * @module
 */
import { type Book, type Conclusion, notShown, notTried, shown } from "./checks.ts";
import type { Driver, Given } from "./driver.ts";
import type { Silences } from "./silences.ts";

/** How long each took from its order, in ms. */
export interface Figures {
  readonly pauseMs: number[];
  readonly resumeMs: number[];
  readonly pushMs: number[];
}

export interface RoundsOptions {
  readonly driver: Driver;
  readonly book: Book;
  readonly silences: Silences;
  readonly figures: Figures;
  readonly roundCount: number;
  /** How often a silenced recorder is asked while it is served. */
  readonly guardMs: number;
  readonly watches: boolean;
  /** Between two orders, so that the recorder's file has something of each. */
  readonly betweenMs: number;
}

export async function tryRounds(options: RoundsOptions): Promise<void> {
  const { book, figures, guardMs, watches } = options;
  /** The first thing that was wrong with what is pushed. */
  let wrong: string | undefined;
  await book.attempt("rounds", () =>
    confirmedRounds(options, (words) => {
      wrong ??= words;
    }),
  );
  if (!watches) {
    const why = "it pushes nothing as it is configured";
    await book.attempt("pushed", async () => notTried(why));
    return;
  }
  await book.attempt("pushed", async () =>
    wrong === undefined ? shown(`${figures.pushMs.length} changes`) : notShown(wrong),
  );
  await book.attempt("push_in_time", async () => {
    const worstMs = Math.max(...figures.pushMs);
    const words = `the latest ${worstMs} ms after its order; the next question after ${guardMs} ms`;
    return worstMs <= guardMs ? shown(words) : notShown(words);
  });
}

async function confirmedRounds(
  options: RoundsOptions,
  isWrong: (words: string) => void,
): Promise<Conclusion> {
  const { betweenMs, driver, figures, roundCount, silences, watches } = options;
  let looks = watches;
  // Each silence so far began and ended.
  if (watches) await driver.pushedAll(2 * silences.whole().length);
  for (let round = 1; round <= roundCount; round += 1) {
    for (const order of ["pause", "resume"] as const) {
      const status = order === "pause" ? "paused" : "recording";
      const given = await driver.order(order);
      const became = await driver.becomes(status, given);
      if (order === "pause") silences.began(given, became);
      else silences.ended(given, became);
      if (became.kind === "not") return notShown(`round ${round}, ${order}: ${became.said}`);
      (order === "pause" ? figures.pauseMs : figures.resumeMs).push(became.afterMs);
      await driver.pass(betweenMs);
      const words = looks ? await pushOf(status, given, became.at, options) : undefined;
      if (words === undefined) continue;
      // It is told once, and not waited for again.
      looks = false;
      isWrong(`round ${round}: asked, it says \`${status}\`, and ${words}`);
    }
  }
  return shown(`${roundCount} rounds`);
}

/** Notes how soon the change was pushed; what is wrong with it otherwise. */
async function pushOf(
  status: "paused" | "recording",
  given: Given,
  confirmedAt: number,
  { driver, figures }: RoundsOptions,
): Promise<string | undefined> {
  const at = await driver.pushed(status, given.sentAt);
  if (at === undefined) return "nothing was pushed that says so";
  const other = driver.pushesSince(Math.max(at, confirmedAt)).find((pushed) => pushed !== status);
  if (other !== undefined) return `\`${other}\` was pushed`;
  figures.pushMs.push(at - given.sentAt);
  return undefined;
}
