import { expect, test } from "vitest";
import { type Alert, keyOf } from "../../src/alerts/alert.ts";
import type { Signal } from "../../src/alerts/conditions.ts";
import { standingOf } from "../../src/alerts/conditions.ts";
import { newCall } from "../../src/control/call.ts";
import type { LogStore } from "../../src/log/store.ts";
import type { Courier } from "../../src/runtime/node/alerts/courier.ts";
import { replay } from "../../src/runtime/node/alerts/replay.ts";
import { A, Told } from "../control/given.ts";

const CALL = { tenant: "acme", callId: "c1" };

/** A log of one call that is in this state, and what a courier was told of it. */
function given(told: Told, size: number, open: readonly Alert[] = []) {
  const said: string[] = [];
  const reads: string[] = [];
  const marks = new Map<string, number>();
  const log: Pick<LogStore, "load" | "read" | "size" | "tenants" | "unrested"> = {
    load: async () => ({ state: told.state, position: size }),
    read: async (tenant) => {
      reads.push(tenant);
      return { entries: [], indexedTo: size };
    },
    size: () => size,
    tenants: () => ["acme"],
    unrested: async () => [CALL],
  };
  const courier: Courier = {
    raise: ({ kind }) => void said.push(`raise ${kind}`),
    resolve: ({ kind }) => void said.push(`resolve ${kind}`),
    observe() {},
    signal: (signal: Signal) => void said.push(signal.type),
    mark: (tenant, position) => void marks.set(tenant, position),
    outbox: {
      open: () => new Map(open.map((alert) => [keyOf(alert), { id: "x", alert }])),
      waitingCount: () => 0,
    },
    start() {},
    stop: async () => {},
  };
  return { log, courier, said, reads, marks };
}

test("far behind, calls are judged as they stand, and no entry is gone through", async () => {
  const drifted = new Told().secured(A);
  drifted.says(500, "a/1", "recording");
  const { courier, log, marks, reads, said } = given(drifted, 1_000_000);
  await replay(log, courier, new Map([["acme", 1]]));
  expect([said, reads, marks.get("acme")]).toEqual([["raise unsecured"], [], 1_000_000]);
});

test("what is open and no longer so is closed; what still is stays", async () => {
  const drifted = new Told().secured(A);
  drifted.says(500, "a/1", "recording");
  const open = standingOf({ ...CALL, state: drifted.state, position: 9 });
  const same = given(drifted, 9, open);
  await replay(same.log, same.courier, new Map([["acme", 9]]));
  expect(same.said).toEqual([]);
  const gone = given(Object.assign(new Told(), { state: newCall }), 9, open);
  await replay(gone.log, gone.courier, new Map([["acme", 9]]));
  expect(gone.said).toEqual(["resolve unsecured"]);
});
