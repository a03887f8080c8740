/** Exports of a real log: what is said to verify verifies, and nothing is written over. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { exportCommand } from "../../src/runtime/node/exportCommand.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function given(): Promise<{ folder: string; out: (name: string) => string }> {
  const folder = await mkdtemp(join(tmpdir(), "tacet-export-"));
  folders.push(folder);
  let now = Date.UTC(2026, 10, 22, 9);
  const log = await openLog({
    folder: join(folder, "log"),
    originBase: "tacet.example",
    now: () => now,
  });
  for (let hour = 9; hour < 13; hour += 1) {
    now = Date.UTC(2026, 10, 22, hour);
    const actor = { id: "=evil()", kind: "operator" } as const;
    const fact = { at: now, tenant: "acme", actor, origin: { component: "t" } };
    await log.enter([{ ...fact, type: `Hour${hour}`, outcome: "success" }]);
  }
  await log.enter([
    {
      at: now,
      tenant: "system",
      type: "LogStarted",
      actor: { id: "tacet", kind: "system" },
      origin: { component: "t" },
      outcome: "success",
    },
  ]);
  await log.close();
  return { folder: join(folder, "log"), out: (name) => join(folder, name) };
}

async function run(command: typeof exportCommand, ...args: string[]) {
  const said: string[] = [];
  const io = {
    out: (line: string) => void said.push(line),
    err: (line: string) => void said.push(line),
  };
  return { code: await command(args, io), said: said.join("\n") };
}

test("an ndjson export verifies by itself, with the heads and keys that came with it", async () => {
  const { folder, out } = await given();
  expect(await run(exportCommand, folder, "--out", out("copy"))).toMatchObject({ code: 0 });
  const verified = await run(verifyCommand, out("copy"));
  expect(verified.code).toBe(0);
  expect(verified.said).toMatch(/4 entries/);
  const path = join(out("copy"), "entries.ndjson");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("Hour10", "Hour11"));
  expect((await run(verifyCommand, out("copy"))).code).toBe(1);
});

test("a period is cut as asked, and a formula is no formula", async () => {
  const { folder, out } = await given();
  const period = ["--from", "2026-11-22T10:00:00Z", "--to", "2026-11-22T12:00:00Z"];
  const how = ["--format", "csv", "--out", out("x.csv")];
  expect(await run(exportCommand, folder, ...how, ...period)).toMatchObject({ code: 0 });
  const text = await readFile(out("x.csv"), "utf8");
  expect([...text.matchAll(/Hour\d+/g)].map(String)).toEqual(["Hour10", "Hour11"]);
  expect(text).toContain("'=evil()");
  expect((await stat(out("x.csv"))).mode & 0o077).toBe(0);
});

test("CEF and OCSF are a line an entry, of the tenant that was asked for", async () => {
  const { folder, out } = await given();
  for (const format of ["cef", "ocsf"]) {
    const place = out(format);
    await run(exportCommand, folder, "--format", format, "--out", place, "--tenant", "system");
    const lines = (await readFile(place, "utf8")).trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("tacet.example/system");
  }
});

test("what is there is not written over, and bad arguments say what to do", async () => {
  const { folder, out } = await given();
  await writeFile(out("mine"), "mine");
  const over = await run(exportCommand, folder, "--format", "csv", "--out", out("mine"));
  expect(over.code).toBe(2);
  expect(await readFile(out("mine"), "utf8")).toBe("mine");
  expect((await run(exportCommand, folder)).said).toMatch(/usage/);
  expect((await run(exportCommand, folder, "--out", "x", "--format", "xml")).said).toMatch(
    /ndjson/,
  );
  const cut = ["--out", out("y"), "--from", "2026-11-22T10:00:00Z"];
  expect((await run(exportCommand, folder, ...cut)).said).toMatch(/whole log/);
  const none = await run(exportCommand, folder, "--out", out("y"), "--tenant", "nobody");
  expect(none.said).toMatch(/acme, system/);
});

test("an export that cannot be finished leaves no half of it behind", async () => {
  const { folder, out } = await given();
  const said = await run(exportCommand, folder, "--out", out("whole"));
  expect(said.code).toBe(0);
  const lines = await readFile(join(out("whole"), "entries.ndjson"));
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/v1/log/checkpoint") === true) response.end("o/acme\n9\nroot\n");
    else if (request.url?.includes("after=0") === true) {
      response.setHeader("tacet-next", "4").end(lines);
    } else response.writeHead(500, { "retry-after": "0" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const half = await run(exportCommand, url, "--format", "csv", "--out", out("half.csv"));
  expect(half).toMatchObject({ code: 2, said: expect.stringContaining("500") });
  expect(existsSync(out("half.csv"))).toBe(false);
  expect(await run(exportCommand, url, "--out", out("half"))).toMatchObject({ code: 2 });
  expect(existsSync(join(out("half"), "entries.ndjson"))).toBe(false);
});

test("heads and keys that lie in the folder already are not written over", async () => {
  const { folder, out } = await given();
  await mkdir(out("mine"));
  await writeFile(join(out("mine"), "keys.pub"), "mine");
  expect(await run(exportCommand, folder, "--out", out("mine"))).toMatchObject({ code: 2 });
  expect(await readFile(join(out("mine"), "keys.pub"), "utf8")).toBe("mine");
});
