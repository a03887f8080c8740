/** The log over HTTP as C2SP tiles and receipts, as far as it was signed. */
import { expect, test } from "vitest";
import { createHeads, HEAD_MS_MIN } from "../../src/http/heads.ts";
import { createReceipts } from "../../src/http/receipts.ts";
import { canonicalBytes } from "../../src/log/canonical.ts";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { memoryLog } from "../../src/log/memory.ts";
import { signerOf, verifierOf } from "../../src/log/note.ts";
import { parseReceipt, verifyReceipt } from "../../src/log/receipt.ts";
import { unpackBundle, unpackHashes } from "../../src/log/tiles.ts";
import { rootFromTiles } from "../../src/log/tilesProof.ts";
import { leafHash } from "../../src/log/tree.ts";
import { type Kit, kit, registered } from "./kit.ts";

const fact = {
  at: 1,
  tenant: "acme",
  type: "DesktopShown",
  actor: { id: "a-ann", kind: "agent" },
  origin: { component: "http" },
  outcome: "success",
} as const;

async function filled(k: Kit, count: number): Promise<void> {
  await k.log.enter(Array.from({ length: count }, () => fact));
}
/** The memory log's own key. */
const keyOf = async (origin: string) => {
  const { publicKey } = await signerOf(origin, new Uint8Array(32).fill(7));
  return [verifierOf(origin, publicKey)];
};
const get = (k: Kit, path: string, who = "audit") =>
  k.app.request(`/v1/log/${path}`, { headers: { authorization: `Bearer ${who}` } });
const bytesOf = async (k: Kit, path: string) => {
  const answer = await get(k, path);
  expect(answer.status, path).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/octet-stream");
  return new Uint8Array(await answer.arrayBuffer());
};

test("what is served hashes to the signed head, entries to the tiles", async () => {
  const k = await kit();
  await filled(k, 600);
  const head = readCheckpoint((await k.send("GET", "/v1/log/checkpoint", "audit")).text);
  const { size } = head;
  expect(size).toBe(601);
  const root = await rootFromTiles(size, async (level, index, width) => {
    const partial = width === 256 ? "" : `.p/${width}`;
    return unpackHashes(await bytesOf(k, `tile/${level}/00${index}${partial}`), width);
  });
  expect(root).toEqual(head.root);
  const entries = unpackBundle(await bytesOf(k, "tile/entries/002.p/89"), 89);
  expect(entries.map(leafHash)).toEqual(unpackHashes(await bytesOf(k, "tile/0/002.p/89"), 89));
});

test("only what a head has signed is served, and only what is a tile's path", async () => {
  const k = await kit();
  await filled(k, 300);
  await k.log.checkpoint("acme");
  await filled(k, 300);
  for (const path of ["tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"]) {
    expect((await get(k, path)).status, path).toBe(200);
  }
  for (const path of [
    "tile/0/001.p/45",
    "tile/0/001",
    "tile/0/002",
    "tile/entries/001.p/45",
    "tile/1/000.p/2",
    "tile/2/000.p/1",
    "tile/7/000.p/1",
    "tile/0/x000/000",
    "tile/0/000.p/0",
    "tile/0/1",
    "tile/data/000",
    "tile/entries/../000",
  ]) {
    const answer = await get(k, path);
    expect(answer.status, path).toBe(404);
    expect(await answer.json()).toMatchObject({
      code: expect.stringMatching(/tile_unknown|not_found/),
    });
  }
  // Another tenant's log is another log: this one's tiles are not there.
  expect((await get(k, "tile/0/000", "other")).status).toBe(404);
});

test("what the log cannot give whole is not given in part", async () => {
  const k = await kit();
  await filled(k, 300);
  await k.log.checkpoint("acme");
  const { bundle } = k.log;
  k.log.bundle = (tenant, from, count) => bundle(tenant, from, count - 1);
  expect((await get(k, "tile/entries/000")).status).toBe(503);
  k.log.hashes = async () => new Uint8Array(32);
  expect((await get(k, "tile/0/000")).status).toBe(503);
  expect((await get(k, "receipt/1")).status).toBe(503);
  // As the log's thread tells of an entry from before entries had their bound.
  const error = Object.assign(new Error("an entry is too large"), { name: "BadTile" });
  k.log.bundle = () => Promise.reject(error);
  const answer = await get(k, "tile/entries/000");
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: "tile_unknown" });
});

test("a full tile of hashes may be kept by who asked; entries and partial tiles by nobody", async () => {
  const k = await kit();
  await filled(k, 300);
  const kept = async (path: string) => (await get(k, path)).headers.get("cache-control");
  expect(await kept("tile/0/000")).toBe("private, max-age=31536000, immutable");
  expect((await get(k, "tile/0/000")).headers.get("vary")).toContain("Authorization");
  for (const path of ["tile/0/001.p/1", "tile/entries/000", "tile/0/009", "receipt/1"]) {
    expect(await kept(path), path).toBe("no-store");
  }
});

test("reading tiles and receipts is entered, each kind once a minute", async () => {
  const k = await kit();
  await filled(k, 3);
  for (const path of ["tile/0/000.p/1", "tile/0/000.p/2", "tile/entries/000.p/1", "receipt/1"]) {
    expect((await get(k, path)).status).toBe(200);
  }
  const reads = await k.entries("LogRead");
  expect(reads.map(({ reason }) => reason)).toEqual(["tiles", "bundles", "receipts"]);
  expect((await get(k, "tile/0/000.p/1", "pay2")).status).toBe(403);
  expect((await get(k, "receipt/1", "pay2")).status).toBe(403);
  expect(await k.entries("AccessDenied")).toHaveLength(1);
});

test("an entry's receipt shows that it is in the log, also where no head was signed yet", async () => {
  const k = await kit();
  await filled(k, 600);
  const known = await keyOf("tacet.test/acme");
  for (const position of [1, 256, 257, 600]) {
    const answer = await k.send("GET", `/v1/log/receipt/${position}`, "audit");
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    const [entry] = (await k.log.read("acme", {}, position - 1, 1)).entries;
    const receipt = parseReceipt(answer.text);
    expect(await verifyReceipt(receipt, canonicalBytes(entry ?? {}), known)).toMatchObject({
      kind: "included",
      position,
      origin: "tacet.test/acme",
    });
  }
  for (const position of ["0", "700", "01", "x", "-1", "1.0", "99999999999999999"]) {
    const answer = await k.send("GET", `/v1/log/receipt/${position}`, "audit");
    expect([position, answer.status, answer.body["code"]]).toEqual([
      position,
      404,
      "entry_unknown",
    ]);
  }
});

test("a pause that asks for a receipt gets that of the call's newest entry beside its answer", async () => {
  const k = await kit();
  await registered(k);
  const answer = await k.send("POST", "/v1/calls/c1/pause?receipt=1", "pay", { windowId: "w-1" });
  expect(answer.body).toMatchObject({ safeToCollect: true });
  const { position } = answer.body["log"] as { position: number };
  const receipt = parseReceipt(String(answer.body["receipt"]));
  const [entry] = (await k.log.read("acme", {}, position - 1, 1)).entries;
  expect(entry).toMatchObject({ type: "RecorderReported", callId: "c1" });
  expect(
    await verifyReceipt(receipt, canonicalBytes(entry ?? {}), await keyOf("tacet.test/acme")),
  ).toMatchObject({ kind: "included", position });
  await registered(k, "c2", "a-ann");
  const agent = await k.send("POST", "/v1/agents/a-ann/pause?receipt=1", "ann", {
    windowId: "w-2",
  });
  expect(agent.body).toMatchObject({ safeToCollect: true });
  const plain = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect(plain.body["receipt"]).toBeUndefined();
  const odd = await k.send("POST", "/v1/calls/c1/pause?receipt=2", "pay", { windowId: "w-1" });
  expect(odd.body["code"]).toBe("query_invalid");
});

test("a log that does not sign keeps no pause waiting, and one that does not answer neither", async () => {
  const k = await kit();
  await registered(k);
  k.log.checkpoint = () => new Promise(() => undefined);
  const answer = await k.send("POST", "/v1/calls/c1/pause?receipt=1", "pay", { windowId: "w-1" });
  expect(answer.body).toMatchObject({ safeToCollect: true });
  expect(answer.body["receipt"]).toBeUndefined();
  k.log.signedHead = () => Promise.reject(new Error("the log's thread has ended"));
  const again = await k.send("POST", "/v1/calls/c1/pause?receipt=1", "pay", { windowId: "w-1" });
  expect(again.body).toMatchObject({ safeToCollect: true });
});

test("what drifts while its receipt is made is not answered as safe", async () => {
  const k = await kit();
  await registered(k);
  const { signedHead } = k.log;
  k.log.signedHead = async (tenant) => {
    k.rigs.main.truth.set("ch-c1", "recording");
    k.rigs.main.ignoring = true;
    await expect.poll(() => k.changes.at(-1)?.state.settlement.kind).not.toBe("settled");
    return await signedHead(tenant);
  };
  const answer = await k.send("POST", "/v1/calls/c1/pause?receipt=1", "pay", { windowId: "w-1" });
  expect(answer.status).toBe(424);
  expect(answer.body).toMatchObject({ safeToCollect: false });
  expect(answer.body["receipt"]).toBeUndefined();
});

test("for receipts a log signs no more often than once in a while; who comes meanwhile shares the next head", async () => {
  const log = memoryLog({ originBase: "tacet.test", clock: () => 1 });
  let signedCount = 0;
  const { checkpoint } = log;
  log.checkpoint = async (tenant) => {
    signedCount += 1;
    return await checkpoint(tenant);
  };
  let now = 5_000;
  const receipts = createReceipts(
    log,
    createHeads(log, () => now),
  );
  const enter = () => log.enter([fact]);
  await enter();
  expect((await receipts.of("acme", 1, 0)).kind).toBe("receipt");
  await enter();
  await enter();
  // Nobody who will not wait gets one signed, and none is signed behind them.
  expect((await receipts.of("acme", 2, 100)).kind).toBe("late");
  expect(signedCount).toBe(1);
  const both = await Promise.all([
    receipts.of("acme", 2, Infinity),
    receipts.of("acme", 3, Infinity),
  ]);
  expect(both.map(({ kind }) => kind)).toEqual(["receipt", "receipt"]);
  expect(signedCount).toBe(2);
  await enter();
  now += HEAD_MS_MIN;
  expect((await receipts.of("acme", 4, 0)).kind).toBe("receipt");
  expect((await receipts.of("acme", 1, 0)).kind).toBe("receipt");
  expect(signedCount).toBe(3);
});
