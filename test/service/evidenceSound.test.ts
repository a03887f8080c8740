/** `tacet evidence` as a process of its own, against a served tacet and a simulated VSLogger's files. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { plant } from "../security/marks.ts";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { until } from "./client.ts";
import { cleanUp, folder, startTacet } from "./process.ts";
import { serveFile, type Served } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 90_000 });
afterEach(async () => {
  recorders.vslogger.faults.clear();
  await cleanUp();
});
afterAll(closeRecorders);

/** Longer than what the clocks leave open, or no window could be called silent. */
const WINDOW_MS = 3_200;
const EVIDENCE = {
  afterEndMs: 200,
  askMsMax: 3_000,
  retryMsMin: 200,
  toleranceMs: 300,
  sound: true,
};

interface Heard {
  readonly place: string;
  readonly path: string;
  readonly served: Served;
  readonly key: string;
}

async function hearing(): Promise<Heard> {
  const place = await folder();
  const { hash, key } = makeApiKey("ears");
  plant("key of ears", key, "credential");
  const ears = { id: "ears", hash, tenant: "acme", kind: "operator", scopes: ["evidence:write"] };
  const { document, keys } = await acme(place, recorders.origins, { apiKeys: [ears] });
  const path = await written(place, { ...document, evidence: EVIDENCE });
  return { place, path, served: await serveFile(path, keys), key };
}

/** One call with one window, over and asked about. */
async function called({ served }: Heard, number: number): Promise<string> {
  const callId = `c${number}`;
  const { channel, targets } = begin(recorders, number);
  const pay = served.as("pay");
  await pay("PUT", `/v1/calls/${callId}`, {
    targets: { vslogger: targets.vslogger },
    attributes: { site: "leeds" },
  });
  await pause(1_000);
  const paused = await pay("POST", `/v1/calls/${callId}/pause`, { windowId: `w${number}` });
  expect(paused.body).toMatchObject({ safeToCollect: true });
  await pause(WINDOW_MS);
  await pay("POST", `/v1/calls/${callId}/resume`, { windowId: `w${number}` });
  await pause(1_200);
  recorders.vslogger.end(channel);
  await pay("POST", `/v1/calls/${callId}/end`, {});
  return callId;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const evidenceOf = async (served: Served, callId: string) =>
  (await served.as("audit")("GET", `/v1/calls/${callId}/evidence`)).body;
const soundOf = (body: Record<string, unknown>) =>
  (body["judgements"] as readonly { by: string }[]).filter(({ by }) => by === "sound");

test("a call's recording is heard on request: silent, drawn, and entered", async () => {
  const heard = await hearing();
  const callId = await called(heard, 51);
  await until(
    async () => {
      // Each look is an entry, and there is a limit to them.
      await pause(500);
      return (await evidenceOf(heard.served, callId))["unheard"] as readonly string[];
    },
    (unheard) => unheard.length === 1,
  );
  const svg = join(heard.place, "call.svg");
  const args = [
    "evidence",
    callId,
    "--url",
    heard.served.url,
    "--config",
    heard.path,
    "--svg",
    svg,
  ];
  const ran = startTacet(args, { env: { TACET_API_KEY: heard.key } });
  expect(await ran.ended).toMatchObject({ code: 0, err: "" });
  const { out } = await ran.ended;
  expect(out).toContain("window w51 by time: consistent");
  expect(out).toContain("window w51 by sound: silent");
  expect(await readFile(svg, "utf8")).toContain("window w51 is silent");
  const body = await evidenceOf(heard.served, callId);
  expect(body["unheard"]).toEqual([]);
  expect(body["incidentIds"]).toEqual([]);
  expect(soundOf(body)).toMatchObject([{ windowId: "w51", verdict: "silent" }]);
});

test("--watch finds what a recorder recorded through its mute, and an incident is opened", async () => {
  const heard = await hearing();
  const watch = startTacet(
    ["evidence", "--watch", "--url", heard.served.url, "--config", heard.path],
    {
      env: { TACET_API_KEY: heard.key },
    },
  );
  await watch.said(/tacet evidence listens/);
  recorders.vslogger.faults.set({ name: "records-through-mute" });
  const callId = await called(heard, 52);
  await watch.said(/recording \S+: heard, SUSPECT in 1/);
  const body = await evidenceOf(heard.served, callId);
  expect(soundOf(body)).toMatchObject([{ windowId: "w52", verdict: "suspect", cause: "sound" }]);
  expect(body["unheard"]).toEqual([]);
  expect(body["incidentIds"]).toHaveLength(1);
  expect((await watch.stop()).code).toBe(0);
});
