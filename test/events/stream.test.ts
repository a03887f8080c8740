import { expect, test } from "vitest";
import { bench, change, EPOCH, secured } from "./kit.ts";
import { eventsRig, ORIGIN } from "./rig.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

function rig(made = bench()) {
  const events = eventsRig(made.hub, made.clock);
  const get = (query: string, headers: Record<string, string> = {}) =>
    events.handle(
      new Request(`http://tacet.test/v1/events${query}`, {
        headers: { authorization: "Bearer wall", accept: "text/event-stream", ...headers },
      }),
    );
  return { ...made, made, ...events, get };
}

/** Reads what is there now. */
function listen(response: Response) {
  const from = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let ended = false;
  void (async () => {
    for (;;) {
      const { done, value } = await from.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    ended = true;
  })();
  return {
    text: () => text,
    ended: () => ended,
    stop: () => from.cancel(),
    events: () =>
      text
        .split("\n\n")
        .map((block) => ({
          type: /^event: (.*)$/m.exec(block)?.[1],
          id: /^id: (.*)$/m.exec(block)?.[1],
          data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "{}"),
        }))
        .filter(({ type }) => type !== undefined),
  };
}

test("a stream greets, hints when to come back, and tells every change with an id", async () => {
  const one = rig();
  const response = await one.get("?all=true");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const heard = listen(response);
  await tick();
  one.hub.publish(change("c1", 4, secured()));
  one.settle();
  await tick();
  expect(heard.text()).toMatch(/^retry: 1500\n\n/);
  expect(heard.events()).toMatchObject([
    { type: "hello", data: { epoch: EPOCH } },
    { type: "subscribed", data: { recovered: false } },
    { type: "call", id: `${EPOCH}#4`, data: { callId: "c1", protection: "secured" } },
  ]);
});

test("Last-Event-ID is since: only what changed after it comes again", async () => {
  const one = rig();
  one.hub.publish(change("c1", 4));
  one.hub.publish(change("c2", 5));
  const heard = listen(await one.get("?all=true", { "last-event-id": `${EPOCH}#4` }));
  await tick();
  one.settle();
  await tick();
  expect(heard.events().slice(1)).toMatchObject([
    { data: { recovered: true } },
    { data: { callId: "c2" } },
  ]);
  const anew = listen(await one.get("?all=true", { "last-event-id": "nonsense" }));
  await tick();
  expect(anew.events()[1]?.data).toMatchObject({ recovered: false });
});

test("the query filters by call, agent and attributes", async () => {
  const one = rig();
  const heard = listen(await one.get("?calls=c1&calls=c2&agents=a1&where.site=x&where.team=y"));
  await tick();
  one.hub.publish(change("c1", 1));
  one.hub.publish(change("c3", 2, { agentId: "a1" }));
  one.hub.publish(change("c4", 3, { attributes: { site: "x", team: "y" } }));
  one.hub.publish(change("c5", 4, { attributes: { site: "x" } }));
  one.settle();
  await tick();
  const calls = heard.events().filter(({ type }) => type === "call");
  expect(calls.map(({ data }) => data.callId)).toEqual(["c1", "c3", "c4"]);
});

test("a query that does not fit is refused, without repeating what it held", async () => {
  const one = rig();
  for (const query of ["", "?all=yes", "?call=4111", "?maxHz=0&all=true", "?calls="]) {
    const response = await one.get(query);
    expect(response.status).toBe(422);
    const body = await response.text();
    expect(body).toContain("query_invalid");
    expect(body).not.toContain("4111");
  }
});

test("heartbeats come as events a page can see, and move the place to go on from", async () => {
  const one = rig();
  const heard = listen(await one.get("?calls=c1"));
  await tick();
  one.hub.publish(change("c9", 7));
  one.settle();
  one.clock.pass(15_000);
  await tick();
  expect(heard.events().at(-1)).toMatchObject({ type: "ping", id: `${EPOCH}#7` });
});

test("a stream that nobody reads holds a bounded amount, and is let go", async () => {
  const one = rig();
  await one.get("?all=true");
  await tick();
  const attributes = { note: "x".repeat(1_000) };
  for (let position = 1; position <= 2_000; position += 1) {
    one.hub.publish(change(`c${position % 10}`, position, { attributes }));
    one.settle();
  }
  expect(one.hub.counts().pending).toBeLessThanOrEqual(10);
  expect(one.hub.counts().pending).toBeGreaterThan(0);
  one.clock.pass(15_000 * 6);
  expect(one.streams.count()).toBe(0);
  expect(one.clock.timers()).toBe(0);
});

test("a slow stream that reads on gets the newest of every call", async () => {
  const one = rig();
  const response = await one.get("?all=true");
  await tick();
  const attributes = { note: "x".repeat(1_000) };
  for (let position = 1; position <= 2_000; position += 1) {
    one.hub.publish(change(`c${position % 10}`, position, { attributes }));
    one.settle();
  }
  const heard = listen(response);
  for (let turn = 0; turn < 200; turn += 1) {
    await tick();
    one.settle();
  }
  const calls = heard.events().filter(({ type }) => type === "call");
  expect(calls.length).toBeLessThan(200);
  expect(calls.slice(-10).map(({ data }) => data.position)).toEqual(
    Array.from({ length: 10 }, (_, at) => 1991 + at),
  );
});

test("a reader that goes away leaves nothing behind", async () => {
  const one = rig();
  const heard = listen(await one.get("?all=true"));
  await tick();
  await heard.stop();
  expect(one.streams.count()).toBe(0);
  expect(one.hub.counts().subscribers).toBe(0);
  expect(one.clock.timers()).toBe(0);
});

test("a stop ends every stream", async () => {
  const one = rig();
  const heard = listen(await one.get("?all=true"));
  await tick();
  one.streams.stop();
  await tick();
  expect(heard.ended()).toBe(true);
});

test("who may not read events is told so, and nothing is opened", async () => {
  const one = rig();
  const refusals = [
    [await one.get("?all=true", { authorization: "" }), 401],
    [await one.get("?all=true", { authorization: "Bearer payment" }), 403],
    [await one.get("?all=true", { origin: "https://elsewhere.example" }), 403],
  ] as const;
  for (const [response, status] of refusals) {
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  }
  expect(one.denials).toEqual(["not_authenticated", "scope_missing", "forbidden"]);
  expect((await one.get("?all=true", { origin: ORIGIN })).status).toBe(200);
  const byTicket = await one.get("?all=true&ticket=tkt_agent", { authorization: "" });
  expect(byTicket.status).toBe(200);
  expect(one.used).toEqual([]);
  expect(one.streams.count()).toBe(2);
});

test("a request that asks for neither way is told to upgrade", async () => {
  const one = rig();
  const response = await one.get("", { accept: "application/json" });
  expect(response.status).toBe(426);
  expect(response.headers.get("upgrade")).toBe("websocket");
  expect(await response.json()).toMatchObject({ code: "upgrade_required" });
});

test("one principal has no more streams than one may, and each that ends makes room", async () => {
  const made = bench();
  const { handle } = eventsRig(made.hub, made.clock, undefined, { principalCountMax: 2 });
  const ask = (who: string) =>
    handle(
      new Request("http://tacet.test/v1/events?all=true", {
        headers: { authorization: `Bearer ${who}`, accept: "text/event-stream" },
      }),
    );
  const first = await ask("wall");
  expect([first.status, (await ask("wall")).status]).toEqual([200, 200]);
  const third = await ask("wall");
  expect(third.status).toBe(429);
  expect(await third.json()).toMatchObject({ code: "streams_limit_reached" });
  expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask("tkt_agent")).status).toBe(200);
  await first.body?.cancel();
  expect((await ask("wall")).status).toBe(200);
});

test("no more clients are let in than may be", async () => {
  const made = bench();
  const { handle } = eventsRig(made.hub, made.clock, undefined, { connectionCountMax: 1 });
  const ask = () =>
    handle(
      new Request("http://tacet.test/v1/events?all=true", {
        headers: { authorization: "Bearer wall", accept: "text/event-stream" },
      }),
    );
  expect((await ask()).status).toBe(200);
  const second = await ask();
  expect(second.status).toBe(503);
  expect(await second.json()).toMatchObject({ code: "overloaded" });
  expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
});
