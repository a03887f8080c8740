/**
 * A simulated Revcord logger: the Logger Integration API as the vendor documents it, behind its
 * bearer token, with its broadcast and named faults. It records, and nobody can silence it.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import type { EpochMs } from "../../control/call.ts";
import type { SimulatedHub } from "../hub.ts";
import { late } from "../late.ts";
import { controlEndpoints, cutConnection, Faults } from "../simulator.ts";
import type { Simulator } from "../simulator.ts";
import { Calls } from "./calls.ts";
import type { Call } from "./calls.ts";
import { faultNames } from "./faults.ts";
import { filePath, rowOf, silentWav, stamp, textOf } from "./forms.ts";
import { revcordHub } from "./hub.ts";
import { revcordTokens } from "./tokens.ts";
import type { RevcordTokenService, TokenOptions } from "./tokens.ts";

export const basePath = "/RevcordMMSAPI";
const apiPath = `${basePath}/api`;

export interface RevcordSimulatorOptions {
  readonly now?: () => EpochMs;
  readonly account?: TokenOptions;
  /** The logger's clock; the document's example is five and a half hours ahead of UTC. */
  readonly timeZone?: string;
  /** `StartTime` as ASP.NET writes it, or as the document prints it, which is no JSON. */
  readonly dates?: "escaped" | "printed";
  /** What a question by time finds: a call that went on then, or one that began in that second. */
  readonly search?: "during" | "start";
  /** How a broadcast's calls come: the documented list, its JSON, or one by one. */
  readonly broadcastAs?: "list" | "text" | "members";
  readonly keepAliveMs?: number;
}

/** One question as it was heard. */
export interface HeardQuestion {
  readonly path: string;
  readonly asked: Readonly<Record<string, string>>;
}

export interface RevcordSimulator extends Simulator {
  readonly questions: readonly HeardQuestion[];
  readonly tokens: RevcordTokenService;
  readonly hub: Pick<SimulatedHub, "openedCount" | "standingCount">;
  readonly calls: readonly Readonly<Call>[];
  /** Requests to the place that the `redirect` fault points to. */
  readonly followedCount: number;
}

export const demoAccount: TokenOptions = {
  tenantId: "2220",
  email: "agupta@revcord.com",
  serviceKey: "demo-service-key",
};

export function revcordSimulator(options: RevcordSimulatorOptions = {}): RevcordSimulator {
  const now = options.now ?? Date.now;
  const timeZone = options.timeZone ?? "Asia/Kolkata";
  const faults = new Faults(faultNames);
  const calls = new Calls(now);
  const questions: HeardQuestion[] = [];
  const tokens = revcordTokens(options.account ?? demoAccount, `${basePath}/token`, faults, now);
  let followedCount = 0;
  /** Questions since `second-question-fails` was first on. */
  let questionCount = 0;

  const rows = (c: Context, found: readonly Call[]): readonly object[] => {
    const origin = faults.take("playback-elsewhere")
      ? "https://elsewhere.example"
      : new URL(c.req.url).origin;
    const offMs = faults.take("clock-wrong") ? 3_600_000 : 0;
    return found.map((call) => rowOf(call, origin, timeZone, offMs));
  };
  const troubled = (c: Context): Response | undefined => {
    if (faults.take("html-instead-of-json")) {
      return c.html("<!doctype html><title>IIS</title><h1>Server Error in '/' Application.</h1>");
    }
    if (faults.take("redirect")) return c.redirect("/elsewhere", 302);
    const oversized = faults.take("oversized");
    if (oversized) return c.body(" ".repeat(oversized.ms ?? 1_000_000), 200, jsonType);
    const limited = faults.take("rate-limited");
    if (limited) return c.body(null, 429, { "retry-after": String((limited.ms ?? 7_000) / 1_000) });
    const authorization = c.req.header("authorization");
    if (faults.take("unauthorized") || tokens.denies(authorization)) {
      return c.json({ Message: "Authorization has been denied for this request." }, 401);
    }
    // Errors that quote what they were sent, as some do: no secret may reach tacet's own words.
    const quoting = `see https://logger.example/error?${authorization ?? ""} ${authorization ?? ""}`;
    if (faults.take("error-in-200")) return c.json({ Message: `It went wrong. ${quoting}` });
    if (faults.take("bad-request")) {
      return c.json({ Message: `The request is invalid. ${quoting}` }, 400);
    }
    const isSecond = faults.list().some(({ name }) => name === "second-question-fails");
    questionCount = isSecond ? questionCount + 1 : 0;
    if (questionCount > 1 || faults.take("server-error")) {
      return c.json({ Message: `An error has occurred. ${quoting}` }, 500);
    }
    return undefined;
  };

  const answered = async (
    c: Context,
    answer: (asked: Readonly<Record<string, string>>) => Response,
  ): Promise<Response> => {
    if (faults.take("unreachable")) return cutConnection("unheard");
    const asked = await membersOf(c);
    questions.push({ path: c.req.path, asked: asked ?? {} });
    const slow = faults.take("slow");
    const trouble = troubled(c);
    if (trouble !== undefined) return late(slow, trouble);
    if (asked?.["email"] === undefined) {
      return c.json({ Message: "The request is invalid: email." }, 400);
    }
    return late(slow, answer(asked));
  };

  const detailsOf = (asked: Readonly<Record<string, string>>): readonly Call[] => {
    const { callid, calldatetime = "", channel } = asked;
    if (callid !== undefined) {
      const found = faults.take("another-call") ? calls.all[0] : calls.byId(callid);
      return found === undefined ? [] : [found];
    }
    return calls.all.filter((call) => {
      const [start, end] = [call.startAt, call.endAt ?? now()].map((at) => stamp(at, timeZone));
      if (call.channel !== channel || start === undefined || end === undefined) return false;
      if (options.search === "start") return start === calldatetime;
      return start <= calldatetime && calldatetime <= end;
    });
  };

  const app = new Hono();
  // The document prints `//api`: a server that takes that takes one slash as well.
  for (const api of [apiPath, `${basePath}//api`]) {
    app.post(`${api}/Common/GetCallDetails`, (c) =>
      answered(c, (asked) => {
        const told = rows(c, detailsOf(asked));
        const broken = faults.take("malformed-record") ? [{ ChannelName: "CH_0009" }] : [];
        return c.body(textOf([...told, ...broken], options.dates), 200, jsonType);
      }),
    );
    app.post(`${api}/Role/GetCallsPage`, (c) =>
      answered(c, () => c.text(pageOf(faults.take("playback-elsewhere") !== undefined, c))),
    );
  }
  app.route("/", tokens.app);
  app.get(`${filePath}/:file`, (c) => {
    const [, , id = ""] = c.req
      .param("file")
      .replace(/\.wav$/, "")
      .split("_");
    const found = calls.byId(id);
    if (found?.endAt === undefined) return c.body(null, 404);
    return c.body(silentWav(), 200, { "content-type": "audio/wav" });
  });
  app.all("/elsewhere", (c) => {
    followedCount += 1;
    return c.json([]);
  });
  const hub = revcordHub({
    faults,
    now,
    denies: tokens.denies,
    keepAliveMs: options.keepAliveMs,
  });
  app.route("/", hub.app);
  calls.onComplete = (call) => {
    const row = rowOf(call, "https://logger.example", timeZone, 0);
    const args = { list: [[row]], text: [textOf([row], options.dates)], members: [row] };
    hub.tell(call.channel, args[options.broadcastAs ?? "list"], [[{ CallId: null }]]);
  };
  const simulator = {
    faults,
    journal: calls.journal,
    begin: (channel: string, details: Readonly<Record<string, string>> = {}) =>
      calls.begin(channel, details["callId"] ?? crypto.randomUUID().replaceAll("-", "")),
    end: (channel: string) => calls.end(channel),
    /** Not over any API: a supervisor at the logger itself. */
    byHand: (channel: string, status: "recording" | "paused") =>
      calls.enter(channel, status, "person"),
    heard: (channel: string) =>
      calls.journal.findLast(({ target }) => target === channel)?.status ?? "absent",
  };
  app.route("/_sim", controlEndpoints(simulator));
  return {
    ...simulator,
    app,
    sockets: hub.sockets,
    hub,
    questions,
    tokens,
    calls: calls.all,
    get followedCount() {
      return followedCount;
    },
  };
}

const jsonType = { "content-type": "application/json" };

/** The bare address, as documented. */
function pageOf(isElsewhere: boolean, c: Context): string {
  const origin = isElsewhere ? "https://elsewhere.example" : new URL(c.req.url).origin;
  return `${origin}/VRec/Invite/ViewEvent.aspx?page-${crypto.randomUUID()}=`;
}

/** Keys are taken with the stray spaces that the document prints, and in any letters' case. */
async function membersOf(c: Context): Promise<Record<string, string> | undefined> {
  try {
    const body: unknown = await c.req.json();
    if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
    return Object.fromEntries(
      Object.entries(body).map(([name, value]) => [name.trim().toLowerCase(), String(value)]),
    );
  } catch {
    return undefined;
  }
}
