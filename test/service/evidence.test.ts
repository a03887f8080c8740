/** Witnesses of the served thing: a simulated VSLogger is asked what it recorded, and its word judged. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { plant } from "../security/marks.ts";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { type Answer, type Ask, asking, type Entry, entriesOf, until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { serveFile, type Served } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 60_000 });
afterEach(async () => {
  recorders.vslogger.faults.clear();
  await cleanUp();
});
afterAll(closeRecorders);

const EVIDENCE = {
  afterEndMs: 300,
  afterWindowMs: 600_000,
  askMsMax: 3_000,
  retryMsMin: 200,
  retryMsMax: 500,
};

interface Evident {
  readonly served: Served;
  readonly ears: (of: Served) => Ask;
}

/** `tacet serve` with witnesses asked soon, and a credential that may have them asked. */
async function evident(evidence: object = {}, settings: object = {}): Promise<Evident> {
  const place = await folder();
  const { hash, key } = makeApiKey("ears");
  plant("key of ears", key, "credential");
  const scopes = ["evidence:write"];
  const ears = { id: "ears", hash, tenant: "acme", kind: "operator", scopes };
  const { document, keys } = await acme(place, recorders.origins, { apiKeys: [ears] });
  const { vslogger } = document.recorders;
  const recorder = { ...vslogger, settings: { ...vslogger.settings, ...settings } };
  const whole = {
    ...document,
    recorders: { ...document.recorders, vslogger: recorder },
    evidence: { ...EVIDENCE, ...evidence },
  };
  const served = await serveFile(await written(place, whole), keys);
  return { served, ears: ({ url }) => asking(url, key) };
}

const LEEDS = { attributes: { site: "leeds" } };
const ofCall = (entries: readonly Entry[], callId: string, type: string) =>
  entries.filter((entry) => entry.callId === callId && entry.type === type);

/** Waits for an entry of the call, and answers all of that type. */
const entered = async (served: Served, callId: string, type: string): Promise<readonly Entry[]> =>
  await until(
    async () => ofCall(await entriesOf(served.as("audit"), `&callId=${callId}`), callId, type),
    (found) => found.length > 0,
  );

async function windowOn(pay: Ask, callId: string, windowId: string): Promise<void> {
  const paused = await pay("POST", `/v1/calls/${callId}/pause`, { windowId });
  expect(paused.body).toMatchObject({ safeToCollect: true });
  const resumed = await pay("POST", `/v1/calls/${callId}/resume`, { windowId });
  expect(resumed.status).toBeLessThan(300);
}

async function called(served: Served, number: number) {
  const callId = `c${number}`;
  const { channel, targets } = begin(recorders, number);
  const pay = served.as("pay");
  const registered = await pay("PUT", `/v1/calls/${callId}`, {
    targets: { vslogger: targets.vslogger },
    ...LEEDS,
  });
  expect(registered.status).toBe(201);
  const end = async (): Promise<Answer> => {
    recorders.vslogger.end(channel);
    return await pay("POST", `/v1/calls/${callId}/end`, {});
  };
  return { callId, channel, pay, end };
}

test("a call's windows are judged against what the recorder tells after its end", async () => {
  const { ears, served } = await evident();
  const { callId, end, pay } = await called(served, 41);
  await windowOn(pay, callId, "w41a");
  await windowOn(pay, callId, "w41b");
  expect((await served.as("audit")("GET", `/v1/calls/${callId}/evidence`)).body["state"]).toBe(
    "waiting",
  );
  await end();
  await entered(served, callId, "EvidenceGathered");
  const { body, status } = await served.as("audit")("GET", `/v1/calls/${callId}/evidence`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    callId,
    state: "gathered",
    windows: [
      { windowId: "w41a", recorderId: "vslogger", audio: "silence", drift: [] },
      { windowId: "w41b", recorderId: "vslogger" },
    ],
    recordings: [{ recorderId: "vslogger", closed: true }],
    judgements: [
      { windowId: "w41a", verdict: "consistent", by: "time" },
      { windowId: "w41b", verdict: "consistent", by: "time" },
    ],
    unheard: [],
    incidentIds: [],
  });
  const size = (await entriesOf(served.as("audit"), `&callId=${callId}`)).length;
  const asked = await ears(served)("POST", `/v1/calls/${callId}/evidence`);
  expect(asked.body).toEqual(body);
  const after = await entriesOf(served.as("audit"), `&callId=${callId}`);
  // That somebody asked is news; what the recorder said is not.
  expect(after.slice(size).map(({ type }) => type)).toEqual(["WitnessesAsked"]);
  const mayNot = await served.as("audit")("POST", `/v1/calls/${callId}/evidence`);
  expect([mayNot.status, mayNot.body["code"]]).toEqual([403, "scope_missing"]);
});

test("a witness that does not answer is asked again, through a process that is killed meanwhile", async () => {
  const { served } = await evident();
  recorders.vslogger.faults.set({ name: "search-fails" });
  const { callId, end, pay } = await called(served, 42);
  await windowOn(pay, callId, "w42");
  await end();
  await entered(served, callId, "WitnessUnreachable");
  const down = await served.as("audit")("GET", `/v1/calls/${callId}/evidence`);
  expect(down.body).toMatchObject({
    state: "asking",
    recordings: [],
    judgements: [{ windowId: "w42", verdict: "unreachable" }],
  });
  await served.process.stop("SIGKILL");
  const second = await served.again();
  const still = await second.as("audit")("GET", `/v1/calls/${callId}/evidence`);
  expect(still.body).toEqual(down.body);
  recorders.vslogger.faults.clear();
  await entered(second, callId, "EvidenceGathered");
  const back = await second.as("audit")("GET", `/v1/calls/${callId}/evidence`);
  expect(back.body).toMatchObject({
    state: "gathered",
    judgements: [{ windowId: "w42", verdict: "consistent" }],
  });
  // It was told once that nobody answered, however often it was asked.
  expect(await entered(second, callId, "WitnessUnreachable")).toHaveLength(1);
});

test("a recorder that drifted has its recording called suspect, and an incident opened", async () => {
  const { served } = await evident();
  const { callId, channel, end, pay } = await called(served, 43);
  await pay("POST", `/v1/calls/${callId}/pause`, { windowId: "w43" });
  recorders.vslogger.byHand(channel, "recording");
  await until(
    async () => (await served.as("audit")("GET", `/v1/calls/${callId}/evidence`)).body,
    ({ windows }) => (windows as { drift: unknown[] }[]).some(({ drift }) => drift.length > 0),
  );
  await pay("POST", `/v1/calls/${callId}/resume`, { windowId: "w43" });
  await end();
  await entered(served, callId, "EvidenceGathered");
  const { body } = await served.as("audit")("GET", `/v1/calls/${callId}/evidence`);
  expect(body["judgements"]).toMatchObject([
    { windowId: "w43", verdict: "suspect", cause: "drift", ranges: [{}] },
  ]);
  expect(body["incidentIds"]).toHaveLength(1);
  const [incident] = await entered(served, callId, "IncidentOpened");
  expect(incident?.detail).toMatchObject({ incidentId: (body["incidentIds"] as string[])[0] });
});

test("a recorder that starts a new file has none inside the window", async () => {
  const { served } = await evident({}, { silenceBy: "record" });
  const { callId, end, pay } = await called(served, 44);
  await windowOn(pay, callId, "w44");
  await end();
  await entered(served, callId, "EvidenceGathered");
  const { body } = await served.as("audit")("GET", `/v1/calls/${callId}/evidence`);
  expect(body["recordings"]).toHaveLength(2);
  expect(body["judgements"]).toMatchObject([
    { windowId: "w44", verdict: "consistent" },
    { windowId: "w44", verdict: "consistent" },
  ]);
});
