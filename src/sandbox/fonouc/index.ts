/**
 * A simulated Fonouc portal: login, reports of CDRs and recordings, and each recording's metadata
 * or file, with the Kazoo under it and named faults.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import type { EpochMs } from "../../control/call.ts";
import { late } from "../late.ts";
import { controlEndpoints, cutConnection, Faults } from "../simulator.ts";
import type { Simulator } from "../simulator.ts";
import { Calls } from "./calls.ts";
import { fonoucFaultNames, Tokens, troubled } from "./faults.ts";
import { kazooApp } from "./kazoo.ts";
import type { KazooOptions } from "./kazoo.ts";
import { cdrRows, pageOf, recordingRow, recordingRows } from "./reports.ts";
import type { ReportPage } from "./reports.ts";

export interface FonoucSimulatorOptions {
  readonly now?: () => EpochMs;
  readonly user?: { readonly username: string; readonly password: string; readonly domain: string };
  readonly accountId?: string;
  readonly kazoo?: Partial<KazooOptions>;
  /** The unit of `startDate` and `endDate`. */
  readonly dates?: "seconds" | "milliseconds";
  /** Where the next page's key stands: among the records, as the document prints it, or beside. */
  readonly keys?: "among" | "beside";
  /** What `recording/{id}` gives: the document names the file and shows the metadata. */
  readonly gives?: "by_accept" | "metadata" | "file";
}

interface HeardRequest {
  readonly at: EpochMs;
  readonly method: string;
  readonly path: string;
  readonly accountId?: string;
  readonly order?: "mask" | "unmask";
}

export interface FonoucSimulator extends Simulator {
  readonly requests: readonly HeardRequest[];
  /** Tokens that the portal and Kazoo gave out, oldest first. */
  readonly given: { readonly portal: readonly string[]; readonly kazoo: readonly string[] };
  readonly calls: Pick<Calls, "arrive" | "record" | "stop" | "taken">;
}

const ACCOUNT = "5f1a5a9bd51aac0b21dd2e1f2c0b1c22";
/** Frames of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz, mono. */
const FRAME = new Uint8Array(417);
FRAME.set([0xff, 0xfb, 0x90, 0xc4]);

/** Conversations are call ids; `details`: `caller`, `callee`, and `recorded: "no"`. */
export function fonoucSimulator(options: FonoucSimulatorOptions = {}): FonoucSimulator {
  const now = options.now ?? Date.now;
  const accountId = options.accountId ?? ACCOUNT;
  const faults = new Faults(fonoucFaultNames);
  const calls = new Calls(now, faults);
  const tokens = new Tokens();
  const kazooTokens = new Tokens();
  const requests: HeardRequest[] = [];
  const error = (words: string) => ({ error: words });
  const vendor = { error, revoke: () => tokens.revoke() };

  const hear = (c: Context, order?: HeardRequest["order"]): void => {
    const { method, path } = c.req;
    const account = c.req.header("x-account-id");
    requests.push({
      at: now(),
      method,
      path,
      ...(account === undefined ? {} : { accountId: account }),
      ...(order === undefined ? {} : { order }),
    });
  };

  const logIn = async (c: Context) => {
    if (faults.take("unreachable")) return cutConnection("unheard");
    hear(c);
    const sent = await c.req.json<Record<string, unknown>>();
    if (faults.take("login-fails")) return c.json(error("Error due to an internal issue."), 500);
    const { user } = options;
    const isKnown =
      user === undefined ||
      (sent["username"] === user.username &&
        sent["password"] === user.password &&
        sent["domain"] === user.domain);
    if (faults.take("login-refused") ?? !isKnown) {
      return c.json(error(`The information sent is invalid: ${JSON.stringify(sent)}`), 400);
    }
    const refresh_token = `refresh-${crypto.randomUUID()}`;
    return c.json({ user: {}, access_token: tokens.grant(), refresh_token });
  };

  /** What goes before every answer; `answer` only where nothing is wrong. */
  const logged = (answer: (c: Context) => Response) => (c: Context) => {
    if (faults.take("unreachable")) return cutConnection("unheard");
    hear(c);
    const slow = faults.take("slow");
    return late(slow, troubled(c, faults, vendor) ?? refused(c) ?? answer(c));
  };
  const refused = (c: Context): Response | undefined => {
    if (!tokens.admits(c.req.header("authorization")?.replace(/^Bearer /, ""))) {
      return c.json(error("invalid token"), 401);
    }
    if (c.req.header("x-account-id") === accountId) return undefined;
    return c.json(error("The information sent is invalid."), 400);
  };

  const page = (c: Context, of: "cdrs" | "recordings"): ReportPage | undefined => {
    const [from, to] = [Number(c.req.query("startDate")), Number(c.req.query("endDate"))];
    const unitMs = options.dates === "milliseconds" ? 1 : 1_000;
    const startKey = c.req.query("startKey");
    if (startKey !== undefined && faults.take("second-page-fails")) return undefined;
    const rows = of === "cdrs" ? cdrRows(calls) : recordingRows(calls);
    const pageSize = Number(c.req.query("pageSize") ?? "50");
    const query = { from: from * unitMs, to: to * unitMs, pageSize };
    return pageOf(
      rows,
      startKey === undefined ? query : { ...query, startKey: Number(startKey) },
      faults,
    );
  };
  const report = (of: "cdrs" | "recordings", member: string) => (c: Context) => {
    const told = page(c, of);
    if (told === undefined) return c.json(error("Internal server error"), 500);
    const { next, rows } = told;
    const key = next === undefined ? {} : { next_start_key: next };
    if (options.keys === "beside" || of === "recordings") {
      return c.json({ [member]: rows, ...key, page_size: rows.length });
    }
    const last = { next_start_key: next ?? null, page_size: rows.length };
    return c.json({ [member]: [...rows, last] });
  };

  const recording = (c: Context) => {
    const id = c.req.param("id");
    const one = calls.taken.find(
      ({ recordingId, stored }) =>
        recordingId === id && (stored === "listed" || stored === "unlisted"),
    );
    if (one === undefined) return c.json(error("not found"), 404);
    const gives = options.gives ?? "by_accept";
    const wantsFile = /audio\//.test(c.req.header("accept") ?? "");
    if (gives === "file" || (gives === "by_accept" && wantsFile)) {
      const frames = new Uint8Array(FRAME.length * 4);
      for (let at = 0; at < frames.length; at += FRAME.length) frames.set(FRAME, at);
      return c.body(frames, 200, { "content-type": "audio/mpeg" });
    }
    return c.json({ recordings: [recordingRow(one, calls)] });
  };

  const app = new Hono();
  app.post("/api/v2/login", logIn);
  app.get("/api/v2/reports/cdrs", logged(report("cdrs", "data")));
  app.get("/api/v2/reports/recordings", logged(report("recordings", "recordings")));
  app.get("/api/v2/reports/recording/:id", logged(recording));
  app.all("/elsewhere", (c) => {
    hear(c);
    return c.body(null, 204);
  });
  const kazoo = { accountId, apiKey: "", accountName: "", credentials: {}, ...options.kazoo };
  app.route("/", kazooApp(kazoo, { calls, faults, tokens: kazooTokens, hear }));

  const simulator = {
    faults,
    journal: calls.journal,
    begin: (callId: string, details: Readonly<Record<string, string>> = {}) =>
      calls.begin(callId, details),
    end: (callId: string) => calls.end(callId),
    byHand: (callId: string, status: "recording" | "paused") =>
      calls.mask(callId, status === "paused", "person"),
    heard: (callId: string) => calls.heard(callId),
  };
  app.route("/_sim", controlEndpoints(simulator));
  const given = { portal: tokens.given, kazoo: kazooTokens.given };
  return { ...simulator, app, requests, given, calls };
}
