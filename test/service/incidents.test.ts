/** Incidents over a whole service and its real log: worked by people, the same after a kill. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import type { Suspicion } from "../../src/evidence/incident.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { createIncidents } from "../../src/runtime/node/incidents.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { card } from "../security/marks.ts";
import { closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { asking, entriesOf, until } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder } from "./process.ts";
import { serve, type Served } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanUp);
afterAll(closeRecorders);

const officer = makeApiKey("officer");
const reader = makeApiKey("reader");
const AGENT = makeApiKey("agent");
const apiKeys = [
  {
    id: "officer",
    hash: officer.hash,
    tenant: "acme",
    kind: "supervisor",
    scopes: ["incidents:write", "log:read"],
  },
  { id: "reader", hash: reader.hash, tenant: "acme", kind: "auditor", scopes: ["log:read"] },
  {
    id: "agent",
    hash: AGENT.hash,
    tenant: "acme",
    kind: "agent",
    agentId: "a-299",
    scopes: ["incidents:write", "log:read"],
  },
];

const suspicion = (more: Partial<Suspicion> = {}): Suspicion => ({
  tenant: "acme",
  callId: "call-1",
  recorderId: "vslogger",
  recordingId: "rec-1",
  windowIds: ["w-1"],
  by: "time",
  cause: "not_shortened",
  ranges: [{ fromMs: 1_000, toMs: 2_500 }],
  ...more,
});

/** What a service that was stopped since was told by its evidence. */
async function suspected(place: string, ...all: Suspicion[]): Promise<string[]> {
  const options = { folder: join(place, "log"), originBase: "tacet.example" };
  const log = await openLog({ ...options, now: Date.now });
  const say = () => undefined;
  const incidents = createIncidents({
    log,
    clock: nodeClock(),
    ids: () => crypto.randomUUID(),
    flag: false,
    witness: () => undefined,
    logger: { error: say, warn: say },
  });
  const ids: string[] = [];
  for (const one of all) ids.push((await incidents.suspect(one)) ?? "none");
  await incidents.stop();
  await log.close();
  return ids;
}

const as = (served: Served, key: string) => asking(served.url, key);

test("an incident is listed, noted and closed, stays so through a kill, and each step is an entry", async () => {
  const place = await folder();
  const first = await serve(place, recorders, { apiKeys });
  await first.process.stop();
  const [id = "", other = ""] = await suspected(
    place,
    suspicion(),
    suspicion({ callId: "call-2", recordingId: "rec-2", recorderId: "anywherenow", ranges: [] }),
  );
  expect(await suspected(place, suspicion())).toEqual([id]);

  const served = await first.again();
  const work = as(served, officer.key);
  const listed = await work("GET", "/v1/incidents?state=open");
  expect(listed).toMatchObject({
    status: 200,
    body: { incidents: [{ incidentId: id, state: "open" }, { incidentId: other }] },
  });
  expect((await work("GET", "/v1/incidents?callId=call-2")).body).toMatchObject({
    incidents: [{ incidentId: other }],
  });
  expect((await work("GET", "/v1/incidents?recorderId=vslogger&limit=1")).body).toEqual({
    incidents: [
      {
        incidentId: id,
        state: "open",
        openedAt: expect.any(Number) as number,
        callId: "call-1",
        recorderId: "vslogger",
        recordingId: "rec-1",
        windowIds: ["w-1"],
        causes: ["not_shortened"],
        ranges: [{ fromMs: 1_000, toMs: 2_500 }],
        notes: [],
      },
    ],
  });
  const paged = await work("GET", "/v1/incidents?limit=1");
  const next = Number(paged.body["next"]);
  expect((await work("GET", `/v1/incidents?limit=1&after=${next}`)).body).toMatchObject({
    incidents: [{ incidentId: other }],
  });

  const noted = await work("POST", `/v1/incidents/${id}/notes`, {
    text: "Listened to it.",
    cause: "late stop",
  });
  expect(noted).toMatchObject({
    status: 200,
    body: { foundCause: "late stop", notes: [{ by: "officer", text: "Listened to it." }] },
  });
  expect(await work("POST", `/v1/incidents/${id}/close`, {})).toMatchObject({
    status: 422,
    body: { code: "body_invalid", errors: [{ path: "/note" }] },
  });
  const closed = await work("POST", `/v1/incidents/${id}/close`, {
    note: "Deleted in the recorder.",
  });
  expect(closed).toMatchObject({ status: 200, body: { state: "closed" } });
  expect(await work("POST", `/v1/incidents/${id}/close`, { note: "Again." })).toMatchObject({
    status: 409,
    body: { code: "incident_closed", incidentId: id, closedAt: closed.body["closedAt"] },
  });
  expect(await work("POST", `/v1/incidents/${id}/notes`, { text: "More." })).toMatchObject({
    status: 409,
  });
  const before = await work("GET", `/v1/incidents/${id}`);

  await served.process.stop("SIGKILL");
  const again = await served.again();
  expect((await as(again, officer.key)("GET", `/v1/incidents/${id}`)).body).toEqual(before.body);
  const metrics = await until(
    async () => (await asking(again.ops)("GET", "/metrics")).text,
    (text) => text.includes("tacet_incidents_open{"),
  );
  expect(metrics).toContain('tacet_incidents_open{tenant="acme"} 1');

  const of = await entriesOf(as(again, again.keys.audit), `&incidentId=${id}`);
  expect(of.map(({ type, outcome, actor, callId }) => [type, outcome, actor.id, callId])).toEqual([
    ["IncidentOpened", "failure", "tacet", "call-1"],
    ["IncidentNoted", "success", "officer", "call-1"],
    ["IncidentClosed", "success", "officer", "call-1"],
  ]);
  const reads = (await entriesOf(as(again, again.keys.audit), "&type=LogRead")).filter(
    ({ reason }) => reason === "incidents",
  );
  expect(reads.length).toBeGreaterThan(0);
  await again.process.stop();
  const { code, out } = await command(["verify", join(place, "log")]);
  expect([code, out]).toEqual([0, expect.stringContaining("tacet.example/acme") as string]);
  // A suspicion of the closed one that says more opens one that names it.
  const [newer = ""] = await suspected(place, suspicion({ cause: "sound", by: "sound" }));
  const last = await again.again();
  expect((await as(last, officer.key)("GET", `/v1/incidents/${newer}`)).body).toMatchObject({
    state: "open",
    earlier: id,
  });
});

test("who may: agents and other tenants see none, readers change none, and a card number goes nowhere", async () => {
  const place = await folder();
  const first = await serve(place, recorders, { apiKeys });
  await first.process.stop();
  const [id = ""] = await suspected(place, suspicion());
  const served = await first.again();
  const path = `/v1/incidents/${id}`;
  const note = { text: "x" };
  const agent = as(served, AGENT.key);
  for (const asked of [
    agent("GET", path),
    agent("GET", "/v1/incidents"),
    agent("POST", `${path}/notes`, note),
  ]) {
    expect(await asked).toMatchObject({ status: 403, body: { code: "forbidden" } });
  }
  const other = served.as("other");
  expect(await other("GET", path)).toMatchObject({
    status: 404,
    body: { code: "incident_unknown" },
  });
  expect((await other("GET", "/v1/incidents")).body).toEqual({ incidents: [] });
  const read = as(served, reader.key);
  expect((await read("GET", path)).status).toBe(200);
  expect(await read("POST", `${path}/notes`, note)).toMatchObject({
    status: 403,
    body: { code: "scope_missing" },
  });
  expect((await read("POST", `${path}/close`, { note: "x" })).status).toBe(403);
  expect(await read("GET", "/v1/incidents/none-of-them")).toMatchObject({ status: 404 });

  const work = as(served, officer.key);
  for (const [index, body] of [
    { text: `heard ${card(901)}` },
    { text: "x", cause: card(902) },
  ].entries()) {
    const refused = await work("POST", `${path}/notes`, body);
    expect([index, refused.status, refused.body["code"]]).toEqual([
      index,
      422,
      "cardholder_data_refused",
    ]);
  }
  expect((await work("POST", `${path}/close`, { note: " " })).status).toBe(422);
  const closing = await work("POST", `${path}/close`, { note: card(903) });
  expect(closing.status).toBe(422);
  expect((await work("GET", path)).body).toMatchObject({ state: "open", notes: [] });
  expect(await work("POST", `${path}/notes`, { text: "x".repeat(2_001) })).toMatchObject({
    status: 422,
  });
  expect((await work("GET", `/v1/incidents/${card(904)}`)).status).toBe(404);
});

test("while the log takes nothing, nothing is told as done", async () => {
  const { kit } = await import("../http/kit.ts");
  const k = await kit();
  const id = (await k.incidents.suspect(suspicion())) ?? "";
  k.log.fail(true);
  const noted = await k.send("POST", `/v1/incidents/${id}/notes`, "cti", { text: "x" });
  expect(noted).toMatchObject({ status: 503, body: { code: "log_unavailable" } });
  k.log.fail(false);
  expect((await k.send("GET", `/v1/incidents/${id}`, "cti")).body).toMatchObject({ notes: [] });
  expect((await k.send("POST", `/v1/incidents/${id}/notes`, "cti", { text: "x" })).status).toBe(
    200,
  );
  await k.keeper.stop();
});
