import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { canonical } from "../../src/log/canonical.ts";
import { splitNotes } from "../../src/log/checkpoint.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import { payment } from "./events.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;
let original = "";
let key = "";

async function verify(...args: string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const io = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  const code = await verifyCommand(args, io);
  return { code, said: said.join("\n") };
}

/** 40 entries of acme with a head after every tenth, and one entry of system. */
async function write(folder: string): Promise<string> {
  const log = await openLog({
    folder,
    originBase: "tacet.example",
    now: () => AT,
    ballastBytes: 0,
  });
  await log.enter([
    {
      at: AT,
      tenant: "system",
      type: "LogStarted",
      actor: { id: "tacet", kind: "system" },
      origin: { component: "runtime" },
      outcome: "success",
    },
  ]);
  for (let call = 0; call < 4; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, AT + call * 60_000));
    await log.checkpoint("acme");
  }
  await log.close();
  return log.verifierKey;
}

beforeAll(async () => {
  const { mkdtempSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  original = mkdtempSync(join(tmpdir(), "tacet-verify-"));
  key = await write(original);
  return () => rmSync(original, { recursive: true, force: true });
});

function copy(): string {
  const folder = temporaryFolder();
  cpSync(original, folder, { recursive: true });
  return folder;
}

function change(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  db.exec(sql);
  db.close();
}

function exported(): { folder: string; lines: string[] } {
  const folder = temporaryFolder();
  const db = new DatabaseSync(join(original, "control-log.sqlite"), { readOnly: true });
  const rows = db
    .prepare("SELECT bytes FROM entries WHERE tenant = 'acme' ORDER BY position")
    .all();
  db.close();
  const lines = rows.map(({ bytes }) => Buffer.from(bytes as Uint8Array).toString());
  writeFileSync(join(folder, "entries.ndjson"), lines.map((line) => `${line}\n`).join(""));
  cpSync(join(original, "checkpoints-acme.log"), join(folder, "checkpoints.txt"));
  cpSync(join(original, "key.pub"), join(folder, "key.pub"));
  return { folder, lines };
}

/** The log's two endpoints over the folder, a page of 7 entries. */
async function serve(cut = 40): Promise<string> {
  const log = await openTestLog(copy());
  const answer = async (request: IncomingMessage, reply: ServerResponse) => {
    if (request.headers.authorization !== "Bearer t0ken") return reply.writeHead(401).end();
    const url = new URL(request.url ?? "/", "http://x");
    if (url.pathname === "/v1/log/checkpoint") {
      return reply.setHeader("tacet-key", key).end(await log.checkpoint("acme"));
    }
    const page = await log.read("acme", {}, Number(url.searchParams.get("after")), 7);
    if (page.next !== undefined) reply.setHeader("tacet-next", page.next);
    const entries = page.entries.filter(({ position }) => position <= cut);
    return reply.end(entries.map((entry) => `${canonical(entry)}\n`).join(""));
  };
  const server = createServer((request, reply) => void answer(request, reply));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a folder", () => {
  test("an untouched folder is intact, tenant by tenant, and says whose word that rests on", async () => {
    const { code, said } = await verify(original);
    expect(said).toContain("tacet.example/acme: INTACT, 40 entries");
    expect(said).toContain("tacet.example/system: INTACT, 1 entries");
    expect(said).toContain("who doubts the key's holder needs it from elsewhere");
    expect(code).toBe(0);
    const trusted = await verify(original, "--key", key);
    expect(trusted.code).toBe(0);
    expect(trusted.said).not.toContain("came with the log");
    expect((await verify(original, "--key", join(original, "key.pub"))).code).toBe(0);
  });

  test("every entry's flipped byte, hash, row and place in the database is named", async () => {
    const folder = copy();
    const database = join(folder, "control-log.sqlite");
    const whole = readFileSync(database);
    const acme = "WHERE tenant = 'acme' AND position";
    for (let position = 1; position <= 40; position += 1) {
      const at = `${acme} = ${position}`;
      const changes: readonly (readonly [string, string])[] = [
        [
          `UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'success', 'succesS') AS BLOB),
             call_id = call_id || iif(instr(CAST(bytes AS TEXT), 'success') > 0, '', 'x') ${at}`,
          `ENTRY ${position} IS WRONG`,
        ],
        [`UPDATE entries SET leaf = zeroblob(32) ${at}`, `ENTRY ${position} IS WRONG`],
        [`UPDATE entries SET call_id = 'another' ${at}`, `ENTRY ${position} IS WRONG`],
        [`UPDATE entries SET prev = 99 ${at}`, `ENTRY ${position} IS WRONG`],
        [
          `DELETE FROM entries ${at}`,
          position === 40
            ? "ENTRIES 40 TO 40 ARE MISSING"
            : `ENTRY ${position} IS WRONG: it is missing`,
        ],
        [`DELETE FROM entries ${acme} >= ${position}`, `ENTRIES ${position} TO 40 ARE MISSING`],
      ];
      for (const [sql, finding] of changes) {
        change(folder, sql);
        const { code, said } = await verify(folder);
        expect(said, sql).toContain(`tacet.example/acme: ${finding}`);
        expect(said).toContain("tacet.example/system: INTACT");
        expect(code).toBe(1);
        writeFileSync(database, whole);
      }
    }
  }, 60_000);

  test("a tenant whose entries are all gone is missed", async () => {
    const folder = copy();
    change(folder, "DELETE FROM entries WHERE tenant = 'system'");
    const { code, said } = await verify(folder);
    expect(said).toContain("tacet.example/system: ENTRIES 1 TO 1 ARE MISSING");
    expect(code).toBe(1);
  });

  test("a head that was changed, another key's head and no head at all are told apart", async () => {
    const folder = copy();
    const path = join(folder, "checkpoints-acme.log");
    const heads = readFileSync(path, "utf8");
    for (let at = 0; at < 120; at += 1) {
      const code = heads.charCodeAt(at) ^ 1;
      writeFileSync(path, heads.slice(0, at) + String.fromCharCode(code) + heads.slice(at + 1));
      expect((await verify(folder)).code, `character ${at}`).toBe(1);
    }
    writeFileSync(path, heads);
    const stranger = temporaryFolder();
    const other = await write(stranger);
    expect((await verify(folder, "--key", other)).said).toContain("BAD SIGNED HEAD");
    for (const file of ["checkpoints-acme.log", "checkpoint-acme.txt"]) rmSync(join(folder, file));
    expect(await verify(folder)).toMatchObject({
      code: 1,
      said: expect.stringContaining("tacet.example/acme: NO SIGNED HEAD"),
    });
  });

  test("a rewritten log that its own holder signed anew is found by a head saved before", async () => {
    const folder = copy();
    const saved = join(temporaryFolder(), "saved.txt");
    writeFileSync(saved, readFileSync(join(folder, "checkpoint-acme.txt")));
    // The holder of the key throws everything away but the key, and starts over.
    for (const name of ["control-log.sqlite", "checkpoint-acme.txt", "checkpoints-acme.log"]) {
      rmSync(join(folder, name));
    }
    for (const name of ["checkpoint-system.txt", "checkpoints-system.log"])
      rmSync(join(folder, name));
    await write(folder);
    expect((await verify(folder)).code).toBe(0);
    const { code, said } = await verify(folder, "--since", saved);
    expect(said).toContain("acme: TWO HISTORIES of 40 entries were signed");
    expect(code).toBe(1);
  });

  test("a folder whose service is running is read beside it", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    await log.append("acme", "c1", 0, payment("w1", AT));
    await log.checkpoint("acme");
    await log.append("acme", "c2", 0, payment("w2", AT));
    const { code, said } = await verify(folder);
    expect(said).toContain("INTACT, 20 entries");
    expect(said).toContain("the last 10 are under no signature yet");
    expect(code).toBe(0);
    expect(await log.append("acme", "c3", 0, payment("w3", AT))).toMatchObject({
      kind: "appended",
    });
  });

  test("a damaged database file is said to be one, whatever byte it was", async () => {
    const folder = copy();
    const database = join(folder, "control-log.sqlite");
    const whole = readFileSync(database);
    for (let at = 0; at < whole.length; at += 997) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 0x55;
      writeFileSync(database, bytes);
      const { code, said } = await verify(folder);
      // Bytes of free space, of other tables and of counters are no entry's.
      if (code === 0) expect(said).toContain("acme: INTACT, 40 entries");
      expect(said.length).toBeGreaterThan(0);
    }
  }, 60_000);
});

describe("an export", () => {
  test("a folder or a file with its heads beside it is verified; a lone file with given ones", async () => {
    const { folder } = exported();
    expect((await verify(folder)).said).toContain(
      "tacet.example/acme: INTACT, 40 entries, 4 signed",
    );
    const lone = join(temporaryFolder(), "lone.ndjson");
    cpSync(join(folder, "entries.ndjson"), lone);
    expect((await verify(lone)).said).toContain("give it with --key");
    const heads = join(folder, "checkpoints.txt");
    expect(await verify(lone, "--key", key, "--checkpoint", heads)).toMatchObject({ code: 0 });
    expect((await verify(lone, "--key", key)).code).toBe(1);
  });

  test("a changed line is named, or the span between two heads that it is in", async () => {
    const { folder, lines } = exported();
    const changed = lines.with(16, (lines[16] as string).replace("in_doubt", "in_doubT"));
    writeFileSync(join(folder, "entries.ndjson"), changed.map((line) => `${line}\n`).join(""));
    expect(await verify(folder)).toMatchObject({
      code: 1,
      said: expect.stringContaining("AN ENTRY FROM 11 TO 20 IS WRONG"),
    });
  });

  test("what cannot be checked is no finding: wrong paths, keys and arguments answer 2", async () => {
    const empty = join(temporaryFolder(), "empty");
    mkdirSync(empty);
    expect(await verify("/no/such/place")).toMatchObject({ code: 2 });
    expect(await verify(empty)).toMatchObject({ code: 2 });
    expect(await verify()).toMatchObject({ code: 2 });
    expect(await verify(original, "--key", "tacet.example+00000000+AAAA")).toMatchObject({
      code: 2,
    });
    expect(await verify(original, "--nonsense")).toMatchObject({ code: 2 });
  });
});

describe("a running service", () => {
  test("it is verified page by page against its signed head", async () => {
    const url = await serve();
    expect(await verify(url, "--token", "t0ken")).toMatchObject({
      code: 0,
      said: expect.stringContaining("tacet.example/acme: INTACT, 40 entries"),
    });
    const heads = splitNotes(readFileSync(join(original, "checkpoints-acme.log"), "utf8"));
    const since = join(temporaryFolder(), "since.txt");
    writeFileSync(since, heads[1] as string);
    expect(
      await verify(`${url}/`, "--api-key", "t0ken", "--key", key, "--since", since),
    ).toMatchObject({
      code: 0,
      said: expect.stringContaining("2 signed heads"),
    });
  });

  test("entries it keeps back are missed; a refusal is no finding and names no token", async () => {
    expect((await verify(await serve(33), "--token", "t0ken")).said).toContain(
      "ENTRIES 34 TO 40 ARE MISSING",
    );
    const { code, said } = await verify(await serve(), "--token", "s3cret");
    expect(code).toBe(3);
    expect(said).toContain("answered 401");
    expect(said).not.toContain("s3cret");
  });
});
