/**
 * A logger that nobody can silence beside a recorder that can be, through the whole service: it is
 * asked, never commanded, secures nothing, and ends the call it has completed.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  type ListeningSimulator,
  listenSimulator,
} from "../../src/runtime/node/listenSimulator.ts";
import { classicPath, eventName, hubName } from "../../src/sandbox/revcord/hub.ts";
import {
  basePath,
  demoAccount,
  type RevcordSimulator,
  revcordSimulator,
} from "../../src/sandbox/revcord/index.ts";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { type Ask, entriesOf, until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { type Served, serveFile } from "./serve.ts";
import { plant, plantFrom } from "../security/marks.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const serviceKey = plant("the service key", "marked-service-key-Wd3Zn");
const timeZone = "Asia/Kolkata";

let recorders: Recorders;
let logger: RevcordSimulator;
let loggerAt: ListeningSimulator;
let served: Served;
let pay: Ask;
let audit: Ask;

beforeAll(async () => {
  recorders = await startRecorders();
  logger = revcordSimulator({ timeZone, account: { ...demoAccount, serviceKey } });
  plantFrom(() => logger.tokens.given);
  loggerAt = await listenSimulator(logger);
  const place = await folder();
  const { document, keys } = await acme(place, recorders.origins);
  const { origin } = loggerAt;
  const whole = {
    ...document,
    evidence: { afterEndMs: 0, retryMsMin: 100 },
    recorders: {
      ...document.recorders,
      logger: {
        vendor: "revcord",
        settings: {
          baseUrl: origin + basePath,
          auth: { level: "user", tenantId: demoAccount.tenantId, serviceKey },
          email: demoAccount.email,
          timeZone,
          playbackOrigins: [origin],
          channelNames: { "1003": "CH_0003" },
          push: { url: origin + classicPath, hub: hubName, event: eventName },
        },
      },
    },
    tenants: {
      acme: {
        ...document.tenants.acme,
        routes: [
          { recorders: [{ recorder: "vslogger" }, { recorder: "logger", required: false }] },
        ],
      },
    },
    auth: { ...document.auth, apiKeys: keysOf(document.auth.apiKeys) },
  };
  served = await serveFile(await written(place, whole), keys);
  [pay, audit] = [served.as("pay"), served.as("audit")];
});
afterAll(async () => {
  await cleanUp();
  await closeRecorders();
  await loggerAt.close();
});

/** Those of this tenant. */
const keysOf = (all: readonly object[]) =>
  all.filter((one) => (one as { tenant?: string }).tenant === "acme");

const grants = () => logger.tokens.heard.map(({ type }) => type);
const paths = () => new Set(logger.questions.map(({ path }) => path));

const questionsBy = (member: string, value: string) =>
  logger.questions.filter(({ asked }) => asked[member] === value).length;

/** Both record a conversation; the logger knows it by what `target` names. */
async function registered(number: number, callId: string, target: object) {
  const { channel, heard } = begin(recorders, number);
  const path = `/v1/calls/c${number}`;
  logger.begin("1003", { callId });
  const targets = { vslogger: { channel: number }, logger: target };
  expect((await pay("PUT", path, { targets })).status).toBe(201);
  return { channel, heard: () => heard()[1], path };
}

const tapsOf = (body: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    (body["recorders"] as { recorderId: string }[]).map((tap) => [tap.recorderId, tap]),
  );

test("the call is secured by the other recorder alone, and the logger is told and asked nothing", async () => {
  const { heard, path } = await registered(40, "call40", { callId: "call40" });
  const paused = await pay("POST", `${path}/pause`, { windowId: "w40", leaseMs: 60_000 });
  expect(paused).toMatchObject({
    status: 200,
    body: { protection: "secured", safeToCollect: true },
  });
  expect(tapsOf(paused.body)).toMatchObject({
    vslogger: { required: true, status: "paused" },
    logger: { required: false, control: "none", status: "unknown" },
  });
  expect(heard()).toBe("paused");
  expect((await pay("POST", "/v1/windows/w40/resume")).body).toMatchObject({
    protection: "recording",
  });
  // The hub was listened to, for which a token was fetched. Nothing else was.
  expect([...paths(), ...grants()]).toEqual(["password"]);
  expect(logger.heard("1003")).toBe("recording");
});

test("a completed call ends the call it names, its witnesses are asked, and no link is entered", async () => {
  const { path } = await registered(41, "call41", { callId: "call41" });
  await pay("POST", `${path}/pause`, { windowId: "w41", leaseMs: 60_000 });
  await pay("POST", "/v1/windows/w41/resume");
  logger.end("1003");
  const ended = await until(
    () => pay("GET", path),
    ({ body }) => body["protection"] === "ended",
  );
  expect(ended.status).toBe(200);
  const told = await until(
    async () => (await audit("GET", `${path}/evidence`)).body,
    ({ recordings }) =>
      ((recordings ?? []) as { recorderId: string }[]).some(
        ({ recorderId }) => recorderId === "logger",
      ),
  );
  const recordings = told["recordings"] as { recorderId: string }[];
  expect(recordings.filter(({ recorderId }) => recorderId === "logger")).toMatchObject([
    { recordingId: "call41", closed: true },
  ]);
  const [mine] = recordings.filter(({ recorderId }) => recorderId === "logger");
  expect(mine).not.toHaveProperty("durationMs");
  expect(mine).not.toHaveProperty("endAt");
  // By time nothing can be said of a recording without an end, on a tap nobody could silence.
  const judged = (told["judgements"] as { recorderId: string; verdict: string }[]).filter(
    ({ recorderId }) => recorderId === "logger",
  );
  expect(judged.map(({ verdict }) => verdict).filter((one) => one !== "consistent")).toEqual([]);
  expect([...paths()]).toEqual([`${basePath}/api/Common/GetCallDetails`]);
  const entries = JSON.stringify(await entriesOf(audit));
  expect(entries).toContain("call41");
  expect(entries).not.toMatch(/TWebAudio|PlaybackURL/);
});

test("a channel on which something completed has its witnesses asked, and the call goes on", async () => {
  const { path } = await registered(42, "call42", { channel: "1003" });
  expect(questionsBy("channel", "1003")).toBe(0);
  logger.end("1003");
  await until(
    () => questionsBy("channel", "1003"),
    (count) => count > 0,
  );
  expect((await pay("GET", path)).body).toMatchObject({ protection: "recording" });
});

test("an open window is not cut short by the logger while the other recorder has the call", async () => {
  const { heard, path } = await registered(43, "call43", { callId: "call43" });
  const paused = await pay("POST", `${path}/pause`, { windowId: "w43", leaseMs: 60_000 });
  expect(paused.body).toMatchObject({ protection: "secured" });
  expect(questionsBy("callid", "call43")).toBe(0);
  logger.end("1003");
  await until(
    () => questionsBy("callid", "call43"),
    (count) => count > 0,
  );
  expect((await pay("GET", path)).body).toMatchObject({ protection: "secured" });
  expect(heard()).toBe("paused");
});
