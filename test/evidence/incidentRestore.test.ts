/** A log that takes another's place carries the incidents that nobody has closed yet. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Suspicion } from "../../src/evidence/incident.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { createIncidents } from "../../src/runtime/node/incidents.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { restoreLog } from "../../src/runtime/node/log/restore.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const suspicion = (recordingId: string): Suspicion => ({
  tenant: "acme",
  callId: `call-of-${recordingId}`,
  recorderId: "main",
  recordingId,
  windowIds: ["w1"],
  by: "sound",
  cause: "tones",
  ranges: [{ fromMs: 5, toMs: 9 }],
});
const SUE = { by: { id: "sue", kind: "supervisor", owner: "sue" } as const, text: "heard it" };

async function opened(folder: string) {
  const log = await openLog({ folder, originBase: "tacet.example", now: Date.now });
  const incidents = createIncidents({
    log,
    clock: nodeClock(),
    ids: () => crypto.randomUUID(),
    flag: false,
    witness: () => undefined,
    logger: { error: () => undefined, warn: () => undefined },
  });
  return { log, incidents };
}

test("as they were, with their notes and moments; a closed one stays in the log before", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tacet-incidents-"));
  folders.push(folder);
  const before = await opened(folder);
  const open = (await before.incidents.suspect(suspicion("r1"))) ?? "";
  const closed = (await before.incidents.suspect(suspicion("r2"))) ?? "";
  await before.incidents.suspect({ ...suspicion("r1"), windowIds: ["w2"] });
  await before.incidents.note("acme", open, { ...SUE, foundCause: "late stop" });
  await before.incidents.close("acme", closed, SUE);
  const was = await before.incidents.find("acme", open);
  await before.log.close();
  // Without its key a log cannot go on.
  await rm(join(folder, "signing.key"));
  const given = { folder, notes: [], empty: false, by: "os:ops", reason: "the key is lost" };
  await restoreLog({ ...given, now: Date.now });

  const after = await opened(folder);
  expect(await after.incidents.find("acme", open)).toEqual(was);
  expect(await after.incidents.find("acme", closed)).toBeUndefined();
  expect(await after.incidents.suspect(suspicion("r1"))).toBe(open);
  const { entries } = await after.log.read("acme", { incidentId: open }, 0, 10);
  expect(entries.map(({ origin, type }) => [type, origin.component])).toEqual([
    ["IncidentOpened", "restore"],
    ["IncidentGrew", "restore"],
    ["IncidentNoted", "restore"],
  ]);
  await after.log.close();
  const io = { out: () => undefined, err: () => undefined };
  expect(await verifyCommand([folder], io)).toBe(0);
});
