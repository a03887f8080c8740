/** The simulated Noojee server itself: what its tests rest on is as the vendor describes it. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { noojeeSimulator } from "../../src/sandbox/noojee/index.ts";

const apiKey = "f863246a-973e-11e6-8784-08002718f5b5";
const START = Date.UTC(2021, 8, 14, 5, 3, 30);
const CONTROL = "/servicemanager/rest/CallManagementAPI";
const RECORDING = "/njadmin/rest/RecordingAPI";

function made() {
  const clock = { at: START };
  const simulator = noojeeSimulator({ apiKey, now: () => clock.at });
  simulator.begin("410", { uniqueId: "1631595787.5", party: "500" });
  const ask = async (path: string, method = "POST") => {
    const response = await simulator.app.request(path, { method });
    const text = await response.text();
    return { status: response.status, text };
  };
  const told = async (path: string, method?: string): Promise<unknown> =>
    JSON.parse((await ask(path, method)).text);
  const time = async () => (await ask("/servicemanager/rest/Time")).text;
  const hashed = (timeStamp: string) =>
    `timeStamp=${timeStamp}&hash=${createHash("sha256").update(`${apiKey}:${timeStamp}`).digest("hex")}`;
  const stop = (auth: string) => told(`${CONTROL}/stop?extenOrUniqueId=410&${auth}`);
  return { ask, clock, hashed, simulator, stop, time, told };
}
const key = `apiKey=${apiKey}`;

test("a stop ends a leg and a start begins another with its tag; both count as commands", async () => {
  const { clock, simulator, told } = made();
  clock.at += 4_000;
  expect(await told(`${CONTROL}/stop?extenOrUniqueId=410&${key}`)).toEqual({
    Message: "Success",
    Code: 0,
  });
  expect(simulator.heard("410")).toBe("paused");
  await told(
    `${CONTROL}/start?extenOrUniqueId=1631595787.5&tag=w-1&agentLoginName=Fred&${key}`,
    "GET",
  );
  expect(simulator.heard("410")).toBe("recording");
  expect(simulator.commandsHeard()).toBe(2);
  expect(
    await told(`${RECORDING}/retrieveMetaDataByUniqueId?uniqueId=1631595787.5&${key}`),
  ).toEqual([
    {
      Source: "500",
      Leg: "1",
      Start: "2021-09-14 15:03:30.0",
      Tag: "",
      Duration: "4",
      Username: "Administrator",
      CallRecordId: "198348",
      UniqueId: "1631595787.5",
      DID: "7601",
      Destination: "410",
      Direction: "0",
    },
    expect.objectContaining({ Leg: "2", Tag: "w-1", Username: "Fred", Duration: "0" }),
  ]);
  expect(await told(`${RECORDING}/retrieveMetaData?tag=w-1&${key}`)).toHaveLength(1);
});

test("by the hour legs that ended are told in words, and once a minute", async () => {
  const { clock, simulator, told } = made();
  clock.at += 4_000;
  simulator.end("410");
  const hour = `${RECORDING}/retrieveMetaDataByHour?date=2021/09/14&hour=15&${key}`;
  expect(await told(hour)).toMatchObject([
    {
      Start: "Tue Sep 14 15:03:30 AEST 2021",
      callend: "Tue Sep 14 15:03:34 AEST 2021",
      Direction: "Inbound",
    },
  ]);
  clock.at += 59_000;
  expect(await told(hour)).toMatchObject({ Code: -1 });
  clock.at += 1_000;
  expect(await told(hour.replace("hour=15", "hour=14"))).toEqual([]);
});

test("questions are answered to POST alone, orders to what is configured", async () => {
  const { ask } = made();
  expect((await ask(`${RECORDING}/retrieveMetaData?tag=1&${key}`, "GET")).status).toBe(404);
  const strict = noojeeSimulator({ apiKey, commandMethods: ["POST"] });
  const response = await strict.app.request(`${CONTROL}/stop?extenOrUniqueId=410&${key}`);
  expect(response.status).toBe(405);
});

test("a hash is good within ten seconds, then for an hour; five may be begun at once", async () => {
  const { clock, hashed, simulator, stop, time } = made();
  const first = hashed(await time());
  clock.at += 10_001;
  expect(await stop(first)).toEqual({ Message: "Expired TimeStamp", Code: -1 });
  const second = hashed(await time());
  expect(await stop(second)).toMatchObject({ Code: 0 });
  clock.at += 3_600_000;
  expect(await stop(second)).toMatchObject({ Code: 0 });
  clock.at += 1;
  expect(await stop(second)).toMatchObject({ Code: -1 });
  expect(await stop(hashed("1631595787999"))).toMatchObject({ Code: -1 });
  expect(await stop("timeStamp=1631595787999&hash=0")).toMatchObject({ Code: -1 });
  expect(await stop("apiKey=another")).toMatchObject({ Code: -1 });
  for (let count = 0; count < 5; count += 1) expect(await time()).toMatch(/^\d+$/);
  expect(await time()).toContain("Too many");
  expect(simulator.timesGiven()).toBe(7);
});

test("auto-restart: a stopped call is recorded again by itself, as a leg of its own", async () => {
  const { simulator, stop } = made();
  simulator.faults.set({ name: "auto-restart", ms: 1 });
  await stop(key);
  await expect.poll(() => simulator.heard("410")).toBe("recording");
  expect(simulator.legs).toHaveLength(2);
});

test("a poll tells the state at once, then waits for what happens, of those extensions only", async () => {
  const { simulator, told } = made();
  const poll = (rest: string) => told(`${CONTROL}/subscribe?${rest}&${key}`);
  const state = (await poll("exten=410,411&lastSequenceNumber=0&timeOut=0")) as { seq: number };
  expect(state).toMatchObject({
    Data: { "410": [{ CallData: { status: "Connected", uniqueCallId: "1631595787.5" } }] },
    Code: 0,
  });
  const waits = poll(`exten=410&lastSequenceNumber=${state.seq}&timeOut=30`);
  await expect.poll(() => simulator.polls.standingCount()).toBe(1);
  simulator.begin("499");
  expect(simulator.polls.standingCount()).toBe(1);
  simulator.end("410");
  expect(await waits).toMatchObject({
    Data: { "410": [{ CallData: { status: "Hungup" } }] },
    seq: state.seq + 2,
  });
  expect(simulator.polls.standingCount()).toBe(0);
});

test("its faults and calls are switched over HTTP, as every simulator's", async () => {
  const { ask, simulator } = made();
  const put = (path: string, body: object) =>
    simulator.app.request(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  expect((await put("/_sim/faults", { name: "no-such" })).status).toBe(400);
  expect((await put("/_sim/faults", { name: "warning-in-200", times: 1 })).status).toBe(200);
  expect((await ask(`${CONTROL}/stop?extenOrUniqueId=410&${key}`)).text).toContain('"Code":1');
  await put("/_sim/calls", { target: "412", details: { recorded: "no" } });
  expect(simulator.heard("412")).toBe("absent");
  await put("/_sim/by-hand", { target: "412", status: "recording" });
  expect(simulator.heard("412")).toBe("recording");
});
