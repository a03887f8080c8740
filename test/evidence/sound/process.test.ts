/** `tacet evidence` against a service and a recorder's files as HTTP has them. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { recordingOf, windowOf } from "../../../bench/evidence/cases.ts";
import { mix, seeded, silence, speech, tone } from "../../../bench/evidence/synth.ts";
import { wavFile } from "../../../bench/evidence/wavFile.ts";
import type { CallEvidence, SoundReport } from "../../../src/evidence/evidence.ts";
import { makeApiKey } from "../../../src/http/apiKeys.ts";
import { evidenceAnswer, soundBody } from "../../../src/http/evidenceSchemas.ts";
import { evidenceCommand } from "../../../src/runtime/node/evidenceCommand.ts";
import type { Output } from "../../../src/runtime/node/output.ts";
import { type EvidenceApi, evidenceApi } from "../../../src/runtime/node/sound/evidenceApi.ts";
import { filePort } from "../../../src/runtime/node/sound/fetchFile.ts";
import type { HeardRecording, Hearing } from "../../../src/runtime/node/sound/hearCall.ts";
import { watchUnheard } from "../../../src/runtime/node/sound/watch.ts";

const START = 1_700_000_000_000;
const TOKEN = "tk-marked-Zr81";
const PASSWORD = "marked-password-8c1";

type Answer = (request: IncomingMessage, reply: ServerResponse, body: string) => void;

interface Place {
  readonly origin: string;
  readonly asked: { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  /** By path. */
  readonly answers: Map<string, Answer>;
}

const servers: Server[] = [];
let folder: string;
let service: Place;
let recorder: Place;
let reports: SoundReport[];

async function listen(): Promise<Place> {
  const asked: Place["asked"] = [];
  const answers: Place["answers"] = new Map();
  const server = createServer((request, reply) => {
    const path = request.url ?? "";
    asked.push({ path, headers: request.headers });
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      const answer = answers.get(path);
      if (answer === undefined) reply.writeHead(404).end("{}");
      else answer(request, reply, body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, asked, answers };
}

/** Sixteen seconds, silent from the 5th to the 11th but for what `leakMs` says. */
function callFile(leakMs = 0): Buffer {
  const out = speech(seeded(11), 16_000, 8_000);
  silence(out, 4_900, 11_100, 8_000);
  if (leakMs > 0) mix(out, tone(700, leakMs, 8_000, -25), 8_000, 8_000);
  return wavFile([out], { rateHz: 8_000 });
}

const PATH = "/ari/recordings/stored/rec-1/file";
const send =
  (body: string | Buffer, status = 200): Answer =>
  (_, reply) =>
    void reply.writeHead(status).end(body);

const evidence: CallEvidence = {
  callId: "c1",
  state: "gathered",
  windows: [
    { ...windowOf(START + 4_950, START + 5_000, START + 11_000), recorderId: "ari", tapId: "t1" },
  ],
  recordings: [{ ...recordingOf(START, 16_000, 0), recorderId: "ari" }],
  judgements: [],
  unheard: ["rec-1"],
  incidentIds: [],
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tacet-evidence-"));
  [service, recorder] = [await listen(), await listen()];
  reports = [];
  service.answers.set("/v1/calls/c1/evidence", send(JSON.stringify(evidence)));
  service.answers.set("/v1/calls/c1/evidence/sound", (_, reply, body) => {
    reports.push(JSON.parse(body) as SoundReport);
    reply.writeHead(200).end("{}");
  });
  recorder.answers.set(PATH, send(callFile()));
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(folder, { recursive: true });
});

async function configFile(sound: boolean, more: object = {}): Promise<string> {
  const path = join(folder, "tacet.yaml");
  const settings = { baseUrl: `${recorder.origin}/ari`, username: "tacet", password: PASSWORD };
  const { hash } = makeApiKey("ears");
  const key = { id: "ears", hash, tenant: "acme", kind: "operator", scopes: ["evidence:write"] };
  const document = {
    listen: { port: 0 },
    auth: { apiKeys: [key] },
    log: { folder: join(folder, "log"), origin: "log.example" },
    recorders: { ari: { vendor: "asterisk-ari", settings } },
    tenants: { acme: { atLeaseEnd: "resume", routes: [{ recorders: [{ recorder: "ari" }] }] } },
    evidence: { sound, toleranceMs: 500, ...more },
  };
  await writeFile(path, stringify(document), { mode: 0o600 });
  return path;
}

const ioTo = (said: { readonly out: string[]; readonly err: string[] }): Output => ({
  out: (line) => void said.out.push(line),
  err: (line) => void said.err.push(line),
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function evident(args: readonly string[], sound = true, more: object = {}): Promise<Ran> {
  const said: { out: string[]; err: string[] } = { out: [], err: [] };
  const config = await configFile(sound, more);
  const io = ioTo(said);
  const all = [...args, "--url", service.origin, "--config", config, "--token", TOKEN];
  const code = await evidenceCommand(all, io);
  const [out, err] = [said.out.join("\n"), said.err.join("\n")];
  for (const secret of [TOKEN, PASSWORD, PATH]) expect(`${out}${err}`).not.toContain(secret);
  return { code, out, err };
}

test("the fake service speaks as the real one does", () => {
  expect(evidenceAnswer.safeParse(evidence).error).toBeUndefined();
});

describe("tacet evidence CALLID", () => {
  test("hears the call's recording, says so, and reports it", async () => {
    const { code, err, out } = await evident(["c1"]);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toContain("window w1 by sound: silent");
    expect(out).toContain("keyed digits: 0");
    const [report] = reports;
    expect(soundBody.safeParse(report).error).toBeUndefined();
    expect(report).toMatchObject({
      recordingId: "rec-1",
      recorderId: "ari",
      codec: "pcm16",
      durationMs: 16_000,
      fileDigest: createHash("sha256").update(callFile()).digest("hex"),
      tones: { count: 0, ranges: [] },
      judgements: [{ windowId: "w1", by: "sound", verdict: "silent" }],
    });
    expect(service.asked[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(recorder.asked.map(({ path }) => path)).toEqual([PATH]);
    expect(recorder.asked[0]?.headers.authorization).not.toContain(TOKEN);
    expect(recorder.asked[0]?.headers["accept-encoding"]).toBe("identity");
  });

  test("a leak ends with 1, and with where it is", async () => {
    recorder.answers.set(PATH, send(callFile(250)));
    const { code, out } = await evident(["c1"]);
    expect(code).toBe(1);
    expect(out).toContain("window w1 by sound: SUSPECT (sound) at 0:08.0-0:08.3");
    expect(reports[0]?.judgements[0]?.ranges).toEqual([{ fromMs: 8_000, toMs: 8_300 }]);
  });

  test("--no-report tells the service nothing, and --svg draws", async () => {
    recorder.answers.set(PATH, send(callFile(250)));
    const svg = join(folder, "call.svg");
    const { out } = await evident(["c1", "--no-report", "--svg", svg]);
    expect(reports).toEqual([]);
    expect(out).toContain(`picture: ${svg}`);
    const drawn = await readFile(svg, "utf8");
    expect(drawn).toContain("<title id=");
    expect(drawn).toContain("window w1 is suspect (sound)");
    expect(drawn).toContain("prefers-color-scheme: dark");
    expect(drawn.match(/h\d/g)?.length ?? 0).toBeLessThanOrEqual(160);
  });

  test("with sound off nothing is fetched, and it says why", async () => {
    const { code, err, out } = await evident(["c1"], false);
    expect(code).toBe(0);
    expect(out).toContain("call c1: gathered");
    expect(err).toContain("PCI scope");
    expect(recorder.asked).toEqual([]);
    expect(reports).toEqual([]);
  });

  const troubles: readonly (readonly [string, Answer, string])[] = [
    [
      "a redirect, which is not followed",
      (_, reply) => void reply.writeHead(302, { location: `${service.origin}/elsewhere` }).end(),
      "not followed",
    ],
    ["a refusal", send("no", 403), "answered 403"],
    ["a page instead of a file", send("<html>log in</html>"), "does not begin as a WAV"],
    [
      "a file that breaks off",
      (_, reply) => {
        reply.writeHead(200, { "content-length": "1000000" });
        reply.write(callFile().subarray(0, 5_000), () => reply.destroy());
      },
      "it did not come",
    ],
    [
      "a compressed file",
      (_, reply) => void reply.writeHead(200, { "content-encoding": "gzip" }).end("x"),
      "compressed",
    ],
  ];
  test.each(troubles)(
    "%s is told, reported to nobody, and ends with 2",
    async (_, answer, words) => {
      recorder.answers.set(PATH, answer);
      const { code, out } = await evident(["c1"]);
      expect(out).toContain(`not heard:`);
      expect(out).toContain(words);
      expect(code).toBe(2);
      expect(reports).toEqual([]);
      expect(service.asked.map(({ path }) => path)).not.toContain("/elsewhere");
    },
  );

  test("a service that refuses is quoted by its code alone", async () => {
    const problem = JSON.stringify({ code: "call_unknown", detail: "of 4111 1111 1111 1111" });
    service.answers.set("/v1/calls/c1/evidence", send(problem, 404));
    const { code, err } = await evident(["c1"]);
    expect(code).toBe(2);
    expect(err).toMatch(/answered 404 \(call_unknown\)\.$/);
  });

  test("a report has as many judgements as may be, those that are suspect first", async () => {
    const [window] = evidence.windows;
    const windows = Array.from({ length: 150 }, (_, index) => ({
      ...(window as NonNullable<typeof window>),
      windowId: `w${index}`,
      // The last ones reach into speech.
      ...(index < 120 ? {} : { until: START + 14_000 }),
    }));
    service.answers.set("/v1/calls/c1/evidence", send(JSON.stringify({ ...evidence, windows })));
    await evident(["c1"]);
    const judgements = reports[0]?.judgements ?? [];
    expect(judgements.length).toBe(100);
    expect(judgements.slice(0, 30).every(({ verdict }) => verdict === "suspect")).toBe(true);
    expect(soundBody.safeParse(reports[0]).error).toBeUndefined();
  });

  test("an answer that is too large is none", async () => {
    service.answers.set("/v1/calls/c1/evidence", send(" ".repeat(9 << 20)));
    const { code, err } = await evident(["c1"]);
    expect([code, err]).toEqual([2, `${service.origin} did not answer whole.`]);
  });

  test("a report that is not taken ends with 2", async () => {
    service.answers.set("/v1/calls/c1/evidence/sound", send('{"code":"log_unavailable"}', 503));
    const { code, err } = await evident(["c1"]);
    expect(code).toBe(2);
    expect(err).toContain("not reported");
  });

  test.each([[["c1", "c2"]], [[]], [["c1", "--watch"]], [["--nonsense"]]])(
    "%j is answered with how it is used",
    async (args) => {
      const { code, err } = await evident(args);
      expect(code).toBe(2);
      expect(err).not.toBe("");
    },
  );
});

describe("a file is fetched", () => {
  const never = new AbortController().signal;
  const request = (url: string) => ({ method: "GET", url, headers: {} }) as const;

  test("from configured origins only", async () => {
    const port = filePort({ origins: [recorder.origin] });
    const trouble = await port.fetch(request(`${service.origin}/file`), () => true, never);
    expect(trouble).toMatchObject({ kind: "not_fetched", again: false });
    expect(trouble?.detail).not.toContain("/file");
    expect(service.asked).toEqual([]);
    await port.close();
  });

  test("from another origin where that is configured", async () => {
    service.answers.set("/file", send("bytes"));
    const port = filePort({ origins: [recorder.origin], otherOrigins: [service.origin] });
    const got: Buffer[] = [];
    const take = (bytes: Uint8Array) => got.push(Buffer.from(bytes)) > 0;
    expect(await port.fetch(request(`${service.origin}/file`), take, never)).toBeUndefined();
    expect(Buffer.concat(got).toString()).toBe("bytes");
    await port.close();
  });

  test("never in the clear beyond loopback, unless that is allowed", () => {
    expect(() => filePort({ origins: ["http://recorder.example"] })).toThrow("in the clear");
  });

  test("up to a bound in bytes", async () => {
    recorder.answers.set(PATH, send(callFile()));
    const port = filePort({ origins: [recorder.origin], bytesMax: 10_000 });
    let bytes = 0;
    const take = (piece: Uint8Array) => (bytes += piece.length) > 0;
    const trouble = await port.fetch(request(recorder.origin + PATH), take, never);
    expect(trouble).toMatchObject({ again: false });
    expect(bytes).toBeLessThanOrEqual(10_000);
    await port.close();
  });

  test("within a bound in time: one that stands still is given up", async () => {
    recorder.answers.set(PATH, (_, reply) => {
      reply.writeHead(200);
      reply.write("RIFF");
    });
    for (const bound of [{ stillMsMax: 100 }, { fileMsMax: 100 }]) {
      const port = filePort({ origins: [recorder.origin], ...bound });
      const trouble = await port.fetch(request(recorder.origin + PATH), () => true, never);
      expect(trouble).toMatchObject({ again: true, detail: "it did not come in time" });
      await port.close();
    }
  });
});

describe("tacet evidence --watch", () => {
  test("does not start with sound off, and says why it is off by default", async () => {
    const { code, err } = await evident(["--watch"], false);
    expect(code).toBe(2);
    expect(err).toContain("evidence.sound is off");
    expect(err).toContain("PCI scope");
    expect(service.asked).toEqual([]);
  });

  const UNHEARD = "/v1/evidence/unheard?limit=200";
  const listed = { recorderId: "ari", tapId: "t1", recordingId: "rec-1" };
  const unheard = JSON.stringify({ calls: [{ callId: "c1", recordings: [listed] }] });

  /** Runs until it has waited `waits` times; the clock is what it waited. */
  async function watched(
    hearing: Hearing,
    waits: number,
    api: EvidenceApi = evidenceApi(service.origin, TOKEN),
  ) {
    const stop = new AbortController();
    const [told, complained]: [string[], string[]] = [[], []];
    let now = 0;
    let waited = 0;
    await watchUnheard({
      api,
      hearing,
      tell: (line) => told.push(line),
      complain: (line) => complained.push(line),
      signal: stop.signal,
      now: () => now,
      wait(ms) {
        now += ms;
        waited += 1;
        if (waited >= waits) stop.abort();
        return Promise.resolve();
      },
    });
    return { told, complained, now };
  }
  const deaf = (heard: string[]): Hearing => ({
    recording(_, recording) {
      heard.push(recording.recordingId);
      const why = {
        kind: "not_fetched",
        again: true,
        detail: "its recorder answered 503",
      } as const;
      return Promise.resolve({ kind: "not_heard", recording, why });
    },
    close: () => Promise.resolve(),
  });

  test("leaves alone for longer and longer what cannot be heard", async () => {
    service.answers.set(UNHEARD, send(unheard));
    const heard: string[] = [];
    const { complained, now } = await watched(deaf(heard), 100);
    expect(now).toBe(100 * 15_000);
    // After 0, 60, 180, 420 and 900 seconds: five times in twenty-five minutes.
    expect(heard.length).toBe(5);
    expect(complained[0]).toContain("its recorder answered 503");
  });

  test("leaves alone what it has reported, though the service names it again and again", async () => {
    service.answers.set(UNHEARD, send(unheard));
    const heard: string[] = [];
    const ears: Hearing = {
      recording(_, recording) {
        heard.push(recording.recordingId);
        const { recorderId, recordingId, tapId } = recording;
        const told = { recorderId, recordingId, tapId, judgements: [] };
        const part = { kind: "heard", recording, report: told };
        return Promise.resolve(part as unknown as HeardRecording);
      },
      close: () => Promise.resolve(),
    };
    const api = { ...evidenceApi(service.origin, TOKEN), report: () => Promise.resolve() };
    await watched(ears, 100, api);
    expect(heard.length).toBe(5);
  });

  test("remembers so many that could not be heard, and tries the oldest again early", async () => {
    const count = 10_001;
    const recordings = Array.from({ length: count }, (_, index) => ({
      ...listed,
      recordingId: `rec-${index}`,
    }));
    const all = recordings.map((one) => ({ ...recordingOf(START, 1_000, 0), ...one }));
    const byCall = (recordingId: string) => all.filter((one) => one.recordingId === recordingId);
    const api: EvidenceApi = {
      evidence: (callId) => Promise.resolve({ ...evidence, recordings: byCall(callId) }),
      unheard: () =>
        Promise.resolve({
          calls: recordings.map((one) => ({ callId: one.recordingId, recordings: [one] })),
        }),
      report: () => Promise.resolve(),
    };
    const heard: string[] = [];
    await watched(deaf(heard), 2, api);
    // All of them, and then the first, which was forgotten, and each that its return pushed out.
    expect(heard.length).toBeGreaterThan(count);
    expect(heard[count]).toBe("rec-0");
  });

  test("asks for every page, so that what cannot be heard hides nothing behind it", async () => {
    const page = (callId: string, next?: number) =>
      JSON.stringify({ calls: [{ callId, recordings: [listed] }], next });
    service.answers.set(UNHEARD, send(page("c0", 200)));
    service.answers.set(`${UNHEARD}&after=200`, send(page("c0", 400)));
    let times = 0;
    service.answers.set(`${UNHEARD}&after=400`, (_, reply) => {
      times += 1;
      if (times === 1) reply.writeHead(503).end("{}");
      else reply.writeHead(200).end(page("c1"));
    });
    const heard: string[] = [];
    const { complained } = await watched(deaf(heard), 2);
    // The first two pages' calls are unknown to the service: it is told, and the next is asked for.
    expect(complained.join("\n")).toContain("call c0, recording rec-1");
    expect(heard).toEqual(["rec-1"]);
  });

  test("follows no service that names pages without end", async () => {
    const asked: number[] = [];
    const unheardAt = (after: number, next: number) => {
      asked.push(after);
      return Promise.resolve({ calls: [], next });
    };
    const api = evidenceApi(service.origin, TOKEN);
    await watched(deaf([]), 2, { ...api, unheard: (after) => unheardAt(after, after + 1) });
    expect(asked).toHaveLength(2_000);
    expect(asked.filter((after) => after === 0)).toHaveLength(2);
    asked.length = 0;
    await watched(deaf([]), 2, { ...api, unheard: (after) => unheardAt(after, 7) });
    expect(asked).toEqual([0, 7, 0, 7]);
  });

  test("goes on when the service is away for a while", async () => {
    let times = 0;
    service.answers.set(UNHEARD, (_, reply) => {
      times += 1;
      if (times < 4) reply.writeHead(503).end("{}");
      else reply.writeHead(200).end('{"calls":[]}');
    });
    const { complained, now } = await watched(deaf([]), 4);
    expect(complained.length).toBe(3);
    expect(now).toBe(15_000 + 30_000 + 60_000 + 15_000);
  });

  test("hears and reports what is unheard, until it is stopped", async () => {
    let left = 2;
    service.answers.set(UNHEARD, (_, reply) => {
      left -= 1;
      reply.writeHead(200).end(left > 0 ? unheard : '{"calls":[]}');
    });
    const config = await configFile(true);
    const said: string[] = [];
    const io = ioTo({ out: said, err: said });
    const args = ["--watch", "--url", service.origin, "--config", config, "--token", TOKEN];
    const { promise: stopped, resolve: stop } = Promise.withResolvers<string>();
    const running = evidenceCommand(args, io, () => stopped);
    await expect.poll(() => reports.length, { timeout: 20_000 }).toBe(1);
    stop("SIGTERM");
    expect(await running).toBe(0);
    expect(reports[0]?.judgements).toMatchObject([{ verdict: "silent" }]);
    expect(said.join("\n")).toContain("recording rec-1: heard, nothing suspect");
  });
});
