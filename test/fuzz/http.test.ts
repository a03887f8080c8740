/**
 * Every endpoint of the served process, with whatever fits its description, is bent, or is nothing:
 * each answer comes, is described, is no 5xx, repeats nothing odd, and leaves nothing in memory.
 */
import * as fc from "fast-check";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  begin,
  closeRecorders,
  conversation,
  type Recorders,
  startRecorders,
} from "../service/acme.ts";
import { type Ask, asking } from "../service/client.ts";
import { cleanUp, folder } from "../service/process.ts";
import { type Served, serve } from "../service/serve.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { placedDraft } from "../../src/log/retention.ts";
import { createIncidents } from "../../src/runtime/node/incidents.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { apiOf, type Answered, type Api, type Operation, wrongBy } from "./described.ts";
import { heapOf, INSPECTED, slopeOf } from "./heap.ts";
import { misfit } from "./schema.ts";
import { replay, RUNS, SEARCH_MS_MAX, SEED, tell, TEST_MS_MAX } from "./size.ts";
import { INCIDENT_COUNT, MARK, type Step, storyOf } from "./stories.ts";

vi.setConfig({ testTimeout: TEST_MS_MAX, hookTimeout: 60_000 });

const STORIES = 4;
const STEPS = 10;
const ANSWER_MS_MAX = 20_000;
const CHECKPOINTS = 8;
/**
 * Bytes kept for each request. A run that is large enough is held to less than what caches that are
 * still filling and the least thing kept of a request take together; a small one cannot tell less
 * than its own noise.
 */
const LEAK_BYTES_MAX = RUNS >= 20_000 ? 256 : 3_000;

let recorders: Recorders;
let tacet: Served;
let api: Api;
beforeAll(async () => {
  recorders = await startRecorders();
  for (let n = 1; n <= 8; n += 1) begin(recorders, n);
  const wish = {
    log: { cachedCallCountMax: 100 },
    listen: { trustedProxies: ["127.0.0.1"] },
  };
  const made = ["acme", "globex"].map((tenant) => ({ tenant, ...makeApiKey(`sweeper-${tenant}`) }));
  const apiKeys = made.map(({ hash, tenant }) => ({
    id: `sweeper-${tenant}`,
    hash,
    tenant,
    kind: "cti",
    scopes: ["calls:write", "events:read"],
  }));
  const place = await folder();
  await seedFindings(place);
  const line = { id: "officer", hash: officer.hash, tenant: "acme", kind: "supervisor" };
  const scopes = ["evidence:write", "incidents:write", "retention:write"];
  const keys = [...apiKeys, { ...line, scopes }];
  tacet = await serve(place, recorders, { ...wish, apiKeys: keys }, INSPECTED);
  sweepers = made.map(({ key }) => asking(tacet.url, key));
  api = apiOf((await asking(tacet.url)("GET", "/openapi.json")).body);
}, 60_000);
afterAll(async () => {
  await cleanUp();
  await closeRecorders();
});

/** Works at incidents, and has witnesses asked. */
const officer = makeApiKey("officer");

/** Nothing a client sends opens an incident. Holds stand too, by ids that stories know. */
async function seedFindings(place: string): Promise<void> {
  const options = { folder: join(place, "log"), originBase: "tacet.example" };
  const log = await openLog({ ...options, now: Date.now });
  let count = 0;
  const incidents = createIncidents({
    log,
    clock: nodeClock(),
    ids: () => `incident-${count++}`,
    flag: false,
    witness: () => undefined,
    logger: { error: () => undefined, warn: () => undefined },
  });
  for (let index = 0; index < INCIDENT_COUNT; index += 1) {
    const of = { tenant: "acme", callId: "seeded", recorderId: "vslogger" } as const;
    const told = { recordingId: `r-${index}`, windowIds: [], ranges: [] } as const;
    await incidents.suspect({ ...of, ...told, by: "time", cause: "drift" });
  }
  await incidents.stop();
  const by = { id: "officer", kind: "supervisor", owner: "officer" } as const;
  const order = { at: Date.now(), tenant: "acme", by, reason: "case 7" };
  await log.enter(
    Array.from({ length: INCIDENT_COUNT }, (_, index) =>
      placedDraft(order, { holdId: `hold-${index}`, firstKept: 1 }),
    ),
  );
  await log.close();
}

const counts = new Map<string, number>();
let sweepers: readonly Ask[] = [];
let sent = 0;
/** Answered 503 for want of time. */
let slow = 0;
let ticket = "";

function keyOf(who: string): string | undefined {
  if (who === "nobody") return undefined;
  if (who === "wrong") return `${tacet.keys.pay.slice(0, -4)}AAAA`;
  if (who === "ticket") return ticket;
  if (who === "officer") return officer.key;
  return (tacet.keys as Readonly<Record<string, string>>)[who];
}

/** Ids of this run alone, so that a run replays whatever came before it. */
const named = (run: number, text: string): string =>
  text.replaceAll(/@(call|window)(\d)/g, (_, kind: string, n: string) => `${kind}-${run}-${n}`);

function called({ operation }: Step): Operation {
  const found = api.operations.find(({ operationId }) => operationId === operation);
  if (found === undefined) throw new Error(operation);
  return found;
}

async function ask(run: number, step: Step): Promise<Answered> {
  const fill = (text: string) => named(run, text);
  const path = called(step).path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(fill(step.params[name] ?? "")),
  );
  const query = new URLSearchParams(
    step.query.map(([name, value]) => [name, fill(value)]),
  ).toString();
  const { body } = step;
  const credential = keyOf(step.who);
  const text =
    body.kind === "none"
      ? undefined
      : fill(body.kind === "text" ? body.text : (JSON.stringify(body.value) ?? ""));
  const type = body.kind === "text" ? body.type : "application/json";
  const carries = !["GET", "HEAD"].includes(step.method);
  const { expect: _, ...headers } = step.headers as Record<string, string>;
  const answer = await request(`${tacet.url}${path}${query === "" ? "" : `?${query}`}`, {
    method: step.method as "GET",
    headers: {
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...(text === undefined || !carries || type === "" ? {} : { "content-type": type }),
      ...Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          Buffer.from(fill(value)).toString("latin1"),
        ]),
      ),
    },
    ...(text === undefined || !carries ? {} : { body: text }),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  return {
    status: answer.statusCode,
    headers: new Headers(
      Object.entries(answer.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((one): [string, string] => [name, one]),
      ),
    ),
    text: await answer.body.text(),
  };
}

/** Turned away for lack of room, or a recorder not heard in time: the machine is busy, and nothing has failed. */
const SLOW_CODES = ["busy", "locate_unavailable"];

/** What is wrong with what came back; undefined where nothing is. */
function judge(run: number, step: Step, answer: Answered): string | undefined {
  const operation = called(step);
  const { status, text } = answer;
  if (status >= 500) {
    const isSlow = SLOW_CODES.some((code) => text.includes(`"code":"${code}"`));
    if (status !== 503 || !isSlow) return `a ${status}: ${text.slice(0, 300)}`;
    slow += 1;
  }
  if (status >= 400 && text.includes(MARK))
    return `a refusal repeats what was sent: ${text.slice(0, 300)}`;
  // An odd id can lead to another address, or to none.
  const strays = Object.values(step.params).some((value) => [".", "..", ""].includes(value));
  if (strays) return undefined;
  if (step.method === "OPTIONS") return status === 204 ? undefined : `${status} to OPTIONS`;
  const served = api.operations.find(
    (one) =>
      one.path === operation.path && one.method === (step.method === "HEAD" ? "GET" : step.method),
  );
  if (served === undefined) {
    return status === 405 && answer.headers.has("allow")
      ? undefined
      : `${status} to ${step.method}`;
  }
  if (step.method === "HEAD") {
    return served.responses[String(status)] === undefined ? `${status} to HEAD` : undefined;
  }
  const wrong = wrongBy(api, served, answer);
  if (wrong !== undefined) return `${wrong}: ${text.slice(0, 600)}`;
  counts.set(
    `${served.operationId} ${status}`,
    (counts.get(`${served.operationId} ${status}`) ?? 0) + 1,
  );
  return served === operation ? wrongAbout(run, step, answer) : undefined;
}

const READ_CODES = new Set([
  "body_invalid",
  "body_not_json",
  "body_not_utf8",
  "body_not_unicode",
  "body_too_deep",
  "body_missing",
  "media_type_unsupported",
]);

/** The one name that no member has, which the description says in words only. */
function namesInherited(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, "__proto__")) return "a member is called __proto__";
  return Object.values(value)
    .map((member) => namesInherited(member))
    .find((one) => one !== undefined);
}

/** The other way round: what is described as fitting is read, what is not is refused. */
function wrongAbout(run: number, step: Step, { status, text }: Answered): string | undefined {
  const { body, headers } = step;
  const operation = called(step);
  if (operation.body === undefined || body.kind === "none" || body.kind === "text")
    return undefined;
  if (headers["content-encoding"] !== undefined) return undefined;
  const value = JSON.parse(named(run, JSON.stringify(body.value) ?? "null")) as unknown;
  const wrong = namesInherited(value) ?? misfit(operation.body, value, api.schemas);
  if (wrong !== undefined) {
    return status < 400 ? `taken, though it does not fit: ${wrong}` : undefined;
  }
  const code = /"code":"(\w+)"/.exec(text)?.[1] ?? "";
  // A call ticket without a call is the one thing the description says in words only.
  const said = operation.operationId === "issueTicket" && !Object.hasOwn(Object(value), "callId");
  return READ_CODES.has(code) && !said
    ? `refused as ${code}, though it fits: ${text.slice(0, 400)}`
    : undefined;
}

async function play(run: number, story: readonly Step[]): Promise<void> {
  for (const step of story) {
    sent += 1;
    const answer = await ask(run, step).catch((error: unknown) => {
      throw new Error(`${step.method} ${step.operation}: no answer: ${String(error)}`);
    });
    const wrong = judge(run, step, answer);
    if (wrong === undefined) continue;
    throw new Error(`${step.method} ${step.operation} as ${step.who}: ${wrong}`);
  }
}

/** One payment as it should be, whatever chance makes of the others. */
function payment(): readonly Step[] {
  const [callId, windowId, agentId] = ["@call9", "@window9", "a-206"];
  const step = (operation: string, params: Step["params"], value?: object): Step => ({
    operation,
    method: api.operations.find(({ operationId }) => operationId === operation)?.method ?? "GET",
    who: "pay",
    params,
    query: [],
    headers: {},
    body: value === undefined ? { kind: "none" } : { kind: "fits", value },
  });
  return [
    step("registerCall", { callId }, { targets: conversation(1).targets, agentId }),
    step("pauseCall", { callId }, { windowId }),
    step("pauseAgent", { agentId }, { windowId }),
    step("readWindow", { windowId }),
    step("renewWindow", { windowId }, {}),
    step("resumeWindow", { windowId }),
    step("endCall", { callId }),
  ];
}

/** Ends every call there is, so that what is left in memory is not what is meant to be there. */
async function endAll(): Promise<void> {
  for (const as of sweepers) {
    for (;;) {
      const { body, status } = await as("GET", "/v1/calls?limit=1000");
      const calls = status === 200 ? (body["calls"] as readonly { readonly callId: string }[]) : [];
      if (status === 200 && calls.length === 0) break;
      for (const { callId } of calls) {
        await as("POST", `/v1/calls/${encodeURIComponent(callId)}/end`, { waitMs: 500 });
      }
      // Reads are turned away first where there is more to do than can be done.
      if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

test(`whatever is sent is answered as described, and nothing of it is kept (${replay})`, async () => {
  tell(`requests: ${replay}`);
  const heap = await heapOf(tacet.process);
  // The stream is another test's: it does not end.
  const operations = api.operations.filter(({ operationId }) => operationId !== "followEvents");
  const story = storyOf(operations, api.schemas, STEPS);
  const runs = Math.ceil(RUNS / (STORIES * STEPS));
  const points: [number, number][] = [];
  let run = 0;
  const began = Date.now();
  await play(run, payment());
  await fc.assert(
    fc.asyncProperty(
      fc.array(story, { minLength: STORIES, maxLength: STORIES }),
      async (stories) => {
        run += 1;
        await tacet.as("pay")("PUT", `/v1/calls/call-${run}-0`, {
          agentId: `a-20${4 + (run % 3)}`,
          targets: conversation(1 + (run % 8)).targets,
        });
        const asked = { use: "call", callId: `call-${run}-0`, lifeMs: 60_000 };
        ticket = String((await tacet.as("pay")("POST", "/v1/tickets", asked)).body["ticket"]);
        await Promise.all(stories.map((one) => play(run, one)));
        await endAll();
        // The first quarter fills caches and lets the machine compile.
        if (run > runs / 4 && run % Math.ceil((runs * 0.75) / CHECKPOINTS) === 0) {
          points.push([sent, await heap.used()]);
        }
      },
    ),
    { seed: SEED, numRuns: runs, endOnFailure: runs > 200, interruptAfterTimeLimit: SEARCH_MS_MAX },
  );
  heap.close();
  const seconds = (Date.now() - began) / 1000;
  const leak = slopeOf(points);
  tell(
    `${sent} requests in ${seconds.toFixed(0)} s, no 5xx but ${slow} for want of time; ${[...counts].length} answers of ${operations.length} operations`,
  );
  tell(
    `heap: ${points.map(([at, bytes]) => `${at}: ${(bytes / 1e6).toFixed(2)} MB`).join(", ")}; ${leak.toFixed(0)} bytes a request`,
  );
  const never = operations.flatMap(({ operationId, responses }) =>
    Object.keys(responses)
      .filter((status) => !counts.has(`${operationId} ${status}`))
      .map((status) => `${operationId} ${status}`),
  );
  tell(`described and not met: ${never.join(", ")}`);

  expect(points.length).toBeGreaterThanOrEqual(3);
  expect(leak).toBeLessThan(LEAK_BYTES_MAX);
  // Deep enough: every operation was answered with what it is for.
  // A file is heard of recordings that witnesses told of: test/service/evidenceSound does that.
  const told = operations.filter(({ operationId }) => operationId !== "reportSound");
  const unmet = told.filter(({ operationId, responses }) =>
    Object.keys(responses)
      .filter((status) => status.startsWith("2"))
      .every((status) => !counts.has(`${operationId} ${status}`)),
  );
  expect(unmet.map(({ operationId }) => operationId)).toEqual([]);
  expect(tacet.process.out()).not.toMatch(/"level":[56]0/);
  const lines = tacet.process
    .out()
    .split("\n")
    .filter((line) => line !== "");
  for (const line of lines) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
});
