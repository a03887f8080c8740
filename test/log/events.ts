/**
 * Call events for the log's tests: any event at all, and a plain payment.
 *
 * @module
 */
import * as fc from "fast-check";
import type { Actor, TapSpec } from "../../src/control/call.ts";
import type { CallEvent } from "../../src/control/events.ts";

export const PAYMENT: Actor = {
  id: "shop",
  kind: "payment",
  owner: "shop-issuer",
  client: "checkout/2",
  ip: "203.0.113.7",
};

export const tapSpec = (recorderId = "vslogger-hq"): TapSpec => ({
  tapId: `${recorderId} ch=4`,
  recorderId,
  targetKey: "ch=4",
  target: { channel: 4 },
  control: "mute",
  audio: "silence",
  required: true,
  absentIs: "unprotected",
  acceptAcknowledged: false,
});

/** Ten facts of one call: registered, paused, confirmed, resumed and confirmed, ended. */
export function payment(windowId: string, at: number): CallEvent[] {
  const tap = tapSpec();
  const { tapId, recorderId } = tap;
  const report = { tapId, recorderId, confirmedBy: "read_back", attempts: 1 } as const;
  const due = { confirmDueBy: at + 3000 };
  return [
    { type: "CallRegistered", at, by: PAYMENT, agentId: "a-204", attributes: { queue: "Zürich" } },
    { type: "TapAdded", at, by: PAYMENT, tap, baselineBy: at + 250, ...due },
    { type: "TapBaselined", at: at + 1, tapId, recorderId, status: "recording", askedAt: at },
    {
      type: "WindowOpened",
      at: at + 2,
      by: PAYMENT,
      windowId,
      owner: "shop-issuer",
      reason: "card_payment",
      expiresAt: at + 120_000,
      expiresAtMax: at + 900_000,
      baselineAfter: at - 60_000,
      baselineBy: at + 250,
      ...due,
    },
    {
      type: "RecorderReported",
      at: at + 9,
      ...report,
      status: "paused",
      goal: "paused",
      turn: 1,
      askedAt: at,
      ...due,
    },
    { type: "WindowClosed", at: at + 20, by: PAYMENT, windowId, confirmDueBy: at + 3020 },
    {
      type: "RecorderFailed",
      at: at + 22,
      tapId,
      recorderId,
      turn: 2,
      outcome: "in_doubt",
      reason: "timeout",
      detail: "no reply in 2000 ms",
      attempts: 1,
    },
    {
      type: "RecorderReported",
      at: at + 30,
      ...report,
      status: "recording",
      goal: "recording",
      turn: 2,
      askedAt: at + 29,
      confirmDueBy: at + 3030,
    },
    { type: "CallEnding", at: at + 40, by: PAYMENT, endBy: at + 30_000, reason: "asked", ...due },
    { type: "CallEnded", at: at + 41, outstanding: [] },
  ];
}

const text = fc.string({ unit: "binary", maxLength: 12 }).map((value) => value.toWellFormed());
const time = fc.integer({ min: 0, max: 2 ** 45 });
const may = <T>(name: string, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((got) => (got === undefined ? {} : { [name]: got }));
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => JSON.parse(JSON.stringify(value)) as never);
const status = fc.constantFrom("recording", "paused", "absent", "unknown");
const actor = fc
  .tuple(
    fc.record({
      id: text,
      kind: fc.constantFrom("payment", "agent", "supervisor", "cti", "auditor", "operator"),
      owner: text,
    }),
    may("agentId", text),
    may("client", text),
    may("ip", fc.ipV4()),
  )
  .map((parts) => Object.assign({}, ...parts) as Actor);
const tap = fc.record({
  tapId: text,
  recorderId: text,
  targetKey: text,
  target: fc.dictionary(text, json, { maxKeys: 3 }),
  control: fc.constantFrom("pause", "mute", "stop", "none"),
  audio: fc.constantFrom("gap", "silence", "new_file", "unknown"),
  required: fc.boolean(),
  absentIs: fc.constantFrom("unprotected", "protected"),
  acceptAcknowledged: fc.boolean(),
});
const MEMBERS = {
  CallRegistered: [fc.record({ attributes: fc.dictionary(text, text) }), may("agentId", text)],
  CallMoved: [fc.record({ attributes: fc.dictionary(text, text) }), may("agentId", text)],
  TapAdded: [fc.record({ tap, baselineBy: time, confirmDueBy: time })],
  TapLeaving: [fc.record({ tapId: text, recorderId: text, confirmDueBy: time })],
  TapReleased: [
    fc.record({
      tapId: text,
      recorderId: text,
      reason: fc.constantFrom("claimed_by_another_call", "never_silenced"),
    }),
  ],
  TapBaselined: [
    fc.record({ tapId: text, recorderId: text, status, askedAt: time }),
    may("session", text),
  ],
  WindowOpened: [
    fc.record({
      windowId: text,
      owner: text,
      expiresAt: time,
      expiresAtMax: time,
      baselineAfter: time,
      baselineBy: time,
      confirmDueBy: time,
    }),
    may("agentId", text),
    may("reason", text),
  ],
  WindowRenewed: [fc.record({ windowId: text, expiresAt: time })],
  WindowClosed: [fc.record({ windowId: text, confirmDueBy: time })],
  WindowForestalled: [fc.record({ windowId: text })],
  WindowExpired: [fc.record({ windowId: text }), may("releaseAt", time)],
  WindowReleased: [fc.record({ windowId: text, confirmDueBy: time })],
  RecorderReported: [
    fc.record({
      tapId: text,
      recorderId: text,
      status,
      confirmedBy: fc.constantFrom("read_back", "pushed", "acknowledged"),
      turn: fc.nat(),
      goal: fc.constantFrom("paused", "recording"),
      askedAt: time,
      attempts: fc.nat(),
      confirmDueBy: time,
    }),
    may("session", text),
    may("reason", text),
  ],
  RecorderFailed: [
    fc.record({
      tapId: text,
      recorderId: text,
      turn: fc.nat(),
      outcome: fc.constantFrom("refused", "unreachable", "in_doubt"),
      reason: text,
      attempts: fc.nat(),
    }),
    may("detail", text),
  ],
  ConfirmationOverdue: [
    fc.record({ goal: fc.constantFrom("paused", "recording"), tapIds: fc.array(text) }),
  ],
  ConfirmationLapsed: [
    fc.record({ tapIds: fc.array(text), reason: fc.constantFrom("started", "silent") }),
  ],
  CallEnding: [
    fc.record({ endBy: time, reason: fc.constantFrom("asked", "idle"), confirmDueBy: time }),
  ],
  CallEnded: [fc.record({ outstanding: fc.array(text) })],
} as const satisfies Record<CallEvent["type"], readonly fc.Arbitrary<object>[]>;

/** Any event a call can have, with any well-formed strings in it. */
export const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
  ...Object.entries(MEMBERS).map(([type, members]) =>
    fc
      .tuple(
        fc.record({ at: time }),
        may("by", actor),
        ...(members as unknown as fc.Arbitrary<object>[]),
      )
      .map(
        (parts) =>
          ({ type, ...parts.reduce((all, part) => ({ ...all, ...part }), {}) }) as CallEvent,
      ),
  ),
);
