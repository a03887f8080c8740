/** Yesterday's database comes back: refused, restored into a successor, and shown to an auditor. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { entriesOf, until } from "./client.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { firstHeads, type Served, serve, serveFile } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);
afterAll(closeRecorders);

const logOf = (place: string) => join(place, "log");
const database = (place: string) => join(logOf(place), "control-log.sqlite");

/** The copy is what the database becomes again; heads and key stay as they are. */
function putBack(copy: string, place: string): void {
  for (const end of ["-wal", "-shm"]) rmSync(`${database(place)}${end}`, { force: true });
  copyFileSync(join(copy, "control-log.sqlite"), database(place));
}

/** A window opens on `number`, is copied open, and is closed after the copy; another follows. */
async function lived(place: string, served: Served, number: number) {
  const one = begin(recorders, number);
  const two = begin(recorders, number + 1);
  const pay = served.as("pay");
  await pay("PUT", `/v1/calls/c${number}`, { targets: one.targets });
  const paused = await pay("POST", `/v1/calls/c${number}/pause`, {
    windowId: `w${number}`,
    leaseMs: 100_000,
  });
  expect(paused.body).toMatchObject({ safeToCollect: true });
  await firstHeads(place);
  const copy = join(place, "copy");
  const backup = await tacet(["backup", logOf(place), copy]);
  expect(backup).toMatchObject({ code: 0, err: "" });
  expect(backup.out).toContain("tacet.example/acme: INTACT");
  await pay("POST", `/v1/calls/c${number}/resume`, { windowId: `w${number}` });
  await pay("PUT", `/v1/calls/c${number + 1}`, { targets: two.targets });
  await pay("POST", `/v1/calls/c${number + 1}/pause`, {
    windowId: `w${number + 1}`,
    leaseMs: 100_000,
  });
  await until(
    () => one.heard(),
    (heard) => heard.every((state) => state === "recording"),
  );
  return { one, two, copy };
}

test("an old database is refused, and goes on as a successor that says what is missing, by whom and why", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const { targets } = begin(recorders, 39);
  const ask = first.as("pay");
  await ask("PUT", "/v1/calls/c39", { targets });
  await ask("POST", "/v1/calls/c39/pause", { windowId: "w39" });
  await ask("POST", "/v1/calls/c39/resume", { windowId: "w39" });
  const { copy, one, two } = await lived(place, first, 40);
  await first.process.stop();
  const lost = (await tacet(["log", logOf(place), "--tenant", "acme"])).out
    .trim()
    .split("\n").length;
  const kept = (await tacet(["log", copy, "--tenant", "acme"])).out.trim().split("\n").length;
  expect(lost).toBeGreaterThan(kept);

  putBack(copy, place);
  const config = join(place, "tacet.yaml");
  const refused = await tacet(["serve", "--config", config]);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`ends at entry ${kept}, but a head of ${lost} entries was signed`);
  expect(refused.err).toContain(`tacet restore ${logOf(place)} --reason`);

  const before = readFileSync(database(place));
  const restored = await tacet([
    "restore",
    logOf(place),
    "--reason",
    "disk 4 failed",
    "--by",
    "ann@acme",
  ]);
  expect(restored).toMatchObject({ code: 0, err: "" });
  expect(restored.out).toContain(`acme: ${kept} entries found, ${lost} signed`);
  expect(restored.out).toContain(`entries ${kept + 1} to ${lost} are missing`);
  const keptIn = join(logOf(place), "predecessor-1");
  expect(readFileSync(join(keptIn, "control-log.sqlite")).equals(before)).toBe(true);
  expect(statSync(join(keptIn, "control-log.sqlite")).mode & 0o222).toBe(0);

  const second = await first.again();
  const entries = await entriesOf(second.as("audit"));
  expect(entries[0]).toMatchObject({
    position: 1,
    type: "LogRestored",
    actor: { id: "ann@acme", kind: "operator" },
    reason: "disk 4 failed",
    detail: {
      predecessor: "tacet.example/acme",
      signed: { size: lost },
      found: { size: kept },
      agreesTo: expect.any(Number),
      missing: { from: kept + 1, to: lost },
      keptIn: "predecessor-1",
    },
  });
  const signed = entries[0]?.detail?.["signed"] as { note: string };
  expect(signed.note).toBe(readFileSync(join(keptIn, "checkpoint-acme.txt"), "utf8"));
  expect(entries[1]).toMatchObject({
    type: "CallRegistered",
    callId: "c39",
    origin: { component: "restore" },
  });
  // What recorders said before the missing part is nobody's word of now.
  const quiet = await second.as("pay")("GET", "/v1/calls/c39");
  const heard = quiet.body["recorders"] as { status: string; confirmedBy?: string }[];
  expect(heard.map(({ confirmedBy, status }) => [status, confirmedBy])).toEqual([
    ["unknown", undefined],
    ["unknown", undefined],
  ]);

  // The events' epoch is another, so that no client goes on from a position of the log before.
  const hello = await second.watch("pay").message("hello");
  expect(hello).toMatchObject({ epoch: "tacet.example/~2/acme" });

  // What the copy knew to be open is open, with its own deadline; its page closes it.
  const pay = second.as("pay");
  const window = await until(
    () => pay("GET", "/v1/windows/w40"),
    ({ body }) => body["safeToCollect"] === true,
  );
  expect(window.body).toMatchObject({ log: { origin: "tacet.example/~2/acme" } });
  expect(one.heard()).toEqual(
    ["silence", "silence"].map(() => expect.not.stringMatching("recording")),
  );
  await pay("POST", "/v1/calls/c40/resume", { windowId: "w40" });
  // Nobody undoes what no log knows of: the window that is missing keeps its silence.
  expect(two.heard()).toEqual(
    ["silence", "silence"].map(() => expect.not.stringMatching("recording")),
  );
  await second.process.stop();

  const verified = await tacet(["verify", logOf(place)]);
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.out).toMatch(/tacet\.example\/~2\/acme: INTACT/);
  expect(verified.out).toContain(
    `successor of tacet.example/acme: ${kept} entries were found, ${lost} were signed, entries ${kept + 1} to ${lost} ARE MISSING`,
  );
  expect(verified.out).toContain(`tacet.example/acme: as it was found then, ${kept} entries`);
  // The old one alone tells the same of itself.
  const old = await tacet(["verify", keptIn]);
  expect(old.code).toBe(1);
  expect(old.out).toContain(`ENTRIES ${kept + 1} TO ${lost} ARE MISSING`);

  // Whoever puts the copy back again is told of the successor.
  rmSync(`${database(place)}-wal`, { force: true });
  copyFileSync(join(copy, "control-log.sqlite"), database(place));
  expect((await tacet(["serve", "--config", config])).err).toContain("has a successor");
});

test("a restore that was cut short refuses the start and is finished by running it again", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const { copy } = await lived(place, first, 80);
  await first.process.stop();
  putBack(copy, place);
  const old = readFileSync(database(place));
  expect((await tacet(["restore", logOf(place), "--reason", "a test"])).code).toBe(0);
  // As though the power went when the successor lay ready, and some of it had changed places.
  const ready = join(logOf(place), "successor.ready");
  mkdirSync(ready);
  renameSync(database(place), join(ready, "control-log.sqlite"));
  renameSync(join(logOf(place), "checkpoint-acme.txt"), join(ready, "checkpoint-acme.txt"));
  writeFileSync(database(place), old);
  const refused = await tacet(["serve", "--config", join(place, "tacet.yaml")]);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("was cut short. Run it again: tacet restore");
  const again = await tacet(["restore", logOf(place), "--reason", "a test"]);
  expect(again).toMatchObject({ code: 0 });
  expect(again.out).toContain("is finished");
  const second = await first.again();
  expect((await entriesOf(second.as("audit")))[0]).toMatchObject({ type: "LogRestored" });
  await second.process.stop();
  expect((await tacet(["verify", logOf(place)])).code).toBe(0);
  expect(readdirSync(logOf(place)).filter((name) => name.startsWith("predecessor"))).toHaveLength(
    1,
  );
});

test("a predecessor that was changed after the restore is found by verifying the successor", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const { copy } = await lived(place, first, 50);
  await first.process.stop();
  putBack(copy, place);
  expect((await tacet(["restore", logOf(place), "--reason", "a test"])).code).toBe(0);
  const path = join(logOf(place), "predecessor-1", "control-log.sqlite");
  const { DatabaseSync } = await import("node:sqlite");
  const { chmodSync } = await import("node:fs");
  chmodSync(path, 0o600);
  const db = new DatabaseSync(path);
  db.exec("DELETE FROM entries WHERE tenant = 'acme' AND position = 3");
  db.close();
  const verified = await tacet(["verify", logOf(place)]);
  expect(verified.code).toBe(1);
  expect(verified.out).toContain("tacet.example/acme: ENTRY 3 IS WRONG: it is missing");
});

test("a whole log is not restored, and a restore without a reason is none", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const busy = await tacet(["restore", logOf(place), "--reason", "none"]);
  expect(busy).toMatchObject({ code: 1 });
  expect(busy.err).toContain("Another process writes the log");
  await first.process.stop();
  const whole = await tacet(["restore", logOf(place), "--reason", "none"]);
  expect(whole).toMatchObject({ code: 1 });
  expect(whole.err).toContain("nothing to restore");
  expect((await tacet(["restore", logOf(place)])).code).toBe(2);
  const card = await tacet(["restore", logOf(place), "--reason", "card 4111 1111 1111 1111"]);
  expect(card.code).toBe(2);
  expect(card.err).not.toContain("4111");
  expect(existsSync(join(logOf(place), "predecessor-1"))).toBe(false);
});

test("a damaged or lost database goes on in a successor, with the calls that can be read or with none", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const { copy } = await lived(place, first, 60);
  await first.process.stop();

  // Lost: the heads and the key know that there was one.
  rmSync(database(place));
  const config = join(place, "tacet.yaml");
  const refused = await tacet(["serve", "--config", config]);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("tacet restore");
  rmSync(database(place), { force: true });
  const asked = await tacet(["restore", logOf(place), "--reason", "the disk is gone"]);
  expect(asked).toMatchObject({ code: 1 });
  expect(asked.err).toContain("--empty");
  const done = await tacet(["restore", logOf(place), "--reason", "the disk is gone", "--empty"]);
  expect(done).toMatchObject({ code: 0, err: "" });
  const second = await serveFile(config, first.keys);
  const [entry] = await entriesOf(second.as("audit"));
  expect(entry).toMatchObject({
    type: "LogRestored",
    detail: { found: { size: 0 }, missing: { from: 1 } },
  });
  await second.process.stop();
  expect((await tacet(["verify", logOf(place)])).code).toBe(0);

  // Damaged: the copy's last pages are overwritten.
  const damaged = readFileSync(join(copy, "control-log.sqlite"));
  damaged.fill(0xff, Math.floor(damaged.length / 2));
  rmSync(`${database(place)}-wal`, { force: true });
  writeFileSync(database(place), damaged);
  for (const name of readdirSync(logOf(place))) {
    if (name.startsWith("checkpoint") || name.startsWith("predecessor"))
      rmSync(join(logOf(place), name), { recursive: true });
  }
  for (const name of readdirSync(copy)) {
    if (name.startsWith("checkpoint")) copyFileSync(join(copy, name), join(logOf(place), name));
  }
  const broken = await tacet(["serve", "--config", config]);
  expect(broken.code).toBe(1);
  expect(broken.err).toContain("tacet restore");
  const again = await tacet(["restore", logOf(place), "--reason", "bad sectors"]);
  expect(again).toMatchObject({ code: 0, err: "" });
  expect(again.out).toContain("reading ended after");
  const third = await serveFile(config, first.keys);
  await third.process.stop();
  expect((await tacet(["verify", logOf(place)])).out).toContain("reading ended there because");
});
