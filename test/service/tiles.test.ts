/** Tiles and receipts of a running service: the same after it was killed, and accepted by others. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { formatVerifier, parseVerifier, verifierOf } from "../../src/log/note.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { hasTile, levelsOf, tilePath, tilesOfLevel } from "../../src/log/tiles.ts";
import { goReader, type GoReader } from "../log/goReader.ts";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { serve, type Served } from "./serve.ts";

let recorders: Recorders;
let go: GoReader | undefined;
beforeAll(async () => {
  recorders = await startRecorders();
  go = await goReader();
}, 120_000);
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);
afterAll(async () => {
  go?.remove();
  await closeRecorders();
});

async function register(served: Served, from: number, count: number): Promise<void> {
  const pay = served.as("pay");
  for (let n = from; n < from + count; n += 1) {
    const { targets } = begin(recorders, n);
    expect((await pay("PUT", `/v1/calls/c${n}`, { targets })).status).toBe(201);
  }
}

/** Every tile and bundle of a tree of this size, by path. */
async function allTiles(served: Served, size: number): Promise<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>();
  for (const level of [...levelsOf(size), "entries" as const]) {
    for (const tile of tilesOfLevel(size, level)) {
      expect(hasTile(size, tile)).toBe(true);
      const headers = { authorization: `Bearer ${served.keys.audit}` };
      const answer = await until(
        () => fetch(`${served.url}/v1/log/${tilePath(tile)}`, { headers }),
        ({ status }) => status !== 429,
      );
      expect(answer.status).toBe(200);
      kept.set(tilePath(tile), Buffer.from(await answer.arrayBuffer()).toString("base64"));
    }
  }
  return kept;
}

test("killed and started again it serves the same tiles, and a reader that is not ours accepts both", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  await register(first, 1, 60);
  const paused = await first.as("pay")("POST", "/v1/calls/c1/pause?receipt=1", { windowId: "w1" });
  expect(paused.body).toMatchObject({ safeToCollect: true });
  // Where the disk was slow there is none; it is to be had at its position all the same.
  const { position } = paused.body["log"] as { position: number };
  const { receipt: beside } = paused.body as { receipt?: string };
  if (beside !== undefined) expect(parseReceipt(beside).index).toBe(position - 1);
  const audit = first.as("audit");
  const older = await audit("GET", "/v1/log/checkpoint");
  const { origin, size } = readCheckpoint(older.text);
  expect(size).toBeGreaterThan(256);
  const before = await allTiles(first, size);
  await first.process.stop("SIGKILL");

  const second = await first.again();
  expect(await allTiles(second, size)).toEqual(before);
  await register(second, 70, 5);
  const receipt = await second.as("audit")("GET", `/v1/log/receipt/${position}`);
  const page = await second.as("audit")("GET", `/v1/log/entries?after=${position - 1}&limit=1`);
  const newer = await second.as("audit")("GET", "/v1/log/checkpoint");
  expect(readCheckpoint(newer.text).size).toBeGreaterThan(size);
  if (go === undefined) return;
  const { publicKey } = parseVerifier(newer.headers.get("tacet-key") ?? "");
  const key = formatVerifier(verifierOf(origin, publicKey));
  const files = ["older.txt", "one.tlog-proof", "one.json"].map((name) => join(place, name));
  const texts = [older.text, receipt.text, page.text.trimEnd()];
  await Promise.all(files.map((file, index) => writeFile(file, texts[index] ?? "")));
  const args = [`${second.url}/v1/log`, key, ...files];
  const told = await go.read(args, second.keys.audit);
  expect(told).toContain(`begins with tree of ${size}`);
  expect(told).toContain(`receipt: entry ${position} is in the tree of`);
  expect(told).toMatch(/read \d{3,} entries/);
  // And it would say so: the same receipt, beside another entry.
  await writeFile(files[2] ?? "", texts[2]?.replace("acme", "acmf") ?? "");
  await expect(go.read(args, second.keys.audit)).rejects.toThrow("NOT ACCEPTED: receipt");
  const stranger = formatVerifier(verifierOf(origin, publicKey.toReversed()));
  await expect(go.read([args[0] ?? "", stranger], second.keys.audit)).rejects.toThrow(
    "NOT ACCEPTED",
  );
});
