/**
 * VSLogger as a witness, against its simulator: what only this vendor does.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { inProcess } from "./inProcess.ts";
import { vsloggerVendor } from "../../src/adapters/vslogger/index.ts";
import { canTestify } from "../../src/adapters/recorder.ts";
import type { HttpRequest, RecordingEvidence, Send } from "../../src/adapters/recorder.ts";
import { PAGE_COUNT_MAX } from "../../src/adapters/vslogger/witness.ts";
import type { Target } from "../../src/control/call.ts";
import { recordIdOf } from "../../src/sandbox/vslogger/recordings.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import type { VsloggerSimulatorOptions } from "../../src/sandbox/vslogger/index.ts";

const salt = "S3CRETSALT";
const began = Date.parse("2026-11-22T10:00:00Z");
const hourMs = 3_600_000;

function bench(settings: object = {}, options: VsloggerSimulatorOptions = {}) {
  const clock = { now: began };
  const simulator = vsloggerSimulator({
    now: () => clock.now,
    hash: { type: "SHA-256", salt, strict: true },
    ...options,
  });
  const parsed = vsloggerVendor.settings.parse({
    baseUrl: "http://127.0.0.1",
    version: options.version ?? "5.1.0.0",
    hash: { type: "sha-256", salt },
    ...settings,
  });
  const recorder = vsloggerVendor.create("v", parsed, { now: () => clock.now });
  if (!canTestify(recorder)) throw new Error("it should testify");
  const sent: HttpRequest[] = [];
  const port = inProcess(simulator.app, 8_000_000);
  const send: Send = (request, signal) => {
    sent.push(request);
    return port(request, signal);
  };
  const context = () => ({
    send,
    now: () => clock.now,
    signal: AbortSignal.timeout(10_000),
    silenced: true,
  });
  const ask = (target: Target, span = { from: began, to: clock.now }) =>
    recorder.evidence(recorder.targetSchema.parse(target), span, context());
  const told = async (target: Target, span?: { from: number; to: number }) => {
    const answer = await ask(target, span);
    if ("kind" in answer) throw new Error(JSON.stringify(answer));
    return answer;
  };
  const forms = () =>
    simulator.requests.flatMap(({ form, res }) => (res === "recordings" && form ? [form] : []));
  /** The file's samples, through the request that the adapter made. */
  const samples = async (recordingId: string): Promise<Int16Array> => {
    const request = await recorder.audio?.(recordingId, context());
    if (request === undefined || "kind" in request) throw new Error(JSON.stringify(request));
    const response = await simulator.app.request(request.url, { headers: request.headers });
    if (response.headers.get("content-type") !== "application/wav") {
      throw new Error(await response.text());
    }
    return new Int16Array((await response.arrayBuffer()).slice(44));
  };
  return { clock, simulator, recorder, sent, context, ask, told, forms, samples };
}
type Bench = ReturnType<typeof bench>;

const only = (told: readonly RecordingEvidence[]): RecordingEvidence => {
  const [one, ...more] = told;
  if (one === undefined || more.length > 0) throw new Error(`${told.length} recordings`);
  return one;
};
const startsOf = (told: readonly RecordingEvidence[]) => told.map(({ startAt }) => startAt - began);
const loudest = (samples: Int16Array, fromMs: number, toMs: number): number =>
  samples.subarray(fromMs * 8, toMs * 8).reduce((most, one) => Math.max(most, Math.abs(one)), 0);

/** A call on channel 5 from 0 to 10 s, silenced from 3 to 6 s over the API. */
async function callWithWindow({ clock, simulator, recorder, context }: Bench): Promise<void> {
  const target = { channel: 5 };
  simulator.begin("5", { session_id: "s-1", extension: "410" });
  clock.now += 3_000;
  await recorder.status?.(target, context());
  await recorder.pause?.(target, context());
  clock.now += 3_000;
  await recorder.resume?.(target, context());
  clock.now += 4_000;
  simulator.end("5");
}

describe("what was recorded", () => {
  test("by mute is one file, silent in the window and nowhere else", async () => {
    const at = bench();
    await callWithWindow(at);
    const one = only(await at.told({ channel: 5 }));
    expect(one).toMatchObject({ startAt: began, endAt: began + 10_000, durationMs: 10_000 });
    const samples = await at.samples(one.recordingId);
    expect(samples).toHaveLength(80_000);
    expect(loudest(samples, 0, 2_999)).toBeGreaterThan(7_000);
    expect(loudest(samples, 3_000, 6_000)).toBe(0);
    expect(loudest(samples, 6_001, 10_000)).toBeGreaterThan(7_000);
  });

  test("by record is two files with the window between them", async () => {
    const at = bench({ silenceBy: "record" });
    await callWithWindow(at);
    const told = await at.told({ channel: 5 });
    expect(startsOf(told)).toEqual([0, 6_000]);
    expect(told.map(({ durationMs }) => durationMs)).toEqual([3_000, 4_000]);
    expect(told.every(({ closed }) => closed)).toBe(true);
  });

  test("can be heard through a mute that was none", async () => {
    const at = bench();
    await callWithWindow(at);
    const { recordingId } = only(await at.told({ channel: 5 }));
    at.simulator.faults.set({ name: "records-through-mute" });
    expect(loudest(await at.samples(recordingId), 3_000, 6_000)).toBeGreaterThan(7_000);
  });

  test("that is not closed is to be asked for again, and so it is until it is closed", async () => {
    const at = bench();
    at.simulator.begin("5");
    at.clock.now += 5_000;
    expect(only(await at.told({ channel: 5 }))).toMatchObject({
      closed: false,
      endAt: began + 5_000,
    });
    at.simulator.end("5");
    at.simulator.faults.set({ name: "never-closes" });
    expect(only(await at.told({ channel: 5 })).closed).toBe(false);
    at.simulator.faults.clear();
    expect(only(await at.told({ channel: 5 }))).toMatchObject({ closed: true, durationMs: 5_000 });
  });

  test("and modified afterwards is told so", async () => {
    const at = bench();
    await callWithWindow(at);
    expect(only(await at.told({ channel: 5 })).modified).toBe(false);
    at.simulator.faults.set({ name: "modified" });
    expect(only(await at.told({ channel: 5 })).modified).toBe(true);
  });

  test("under a digest that changes with the reply and not with the question", async () => {
    const at = bench();
    await callWithWindow(at);
    const before = only(await at.told({ channel: 5 })).replyDigest;
    expect(only(await at.told({ channel: 5 })).replyDigest).toBe(before);
    at.simulator.faults.set({ name: "modified" });
    expect(only(await at.told({ channel: 5 })).replyDigest).not.toBe(before);
  });
});

describe("where it is searched", () => {
  test("is the main database alone, unless the netshare is configured", async () => {
    const at = bench();
    await callWithWindow(at);
    const [kept] = at.simulator.kept();
    if (kept !== undefined) at.simulator.keep({ ...kept, archive_id: "NET" });
    expect((await at.told({ channel: 5 })).map(({ recordingId }) => recordingId)).toEqual([
      "MAIN.20261122100000_005_0.VSL",
    ]);
    expect(at.forms().map(({ dataset }) => dataset)).toEqual(["MAIN"]);
  });

  test("is both where both are configured; a copy on the netshare is a recording too", async () => {
    const at = bench({ witness: { datasets: ["MAIN", "NET"] } });
    await callWithWindow(at);
    const [kept] = at.simulator.kept();
    if (kept !== undefined) at.simulator.keep({ ...kept, archive_id: "NET" });
    const ids = (await at.told({ channel: 5 })).map(({ recordingId }) => recordingId);
    expect(ids).toEqual(["MAIN.20261122100000_005_0.VSL", "NET.20261122100000_005_0.VSL"]);
    expect(at.forms().map(({ dataset }) => dataset)).toEqual(["MAIN", "NET"]);
    // And each is fetched from where it is.
    expect(await at.samples("NET.20261122100000_005_0.VSL")).toHaveLength(80_000);
    expect(at.forms().at(-1)?.["dataset"]).toBe("NET");
  });

  test.each(["starts", "overlaps"] as const)(
    "reaches back to recordings that began long before, whether ranges are of %s",
    async (rangeOf) => {
      const at = bench({}, { rangeOf });
      at.simulator.begin("5");
      at.clock.now += 3 * hourMs;
      const span = { from: at.clock.now, to: at.clock.now + 60_000 };
      at.simulator.end("5");
      expect(await at.told({ channel: 5 }, span)).toHaveLength(1);
      expect(
        await at.told({ channel: 5 }, { from: span.from + hourMs, to: span.to + hourMs }),
      ).toEqual([]);
    },
  );

  test("allows for a clock that is off, as far as is configured", async () => {
    const at = bench({ witness: { clockOffMsMax: 30_000 } });
    at.simulator.begin("5");
    at.clock.now += 1_000;
    at.simulator.end("5");
    const after = (ms: number) => ({ from: at.clock.now + ms, to: at.clock.now + ms + 1 });
    expect(await at.told({ channel: 5 }, after(30_000))).toHaveLength(1);
    expect(await at.told({ channel: 5 }, after(30_001))).toEqual([]);
  });

  test("asks for pages of the configured size, and no longer access than configured", async () => {
    const at = bench({ witness: { pageSize: 25, accessDays: 3 } });
    await at.told({ channel: 5 });
    expect(at.forms()[0]).toMatchObject({ page: "0", pagesize: "25", hrefexp: "3" });
    const old = bench({}, { version: "4.9.5.0" });
    await old.told({ channel: 5 });
    expect(old.forms()[0]).toMatchObject({ pagesize: "100" });
    expect(old.forms()[0]).not.toHaveProperty("hrefexp");
  });
});

describe("a channel that carried two conversations", () => {
  const twoCalls = async (at: Bench, sessions: readonly [string, string]): Promise<void> => {
    at.simulator.begin("5", { session_id: sessions[0] });
    at.clock.now += 2_000;
    await at.recorder.status?.({ channel: 5 }, at.context());
    at.clock.now += 1_000;
    at.simulator.end("5");
    at.clock.now += 1_000;
    at.simulator.begin("5", { session_id: sessions[1] });
    at.clock.now += 3_000;
    at.simulator.end("5");
  };

  test("tells of the one that was seen on it, by its session", async () => {
    const at = bench();
    await twoCalls(at, ["s-1", "s-2"]);
    expect(startsOf(await at.told({ channel: 5 }))).toEqual([0]);
  });

  test("tells of both where lines have no sessions, and where nothing was seen", async () => {
    const nameless = bench();
    await twoCalls(nameless, ["", ""]);
    expect(startsOf(await nameless.told({ channel: 5 }))).toEqual([0, 4_000]);
    const at = bench();
    await twoCalls(at, ["s-1", "s-2"]);
    const { simulator } = at;
    const forgetful = vsloggerVendor.create(
      "v2",
      vsloggerVendor.settings.parse({
        baseUrl: "http://127.0.0.1",
        version: "5.1.0.0",
        hash: { type: "sha-256", salt },
      }),
      { now: Date.now },
    );
    // Whoever starts anew has seen nothing.
    at.clock.now += 1_000;
    if (!canTestify(forgetful)) throw new Error("it should testify");
    const span = { from: began, to: at.clock.now };
    const told = await forgetful.evidence({ channel: 5 }, span, at.context());
    if ("kind" in told) throw new Error(JSON.stringify(told));
    expect(startsOf(told)).toEqual([0, 4_000]);
    expect(simulator.kept()).toHaveLength(2);
  });

  test("a SIP call is found by where it was seen, though its recording has another session id", async () => {
    const at = bench();
    const target = { sipCallId: "call-1@host", hw: "siprec" };
    at.simulator.begin("call-1@host", { channel: "7", session_id: "ucid-77" });
    at.clock.now += 1_000;
    await at.recorder.status?.(target, at.context());
    at.clock.now += 1_000;
    at.simulator.end("call-1@host");
    expect(startsOf(await at.told(target))).toEqual([0]);
    expect(await at.told({ sipCallId: "call-2@host", hw: "siprec" })).toEqual([]);
  });

  test("what a survey saw counts as seen", async () => {
    const at = bench();
    const target = { extension: "410" };
    at.simulator.begin("5", { extension: "410" });
    at.clock.now += 1_000;
    await at.recorder.survey?.(new Map([["extension/410", target]]), at.context());
    // The phone's extension is corrected later in the call, and so is its recording's.
    at.simulator.poke(5, { extension: "470" });
    at.clock.now += 1_000;
    at.simulator.end("5");
    expect(startsOf(await at.told(target))).toEqual([0]);
    expect(startsOf(await at.told({ extension: "470" }))).toEqual([0]);
    expect(await at.told({ extension: "411" })).toEqual([]);
  });
});

describe("an answer that cannot be had", () => {
  test.each([
    ["search-fails", "vendor_error"],
    ["session-lost", "session_lost"],
    ["search-not-permitted", "not_permitted"],
    ["hash-refused", "hash_refused"],
    ["wrong-draw", "bad_reply"],
    ["cached", "bad_reply"],
  ])("%s is refused as %s", async (name, reason) => {
    const at = bench();
    await callWithWindow(at);
    at.simulator.faults.set({ name });
    expect(await at.ask({ channel: 5 })).toMatchObject({ kind: "refused", reason });
  });

  const manyKept = (at: Bench, count: number): void => {
    const [kept] = at.simulator.kept();
    if (kept === undefined) throw new Error("nothing kept");
    for (let one = 1; one <= count; one += 1) {
      const record_id = recordIdOf(5, began - one * 1_000);
      at.simulator.keep({ ...kept, record_id, start_tm: began + one });
    }
  };

  test("pages beyond the end that were promised are a bad reply", async () => {
    const at = bench({ witness: { pageSize: 10 } });
    await callWithWindow(at);
    manyKept(at, 15);
    expect(await at.told({ channel: 5 })).toHaveLength(16);
    at.simulator.faults.set({ name: "page-beyond-the-end" });
    expect(await at.ask({ channel: 5 })).toMatchObject({ kind: "refused", reason: "bad_reply" });
  });

  test("a list that moves is read again from its first page, three times in all", async () => {
    const at = bench({ witness: { pageSize: 10 } });
    await callWithWindow(at);
    manyKept(at, 15);
    at.simulator.faults.set({ name: "list-moves", times: 1 });
    expect(await at.told({ channel: 5 })).toHaveLength(16);
    expect(at.forms().map(({ page }) => page)).toEqual(["0", "1", "0", "1"]);
    at.simulator.faults.set({ name: "list-moves" });
    expect(await at.ask({ channel: 5 })).toMatchObject({ kind: "unreachable" });
    expect(at.forms()).toHaveLength(4 + 6);
  });

  test("more pages than are read are refused, and not cut short", async () => {
    const at = bench({ witness: { pageSize: 10 } });
    await callWithWindow(at);
    manyKept(at, 10 * PAGE_COUNT_MAX);
    expect(await at.ask({ channel: 5 })).toMatchObject({
      kind: "refused",
      reason: "vendor_error",
      detail: expect.stringContaining(`${10 * PAGE_COUNT_MAX}`) as string,
    });
    expect(at.forms()).toHaveLength(PAGE_COUNT_MAX);
  });
});

describe("a recording's file", () => {
  const queryOf = (request: HttpRequest | undefined) =>
    Object.fromEntries(new URL(request?.url ?? "").searchParams);

  test("is asked for by its name alone before 4.9.6, without asking anything first", async () => {
    const at = bench({}, { version: "4.9.5.0" });
    await callWithWindow(at);
    const before = at.sent.length;
    const request = await at.recorder.audio?.("MAIN.20261122100000_005_0.VSL", at.context());
    if (request === undefined || "kind" in request) throw new Error("no request");
    expect(at.sent).toHaveLength(before);
    expect(request).toMatchObject({ method: "GET", headers: { accept: "application/wav" } });
    const { ss, hh, ...query } = queryOf(request);
    expect(query).toEqual({ res: "recording", href: "MAIN.20261122100000_005_0.VSL" });
    expect(Number(ss)).toBeGreaterThanOrEqual(began);
    expect(hh).toMatch(/^[0-9a-f]{64}$/);
    expect(await at.samples("MAIN.20261122100000_005_0.VSL")).toHaveLength(80_000);
  });

  test("is asked for with rec_ss and rec_hh of a search of this moment from 4.9.6", async () => {
    const at = bench({}, { version: "4.9.6.0" });
    await callWithWindow(at);
    const id = "MAIN.20261122100000_005_0.VSL";
    const request = await at.recorder.audio?.(id, at.context());
    expect(at.forms().at(-1)).toMatchObject({
      dataset: "MAIN",
      andparams: '[{"fld":"recordid","val":"20261122100000_005_0","op":"equals"}]',
      hrefexp: "1",
    });
    if (request === undefined || "kind" in request) throw new Error("no request");
    expect(queryOf(request)["href"]).toMatch(
      /^MAIN\.20261122100000_005_0\.VSL\.\d+\.[0-9a-f]{64}$/,
    );
    // A month later what opened it then opens nothing; a new request does.
    at.clock.now += 30 * 24 * hourMs;
    const old = await at.simulator.app.request(request.url);
    expect(await old.json()).toMatchObject({ status: -4 });
    expect(await at.samples(id)).toHaveLength(80_000);
  });

  test("cannot be had where the search tells no rec_hh, or of no such recording", async () => {
    const at = bench();
    await callWithWindow(at);
    const audio = (id: string) => at.recorder.audio?.(id, at.context());
    const notFound = { kind: "refused", reason: "target_not_found" };
    expect(await audio("MAIN.20261122100001_005_0.VSL")).toMatchObject(notFound);
    expect(await audio("MAIN.20261122100000_005_0.WAV")).toMatchObject(notFound);
    expect(await audio("not a name")).toMatchObject(notFound);
    at.simulator.faults.set({ name: "no-rec-hash" });
    expect(await audio("MAIN.20261122100000_005_0.VSL")).toMatchObject({ reason: "bad_reply" });
    at.simulator.faults.set({ name: "unreachable" });
    expect(await audio("MAIN.20261122100000_005_0.VSL")).toMatchObject({ kind: "unreachable" });
  });

  test("has a page of its own from 4.9.6, opened anew each time", async () => {
    const at = bench();
    await callWithWindow(at);
    const page = await at.recorder.page?.("MAIN.20261122100000_005_0.VSL", at.context());
    if (page?.kind !== "page") throw new Error(JSON.stringify(page));
    expect(page.url).toMatch(
      /^http:\/\/127\.0\.0\.1\/api\/link\?playlist=MAIN\.20261122100000_005_0\.VSL&ss=\d+&hh=\w+$/,
    );
    expect((await at.simulator.app.request(page.url)).status).toBe(200);
    expect(await at.recorder.page?.("MAIN.x_005_0.VSL", at.context())).toMatchObject({
      reason: "target_not_found",
    });
    expect(bench({}, { version: "4.9.5.9" }).recorder).not.toHaveProperty("page");
  });
});

describe("a preflight", () => {
  const finding = async (at: Bench) =>
    (await at.recorder.preflight(at.context())).find(({ name }) => name === "recordings");

  test("shows whether recordings can be searched, in each database that is configured", async () => {
    const at = bench({ witness: { datasets: ["MAIN", "NET"] } });
    expect(await finding(at)).toEqual({
      name: "recordings",
      ok: true,
      detail: "what was recorded can be searched",
    });
    expect(at.forms().map(({ dataset, pagesize }) => [dataset, pagesize])).toEqual([
      ["MAIN", "10"],
      ["NET", "10"],
    ]);
    at.simulator.faults.set({ name: "search-not-permitted" });
    expect(await finding(at)).toMatchObject({
      ok: false,
      detail: expect.stringContaining("status -3") as string,
    });
  });

  test("does not search where it is not to, and claims no evidence then", async () => {
    const at = bench({}, { handBy: "mute" });
    const settings = vsloggerVendor.settings.parse({
      baseUrl: "http://127.0.0.1",
      version: "5.1.0.0",
      hash: { type: "sha-256", salt },
      witness: false,
    });
    const silent = vsloggerVendor.create("v", settings, { now: Date.now });
    expect(silent.capabilities).toMatchObject({ control: "mute", evidence: false });
    for (const method of ["evidence", "audio", "page", "flag"] as const) {
      expect(silent[method]).toBeUndefined();
    }
    const found = await silent.preflight(at.context());
    expect(found.map(({ name }) => name)).not.toContain("recordings");
    expect(at.forms()).toEqual([]);
    const both = { ...settings, incident: { flag: 9 } };
    expect(vsloggerVendor.settings.safeParse(both).error?.issues).toMatchObject([
      { path: ["incident"] },
    ]);
  });

  test("does not search a recorder that does not answer", async () => {
    const at = bench();
    at.simulator.faults.set({ name: "unreachable" });
    expect(await finding(at)).toBeUndefined();
    expect(at.forms()).toEqual([]);
  });
});

describe("a mark for an incident", () => {
  const words = "tacet incident 17";
  const id = "MAIN.20261122100000_005_0.VSL";
  const marking = async (settings: object, fields: { flag?: number; note?: string } = {}) => {
    const at = bench(settings);
    await callWithWindow(at);
    const [kept] = at.simulator.kept();
    if (kept !== undefined) Object.assign(kept.fields, fields);
    const flag = async () =>
      canTestify(at.recorder) ? at.recorder.flag?.(id, words, at.context()) : undefined;
    const marked = () => ({ flag: kept?.fields.flag, note: kept?.fields.note });
    const writes = () =>
      at.simulator.requests.filter(({ method, res }) => method === "POST" && res === "recording");
    return { ...at, flag, marked, writes };
  };

  test("is made only where it is configured, and only from 5.0.1", async () => {
    expect((await marking({})).recorder).not.toHaveProperty("flag");
    const old = { version: "5.0.0.9", incident: { flag: 9 } };
    const parsed = vsloggerVendor.settings.safeParse({
      baseUrl: "http://127.0.0.1",
      hash: { type: "none" },
      ...old,
    });
    expect(parsed.error?.issues).toMatchObject([{ path: ["incident"] }]);
    expect(
      vsloggerVendor.settings.safeParse({
        baseUrl: "http://127.0.0.1",
        hash: { type: "none" },
        version: "5.1.0.0",
        incident: { flag: 0, note: false },
      }).success,
    ).toBe(false);
  });

  test("is the configured flag, and words that go as a form and into no address", async () => {
    const at = await marking({ incident: { flag: 9 } });
    expect(await at.flag()).toEqual({ kind: "acknowledged" });
    expect(at.marked()).toEqual({ flag: 9, note: words });
    expect(at.writes().map(({ form }) => form)).toEqual([{ flag: "9", note: words }]);
    const url = at.sent.at(-1)?.url ?? "";
    expect(url).toContain(`id=${id}`);
    expect(url).not.toContain("incident");
    // Asked for again, there is nothing left to write.
    expect(await at.flag()).toEqual({ kind: "acknowledged" });
    expect(at.writes()).toHaveLength(1);
  });

  test("is added to what a person wrote, and takes nobody's flag", async () => {
    const at = await marking({ incident: { flag: 9 } }, { flag: 4, note: "complaint" });
    expect(await at.flag()).toMatchObject({
      kind: "refused",
      reason: "not_permitted",
      detail: "it has flag 4 already",
    });
    expect(at.marked()).toEqual({ flag: 4, note: `complaint ${words}` });
    await at.flag();
    expect(at.writes()).toHaveLength(1);
  });

  test("may be a flag alone, or words alone", async () => {
    const flagged = await marking({ incident: { flag: 10, note: false } }, { note: "complaint" });
    expect(await flagged.flag()).toEqual({ kind: "acknowledged" });
    expect(flagged.marked()).toEqual({ flag: 10, note: "complaint" });
    const noted = await marking({ incident: { flag: 0 } }, { flag: 4 });
    expect(await noted.flag()).toEqual({ kind: "acknowledged" });
    expect(noted.marked()).toEqual({ flag: 4, note: words });
  });

  test("leaves a note alone that would grow too long", async () => {
    const at = await marking({ incident: { flag: 9 } }, { note: "x".repeat(990) });
    expect(await at.flag()).toMatchObject({ kind: "refused", detail: "its note is full" });
    expect(at.marked()).toEqual({ flag: 9, note: "x".repeat(990) });
  });

  test("two at once lose nothing of one another", async () => {
    const at = await marking({ incident: { flag: 9 } });
    if (!canTestify(at.recorder)) throw new Error("it should testify");
    const { flag } = at.recorder;
    if (flag === undefined) throw new Error("it should mark");
    await Promise.all(["first", "second", "third"].map((note) => flag(id, note, at.context())));
    expect(at.marked().note).toBe("first second third");
  });

  test("that was refused, or lost, is told so; the next one is tried all the same", async () => {
    const at = await marking({ incident: { flag: 9 } });
    at.simulator.faults.set({ name: "search-not-permitted" });
    expect(await at.flag()).toMatchObject({ kind: "refused", reason: "not_permitted" });
    at.simulator.faults.clear();
    at.simulator.faults.set({ name: "record-write-lost", times: 1 });
    expect(await at.flag()).toMatchObject({ kind: "in_doubt" });
    expect(await at.flag()).toEqual({ kind: "acknowledged" });
    expect(at.marked()).toEqual({ flag: 9, note: words });
  });

  test("finds nothing to mark where there is no such recording", async () => {
    const at = await marking({ incident: { flag: 9 } });
    if (!canTestify(at.recorder)) throw new Error("it should testify");
    const asked = at.recorder.flag?.("MAIN.20261122100001_005_0.VSL", words, at.context());
    expect(await asked).toMatchObject({ kind: "refused", reason: "target_not_found" });
    expect(at.writes()).toEqual([]);
  });
});

describe("whatever is asked of it", () => {
  const everything = async (settings: object, target: Target): Promise<Bench> => {
    const at = bench({ incident: { flag: 9 }, note: { windowId: true }, flag: 3, ...settings });
    const { recorder, context, simulator } = at;
    simulator.begin("5", { call_id: "call-1@host", extension: "410" });
    const parsed = recorder.targetSchema.parse(target);
    await recorder.preflight(context());
    await recorder.pause?.(parsed, { ...context(), windowId: "pay-1" });
    await recorder.status?.(parsed, context());
    await recorder.survey?.(new Map([["k", parsed]]), context());
    await recorder.resume?.(parsed, context());
    at.clock.now += 5_000;
    simulator.end("5");
    const [one] = await at.told(target);
    const id = one?.recordingId ?? "";
    await recorder.audio?.(id, context());
    await recorder.page?.(id, context());
    if (canTestify(recorder)) await recorder.flag?.(id, "tacet", context());
    return at;
  };

  test.each([
    ["channel-cmd", { channel: 5 }],
    ["channel-state", { channel: 5 }],
    ["call-state", { sipCallId: "call-1@host", hw: "siprec" }],
    ["auto", { extension: "410" }],
  ] as const)(
    "by %s nothing is enabled, disabled, deleted or toggled, and no list of all calls is asked for",
    async (via, target) => {
      const { sent } = await everything({ via }, target);
      expect(sent.length).toBeGreaterThan(8);
      for (const { body = "", headers, method, url } of sent) {
        expect(["GET", "POST"]).toContain(method);
        expect(`${url} ${body}`).not.toMatch(/enable|disable|toggle|res=calls|call-states/);
        // Forms only: JSON bodies are documented and never sent.
        if (method === "POST") {
          expect(headers["content-type"]).toBe("application/x-www-form-urlencoded; charset=UTF-8");
        }
        const { pathname } = new URL(url);
        expect(pathname).toBe("/api/v1");
      }
    },
  );

  test("version 2 of the API changes the path, and nothing else", async () => {
    const at = bench({ apiVersion: 2 });
    await at.ask({ channel: 5 });
    await at.recorder.status?.({ channel: 5 }, at.context());
    expect(at.sent.map(({ url }) => new URL(url).pathname)).toEqual(["/api/v2", "/api/v2"]);
    expect(at.sent.map(({ url }) => new URL(url).searchParams.get("res"))).toEqual([
      "recordings",
      "channel-state",
    ]);
  });
});
