import { describe, expect, test } from "vitest";
import type { Alert, CallAlert } from "../../src/alerts/alert.ts";
import { ALERT_KINDS } from "../../src/alerts/alert.ts";
import {
  type Change,
  type Delivery,
  OPEN_COUNT_MAX,
  Outbox,
  type OutboxOptions,
  type Saved,
  WAITING_COUNT_MAX,
} from "../../src/alerts/outbox.ts";
import { alertEndpointSchema } from "../../src/policy/configAlerts.ts";

const RULES = { retryMsMin: 1_000, retryMsMax: 900_000, giveUpMs: 93_600_000 };
const call = (n: number, kind: CallAlert["kind"] = "unsecured"): Alert => ({
  kind,
  since: 1_000 + n,
  tenant: "acme",
  callId: `c${n}`,
  windowIds: [],
  recorderIds: ["r"],
  protection: "unsecured",
  position: n,
});

/** An outbox, and what a file would hold that is told every change. */
function kept(options: Partial<OutboxOptions> = {}, saved?: Saved) {
  const open = new Map(saved?.open);
  const waiting = new Map<string, Delivery>();
  for (const one of saved?.deliveries ?? []) waiting.set(one.id, one);
  const changes: Change[] = [];
  const outbox = new Outbox(
    {
      endpoints: [{ id: "pager" }],
      rules: RULES,
      context: { origin: "tacet.example", sandbox: false },
      changed(change) {
        changes.push(change);
        if (change.type === "open") open.set(change.key, change.open);
        if (change.type === "close") open.delete(change.key);
        if (change.type === "put") waiting.set(change.delivery.id, change.delivery);
        if (change.type === "drop") waiting.delete(change.id);
      },
      ...options,
    },
    saved,
  );
  const file = (): Saved => ({ open, deliveries: [...waiting.values()] });
  return { outbox, changes, file };
}
const all = (outbox: Outbox, now = 10_000) => outbox.take("pager", now, 1_000_000);

describe("an outbox", () => {
  test("opens one alert of a condition, however often it is raised, and closes it once", () => {
    const { outbox } = kept();
    expect([outbox.raise(call(1), 1), outbox.raise({ ...call(1), since: 99 }, 2)]).toEqual([
      true,
      false,
    ]);
    const condition = { kind: "unsecured", tenant: "acme", callId: "c1" } as const;
    expect([outbox.resolve(condition, 3, 3), outbox.resolve(condition, 4, 4)]).toEqual([
      true,
      false,
    ]);
    expect(all(outbox).map(({ resolved }) => resolved)).toEqual([false, true]);
    // The next occurrence is another one.
    outbox.raise({ ...call(1), since: 2_000 }, 5);
    expect(new Set(all(outbox).map(({ id }) => id)).size).toBe(1);
    expect(outbox.waitingCount("pager")).toBe(3);
  });

  test("tells what it holds whole: another one that is made of it goes on where it was", () => {
    const first = kept();
    for (let n = 0; n < 5; n += 1) first.outbox.raise(call(n), n);
    first.outbox.resolve({ kind: "unsecured", tenant: "acme", callId: "c3" }, 10, 10);
    const [sent] = first.outbox.take("pager", 10_000, 1);
    if (sent !== undefined) first.outbox.delivered(sent, 11);
    expect(first.file()).toEqual(first.outbox.whole());
    const second = kept({}, first.file());
    expect(second.outbox.raise(call(1), 20)).toBe(false);
    expect(all(second.outbox).map(({ id }) => id)).toEqual(
      first.outbox.whole().deliveries.map(({ id }) => id),
    );
  });

  test("says of a new alert its messages before that it is open: cut in between, none is lost", () => {
    const { changes, outbox } = kept();
    outbox.raise(call(1), 1);
    outbox.resolve({ kind: "unsecured", tenant: "acme", callId: "c1" }, 2, 2);
    expect(changes.map(({ type }) => type)).toEqual(["put", "open", "put", "close"]);
  });

  test("sends nothing of what was over before its hold, and both where it was not", () => {
    const { outbox } = kept();
    const over = { kind: "unsecured", tenant: "acme", callId: "c1" } as const;
    outbox.raise(call(1), 1_000, 5_000);
    expect(all(outbox, 5_999)).toEqual([]);
    outbox.resolve(over, 3_000, 3_000);
    expect(all(outbox, 99_000)).toEqual([]);
    outbox.raise(call(1), 100_000, 5_000);
    outbox.resolve(over, 106_000, 106_000);
    expect(all(outbox, 106_000)).toHaveLength(2);
  });

  test("gives nobody a message twice at once, and goes on with the others", () => {
    const { outbox } = kept();
    for (let n = 0; n < 3; n += 1) outbox.raise(call(n), n);
    const [first] = outbox.take("pager", 10, 1);
    expect(outbox.take("pager", 10, 5).map(({ id }) => id)).not.toContain(first?.id);
    expect(outbox.nextDueAt("pager")).toBeUndefined();
  });

  test("what failed is due at once when its endpoint takes something again", () => {
    const { outbox } = kept();
    outbox.raise(call(1), 1);
    outbox.raise(call(2), 2);
    const [one, two] = all(outbox, 10);
    if (one === undefined || two === undefined) throw new Error("two are due");
    outbox.failed(one, 10, 0.5);
    expect(all(outbox, 11)).toEqual([]);
    outbox.delivered(two, 12);
    expect(all(outbox, 12).map(({ id }) => id)).toEqual([one.id]);
  });

  test("drops what waits for an endpoint that is no longer configured", () => {
    const first = kept();
    first.outbox.raise(call(1), 1);
    const second = kept({ endpoints: [{ id: "other" }] }, first.file());
    expect(second.changes).toMatchObject([{ type: "drop", endpointId: "pager" }]);
  });

  test("is bounded: beyond it the oldest of the least grave are one message that counts them", () => {
    const { outbox } = kept();
    outbox.raise({ kind: "log_failing", since: 1, cause: "not_written" }, 1);
    for (let n = 0; n < WAITING_COUNT_MAX; n += 1) {
      outbox.raise(call(n, n % 2 === 0 ? "paused_by_other" : "drift"), 2 + n);
    }
    expect(outbox.waitingCount("pager")).toBeLessThanOrEqual(WAITING_COUNT_MAX);
    for (let n = 0; n < 100; n += 1) outbox.raise(call(10_000 + n), 9_000);
    expect(outbox.waitingCount("pager")).toBeLessThanOrEqual(WAITING_COUNT_MAX);
    const waiting = all(outbox, 1e9);
    const kinds = new Map<string, number>();
    for (const { kind } of waiting) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    expect(kinds.get("log_failing")).toBe(1);
    expect(kinds.get("drift")).toBe(WAITING_COUNT_MAX / 2);
    expect(kinds.get("unsecured")).toBe(100);
    expect(kinds.get("folded")).toBe(1);
    const counted = waiting.find(({ kind }) => kind === "folded");
    const { data } = JSON.parse(counted?.body ?? "{}") as { data: { counts: object } };
    const lost = WAITING_COUNT_MAX / 2 - (kinds.get("paused_by_other") ?? 0);
    expect(data.counts).toEqual({ paused_by_other: lost });
  });

  test("remembers a bounded number of open alerts", () => {
    const { outbox } = kept({ endpoints: [] });
    for (let n = 0; n <= OPEN_COUNT_MAX; n += 1) outbox.raise(call(n), n);
    expect(outbox.open().size).toBe(OPEN_COUNT_MAX);
  });

  test("an occurrence has the same id wherever it is worked out, and no other has it", () => {
    const ids = [kept(), kept()].map(({ outbox }) => {
      outbox.raise(call(1), Math.random() * 1_000);
      return all(outbox)[0]?.id;
    });
    expect(ids[0]).toBe(ids[1]);
    const elsewhere = kept({ context: { origin: "other.example", sandbox: false } });
    elsewhere.outbox.raise(call(1), 1);
    expect(all(elsewhere.outbox)[0]?.id).not.toBe(ids[0]);
    // A full stop would blur what is signed: id, time and body are joined by them.
    expect(ids[0]).toMatch(/^[a-z0-9_]+$/);
  });

  test("policy and alerts know the same kinds", () => {
    const kinds = alertEndpointSchema.shape.kinds.unwrap().element.options;
    expect([...kinds].toSorted()).toEqual([...ALERT_KINDS].toSorted());
  });
});
