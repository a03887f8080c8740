/** The auditor's kit: what is in it is what was signed, and every changed byte of it is found. */
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, test } from "vitest";
import { checkKit } from "../../client/kit/check.ts";
import { drawn } from "../../client/kit/sample.ts";
import { Wrong } from "../../client/kit/tree.ts";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { inclusionProof } from "../../src/log/proof.ts";
import { formatReceipt } from "../../src/log/receipt.ts";
import { leafHash } from "../../src/log/tree.ts";
import { kitPage } from "../../src/runtime/node/kit/page.ts";
import { KIT_ENTRY_COUNT_MAX } from "../../src/runtime/node/kit/noKit.ts";
import { writeKit } from "../../src/runtime/node/kit/write.ts";
import { rotateLogKey } from "../../src/runtime/node/log/rotate.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import { goReader } from "./goReader.ts";
import { AT, filesIn, makeKit, writeLog } from "./kitFolder.ts";
import { temporaryFolder } from "./rig.ts";

const CALLS = 80;
let log = "";
let whole = "";
let some = "";
let key = "";

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "tacet-kit-"));
  [log, whole, some] = ["log", "whole", "some"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  key = await writeLog(log, CALLS);
  expect(await makeKit(log, whole)).toMatchObject({ code: 0 });
  const from = new Date(AT + 40 * 60_000).toISOString();
  const to = new Date(AT + 45 * 60_000).toISOString();
  expect(await makeKit(log, some, "--tenant", "acme", "--from", from, "--to", to)).toMatchObject({
    code: 0,
  });
  return () => rmSync(folder, { recursive: true, force: true });
});

function copy(kit: string): string {
  const folder = temporaryFolder();
  cpSync(kit, folder, { recursive: true });
  return folder;
}
const check = (folder: string, given?: string) => checkKit(filesIn(folder), given, () => undefined);
async function verify(...args: string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const io = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  const code = await verifyCommand(args, io);
  return { code, said: said.join("\n") };
}
/** Every file of a kit that holds what was signed. */
const evidence = (kit: string): string[] =>
  readdirSync(kit, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(kit.length + 1))
    .filter((path) => /^tile\/|^checkpoint|ndjson$/.test(path));

test("the whole log is in a kit, and the page's own check and tacet verify take it", async () => {
  const checked = await check(whole);
  const { size } = readCheckpoint(readFileSync(join(whole, "checkpoint"), "utf8"));
  expect(checked).toMatchObject({
    signature: "by this key",
    entryCount: size,
    from: 1,
    to: size,
    unknownHeadCount: 0,
    exceptionCount: CALLS + 1,
  });
  // One may have been signed by the log's own clock besides.
  expect(checked.headCount).toBeGreaterThanOrEqual(CALLS / 10);
  expect(checked.counts.get("WindowOpened")).toBe(CALLS);
  expect((await checked.entryAt(size)).position).toBe(size);
  expect(await verify(whole, "--key", key)).toMatchObject({
    code: 0,
    said: expect.stringContaining(`INTACT, entries 1 to ${size} (${size}) of ${size}, `),
  });
});

test("a kit is its owner's to read until it is handed over, in a folder of anybody's too", async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  expect(await makeKit(log, folder)).toMatchObject({ code: 0 });
  for (const one of readdirSync(folder, { recursive: true })) {
    expect([one, statSync(join(folder, String(one))).mode & 0o077]).toEqual([one, 0]);
  }
});

test("a kit of some minutes holds the bundles round them and still comes to the signed root", async () => {
  const checked = await check(some, readFileSync(join(whole, "key.pub"), "utf8"));
  expect(checked.from % 256).toBe(1);
  expect(checked.entryCount).toBeLessThan((await check(whole)).entryCount);
  expect(checked.unknownHeadCount).toBeGreaterThan(0);
  const { position } = await checked.entryAt(checked.from);
  expect(position).toBe(checked.from);
  expect((await verify(some)).code).toBe(0);
});

test("a reader that is not ours takes the folder as it lies there", async () => {
  const go = await goReader();
  if (go === undefined) return;
  const own = readFileSync(join(whole, "key.pub"), "utf8").trim();
  try {
    expect(await go.read([whole, own])).toMatch(/read \d+ entries/);
  } finally {
    go.remove();
  }
});

test("of every file that holds evidence, one changed byte is found by the page and by tacet verify", async () => {
  const paths = evidence(whole);
  expect(paths.length).toBeGreaterThan(8);
  for (const path of paths) {
    const bytes = readFileSync(join(whole, path));
    // One in the middle of an entry, a hash, a head; the first byte and the last.
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 2]) {
      const folder = copy(whole);
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(join(folder, path), changed);
      await expect(check(folder), `${path} at ${at}`).rejects.toThrow(Wrong);
      const { code, said } = await verify(folder);
      expect([path, at, code, said]).toEqual([path, at, 1, said]);
    }
  }
}, 120_000);

test("an entry changed alike in its bundle and in its line is not the one that was signed", async () => {
  const folder = copy(whole);
  for (const path of ["tile/entries/000", "entries.ndjson"]) {
    const bytes = readFileSync(join(folder, path));
    const at = bytes.indexOf('"windowId":"w7"');
    bytes.write('"windowId":"w8"', at);
    writeFileSync(join(folder, path), bytes);
  }
  await expect(check(folder)).rejects.toThrow(/^Entry \d+ is not the one that was signed/);
  const { code, said } = await verify(folder);
  expect([code, said]).toEqual([1, expect.stringMatching(/entry \d+ is not the one/)]);
});

test("a head whose signature does not fit is told, however well it is written", async () => {
  const folder = copy(whole);
  const path = join(folder, "checkpoint");
  const note = readFileSync(path, "utf8");
  const base64 = note.trimEnd().split(" ").at(-1) ?? "";
  const blob = Buffer.from(base64, "base64");
  blob[20] = (blob[20] ?? 0) ^ 1;
  writeFileSync(path, note.replace(base64, blob.toString("base64")));
  await expect(check(folder)).rejects.toThrow("not signed by the kit's key");
  expect((await verify(folder)).code).toBe(1);
});

describe("what is missing or added is found", () => {
  test.each(["tile/0/000", "tile/1/000.p/3", "tile/entries/001", "checkpoint", "key.pub"])(
    "%s",
    async (path) => {
      const folder = copy(whole);
      rmSync(join(folder, path));
      // A bundle may be missing, as in a kit of some days; but then the lines have too much.
      await expect(check(folder)).rejects.toThrow(Wrong);
    },
  );

  test("lines beyond the last entry", async () => {
    const folder = copy(whole);
    const path = join(folder, "entries.ndjson");
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from("{}\n")]));
    await expect(check(folder)).rejects.toThrow("more than what was signed");
    expect(await verify(folder)).toMatchObject({
      code: 1,
      said: expect.stringContaining("has more than was signed"),
    });
  });

  test("entries amid others, whose lines were taken out with them", async () => {
    const folder = copy(whole);
    rmSync(join(folder, "tile/entries/001"));
    const path = join(folder, "entries.ndjson");
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    writeFileSync(path, `${[...lines.slice(0, 256), ...lines.slice(512)].join("\n")}\n`);
    await expect(check(folder)).rejects.toThrow("Entries 257 to 512 are missing");
    expect(await verify(folder)).toMatchObject({
      code: 1,
      said: expect.stringContaining("entries 257 to 512 are missing"),
    });
  });

  test("bytes of a bundle, where its last entry says that it is longer than it is", async () => {
    const folder = copy(whole);
    const path = readdirSync(join(folder, "tile/entries"))
      .filter((name) => name.endsWith(".p"))
      .flatMap((name) =>
        readdirSync(join(folder, "tile/entries", name)).map((one) =>
          join(folder, "tile/entries", name, one),
        ),
      )[0] as string;
    const bundle = readFileSync(path);
    let last = 0;
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at)) last = at;
    bundle.writeUInt16BE(bundle.readUInt16BE(last) + 1, last);
    writeFileSync(path, bundle);
    await expect(check(folder)).rejects.toThrow("cut short");
    expect((await verify(folder)).code).toBe(1);
  });
});

test("another key than the one that signed is told, whichever came with the kit", async () => {
  const other = temporaryFolder();
  const stranger = await writeLog(other, 1);
  await expect(check(whole, stranger)).rejects.toThrow("the key you gave");
  expect(await verify(whole, "--key", stranger)).toMatchObject({ code: 1 });
  await expect(check(whole, "nonsense")).rejects.toThrow(Wrong);
});

test("of a log whose key was handed on a kit is taken with the new key, and not with the old one", async () => {
  const folder = copy(log);
  const rotated = await rotateLogKey({
    folder,
    now: () => AT + CALLS * 60_000,
    by: "test",
    reason: "yearly",
  });
  // The head that hands over is signed by both; the next one by the new key alone.
  await writeLog(folder, 1, "later");
  const kit = join(temporaryFolder(), "kit");
  expect(await makeKit(folder, kit)).toMatchObject({ code: 0 });
  expect(await verify(kit, "--key", rotated.to)).toMatchObject({ code: 0 });
  expect((await check(kit, rotated.to)).headCount).toBeGreaterThan(CALLS / 10);
  expect(await verify(kit, "--key", key)).toMatchObject({ code: 1 });
  await expect(check(kit, key)).rejects.toThrow("the key you gave");
});

test("a saved head of another history is told; one that these tiles cannot tell is not taken for good", async () => {
  const other = temporaryFolder();
  await writeLog(other, CALLS);
  const saved = join(other, "saved.txt");
  cpSync(join(log, "checkpoints-acme.log"), saved);
  expect(await verify(whole, "--since", saved)).toMatchObject({ code: 0 });
  expect(await verify(some, "--since", saved)).toMatchObject({
    code: 2,
    said: expect.stringContaining("cannot be compared"),
  });
  // The same key, another history.
  const forked = temporaryFolder();
  cpSync(join(log, "signing.key"), join(forked, "signing.key"));
  cpSync(join(log, "key.pub"), join(forked, "key.pub"));
  await writeLog(forked, 3).catch(() => undefined);
  const strange = join(forked, "checkpoint-acme.txt");
  expect(await verify(whole, "--since", strange)).toMatchObject({
    code: 1,
    said: expect.stringContaining("TWO HISTORIES"),
  });
});

test("a saved head of another log is not taken for compared", async () => {
  const system = join(log, "checkpoint-system.txt");
  expect(await verify(whole, "--since", system)).toMatchObject({
    code: 2,
    said: expect.stringContaining("is of another log"),
  });
});

test("no kit is made of a log that is not what was signed, of no entries, or onto something", async () => {
  const damaged = temporaryFolder();
  cpSync(log, damaged, { recursive: true });
  const db = new DatabaseSync(join(damaged, "control-log.sqlite"));
  db.exec(
    "UPDATE entries SET bytes = CAST(replace(bytes, 'acme', 'acmf') AS BLOB) WHERE position = 40",
  );
  db.close();
  const out = join(temporaryFolder(), "kit");
  expect(await makeKit(damaged, out)).toMatchObject({
    code: 1,
    said: expect.stringContaining("Entry 40 is not the one that was signed"),
  });
  expect(await makeKit(log, out, "--from", "2036-01-01T00:00:00Z")).toMatchObject({ code: 1 });
  expect(await makeKit(log, whole)).toMatchObject({ code: 2 });
  expect(await makeKit(log, out, "--from", "yesterday")).toMatchObject({ code: 2 });
  expect(await makeKit(log, out, "--tenant", "nobody")).toMatchObject({ code: 1 });
  expect(await makeKit(temporaryFolder(), out)).toMatchObject({ code: 1 });
});

test("samples are drawn by the root alone: the same for everybody, different, and from all of them", async () => {
  const root = new Uint8Array(32).fill(5);
  const once = await drawn(root, "WindowOpened", 20, 1_000);
  expect(once).toEqual(await drawn(root, "WindowOpened", 20, 1_000));
  expect(new Set(once).size).toBe(20);
  expect((await drawn(root, "WindowOpened", 50, 1_000)).slice(0, 20)).toEqual(once);
  expect(await drawn(root, "", 20, 1_000)).not.toEqual(once);
  expect((await drawn(root, "", 99, 7)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(await drawn(root, "", 5, 0)).toEqual([]);
  // As docs/kit.md has it, so that an auditor may draw them with other tools.
  expect(await drawn(new Uint8Array(32), "WindowOpened", 3, 100)).toEqual([70, 50, 58]);
});

test("of more entries than a browser is asked to verify no kit is made", async () => {
  const size = KIT_ENTRY_COUNT_MAX + 1;
  const checkpoint = { origin: "a/b", size, root: new Uint8Array(32), extensions: [] };
  const asked = { head: { checkpoint, signedBy: [] }, note: "", others: [], keys: [], tenant: "b" };
  const unread = { db: undefined as never, first: 1, last: size };
  await expect(writeKit({ ...asked, ...unread }, "/nowhere")).rejects.toThrow(
    "choose less with --from and --to",
  );
});

test("the page is one script under its own policy, and leads nowhere", () => {
  const page = kitPage();
  expect(page).toMatch(/default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+'/);
  expect(page).not.toMatch(/^\s*(?:import|export)\b/m);
  expect(page).not.toMatch(/innerHTML|https?:\/\/|fetch\(|src=/);
});

describe("tacet verify takes a receipt beside its entry", () => {
  async function receipt(): Promise<{ folder: string; path: string }> {
    const folder = temporaryFolder();
    const lines = readFileSync(join(whole, "entries.ndjson"), "utf8").trimEnd().split("\n");
    const leaves = lines.map((line) => leafHash(new TextEncoder().encode(line)));
    const checkpoint = readFileSync(join(whole, "checkpoint"), "utf8");
    const path = join(folder, "forty.tlog-proof");
    const hashes = inclusionProof(leaves, 39);
    writeFileSync(path, formatReceipt({ index: 39, hashes, checkpoint }));
    writeFileSync(join(folder, "forty.json"), `${lines[39] ?? ""}\n`);
    writeFileSync(join(folder, "other.json"), lines[40] ?? "");
    return { folder, path };
  }

  test("and says of which entry it is", async () => {
    const { folder, path } = await receipt();
    const told = await verify(path, "--key", key);
    expect(told).toMatchObject({
      code: 0,
      said: expect.stringContaining("SHOWN, entry 40 of tacet.example/acme"),
    });
    expect(await verify(path)).toMatchObject({
      code: 2,
      said: expect.stringContaining("No verifier key"),
    });
    cpSync(join(whole, "key.pub"), join(folder, "key.pub"));
    expect(await verify(path)).toMatchObject({ code: 0 });
  });

  test("and not with another entry, another key, or none", async () => {
    const { folder, path } = await receipt();
    const other = join(folder, "other.json");
    expect(await verify(path, "--key", key, "--entry", other)).toMatchObject({ code: 1 });
    rmSync(join(folder, "forty.json"));
    expect(await verify(path, "--key", key)).toMatchObject({ code: 2 });
    writeFileSync(path, "no receipt");
    expect(await verify(path, "--key", key, "--entry", other)).toMatchObject({ code: 2 });
  });
});
