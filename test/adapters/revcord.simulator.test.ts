/**
 * The simulated Revcord speaks as documented, its hub with the public clients of both protocols, and
 * it is driven over its control endpoints.
 *
 * @module
 */
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { Client } from "node-signalr";
import { afterEach, expect, test } from "vitest";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { classicPath, corePath, eventName, hubName } from "../../src/sandbox/revcord/hub.ts";
import {
  demoAccount,
  revcordSimulator,
  type RevcordSimulatorOptions,
} from "../../src/sandbox/revcord/index.ts";

const callId = "5fb92600abf100091bcdb32f04000000";
const startedAt = 1_697_788_863_000;
const base = "https://logger.example/RevcordMMSAPI";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function setUp(options: RevcordSimulatorOptions = {}) {
  const simulator = revcordSimulator({ now: () => startedAt, ...options });
  const token = async (form: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams(form).toString();
    const response = await simulator.app.request(`${base}/token`, { method: "POST", body });
    return { status: response.status, said: (await response.json()) as Record<string, string> };
  };
  const login = { grant_type: "password", username: "2220", password: demoAccount.serviceKey };
  const ask = async (path: string, body: object, access = "") => {
    const response = await simulator.app.request(base + path, {
      method: "POST",
      headers: { authorization: `Bearer ${access}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };
  return { ask, login, simulator, token };
}

/** The document's example, as a program would send it. */
const printedRow = {
  CallId: callId,
  UniqueId: 0,
  ChannelName: "CH_0003",
  StartTime: "/Date(1697788863000)/",
  StartTimeString: "20231020133103",
  ANI: "",
  CallerID: "",
  CalledID: "",
  ANIPhone: "",
  ANIName: "",
  ANIDetails: "",
  CallComments: "",
  PlaybackURL: `https://logger.example/TWebAudio/MMSAPI/20231020133103_1003_${callId}.wav`,
};

test("it logs a tenant and a user in, and refreshes, as the document's examples do", async () => {
  const { login, token } = setUp();
  const first = await token(login);
  expect(first).toMatchObject({
    status: 200,
    said: {
      token_type: "bearer",
      expires_in: 86_399,
      id: "2220",
      userName: "agupta@revcord.com,2220",
      ".issued": "Fri, 20 Oct 2023 08:01:03 GMT",
      ".expires": "Sat, 21 Oct 2023 08:01:02 GMT",
    },
  });
  const user = { ...login, username: demoAccount.email };
  expect((await token({ ...user, scope: "2220" })).status).toBe(200);
  const again = {
    grant_type: "refresh_token",
    username: "2220",
    refresh_token: first.said["refresh_token"] ?? "",
  };
  expect((await token(again)).status).toBe(200);
  for (const wrong of [again, user, { ...login, password: "x" }, { ...login, scope: "2220" }]) {
    expect(await token(wrong)).toMatchObject({ status: 400, said: { error: "invalid_grant" } });
  }
});

test("it answers a call by its id, and by time and channel, as the document prints it", async () => {
  const { ask, login, simulator, token } = setUp();
  simulator.begin("1003", { callId });
  simulator.end("1003");
  const access = (await token(login)).said["access_token"];
  // With the document's double slash and its stray space.
  const byId = await ask(
    "//api/Common/GetCallDetails",
    { email: "support@revcord.com", " CallID": callId },
    access,
  );
  expect(JSON.parse(byId.text)).toEqual([printedRow]);
  expect(byId.text).toContain(String.raw`"StartTime":"\/Date(1697788863000)\/"`);
  const byTime = await ask(
    "/api/Common/GetCallDetails",
    { email: "support@revcord.com", CallDateTime: "20231020133103", Channel: "1003" },
    access,
  );
  expect(byTime.text).toBe(byId.text);
  const page = await ask("/api/Role/GetCallsPage", { email: "support@revcord.com" }, access);
  expect(page.text).toMatch(/^https:\/\/logger\.example\/VRec\/Invite\/ViewEvent\.aspx\?/);
  expect(await ask("/api/Common/GetCallDetails", { email: "x", CallID: callId })).toEqual({
    status: 401,
    text: '{"Message":"Authorization has been denied for this request."}',
  });
  expect((await ask("/api/Common/GetCallDetails", {}, access)).status).toBe(400);
});

test("its control endpoints begin and end calls, and show the journal", async () => {
  const { simulator } = setUp();
  const control = (method: string, path: string, body?: object) =>
    simulator.app.request(`/_sim${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  await control("POST", "/calls", { target: "1003", details: { callId } });
  expect(simulator.heard("1003")).toBe("recording");
  await control("POST", "/by-hand", { target: "1003", status: "paused" });
  await control("DELETE", "/calls/1003");
  expect(await (await control("GET", "/journal")).json()).toMatchObject([
    { target: "1003", status: "recording", cause: "call" },
    { target: "1003", status: "paused", cause: "person" },
    { target: "1003", status: "absent", cause: "call" },
  ]);
  expect((await control("POST", "/faults", { name: "no such" })).status).toBe(400);
});

async function listening() {
  const { login, simulator, token } = setUp({ keepAliveMs: 100 });
  const at = await listenSimulator(simulator);
  closing.push(() => at.close());
  const access = (await token(login)).said["access_token"] ?? "";
  return { access, origin: at.origin, simulator };
}

/** Waits for the first of what it was called with. */
function heard() {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { hear: resolve, first: promise };
}

test("a public classic client connects, starts and hears a completed call", async () => {
  const { access, origin, simulator } = await listening();
  const client = new Client(origin + classicPath, [hubName]);
  client.headers["authorization"] = `Bearer ${access}`;
  closing.push(() => client.end(true));
  const event = heard();
  client.connection.hub.on(hubName, eventName, event.hear);
  const connected = new Promise<void>((resolve, reject) => {
    client.on("connected", resolve);
    client.on("error", reject);
  });
  client.start();
  await connected;
  simulator.begin("1003", { callId });
  simulator.end("1003");
  expect(await event.first).toEqual([printedRow]);
});

test("Microsoft's Core client negotiates, shakes hands and hears a completed call", async () => {
  const { access, origin, simulator } = await listening();
  const client = new HubConnectionBuilder()
    .configureLogging(LogLevel.None)
    .withUrl(origin + corePath, { accessTokenFactory: () => access })
    .withServerTimeout(1_000)
    .build();
  closing.push(() => client.stop());
  const event = heard();
  client.on(eventName, event.hear);
  await client.start();
  simulator.begin("1003", { callId });
  simulator.end("1003");
  expect(await event.first).toEqual([printedRow]);
});

test("neither kind is let in without a token", async () => {
  const { origin } = await listening();
  for (const path of [classicPath, corePath]) {
    const { status } = await fetch(`${origin}${path}/negotiate`, { method: "POST" });
    expect(status).toBe(401);
  }
});
