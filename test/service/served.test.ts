/** A configured service as a process, driven over HTTP and WebSocket, against recorders on loopback. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { begin, closeRecorders, conversation, type Recorders, startRecorders } from "./acme.ts";
import { type Ask, asking, entriesOf, until, watching } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { type Served, serve } from "./serve.ts";

let recorders: Recorders;
let served: Served;
let [pay, ivr, sue, ann, audit]: Ask[] = [];
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
beforeAll(async () => {
  recorders = await startRecorders();
  served = await serve(await folder(), recorders);
  [pay, ivr, sue, ann, audit] = (["pay", "ivr", "sue", "ann", "audit"] as const).map(served.as);
});
afterAll(async () => {
  await cleanUp();
  await closeRecorders();
});

const ask = (who: Ask | undefined): Ask => {
  if (who === undefined) throw new Error("the service did not start");
  return who;
};

/** A conversation that both recorders record, registered as call `c<number>` of an agent. */
async function registered(number: number, agentId?: string) {
  const one = begin(recorders, number);
  const callId = `c${number}`;
  const body = { targets: one.targets, ...(agentId === undefined ? {} : { agentId }) };
  expect((await ask(pay)("PUT", `/v1/calls/${callId}`, body)).status).toBe(201);
  return { ...one, callId, path: `/v1/calls/${callId}` };
}

const read = (path: string) => async () => (await ask(pay)("GET", path)).body;
const isNow = (protection: string) => (body: Record<string, unknown>) =>
  body["protection"] === protection;

describe("a pause", () => {
  test("that every recorder confirmed is 200, and the desktop hears the same word", async () => {
    const { callId, heard, path } = await registered(10, "a-204");
    const desktop = served.watch("ann");
    await desktop.call(callId, ({ protection }) => protection === "recording");
    const body = { windowId: "w10", reason: "card_payment", leaseMs: 60_000 };
    const paused = await ask(pay)("POST", `${path}/pause`, body);
    expect(paused.status).toBe(200);
    expect(paused.body).toMatchObject({
      protection: "secured",
      safeToCollect: true,
      log: { origin: "tacet.example/acme" },
      recorders: [
        { recorderId: "anywherenow", control: "pause", status: "paused", confirmedBy: "read_back" },
        { recorderId: "vslogger", control: "mute", status: "paused", confirmedBy: "read_back" },
      ],
    });
    expect(heard()).toEqual(["paused", "paused"]);
    const told = await desktop.call(callId, ({ protection }) => protection === "secured");
    expect(told.windows).toMatchObject([{ windowId: "w10", own: false, reason: "card_payment" }]);
    // What was answered is in the log already.
    const { position } = paused.body["log"] as { position: number };
    const mine = (await entriesOf(ask(audit))).filter((entry) => entry.callId === callId);
    expect(mine.map((entry) => entry.position)).toContain(position);
    const resumed = await ask(pay)("POST", "/v1/windows/w10/resume");
    expect(resumed).toMatchObject({
      status: 200,
      body: { protection: "recording", safeToCollect: false },
    });
    expect(heard()).toEqual(["recording", "recording"]);
    await desktop.call(
      callId,
      ({ protection, windows }) => protection === "recording" && windows.length === 0,
    );
    desktop.close();
  });

  test("without one recorder's confirmation is 424, unsecured on the desktop, and secured by itself once it is back", async () => {
    const { callId, channel, heard, path } = await registered(11, "a-204");
    const desktop = served.watch("ann");
    await desktop.message("subscribed");
    recorders.vslogger.faults.set({ name: "unreachable", target: channel });
    const paused = await ask(pay)("POST", `${path}/pause`, { windowId: "w11", waitMs: 1_200 });
    expect(paused).toMatchObject({
      status: 424,
      body: { code: "not_secured", safeToCollect: false, collectForMs: 0 },
    });
    expect(Number(paused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(heard()).toEqual(["paused", "recording"]);
    await desktop.call(callId, ({ protection }) => protection === "unsecured");
    recorders.vslogger.faults.clear();
    await desktop.call(callId, ({ protection }) => protection === "secured");
    expect(heard()).toEqual(["paused", "paused"]);
    expect(await ask(pay)("GET", "/v1/windows/w11")).toMatchObject({
      status: 200,
      body: { safeToCollect: true },
    });
    await ask(pay)("POST", `${path}/resume`);
    desktop.close();
  });

  test("of an agent's call finds it by the agent, registered or on the recorder's own lines", async () => {
    const { callId } = await registered(12, "a-212");
    const byPay = await ask(pay)("POST", "/v1/agents/a-212/pause", { windowId: "w12" });
    expect(byPay).toMatchObject({ status: 200, body: { callId } });
    expect((await ask(ann)("POST", "/v1/agents/a-212/pause", { windowId: "w12b" })).status).toBe(
      403,
    );

    begin(recorders, 13, "206");
    const site = { attributes: { site: "leeds" } };
    const found = await ask(pay)("POST", "/v1/agents/a-206/pause", { windowId: "w13", ...site });
    expect(found).toMatchObject({ status: 200, body: { safeToCollect: true } });
    expect(found.body["callId"]).toMatch(/^agent-a-206-/);
    expect(recorders.vslogger.heard("13")).toBe("paused");
    const again = await ask(pay)("POST", "/v1/agents/a-206/pause", { windowId: "w13" });
    expect(again.body["callId"]).toBe(found.body["callId"]);
    await ask(pay)("POST", "/v1/windows/w13/resume");
    expect(recorders.vslogger.heard("13")).toBe("recording");

    // Policy requires a recorder that cannot be asked where its agents are.
    begin(recorders, 14, "205");
    const short = await ask(pay)("POST", "/v1/agents/a-205/pause", { windowId: "w14" });
    expect(short).toMatchObject({
      status: 422,
      body: { code: "target_missing", recorderIds: ["anywherenow"] },
    });
    expect(recorders.vslogger.heard("14")).toBe("recording");
    begin(recorders, 15, "205");
    const several = await ask(pay)("POST", "/v1/agents/a-205/pause", { windowId: "w14", ...site });
    expect(several).toMatchObject({ status: 409, body: { code: "agent_ambiguous" } });
    const none = await ask(pay)("POST", "/v1/agents/a-299/pause", { windowId: "w14", ...site });
    expect(none).toMatchObject({
      status: 404,
      body: { code: "call_unknown", safeToCollect: false },
    });
  });
});

describe("a window", () => {
  test("is driven back when somebody un-mutes by hand, and the desktop hears both", async () => {
    const { callId, channel, heard, path } = await registered(20, "a-204");
    const desktop = served.watch("ann");
    expect((await ask(pay)("POST", `${path}/pause`, { windowId: "w20" })).status).toBe(200);
    await desktop.call(callId, ({ protection }) => protection === "secured");
    recorders.vslogger.byHand(channel, "recording");
    const drifted = await desktop.call(callId, ({ protection }) => protection === "unsecured");
    const back = await desktop.call(
      callId,
      ({ position, protection }) => protection === "secured" && position > drifted.position,
    );
    expect(back.unsecuredMs).toBeGreaterThan(0);
    expect(heard()).toEqual(["paused", "paused"]);
    const { text } = await asking(served.ops)("GET", "/metrics");
    expect(text).toMatch(/^tacet_drift_total\{recorder="vslogger"\} 1$/m);
    await ask(pay)("POST", `${path}/resume`);
    desktop.close();
  });

  test("of another owner keeps the call silent, and is no one else's to collect on", async () => {
    const { heard, path } = await registered(21);
    expect((await ask(pay)("POST", `${path}/pause`, { windowId: "w21-page" })).status).toBe(200);
    expect((await ask(ivr)("POST", `${path}/pause`, { windowId: "w21-ivr" })).status).toBe(200);
    const foreign = await ask(ivr)("POST", `${path}/pause`, { windowId: "w21-page" });
    expect(foreign).toMatchObject({
      status: 409,
      body: { code: "window_owned_by_another", safeToCollect: false },
    });
    const looked = await ask(ivr)("GET", "/v1/windows/w21-page");
    expect(looked).toMatchObject({
      status: 409,
      body: { code: "window_owned_by_another", safeToCollect: false },
    });
    const ivrDone = await ask(ivr)("POST", `${path}/resume`, { windowId: "w21-ivr" });
    expect(ivrDone).toMatchObject({
      status: 200,
      body: { protection: "secured", safeToCollect: false, openWindows: 1 },
    });
    expect(heard()).toEqual(["paused", "paused"]);
    expect((await ask(ivr)("GET", "/v1/windows/w21-ivr")).body).toMatchObject({
      code: "window_closed",
      safeToCollect: false,
    });
    expect((await ask(pay)("GET", "/v1/windows/w21-page")).body).toMatchObject({
      safeToCollect: true,
    });
    const payDone = await ask(pay)("POST", `${path}/resume`);
    expect(payDone).toMatchObject({ status: 200, body: { protection: "recording" } });
    expect(heard()).toEqual(["recording", "recording"]);
  });

  test("whose lease ends is unsafe first, and recording starts again after the time of grace", async () => {
    const { callId, correlationId, heard, path } = await registered(22, "a-204");
    const desktop = served.watch("ann");
    const paused = await ask(pay)("POST", `${path}/pause`, { windowId: "w22", leaseMs: 1_000 });
    expect(paused.body).toMatchObject({ safeToCollect: true });
    expect(paused.body["collectForMs"]).toBeLessThanOrEqual(1_000);
    const ended = await desktop.call(callId, ({ protection }) => protection === "resuming");
    expect(ended.windows).toEqual([]);
    const asked = await ask(pay)("POST", `${path}/pause`, { windowId: "w22" });
    expect(asked).toMatchObject({
      status: 409,
      body: { code: "window_closed", safeToCollect: false },
    });
    await desktop.call(
      callId,
      ({ position, protection }) => protection === "recording" && position > ended.position,
    );
    expect(heard()).toEqual(["recording", "recording"]);
    const resumed = recorders.anywherenow.journal.findLast(
      ({ target }) => target === correlationId,
    );
    expect(resumed?.at).toBeGreaterThan(Number(paused.body["expiresAt"]));
    const types = (await entriesOf(ask(audit), `&windowId=w22`)).map(({ type }) => type);
    expect(types).toEqual(["WindowOpened", "WindowExpired", "WindowReleased"]);
    desktop.close();
  });

  test("is extended by renewing, and closed by a supervisor in their own name", async () => {
    const { heard, path } = await registered(23);
    const paused = await ask(pay)("POST", `${path}/pause`, { windowId: "w23", leaseMs: 30_000 });
    const renewed = await ask(pay)("POST", "/v1/windows/w23/renew", { leaseMs: 120_000 });
    expect(renewed).toMatchObject({ status: 200, body: { safeToCollect: true } });
    expect(renewed.body["expiresAt"]).toBeGreaterThan(Number(paused.body["expiresAt"]) + 80_000);
    expect((await ask(ivr)("POST", "/v1/windows/w23/resume")).status).toBe(409);
    expect(heard()).toEqual(["paused", "paused"]);
    expect((await ask(sue)("POST", "/v1/windows/w23/resume")).status).toBe(200);
    expect(heard()).toEqual(["recording", "recording"]);
    const closed = await until(
      () => entriesOf(ask(audit), "&windowId=w23&type=WindowClosed"),
      (entries) => entries.length > 0,
    );
    expect(closed).toMatchObject([{ actor: { id: "sue", kind: "supervisor" } }]);
  });

  test("follows a transfer: the new target is silent before the old one is let go", async () => {
    const { correlationId, heard, path } = await registered(24, "a-204");
    const after = begin(recorders, 25);
    await ask(pay)("POST", `${path}/pause`, { windowId: "w24" });
    const moved = await ask(pay)("PUT", path, { agentId: "a-205", targets: after.targets });
    expect(moved).toMatchObject({ status: 200, body: { agentId: "a-205" } });
    await until(read(path), (body) => (body["recorders"] as unknown[]).length === 2);
    expect(after.heard()).toEqual(["paused", "paused"]);
    await until(heard, ([one, two]) => one === "recording" && two === "recording");
    const { journal } = recorders.anywherenow;
    const silenced = journal.findIndex(
      ({ status, target }) => target === after.correlationId && status === "paused",
    );
    const freed = journal.findLastIndex(({ target }) => target === correlationId);
    expect(journal[freed]?.status).toBe("recording");
    expect(freed).toBeGreaterThan(silenced);
    expect((await ask(pay)("GET", "/v1/windows/w24")).body).toMatchObject({ safeToCollect: true });
    await ask(pay)("POST", `${path}/end`);
    expect(after.heard()).toEqual(["recording", "recording"]);
  });
});

describe("a browser", () => {
  const origin = "https://pay.example";
  const ticketFor = async (body: object) => {
    const issued = await ask(pay)("POST", "/v1/tickets", body);
    expect(issued.status).toBe(201);
    return String(issued.body["ticket"]);
  };

  test("pauses, renews and resumes its one call by ticket, across a reload, and no other call", async () => {
    const { heard, path } = await registered(30);
    await registered(31);
    const first = asking(served.url, await ticketFor({ use: "call", callId: "c30" }));
    const paused = await first("POST", `${path}/pause`, { windowId: "w30" }, { origin });
    expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
    expect(paused.headers.get("access-control-allow-origin")).toBe(origin);
    const reloaded = asking(served.url, await ticketFor({ use: "call", callId: "c30" }));
    expect((await reloaded("POST", "/v1/windows/w30/renew", {}, { origin })).status).toBe(200);
    for (const refused of [
      await first("POST", "/v1/calls/c31/pause", { windowId: "w31" }, { origin }),
      await first("POST", `${path}/pause`, { windowId: "w30", targets: conversation(31).targets }),
      await first("POST", `${path}/end`),
      await first("GET", "/v1/log/entries"),
      await first("POST", "/v1/tickets", { use: "events" }),
      await first("GET", "/v1/events", undefined, { accept: "text/event-stream" }),
    ]) {
      expect([refused.status, refused.body["code"]]).toEqual([403, expect.any(String)]);
    }
    expect(recorders.vslogger.heard("31")).toBe("recording");
    expect((await reloaded("POST", "/v1/windows/w30/resume", {}, { origin })).status).toBe(200);
    expect(heard()).toEqual(["recording", "recording"]);
  });

  test("opens one socket by an events ticket, and the greeting hands out the next", async () => {
    const ticket = await ticketFor({ use: "events" });
    const first = watching(served.url, { ticket, origin });
    const hello = await first.message("hello");
    expect(await watching(served.url, { ticket, origin }).closed).toBe(4401);
    const next = hello.type === "hello" ? (hello.nextTicket ?? "") : "";
    const second = watching(served.url, { ticket: next, origin });
    expect((await second.message("hello")).type).toBe("hello");
    const elsewhere = watching(served.url, {
      ticket: await ticketFor({ use: "events" }),
      origin: "https://evil.example",
    });
    expect(await elsewhere.closed).toBe(4403);
    first.close();
    second.close();
  });
});

test("another tenant neither finds the call nor its window, and hears nothing of it", async () => {
  const { callId, heard, path } = await registered(40);
  await ask(pay)("POST", `${path}/pause`, { windowId: "w40" });
  const other = served.as("other");
  const ears = served.watch("other");
  await ears.message("subscribed");
  for (const [method, at, body] of [
    ["GET", path, undefined],
    ["POST", `${path}/pause`, { windowId: "w40x" }],
    ["POST", `${path}/resume`, { windowId: "w40" }],
    ["POST", `${path}/end`, {}],
    ["GET", "/v1/windows/w40", undefined],
    ["POST", "/v1/windows/w40/resume", {}],
    ["POST", "/v1/windows/w40/renew", {}],
  ] as const) {
    const { body: said, status } = await other(method, at, body);
    expect([at, status, said["safeToCollect"] ?? false]).toEqual([at, 404, false]);
  }
  expect((await other("GET", "/v1/calls")).body["calls"]).toEqual([]);
  expect(heard()).toEqual(["paused", "paused"]);
  expect((await other("GET", "/v1/log/entries")).text).not.toContain(callId);
  await ask(pay)("POST", `${path}/resume`);
  expect(ears.got.filter(({ type }) => type === "call")).toEqual([]);
  ears.close();
});

test("kept paused by policy, a lease's end keeps silence until a person acts", async () => {
  const own = await serve(await folder(), recorders, { atLeaseEnd: "keep_paused_and_alert" });
  const one = begin(recorders, 45);
  const [page, lead] = [own.as("pay"), own.as("sue")];
  await page("PUT", "/v1/calls/c45", { targets: one.targets });
  await page("POST", "/v1/calls/c45/pause", { windowId: "w45", leaseMs: 1_000 });
  const state = async () => (await page("GET", "/v1/calls/c45")).body;
  const stalled = await until(state, isNow("stalled"));
  expect(stalled["windows"]).toMatchObject([{ windowId: "w45", state: "expired" }]);
  expect((await page("GET", "/v1/windows/w45")).body).toMatchObject({
    code: "window_closed",
    safeToCollect: false,
  });
  expect(one.heard()).toEqual(["paused", "paused"]);
  expect((await lead("POST", "/v1/calls/c45/resume", { windowId: "w45" })).status).toBe(200);
  expect(one.heard()).toEqual(["recording", "recording"]);
});
