/** What is said to Noojee byte by byte, how its replies are read, and both ways to authenticate. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { noojeeVendor } from "../../src/adapters/noojee/index.ts";
import { hashOf } from "../../src/adapters/noojee/pair.ts";
import { readOrder, readReply, tagOf } from "../../src/adapters/noojee/wire.ts";
import type { AdapterContext, HttpRequest, HttpResult, Send } from "../../src/adapters/recorder.ts";

const apiKey = "f863246a-973e-11e6-8784-08002718f5b5";
const base = { baseUrl: "https://pbx.example.com", apiKey, timeZone: "Australia/Melbourne" };
const yes = '{"Message":"Recording stopped","Code":0}';
const reply = (body: string, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  ({ kind: "reply", reply: { status, headers, body } }) as const satisfies HttpResult;

/** A recorder whose requests are kept, and answered in order; the last answer is given for good. */
function wired(more: Readonly<Record<string, unknown>>, ...answers: readonly HttpResult[]) {
  const recorder = noojeeVendor.create("pbx", noojeeVendor.settings.parse({ ...base, ...more }), {
    now: Date.now,
  });
  const sent: HttpRequest[] = [];
  const left = [...answers];
  let at = 0;
  const send: Send = (request) => {
    sent.push(request);
    const [next = reply(yes)] = left;
    if (left.length > 1) left.shift();
    return Promise.resolve(next);
  };
  const context = (over: Partial<AdapterContext> = {}): AdapterContext => ({
    send,
    now: () => at,
    signal: AbortSignal.timeout(5_000),
    silenced: false,
    windowId: "w-1",
    ...over,
  });
  const pass = (ms: number) => void (at += ms);
  const order = (name: "pause" | "resume", target: Record<string, unknown>, over = {}) =>
    recorder[name]?.(recorder.targetSchema.parse(target), context(over));
  return { context, order, pass, recorder, sent };
}
const linesOf = (sent: readonly HttpRequest[]) => sent.map(({ method, url }) => `${method} ${url}`);

describe("an order is one request, as the vendor documents it", () => {
  const server = "https://pbx.example.com/servicemanager/rest/CallManagementAPI";
  test("by unique id and by extension, with the agent's name and the window's tag", async () => {
    const { order, sent } = wired({ agentLoginName: "Fred" });
    await order("pause", { uniqueId: "3412341214.123" });
    await order("resume", { uniqueId: "3412341214.123" });
    await order("resume", { extension: 410, agentLoginName: "Wilma F" });
    expect(linesOf(sent)).toEqual([
      `POST ${server}/stop?extenOrUniqueId=3412341214.123&agentLoginName=Fred&apiKey=${apiKey}`,
      `POST ${server}/start?extenOrUniqueId=3412341214.123&tag=w-1&agentLoginName=Fred&apiKey=${apiKey}`,
      `POST ${server}/start?extenOrUniqueId=410&tag=w-1&agentLoginName=Wilma%20F&apiKey=${apiKey}`,
    ]);
    expect(sent.every(({ body }) => body === undefined)).toBe(true);
  });
  test("by GET where that is configured, and no cache may answer", async () => {
    const { order, sent } = wired({ commandMethod: "GET" });
    await order("pause", { extension: "410" });
    expect(linesOf(sent)).toEqual([`GET ${server}/stop?extenOrUniqueId=410&apiKey=${apiKey}`]);
    expect(sent[0]?.headers).toMatchObject({ "cache-control": "no-cache, no-store" });
  });
  test("a start carries the window it was stopped for, though nobody names it any more", async () => {
    const { order, sent } = wired({});
    await order("pause", { extension: "410" }, { windowId: "pay 7&x=1" });
    await order("pause", { extension: "411" }, { windowId: "another" });
    await order("resume", { extension: "410" }, { windowId: undefined });
    await order("resume", { extension: "412" }, { windowId: undefined });
    expect(sent[2]?.url).toContain("&tag=pay%207%26x%3D1&");
    expect(sent[3]?.url).not.toContain("tag=");
  });
  test("a tag is bounded, on one line, and another window's is another", () => {
    expect(tagOf("w-1\r\n")).toBe("w-1");
    const long = "x".repeat(127);
    expect(tagOf(`${long}1`)).toHaveLength(64);
    expect(tagOf(`${long}1`)).toBe(tagOf(`${long}1`));
    expect(tagOf(`${long}1`)).not.toBe(tagOf(`${long}2`));
  });
});

test("questions are POST, in the vendor's own paths", async () => {
  const { context, recorder, sent } = wired({}, reply("[]"));
  const from = Date.UTC(2021, 8, 14, 5, 1);
  await recorder.evidence?.(
    { uniqueId: "12341232.12" },
    { from, to: from },
    context({ now: () => from }),
  );
  const late = from + 4 * 3_600_000;
  await recorder.evidence?.({ extension: "410" }, { from, to: from }, context({ now: () => late }));
  await recorder.preflight(context());
  expect(linesOf(sent)).toEqual([
    `POST https://pbx.example.com/njadmin/rest/RecordingAPI/retrieveMetaDataByUniqueId?uniqueId=12341232.12&apiKey=${apiKey}`,
    `POST https://pbx.example.com/njadmin/rest/RecordingAPI/retrieveMetaDataByHour?date=2021/09/14&hour=15&apiKey=${apiKey}`,
    `POST https://pbx.example.com/servicemanager/rest/CallManagementAPI/subscribe?exten=0&lastSequenceNumber=0&timeOut=0&apiKey=${apiKey}`,
    `POST https://pbx.example.com/njadmin/rest/RecordingAPI/retrieveMetaData?tag=tacet-preflight&apiKey=${apiKey}`,
  ]);
});

const scrub = (text: string) => text;
test.each([
  [reply(yes), { kind: "acknowledged" }],
  [reply(""), { kind: "acknowledged" }],
  [reply("", 204), { kind: "acknowledged" }],
  [reply('{"Message":"Channel gone","Code":-1}'), { reason: "vendor_error" }],
  [reply('{"Message":"on hold","Code":1}'), { kind: "in_doubt", detail: "Code 1: on hold" }],
  [reply('{"Message":"fell over","Code":-1}', 500), { kind: "refused", reason: "vendor_error" }],
  [reply('{"Message":"no","Code":-1}', 403), { reason: "not_permitted" }],
  [reply('{"Message":"no","Code":"0"}'), { reason: "bad_reply" }],
  [reply("{}"), { reason: "bad_reply" }],
  [reply("[]"), { reason: "bad_reply" }],
  [reply("Recording could not be stopped"), { reason: "bad_reply" }],
  [reply("<h1>It works</h1>"), { reason: "bad_reply" }],
  [reply(yes, 302), { reason: "bad_reply" }],
  [reply(yes, 200, { age: "3" }), { reason: "bad_reply" }],
  [reply("<h1>none</h1>", 404), { reason: "bad_reply" }],
  [reply("", 401), { reason: "not_authorized" }],
  [reply("", 403), { reason: "not_permitted" }],
  [reply("", 500), { kind: "in_doubt" }],
  [reply("<h1>gateway</h1>", 502), { kind: "in_doubt" }],
  [reply("", 503, { "retry-after": "7" }), { kind: "unreachable", retryAfterMs: 7_000 }],
  [reply("<h1>upstream connection reset</h1>", 503), { kind: "in_doubt" }],
  [reply("", 429), { kind: "unreachable", retryAfterMs: 60_000 }],
])("an order answered %j is %j", ({ reply: answer }, expected) => {
  const told = readReply(answer, scrub);
  if (told.kind === "expired") throw new Error("nothing expired");
  expect(readOrder(told)).toMatchObject(expected);
});

test("a repeated stop is a yes where the server's own words are known and tacet stopped it", async () => {
  const no = reply('{"Message":"Call is not being recorded","Code":-1}');
  const known = wired({ notRecordingMessage: "call is NOT being recorded" }, reply(yes), no);
  const target = { uniqueId: "3412341214.123" };
  expect(await known.order("pause", target)).toEqual({ kind: "acknowledged" });
  expect(await known.order("pause", target)).toEqual({ kind: "acknowledged" });
  // Of a call that tacet never stopped it says that the target is wrong; after a start, that it lies.
  expect(await known.order("pause", { extension: "411" })).toMatchObject({ kind: "refused" });
  await known.order("resume", target);
  expect(await known.order("pause", target)).toMatchObject({ kind: "refused" });
  const unknown = wired({}, reply(yes), no);
  await unknown.order("pause", target);
  expect(await unknown.order("pause", target)).toMatchObject({
    kind: "refused",
    detail: "Code -1: Call is not being recorded",
  });
});

test("the server's words tell no link, no bearer and no number that is no code", async () => {
  const pan = "4111111111111111";
  const words = "see https://evil.example/play?t=1 with Bearer abc.def";
  const answer = reply(`{"Message":"${words}","Code":-${pan}}`);
  const outcome = await wired({}, answer).order("pause", { uniqueId: "3412341214.123" });
  expect(outcome).toEqual({
    kind: "refused",
    reason: "vendor_error",
    detail: "Code of no vendor's: see [link] with [secret]",
  });
});

describe("with the hash", () => {
  const time = "1392356108888";
  const hash = createHash("sha256").update(`${apiKey}:${time}`).digest("hex");
  const expired = reply('{"Message":"Expired TimeStamp","Code":-1}');
  const target = { extension: "410" };

  test("it is the SHA-256 of the key, a colon and the server's time, in hex", () => {
    expect(hashOf(apiKey, time)).toBe(hash);
  });
  test("the time is asked for once, the pair serves for an hour, and the key is never sent", async () => {
    const { order, pass, sent } = wired({ authenticate: "hash" }, reply(`${time}\n`), reply(yes));
    for (let count = 0; count < 3; count += 1) {
      await order("pause", target);
      pass(18 * 60_000);
    }
    const stop = "https://pbx.example.com/servicemanager/rest/CallManagementAPI/stop";
    const stopped = `POST ${stop}?extenOrUniqueId=410&timeStamp=${time}&hash=${hash}`;
    expect(linesOf(sent)).toEqual([
      "POST https://pbx.example.com/servicemanager/rest/Time",
      stopped,
      stopped,
      stopped,
    ]);
    expect(JSON.stringify(sent)).not.toContain(apiKey);
  });
  test("after an hour, less a margin, a new one is asked for", async () => {
    const { order, pass, sent } = wired(
      { authenticate: "hash" },
      reply(time),
      reply(yes),
      reply(time),
      reply(yes),
    );
    await order("pause", target);
    pass(55 * 60_000);
    await order("pause", target);
    expect(sent.filter(({ url }) => url.endsWith("/Time"))).toHaveLength(2);
  });
  test("many who ask at once share one time", async () => {
    const { order, sent } = wired({ authenticate: "hash" }, reply(time), reply(yes));
    const asked = Array.from({ length: 20 }, async () => order("pause", target));
    const all = await Promise.all(asked);
    expect(all.every((outcome) => outcome?.kind === "acknowledged")).toBe(true);
    expect(sent.filter(({ url }) => url.endsWith("/Time"))).toHaveLength(1);
  });
  test("an expired time stamp is renewed once and the order sent again; then it is a lost session", async () => {
    const again = wired({ authenticate: "hash" }, reply(time), expired, reply("1392356109999"));
    // The last answer is given for good: a time is no order's answer.
    expect(await again.order("pause", target)).toMatchObject({ reason: "bad_reply" });
    expect(again.sent.map(({ url }) => /\/(\w+)(?:\?|$)/.exec(url)?.[1])).toEqual([
      "Time",
      "stop",
      "Time",
      "stop",
    ]);
    const ever = wired(
      { authenticate: "hash" },
      reply(time),
      expired,
      reply("1392356109999"),
      expired,
    );
    expect(await ever.order("pause", target)).toMatchObject({
      kind: "refused",
      reason: "session_lost",
    });
    expect(ever.sent).toHaveLength(4);
  });
  test.each([
    [reply("", 500), { kind: "refused", reason: "bad_reply" }],
    [reply("<html>"), { kind: "refused", reason: "bad_reply" }],
    [{ kind: "lost", detail: "broken" } as const, { kind: "unreachable" }],
    [{ kind: "too_large", detail: "big" } as const, { kind: "unreachable" }],
  ])("without a time nothing is ordered: %j", async (answer, expected) => {
    const { order, sent } = wired({ authenticate: "hash" }, answer);
    expect(await order("pause", target)).toMatchObject(expected);
    expect(sent).toHaveLength(1);
  });
});

test("no words of the server's bring a key, a hash, an address's query or a card number into ours", async () => {
  const key = "s3cret/Key+of=Noojee";
  const hash = hashOf(key, "1392356108888");
  const words = [
    `bad key ${key}`,
    `bad key ${encodeURIComponent(key)}`,
    "/stop?apiKey=another-key&tag=1",
    `hash=${hash}`,
    `seen ${hash}`,
    "card 4111 1111 1111 1111",
    "line\r\nforged",
  ].join(" | ");
  for (const authenticate of ["key", "hash"]) {
    const answers =
      authenticate === "hash"
        ? [reply("1392356108888"), reply(JSON.stringify({ Message: words, Code: -1 }))]
        : [reply(JSON.stringify({ Message: words, Code: -1 }))];
    const { order } = wired({ authenticate, apiKey: key }, ...answers);
    const told = JSON.stringify(await order("pause", { extension: "410" }));
    for (const secret of ["s3cret", "Noojee", "another-key", hash, "4111 1111", "\\r\\n", "\\n"]) {
      expect(told).not.toContain(secret);
    }
    expect(told.length).toBeLessThan(400);
  }
});

describe("settings and targets", () => {
  test.each([
    [{ baseUrl: "https://u:p@pbx.example.com" }, "baseUrl"],
    [{ baseUrl: "ftp://pbx.example.com" }, "baseUrl"],
    [{ apiKey: "with space" }, "apiKey"],
    [{ timeZone: "Melbourne" }, "timeZone"],
    [{ timeZone: undefined }, "timeZone"],
    [{ extensions: ["SIP/410"] }, "extensions"],
    [{ extensions: Array.from({ length: 401 }, (_, at) => String(at)) }, "extensions"],
    [{ agentLoginName: "two\nlines" }, "agentLoginName"],
    [{ commandMethod: "PUT" }, "commandMethod"],
    [{ surplus: 1 }, ""],
  ])("%j is refused, at %s", (more, path) => {
    const parsed = noojeeVendor.settings.safeParse({ ...base, ...more });
    expect(parsed.success ? [] : parsed.error.issues.map((issue) => issue.path[0] ?? "")).toContain(
      path,
    );
    expect(JSON.stringify(parsed)).not.toContain(apiKey);
  });
  const { recorder } = wired({});
  test.each([
    [{ extension: "SIP/410" }],
    [{ extension: "4111111111111111" }],
    [{ uniqueId: "4111111111111111" }],
    [{ uniqueId: "../x.1" }],
    [{ uniqueId: "1412750652" }],
    [{ uniqueId: "1412750652.496", extension: "410" }],
    [{}],
  ])("%j names no conversation", (target) => {
    expect(recorder.targetSchema.safeParse(target).success).toBe(false);
  });
  test("a system's name before a unique id is part of it", () => {
    const target = recorder.targetSchema.parse({ uniqueId: "pbx1-1412750652.496" });
    expect(recorder.targetKey(target)).toBe("call/pbx1-1412750652.496");
  });
});

test("a preflight says what does not answer, and what no server can be asked", async () => {
  const fine = wired({ extensions: ["410"] }, reply('{"Data":{},"seq":4,"Code":0}'), reply("[]"));
  const findings = await fine.recorder.preflight(fine.context());
  expect(findings.map(({ name, ok }) => [name, ok])).toEqual([
    ["CallManagementAPI", true],
    ["RecordingAPI", true],
    ["calls' ends", true],
    ["checklist: automatic recording", true],
    ["checklist: what confirms", true],
  ]);
  // `tacet check` listens to nothing, and what it says must not sound as though nothing will.
  expect(findings[2]?.detail).toBe("listened for while tacet serves");
  const wrong = wired({}, reply('{"Message":"Invalid API key","Code":-1}'));
  const failed = (await wrong.recorder.preflight(wrong.context())).filter(({ ok }) => !ok);
  expect(failed).toEqual([
    { name: "CallManagementAPI", ok: false, detail: "refused: Code -1: Invalid API key" },
    { name: "RecordingAPI", ok: false, detail: "refused: Code -1: Invalid API key" },
  ]);
});

test("how a file is retrieved is not documented: a recorder offers no file", () => {
  expect(wired({}).recorder.audio).toBeUndefined();
  expect(noojeeVendor.variants.map(({ hasFile }) => hasFile)).toEqual([false, false]);
});
