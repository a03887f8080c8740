import { expect, test } from "vitest";
import { callMessage, shapeFor } from "../../src/events/project.ts";
import { openWindow, secured, state, tap } from "./kit.ts";

const shop = { owner: "shop", can: () => ["resume" as const] };

test("a message tells open windows only, and which of them are the viewer's", () => {
  const call = {
    callId: "c1",
    position: 7,
    state: state({
      windows: {
        mine: openWindow("shop", { reason: "card_payment" }),
        other: openWindow("ivr", { agentId: "a1" }),
        done: openWindow("shop", { state: "closed" }),
      },
    }),
  };
  expect(callMessage(call, shop)).toMatchObject({
    type: "call",
    protection: "secured",
    position: 7,
    can: ["resume"],
    windows: [
      { windowId: "mine", own: true, reason: "card_payment" },
      { windowId: "other", own: false, agentId: "a1" },
    ],
  });
  expect(callMessage(call, { ...shop, agentId: "a1" }).windows[1]?.own).toBe(true);
});

test("a message tells what each recorder confirmed, and never where it finds the conversation", () => {
  const failure = { outcome: "refused", reason: "hash_refused", detail: "x", attempts: 4 } as const;
  const call = {
    callId: "c1",
    position: 7,
    state: state({
      turn: 2,
      taps: {
        a: tap({ turn: 2, confirmedBy: "read_back", confirmedAfterMs: 12, attempts: 3 }),
        b: tap({ recorderId: "old", role: "leaving", turn: 1, confirmedBy: "read_back", failure }),
        c: tap({ recorderId: "theirs", before: "paused", touched: false }),
      },
    }),
  };
  const message = callMessage(call, shop);
  expect(message.recorders).toMatchObject([
    { recorderId: "hq", confirmedBy: "read_back", confirmedAfterMs: 12, attempts: 3 },
    { leaving: true, attempts: 4, failure: { outcome: "refused", reason: "hash_refused" } },
    { pausedByOther: true, attempts: 0 },
  ]);
  expect(JSON.stringify(message)).not.toContain("secret");
});

test("viewers with the same windows and rights share one message, others do not", () => {
  const call = { callId: "c1", position: 7, state: state(secured("shop")) };
  expect(shapeFor(call, shop)).toBe(shapeFor(call, { ...shop }));
  expect(shapeFor(call, shop)).not.toBe(shapeFor(call, { ...shop, owner: "ivr" }));
  expect(shapeFor(call, shop)).not.toBe(shapeFor(call, { ...shop, can: () => [] }));
});

test("a call with facts that no log holds is never shown as secured", () => {
  const call = { callId: "c1", position: 7, state: state(secured()), unlogged: true };
  expect(callMessage(call, shop)).toMatchObject({ protection: "unsecured", unlogged: true });
});
