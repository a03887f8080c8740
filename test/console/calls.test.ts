/** Finding calls, and one call's page: what an auditor sees, and that looking is entered. */
import { expect, test } from "vitest";
import type { Judgement } from "../../src/evidence/evidence.ts";
import { IVR, Told, tap } from "../control/given.ts";
import { opened, textOf } from "./opened.ts";

const A = tap("rec-a", "1");
const B = tap("rec-b", "2");
const PAN = "4111111111111111";

/** Two windows, the second of another owner; the first recorder drifts in the first. */
function drifted(): Told {
  const call = new Told();
  call.register(1_000, [A, B], { agentId: "a-204" });
  for (const { tapId } of [A, B]) call.baseline(1_010, tapId);
  call.open(2_000, "w1");
  for (const { tapId } of [A, B]) call.says(2_120, tapId, "paused");
  call.says(5_000, "rec-a/1", "recording");
  call.says(5_400, "rec-a/1", "paused");
  call.open(6_000, "w2", { by: IVR });
  call.close(7_000, "w1");
  call.close(8_000, "w2", IVR);
  for (const { tapId } of [A, B]) call.says(8_200, tapId, "recording");
  return call;
}
function plain(at: number, windowId = `w-${at}`): Told {
  const call = new Told();
  call.register(at, [B], { agentId: "a-7" });
  call.baseline(at + 10, B.tapId);
  call.open(at + 100, windowId);
  call.says(at + 150, B.tapId, "paused");
  call.close(at + 900, windowId);
  call.says(at + 950, B.tapId, "recording");
  call.end(at + 1_000);
  call.pass(at + 1_000);
  return call;
}
const links = (text: string) =>
  [...text.matchAll(/href="\/console\/calls\/([^"?/]+)"/g)].map(([, id]) =>
    decodeURIComponent(id ?? ""),
  );

test("a search finds calls by every member, each once, and says word, agent, windows and worst", async () => {
  const { call, who } = await opened();
  await call("c-drift", drifted().events);
  await call("c-plain", plain(20_000).events);
  const all = await who.get("/console/calls");
  expect(links(all.text)).toEqual(["c-plain", "c-drift"]);
  expect(textOf(all.text)).toContain(
    "c-drift Recording a-204 2 520 ms Not secured in time, or drifted",
  );
  expect(textOf(all.text)).toContain("c-plain Ended a-7 1 50 ms As it should be");
  const finds: readonly (readonly [string, readonly string[]])[] = [
    ["callId=c-plain", ["c-plain"]],
    ["windowId=w2", ["c-drift"]],
    ["agentId=a-204", ["c-drift"]],
    ["recorderId=rec-b", ["c-plain", "c-drift"]],
    ["recorderId=rec-a", ["c-drift"]],
    ["type=CallEnded", ["c-plain"]],
    ["outcome=failure", []],
    ["recordingId=none", []],
    ["from=1970-01-01T00:00:15", ["c-plain"]],
    ["to=1970-01-01T00:00:15", ["c-drift"]],
    ["from=1970-01-01T00:00&to=1970-01-01T00:01&agentId=a-7", ["c-plain"]],
  ];
  for (const [query, found] of finds) {
    expect(links((await who.get(`/console/calls?${query}`)).text), query).toEqual(found);
  }
  expect((await who.get("/console/calls?outcome=failure")).text).toContain("No call fits.");
});

test("a recording is found by its own id, and what is worst of a call is said first", async () => {
  const { call, log, who } = await opened();
  await call("c-drift", drifted().events);
  await call("c-plain", plain(20_000).events);
  const about = {
    tenant: "acme",
    callId: "c-plain",
    windowId: "w-20000",
    recorderId: "rec-b",
    actor: { id: "tacet", kind: "system" },
    origin: { component: "evidence" },
  } as const;
  const judged = (reason: string, tapId = B.tapId) =>
    ({
      ...about,
      at: 30_000,
      type: "WindowJudged",
      outcome: "failure",
      reason,
      detail: { tapId, by: "time", recordingId: "file-7" },
    }) as const;
  await log.enter([
    {
      ...about,
      at: 29_000,
      type: "RecordingTestified",
      outcome: "success",
      detail: { recordingId: "file-7" },
    },
  ]);
  const found = async () => textOf((await who.get("/console/calls?recordingId=file-7")).text);
  expect(await found()).toContain("c-plain Ended a-7 1 50 ms As it should be");
  await log.enter([judged("missing")]);
  expect(await found()).toContain("A recording is missing");
  await log.enter([judged("suspect")]);
  expect(await found()).toContain("A recording is suspect");
  // The newest word of the same judgement counts.
  await log.enter([judged("silent")]);
  expect(await found()).toContain("c-plain Ended a-7 1 50 ms As it should be");
});

test("a call of many windows is drawn with its recorders, and says what is left out", async () => {
  const { call, who } = await opened();
  const told = new Told();
  told.register(0, [B]);
  told.baseline(10, B.tapId);
  for (let number = 1; number <= 60; number += 1) {
    told.open(number * 1_000, `w${number}`);
    told.says(number * 1_000 + 50, B.tapId, "paused");
    told.close(number * 1_000 + 400, `w${number}`);
    told.says(number * 1_000 + 450, B.tapId, "recording");
  }
  await call("c-many", told.events);
  const lanes = (text: string) =>
    [...text.matchAll(/<text class="lane"[^>]*>\s*([^<]+?)\s*</g)].map(([, name]) => name);
  const whole = (await who.get("/console/calls/c-many")).text;
  expect(lanes(whole)).toHaveLength(32);
  expect(lanes(whole).at(-1)).toBe("rec-b, 2");
  expect(whole).toContain("30 more lanes are not drawn here");
  const closer = (await who.get("/console/calls/c-many?window=w50")).text;
  expect(lanes(closer)).toContain("Window w50");
  expect(lanes(closer)).not.toContain("Window w1");
});

test("a search that finds many is paged by a link, and no call stands on two pages", async () => {
  const { call, who } = await opened();
  for (let number = 0; number < 45; number += 1) {
    await call(`c-${number}`, plain(number * 2_000).events.slice(0, 3));
  }
  // Older calls with news of their own stand where that is.
  await call("c-3", plain(6_000).events.slice(3));
  const seen: string[] = [];
  let next: string | undefined = "/console/calls?recorderId=rec-b";
  for (let page = 0; next !== undefined && page < 10; page += 1) {
    const { text } = await who.get(next);
    seen.push(...links(text));
    next = /rel="next"\s+href="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
    if (next !== undefined) expect(next).toContain("recorderId=rec-b");
  }
  expect(seen[0]).toBe("c-3");
  expect(new Set(seen).size).toBe(45);
  expect(seen).toHaveLength(45);
});

test("an empty log, a wrong time, a value without end and a log that is away are said in words", async () => {
  const { reads, who } = await opened();
  expect((await who.get("/console/calls")).text).toContain("No call yet.");
  expect((await who.get("/console/calls?from=yesterday")).text).toContain(
    "From (UTC): that is no time.",
  );
  expect((await who.get(`/console/calls?callId=${"a".repeat(600)}`)).text).toContain(
    "Call: that is too long.",
  );
  reads.failing = true;
  expect((await who.get("/console/calls")).text).toContain("The log cannot be read now.");
});

test("an answer that lags says how far it reaches", async () => {
  const { call, reads, who } = await opened();
  await call("c-1", plain(1_000).events);
  reads.between = (page) => ({ ...page, indexedTo: 3 });
  const size = plain(1_000).events.length;
  for (const path of ["/console/calls?callId=c-1", "/console/calls/c-1"]) {
    expect(textOf((await who.get(path)).text)).toContain(
      `The search has come to entry 3 of ${size}.`,
    );
  }
});

test("a card number in a search is refused, told nowhere, and its place is entered", async () => {
  const { call, entered, who } = await opened();
  await call("c-1", plain(1_000).events);
  const places: readonly (readonly [string, string])[] = [
    [`callId=${PAN}`, "?callId"],
    ["recordingId=4111 1111 1111 1111", "?recordingId"],
    [`${PAN}=1`, "?"],
    [`other=${PAN}`, "?"],
  ];
  for (const [query, path] of places) {
    entered.length = 0;
    const { text } = await who.get(`/console/calls?${query.replaceAll(" ", "+")}`);
    expect(text, query).toContain("looks like a card number");
    expect(text).not.toMatch(/4111/);
    expect(links(text)).toEqual([]);
    expect(entered).toMatchObject([
      {
        type: "CardholderDataRefused",
        outcome: "refused",
        detail: { operation: "searchCalls", path },
      },
    ]);
    expect(JSON.stringify(entered)).not.toContain("4111");
  }
  entered.length = 0;
  for (const path of [`/console/calls/${PAN}`, `/console/calls/${PAN}/statement/x`]) {
    expect((await who.get(path)).status).toBe(404);
  }
  expect(entered.map(({ type }) => type)).toEqual([
    "CardholderDataRefused",
    "CardholderDataRefused",
  ]);
  // An id by its form is one, whatever its digits.
  entered.length = 0;
  await who.get("/console/calls?callId=1795312000000");
  expect(entered).toMatchObject([{ type: "LogRead" }]);
});

test("every reading is entered: who, what and what for", async () => {
  const { call, entered, who } = await opened();
  await call("c-1", plain(1_000).events);
  await who.get("/console/calls?agentId=a-7&from=1970-01-01");
  await who.get("/console/calls/c-1");
  await who.get("/console/calls/c-1/statement/rec-b%2F2");
  const by = {
    tenant: "acme",
    type: "LogRead",
    outcome: "read",
    actor: { id: "ann", kind: "auditor" },
  };
  expect(entered).toMatchObject([
    { ...by, reason: "calls", detail: { filter: { agentId: "a-7", from: 0 } } },
    { ...by, reason: "history", detail: { filter: { callId: "c-1" } } },
    { ...by, reason: "statement", detail: { filter: { callId: "c-1" } } },
  ]);
});

test("nobody without the scope, and nobody of another tenant, sees a call", async () => {
  for (const options of [
    { scopes: ["events:read"] },
    { kind: "agent" },
    { tenant: "other" },
  ] as const) {
    const { call, entered, who } = await opened(options);
    await call("c-secret", plain(1_000, "w-secret").events);
    for (const path of [
      "/console/calls",
      "/console/calls/c-secret",
      "/console/calls/c-secret/statement/rec-b%2F2",
    ]) {
      const seen = await who.get(path);
      expect(seen.text).not.toContain("w-secret");
      expect(seen.status).toBe(
        !("tenant" in options) ? 403 : path === "/console/calls" ? 200 : 404,
      );
    }
    if (!("tenant" in options)) expect(entered).toEqual([]);
  }
});

test("a call's page tells its facts, draws every lane, and says the same in a table", async () => {
  const { call, who } = await opened();
  await call("c-drift", drifted().events);
  const { text } = await who.get("/console/calls/c-drift");
  const said = textOf(text);
  expect(said).toContain("Window open and not secured 520 ms");
  expect(said).toContain("Silent and no window open 200 ms");
  expect(text).toMatch(/<svg\s+class="timeline"[\s\S]*role="img"/);
  for (const lane of ["The call", "Window w1", "Window w2", "rec-a, 1", "rec-b, 2"]) {
    expect(text).toMatch(new RegExp(`<text class="lane"[^>]*>${lane}`));
    expect(text).toMatch(new RegExp(`<th scope="row">\\s*${lane}`));
  }
  for (const word of ["tl-secured", "tl-unsecured", "tl-exposed", "tl-open", "tm-drift"]) {
    expect(text).toContain(word);
  }
  expect(said).toContain(
    "rec-a, 1 Seen recording when it should be silent 1970-01-01 00:00:05.000 UTC 1970-01-01 00:00:05.400 UTC 400 ms",
  );
  expect(said).toContain(
    "rec-a records although it should be silent (read back from the recorder).",
  );
  expect(text).toContain(`href="/console/calls/c-drift/statement/rec-a%2F1?life=1"`);
  // The page's policy lets no style in by attribute.
  expect(text).not.toMatch(/\sstyle="/);
});

test("a call that goes on says so, and that facts of it wait for the log where they do", async () => {
  const { call, reads, who } = await opened();
  await call("c-live", drifted().events);
  await call("c-over", plain(20_000).events);
  const live = (await who.get("/console/calls/c-live")).text;
  expect(live).toContain("It goes on.");
  expect(live).not.toContain("wait for a log");
  reads.unwritten = true;
  expect((await who.get("/console/calls/c-live")).text).toContain("wait for a log");
  const over = (await who.get("/console/calls/c-over")).text;
  expect(over).not.toContain("It goes on.");
  expect(over).not.toContain("wait for a log");
});

test("a window can be looked at more closely", async () => {
  const { call, who } = await opened();
  await call("c-drift", drifted().events);
  const whole = (await who.get("/console/calls/c-drift")).text;
  const title = /<title id="timeline-title">([^<]+)/;
  // A call that is at rest is not drawn as a sliver before hours of nothing.
  expect(title.exec(whole)?.[1]).toContain("– 1970-01-01 00:00:18.200 UTC");
  const closer = (await who.get("/console/calls/c-drift?life=1&window=w2")).text;
  expect(title.exec(whole)?.[1]).toContain("00:00:01.000 UTC");
  expect(title.exec(closer)?.[1]).toContain("00:00:03.000 UTC – 1970-01-01 00:00:11.000 UTC");
});

test("evidence is shown where it is known, and where it cannot be read that is said", async () => {
  const judgement: Judgement = {
    windowId: "w1",
    tapId: "rec-a/1",
    recorderId: "rec-a",
    recordingId: "file-9",
    by: "time",
    verdict: "suspect",
    cause: "drift",
    ranges: [],
    toleranceMs: 0,
  };
  const known = {
    callId: "c-drift",
    state: "gathered",
    windows: [],
    recordings: [],
    judgements: [judgement],
    unheard: [],
    incidentIds: ["inc-1"],
  } as const;
  const { call, evidence, who } = await opened();
  await call("c-drift", drifted().events);
  expect((await who.get("/console/calls/c-drift")).text).toContain("Nobody was asked yet.");
  for (const [state, said] of [
    ["no_witness", "This recorder does not testify."],
    ["gathered", "It told of nothing."],
  ] as const) {
    evidence.known = { ...known, state, judgements: [] };
    expect((await who.get("/console/calls/c-drift")).text).toContain(said);
  }
  evidence.known = known;
  const { text } = await who.get("/console/calls/c-drift");
  expect(textOf(text)).toContain("Window w1: suspect (by times)");
  expect(text).toContain("tm-suspect");
  expect(text).toContain(`href="/console/incidents/inc-1"`);
  evidence.fails = true;
  expect((await who.get("/console/calls/c-drift")).text).toContain("Evidence cannot be read now.");
  // Which asking again will not mend.
  Object.assign(evidence, { fails: false, isTooLong: true });
  expect((await who.get("/console/calls/c-drift")).text).toContain(
    "The call has more entries than evidence is told of.",
  );
});

test("a long call's entries are paged, and a call too long to draw is listed all the same", async () => {
  const { call, who } = await opened();
  const told = new Told().secured(B);
  for (let at = 1_000; at < 121_000; at += 200) {
    told.says(at, B.tapId, "recording");
    told.says(at + 100, B.tapId, "paused");
  }
  await call("c-long", told.events);
  const first = await who.get("/console/calls/c-long");
  expect(first.text).toContain('class="timeline"');
  expect(first.text.length).toBeLessThan(1_500_000);
  expect([...first.text.matchAll(/id="e\d+"/g)]).toHaveLength(200);
  const next = /rel="next"\s+href="([^"]+)"/.exec(first.text)?.[1] ?? "";
  expect((await who.get(next)).text).toContain('id="e201"');
  for (let at = 121_000; at < 700_000; at += 200) {
    told.says(at, B.tapId, "recording");
    told.says(at + 100, B.tapId, "paused");
  }
  await call("c-endless", told.events);
  const endless = await who.get("/console/calls/c-endless");
  expect(endless.text).toContain("This call has more than 5000 entries.");
  expect(endless.text).not.toContain('class="timeline"');
  expect([...endless.text.matchAll(/id="e\d+"/g)]).toHaveLength(200);
  expect((await who.get("/console/calls?callId=c-endless")).text).toContain("Too long to say here");
});

test("a name that was used again is several calls, and an earlier one can be looked at", async () => {
  const { call, who } = await opened();
  const told = plain(1_000, "w-first");
  told.register(90_000_000, [B]);
  told.open(90_000_500, "w-second");
  await call("c-1", told.events);
  const newest = await who.get("/console/calls/c-1");
  expect(newest.text).toContain("This name was used for 2 calls");
  expect(newest.text).toContain("Window w-second");
  expect(newest.text).not.toContain("Window w-first");
  expect((await who.get("/console/calls/c-1?life=1")).text).toContain("Window w-first");
});

test("a call that is not there is not found; one that only others name says so", async () => {
  const { log, who } = await opened();
  expect((await who.get("/console/calls/c-none")).status).toBe(404);
  await log.enter([
    {
      at: 1,
      tenant: "acme",
      type: "AccessDenied",
      callId: "c-ghost",
      actor: { id: "x", kind: "agent" },
      origin: { component: "http" },
      outcome: "denied",
      reason: "foreign_agent",
    },
  ]);
  const { text } = await who.get("/console/calls/c-ghost");
  expect(text).toContain("No call of this name was ever registered");
  expect(text).toContain("Somebody was turned away: foreign_agent.");
});

test("what callers named is shown as text, never as markup", async () => {
  const { call, who } = await opened();
  const told = new Told();
  const evil = `<script>alert(1)</script>"'&`;
  told.register(1_000, [tap("rec-a", evil)], { agentId: evil });
  told.open(2_000, "w1");
  await call("c-1", told.events);
  for (const path of [
    "/console/calls",
    "/console/calls/c-1",
    `/console/calls/c-1/statement/${encodeURIComponent(`rec-a/${evil}`)}`,
  ]) {
    const seen = await who.get(path);
    expect(seen.status).toBe(200);
    expect(seen.text).not.toContain("<script>alert");
    expect(seen.text).toContain("&lt;script&gt;");
  }
  const echoed = await who.get(`/console/calls?callId=${encodeURIComponent(evil)}`);
  expect(echoed.text).not.toContain("<script>alert");
});

test("the pages are in the reader's language", async () => {
  const { call, who } = await opened();
  await call("c-drift", drifted().events);
  const words = {
    nl: "Gevoelige gegevens begonnen: venster w1.",
    de: "Sensible Daten begannen: Fenster w1.",
    fr: "Des données sensibles ont commencé : fenêtre w1.",
    es: "Empezaron datos sensibles: ventana w1.",
  };
  for (const [language, sentence] of Object.entries(words)) {
    const { text } = await who.get(`/console/calls/c-drift?lang=${language}`);
    expect(textOf(text)).toContain(sentence);
  }
});
