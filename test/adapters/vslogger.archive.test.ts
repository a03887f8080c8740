/**
 * The simulated VSLogger's archive: what it is judged by is the vendor's document, read by hand.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import type {
  VsloggerSimulator,
  VsloggerSimulatorOptions,
} from "../../src/sandbox/vslogger/index.ts";
import { toneWav } from "../../src/sandbox/wav.ts";

const began = Date.parse("2026-11-22T10:00:00Z");

interface Answer {
  readonly status: number;
  readonly data: {
    readonly draw: number;
    readonly totalcount: number;
    readonly records: readonly Readonly<Record<string, unknown>>[];
  };
}

function recorder(options: VsloggerSimulatorOptions = {}) {
  const clock = { now: began };
  const simulator = vsloggerSimulator({ now: () => clock.now, ...options });
  const search = async (form: Readonly<Record<string, string>>): Promise<Answer> =>
    (
      await simulator.app.request("/api/v1?res=recordings", {
        method: "POST",
        body: new URLSearchParams({ draw: "7", ...form }).toString(),
      })
    ).json() as Promise<Answer>;
  const channels = async (form: Readonly<Record<string, string>> = {}) =>
    (await search(form)).data.records.map(({ channel }) => channel);
  return { clock, simulator, search, channels };
}

/** Calls on channels 5, 6 and 7, a minute apart, half a minute each. */
function threeCalls({ clock, simulator }: ReturnType<typeof recorder>): void {
  for (const [channel, extension] of [
    ["5", "410"],
    ["6", "411"],
    ["7", "412"],
  ] as const) {
    simulator.begin(channel, { extension, session_id: `s-${channel}`, caller_id: `+44${channel}` });
    clock.now += 30_000;
    simulator.end(channel);
    clock.now += 30_000;
  }
}

describe("the simulated VSLogger's recordings", () => {
  test("have every documented field, and a name of time, channel and stream", async () => {
    const at = recorder();
    at.simulator.begin("5", { session_id: "s-5", extension: "410", agent_id: "a-1", note: "n" });
    at.clock.now += 30_000;
    at.simulator.end("5");
    expect(await at.search({})).toMatchObject({
      status: 0,
      data: {
        draw: 7,
        totalcount: 1,
        page: 0,
        pagesize: 100,
        records: [
          {
            record_id: "20261122100000_005_0",
            archive_id: "MAIN",
            record_type: "VSL",
            session_id: "s-5",
            channel: 5,
            ch_name: "Channel 5",
            start_tm: began,
            end_tm: began + 30_000,
            duration: 30_000,
            modified: 0,
            closed: 1,
            flag: 0,
            direction: 1,
            agent_id: "a-1",
            client_id: "",
            campaign_id: "",
            extension: "410",
            dialed: "",
            caller_id: "",
            note: "n",
          },
        ],
      },
    });
  });

  test("begin and end as the channel is recorded, one in each name's second", async () => {
    const at = recorder();
    at.simulator.begin("5");
    at.simulator.poke(5, { record: false });
    at.simulator.poke(5, { record: true });
    at.clock.now += 5_000;
    at.simulator.poke(5, { enable: false });
    at.simulator.poke(5, { enable: true });
    expect(at.simulator.kept().map(({ record_id, end_tm }) => [record_id, end_tm])).toEqual([
      ["20261122100000_005_0", began],
      ["20261122100001_005_0", began + 5_000],
      ["20261122100005_005_0", undefined],
    ]);
    // The newest first; only the last goes on.
    expect((await at.search({})).data.records.map(({ closed }) => closed)).toEqual([0, 1, 1]);
  });

  test("are narrowed by channels, times, and each field by equals and contains", async () => {
    const at = recorder();
    threeCalls(at);
    expect(await at.channels()).toEqual([7, 6, 5]);
    expect(await at.channels({ channels: "[5,7]" })).toEqual([7, 5]);
    // Documented: an empty list gives an empty answer.
    expect(await at.channels({ channels: "[]" })).toEqual([]);
    expect(await at.channels({ from: String(began + 1), to: String(began + 60_000) })).toEqual([6]);
    expect(await at.channels({ dataset: "NET" })).toEqual([]);
    const by = (list: string, fld: string, val: string, op: string) =>
      at.channels({ [list]: JSON.stringify([{ fld, val, op }]) });
    expect(await by("andparams", "sessionid", "s-6", "equals")).toEqual([6]);
    expect(await by("andparams", "sessionid", "s", "equals")).toEqual([]);
    expect(await by("andparams", "sessionid", "s", "contains")).toEqual([7, 6, 5]);
    expect(await by("andparams", "extension", "412", "equals")).toEqual([7]);
    expect(await by("orparams", "callerid", "+445", "equals")).toEqual([5]);
    expect(await by("orparams", "recordid", "_006_", "contains")).toEqual([6]);
    const both = [
      { fld: "sessionid", val: "s-5", op: "equals" },
      { fld: "extension", val: "411", op: "equals" },
    ];
    expect(await at.channels({ andparams: JSON.stringify(both) })).toEqual([]);
    expect(await at.channels({ orparams: JSON.stringify(both) })).toEqual([6, 5]);
  });

  test("by overlap where it is told to, by start where not", async () => {
    const late = { from: String(began + 10_000), to: String(began + 20_000) };
    for (const [rangeOf, found] of [
      ["starts", []],
      ["overlaps", [5]],
    ] as const) {
      const at = recorder({ rangeOf });
      threeCalls(at);
      expect(await at.channels(late)).toEqual(found);
    }
  });

  test("come in pages of ten at least, and none beyond the end", async () => {
    const at = recorder();
    threeCalls(at);
    const [kept] = at.simulator.kept();
    if (kept === undefined) throw new Error("nothing kept");
    for (let one = 0; one < 10; one += 1) at.simulator.keep({ ...kept, record_id: `x${one}` });
    const page = async (number: number) =>
      (await at.search({ page: String(number), pagesize: "10" })).data;
    expect([(await page(0)).totalcount, (await page(0)).records.length]).toEqual([13, 10]);
    expect((await page(1)).records).toHaveLength(3);
    expect((await page(2)).records).toHaveLength(0);
  });

  test.each([
    [{ draw: "0" }],
    [{ dataset: "ALL" }],
    [{ pagesize: "9" }],
    [{ page: "-1" }],
    [{ hrefexp: "31" }],
    [{ channels: "5" }],
    [{ andparams: '[{"fld":"agentid","val":"a","op":"equals"}]' }],
    [{ orparams: '[{"fld":"note","val":"a","op":"like"}]' }],
    [{ orparams: "note" }],
  ])("are not searched by %j", async (form) => {
    expect(await recorder().search(form)).toMatchObject({ status: -1 });
  });

  test("open with rec_ss and rec_hh from 4.9.6, as long as hrefexp says, and without before", async () => {
    const href = async (at: { simulator: VsloggerSimulator }, text: string) => {
      const answer = await at.simulator.app.request(`/api/v1?res=recording&href=${text}`);
      return answer.headers.get("content-type");
    };
    const id = "MAIN.20261122100000_005_0.VSL";
    const old = recorder({ version: "4.9.5.9" });
    threeCalls(old);
    expect((await old.search({})).data.records[0]).not.toHaveProperty("rec_hh");
    expect(await href(old, id)).toBe("application/wav");

    const at = recorder();
    threeCalls(at);
    const { rec_ss, rec_hh } = (await at.search({ channels: "[5]", hrefexp: "2" })).data
      .records[0] as { rec_ss: number; rec_hh: string };
    expect(await href(at, id)).toBe("application/json");
    expect(await href(at, `${id}.${rec_ss}.${"0".repeat(64)}`)).toBe("application/json");
    expect(await href(at, `${id}.${rec_ss}.${rec_hh}`)).toBe("application/wav");
    const link = `/api/link?playlist=${id}&ss=${rec_ss}&hh=${rec_hh}`;
    expect((await at.simulator.app.request(link)).status).toBe(200);
    at.clock.now += 2 * 86_400_000;
    expect(await href(at, `${id}.${rec_ss}.${rec_hh}`)).toBe("application/json");
    expect((await at.simulator.app.request(link)).status).toBe(403);
  });

  test("are updated by flag and note from 5.0.1, and never deleted", async () => {
    const update = async (version: string, form: string) => {
      const at = recorder({ version });
      threeCalls(at);
      const answer = await at.simulator.app.request(
        "/api/v1?res=recording&id=MAIN.20261122100000_005_0.VSL",
        { method: "POST", body: form },
      );
      const { status } = (await answer.json()) as Answer;
      const { flag, note } = at.simulator.kept()[0]?.fields ?? {};
      return { status, flag, note };
    };
    expect(await update("5.0.1.0", "flag=3&note=hello")).toEqual({
      status: 0,
      flag: 3,
      note: "hello",
    });
    expect(await update("5.0.0.9", "flag=3")).toMatchObject({ status: -1, flag: 0 });
    expect(await update("5.0.1.0", "flag=11")).toMatchObject({ status: -1, flag: 0 });
  });
});

describe("a simulated file", () => {
  test("is a WAV of 16-bit PCM with a tone, and digital silence where it is told", () => {
    const wav = toneWav({ durationMs: 1_000, silent: [{ fromMs: 250, toMs: 500 }] });
    const view = new DataView(wav.buffer);
    const word = (at: number) => new TextDecoder().decode(wav.subarray(at, at + 4));
    expect([word(0), word(8), word(12), word(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
    expect(view.getUint32(4, true)).toBe(wav.length - 8);
    expect([view.getUint16(20, true), view.getUint16(22, true)]).toEqual([1, 1]);
    expect([view.getUint32(24, true), view.getUint32(28, true)]).toEqual([8_000, 16_000]);
    expect([view.getUint16(32, true), view.getUint16(34, true)]).toEqual([2, 16]);
    expect(view.getUint32(40, true)).toBe(16_000);
    const samples = new Int16Array(wav.buffer, 44);
    const loud = (from: number, to: number) =>
      samples.subarray(from, to).some((one) => Math.abs(one) > 7_000);
    expect([loud(0, 2_000), loud(2_000, 4_000), loud(4_000, 8_000)]).toEqual([true, false, true]);
    expect(samples.subarray(2_000, 4_000).every((one) => one === 0)).toBe(true);
  });

  test("has a bound", () => {
    expect(() => toneWav({ durationMs: 15 * 3_600_000, silent: [] })).toThrow(RangeError);
    expect(() => toneWav({ durationMs: -1, silent: [] })).toThrow(RangeError);
  });
});
