/** An agent's desk: the session's authority is the API's, no more and no less. */
import { expect, test } from "vitest";
import { createGate, type Gate } from "../../src/http/gate.ts";
import { noMetrics } from "../../src/http/metrics.ts";
import { registered } from "../http/kit.ts";
import { agent, csrfOf, watchRig } from "./watchRig.ts";

test("an agent has the desk and nothing else of the console, whatever scopes come along", async () => {
  const rig = await watchRig();
  const ann = await rig.signedIn(agent("a-ann", ["windows:write", "events:read", "log:read"]));
  const seen = await ann.get("/console");
  expect(seen.url).toContain("/desk");
  expect(seen.text).toContain('data-agent="a-ann"');
  expect(seen.text).toContain("<tacet-indicator");
  expect(seen.text).not.toContain('href="/console/wall"');
  for (const path of [
    "/console/wall",
    "/console/calls",
    "/console/integrity",
    "/console/exceptions",
  ])
    expect((await ann.get(path)).status).toBe(403);
  const csrf = csrfOf(seen);
  expect((await ann.post("/console/wall/ticket", { csrf })).status).toBe(403);
  expect(rig.asked.ticketFor).toEqual([]);
  expect(JSON.parse((await ann.post("/desk/ticket", { csrf })).text)).toEqual({ ticket: "tkt_x" });
  expect(rig.asked.ticketFor).toMatchObject([{ kind: "agent", agentId: "a-ann" }]);
});

test("a ticket that a page's script asks for makes no session last; a click does", async () => {
  const rig = await watchRig({ idleMsMax: 600_000 });
  for (const [page, who] of [
    ["/console/wall", await rig.signedIn()],
    ["/desk", await rig.signedIn(agent("a-ann"))],
  ] as const) {
    const csrf = csrfOf(await who.get(page));
    rig.time.now += 500_000;
    expect(csrfOf(await who.get(page))).toBe(csrf);
    rig.time.now += 500_000;
    expect((await who.post(`${page}/ticket`, { csrf })).text).toContain("tkt_x");
    rig.time.now += 200_000;
    expect((await who.get(page)).url).toContain("/console/sign-in?why=again");
    rig.time.now -= 1_200_000;
  }
});

test("whoever is no agent is told so at the desk, and given no script that looks for one", async () => {
  const rig = await watchRig();
  const sue = await rig.signedIn();
  const seen = await sue.get("/desk");
  expect(seen.status).toBe(200);
  expect(seen.text).not.toContain("<tacet-indicator");
  expect(seen.text).not.toContain("desk.js");
  const ann = await rig.signedIn(agent("a-ann"));
  expect((await ann.get("/desk")).text).toContain("/console/desk.js");
});

test("pause opens the agent's own window, durable before it is answered, and only one", async () => {
  const rig = await watchRig();
  await registered(rig.k, "c1", "a-ann");
  const ann = await rig.signedIn(agent("a-ann"));
  const csrf = csrfOf(await ann.get("/desk"));
  const paused = await ann.post("/desk/pause/c1", { csrf });
  expect([paused.status, paused.text]).toEqual([200, '{"done":true}']);
  await ann.post("/desk/pause/c1", { csrf });
  const opened = await rig.k.entries("WindowOpened");
  expect(opened).toMatchObject([
    {
      callId: "c1",
      actor: { id: "a-ann", kind: "agent" },
      origin: { ip: "192.0.2.7" },
      reason: "agent_desk",
    },
  ]);
  expect((await ann.post("/desk/resume/c1", { csrf })).status).toBe(200);
  const closed = await rig.k.entries("WindowClosed");
  expect(closed.map(({ windowId }) => windowId)).toEqual([opened[0]?.windowId]);
  // A new pause is a new window.
  await ann.post("/desk/pause/c1", { csrf });
  expect(await rig.k.entries("WindowOpened")).toHaveLength(2);
});

test("a resume is answered once it is durable: recorders that take their time hold up no next pause", async () => {
  const made = createGate({ clock: Date.now, metrics: noMetrics });
  const waits: number[] = [];
  const wait: Gate["wait"] = (ms, waiting) => {
    waits.push(ms);
    return made.wait(ms, waiting);
  };
  const rig = await watchRig({ deps: { gate: { ...made, wait } } });
  await registered(rig.k, "c1", "a-ann");
  const ann = await rig.signedIn(agent("a-ann"));
  const csrf = csrfOf(await ann.get("/desk"));
  await ann.post("/desk/pause/c1", { csrf });
  waits.length = 0;
  expect((await ann.post("/desk/resume/c1", { csrf })).status).toBe(200);
  expect(await rig.k.entries("WindowClosed")).toHaveLength(1);
  expect(waits).toEqual([0]);
});

test("another agent's call is refused and entered, as the API refuses it; so is a missing scope", async () => {
  const rig = await watchRig();
  await registered(rig.k, "c1", "a-bob");
  await registered(rig.k, "c2", "a-ann");
  const ann = await rig.signedIn(agent("a-ann"));
  const csrf = csrfOf(await ann.get("/desk"));
  for (const what of ["pause", "resume"]) {
    const refused = await ann.post(`/desk/${what}/c1`, { csrf });
    expect([refused.status, refused.text]).toEqual([403, '{"code":"foreign_agent"}']);
  }
  expect((await rig.k.entries("AccessDenied")).at(-1)).toMatchObject({
    callId: "c1",
    actor: { id: "a-ann" },
    reason: "foreign_agent",
  });
  const reader = await rig.signedIn(agent("a-ann", ["events:read"]));
  const own = csrfOf(await reader.get("/desk"));
  const refused = await reader.post("/desk/pause/c2", { csrf: own });
  expect(refused.text).toBe('{"code":"scope_missing"}');
  expect(await rig.k.entries("WindowOpened")).toEqual([]);
});

test("an agent closes no window of a payment page, and what the log does not take is not done", async () => {
  const rig = await watchRig();
  await registered(rig.k, "c1", "a-ann");
  await rig.k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-pay" });
  const ann = await rig.signedIn(agent("a-ann"));
  const csrf = csrfOf(await ann.get("/desk"));
  expect((await ann.post("/desk/resume/c1", { csrf })).status).not.toBe(200);
  expect(await rig.k.entries("WindowClosed")).toEqual([]);
  rig.k.log.fail(true);
  const failed = await ann.post("/desk/pause/c1", { csrf });
  expect([failed.status, failed.text]).toEqual([503, '{"code":"log_unavailable"}']);
  rig.k.log.fail(false);
});

test("without the page's own token, for no agent or for an ill-formed call nothing happens", async () => {
  const rig = await watchRig();
  await registered(rig.k, "c1", "a-ann");
  const ann = await rig.signedIn(agent("a-ann"));
  const csrf = csrfOf(await ann.get("/desk"));
  expect((await ann.post("/desk/pause/c1", { csrf: "guess" })).status).toBe(403);
  expect((await ann.post("/desk/pause/4111111111111111", { csrf })).status).toBe(404);
  const sue = await rig.signedIn();
  const seen = await sue.get("/desk");
  expect(seen.text).toContain("your sign-in names no agent");
  expect((await sue.post("/desk/pause/c1", { csrf: csrfOf(seen) })).status).toBe(404);
  expect(await rig.k.entries("WindowOpened")).toEqual([]);
});

test("the wall's page takes a filter by attributes, and leaves out what is none", async () => {
  const rig = await watchRig();
  const sue = await rig.signedIn();
  const seen = await sue.get("/console/wall?name1=queue&value1=sales&name2=1x&value2=y");
  expect(seen.text).toContain('data-where="{&quot;queue&quot;:&quot;sales&quot;}"');
  expect(seen.text).toContain("A filter was left out");
  expect(seen.text).not.toContain("<script>");
});
