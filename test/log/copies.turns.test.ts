/** Logs are copied in turn: one that always has more to send keeps no other back. */
import { expect, onTestFinished, test } from "vitest";
import { webhookCopySchema } from "../../src/policy/configCopies.ts";
import type { Parcel } from "../../src/runtime/node/copies/carrier.ts";
import { startCopier } from "../../src/runtime/node/copies/copier.ts";
import { until } from "../service/client.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;

test("of two logs with much to send each is sent from, where every parcel is confirmed by itself", async () => {
  const log = await openTestLog(temporaryFolder());
  const actor = { id: "t", kind: "system" } as const;
  const fact = {
    at: AT,
    type: "Test",
    actor,
    origin: { component: "t" },
    outcome: "success",
  } as const;
  for (const tenant of ["acme", "globex"]) {
    await log.enter(Array.from({ length: 60 }, () => ({ ...fact, tenant })));
  }
  const sent: string[] = [];
  const copier = startCopier({
    config: webhookCopySchema.parse({
      kind: "webhook",
      id: "archive",
      url: "https://archive.example/",
      secrets: ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="],
      batchCountMax: 10,
    }),
    carrier: {
      confirmMs: 0,
      send: (parcel: Parcel) => {
        if (parcel.kind === "lines") sent.push(parcel.tenant);
        return Promise.resolve();
      },
      confirm: () => Promise.resolve(),
      drop: () => undefined,
      close: () => Promise.resolve(),
    },
    log,
    clock: {
      now: () => AT + performance.now(),
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      random: () => 0.5,
    },
    startFrom: () => 0,
    confirmed: () => undefined,
    told: { failed: () => undefined, sent: () => undefined },
  });
  onTestFinished(() => copier.stop());
  await until(
    () => sent.length,
    (count) => count >= 12,
  );
  const turns = sent.filter((tenant) => tenant !== "system").slice(0, 6);
  expect(turns.toSorted()).toEqual(["acme", "acme", "acme", "globex", "globex", "globex"]);
});
