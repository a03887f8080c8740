import { beforeAll, describe, expect, test } from "vitest";
import { type Checkpoint, readCheckpoint } from "../../src/log/checkpoint.ts";
import { canonicalBytes } from "../../src/log/canonical.ts";
import type { Entry } from "../../src/log/entry.ts";
import { readEntry } from "../../src/log/form.ts";
import { memoryLog } from "../../src/log/memory.ts";
import { linesOf } from "../../src/log/ndjson.ts";
import { leafHash } from "../../src/log/tree.ts";
import { type Stored, type Verified, verifyLog } from "../../src/log/verify.ts";
import { payment } from "./events.ts";

/** A real log of 40 entries with a signed head after every tenth. */
let lines: Uint8Array[] = [];
let heads: Checkpoint[] = [];
const AT = 1_795_312_000_000;

beforeAll(async () => {
  const log = memoryLog({ originBase: "tacet.example", clock: () => AT });
  for (let call = 0; call < 4; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, AT + call * 60_000));
    heads.push(readCheckpoint(await log.checkpoint("acme")));
  }
  const { entries } = await log.read("acme", {}, 0, 100);
  lines = entries.map((entry) => canonicalBytes(entry));
});

const fileOf = (entries: readonly Uint8Array[]) =>
  Buffer.concat(entries.flatMap((line) => [line, Buffer.from("\n")]));
const verifyFile = (file: Uint8Array, checkpoints = heads) =>
  verifyLog({ entries: linesOf([file]), checkpoints });
const verifyRows = (entries: readonly Stored[]) => verifyLog({ entries, checkpoints: heads });
const rows = (): Stored[] =>
  lines.map((bytes, index) => ({ bytes, position: index + 1, leaf: leafHash(bytes) }));

/** The first and last position a finding names. */
function named(verified: Verified): readonly [number, number] | undefined {
  switch (verified.kind) {
    case "bad_entry":
    case "unreadable":
      return [verified.position, verified.position];
    case "bad_span":
    case "cut":
      return [verified.from, verified.to];
    case "forked":
      return [verified.size, verified.size];
    case "intact":
      return undefined;
    default:
      return verified satisfies never;
  }
}

/** What is wrong with a finding: it is among those named, and none outside its signed span is. */
function misnamed(verified: Verified, position: number): string | undefined {
  const [from, to] = named(verified) ?? [0, 0];
  const spanFrom = Math.floor((position - 1) / 10) * 10 + 1;
  const right = from <= position && position <= to && from >= spanFrom && to < spanFrom + 10;
  return right ? undefined : `entry ${position}: ${JSON.stringify(verified)}`;
}

/** The log with one entry's members changed, still in form. */
function change(index: number, part: Partial<Entry>): Uint8Array {
  const formed = readEntry(lines[index] as Uint8Array);
  if (formed.kind !== "entry") throw new Error("not an entry");
  return fileOf(lines.with(index, canonicalBytes({ ...formed.entry, ...part })));
}

function* failing(): Generator<Stored> {
  yield* rows().slice(0, 12);
  throw new Error("disk image is malformed");
}

test("an untouched log is intact, to its last signed head", async () => {
  expect(await verifyFile(fileOf(lines))).toMatchObject({
    kind: "intact",
    size: 40,
    signedTo: 40,
    checkpoints: 4,
  });
  expect(await verifyRows(rows())).toMatchObject({ kind: "intact", size: 40 });
  expect(await verifyFile(fileOf(lines), heads.slice(0, 2))).toMatchObject({ signedTo: 20 });
});

test("every single byte flipped in the exported file is found, within its signed span", async () => {
  const file = fileOf(lines);
  const wrong: string[] = [];
  let position = 1;
  for (let at = 0; at < file.length; at += 1) {
    const byte = file[at] as number;
    file[at] = byte ^ (1 << (at % 8));
    const found = misnamed(await verifyFile(file), position);
    if (found !== undefined) wrong.push(`byte ${at}, ${found}`);
    file[at] = byte;
    if (byte === 10) position += 1;
  }
  expect(wrong).toEqual([]);
  expect(position).toBe(41);
}, 60_000);

test("beside its stored hash a flipped byte names the very entry", async () => {
  for (const [index, line] of lines.entries()) {
    for (let at = index % 7; at < line.length; at += 7) {
      const bytes = Uint8Array.from(line);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      const changed = rows().with(index, { ...(rows()[index] as Stored), bytes });
      expect(await verifyRows(changed)).toMatchObject({ kind: "bad_entry", position: index + 1 });
    }
    const leaf = leafHash(Uint8Array.of(index));
    const changed = rows().with(index, { ...(rows()[index] as Stored), leaf });
    expect(await verifyRows(changed)).toMatchObject({ kind: "bad_entry", position: index + 1 });
  }
}, 60_000);

describe.each(Array.from({ length: 40 }, (_, index) => index + 1))("entry %i", (position) => {
  test("dropped, doubled, swapped, replaced or cut off is named", async () => {
    const at = position - 1;
    const line = lines[at] as Uint8Array;
    const dropped = lines.toSpliced(at, 1);
    // Without the last there is no next one in its place: the head says what is missing.
    expect(await verifyFile(fileOf(dropped))).toMatchObject(
      position === 40 ? { kind: "cut", from: 40, to: 40 } : { kind: "bad_entry", position },
    );
    expect(await verifyFile(fileOf(lines.toSpliced(at, 0, line)))).toMatchObject({
      kind: "bad_entry",
      position: position + 1,
    });
    expect(await verifyFile(fileOf(lines.slice(0, at)))).toMatchObject({
      kind: "cut",
      from: position,
      to: 40,
    });
    const middle = fileOf(lines).subarray(0, fileOf(lines.slice(0, at)).length + 40);
    expect(await verifyFile(middle)).toMatchObject({ kind: "bad_entry", position });
    const other = position === 40 ? at - 1 : at + 1;
    const swapped = lines.with(at, lines[other] as Uint8Array).with(other, line);
    const firstWrong = Math.min(at, other) + 1;
    expect(await verifyFile(fileOf(swapped))).toMatchObject({ position: firstWrong });
    // A forger who keeps the form and writes the hash beside it anew.
    const formed = readEntry(line);
    if (formed.kind !== "entry") throw new Error("not an entry");
    const forged = canonicalBytes({ ...formed.entry, outcome: "forged" } satisfies Entry);
    const forgedRows = rows().with(at, { bytes: forged, position, leaf: leafHash(forged) });
    expect(misnamed(await verifyRows(forgedRows), position)).toBeUndefined();
  });
});

describe("beside the entries", () => {
  test("an older saved head that the log does not begin with is found", async () => {
    const saved = { ...(heads[0] as Checkpoint), size: 7 };
    expect(await verifyFile(fileOf(lines), [...heads, saved])).toEqual({
      kind: "bad_span",
      from: 1,
      to: 7,
      problem: "an entry is not the one that was signed",
    });
  });

  test("two histories signed for one size are a fork, whatever the entries say", async () => {
    const other = { ...(heads[2] as Checkpoint), root: leafHash(Uint8Array.of(1)) };
    expect(await verifyFile(fileOf(lines), [...heads, other])).toEqual({
      kind: "forked",
      size: 30,
    });
  });

  test("entries behind the last head are checked by form and order only, and said to be so", async () => {
    const few = heads.slice(0, 3);
    expect(await verifyFile(fileOf(lines), few)).toMatchObject({ size: 40, signedTo: 30 });
    expect(await verifyFile(fileOf(lines.toSpliced(34, 1)), few)).toMatchObject({ position: 35 });
    expect(await verifyFile(fileOf(lines.slice(0, 35)), few)).toMatchObject({ kind: "intact" });
  });

  test("another tenant's entry, and time that goes back, are found", async () => {
    expect(await verifyFile(change(4, { tenant: "other" }))).toMatchObject({ position: 5 });
    const span = { kind: "bad_span", from: 11 };
    expect(await verifyFile(change(14, { at: 1 }))).toMatchObject({ ...span, to: 15 });
    expect(await verifyFile(change(14, { at: AT * 2 }))).toMatchObject({ ...span, to: 16 });
    expect(await verifyFile(change(10, { at: 1 }))).toMatchObject({
      kind: "bad_entry",
      position: 11,
    });
  });

  test.each([
    ["not UTF-8", Uint8Array.of(0xff)],
    ["not JSON", Buffer.from("{")],
    ["not a JSON object", Buffer.from("[]")],
    ["not in canonical form", Buffer.from('{"b":1,"a":2}')],
    ["wrong or missing member", Buffer.from('{"at":1}')],
  ])("an entry that is %s says so", async (problem, bytes) => {
    const verified = await verifyFile(fileOf([bytes]));
    expect(verified).toMatchObject({ kind: "bad_entry", position: 1 });
    expect(JSON.stringify(verified)).toContain(problem);
  });

  test("a member the format does not know is refused", () => {
    const formed = readEntry(lines[0] as Uint8Array);
    if (formed.kind !== "entry") throw new Error("not an entry");
    const bytes = canonicalBytes({ ...formed.entry, pan: "x" });
    expect(readEntry(bytes)).toMatchObject({ problem: "has a member the format does not know" });
  });

  test("a store that fails while it is read says after which entry", async () => {
    const verified = await verifyLog({ entries: failing(), checkpoints: heads });
    expect(verified).toMatchObject({ kind: "unreadable", position: 13 });
  });

  test("lines come whole however the bytes are cut", async () => {
    const file = fileOf(lines);
    for (const size of [1, 7, 499, 1000]) {
      const chunks = Array.from({ length: Math.ceil(file.length / size) }, (_, index) =>
        file.subarray(index * size, index * size + size),
      );
      const verified = await verifyLog({ entries: linesOf(chunks), checkpoints: heads });
      expect(verified).toMatchObject({ kind: "intact", size: 40 });
    }
  });
});
