/** What a stolen, old or repeated ticket opens, on the whole service. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { begin, closeRecorders, type Recorders, startRecorders } from "../service/acme.ts";
import { asking, until, watching } from "../service/client.ts";
import { cleanUp, folder } from "../service/process.ts";
import { startWithin, stopServices, type Within } from "../service/within.ts";

const PAGE = "https://pay.example";
const brief = makeApiKey("brief");
let recorders: Recorders;
let tacet: Within;
let place = "";
let number = 20;
beforeAll(async () => {
  recorders = await startRecorders();
  place = await folder();
  tacet = await startWithin(place, recorders.origins);
});
afterAll(async () => {
  await stopServices();
  await cleanUp();
  await closeRecorders();
});
beforeEach(() => {
  number += 1;
});

/** A call of its own for each test, and a ticket for it. */
async function ticketed(more: object = {}) {
  const callId = `c${number}`;
  const { targets } = begin(recorders, number);
  expect((await tacet.as("pay")("PUT", `/v1/calls/${callId}`, { targets })).status).toBe(201);
  return { callId, targets, page: asking(tacet.url, await ticket({ callId, ...more })) };
}
async function ticket(body: object): Promise<string> {
  const answer = await tacet.as("pay")("POST", "/v1/tickets", { use: "call", ...body });
  expect(answer.status).toBe(201);
  return String(answer.body["ticket"]);
}
const events = () => ticket({ use: "events" });

describe("a call ticket", () => {
  test("serves its window until that closes, and the closed window never again", async () => {
    const { callId, page } = await ticketed();
    const windowId = `w${number}`;
    const pause = () => page("POST", `/v1/calls/${callId}/pause`, { windowId });
    expect(await pause()).toMatchObject({ status: 200, body: { safeToCollect: true } });
    expect((await page("POST", `/v1/windows/${windowId}/resume`)).status).toBe(200);
    for (const late of [await pause(), await page("POST", `/v1/windows/${windowId}/renew`)]) {
      expect(late).toMatchObject({ status: 409, body: { safeToCollect: false } });
      expect(late.body["code"]).toBe("window_closed");
    }
  });

  test("that has lapsed keeps its open window alive and opens no other; closed, it is over", async () => {
    const { callId, page } = await ticketed({ lifeMs: 1_000 });
    const first = `w${number}`;
    const pause = (windowId: string) => page("POST", `/v1/calls/${callId}/pause`, { windowId });
    expect((await pause(first)).status).toBe(200);
    let tries = 0;
    await until(
      async () => (await pause(`v${number}-${(tries += 1)}`)).body["code"],
      (code) => code === "token_expired",
    );
    expect((await pause(first)).status).toBe(200);
    expect((await page("POST", `/v1/windows/${first}/renew`)).status).toBe(200);
    expect((await page("POST", `/v1/windows/${first}/resume`)).status).toBe(200);
    expect((await page("POST", `/v1/windows/${first}/renew`)).status).toBe(409);
    expect((await pause(`x${number}`)).body["code"]).toBe("token_expired");
  });

  test("of one tenant tells nothing of another's calls and windows: they are answered like those that are not", async () => {
    const { callId, page } = await ticketed();
    const foreign = begin(recorders, number + 50);
    const theirs = `their-call-${number}`;
    const other = tacet.as("other");
    expect((await other("PUT", `/v1/calls/${theirs}`, { targets: foreign.targets })).status).toBe(
      201,
    );
    await other("POST", `/v1/calls/${theirs}/pause`, { windowId: `their-window-${number}` });
    for (const ask of [
      (call: string) => page("POST", `/v1/calls/${call}/pause`, { windowId: `w${number}` }),
      (call: string) => page("GET", `/v1/calls/${call}`),
      (call: string) => page("POST", `/v1/calls/${call}/end`),
      (call: string) => page("POST", `/v1/windows/${call.replace("call", "window")}/renew`),
      (call: string) => page("GET", `/v1/windows/${call.replace("call", "window")}`),
    ]) {
      const [there, nowhere] = [await ask(theirs), await ask(`no-call-${number}`)];
      expect([403, 404]).toContain(there.status);
      expect({ ...there.body, requestId: 0 }).toEqual({ ...nowhere.body, requestId: 0 });
    }
    expect(foreign.heard()).toEqual(["paused", "paused"]);
    await other("POST", `/v1/windows/their-window-${number}/resume`);
    expect((await page("GET", `/v1/calls/${callId}`)).status).toBe(200);
  });

  test("opens no event stream, by socket or otherwise", async () => {
    const { callId } = await ticketed();
    const call = await ticket({ callId });
    expect(await watching(tacet.url, { ticket: call, origin: PAGE }).closed).toBe(4403);
    const query = `ticket=${encodeURIComponent(call)}&calls=${callId}`;
    const stream = await fetch(`${tacet.url}/v1/events?${query}`, {
      headers: { accept: "text/event-stream" },
    });
    expect(stream.status).toBe(403);
    await stream.body?.cancel();
  });
});

describe("an events ticket", () => {
  test("opens one socket: whoever read it off the wire opens none", async () => {
    const one = await events();
    const desk = watching(tacet.url, { ticket: one, origin: PAGE });
    await desk.message("subscribed");
    for (const origin of [PAGE, undefined]) {
      const thief = watching(tacet.url, {
        ticket: one,
        ...(origin === undefined ? {} : { origin }),
      });
      expect(await thief.closed).toBe(origin === undefined ? 1006 : 4401);
      expect(thief.got).toEqual([]);
    }
    desk.close();
  });

  test("asked for twice at the same moment is good for one of the two", async () => {
    const one = await events();
    const [a, b] = [1, 2].map(() => watching(tacet.url, { ticket: one, origin: PAGE }));
    const outcomes = await Promise.all(
      [a!, b!].map((each) =>
        Promise.race([each.closed, each.message("hello").then(() => "open" as const)]),
      ),
    );
    expect(outcomes.map(String).toSorted()).toEqual(["4401", "open"]);
    a!.close();
    b!.close();
  });

  test("that a page of a foreign origin sends is spent, and shows nothing there", async () => {
    const one = await events();
    const evil = watching(tacet.url, { ticket: one, origin: "https://evil.example" });
    expect(await evil.closed).toBe(4403);
    expect(evil.got).toEqual([]);
  });

  test("moves nothing: it is for watching", async () => {
    const { callId } = await ticketed();
    const page = asking(tacet.url, await events());
    for (const answer of [
      await page("POST", `/v1/calls/${callId}/pause`, { windowId: `w${number}` }),
      await page("POST", `/v1/calls/${callId}/end`),
      await page("GET", `/v1/calls/${callId}`),
      await page("GET", "/v1/calls"),
      await page("POST", "/v1/tickets", { use: "events" }),
      await page("GET", "/v1/log/entries"),
    ]) {
      expect([answer.status, answer.body["code"]]).toEqual([403, "forbidden"]);
    }
  });

  test("comes in the query; keys and tokens there are refused, whatever they are worth", async () => {
    for (const credential of [tacet.keys.pay, "a.b.c"]) {
      const query = `ticket=${encodeURIComponent(credential)}`;
      const answer = await asking(tacet.url)("GET", `/v1/events?${query}`, undefined, {
        accept: "text/event-stream",
      });
      expect(answer.status).toBe(401);
      expect(answer.text).not.toContain(credential);
    }
  });
});

describe("a key's end", () => {
  test("closes the sockets that its tickets opened, and ends the tickets", async () => {
    const scopes = ["events:read", "tickets:issue"];
    const key = { id: "brief", hash: brief.hash, tenant: "acme", kind: "payment", scopes };
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const service = await startWithin(await folder(), recorders.origins, {
      apiKeys: [{ ...key, expiresAt }],
    });
    const ask = asking(service.url, brief.key);
    const tickets = await Promise.all(
      [1, 2].map(async () =>
        String((await ask("POST", "/v1/tickets", { use: "events" })).body["ticket"]),
      ),
    );
    const desk = watching(service.url, { ticket: tickets[0]!, origin: PAGE });
    await desk.message("subscribed");
    expect(await desk.closed).toBe(4401);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    expect((await ask("GET", "/v1/calls")).body["code"]).toBe("token_expired");
    expect(await watching(service.url, { ticket: tickets[1]!, origin: PAGE }).closed).toBe(4401);
  });
});

describe("after a restart", () => {
  test("tickets go on as they were, and at another service none of them is known", async () => {
    const { callId } = await ticketed();
    const [call, unspent] = [await ticket({ callId }), await events()];
    const elsewhere = await startWithin(await folder(), recorders.origins);
    const foreign = await asking(elsewhere.url, call)("GET", `/v1/calls/${callId}`);
    expect([foreign.status, foreign.body["code"]]).toEqual([401, "token_invalid"]);
    await tacet.service.stop("test");
    tacet = await startWithin(place, recorders.origins);
    // The keys of this start are others, and tickets speak for principals, not for keys' secrets.
    expect((await asking(tacet.url, call)("GET", `/v1/calls/${callId}`)).status).toBe(200);
    const desk = watching(tacet.url, { ticket: unspent, origin: PAGE });
    await desk.message("subscribed");
    desk.close();
  });
});
