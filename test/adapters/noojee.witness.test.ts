/** What Noojee tells of a call's legs: both date forms, zones, directions, and one hour a minute. */
import { describe, expect, test } from "vitest";
import { inProcess } from "./inProcess.ts";
import { momentsOf } from "../../src/adapters/noojee/dates.ts";
import { noojeeVendor } from "../../src/adapters/noojee/index.ts";
import { isOfExtension, readLegs, recordingsOf } from "../../src/adapters/noojee/legs.ts";
import { Orders, TAG_COUNT_MAX, TARGET_COUNT_MAX } from "../../src/adapters/noojee/orders.ts";
import type {
  AdapterContext,
  HttpRequest,
  RecordingEvidence,
} from "../../src/adapters/recorder.ts";
import type { Target } from "../../src/control/call.ts";
import { noojeeSimulator } from "../../src/sandbox/noojee/index.ts";

const zone = "Australia/Melbourne";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("a moment", () => {
  test.each([
    ["2014-02-13 17:06:52.0", zone, "2014-02-13T06:06:52.000Z"],
    ["2014-02-13 17:06:52", "Etc/UTC", "2014-02-13T17:06:52.000Z"],
    ["2021-09-14 15:03:30.5", zone, "2021-09-14T05:03:30.500Z"],
    ["Tue Sep 14 15:03:30 AEST 2021", zone, "2021-09-14T05:03:30.000Z"],
    // A name that means one offset only wins over what is configured.
    ["Tue Sep 14 15:03:30 AEST 2021", "Etc/UTC", "2021-09-14T05:03:30.000Z"],
    ["Tue Dec 14 15:03:30 AEDT 2021", "Etc/UTC", "2021-12-14T04:03:30.000Z"],
    ["Tue Sep 14 15:03:30 ACST 2021", zone, "2021-09-14T05:33:30.000Z"],
    ["Tue Sep 14 15:03:30 ACDT 2021", zone, "2021-09-14T04:33:30.000Z"],
    ["Tue Sep 14 15:03:30 AWST 2021", zone, "2021-09-14T07:03:30.000Z"],
    ["Tue Sep 14 15:03:30 NZDT 2021", zone, "2021-09-14T02:03:30.000Z"],
    ["Tue Sep 14 15:03:30 UTC 2021", zone, "2021-09-14T15:03:30.000Z"],
    ["Tue Sep 14 15:03:30 GMT+10:00 2021", "Etc/UTC", "2021-09-14T05:03:30.000Z"],
    ["Tue Sep 14 15:03:30 GMT-03:30 2021", zone, "2021-09-14T18:33:30.000Z"],
    // EST is Sydney's on an Australian server, and New York's elsewhere.
    ["Tue Sep 14 15:03:30 EST 2021", zone, "2021-09-14T05:03:30.000Z"],
    ["Tue Sep 4 15:03:30 EST 2012", "Australia/Sydney", "2012-09-04T05:03:30.000Z"],
  ])("%s in %s is %s", (text, timeZone, expected) => {
    expect(momentsOf(text, timeZone).map((at) => new Date(at).toISOString())).toEqual([expected]);
  });
  test("that a clock shows twice is two, and a name of the offset tells which", () => {
    const first = Date.UTC(2021, 3, 3, 15, 30);
    expect(momentsOf("2021-04-04 02:30:00.0", zone)).toEqual([first, first + HOUR]);
    expect(momentsOf("Sun Apr 04 02:30:00 AEDT 2021", zone)).toEqual([first]);
    expect(momentsOf("Sun Apr 04 02:30:00 AEST 2021", zone)).toEqual([first + HOUR]);
  });
  test.each([
    "2021-10-03 02:30:00.0",
    "2021-02-30 10:00:00.0",
    "2021-13-01 10:00:00.0",
    "2021-09-14T15:03:30Z",
    "14/09/2021 15:03",
    "Tue Spt 14 15:03:30 AEST 2021",
    "Tue Sep 14 25:03:30 AEST 2021",
    "1631595810",
    "",
  ])("is not %j: the clock never shows it, or it is another form", (text) => {
    expect(momentsOf(text, zone)).toEqual([]);
  });
});

/** The vendor's own examples, by tag and by the hour. */
const byTag = {
  Source: "400",
  Leg: "1",
  Start: "2014-02-13 17:06:52.0",
  Tag: "1234",
  Duration: "4",
  Username: "Fred",
  CallRecordId: "198348",
  UniqueId: "1392271611.238",
  DID: "internal",
  Direction: "2",
  Destination: "410",
};
const byHour = {
  Destination: "123",
  UniqueId: "1631595787.5",
  Username: "NoojeeAdmin",
  Start: "Tue Sep 14 15:03:30 AEST 2021",
  Duration: "4",
  Tag: "",
  Direction: "Inbound",
  CallRecordId: "6468",
  DID: "7601",
  Source: "500",
  callend: "Tue Sep 14 15:03:34 AEST 2021",
  Leg: "1",
};
const now = Date.UTC(2026, 0, 1);
const legsOf = (...rows: readonly Readonly<Record<string, unknown>>[]) => {
  const legs = readLegs(rows, zone, now);
  if ("kind" in legs) throw new Error(legs.detail);
  return legs;
};

describe("a leg", () => {
  test("of the vendor's own examples is read in both forms, all strings", () => {
    expect(legsOf(byTag, byHour)).toEqual([
      {
        recordingId: "198348",
        uniqueId: "1392271611.238",
        number: 1,
        startAt: Date.UTC(2014, 1, 13, 6, 6, 52),
        durationMs: 4_000,
        source: "400",
        destination: "410",
        direction: "internal",
      },
      {
        recordingId: "6468",
        uniqueId: "1631595787.5",
        number: 1,
        startAt: Date.UTC(2021, 8, 14, 5, 3, 30),
        endAt: Date.UTC(2021, 8, 14, 5, 3, 34),
        durationMs: 4_000,
        source: "500",
        destination: "123",
        direction: "inbound",
      },
    ]);
  });
  test.each([
    ["Start", "yesterday"],
    ["Start", undefined],
    ["Duration", "4s"],
    ["Duration", undefined],
    ["CallRecordId", ""],
    ["CallRecordId", "4111111111111111"],
    ["UniqueId", "x"],
    ["Leg", "one"],
    ["callend", "later"],
    ["callend", "Tue Sep 14 15:03:20 AEST 2021"],
  ])("with %s %j makes the whole answer unusable", (name, value) => {
    const legs = readLegs([byHour, { ...byHour, [name]: value }], zone, now);
    expect(legs).toMatchObject({ kind: "refused", reason: "bad_reply" });
  });
  test.each([[{ a: byTag }], ["x"], [null], [{ Message: "none", Code: 0 }]])(
    "is not in %j: an answer is a list",
    (body) => {
      expect(readLegs(body, zone, now)).toMatchObject({ reason: "bad_reply" });
    },
  );
  test("that starts before its call, or has yet to start, tells that the zone is wrong", () => {
    const perth = readLegs([byTag], "Pacific/Auckland", now);
    expect(perth).toMatchObject({
      reason: "bad_reply",
      detail: expect.stringContaining("timeZone") as string,
    });
    const soon = readLegs([{ ...byTag, UniqueId: "12341232.12" }], zone, Date.UTC(2014, 1, 13, 5));
    expect(soon).toMatchObject({ detail: expect.stringContaining("timeZone") as string });
  });
  test("in the hour that clocks go through twice lies after the moment its call's id tells", () => {
    const first = Date.UTC(2021, 3, 3, 15, 30);
    const at = (id: string) =>
      legsOf({ ...byTag, Start: "2021-04-04 02:30:00.0", UniqueId: id })[0]?.startAt;
    expect(at(`${first / 1_000 - 5}.1`)).toBe(first);
    expect(at(`${(first + HOUR) / 1_000 - 5}.1`)).toBe(first + HOUR);
  });
  test.each([
    ["0", "500", false],
    ["Inbound", "123", true],
    ["1", "500", true],
    ["Outbound", "123", false],
    ["2", "500", true],
    ["Internal", "123", true],
    ["", "500", true],
    ["Sideways", "123", true],
    ["Sideways", "600", false],
  ])("of direction %j is extension %s's: %s", (Direction, extension, expected) => {
    const [leg] = legsOf({ ...byHour, Direction });
    expect(leg && isOfExtension(leg, extension)).toBe(expected);
  });
});

describe("as a recording", () => {
  test("a leg whose hour came twice may be an hour later, unless its call or the time says which", () => {
    const first = Date.UTC(2021, 3, 3, 15, 30);
    const within = (beganAt: number, now: number, more: Readonly<Record<string, unknown>> = {}) => {
      const UniqueId = `${beganAt / 1_000}.1`;
      const row = { ...byTag, Start: "2021-04-04 02:30:00.0", Leg: "2", UniqueId, ...more };
      const legs = readLegs([row], zone, now);
      return "kind" in legs ? legs : recordingsOf(legs, "digest", now)[0]?.withinMs;
    };
    expect(within(first - 20 * 60_000, first + 24 * HOUR)).toBe(2_000 + HOUR);
    // The second has yet to come.
    expect(within(first - 20 * 60_000, first + 60_000)).toBe(2_000);
    expect(within(first + HOUR - 60_000, first + 24 * HOUR)).toBe(2_000);
    const Start = "Sun Apr 04 02:30:00 AEDT 2021";
    expect(within(first - 20 * 60_000, first + 24 * HOUR, { Start })).toBe(2_000);
  });
  const start = Date.UTC(2014, 1, 13, 6, 6, 52);
  const of = (at: number, ...rows: readonly Readonly<Record<string, unknown>>[]) =>
    recordingsOf(legsOf(...rows), "digest", at);
  test("a leg that ended has its end and its length; the first one's start is approximate", () => {
    const second = { ...byTag, Leg: "2", CallRecordId: "198349", Start: "2014-02-13 17:06:56.0" };
    expect(of(start + HOUR, byTag, second)).toEqual([
      {
        recordingId: "198348",
        startAt: start,
        endAt: start + 4_000,
        durationMs: 4_000,
        withinMs: 5_000,
        closed: true,
        replyDigest: "digest",
      },
      {
        recordingId: "198349",
        startAt: start + 4_000,
        endAt: start + 8_000,
        durationMs: 4_000,
        withinMs: 2_000,
        closed: true,
        replyDigest: "digest",
      },
    ]);
  });
  test("a leg without a length goes on, up to now, until another follows it", () => {
    for (const Duration of ["0", ""]) {
      const [open] = of(start + HOUR, { ...byTag, Duration });
      expect(open).toMatchObject({ closed: false, endAt: start + HOUR, durationMs: HOUR });
      const next = { ...byTag, Leg: "2", CallRecordId: "198349", Duration: "9" };
      expect(of(start + HOUR, { ...byTag, Duration }, next)[0]?.closed).toBe(true);
      expect(of(start + 13 * HOUR, { ...byTag, Duration })[0]?.closed).toBe(true);
    }
    // A length that nobody told is claimed of no leg that ended.
    const [untold] = of(start + 13 * HOUR, { ...byTag, Duration: "" });
    expect(untold).not.toHaveProperty("durationMs");
    expect(untold).not.toHaveProperty("endAt");
  });
  test("a length that may still grow is not closed", () => {
    expect(of(start + 30_000, byTag)[0]?.closed).toBe(false);
    expect(of(start + 64_000, byTag)[0]?.closed).toBe(true);
  });
});

test("of a target the newest eight tags are known, and of targets the newest ten thousand", () => {
  const orders = new Orders();
  const span = { from: 0, to: 100 };
  for (let at = 0; at <= TAG_COUNT_MAX; at += 1) orders.started("call/1.1", `w-${at}`, at);
  expect([...orders.tags("call/1.1", span)]).toEqual(
    Array.from({ length: TAG_COUNT_MAX }, (_, at) => `w-${at + 1}`),
  );
  for (let count = 0; count < TARGET_COUNT_MAX - 1; count += 1) orders.stopped(`call/2.${count}`);
  expect(orders.tags("call/1.1", span).size).toBe(TAG_COUNT_MAX);
  orders.stopped("call/3.1");
  expect(orders.tags("call/1.1", span).size).toBe(0);
  expect(orders.isStopped("call/3.1")).toBe(true);
});

const apiKey = "f863246a-973e-11e6-8784-08002718f5b5";
const START = Date.UTC(2021, 8, 14, 5, 3, 30);
const unique = (count: number) => `${START / 1_000}.${count}`;

function wired() {
  const clock = { at: START };
  const simulator = noojeeSimulator({ apiKey, now: () => clock.at });
  const settings = noojeeVendor.settings.parse({
    baseUrl: "http://127.0.0.1",
    apiKey,
    timeZone: zone,
  });
  const recorder = noojeeVendor.create("pbx", settings, { now: () => clock.at });
  const context = (over: Partial<AdapterContext> = {}): AdapterContext => ({
    send: inProcess(simulator.app),
    now: () => clock.at,
    signal: AbortSignal.timeout(5_000),
    silenced: false,
    ...over,
  });
  const evidence = (target: Target, from: number, to: number, over = {}) =>
    recorder.evidence?.(target, { from, to }, context(over));
  const hoursAsked = () =>
    simulator.requests.filter(({ path }) => path.endsWith("ByHour")).map(({ query }) => query);
  return { clock, context, evidence, hoursAsked, recorder, simulator };
}
const idsOf = (told: unknown) =>
  (told as readonly RecordingEvidence[]).map(({ recordingId }) => recordingId);

describe("an extension's recordings, by the hour", () => {
  test("are told once the hour and five minutes are over, and not before", async () => {
    const { clock, evidence, hoursAsked, simulator } = wired();
    simulator.begin("410", { uniqueId: unique(1) });
    clock.at += 2 * MINUTE;
    simulator.end("410");
    const to = clock.at;
    clock.at += 10 * MINUTE;
    // 15:15:30: the hour ends at 16:00, and is asked for at 16:05.
    expect(await evidence({ extension: "410" }, START, to)).toMatchObject({
      kind: "unreachable",
      retryAfterMs: 49 * MINUTE + 30_000,
      // Others whose hours are over may be asked about, and calls by their unique ids.
      isOfTargetAlone: true,
    });
    expect(hoursAsked()).toEqual([]);
    clock.at += 49 * MINUTE + 30_000;
    expect(idsOf(await evidence({ extension: "410" }, START, to))).toEqual(["198348"]);
    expect(hoursAsked()).toEqual([{ apiKey, date: "2021/09/14", hour: "15" }]);
  });

  test("cost one question an hour, whoever asks, and one a minute", async () => {
    const { clock, evidence, hoursAsked } = wired();
    clock.at += 4 * HOUR;
    const from = START - 2 * HOUR;
    const asked = async () => evidence({ extension: "410" }, from, START);
    const all = await Promise.all(Array.from({ length: 10 }, asked));
    for (const one of all) {
      expect(one).toMatchObject({ kind: "unreachable", retryAfterMs: 61_000 });
    }
    expect(hoursAsked()).toHaveLength(1);
    clock.at += 30_000;
    expect(await asked()).toMatchObject({ retryAfterMs: 31_000, isOfTargetAlone: true });
    clock.at += 31_000;
    await asked();
    clock.at += 61_000;
    expect(await asked()).toEqual([]);
    expect(await evidence({ extension: "411" }, from, START)).toEqual([]);
    expect(hoursAsked().map(({ hour }) => hour)).toEqual(["13", "14", "15"]);
  });

  test("are asked for again after an error, a minute later, and nothing half is told", async () => {
    const { clock, evidence, hoursAsked, simulator } = wired();
    clock.at += 4 * HOUR;
    const asked = () => evidence({ extension: "410" }, START - HOUR, START);
    await asked();
    clock.at += 61_000;
    simulator.faults.set({ name: "error-in-200", times: 1 });
    expect(await asked()).toMatchObject({ kind: "refused", reason: "vendor_error" });
    expect(await asked()).toMatchObject({ kind: "unreachable", retryAfterMs: 61_000 });
    clock.at += 61_000;
    expect(await asked()).toEqual([]);
    expect(hoursAsked().map(({ hour }) => hour)).toEqual(["14", "15", "15"]);
  });

  test("of the hour that clocks go through twice are asked for when the second is over", async () => {
    const { clock, evidence, hoursAsked } = wired();
    const first = Date.UTC(2021, 3, 3, 15, 10);
    clock.at = first + HOUR;
    // 02:10 for the second time: the hour called 2 is over at 03:00.
    expect(await evidence({ extension: "410" }, first, first)).toMatchObject({
      retryAfterMs: 55 * MINUTE,
    });
    clock.at = first + 2 * HOUR;
    expect(await evidence({ extension: "410" }, first, first + HOUR)).toEqual([]);
    expect(hoursAsked()).toEqual([{ apiKey, date: "2021/04/04", hour: "2" }]);
  });

  test("of more hours than can be kept are refused, with what to do", async () => {
    const { clock, evidence, hoursAsked } = wired();
    clock.at += 100 * HOUR;
    expect(await evidence({ extension: "410" }, START, START + 60 * HOUR)).toMatchObject({
      kind: "refused",
      detail: expect.stringContaining("by unique id") as string,
    });
    expect(hoursAsked()).toEqual([]);
  });

  test("are kept for 72 hours of them; of the one asked for longest ago is asked again", async () => {
    const { clock, evidence, hoursAsked } = wired();
    clock.at += 100 * HOUR;
    const asked = async (hour: number) => {
      clock.at += 61_000;
      expect(
        await evidence({ extension: "410" }, START + hour * HOUR, START + hour * HOUR),
      ).toEqual([]);
    };
    for (let hour = 0; hour <= 72; hour += 1) await asked(hour);
    await asked(72);
    expect(hoursAsked()).toHaveLength(73);
    await asked(0);
    expect(hoursAsked()).toHaveLength(74);
  });

  test("that nobody waits for any more are given up, and asked for anew a minute later", async () => {
    const { clock, context, evidence, hoursAsked, simulator } = wired();
    clock.at += 4 * HOUR;
    const { send } = context();
    const signals: AbortSignal[] = [];
    simulator.faults.set({ name: "slow", times: 1 });
    const asked = async (signal: AbortSignal) =>
      evidence({ extension: "410" }, START, START, {
        signal,
        send: (request: HttpRequest, within: AbortSignal) => {
          signals.push(within);
          return send(request, within);
        },
      });
    const [one, two] = [new AbortController(), new AbortController()];
    const both = [asked(one.signal), asked(two.signal)];
    await expect.poll(() => signals.length).toBe(1);
    one.abort();
    await both[0];
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    two.abort();
    await both[1];
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    const later = AbortSignal.timeout(5_000);
    expect(await asked(later)).toMatchObject({ kind: "unreachable", retryAfterMs: 61_000 });
    clock.at += 61_000;
    expect(await asked(later)).toEqual([]);
    expect(hoursAsked()).toHaveLength(2);
  });

  test("that one asker gave up are still told to another", async () => {
    const { clock, evidence, simulator } = wired();
    clock.at += 4 * HOUR;
    simulator.faults.set({ name: "slow", ms: 150, times: 1 });
    const gone = evidence({ extension: "410" }, START, START, {
      signal: AbortSignal.timeout(20),
    });
    const waits = evidence({ extension: "410" }, START, START);
    expect(await gone).toMatchObject({ kind: "unreachable" });
    expect(await waits).toEqual([]);
  });
});

describe("a call's recordings, by its unique id", () => {
  test("are every leg, those that an automatic recording made among them", async () => {
    const { clock, context, evidence, recorder, simulator } = wired();
    simulator.begin("410", { uniqueId: unique(1) });
    clock.at += MINUTE;
    await recorder.pause?.({ uniqueId: unique(1) }, context({ windowId: "w-1" }));
    const openedAt = clock.at;
    clock.at += 20_000;
    simulator.byHand("410", "recording");
    clock.at += 20_000;
    simulator.end("410");
    const to = clock.at;
    clock.at += 10 * MINUTE;
    const told = (await evidence({ uniqueId: unique(1) }, START, to)) as RecordingEvidence[];
    expect(told.map(({ startAt, endAt = 0 }) => [startAt - START, endAt - START])).toEqual([
      [0, MINUTE],
      [MINUTE + 20_000, MINUTE + 40_000],
    ]);
    // The leak: a recording that began inside the window.
    expect(told.filter(({ startAt }) => startAt > openedAt)).toHaveLength(1);
  });

  test("are found by tacet's own tags too, each once, of this span only", async () => {
    const { clock, context, evidence, recorder, simulator } = wired();
    simulator.begin("410", { uniqueId: unique(1) });
    clock.at += MINUTE;
    await recorder.pause?.({ extension: "410" }, context({ windowId: "w-1" }));
    clock.at += MINUTE;
    await recorder.resume?.({ extension: "410" }, context());
    clock.at += MINUTE;
    simulator.end("410");
    const to = clock.at;
    clock.at += 3 * HOUR;
    expect(simulator.legs.map(({ tag }) => tag)).toEqual(["", "w-1"]);
    expect(idsOf(await evidence({ extension: "410" }, START, to))).toEqual(["198348", "198349"]);
    const tagged = simulator.requests.filter(({ query }) => query["tag"] === "w-1");
    expect(tagged.map(({ path }) => path.split("/").at(-1))).toEqual(["start", "retrieveMetaData"]);
    expect(await evidence({ uniqueId: unique(2) }, START, to)).toEqual([]);
    expect(simulator.requests.filter(({ query }) => query["tag"] === "w-1")).toHaveLength(2);
  });

  test("are unusable where one of the tags is not answered", async () => {
    const { clock, context, evidence, recorder, simulator } = wired();
    const target = { uniqueId: unique(1) };
    simulator.begin("410", target);
    await recorder.pause?.(target, context({ windowId: "w-1" }));
    await recorder.resume?.(target, context());
    clock.at += MINUTE;
    simulator.faults.set({ name: "second-list-fails" });
    expect(await evidence(target, START, clock.at)).toMatchObject({ kind: "refused" });
  });
});
