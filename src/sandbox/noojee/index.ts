/**
 * A simulated Noojee Contact server: recording control and long poll of its CallManagementAPI, the
 * metadata of its RecordingAPI, both ways to authenticate, and named faults.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import type { EpochMs } from "../../control/call.ts";
import { background, late } from "../late.ts";
import { controlEndpoints, cutConnection, Faults } from "../simulator.ts";
import type { Simulator } from "../simulator.ts";
import { Calls } from "./calls.ts";
import type { HeldLeg } from "./calls.ts";
import { Door } from "./door.ts";
import { noojeeFaultNames } from "./faults.ts";
import { answerPoll } from "./poll.ts";
import { endedRowOf, hourOf, rowOf } from "./text.ts";

export interface NoojeeSimulatorOptions {
  readonly now?: () => EpochMs;
  readonly apiKey?: string;
  readonly timeZone?: string;
  /** Documented is POST alone; the vendor's own client sends GET. */
  readonly commandMethods?: readonly ("POST" | "GET")[];
}

interface HeardRequest {
  readonly at: EpochMs;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

export interface NoojeeSimulator extends Simulator {
  readonly requests: readonly HeardRequest[];
  /** Orders heard, done or not. */
  commandsHeard(): number;
  /** Times given out to authenticate with. */
  timesGiven(): number;
  readonly legs: readonly HeldLeg[];
  /** Long polls that wait now, and those ever asked. */
  readonly polls: { standingCount(): number; askedCount(): number; cut(): void };
  /** The unique id of the call on an extension. */
  uniqueIdOf(extension: string): string | undefined;
  transfer(extension: string, to: string): void;
}

const CONTROL = "/servicemanager/rest/CallManagementAPI";
const RECORDING = "/njadmin/rest/RecordingAPI";
const BY_HOUR_MS = 60_000;

/** Conversations are extensions; `details` may hold `uniqueId`, `party`, `direction`, `recorded`. */
export function noojeeSimulator(options: NoojeeSimulatorOptions = {}): NoojeeSimulator {
  const now = options.now ?? Date.now;
  const timeZone = options.timeZone ?? "Australia/Melbourne";
  const commandMethods: readonly string[] = options.commandMethods ?? ["POST", "GET"];
  const calls = new Calls(now);
  const faults = new Faults(noojeeFaultNames);
  const door = new Door(options.apiKey ?? "", now);
  const requests: HeardRequest[] = [];
  let byHourAt = -Infinity;
  let listCount = 0;

  const refused = (c: Context, Message: string, Code = -1): Response =>
    c.json({ Message, Code }, 200);

  /** What every endpoint may do instead of answering. `target` is an extension where one is meant. */
  const troubled = async (c: Context, target?: string): Promise<Response | undefined> => {
    const { method, path } = c.req;
    const problem = await door.problem(c.req.query());
    // From here on nothing waits: who is heard is answered by what is true at that moment.
    requests.push({ at: now(), method, path, query: c.req.query() });
    if (faults.take("html-instead-of-json", target)) {
      return c.html("<!doctype html><title>proxy</title><h1>It works</h1>");
    }
    if (faults.take("redirect", target)) return c.redirect("/elsewhere", 302);
    const oversized = faults.take("oversized", target);
    if (oversized) return c.body(" ".repeat(oversized.ms ?? 1_000_000), 200);
    const { hash } = c.req.query();
    if (hash !== undefined && faults.take("expired-timestamp")) {
      return refused(c, "Expired TimeStamp");
    }
    if (problem !== undefined) return refused(c, problem);
    // Words that quote what was sent, as some do: no secret may reach tacet's own.
    if (faults.take("error-in-200", target)) return refused(c, `failed: ${c.req.url}`);
    return undefined;
  };

  const order = (name: "start" | "stop") => async (c: Context) => {
    const asked = c.req.query("extenOrUniqueId") ?? "";
    const call = calls.find(asked);
    const target = call?.extension ?? asked;
    if (faults.take("unreachable", target)) return cutConnection("unheard");
    const slow = faults.take("slow", target);
    const answer = (response: Response) => late(slow, response);
    if (!commandMethods.includes(c.req.method)) return answer(c.html("<h1>Not allowed</h1>", 405));
    const trouble = await troubled(c, target);
    if (trouble !== undefined) return answer(trouble);
    if (faults.take("warning-in-200", target)) return answer(refused(c, "Call is on hold", 1));
    if (faults.take("lost-and-not-applied", target)) return cutConnection("heard");
    if (call === undefined) return answer(refused(c, "No call found"));
    if (faults.take("ack-and-ignore", target)) return answer(refused(c, "Success", 0));
    const repeats = name === "stop" && call.leg === undefined;
    if (repeats && faults.take("already-paused-is-error", target)) {
      return answer(refused(c, "Call is not being recorded"));
    }
    const { agentLoginName, tag = "" } = c.req.query();
    if (name === "start") calls.start(call, tag, "command", agentLoginName);
    else calls.stop(call, "command");
    const restart = name === "stop" ? faults.take("auto-restart", target) : undefined;
    if (restart !== undefined) background(() => calls.start(call, "", "call"), restart.ms ?? 100);
    if (faults.take("applied-but-lost", target)) return cutConnection("heard");
    if (faults.take("empty-yes", target)) return answer(c.body(null, 200));
    return answer(c.json({ Message: "Success", Code: 0 }));
  };

  /** A question about recordings: `list` gives its rows, or an answer of its own. */
  const asked =
    (list: (c: Context) => readonly Record<string, string>[] | Response) => async (c: Context) => {
      if (faults.take("unreachable")) return cutConnection("unheard");
      const slow = faults.take("slow");
      const trouble = await troubled(c);
      if (trouble !== undefined) return late(slow, trouble);
      if (faults.take("rate-limited")) {
        return late(slow, c.json({ Message: "Rate limit exceeded", Code: -1 }, 429));
      }
      listCount += 1;
      const fails = faults.list().some(({ name }) => name === "second-list-fails");
      if (fails && listCount % 2 === 0) return late(slow, refused(c, "Internal error"));
      const rows = list(c);
      if (rows instanceof Response) return late(slow, rows);
      const [first] = rows;
      const broken = first !== undefined && faults.take("malformed-record") !== undefined;
      const { Start: _, ...startless } = first ?? {};
      return late(slow, c.json(broken ? [startless, ...rows.slice(1)] : rows));
    };

  const byHour = (c: Context): readonly Record<string, string>[] | Response => {
    if (now() - byHourAt < BY_HOUR_MS) return refused(c, "Rate limit: once per minute");
    byHourAt = now();
    const { date = "", hour = "" } = c.req.query();
    return calls.legs.flatMap((leg) =>
      leg.endAt !== undefined && hourOf(leg.endAt, timeZone) === `${date} ${hour}`
        ? [endedRowOf(leg, leg.endAt, timeZone)]
        : [],
    );
  };

  const app = new Hono();
  app.post("/servicemanager/rest/Time", (c) => {
    if (faults.take("unreachable")) return cutConnection("unheard");
    requests.push({ at: now(), method: c.req.method, path: c.req.path, query: c.req.query() });
    const timeStamp = door.time();
    return timeStamp === undefined ? refused(c, "Too many authentications") : c.text(timeStamp);
  });
  for (const name of ["start", "stop"] as const) app.all(`${CONTROL}/${name}`, order(name));
  app.post(`${CONTROL}/subscribe`, async (c) => {
    if (faults.take("unreachable")) return cutConnection("unheard");
    const stands = c.req.query("timeOut") !== "0";
    if (stands && faults.take("poll-cut")) return cutConnection("unheard");
    return (await troubled(c)) ?? answerPoll(c, calls, faults);
  });
  app.post(
    `${RECORDING}/retrieveMetaData`,
    asked((c) => legsWhere(({ tag }) => tag !== "" && tag === c.req.query("tag"))),
  );
  app.post(
    `${RECORDING}/retrieveMetaDataByUniqueId`,
    asked((c) => legsWhere(({ uniqueId }) => uniqueId === c.req.query("uniqueId"))),
  );
  app.post(`${RECORDING}/retrieveMetaDataByHour`, asked(byHour));
  app.all("/elsewhere", (c) => {
    requests.push({ at: now(), method: c.req.method, path: c.req.path, query: {} });
    return c.json([]);
  });
  const legsWhere = (wanted: (leg: HeldLeg) => boolean) =>
    calls.legs.filter(wanted).map((leg) => rowOf(leg, timeZone));

  const simulator = {
    faults,
    journal: calls.journal,
    begin: (extension: string, details: Readonly<Record<string, string>> = {}) =>
      calls.begin(extension, details),
    end: (extension: string) => calls.end(extension),
    byHand(extension: string, status: "recording" | "paused") {
      const call = calls.find(extension);
      if (call === undefined) return;
      if (status === "recording") calls.start(call, "", "person");
      else calls.stop(call, "person");
    },
    heard: (extension: string) => calls.heard(extension),
  };
  app.route("/_sim", controlEndpoints(simulator));
  const countOf = (...names: readonly string[]) =>
    requests.filter(({ path }) => names.some((name) => path === `${CONTROL}/${name}`)).length;
  return {
    ...simulator,
    app,
    requests,
    legs: calls.legs,
    commandsHeard: () => countOf("start", "stop"),
    timesGiven: () => door.timesGiven,
    polls: {
      standingCount: () => calls.waitingCount,
      askedCount: () => countOf("subscribe"),
      cut: () => {
        faults.set({ name: "poll-cut", times: 1 });
        calls.wakeAll();
      },
    },
    uniqueIdOf: (extension) => calls.find(extension)?.uniqueId,
    transfer: (extension, to) => calls.transfer(extension, to),
  };
}
