/**
 * P2, second half: every target is in the state that its calls ask for, and what others had silenced
 * is as they left it.
 */
import type { Bounds, Change, Finding } from "../story.ts";
import type { Book } from "./book.ts";
import { asksForSilence, type CallFold, isSecured } from "./calls.ts";
import type { Journals } from "./journals.ts";

export interface Ends {
  readonly findings: readonly Finding[];
  /** Foreign mutes that were undone where what was before could not be read: the stated price. */
  readonly excused: number;
}

export function judgeEnds(book: Book, journals: Journals, bounds: Bounds): Ends {
  const findings: Finding[] = [];
  let excused = 0;
  const claimed = claims(book);
  for (const { recorderId, target } of journals.targets()) {
    const changes = journals.changes(recorderId, target);
    const actual = changes.at(-1)?.status;
    const calls = claimed.get(`${recorderId}\n${target}`) ?? [];
    const where = `${recorderId} ${target}`;
    if (calls.length > 0) {
      if (actual !== "recording") continue;
      const whose = calls.map(({ callId }) => callId).join(", ");
      findings.push({ breach: "left_recording", detail: `${where}: claimed by ${whose}` });
      continue;
    }
    const natural = leftByOthers(changes);
    if (natural === actual) continue;
    if (natural !== "paused") {
      findings.push({ breach: "left_silent", detail: `${where}: ${actual}, should be ${natural}` });
    } else if (wasUnknown(book, changes, recorderId, target, bounds)) {
      excused += 1;
    } else {
      findings.push({ breach: "foreign_mute_undone", detail: `${where}: ${actual}` });
    }
  }
  for (const fold of book.calls.values()) {
    if (fold.ending && !fold.ended) {
      findings.push({ breach: "call_not_ended", detail: fold.callId });
    }
    const open = [...fold.windows].filter(([, { state }]) => state === "open");
    const [one] = open[0] ?? [];
    if (one !== undefined && !isSecured(fold, one)) {
      findings.push({ breach: "left_unsecured", detail: `${fold.callId} with ${one} open` });
    }
  }
  return { findings, excused };
}

/** Calls that ask for silence, by target. */
function claims(book: Book): Map<string, CallFold[]> {
  const claimed = new Map<string, CallFold[]>();
  for (const fold of book.calls.values()) {
    if (fold.ended || !asksForSilence(fold)) continue;
    for (const { leftAt, recorderId, target } of fold.taps.values()) {
      if (leftAt !== undefined) continue;
      const key = `${recorderId}\n${target}`;
      claimed.set(key, [...(claimed.get(key) ?? []), fold]);
    }
  }
  return claimed;
}

/** What people, telephony and the recorder itself last made of it. */
function leftByOthers(changes: readonly Change[]): Change["status"] {
  let natural: Change["status"] = "absent";
  for (const { cause, status } of changes) {
    if (cause === "person") natural = status;
    // A conversation that begins is recorded, whatever was left behind on its channel.
    else if (cause !== "command") natural = status === "absent" ? "absent" : "recording";
  }
  return natural;
}

/**
 * Whether tacet could not know who silenced it: the question of what it was before was not answered
 * in time, or was asked before that hand, and not so long ago as to be asked again.
 */
function wasUnknown(
  book: Book,
  changes: readonly Change[],
  recorderId: string,
  target: string,
  { baselineAgeMsMax }: Bounds,
): boolean {
  const mutedAt = changes.findLast(({ cause }) => cause === "person")?.at ?? 0;
  return [...book.calls.values()].some((fold) => {
    const tap = [...fold.taps.values()].find(
      (one) => one.recorderId === recorderId && one.target === target,
    );
    if (tap === undefined) return false;
    return book.of(fold.callId).some(({ detail, type }) => {
      if (type !== "TapBaselined" || detail?.["tapId"] !== tap.tapId) return false;
      const askedAt = Number(detail["askedAt"]);
      if (detail["status"] === "unknown") return askedAt >= mutedAt;
      return askedAt < mutedAt && mutedAt - askedAt < baselineAgeMsMax;
    });
  });
}
