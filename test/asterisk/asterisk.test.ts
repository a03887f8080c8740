/**
 * Both adapters against a real Asterisk: calls are recorded, windows opened and closed over tacet's
 * HTTP API, and the finished files listened to.
 *
 * Where no Asterisk can be had, this says so loudly and passes; with REQUIRE_ASTERISK=1 it fails.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { written } from "../service/acme.ts";
import { type Answer, type Ask, until } from "../service/client.ts";
import { cleanUp, folder } from "../service/process.ts";
import { type Served, serveFile } from "../service/serve.ts";
import { type Pbx, SECRET, startPbx, USER } from "./pbx.ts";
import { findAsterisk } from "./program.ts";
import { gaps, heardIn, silences, type Span } from "./sound.ts";

const EDGE_MS_MAX = 150;
const program = await findAsterisk();
if (typeof program === "string") {
  const line = "=".repeat(76);
  process.stderr.write(`\n${line}\nNOT RUN against a real Asterisk: ${program}\n${line}\n\n`);
}

test("there is an Asterisk where one is required", () => {
  if (process.env["REQUIRE_ASTERISK"] === "1") expect(program).toBeTypeOf("object");
});

/** One recording of a call, from its beginning until it was stopped. */
interface Recorded {
  readonly target: Readonly<Record<string, string>>;
  /** Wall clock of its first sample. */
  readonly at: () => Promise<number>;
  /** Somebody else silences it, or ends that. */
  byHand(silent: boolean): Promise<void>;
  /** Ends it and says where its sound is missing, in wall clock, and how long the file is. */
  finish(): Promise<{ readonly missing: readonly Span[]; readonly durationMs: number }>;
}

let pbx: Pbx;
let served: Served;
let pay: Ask;
let count = 0;
const next = (): string => `r${(count += 1)}`;

const recordings = {
  async ari(): Promise<Recorded> {
    const { channel, rampAt } = await pbx.callForAri();
    const name = `calls/${next()}`;
    const { at } = await pbx.record(channel, name);
    return ariRecording(name, rampAt, () => Promise.resolve(at));
  },
  async ami(): Promise<Recorded> {
    return amiRecording(await pbx.callForAmi());
  },
};

/** A recording that begins two seconds after its call; its target is known at once. */
const lateRecordings = {
  async ari(): Promise<Recorded> {
    const { channel, rampAt } = await pbx.callForAri();
    const name = `calls/${next()}`;
    const later = new Promise<number>((resolve, reject) => {
      setTimeout(() => {
        pbx.record(channel, name).then(({ at }) => resolve(at), reject);
      }, 2_000);
    });
    return ariRecording(name, rampAt, () => later);
  },
  async ami(): Promise<Recorded> {
    return amiRecording(await pbx.callForAmi("late"));
  },
};

function ariRecording(name: string, rampAt: number, at: () => Promise<number>): Recorded {
  const live = `/recordings/live/${encodeURIComponent(name)}`;
  return {
    target: { name },
    at,
    byHand: async (silent) => {
      await pbx.ari(silent ? "POST" : "DELETE", `${live}/pause`);
    },
    async finish() {
      const began = await at();
      await pbx.ari("POST", `${live}/stop`);
      const stored = `/recordings/stored/${encodeURIComponent(name)}`;
      const isStored = ({ status }: Response) => status === 200;
      await until(() => pbx.ari("GET", stored), isStored);
      const file = await pbx.ari("GET", `${stored}/file`);
      const heard = heardIn(Buffer.from(await file.arrayBuffer()));
      const missing = inWallClock(gaps(heard, began - rampAt), began);
      return { missing, durationMs: heard.durationMs };
    },
  };
}

function amiRecording(uniqueId: string): Recorded {
  return {
    target: { uniqueId },
    at: () => pbx.monitoredAt(uniqueId),
    byHand: (silent) => pbx.mute(uniqueId, silent),
    async finish() {
      const began = await pbx.monitoredAt(uniqueId);
      await pbx.hangUp(uniqueId);
      const heard = heardIn(await pbx.monitored(uniqueId));
      return { missing: inWallClock(silences(heard), began), durationMs: heard.durationMs };
    },
  };
}

const inWallClock = (spans: readonly Span[], began: number): readonly Span[] =>
  spans.map(({ from, to }) => ({ from: began + from, to: began + to }));

const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Call {
  readonly path: string;
  readonly callId: string;
  targets(...all: readonly Recorded[]): Promise<Answer>;
  /** Opens a window and says between which moments the sound has to end. */
  pause(windowId: string): Promise<{ answer: Answer; edge: Span }>;
  resume(windowId: string): Promise<{ answer: Answer; edge: Span }>;
  becomes(protection: string): Promise<void>;
}

async function call(which: Kind, ...recorded: readonly Recorded[]): Promise<Call> {
  const callId = `call-${next()}`;
  const path = `/v1/calls/${callId}`;
  const targets = (...all: readonly Recorded[]) => {
    const [first] = all;
    const body = { targets: { [which]: first?.target }, attributes: { site: which } };
    return pay("PUT", path, body);
  };
  const timed = async (what: string, windowId: string, more = {}) => {
    const from = Date.now();
    const answer = await pay("POST", `${path}/${what}`, {
      windowId: `${callId}-${windowId}`,
      ...more,
    });
    return { answer, edge: { from, to: Date.now() } };
  };
  expect((await targets(...recorded)).status).toBeLessThan(300);
  return {
    path,
    callId,
    targets,
    pause: (windowId) => timed("pause", windowId, { reason: "card_payment", leaseMs: 60_000 }),
    resume: (windowId) => timed("resume", windowId),
    async becomes(protection) {
      await until(
        () => pay("GET", path),
        ({ body }) => body["protection"] === protection,
      );
    },
  };
}

/** The sound ends between these moments and comes back between those, within the tolerance. */
function expectMissing(
  missing: readonly Span[],
  windows: readonly (readonly [Span, Span])[],
): void {
  const told = JSON.stringify({ missing, windows });
  expect(missing.length, told).toBe(windows.length);
  for (const [index, [ends, begins]] of windows.entries()) {
    const { from, to } = missing[index] as Span;
    expect(from, told).toBeGreaterThanOrEqual(ends.from - EDGE_MS_MAX);
    expect(from, told).toBeLessThanOrEqual(ends.to + EDGE_MS_MAX);
    expect(to, told).toBeGreaterThanOrEqual(begins.from - EDGE_MS_MAX);
    expect(to, told).toBeLessThanOrEqual(begins.to + EDGE_MS_MAX);
  }
}

type Kind = keyof typeof recordings;

describe.skipIf(typeof program === "string")("against a real Asterisk", () => {
  beforeAll(async () => {
    if (typeof program === "string") return;
    pbx = await startPbx(program);
    const place = await folder();
    const pays = makeApiKey("pay");
    const path = await written(place, documentOf(place, pays.hash));
    served = await serveFile(path, { pay: pays.key } as never);
    pay = served.as("pay");
    process.stderr.write(`against Asterisk ${pbx.version}\n`);
  });
  afterAll(async () => {
    try {
      await cleanUp();
    } finally {
      await pbx?.close();
    }
  });

  test.concurrent.each(["ari", "ami"] as const)(
    "%s: of two windows the sound is missing, and of nothing else",
    async (which) => {
      const recorded = await recordings[which]();
      const one = await call(which, recorded);
      await pass(1_000);
      const first = await one.pause("w1");
      expect(first.answer).toMatchObject({ status: 200, body: { safeToCollect: true } });
      await pass(1_500);
      const firstEnd = await one.resume("w1");
      expect(firstEnd.answer.body).toMatchObject({ protection: "recording" });
      await pass(1_000);
      const second = await one.pause("w2");
      expect(second.answer).toMatchObject({ status: 200, body: { safeToCollect: true } });
      await pass(1_000);
      const secondEnd = await one.resume("w2");
      await pass(1_000);
      const began = await recorded.at();
      const ended = Date.now();
      const { durationMs, missing } = await recorded.finish();
      expectMissing(missing, [
        [first.edge, firstEnd.edge],
        [second.edge, secondEnd.edge],
      ]);
      const gone = missing.reduce((sum, { from, to }) => sum + to - from, 0);
      const expected = ended - began - (which === "ari" ? gone : 0);
      expect(Math.abs(durationMs - expected)).toBeLessThan(2 * EDGE_MS_MAX + 300);
    },
  );

  test.concurrent.each(["ari", "ami"] as const)(
    "%s: a window that opened before the recording silences it as soon as it is there",
    async (which) => {
      const recorded = await lateRecordings[which]();
      const one = await call(which, recorded);
      const pausing = await one.pause("w1");
      expect(pausing.answer).toMatchObject({ status: 424, body: { safeToCollect: false } });
      await one.becomes("secured");
      const secured = { from: await recorded.at(), to: Date.now() };
      await pass(1_500);
      const resumed = await one.resume("w1");
      await pass(1_000);
      const { missing } = await recorded.finish();
      expectMissing(missing, [[secured, resumed.edge]]);
    },
  );

  test.concurrent.each(["ari", "ami"] as const)(
    "%s: a move silences the second recording before it lets go of the first",
    async (which) => {
      const [first, second] = [await recordings[which](), await recordings[which]()];
      const one = await call(which, first);
      await pass(700);
      const paused = await one.pause("w1");
      expect(paused.answer.status).toBe(200);
      await pass(1_000);
      const from = Date.now();
      expect((await one.targets(second)).status).toBe(200);
      await one.becomes("secured");
      // It is told of until it has been let go.
      const told = async () => (await pay("GET", one.path)).body["recorders"] as unknown[];
      await until(told, (all) => all.length === 1);
      const moved = { from, to: Date.now() };
      await pass(1_000);
      const resumed = await one.resume("w1");
      await pass(700);
      const [old, fresh] = [await first.finish(), await second.finish()];
      expectMissing(old.missing, [[paused.edge, moved]]);
      expectMissing(fresh.missing, [[moved, resumed.edge]]);
      // No moment of the move is heard on either.
      expect(fresh.missing[0]?.from ?? Infinity).toBeLessThan(
        (old.missing[0]?.to ?? 0) + EDGE_MS_MAX,
      );
    },
  );

  test.concurrent.each(["ari", "ami"] as const)(
    "%s: what somebody else paused is left paused",
    async (which) => {
      const recorded = await recordings[which]();
      await pass(700);
      const byHand = Date.now();
      await recorded.byHand(true);
      const silenced = { from: byHand, to: Date.now() };
      const one = await call(which, recorded);
      const paused = await one.pause("w1");
      expect(paused.answer).toMatchObject({ status: 200, body: { safeToCollect: true } });
      await pass(700);
      const resumed = await one.resume("w1");
      expect(resumed.answer.body).toMatchObject({
        recorders: [{ status: "paused", pausedByOther: true }],
      });
      await pass(1_000);
      const again = Date.now();
      await recorded.byHand(false);
      const restored = { from: again, to: Date.now() };
      await pass(700);
      expectMissing((await recorded.finish()).missing, [[silenced, restored]]);
    },
  );

  test.concurrent("ami: of two MixMonitors on one channel nobody is told that both are silent", async () => {
    const uniqueId = await pbx.callForAmi("twice");
    const recorded = amiRecording(uniqueId);
    await pass(500);
    const one = await call("ami", recorded);
    const { answer } = await one.pause("w1");
    await pass(1_000);
    await one.resume("w1");
    await recorded.finish();
    const files = [await pbx.monitored(uniqueId), await pbx.monitored(uniqueId, "second")];
    const silent = files.map((file) => silences(heardIn(file)).length > 0);
    expect(answer.body["safeToCollect"], JSON.stringify(silent)).toBe(silent.every(Boolean));
    if (pbx.version.startsWith("16.")) expect(silent).toEqual([true, false]);
  });

  test("killed inside a window and started again, nothing of the window is recorded", async () => {
    const both = { ari: await recordings.ari(), ami: await recordings.ami() };
    const calls = { ari: await call("ari", both.ari), ami: await call("ami", both.ami) };
    await pass(700);
    const paused = { ari: await calls.ari.pause("w1"), ami: await calls.ami.pause("w1") };
    for (const one of Object.values(paused)) expect(one.answer.status).toBe(200);
    await pass(500);
    await served.process.stop("SIGKILL");
    served = await served.again();
    pay = served.as("pay");
    for (const which of ["ari", "ami"] as const) {
      await calls[which].becomes("secured");
      // After a start nothing is let go before all that is claimed is known.
      const { edge } = await calls[which].resume("w1");
      await calls[which].becomes("recording");
      const resumed = { edge: { from: edge.from, to: Date.now() } };
      await pass(700);
      expectMissing((await both[which].finish()).missing, [[paused[which].edge, resumed.edge]]);
    }
  });
});

function documentOf(place: string, hash: string) {
  const desk = {
    guardMs: 100,
    commandMsMax: 1_500,
    statusMsMax: 1_000,
    retryMsMin: 20,
    retryMsMax: 200,
  };
  const who = { username: USER };
  return {
    listen: { port: 0 },
    ops: { listen: { port: 0 } },
    log: { folder: `${place}/log`, origin: "tacet.example", ballastBytes: 0 },
    recorders: {
      ari: {
        vendor: "asterisk-ari",
        settings: { ...who, baseUrl: `http://127.0.0.1:${pbx.ariPort}/ari`, password: SECRET },
        desk,
      },
      ami: {
        vendor: "asterisk-ami",
        settings: { ...who, host: "127.0.0.1", port: pbx.amiPort, tls: false, secret: SECRET },
        desk,
      },
    },
    tenants: {
      acme: {
        atLeaseEnd: "resume",
        rules: { confirmMsMax: 800, confirmAgeMsMax: 3_000, waitMsDefault: 1_500 },
        routes: [
          { when: { site: "ari" }, recorders: [{ recorder: "ari" }] },
          { recorders: [{ recorder: "ami" }] },
        ],
      },
    },
    auth: {
      apiKeys: [
        {
          id: "pay",
          hash,
          tenant: "acme",
          kind: "payment",
          scopes: ["calls:write", "targets:write", "windows:write", "events:read"],
        },
      ],
    },
  };
}
