/** Legal holds and prunings that come between one another, and logs that cannot say all of it. */
import { expect, onTestFinished, test } from "vitest";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { createRetention, type RetentionOptions } from "../../src/runtime/node/retention/index.ts";
import { holdRooms } from "../../src/runtime/node/retention/legalHolds.ts";
import type { PruningOptions } from "../../src/runtime/node/retention/pruning.ts";
import { until } from "../service/client.ts";
import { PAYMENT } from "./events.ts";
import { clock, NOW, OLD, oldCalls } from "./retentionRig.ts";
import { temporaryFolder } from "./rig.ts";

const order = { by: PAYMENT, reason: "case 7" };

type More = Partial<Pick<PruningOptions, "openIncidents">> &
  Partial<Pick<RetentionOptions, "isTenant">>;

function pruning(log: NodeLog, { isTenant, openIncidents = async () => [] }: More = {}) {
  const config = { months: 12, tenants: {} };
  const known = isTenant === undefined ? {} : { isTenant };
  const retention = createRetention({ config, log, clock, ...known });
  const note = () => undefined;
  const logger = { info: note, warn: note, error: note };
  retention.begin({ log, logger, copiedTo: () => undefined, openIncidents });
  onTestFinished(() => retention.stop());
  return retention;
}

const gate = () => Promise.withResolvers<void>();

test("a hold that was placed while the holds were read is never forgotten", async () => {
  const log = await oldCalls(temporaryFolder());
  const opening = gate();
  const begun = gate();
  let isFirst = true;
  const slow: NodeLog = {
    ...log,
    async read(...asked) {
      const page = await log.read(...asked);
      // The last one read, of the log as it was: the hold is not in it.
      if (!isFirst || asked[1].type !== undefined) return page;
      isFirst = false;
      begun.resolve();
      await opening.promise;
      return page;
    },
  };
  const room = holdRooms({ log: slow, clock, ids: () => "h1" })("acme");
  const shown = room.holds();
  await begun.promise;
  expect(await room.place(order)).toMatchObject({ kind: "placed" });
  opening.resolve();
  await shown;
  const standing = await room.inTurn(async (holds) => holds.standing());
  expect(standing.map(({ holdId }) => holdId)).toEqual(["h1"]);
});

test("whoever asks what stands while a hold is placed is answered with it", async () => {
  const log = await oldCalls(temporaryFolder());
  const opening = gate();
  const slow: NodeLog = {
    ...log,
    async enter(drafts) {
      await opening.promise;
      return await log.enter(drafts);
    },
  };
  const room = holdRooms({ log: slow, clock, ids: () => "h1" })("acme");
  await room.holds();
  const placing = room.place(order);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const shown = room.holds();
  opening.resolve();
  expect(await placing).toMatchObject({ kind: "placed" });
  expect((await shown).standing()).toHaveLength(1);
});

test("an open incident whose call is not found yet keeps everything", async () => {
  const log = await oldCalls(temporaryFolder());
  let isFilled = false;
  const behind: NodeLog = {
    ...log,
    read: async (tenant, filter, after, limit) =>
      filter.callId === undefined || isFilled
        ? await log.read(tenant, filter, after, limit)
        : { entries: [], indexedTo: 0 },
  };
  const incident = { incidentId: "i1", callId: "c10" };
  const retention = pruning(behind, { openIncidents: async () => [{ incident, position: 990 }] });
  const stopped = async (kind: string) =>
    await until(
      () => retention.standing("acme"),
      ({ stoppedBy }) => stoppedBy?.kind === kind,
    );
  expect((await stopped("log")).prunedTo).toBe(0);
  isFilled = true;
  expect((await stopped("open_incident")).prunedTo).toBe(0);
});

test("the log of a tenant that the configuration has no more is kept whole", async () => {
  const log = await oldCalls(temporaryFolder());
  await log.enter([
    {
      at: NOW,
      tenant: "system",
      type: "LogStarted",
      actor: { id: "tacet", kind: "system" },
      origin: { component: "runtime" },
      outcome: "success",
    },
  ]);
  let isTenant = false;
  const retention = pruning(log, { isTenant: () => isTenant });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await retention.standing("acme")).toEqual({
    prunedTo: 0,
    keptFrom: OLD,
    legalHolds: [],
  });
  expect((await retention.standing("system")).months).toBe(12);
  isTenant = true;
  await until(
    () => log.prunedTo("acme"),
    (to) => to === 768,
  );
});
