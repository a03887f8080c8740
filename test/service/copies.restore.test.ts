/** A log that a restore put aside is copied off the machine to its last entry, and so is its successor. */
import { copyFileSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { notesIn } from "../../src/runtime/node/log/notesFile.ts";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { until } from "./client.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { type Served, serveFile } from "./serve.ts";
import { closeSyslogReceivers, syslogReceiver, type SyslogReceiver } from "./syslogReceiver.ts";

vi.setConfig({ testTimeout: 180_000 });
let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(async () => {
  await cleanUp();
  await closeSyslogReceivers();
});
afterAll(closeRecorders);

let number = 60;
async function payment(served: Served): Promise<void> {
  number += 1;
  const { targets } = begin(recorders, number);
  const pay = served.as("pay");
  const [id, windowId] = [`copied-${number}`, `w${number}`];
  await pay("PUT", `/v1/calls/${id}`, { targets });
  await pay("POST", `/v1/calls/${id}/pause`, { windowId });
  await pay("POST", `/v1/calls/${id}/resume`, { windowId });
}

/** The entries' own bytes of one tenant's log. */
function linesIn(logFolder: string, tenant: string): readonly string[] {
  const path = join(logFolder, "control-log.sqlite");
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  const query = "SELECT bytes FROM entries WHERE tenant = ? ORDER BY position";
  const rows = db.prepare(query).all(tenant) as unknown as { bytes: Uint8Array }[];
  db.close();
  return rows.map(({ bytes }) => Buffer.from(bytes).toString());
}

interface Line {
  readonly position: number;
  readonly text: string;
}
const linesAt = ({ got }: SyslogReceiver, origin: string): readonly Line[] =>
  got.flatMap(({ data, messageId, text }) => {
    const about = data["tacet@32473"];
    if (messageId === "log.checkpoint" || about?.["origin"] !== origin) return [];
    return [{ position: Number(about["position"]), text }];
  });
const firstsAt = (siem: SyslogReceiver, origin: string): readonly Line[] => [
  ...new Map(
    linesAt(siem, origin)
      .toReversed()
      .map((line) => [line.position, line]),
  ).values(),
];

interface HeadData {
  readonly origin: string;
  readonly size: number;
  readonly note: string;
  readonly verifierKey: string;
}
const headsAt = ({ got }: SyslogReceiver, origin: string): readonly HeadData[] =>
  got
    .filter(({ messageId }) => messageId === "log.checkpoint")
    .map(({ text }) => (JSON.parse(text) as { data: HeadData }).data)
    .filter((head) => head.origin === origin);

/** What a receiver has of one log, put into a folder, and verified by the heads that came with it. */
async function verified(place: string, siem: SyslogReceiver, origin: string) {
  const copy = join(place, `copy-${encodeURIComponent(origin)}`);
  await mkdir(copy);
  const lines = firstsAt(siem, origin).toSorted((a, b) => a.position - b.position);
  const heads = headsAt(siem, origin);
  await writeFile(join(copy, "entries.ndjson"), lines.map(({ text }) => `${text}\n`).join(""));
  await writeFile(join(copy, "checkpoints.txt"), heads.map(({ note }) => note).join("\n"));
  await writeFile(join(copy, "keys.pub"), `${heads[0]?.verifierKey}\n`);
  return await tacet(["verify", copy]);
}

/** The size of the newest head that covers no more than was found. */
function newestHeadIn(logFolder: string, tenant: string, sizeMax: number): number {
  const notes = notesIn(join(logFolder, `checkpoints-${tenant}.log`));
  const sizes = notes.map((note) => readCheckpoint(note).size);
  return Math.max(...sizes.filter((size) => size <= sizeMax));
}

async function lagOf({ ops }: Served): Promise<number> {
  const metrics = await (await fetch(`${ops}/metrics`)).text();
  return Number(/^tacet_copy_lag_entries\{destination="siem"\} (\S+)$/m.exec(metrics)?.[1]);
}

test("a receiver that was away over a restore has every entry of both logs in the end, none of those before it twice, and each verifies", async () => {
  const place = await folder();
  const log = join(place, "log");
  const siem = await syslogReceiver();
  const { document, keys } = await acme(place, recorders.origins, { log: { checkpointMs: 1_000 } });
  const copy = { id: "siem", kind: "syslog", host: "127.0.0.1", port: siem.port, confirmMs: 300 };
  const copies = [{ ...copy, tls: { ca: siem.ca } }];
  const config = await written(place, { ...document, copies });
  const first = await serveFile(config, keys);
  await payment(first);
  await until(
    () => lagOf(first),
    (lag) => lag === 0,
  );
  const before = linesAt(siem, "tacet.example/acme").length;
  expect(before).toBeGreaterThan(3);

  await siem.kill();
  await payment(first);
  await payment(first);
  const signed = Math.max(before + 1, linesIn(log, "acme").length);
  await until(
    () => newestHeadIn(log, "acme", Infinity),
    (size) => size >= signed,
  );
  const backup = join(place, "backup");
  expect(await tacet(["backup", log, backup])).toMatchObject({ code: 0 });
  await payment(first);
  await first.process.stop();
  for (const end of ["-wal", "-shm"])
    rmSync(join(log, `control-log.sqlite${end}`), { force: true });
  copyFileSync(join(backup, "control-log.sqlite"), join(log, "control-log.sqlite"));
  expect(await tacet(["restore", log, "--reason", "disk 4 failed"])).toMatchObject({ code: 0 });

  const second = await serveFile(config, keys);
  await payment(second);
  const kept = join(log, "predecessor-1");
  const owed = linesIn(kept, "acme").length - before + linesIn(log, "acme").length;
  await until(
    () => lagOf(second),
    (lag) => lag >= owed,
  );
  await siem.up();
  await until(
    () => lagOf(second),
    (lag) => lag === 0,
  );
  for (const tenant of ["acme", "system"]) {
    const logs = [
      [`tacet.example/${tenant}`, linesIn(kept, tenant)],
      [`tacet.example/~2/${tenant}`, linesIn(log, tenant)],
    ] as const;
    for (const [origin, lines] of logs) {
      const firsts = firstsAt(siem, origin).toSorted((a, b) => a.position - b.position);
      expect(firsts.slice(0, lines.length).map(({ text }) => text)).toEqual(lines);
      const signed = origin.includes("~") ? 1 : newestHeadIn(kept, tenant, lines.length);
      await until(
        () => headsAt(siem, origin),
        (heads) => heads.some(({ size }) => size >= signed),
      );
      const { code, out } = await verified(place, siem, origin);
      expect([origin, code, out]).toEqual([origin, 0, expect.stringContaining("signed")]);
    }
  }
  // What was confirmed before the restore is not sent again after it.
  const early = linesAt(siem, "tacet.example/acme").filter(({ position }) => position <= before);
  expect(early).toHaveLength(before);
  expect(siem.faults).toEqual([]);
});
