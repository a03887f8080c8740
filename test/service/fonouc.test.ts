/**
 * Fonouc with Kazoo through the whole service: what a mere yes lets a page do, and what is told of
 * the recording afterwards.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  type ListeningSimulator,
  listenSimulator,
} from "../../src/runtime/node/listenSimulator.ts";
import { type FonoucSimulator, fonoucSimulator } from "../../src/sandbox/fonouc/index.ts";
import { acme, closeRecorders, startRecorders, written } from "./acme.ts";
import { type Ask, entriesOf, until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { type Served, serveFile } from "./serve.ts";
import { plant, plantFrom } from "../security/marks.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const password = plant("the portal's password", "marked-password-Tz8Hc");
const apiKey = plant("Kazoo's key", "marked-api-key-Lp2Ve");
const accountId = "5f1a5a9bd51aac0b21dd2e1f2c0b1c22";
const user = { username: "tacet", password, domain: "acme" };

let fonouc: FonoucSimulator;
let at: ListeningSimulator;
let served: Served;
let pay: Ask;
let audit: Ask;

beforeAll(async () => {
  fonouc = fonoucSimulator({ user, accountId, kazoo: { apiKey } });
  plantFrom(() => [...fonouc.given.portal, ...fonouc.given.kazoo]);
  at = await listenSimulator(fonouc);
  const place = await folder();
  const { document, keys } = await acme(place, (await startRecorders()).origins);
  const { origin } = at;
  const settings = {
    baseUrl: `${origin}/api/v2`,
    accountId,
    ...user,
    kazoo: { baseUrl: `${origin}/v2`, auth: { kind: "api_auth", apiKey } },
  };
  const whole = {
    ...document,
    evidence: { afterEndMs: 0, retryMsMin: 100, retryMsMax: 500 },
    recorders: { ...document.recorders, portal: { vendor: "fonouc", settings } },
    tenants: {
      ...document.tenants,
      acme: {
        ...document.tenants.acme,
        routes: [
          {
            when: { site: "trusting" },
            recorders: [{ recorder: "portal", acceptAcknowledged: true }],
          },
          { recorders: [{ recorder: "portal" }] },
        ],
      },
    },
  };
  served = await serveFile(await written(place, whole), keys);
  [pay, audit] = [served.as("pay"), served.as("audit")];
});
afterAll(async () => {
  await cleanUp();
  await closeRecorders();
  await at.close();
});

async function registered(callId: string, attributes: object = {}): Promise<string> {
  fonouc.begin(callId);
  const path = `/v1/calls/${callId}`;
  const targets = { portal: { callId } };
  expect((await pay("PUT", path, { targets, attributes })).status).toBe(201);
  return path;
}
const pause = (path: string, windowId: string) =>
  pay("POST", `${path}/pause`, { windowId, leaseMs: 60_000, waitMs: 1_500 });

test("a mask that was done and said yes to secures nothing, where policy says nothing", async () => {
  const path = await registered("leg-a1");
  expect(await pause(path, "wa1")).toMatchObject({ status: 424, body: { safeToCollect: false } });
  expect(fonouc.heard("leg-a1")).toBe("paused");
  await pay("POST", "/v1/windows/wa1/resume");
  await until(
    () => fonouc.heard("leg-a1"),
    (heard) => heard === "recording",
  );
});

test("where policy takes the yes, a page may collect; without Konami Pro it is heard all the same", async () => {
  const path = await registered("leg-b1", { site: "trusting" });
  expect(await pause(path, "wb1")).toMatchObject({
    status: 200,
    body: { safeToCollect: true, recorders: [{ confirmedBy: "acknowledged" }] },
  });
  expect(fonouc.heard("leg-b1")).toBe("paused");
  // Why it is off by default, and what the adapter's page begins with.
  fonouc.faults.set({ name: "ack-and-ignore" });
  const ignored = await registered("leg-b2", { site: "trusting" });
  expect(await pause(ignored, "wb2")).toMatchObject({ status: 200 });
  expect(fonouc.heard("leg-b2")).toBe("recording");
  fonouc.faults.clear();
});

test("after the call its recording is told of once it is described, and no link is entered", async () => {
  const path = await registered("leg-c1");
  await pause(path, "wc1");
  await pay("POST", "/v1/windows/wc1/resume");
  fonouc.faults.set({ name: "recording-late", times: 1 });
  fonouc.end("leg-c1");
  await pay("POST", `${path}/end`, {});
  const recordings = async (): Promise<readonly { closed?: boolean }[]> =>
    ((await audit("GET", `${path}/evidence`)).body["recordings"] ?? []) as { closed?: boolean }[];
  const recordingId = fonouc.calls.taken.find((one) => one.callId === "leg-c1")?.recordingId;
  expect(await until(recordings, (all) => all.length > 0)).toMatchObject([
    { recorderId: "portal", recordingId, closed: false },
  ]);
  fonouc.calls.arrive();
  const told = await until(recordings, ([one]) => one?.closed === true);
  expect(told).toMatchObject([
    {
      recordingId,
      withinMs: 1_000,
      replyDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    },
  ]);
  const entries = JSON.stringify(await entriesOf(audit));
  expect(entries).toContain(recordingId);
  expect(entries).not.toMatch(/60891|recordings\/v1/);
});
