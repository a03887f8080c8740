/**
 * P2, first half: whatever was acknowledged is in the log, at the position that was told and of that
 * window; and nothing was closed or ended that nobody asked for.
 */
import type { Finding } from "../story.ts";
import type { Asks, Exchange } from "./asks.ts";
import type { Book } from "./book.ts";
import type { Entry } from "./ledger.ts";

/** Answers that say that something was entered. */
export const isAcknowledged = ({ ask, told }: Exchange): boolean =>
  ask.what !== "read" && ((told.status >= 200 && told.status < 300) || told.status === 424);

export function judgeFact(exchange: Exchange, book: Book): Finding[] {
  const { ask, told } = exchange;
  const missing = (what: string): Finding[] => [
    {
      breach: "entry_missing",
      detail: `${ask.what} (${ask.id}) of ${ask.callId} was answered ${told.status} at position ${told.position}: ${what}`,
    },
  ];
  if (told.position !== undefined) {
    const entry = book.at(told.position);
    if (entry === undefined) return missing("the log has no such entry");
    if (entry.callId !== ask.callId) return missing(`the entry is of ${entry.callId}`);
  }
  // None is told while newer facts of the call wait for a log that fails; this one is in it.
  const position = told.position ?? Infinity;
  const entries = book.upTo(ask.callId, position);
  const fold = book.foldAt(ask.callId, position);
  const window = fold.windows.get(ask.windowId ?? "");
  switch (ask.what) {
    case "pause":
    case "renew":
    case "read":
      return entries.some(isLease(exchange)) ? [] : missing("the window's lease is not in the log");
    case "resume":
      // An id that an ended call never had is not remembered.
      return window?.state === "closed" || (window === undefined && fold.ended)
        ? []
        : missing("the window is not closed in the log");
    case "end":
      return fold.ending ? [] : missing("the call's end is not in the log");
    case "put":
      return fold.taps.size > 0 ? [] : missing("its targets are not in the log");
    default:
      return ask.what satisfies never;
  }
}

const isLease =
  ({ ask, told }: Exchange) =>
  ({ detail, type, windowId }: Entry): boolean =>
    windowId === ask.windowId &&
    (type === "WindowOpened" || type === "WindowRenewed") &&
    detail?.["expiresAt"] === told.expiresAt;

/** A call's ticket outlives every restart, and no round lasts as long as it does. */
export function judgeTicket({ ask, told: { status } }: Exchange): Finding[] {
  if (ask.byTicket !== true || (status !== 401 && status !== 403)) return [];
  const detail = `${ask.what} (${ask.id}) of ${ask.callId} with its ticket was answered ${status}`;
  return [{ breach: "ticket_refused", detail }];
}

/** What an entry says that somebody asked for, and nobody did. */
export function judgeEntry(entry: Entry, asks: Asks): Finding[] {
  const { callId = "", position, reason, type, windowId = "" } = entry;
  const unasked = (detail: string): Finding[] => [
    { breach: "closed_unasked", detail: `entry ${position}: ${detail}` },
  ];
  if (type === "WindowClosed" && !asks.wasResumed(windowId)) {
    return unasked(`nobody asked to close ${windowId}`);
  }
  if (type === "CallEnding" && reason === "asked" && !asks.wasEnded(callId)) {
    return unasked(`nobody asked to end ${callId}`);
  }
  return [];
}
