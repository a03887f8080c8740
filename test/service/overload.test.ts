/** The service as it is served, with as many event streams as may be: payments go on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { begin, closeRecorders, startRecorders, type Recorders } from "./acme.ts";
import { cleanUp, folder } from "./process.ts";
import { startWithin, stopServices, type Within } from "./within.ts";

let recorders: Recorders;
let tacet: Within;
const sockets: WebSocket[] = [];
beforeAll(async () => {
  recorders = await startRecorders();
  tacet = await startWithin(await folder(), recorders.origins, {
    listen: { connectionCountMax: 4 },
    events: { socketCountMax: 6, principalSocketCountMax: 4 },
  });
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

interface Opened {
  readonly status: number;
  readonly retryAfter?: string | undefined;
}

function open(who: "pay" | "sue"): Promise<Opened> {
  const address = `${tacet.url.replace("http", "ws")}/v1/events`;
  const socket = new WebSocket(address, "tacet.v1", {
    headers: { authorization: `Bearer ${tacet.keys[who]}` },
  });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.once("open", () => resolve({ status: 101 }));
    socket.once("unexpected-response", (_request, response) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] });
      response.destroy();
    });
  });
}

test("sockets are limited for one principal and for all, and a payment still finds a connection", async () => {
  for (let at = 0; at < 4; at += 1) expect(await open("pay")).toEqual({ status: 101 });
  const fifth = await open("pay");
  expect(fifth.status).toBe(429);
  expect(Number(fifth.retryAfter)).toBeGreaterThan(0);
  for (let at = 0; at < 2; at += 1) expect(await open("sue")).toEqual({ status: 101 });
  const seventh = await open("sue");
  expect(seventh.status).toBe(503);
  expect(Number(seventh.retryAfter)).toBeGreaterThan(0);

  const { targets } = begin(recorders, 10);
  const pay = tacet.as("pay");
  expect((await pay("PUT", "/v1/calls/c10", { targets })).status).toBe(201);
  const paused = await pay("POST", "/v1/calls/c10/pause", { windowId: "w-over" });
  expect([paused.status, paused.body["safeToCollect"]]).toEqual([200, true]);

  sockets[0]?.terminate();
  await expect.poll(async () => (await open("pay")).status, { timeout: 10_000 }).toBe(101);
});

test("what the gate turns away is counted where operators look", async () => {
  const metrics = await (await fetch(`${tacet.service.ops.url}/metrics`)).text();
  expect(metrics).toMatch(/^tacet_delay_seconds \d/m);
  expect(metrics).toMatch(/^# TYPE tacet_shed_total counter$/m);
});
