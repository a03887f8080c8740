/** Keys are made, replaced and kept apart, and nothing that was signed or given out is lost by it. */
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { acme, closeRecorders, type Recorders, startRecorders, TARGETS, written } from "./acme.ts";
import { asking, entriesOf } from "./client.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { serve, serveFile } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);
afterAll(closeRecorders);

const logOf = (place: string) => join(place, "log");
const text = (path: string) => readFileSync(path, "utf8").trim();

test("a log is handed on to another signing key, and both who trust the old and who trust the new one can verify it", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  await first.as("pay")("PUT", "/v1/calls/c1", { targets: TARGETS });
  const running = await tacet(["key", "rotate-log", logOf(place), "--reason", "yearly"]);
  expect(running).toMatchObject({ code: 1 });
  expect(running.err).toContain("Another process writes the log");
  await first.process.stop();
  const old = text(join(logOf(place), "key.pub"));
  const oldKey = text(join(logOf(place), "signing.key"));

  const rotated = await tacet([
    "key",
    "rotate-log",
    logOf(place),
    "--reason",
    "yearly",
    "--by",
    "ann",
  ]);
  expect(rotated).toMatchObject({ code: 0, err: "" });
  const next = text(join(logOf(place), "key.pub"));
  expect(next).not.toBe(old);
  expect(rotated.out).toContain(next);
  expect(rotated.out).not.toContain("PRIVATE");
  expect(statSync(join(logOf(place), "signing.key")).mode & 0o077).toBe(0);
  expect(text(join(logOf(place), "signing.key"))).not.toBe(oldKey);
  expect(text(join(logOf(place), "keys.pub")).split("\n")).toEqual([old, next]);

  const second = await first.again();
  const handed = await entriesOf(second.as("audit"), "&type=KeyRotated");
  expect(handed).toMatchObject([
    { actor: { id: "ann", kind: "operator" }, reason: "yearly", detail: { from: old, to: next } },
  ]);
  // A tenant whose log begins after it is vouched for by the system's log.
  await second.as("other")("PUT", "/v1/calls/g1", { targets: TARGETS });
  await second.process.stop();
  for (const trusted of [old, next]) {
    const verified = await tacet(["verify", logOf(place), "--key", trusted]);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.out).toMatch(/tacet\.example\/acme: INTACT[\s\S]*from entry \d+ on signed by/);
    expect(verified.out).toContain("tacet.example/globex: INTACT");
  }
  const strange = join(place, "strange.key");
  const made = await tacet(["key", "create-log", strange, "--origin", "tacet.example"]);
  const other = await tacet([
    "verify",
    logOf(place),
    "--key",
    made.out.trim().split("\n").at(-1) ?? "",
  ]);
  expect(other.code).toBe(1);
  expect(other.out).toContain("the key given is none of this log's");

  // Whoever stole the old key signs nothing more with it.
  const stolen = (await import("node:fs"))
    .readdirSync(logOf(place))
    .find((name) => name.includes(".retired-"));
  const { readLogKey } = await import("../../src/runtime/node/log/key.ts");
  const { signNote } = await import("../../src/log/note.ts");
  const thief = await readLogKey(join(logOf(place), stolen ?? ""), "tacet.example");
  const latest = join(logOf(place), "checkpoint-acme.txt");
  const body = `${readFileSync(latest, "utf8").split("\n\n")[0] ?? ""}\n`;
  const forged = join(place, "forged.txt");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(forged, await signNote(body, [await thief!.under("tacet.example/acme")]));
  const found = await tacet(["verify", logOf(place), "--since", forged]);
  expect(found.code).toBe(1);
  expect(found.out).toContain("signed by a key that was not the log's then");
});

test("a rotation that was cut short refuses the start and is finished by running it again", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  await first.process.stop();
  const key = join(logOf(place), "signing.key");
  const before = { key: text(key), pub: text(join(logOf(place), "key.pub")) };
  copyFileSync(key, join(place, "kept.key"));
  await tacet(["key", "rotate-log", logOf(place), "--reason", "yearly"]);
  // As though the power went after the entry was written and before the keys changed places.
  const made = text(key);
  renameSync(key, `${key}.next`);
  copyFileSync(join(place, "kept.key"), key);
  for (const name of (await import("node:fs")).readdirSync(logOf(place))) {
    if (name.includes(".retired-")) rmSync(join(logOf(place), name));
  }
  const refused = await tacet(["serve", "--config", join(place, "tacet.yaml")]);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("was cut short. Run it again: tacet key rotate-log");
  expect((await tacet(["key", "rotate-log", logOf(place), "--reason", "yearly"])).code).toBe(0);
  expect(text(key)).toBe(made);
  expect(text(key)).not.toBe(before.key);
  const again = await first.again();
  await again.process.stop();
  const verified = await tacet(["verify", logOf(place), "--key", before.pub]);
  expect(verified.code).toBe(0);
  const entries = await tacet(["log", logOf(place), "--tenant", "system", "--type", "KeyRotated"]);
  expect(entries.out.trim().split("\n")).toHaveLength(1);
});

test("a signing key on a medium of its own is made before the log, and the folder holds none", async () => {
  const place = await folder();
  const path = join(place, "medium", "tacet.key");
  const made = await tacet(["key", "create-log", path, "--origin", "tacet.example"]);
  expect(made).toMatchObject({ code: 0, err: "" });
  expect(made.out).not.toContain("PRIVATE");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await tacet(["key", "create-log", path, "--origin", "tacet.example"])).toMatchObject({
    code: 1,
  });
  const served = await serve(place, recorders, { log: { signingKeyPath: path } });
  await served.process.stop();
  expect(existsSync(join(logOf(place), "signing.key"))).toBe(false);
  expect(text(join(logOf(place), "key.pub"))).toBe(made.out.trim().split("\n").at(-1));
  // Without its medium the service does not begin with another key.
  renameSync(path, `${path}.away`);
  const refused = await tacet(["serve", "--config", join(place, "tacet.yaml")]);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("is missing. Put it back.");
});

test("tickets outlive a new secret, and end with it where that is asked for", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const pay = first.as("pay");
  await pay("PUT", "/v1/calls/c5", { targets: TARGETS });
  const { body } = await pay("POST", "/v1/tickets", { use: "call", callId: "c5" });
  const ticket = String(body["ticket"]);
  const secret = join(logOf(place), "ticket.secret");
  const before = text(secret);
  await first.process.stop();
  expect((await tacet(["key", "rotate-tickets", logOf(place)])).code).toBe(0);
  expect(text(secret).split("\n")).toHaveLength(2);
  expect(statSync(secret).mode & 0o077).toBe(0);
  const second = await first.again();
  const asked = () =>
    asking(second.url, ticket)("POST", "/v1/calls/c5/pause", { windowId: "w5", leaseMs: 60_000 });
  expect(await asked()).toMatchObject({ status: 200, body: { safeToCollect: true } });
  await second.process.stop();
  expect((await tacet(["key", "rotate-tickets", logOf(place), "--at-once"])).code).toBe(0);
  expect(text(secret)).not.toContain(before);
  const third = await first.again();
  const refused = await asking(third.url, ticket)("POST", "/v1/calls/c5/resume", {
    windowId: "w5",
  });
  expect(refused.status).toBe(401);
});

test("an API key is replaced without a gap: two speak for one principal until the first is taken out", async () => {
  const place = await folder();
  const next = makeApiKey("pay-2");
  const line = {
    id: "pay-2",
    hash: next.hash,
    tenant: "acme",
    kind: "payment",
    principal: "pay",
    scopes: ["calls:write", "targets:write", "windows:write"],
  };
  const { document, keys } = await acme(place, recorders.origins, { apiKeys: [line] });
  const served = await serveFile(await written(place, document), keys);
  const old = served.as("pay");
  const fresh = asking(served.url, next.key);
  await old("PUT", "/v1/calls/c6", { targets: TARGETS });
  expect(
    (await old("POST", "/v1/calls/c6/pause", { windowId: "w6", leaseMs: 60_000 })).status,
  ).toBe(200);
  // What the one opened is the other's too.
  expect((await fresh("POST", "/v1/windows/w6/renew", { leaseMs: 60_000 })).status).toBe(200);
  await served.process.stop();
  const without = {
    ...document,
    auth: {
      ...document.auth,
      apiKeys: (document.auth.apiKeys as { id: string }[]).filter(({ id }) => id !== "pay"),
    },
  };
  const again = await serveFile(await written(place, without), { ...keys, pay: next.key });
  expect(
    (await asking(again.url, keys.pay)("POST", "/v1/calls/c6/resume", { windowId: "w6" })).status,
  ).toBe(401);
  expect(
    (await again.as("pay")("POST", "/v1/calls/c6/resume", { windowId: "w6" })).status,
  ).toBeLessThan(300);
});
