/** Whose eyes tacet's files are for, however lax the shell that started it. */
import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { exposedIn, exposedSecrets } from "../../src/runtime/node/permissions.ts";
import { ticketSecrets } from "../../src/runtime/node/secretFile.ts";
import {
  acme,
  begin,
  closeRecorders,
  type Recorders,
  startRecorders,
  written,
} from "../service/acme.ts";
import { asking } from "../service/client.ts";
import { command } from "../service/command.ts";
import { cleanUp, folder, pasted } from "../service/process.ts";
import { serveFile } from "../service/serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(cleanUp);
afterAll(closeRecorders);

const CLI = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

/** `tacet serve` from a shell that lets everybody read and write what it makes. */
async function servedLax(place: string) {
  const { document, keys } = await acme(place, recorders.origins, {
    log: { ballastBytes: 65_536 },
  });
  const path = await written(place, document);
  const tacet = pasted(
    `umask 000; exec "${process.execPath}" --disable-warning=ExperimentalWarning "${CLI}" serve --config "${path}"`,
    place,
  );
  const [, url = ""] = await tacet.said(/"url":"([^"]+)"[^\n]*"msg":"tacet serves"/);
  return { tacet, pay: asking(url, keys.pay) };
}

async function modesIn(place: string): Promise<Record<string, string>> {
  const modes: Record<string, string> = { ".": await modeOf(place) };
  for (const name of await readdir(place, { recursive: true })) {
    // Some are replaced while this looks.
    const mode = await modeOf(join(place, name)).catch(() => undefined);
    if (mode !== undefined) modes[name] = mode;
  }
  return modes;
}

test("under a umask of 000 the folder is 0700 and every file in it 0600, while it runs, killed and stopped", async () => {
  const place = await folder();
  const { pay, tacet } = await servedLax(place);
  const one = begin(recorders, 60);
  await pay("PUT", "/v1/calls/c60", { targets: one.targets });
  await pay("POST", "/v1/calls/c60/pause", { windowId: "w60" });
  const log = join(place, "log");
  const running = await modesIn(log);
  const names = Object.keys(running);
  for (const name of ["control-log.sqlite", "control-log.sqlite-wal", "control-log.sqlite-shm"]) {
    expect(names).toContain(name);
  }
  for (const name of [
    "search.sqlite",
    "lock.sqlite",
    "signing.key",
    "ticket.secret",
    "ballast.bin",
  ]) {
    expect(names).toContain(name);
  }
  expect(names).toContain("configuration.json");
  await tacet.stop("SIGKILL");
  const killed = await modesIn(log);
  const again = await servedLax(place);
  await again.tacet.stop("SIGTERM");
  const stopped = await modesIn(log);
  for (const modes of [running, killed, stopped]) {
    for (const [name, mode] of Object.entries(modes)) {
      const isFolder = (await stat(join(log, name)).catch(() => undefined))?.isDirectory() === true;
      // The public keys are for auditors; the folder keeps them in all the same.
      const expected = name.endsWith(".pub") ? "644" : isFolder ? "700" : "600";
      expect([name, mode]).toEqual([name, expected]);
    }
  }
});

describe("what others can read or change", () => {
  test("is refused where it opens everything: the signing key and the tickets' secret", async () => {
    const place = await folder();
    const { document, keys } = await acme(place, recorders.origins);
    const path = await written(place, document);
    const first = await serveFile(path, keys);
    await first.process.stop("SIGTERM");
    for (const name of ["signing.key", "ticket.secret"]) {
      const file = join(place, "log", name);
      for (const mode of [0o644, 0o640, 0o620, 0o606]) {
        await chmod(file, mode);
        const { code, err } = await command(["serve", "--config", path]);
        expect([name, code]).toEqual([name, 1]);
        expect(err).toContain(file);
        expect(err).toContain("Set its mode to 0600.");
      }
      await chmod(file, 0o600);
    }
    await (await serveFile(path, keys)).process.stop("SIGTERM");
  });

  test("is told, with its path and what to do, where it is the log, its folder or a secret's file", async () => {
    const place = await folder();
    await mkdir(join(place, "log"), { mode: 0o700 });
    await writeFile(join(place, "salt"), "a secret of many letters", { mode: 0o600 });
    const { document, keys } = await acme(place, recorders.origins);
    Object.assign(document.recorders.vslogger.settings.hash, { salt: { file: "salt" } });
    const path = await written(place, document);
    const first = await serveFile(path, keys);
    const { err, out } = await first.process.stop("SIGTERM");
    expect(out + err).not.toContain("is exposed");
    const lax: [string, number][] = [
      ["log", 0o755],
      ["log/control-log.sqlite", 0o644],
      ["log/search.sqlite", 0o660],
      ["salt", 0o644],
      ["tacet.yaml", 0o644],
    ];
    for (const [name, mode] of lax) await chmod(join(place, name), mode);
    const second = await serveFile(path, keys);
    const said = await second.process.stop("SIGTERM");
    const told = said.out.split("\n").filter((line) => line.includes("is exposed"));
    for (const [name] of lax) {
      expect(told.filter((line) => line.includes(`"path":"${join(place, name)}"`))).toHaveLength(1);
    }
    // SQLite makes the files beside a database as lax as the database is.
    expect(told.filter((line) => !/\.sqlite-(?:wal|shm)"/.test(line))).toHaveLength(lax.length);
    expect(told.every((line) => line.includes('"level":40'))).toBe(true);
    // What is written anew at each start is its own again.
    for (const name of ["configuration.json", "key.pub"])
      await chmod(join(place, "log", name), 0o666);
    const third = await serveFile(path, keys);
    expect(await modeOf(join(place, "log", "configuration.json"))).toBe("600");
    expect(await modeOf(join(place, "log", "key.pub"))).toBe("644");
    await third.process.stop("SIGTERM");
    const checked = await command(["check", "--config", path]);
    for (const [name] of lax) expect(checked.out).toContain(`WARNING  ${join(place, name)} can be`);
  });

  test("is nothing for a secret that a group of the service's may read, or a file that is not there", async () => {
    const place = await folder();
    const path = join(place, "tls.key");
    await writeFile(path, "");
    for (const [mode, count] of [
      [0o600, 0],
      [0o640, 0],
      [0o400, 0],
      [0o660, 1],
      [0o644, 1],
      [0o602, 1],
    ] as const) {
      await chmod(path, mode);
      expect([mode, exposedSecrets([path, path]).length]).toEqual([mode, count]);
    }
    expect(exposedSecrets([join(place, "none")])).toEqual([]);
    expect(exposedIn(join(place, "none"))).toEqual([]);
  });

  test("of the sandbox's development key is refused too", async () => {
    const place = await folder();
    const wish = ["--id", "ann", "--kind", "payment", "--scopes", "windows:write"];
    const token = () => command(["token", ...wish, "--folder", place]);
    expect((await token()).code).toBe(0);
    await chmod(join(place, "development-key.json"), 0o644);
    await expect(token()).rejects.toThrow("Set its mode to 0600.");
  });

  test("is never what tacet made itself for its tickets", async () => {
    const before = process.umask(0o000);
    try {
      const place = join(await folder(), "deep", "log");
      await ticketSecrets(place);
      expect(await modeOf(place)).toBe("700");
      expect(await modeOf(join(place, "ticket.secret"))).toBe("600");
    } finally {
      process.umask(before);
    }
  });
});
