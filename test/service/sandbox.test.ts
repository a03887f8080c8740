/** `npm start`, as a newcomer meets it. */
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { asking, until } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder, pasted, type Running, startTacet, tacet } from "./process.ts";

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanUp);

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const READY = /Ctrl-C stops it/;

async function sandbox(place: string): Promise<Running> {
  const running = startTacet(["sandbox", "--port", "0", "--folder", place, "--quiet"]);
  await running.said(READY);
  return running;
}

/** The commands that were printed, each as one line, in their order. */
function commandsIn(printed: string): readonly string[] {
  return printed
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => /^ {2}(curl|npm) /.test(line))
    .map((line) => line.trim());
}

/** By curl where it is there, else by the same request said with fetch. */
async function paste(
  command: string,
): Promise<{ status: number; mark: string | null; text: string }> {
  if (existsSync("/usr/bin/curl")) {
    const { code, err, out } = await pasted(command.replace("curl", "curl -sS -i"), PROJECT).ended;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [head = "", ...rest] = out.split("\r\n\r\n");
    const mark = head.match(/^tacet-sandbox: (.*)$/im)?.[1]?.trim() ?? null;
    return { status: Number(head.split(" ")[1]), mark, text: rest.join("\r\n\r\n") };
  }
  const headers = [...command.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  const response = await fetch(command.match(/'?(http[^ ']+)'?/)?.[1] ?? "", {
    method: command.match(/-X (\w+)/)?.[1] ?? "GET",
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: command.match(/-d '([^']+)'/)?.[1] ?? null,
  });
  return {
    status: response.status,
    mark: response.headers.get("tacet-sandbox"),
    text: await response.text(),
  };
}

test("every command the sandbox prints works when pasted, in order, and every answer is marked", async () => {
  const running = await sandbox(join(await folder(), "new"));
  const [
    watch = "",
    register = "",
    pause = "",
    resume = "",
    ignore = "",
    again = "",
    mend = "",
    read = "",
    log = "",
    verify = "",
    ...more
  ] = commandsIn(running.out());
  expect(more).toEqual([]);
  const watching = existsSync("/usr/bin/curl")
    ? pasted(watch.replace("curl", "curl -sS"), PROJECT)
    : undefined;
  await watching?.said(/event: hello\ndata: .*"sandbox":true/);

  const json = async (command: string) => {
    const { mark, status, text } = await paste(command);
    const body = JSON.parse(text) as Record<string, unknown>;
    expect({ mark, sandbox: body["sandbox"] }).toEqual({ mark: "true", sandbox: true });
    return { status, body };
  };
  expect(await json(register)).toMatchObject({ status: 201, body: { protection: "recording" } });
  expect(await json(pause)).toMatchObject({
    status: 200,
    body: {
      protection: "secured",
      safeToCollect: true,
      log: { origin: "sandbox.tacet.invalid/sandbox" },
    },
  });
  await watching?.said(/"protection":"secured"/);
  expect(await json(resume)).toMatchObject({
    status: 200,
    body: { protection: "recording", safeToCollect: false },
  });
  await watching?.said(/"protection":"secured"[^]*"protection":"recording"/);

  expect((await paste(ignore)).status).toBe(200);
  expect(await json(again)).toMatchObject({
    status: 424,
    body: { code: "not_secured", safeToCollect: false },
  });
  expect((await paste(mend)).status).toBe(200);
  const secured = await until(
    () => json(read),
    ({ body }) => body["protection"] === "secured",
  );
  expect(secured.status).toBe(200);

  const entries = await paste(log);
  expect(entries).toMatchObject({ status: 200, mark: "true" });
  expect(entries.text).toContain('"type":"WindowOpened"');
  const checked = await pasted(verify, PROJECT).ended;
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.out).toContain("sandbox.tacet.invalid/sandbox: INTACT");
});

test("problems and unknown paths of the sandbox carry its mark too", async () => {
  const running = await sandbox(await folder());
  const [, url = ""] = await running.said(/API +(\S+)/);
  const ask = asking(url);
  for (const [method, path] of [
    ["GET", "/healthz"],
    ["GET", "/readyz"],
    ["GET", "/nowhere"],
    ["POST", "/v1/calls/c1/pause"],
    ["GET", "/v1/events"],
    ["DELETE", "/v1/calls"],
  ] as const) {
    const { body, headers } = await ask(method, path);
    expect({ path, header: headers.get("tacet-sandbox"), member: body["sandbox"] }).toEqual({
      path,
      header: "true",
      member: true,
    });
  }
  expect((await ask("GET", "/openapi.json")).headers.get("tacet-sandbox")).toBe("true");
  const [, docs = ""] = await running.said(/documentation (\S+)/);
  const page = await asking(docs)("GET", "");
  expect(page).toMatchObject({ status: 200 });
  expect(page.headers.get("tacet-sandbox")).toBe("true");
  expect(page.text.toLowerCase()).toContain("sandbox");
});

test("the sandbox listens on loopback only", async () => {
  const running = await sandbox(await folder());
  const ports = [...running.out().matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) =>
    Number(port),
  );
  expect(new Set(ports).size).toBe(5);
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, internal }) => !internal && !address.startsWith("fe80"))
    .map(({ address }) => address);
  const tries = [...new Set(ports)].flatMap((port) => others.map((host) => ({ host, port })));
  expect(await Promise.all(tries.map(opens))).toEqual(tries.map(() => false));
  expect(await opens({ host: "127.0.0.1", port: ports[0] ?? 0 })).toBe(true);
});

test("keys are readable by their owner alone", async () => {
  const place = join(await folder(), "new");
  await sandbox(place);
  const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  expect(await mode(place)).toBe("700");
  expect(await mode(join(place, "log"))).toBe("700");
  const secrets = [
    ...(await readdir(place)).filter((name) => name !== "log"),
    "log/signing.key",
    "log/ticket.secret",
    "log/control-log.sqlite",
  ];
  expect(secrets).toHaveLength(7);
  for (const name of secrets) expect([name, await mode(join(place, name))]).toEqual([name, "600"]);
});

test("a second sandbox in the same folder is refused while the first runs, and works after it", async () => {
  const place = await folder();
  const first = await sandbox(place);
  const keyOf = (one: Running) => one.out().match(/Bearer (tacet_sandbox-payment_\S+)'/)?.[1];
  const refused = await tacet(["sandbox", "--port", "0", "--folder", place]);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/Another process/);
  expect(refused.err).toContain(place);
  expect(await first.stop("SIGTERM")).toMatchObject({ code: 0 });
  const second = await sandbox(place);
  expect(keyOf(second)).toBe(keyOf(first));
  const [, url = ""] = await second.said(/API +(\S+)/);
  expect((await asking(url, keyOf(first))("GET", "/v1/calls")).status).toBe(200);
});

test("a port that is taken is told, and wrong options end with the usage", async () => {
  const running = await sandbox(await folder());
  const [, port = ""] = await running.said(/API +\S+:(\d+)/);
  const taken = await tacet(["sandbox", "--port", port, "--folder", await folder()]);
  expect(taken.code).toBe(1);
  expect(taken.err).toMatch(new RegExp(`${port}.*(taken|in use)|EADDRINUSE.*${port}`));
  for (const args of [
    ["--port", "http"],
    ["--port", "70000"],
    ["--hots", "x"],
  ]) {
    const misused = await command(["sandbox", ...args]);
    expect(misused.code).toBe(2);
    expect(misused.err).toContain("usage: tacet sandbox");
  }
});

function opens(at: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(at);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
