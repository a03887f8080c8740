/** Event streams of people who are signed in at the console, on the running service. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { type Sandbox, startSandbox } from "../../src/runtime/node/sandbox.ts";
import { csrfOf } from "../console/watchRig.ts";
import { type Visitor, visitor } from "../console/visitor.ts";
import { watching } from "./client.ts";

let folder: string;
let sandbox: Sandbox;
let url: string;
let who: Visitor;
let csrf: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tacet-streams-"));
  return () => rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  // A sandbox signs in once.
  sandbox = await startSandbox({
    folder: mkdtempSync(join(folder, "one-")),
    port: 0,
    logger: nodeLogger("error"),
  });
  ({ url } = sandbox.service.api);
  who = visitor((request) => fetch(request), new URL(url).origin);
  await who.get(new URL(sandbox.service.consoleLink ?? "").pathname);
  csrf = csrfOf(await who.get("/console/wall"));
  return () => sandbox.stop("the test is over");
});

async function ticket(): Promise<string> {
  const { text } = await who.post("/console/wall/ticket", { csrf });
  return (JSON.parse(text) as { ticket: string }).ticket;
}
const sse = (one: string) =>
  fetch(`${url}/v1/events?all=true&ticket=${encodeURIComponent(one)}`, {
    headers: { accept: "text/event-stream" },
  });
const signOut = async () => {
  expect((await who.post("/console/sign-out", { csrf })).url).toContain("/console/sign-in");
};

test("a sign-out ends every event stream of the session at once, sockets and server-sent events", async () => {
  const [one, two] = [
    watching(url, { ticket: await ticket() }),
    watching(url, { ticket: await ticket() }),
  ];
  await Promise.all([one.message("subscribed"), two.message("subscribed")]);
  const stream = await sse(await ticket());
  expect(stream.status).toBe(200);
  // Of another credential: it goes on.
  const other = watching(url, { credential: sandbox.keys.auditor });
  await other.message("subscribed");
  const at = performance.now();
  await signOut();
  expect(await Promise.all([one.closed, two.closed])).toEqual([4401, 4401]);
  await stream.text();
  expect(performance.now() - at).toBeLessThan(5_000);
  expect(await Promise.race([other.closed, Promise.resolve("open")])).toBe("open");
  other.close();
});

test("a ticket of a session that is over opens nothing: neither an unused one nor one handed on", async () => {
  const [first, second] = [await ticket(), await ticket()];
  const open = watching(url, { ticket: await ticket() });
  const hello = await open.message("hello");
  const next = "nextTicket" in hello ? (hello.nextTicket ?? "") : "";
  expect(next).toMatch(/^tkt_/);
  expect((await sse(first)).status).toBe(200);
  await signOut();
  await open.closed;
  for (const one of [first, second, next]) {
    const refused = await sse(one);
    expect([refused.status, await refused.json()]).toMatchObject([401, { code: "token_expired" }]);
    const socket = watching(url, { ticket: one, origin: new URL(url).origin });
    expect(await socket.closed).toBe(4401);
    expect(socket.got).toEqual([]);
  }
});
