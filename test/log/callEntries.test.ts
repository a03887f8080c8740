import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fold } from "../../src/control/evolve.ts";
import type { CallEvent } from "../../src/control/events.ts";
import { draftOfEvent, eventOfEntry, isCallEntry } from "../../src/log/callEntries.ts";
import type { Entry } from "../../src/log/entry.ts";
import { emptyLog, sealAll } from "../../src/log/seal.ts";
import { anyEvent, payment, tapSpec } from "./events.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** To bytes and back, behind an entry of `lastAt`. */
function through(events: readonly CallEvent[], lastAt = 0): Entry[] {
  const drafts = events.map((event) => draftOfEvent("acme", "7f3a", event));
  const { sealed } = sealAll(drafts, { ...emptyLog, at: lastAt }, "unknown");
  return sealed.map(({ bytes }) => JSON.parse(decoder.decode(bytes)) as Entry);
}

test("any event comes back from its entry's bytes as it was, even where the clock stepped back", () => {
  fc.assert(
    fc.property(anyEvent, fc.integer({ min: 0, max: 2 ** 45 }), (event, lastAt) => {
      const [entry] = through([event], lastAt) as [Entry];
      expect(eventOfEntry(entry)).toEqual(event);
      expect(entry.at).toBe(Math.max(lastAt, event.at));
      expect(isCallEntry(entry)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("a call folded from its entries is the call", () => {
  const events = payment("pay-1", 1_795_312_000_000);
  expect(fold(through(events).map(eventOfEntry))).toEqual(fold(events));
});

test("an entry tells who, from where, what and to whom at its top level", () => {
  const entries = through(payment("pay-1", 1_795_312_000_000));
  expect(entries[3]).toMatchObject({
    type: "WindowOpened",
    callId: "7f3a",
    windowId: "pay-1",
    actor: { id: "shop", kind: "payment", client: "checkout/2" },
    origin: { ip: "203.0.113.7", component: "api" },
    reason: "card_payment",
    outcome: "success",
  });
  expect(entries[1]?.recorderId).toBe("vslogger-hq");
  expect(entries[4]?.actor).toEqual({ id: "tacet", kind: "system" });
  expect(entries[6]).toMatchObject({ outcome: "failure", detail: { outcome: "in_doubt" } });
  expect(entries.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("no two entries have the same salt, and it is 16 bytes", () => {
  const events = Array.from({ length: 60 }, (_, index) => payment(`w${index}`, 1)).flat();
  const salts = through(events).map(({ salt }) => salt);
  expect(new Set(salts).size).toBe(events.length);
  expect(salts.every((salt) => Buffer.from(salt, "base64url").length === 16)).toBe(true);
});

test("a recorder's broken Unicode is entered as U+FFFD and keeps no fact out of the log", () => {
  const target = { note: "broken \ud83d" };
  const [entry] = through([
    { type: "TapAdded", at: 1, tap: { ...tapSpec(), target }, baselineBy: 1, confirmDueBy: 1 },
  ]);
  expect(entry?.detail?.tap).toMatchObject({ target: { note: "broken \ufffd" } });
});
