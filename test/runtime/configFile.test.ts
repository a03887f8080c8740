import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { authenticator } from "../../src/http/authenticate.ts";
import { authSchema } from "../../src/policy/configAuth.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { configPaths, loadConfig } from "../../src/runtime/node/configFile.ts";
import { devIssuer, devKey } from "../../src/runtime/node/devToken.ts";
import { keyCommand, tokenCommand } from "../../src/runtime/node/keyCommand.ts";
import { ticketSecrets } from "../../src/runtime/node/secretFile.ts";
import { good, vendors } from "../policy/vendors.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tacet-config-"));
});
afterEach(() => rm(folder, { recursive: true }));

const load = (env: Record<string, string> = {}, configPath?: string) =>
  loadConfig({ env, cwd: folder, ...(configPath !== undefined && { configPath }) }, vendors);
const write = (name: string, text: string | Uint8Array) => writeFile(join(folder, name), text);

function withPassword(password: unknown): string {
  const draft = good();
  Object.assign(draft.recorders.hq.settings, { password });
  return stringify(draft);
}

describe("a configuration file", () => {
  test("is looked for in order, and all paths tried are told", async () => {
    expect(await load()).toEqual({
      kind: "missing",
      tried: [join(folder, "tacet.yaml"), "/etc/tacet/tacet.yaml"],
    });
    await write("tacet.yaml", stringify(good()));
    expect(await load()).toMatchObject({ kind: "loaded", path: join(folder, "tacet.yaml") });
  });

  test("that somebody named is never replaced by another", async () => {
    await write("tacet.yaml", stringify(good()));
    const other = join(folder, "other.yaml");
    expect(await load({}, "other.yaml")).toEqual({ kind: "missing", tried: [other] });
    expect(await load({ TACET_CONFIG: "other.yaml" })).toEqual({ kind: "missing", tried: [other] });
    const both = { configPath: "a", env: { TACET_CONFIG: "b" }, cwd: folder };
    expect(configPaths(both)).toEqual([join(folder, "a")]);
  });

  test("takes secrets from the environment and from files beside it", async () => {
    await write("tacet.yaml", withPassword({ env: "HQ" }));
    expect(await load({ HQ: "from env" })).toMatchObject({
      config: { recorders: { hq: { settings: { password: "from env" } } } },
    });
    await write("hq.secret", "from file\n");
    await write("tacet.yaml", withPassword({ file: "hq.secret" }));
    expect(await load()).toMatchObject({
      config: { recorders: { hq: { settings: { password: "from file" } } } },
    });
  });

  test("takes PKCS #12 files as bytes", async () => {
    await write("hq.pfx", new Uint8Array([0, 255, 128]));
    const draft = good();
    Object.assign(draft.recorders.hq, { tls: { pfx: { file: "hq.pfx" } } });
    await write("tacet.yaml", stringify(draft));
    expect(await load()).toMatchObject({ config: { recorders: { hq: { tls: { pfx: "AP+A" } } } } });
  });

  test.each<[string, object, string]>([
    ["a variable that is not set", { env: "NOT_SET" }, "{ env: NOT_SET }: is not set"],
    ["an empty variable", { env: "EMPTY" }, "{ env: EMPTY }: is empty"],
    ["a file that is not there", { file: "none" }, "{ file: none }: is not there"],
    ["an empty file", { file: "empty" }, "{ file: empty }: is empty"],
    ["a file of bytes", { file: "bytes" }, "{ file: bytes }: is no UTF-8 text"],
    ["a folder", { file: "." }, "{ file: . }: cannot be read (EISDIR)"],
  ])("names the place of %s", async (_, reference, problem) => {
    await write("empty", "\n");
    await write("bytes", new Uint8Array([255, 254]));
    await write("tacet.yaml", withPassword(reference));
    expect(await load({ EMPTY: "" })).toMatchObject({
      kind: "refused",
      problems: [{ path: "recorders.hq.settings.password", problem }],
    });
  });

  test("that is no YAML is refused with line and column and none of its text", async () => {
    await write("tacet.yaml", 'a: 1\npassword: "hunter2\n  b: [');
    const answer = await load();
    expect(answer).toMatchObject({ kind: "refused" });
    expect(JSON.stringify(answer)).toMatch(/line \d+, column \d+/);
    expect(JSON.stringify(answer)).not.toContain("hunter2");
  });

  test("with a member written twice is refused", async () => {
    await write("tacet.yaml", `${stringify(good())}log: {}\n`);
    expect(await load()).toMatchObject({
      kind: "refused",
      problems: [{ problem: expect.stringContaining("DUPLICATE_KEY") as string }],
    });
  });
});

describe("a kept secret", () => {
  test("is made once, for the service alone, and survives a restart", async () => {
    const first = await ticketSecrets(join(folder, "data"));
    expect(first.secret).toHaveLength(32);
    expect(await ticketSecrets(join(folder, "data"))).toEqual(first);
    expect((await stat(join(folder, "data", "ticket.secret"))).mode & 0o777).toBe(0o600);
  });
});

function io() {
  const out: string[] = [];
  const errors: string[] = [];
  const print = (line: string) => void out.push(line);
  const complain = (line: string) => void errors.push(line);
  return { out, errors, print, complain, now: () => Date.UTC(2026, 10, 22) };
}

describe("tacet key create", () => {
  const args = ["create", "--tenant", "acme", "--kind", "payment", "--id", "pay-2"];
  test("prints a key that the printed line takes, and writes nothing down", async () => {
    const { out, ...rest } = io();
    expect(await keyCommand([...args, "--scopes", "windows:write,calls:write"], { ...rest })).toBe(
      0,
    );
    const key = out.find((line) => line.includes("tacet_pay-2_"))?.trim() ?? "";
    const lines = parse(out.slice(out.findIndex((line) => line.startsWith("    -"))).join("\n"));
    const parsed = parseConfig({ ...good(), auth: { apiKeys: lines } }, vendors);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const authenticate = authenticator({
      auth: parsed.config.auth,
      tenants: ["acme"],
      tickets: { redeem: async () => ({ kind: "unknown" }) },
      clock: rest.now,
      sandbox: false,
    });
    expect(await authenticate.credential(key)).toMatchObject({
      ok: true,
      principal: { id: "pay-2" },
    });
    expect(out.join("\n").split(key)).toHaveLength(2);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each<[string, readonly string[], RegExp]>([
    ["an unknown scope", [...args, "--scopes", "window:write"], /did you mean windows:write/],
    ["no scope", args, /--scopes/],
    [
      "an agent's key without the agent",
      ["create", "--tenant", "acme", "--kind", "agent", "--scopes", "windows:write"],
      /--agent/,
    ],
    [
      "an agent that names targets",
      [
        "create",
        "--tenant",
        "acme",
        "--kind",
        "agent",
        "--agent",
        "a",
        "--scopes",
        "targets:write",
      ],
      /targets/,
    ],
    ["a sandbox id", [...args, "--id", "sandbox-1", "--scopes", "operate"], /sandbox/],
    ["an unknown option", [...args, "--scope", "operate"], /usage/],
    ["no verb", [], /usage/],
  ])("with %s exits 2 and prints no key", async (_, given, complaint) => {
    const { out, errors, ...rest } = io();
    expect(await keyCommand(given, rest)).toBe(2);
    expect(errors.join("\n")).toMatch(complaint);
    expect(out).toEqual([]);
  });
});

describe("tacet token", () => {
  const args = ["--id", "ann", "--kind", "agent", "--agent", "a-204", "--scopes", "windows:write"];
  test("prints a token that the sandbox's issuer takes and a served configuration refuses", async () => {
    const { out, ...rest } = io();
    expect(await tokenCommand([...args, "--folder", folder], rest)).toBe(0);
    const issuer = devIssuer(await devKey(folder), ["sandbox"]);
    expect(JSON.stringify(issuer)).not.toContain('"d"');
    const authenticate = authenticator({
      auth: authSchema.parse({ issuers: [issuer] }),
      tenants: ["sandbox"],
      tickets: { redeem: async () => ({ kind: "unknown" }) },
      clock: rest.now,
      sandbox: true,
    });
    expect(await authenticate.credential(out[0] ?? "")).toMatchObject({
      ok: true,
      principal: { tenant: "sandbox", kind: "agent", agentId: "a-204" },
    });
    const served = { ...good(), auth: { issuers: [{ ...issuer, tenants: ["acme"] }] } };
    expect(parseConfig(served, vendors)).toMatchObject({
      ok: false,
      problems: [{ path: "auth.issuers[0].issuer" }],
    });
    expect(await readFile(join(folder, "development-key.json"), "utf8")).toContain('"d"');
  });

  test("with arguments that do not fit exits 2", async () => {
    const { errors, ...rest } = io();
    expect(await tokenCommand(["--kind", "agnet"], rest)).toBe(2);
    expect(errors.join("\n")).toMatch(/--id/);
  });
});
