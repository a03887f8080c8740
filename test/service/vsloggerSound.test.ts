/**
 * From a window to an incident, with a VSLogger as recorder and witness: its files are heard by
 * `tacet evidence`, and one that was recorded through its mute is marked in the recorder.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { evidenceCommand } from "../../src/runtime/node/evidenceCommand.ts";
import { plant } from "../security/marks.ts";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { asking, entriesOf, until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { serveFile } from "./serve.ts";

vi.setConfig({ testTimeout: 60_000 });
let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(async () => {
  recorders.vslogger.faults.clear();
  await cleanUp();
});
afterAll(closeRecorders);

/** Long enough that what is left between the edges' tolerances is judged. */
const WINDOW_MS = 2_500;
const AROUND_MS = 600;

async function served() {
  const place = await folder();
  const { hash, key } = makeApiKey("ears");
  plant("key of ears", key, "credential");
  const scopes = ["evidence:write", "log:read"];
  const ears = { id: "ears", hash, tenant: "acme", kind: "operator", scopes };
  const { document, keys } = await acme(place, recorders.origins, { apiKeys: [ears] });
  const { vslogger } = document.recorders;
  const settings = { ...vslogger.settings, incident: { flag: 9 } };
  const config = await written(place, {
    ...document,
    recorders: { ...document.recorders, vslogger: { ...vslogger, settings } },
    evidence: {
      afterEndMs: 100,
      retryMsMin: 200,
      retryMsMax: 500,
      toleranceMs: 300,
      sound: true,
      flag: true,
    },
  });
  const service = await serveFile(config, keys);
  const hear = async (callId: string) => {
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const args = [callId, "--url", service.url, "--config", config, "--token", key];
    const io = { out: say, err: say, print: say, complain: say, now: Date.now };
    return { code: await evidenceCommand(args, io), said: said.join("\n") };
  };
  return { service, hear, ask: asking(service.url, key) };
}
type Served = Awaited<ReturnType<typeof served>>;

/** A time on a whole second by chance would be taken to be rounded to it, and less be judged. */
function toldToTheMillisecond(number: number): void {
  const kept = recorders.vslogger.kept().find(({ channel }) => channel === number);
  if (kept?.end_tm === undefined) throw new Error("it should be over");
  const { end_tm, start_tm } = kept;
  Object.assign(kept, {
    start_tm: start_tm - (start_tm % 10) + 1,
    end_tm: end_tm - (end_tm % 10) + 4,
  });
}

/** A call with one window, over and gathered. */
async function call({ service, ask }: Served, number: number): Promise<string> {
  const callId = `sound-${number}`;
  const { channel, targets } = begin(recorders, number);
  const pay = service.as("pay");
  const registered = await pay("PUT", `/v1/calls/${callId}`, {
    targets: { vslogger: targets.vslogger },
    attributes: { site: "leeds" },
  });
  expect(registered.status).toBe(201);
  await pause(AROUND_MS);
  const windowId = `w-${number}`;
  const paused = await pay("POST", `/v1/calls/${callId}/pause`, { windowId });
  expect(paused.body).toMatchObject({ safeToCollect: true });
  await pause(WINDOW_MS);
  await pay("POST", `/v1/calls/${callId}/resume`, { windowId });
  await until(
    () => recorders.vslogger.heard(channel),
    (heard) => heard === "recording",
  );
  await pause(AROUND_MS);
  recorders.vslogger.end(channel);
  toldToTheMillisecond(number);
  await pay("POST", `/v1/calls/${callId}/end`, {});
  await until(
    async () => (await ask("GET", `/v1/calls/${callId}/evidence`)).body,
    ({ recordings, state }) =>
      state === "gathered" && (recordings as readonly unknown[]).length === 1,
  );
  return callId;
}

const marks = (number: number) =>
  recorders.vslogger
    .kept()
    .filter(({ channel }) => channel === number)
    .map(({ fields: { flag, note } }) => ({ flag, note }));

test("a file that is silent in its window is heard so, and nothing is marked", async () => {
  const at = await served();
  const callId = await call(at, 51);
  const { code, said } = await at.hear(callId);
  expect(said).toMatch(/by sound: silent/);
  expect(code).toBe(0);
  const { body } = await at.ask("GET", `/v1/calls/${callId}/evidence`);
  expect(body).toMatchObject({ unheard: [], incidentIds: [] });
  expect(marks(51)).toEqual([{ flag: 0, note: "" }]);
});

test("a file that was recorded through its mute is suspect, an incident, and marked in the recorder", async () => {
  const at = await served();
  const callId = await call(at, 52);
  recorders.vslogger.faults.set({ name: "records-through-mute" });
  const { code, said } = await at.hear(callId);
  expect(said).toContain("SUSPECT (sound)");
  expect(code).toBe(1);
  const { body } = await at.ask("GET", `/v1/calls/${callId}/evidence`);
  const [incidentId] = body["incidentIds"] as readonly string[];
  expect(incidentId).toBeDefined();
  const [marked] = await until(
    () => marks(52),
    ([one]) => one?.flag === 9,
  );
  expect(marked?.note).toContain(incidentId);
  // What opens a file is in no entry.
  const entries = JSON.stringify(await entriesOf(at.service.as("audit")));
  expect(entries).toContain("SoundHeard");
  expect(entries).not.toMatch(/rec_hh|rec_ss|href=|playlist/);
});
