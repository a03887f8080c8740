/** What a recorder answers is shown to whoever runs `tacet check` or reads the log, and never obeyed by their terminal. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { acme, begin, closeRecorders, startRecorders, written } from "./acme.ts";
import { command } from "./command.ts";
import { cleanUp, folder } from "./process.ts";
import { startWithin, stopServices } from "./within.ts";

vi.setConfig({ testTimeout: 60_000 });
const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

/** Clears the screen, says that all is well on a line of its own, and turns the rest around. */
const TRICK = "\u001b[2J\r\n  ok  everything\u009b31m\u202e";
// eslint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

/** A recorder that answers everything with a trick, wherever an answer has room for words. */
async function trickster(): Promise<string> {
  const words = {
    status: -1,
    error: TRICK,
    message: TRICK,
    AgentCanEditRecordings: false,
    ErrorMessage: { ErrorType: 9, Message: TRICK },
  };
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...words, access_token: "good", expires_in: 60 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a recorder's words in `tacet check` are one visible line each", async () => {
  const origin = await trickster();
  const { document } = await acme(await folder(), { anywherenow: origin, vslogger: origin });
  const place = await folder();
  const { code, err, out } = await command(["check", "--config", await written(place, document)]);
  expect(code).toBe(1);
  expect(out).toContain("PROBLEM");
  // Its words are there: what was no control character is shown where it stood.
  expect(out).toMatch(/ok {2}everything.*\\u202e$/m);
  expect(out + err).not.toMatch(OBEYED);
  expect(out).not.toMatch(/^ {2}ok {2}everything/m);
});

test("a recorder's and a page's words in operators' lines are one visible line of JSON each", async () => {
  const origin = await trickster();
  const recorders = await startRecorders();
  const tacet = await startWithin(await folder(), { ...recorders.origins, vslogger: origin });
  const { targets } = begin(recorders, 10);
  const pay = tacet.as("pay");
  const reason = TRICK;
  const attributes = { note: TRICK };
  await pay("PUT", "/v1/calls/c10", { targets, attributes });
  const paused = await pay("POST", "/v1/calls/c10/pause", { windowId: "w", reason, waitMs: 300 });
  expect(paused.status).toBe(424);
  await stopServices();
  expect(tacet.logged.length).toBeGreaterThan(0);
  for (const line of tacet.logged) {
    expect(line.trimEnd()).not.toMatch(OBEYED);
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  }
});
