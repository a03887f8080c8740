/** `tacet serve`, `check` and `key` from a shell: what they refuse, and in which words. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { acme, closeRecorders, SALT, startRecorders, TARGETS, written } from "./acme.ts";
import { asking } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, CLI, folder, pasted, startTacet, tacet } from "./process.ts";
import { serveFile } from "./serve.ts";

vi.setConfig({ testTimeout: 60_000 });
afterEach(async () => {
  await cleanUp();
  await closeRecorders();
});

const nowhere = { anywherenow: "http://127.0.0.1:9", vslogger: "http://127.0.0.1:9" };

test("serve without a configuration starts nothing and names the paths it tried", async () => {
  const cwd = await folder();
  const { code, err, out } = await tacet(["serve"], { cwd });
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(join(cwd, "tacet.yaml"));
  expect(err).toContain("/etc/tacet/tacet.yaml");

  const named = await tacet(["serve"], { cwd, env: { TACET_CONFIG: "elsewhere.yaml" } });
  expect(named.code).toBe(1);
  expect(named.err).toContain(join(cwd, "elsewhere.yaml"));
  expect(named.err).not.toContain("/etc/tacet/tacet.yaml");
  const check = await command(["check", "--config", join(cwd, "none.yaml")]);
  expect(check.code).toBe(1);
  expect(check.err).toContain(join(cwd, "none.yaml"));
});

test("a served configuration refuses the sandbox's mark, key, issuer and origin, each by its path", async () => {
  const place = await folder();
  const { document } = await acme(place, nowhere);
  const [key] = document.auth.apiKeys;
  const issuer = {
    issuer: "tacet-sandbox",
    audience: ["tacet"],
    tenants: ["acme"],
    jwks: { keys: [{ kty: "OKP", crv: "Ed25519", x: "AAAA" }] },
  };
  const path = await written(place, {
    ...document,
    sandbox: true,
    log: { ...document.log, origin: "sandbox.tacet.invalid" },
    auth: { apiKeys: [{ ...key, id: "sandbox-payment" }], issuers: [issuer] },
  });
  const { code, err } = await command(["serve", "--config", path]);
  expect(code).toBe(1);
  expect(err).toMatch(/^ {2}sandbox: is for the built-in sandbox alone/m);
  expect(err).toMatch(/^ {2}log\.origin: is the sandbox's; /m);
  expect(err).toMatch(/^ {2}auth\.apiKeys\[0\]\.id: is a sandbox key; /m);
  expect(err).toMatch(/^ {2}auth\.issuers\[0\]\.issuer: is the sandbox's; /m);
});

test("a sandbox's log is never served on, nor a copy of it", async () => {
  const place = await folder();
  const sandbox = startTacet(["sandbox", "--port", "0", "--folder", place, "--quiet"]);
  await sandbox.said(/Ctrl-C/);
  await sandbox.stop();
  const { document } = await acme(place, nowhere);
  const path = await written(place, document);
  const served = await command(["serve", "--config", path]);
  expect(served.code).toBe(1);
  expect(served.err).toContain(join(place, "log"));
  expect(served.err).toMatch(/sandbox/);

  const copy = await folder();
  await cp(join(place, "log"), join(copy, "log"), {
    recursive: true,
    filter: (source) => !source.endsWith("SANDBOX"),
  });
  const again = await acme(copy, nowhere);
  const copied = await tacet(["serve", "--config", await written(copy, again.document)]);
  expect(copied.code).toBe(1);
  expect(copied.err).toContain("sandbox.tacet.invalid");
});

test("a key of the sandbox opens nothing in a served configuration", async () => {
  const place = await folder();
  const { document, keys } = await acme(place, nowhere);
  const { url } = await serveFile(await written(place, document), keys);
  const key = "tacet_sandbox-payment_nmYcjCc6H2-YjiIMRP4ZcEBuClYjcrkXPHyJczbyfGo";
  const { body, status } = await asking(url, key)("GET", "/v1/calls");
  expect({ status, safe: body["safeToCollect"] }).toEqual({ status: 401, safe: undefined });
});

test("five mistakes are told at once, each with its path and what to do", async () => {
  const place = await folder();
  const { document } = await acme(place, nowhere);
  const { acme: tenant, globex } = document.tenants;
  const { atLeaseEnd: _, ...unchosen } = tenant;
  const path = await written(place, {
    ...document,
    listen: { host: "0.0.0.0" },
    ops: { listen: { prot: 9464 } },
    log: { ...document.log, checkpointMs: "soon" },
    tenants: {
      acme: { ...unchosen, routes: [{ recorders: [{ recorder: "vsloger" }] }] },
      globex,
    },
  });
  for (const { code, err } of [
    await tacet(["serve", "--config", path]),
    await command(["check", "--config", path]),
  ]) {
    expect(code).toBe(1);
    const lines = err.trim().split("\n").slice(1);
    expect(lines).toHaveLength(5);
    expect(err).toMatch(/^ {2}ops\.listen\.prot: .*port/m);
    expect(err).toMatch(/^ {2}listen\.tls: .*; give `listen\.tls`/m);
    expect(err).toMatch(/^ {2}log\.checkpointMs: .*; .*number/m);
    expect(err).toMatch(/^ {2}tenants\.acme\.atLeaseEnd: is not chosen; choose /m);
    expect(err).toMatch(
      /^ {2}tenants\.acme\.routes\[0\]\.recorders\[0\]\.recorder: .*did you mean "vslogger"/m,
    );
  }
});

test("what is wrong in a file is told without the file's secrets", async () => {
  const place = await folder();
  const { document } = await acme(place, nowhere);
  const path = join(place, "tacet.yaml");
  await writeFile(path, `${stringify(document)}\nlog: twice\n`);
  const broken = await command(["serve", "--config", path]);
  expect(broken.code).toBe(1);
  expect(broken.err).toMatch(/line \d+/);
  expect(broken.err + broken.out).not.toContain(SALT);
});

test("check says ok where every recorder will obey, and names what one would refuse", async () => {
  const place = await folder();
  const { anywherenow, origins } = await startRecorders();
  const { document } = await acme(place, origins);
  const path = await written(place, document);
  const good = await command(["check", "--config", path]);
  expect(good).toMatchObject({ code: 0, err: "" });
  expect(good.out).toContain("Every recorder is ready.");
  expect(good.out).toContain("the log is kept for good: log.retention is not set");
  expect(good.out).toMatch(/ok +AgentCanEditRecordings of ucc-demo/);

  anywherenow.faults.set({ name: "not-permitted" });
  document.recorders.vslogger.settings.hash.salt = "another-salt";
  const bad = await command(["check", "--config", await written(place, document)]);
  expect(bad.code).toBe(1);
  expect(bad.out).toMatch(/PROBLEM +AgentCanEditRecordings of ucc-demo/);
  expect(bad.out).toMatch(/vslogger \(vslogger\)\n(.*\n)*? +PROBLEM .*(hash|salt|SALT)/);
  expect(bad.out).toMatch(/\d to put right before serving/);
  for (const secret of [
    SALT,
    "another-salt",
    document.recorders.anywherenow.settings.auth.password,
  ]) {
    expect(bad.out + bad.err).not.toContain(secret);
  }

  const gone = await acme(place, nowhere);
  const unreachable = await command(["check", "--config", await written(place, gone.document)]);
  expect(unreachable.code).toBe(1);
  expect(unreachable.out).toMatch(/PROBLEM .*unreachable/);
});

test("check changes nothing: no order is heard, and no log is made", async () => {
  const place = await folder();
  const { anywherenow, origins, vslogger } = await startRecorders();
  const { document } = await acme(place, origins);
  await command(["check", "--config", await written(place, document)]);
  expect(vslogger.commandsHeard()).toBe(0);
  expect(anywherenow.requests.filter(({ action }) => action !== undefined)).toEqual([]);
  await mkdir(join(place, "log")); // Throws where it is there.
});

test("a key made by `tacet key create` works once its line is in the configuration", async () => {
  const place = await folder();
  const { origins } = await startRecorders();
  const made = await command([
    ...["key", "create", "--tenant", "acme", "--kind", "payment", "--id", "pay-2"],
    ...["--scopes", "calls:write,targets:write,windows:write"],
  ]);
  expect(made.code).toBe(0);
  const key = made.out.match(/^ +(tacet_pay-2_\S+)$/m)?.[1] ?? "";
  const lines = made.out.split("auth.apiKeys in tacet.yaml:\n")[1] ?? "";
  expect(lines).not.toContain(key);

  const { document, keys } = await acme(place, origins);
  const yaml = stringify({ ...document, auth: undefined });
  const path = join(place, "tacet.yaml");
  await writeFile(path, `${yaml}\nauth:\n  apiKeys:\n${lines}`);
  const { url } = await serveFile(path, keys);
  const pay = asking(url, key);
  expect((await pay("PUT", "/v1/calls/c1", { targets: TARGETS })).status).toBe(201);
  expect((await pay("GET", "/v1/log/entries")).status).toBe(403);
  expect((await asking(url, `${key}x`)("GET", "/v1/calls")).status).toBe(401);
});

test("unknown commands and options end with the usage and change nothing", async () => {
  const cwd = await folder();
  const unknown = await tacet(["sreve"], { cwd });
  expect(unknown.code).toBe(2);
  expect(unknown.err).toMatch(/There is no `tacet sreve`[^]*usage: tacet/);
  expect((await tacet([], { cwd })).code).toBe(2);
  expect(await tacet(["--help"], { cwd })).toMatchObject({ code: 0 });
  for (const args of [
    ["serve", "--confg", "x"],
    ["serve", "tacet.yaml"],
    ["check", "--port", "1"],
    ["key", "delete"],
    ["key", "create", "--tenants", "acme"],
    ["key", "create", "--tenant", "acme", "--kind", "payment", "--scopes", "windows:rite"],
    ["token", "--kind", "agent"],
    ["verify"],
  ]) {
    const { code, err, out } = await command(args);
    expect([args, code, out]).toEqual([args, 2, ""]);
    expect(err).toContain("usage: tacet");
  }
});

test("a log that another process serves is refused, and so is a port that is taken", async () => {
  const place = await folder();
  const { document, keys } = await acme(place, nowhere);
  const first = await serveFile(await written(place, document), keys);
  const second = await tacet(["serve", "--config", join(place, "tacet.yaml")]);
  expect(second.code).toBe(1);
  expect(second.err).toContain(join(place, "log"));

  const elsewhere = await folder();
  const other = await acme(elsewhere, nowhere, {
    listen: { port: Number(new URL(first.url).port) },
  });
  const taken = await tacet(["serve", "--config", await written(elsewhere, other.document)]);
  expect(taken.code).toBe(1);
  expect(taken.err).toContain(new URL(first.url).port);
});

test("a port taken by somebody else ends the process, whichever listener it was for", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const place = await folder();
  const { document } = await acme(place, nowhere);
  const path = await written(place, { ...document, ops: { listen: { port } } });
  const { code, err } = await tacet(["serve", "--config", path]);
  expect(code).toBe(1);
  expect(err).toContain(String(port));
  taken.close();
});

test("a damaged ticket secret is named, and the process ends", async () => {
  const place = await folder();
  const { document } = await acme(place, nowhere);
  await mkdir(join(place, "log"), { mode: 0o700 });
  await writeFile(join(place, "log", "ticket.secret"), "", { mode: 0o600 });
  const { code, err } = await tacet(["serve", "--config", await written(place, document)]);
  expect(code).toBe(1);
  expect(err).toContain(join(place, "log", "ticket.secret"));
});

test("whoever reads no more of what it prints stops no command", async () => {
  const print = `"${process.execPath}" "${CLI}" key create --tenant acme --kind payment --scopes windows:write`;
  // `true` has ended by the time anything is printed.
  const { ended } = pasted(
    `{ sleep 1; ${print}; echo "it ended with $?" >&2; } | true`,
    await folder(),
  );
  const { err } = await ended;
  expect(err).toContain("it ended with 0");
  expect(err).not.toContain("EPIPE");
});
