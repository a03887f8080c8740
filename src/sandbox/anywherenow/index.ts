/**
 * A simulated AnywhereNow Core: both versions of its REST recording API as the vendor documents
 * them, optionally behind a bearer token, with named faults.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import type { EpochMs } from "../../control/call.ts";
import type { SimulatedHub } from "../hub.ts";
import { background, late, never } from "../late.ts";
import { controlEndpoints, cutConnection, Faults, SecondMute } from "../simulator.ts";
import type { Simulator } from "../simulator.ts";
import { actionNumber, Conversations } from "./conversations.ts";
import type { ActionName, Conversation } from "./conversations.ts";
import { faultNames } from "./faults.ts";
import { anywherenowHub } from "./hub.ts";
import type { HubOptions } from "./hub.ts";
import { tokenService } from "./tokens.ts";
import type { TokenService, TokenServiceOptions } from "./tokens.ts";

export interface AnywhereNowSimulatorOptions {
  readonly now?: () => EpochMs;
  /** UCC names and the SIP URIs of their agents. The first one is where calls begin by default. */
  readonly uccs?: Readonly<Record<string, readonly string[]>>;
  /** Asks for a bearer token, as with the vendor's own authentication switched on. */
  readonly auth?: TokenServiceOptions;
  readonly hub?: HubOptions;
}

/** One request as it was heard; orders by their name. */
interface HeardRequest {
  readonly at: EpochMs;
  readonly method: string;
  readonly path: string;
  readonly action?: ActionName;
  readonly correlationId?: string;
  readonly requester?: string;
}

export interface AnywhereNowSimulator extends Simulator {
  readonly requests: readonly HeardRequest[];
  readonly tokens?: TokenService;
  /** Its SignalR side. */
  readonly hub: Pick<SimulatedHub, "openedCount" | "standingCount">;
  /** The documented state object, for what no API but this one shows (marking, saving). */
  conversation(correlationId: string): Readonly<Conversation> | undefined;
}

const demoUccs = { "ucc-demo": ["sip:agent@domain.com", "sip:agent2@domain.com"] } as const;

export function anywherenowSimulator(
  options: AnywhereNowSimulatorOptions = {},
): AnywhereNowSimulator {
  const now = options.now ?? Date.now;
  const uccs = new Map(
    Object.entries(options.uccs ?? demoUccs).map(([ucc, agents]) => [
      ucc.toLowerCase(),
      { ucc, agents: new Set(agents.map((agent) => agent.toLowerCase())) },
    ]),
  );
  const conversations = new Conversations(now);
  const faults = new Faults(faultNames);
  const secondMute = new SecondMute(faults);
  const requests: HeardRequest[] = [];
  const tokens = options.auth === undefined ? undefined : tokenService(options.auth, now);
  const uccOf = new Map<string, string>();

  const hear = (c: Context, more: Partial<HeardRequest> = {}): void => {
    requests.push({ at: now(), method: c.req.method, path: c.req.path, ...more });
  };

  /** What every endpoint may do instead of answering. */
  const troubled = (c: Context, target?: string): Response | undefined => {
    if (faults.take("html-instead-of-json", target)) {
      return c.html("<!doctype html><title>IIS</title><h1>Server Error in '/' Application.</h1>");
    }
    if (faults.take("redirect", target)) return c.redirect("/elsewhere", 302);
    const oversized = faults.take("oversized", target);
    if (oversized) return c.body(" ".repeat(oversized.ms ?? 1_000_000), 200, jsonType);
    const denied =
      faults.take("unauthorized", target) ?? tokens?.denies(c.req.header("authorization"));
    if (denied) return c.body(null, 401, { "www-authenticate": "Bearer" });
    return undefined;
  };

  const readState = async (c: Context): Promise<Response> => {
    const uccName = c.req.param("ucc") ?? "";
    const correlationId = c.req.param("id") ?? "";
    if (faults.take("unreachable", correlationId)) return cutConnection("unheard");
    hear(c, { correlationId });
    const slow = faults.take("slow", correlationId) ?? faults.take("slow-reads", correlationId);
    const trouble = troubled(c, correlationId);
    if (trouble !== undefined) return late(slow, trouble);
    const found = conversations.find(uccName, correlationId);
    if (found === undefined || faults.take("nothing-recording", correlationId)) {
      return late(slow, noSession(c, uccName, correlationId, faults));
    }
    return late(slow, c.json(stateOf(found)));
  };

  const setState = async (c: Context): Promise<Response> => {
    const asked = await readOrder(c);
    if (faults.take("unreachable", asked?.CorrelationId)) return cutConnection("unheard");
    if (asked === undefined) {
      hear(c);
      return troubled(c) ?? c.json({ ErrorMessage: validation("The request is invalid.") }, 400);
    }
    const { action, CorrelationId: correlationId, RequesterSipUri: requester, UCCName } = asked;
    hear(c, { action, correlationId, requester });
    const slow = faults.take("slow", correlationId);
    const trouble = troubled(c, correlationId);
    if (trouble !== undefined) return late(slow, trouble);
    if (faults.take("lost-and-not-applied", correlationId)) return cutConnection("heard");
    const found = conversations.find(UCCName, correlationId);
    if (found === undefined || faults.take("nothing-recording", correlationId)) {
      return late(slow, noSession(c, UCCName, correlationId, faults));
    }
    const error = (words: string): Promise<Response> =>
      late(slow, c.json({ ...stateOf(found), ErrorMessage: validation(words) }));
    if (!uccs.get(UCCName.toLowerCase())?.agents.has(requester.toLowerCase())) {
      return error(`RequesterSipUri '${requester}' is not a valid agent.`);
    }
    if (faults.take("not-permitted", correlationId)) return error("Agent can not edit recordings.");
    // An error that quotes what it was sent, as some do: no secret may reach tacet's own words.
    if (faults.take("error-in-200", correlationId)) {
      return error(`Configuration of the recorder failed. ${c.req.header("authorization") ?? ""}`);
    }
    if (faults.take("ack-and-ignore", correlationId)) return late(slow, c.json(stateOf(found)));
    if (action === "Start") {
      const hung = faults.take("hung-resume", correlationId);
      if (hung !== undefined) return never(hung, () => conversations.act(found, action));
    }
    const before = found.recording;
    const doing = secondMute.order(orderOf(action), correlationId);
    if (doing === "nothing") return late(slow, c.json(stateOf(found)));
    const refusal = conversations.act(found, doing === "pause" ? "Pause" : action);
    if (refusal !== undefined) return error(refusal);
    const hand = action === "Pause" ? faults.take("manual-unpause", correlationId) : undefined;
    if (hand !== undefined) {
      background(() => conversations.byHand(correlationId, "recording"), hand.ms ?? 100);
    }
    if (faults.take("applied-but-lost", correlationId)) return cutConnection("heard");
    if (found.recording === before && action in alreadyWords) {
      const words = alreadyWords[action as keyof typeof alreadyWords];
      if (faults.take("already-paused-is-error", correlationId)) return error(words);
    }
    return late(slow, c.json(stateOf(found)));
  };

  const readCapabilities = (c: Context): Response => {
    if (faults.take("unreachable")) return cutConnection("unheard");
    hear(c);
    const trouble = troubled(c);
    if (trouble !== undefined) return trouble;
    const uccName = c.req.param("ucc") ?? "";
    const known = uccs.has(uccName.toLowerCase());
    return c.json({
      AgentCanEditRecordings: known && !faults.list().some(({ name }) => name === "not-permitted"),
      ErrorMessage: known ? null : validation(`UCC '${uccName}' was not found.`),
      UCCName: uccName,
    });
  };

  const app = new Hono();
  for (const version of ["/attendantservice/api/recording", "/attendantservice/api/v2/recording"]) {
    app.get(`${version}/capabilities/:ucc`, readCapabilities);
    app.get(`${version}/:ucc/:id`, readState);
    app.post(`${version}/set`, setState);
  }
  if (tokens !== undefined) app.route("/", tokens.app);
  const denies = (authorization: string | undefined) => tokens?.denies(authorization) ?? false;
  const { hub, tell } = anywherenowHub({ faults, now, denies }, options.hub);
  app.route("/", hub.app);
  conversations.onChange = tell;
  app.all("/elsewhere", (c) => {
    hear(c);
    return c.json({ ErrorMessage: null });
  });
  const simulator = {
    faults,
    journal: conversations.journal,
    begin(target: string, details: Readonly<Record<string, string>> = {}) {
      const uccName = details["uccName"] ?? [...uccs.values()][0]?.ucc ?? "ucc-demo";
      uccOf.set(target.toLowerCase(), uccName);
      conversations.begin(target, uccName, Number(details["recordingState"] ?? 1));
      if (faults.take("foreign-mute", target)) conversations.byHand(target, "paused");
    },
    end(target: string) {
      secondMute.forget(target);
      conversations.end(target);
    },
    byHand: (target: string, status: "recording" | "paused") =>
      conversations.byHand(target, status),
    heard: (target: string) => conversations.heard(target),
  };
  app.route("/_sim", controlEndpoints(simulator));
  return {
    ...simulator,
    app,
    sockets: hub.sockets,
    hub,
    requests,
    conversation: (id) => conversations.find(uccOf.get(id.toLowerCase()) ?? "", id),
    ...(tokens === undefined ? {} : { tokens }),
  };
}

/** Orders that change what is recorded. */
function orderOf(action: ActionName): "pause" | "resume" | undefined {
  if (action === "Pause") return "pause";
  return action === "Start" ? "resume" : undefined;
}

const jsonType = { "content-type": "application/json" };
/** Whether a repeat is an error, and in which words, is not documented: these are a guess. */
const alreadyWords = {
  Pause: "The recorder is already paused.",
  Start: "The recorder is already started.",
} as const;

const validation = (Message: string) => ({ ErrorType: 2, Message });

function stateOf(conversation: Conversation) {
  return {
    CorrelationId: conversation.correlationId,
    RecordingState: conversation.recording,
    MarkingState: conversation.marking,
    SavingState: conversation.saving,
    ErrorMessage: null,
    UCCName: conversation.uccName,
  };
}

/** The documented answer for a session that is not there. Its HTTP status is not documented. */
function noSession(c: Context, UCCName: string, CorrelationId: string, faults: Faults): Response {
  const ErrorMessage = validation(
    `No Audio session with correlation Id:'${CorrelationId}' was found.`,
  );
  const states = { RecordingState: 0, MarkingState: 0, SavingState: 0 };
  const status = faults.take("not-found-is-404", CorrelationId) ? 404 : 200;
  return c.json({ CorrelationId, ...states, ErrorMessage, UCCName }, status);
}

interface Order {
  readonly action: ActionName;
  readonly CorrelationId: string;
  readonly RequesterSipUri: string;
  readonly UCCName: string;
}

async function readOrder(c: Context): Promise<Order | undefined> {
  let body: unknown;
  try {
    body = await c.req.json();
  } catch {
    return undefined;
  }
  if (typeof body !== "object" || body === null) return undefined;
  const { Action, CorrelationId, RequesterSipUri, UCCName } = body as Record<string, unknown>;
  const known = Object.entries(actionNumber).find(
    ([name, number]) => Action === name || Action === number,
  );
  if (known === undefined || typeof CorrelationId !== "string") return undefined;
  if (typeof RequesterSipUri !== "string" || typeof UCCName !== "string") return undefined;
  return { action: known[0] as ActionName, CorrelationId, RequesterSipUri, UCCName };
}
