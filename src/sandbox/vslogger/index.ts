/**
 * A simulated VSLogger: its HTML API as the vendor documents it, with security hash, versions and
 * named faults. Errors come in a 200, which the vendor does not say and its envelope suggests.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import { background, late, never } from "../late.ts";
import type { EpochMs } from "../../control/call.ts";
import { controlEndpoints, cutConnection, Faults, SecondMute } from "../simulator.ts";
import type { JournalLine, Simulator } from "../simulator.ts";
import { Archive } from "./archive.ts";
import { Channels } from "./channels.ts";
import type { Channel } from "./channels.ts";
import { failed, succeeded } from "./envelope.ts";
import { faultNames, fault } from "./faults.ts";
import type { Order } from "./orders.ts";
import { apply, changesNothing, orderOf, silences } from "./orders.ts";
import { KeptRecordings } from "./recordings.ts";
import type { Kept } from "./recordings.ts";
import type { HashCheck } from "./security.ts";
import { hashChecker } from "./security.ts";

export interface VsloggerSimulatorOptions {
  readonly now?: () => EpochMs;
  /** How many channels it has. */
  readonly channelCount?: number;
  readonly version?: string;
  /** HASHTYPE and SALT; absent: HASHTYPE NONE. */
  readonly hash?: HashCheck;
  readonly booleansAs?: "booleans" | "strings";
  /** What a person does at the recorder: mute, or stop the recording. */
  readonly handBy?: "mute" | "record";
  /** Whether a search's range is of starts (the default), or of whatever overlaps it. */
  readonly rangeOf?: "starts" | "overlaps";
}

/** One request as it was heard. Never its hash. */
interface HeardRequest {
  readonly at: EpochMs;
  readonly method: string;
  readonly res: string;
  readonly ss: string | undefined;
  /** What it asks to change, for channel-cmd, channel-state and call-state. */
  readonly order?: Order;
  /** What it asks of `recordings` and `recording`. */
  readonly form?: Readonly<Record<string, string>>;
}

export interface VsloggerSimulator extends Simulator {
  readonly requests: readonly HeardRequest[];
  /** Requests meant to change what is recorded: notes and flags are none. */
  commandsHeard(): number;
  /** Every member of a channel, whatever the API shows. */
  channel(number: number): Readonly<Channel> | undefined;
  /** Every file there is, the oldest first. */
  kept(): readonly Readonly<Kept>[];
  /** Puts a file there as though it had been recorded. */
  keep(kept: Kept): void;
  /** Changes members past the API. */
  poke(number: number, members: Partial<Channel>): void;
}

export function vsloggerSimulator(options: VsloggerSimulatorOptions = {}): VsloggerSimulator {
  const now = options.now ?? Date.now;
  const recordings = new KeptRecordings(now);
  const channels = new Channels(options.channelCount ?? 32, now, (one) => recordings.follow(one));
  const faults = new Faults(faultNames);
  const secondMute = new SecondMute(faults);
  const requests: HeardRequest[] = [];
  const version = options.version ?? "5.1.0.0";
  const checkHash = hashChecker(options.hash);
  const has = (from: string): boolean => version.localeCompare(from, "en", { numeric: true }) >= 0;

  const archive = new Archive(recordings, faults, {
    now,
    has,
    salt: options.hash?.salt ?? "unsalted",
    rangeOf: options.rangeOf ?? "starts",
  });

  const answer = async (c: Context): Promise<Response> => {
    const query = c.req.query();
    const res = query["res"] ?? "";
    const form = c.req.method === "POST" ? await readForm(c) : {};
    const order = orderOf(c.req.method, res, query, form);
    const target = nameOf(order ?? { ...query, ...form });
    if (faults.take("unreachable", target)) return cutConnection("unheard");
    // Nothing waits from here on: a request that was heard is done, or not, at once.
    const refusal = await checkHash(res, query["ss"], query["hh"]);
    requests.push({
      at: now(),
      method: c.req.method,
      res,
      ss: query["ss"],
      ...(order === undefined ? {} : { order }),
      ...(res.startsWith("recording") && { form }),
    });
    const trouble = fault.instead(c, faults, target, options.hash?.salt ?? "");
    if (trouble !== undefined) return trouble;
    if (refusal !== undefined) return failed(c, -4, refusal);
    if (c.req.method === "DELETE") return failed(c, -3, "Action not permitted!");
    const archived = await archive.answer(c, query, form);
    if (archived !== undefined) return archived;
    return order === undefined ? read(c, res, query, target) : obey(c, order, target);
  };

  const read = async (
    c: Context,
    res: string,
    query: Readonly<Record<string, string>>,
    target: string | undefined,
  ): Promise<Response> => {
    const slow = faults.take("slow-reads", target);
    switch (res) {
      case "channel-states":
        return late(slow, succeeded(c, channels.all().map(channelView)));
      case "channel-state": {
        const found = channels.byNumber(Number(query["channel"]));
        if (found === undefined) return failed(c, -1, "no such channel");
        return late(slow, succeeded(c, channelView(found)));
      }
      case "call": {
        if (!has("5.1.0.0")) return failed(c, -1, "unknown resource");
        const found = channels.byCall(query["call_id"] ?? "", query["hw"] ?? "");
        if (found === undefined) return failed(c, -1, "no such call");
        return late(slow, succeeded(c, callView(found)));
      }
      default:
        return failed(c, -1, "not supported");
    }
  };

  const obey = (
    c: Context,
    order: Order,
    target: string | undefined,
  ): Promise<Response> | Response => {
    if (!has(order.since)) return failed(c, -1, "unknown resource");
    if (faults.take("not-permitted", target)) return failed(c, -3, "Action not permitted!");
    if (faults.take("error-in-200", target)) {
      // An error that quotes its own configuration, as some do: no secret may get into tacet's words.
      return failed(c, -1, `internal error (${options.hash?.salt ?? "no salt"})`);
    }
    if (faults.take("lost-and-not-applied", target)) return cutConnection("heard");
    const channel =
      order.by === "call"
        ? channels.byCall(order.callId, order.hw)
        : channels.byNumber(order.channel);
    if (channel === undefined) return failed(c, -1, `no such ${order.by}`);
    if (order.problem !== undefined) return failed(c, -1, order.problem);
    const repeated = changesNothing(channel, order);
    if (repeated && faults.take("already-paused-is-error", target)) {
      return failed(c, -1, "nothing to do");
    }
    if (faults.take("ack-and-ignore", target)) return succeeded(c, "");
    if (faults.take("nothing-recording", target)) return succeeded(c, "");
    const silencing = silences(order);
    if (silencing === false) {
      const hung = faults.take("hung-resume", target);
      if (hung !== undefined) return never(hung, () => apply(channels, channel, order));
    }
    const asked = silencing === undefined ? undefined : silencing ? "pause" : "resume";
    const doing = secondMute.order(asked, channel.name);
    if (doing === "nothing") return succeeded(c, "");
    if (doing === "pause") byHand(channel.name, "paused", "command");
    else apply(channels, channel, order);
    const hand = silencing === true ? faults.take("manual-unpause", target) : undefined;
    if (hand !== undefined) background(() => byHand(channel.name, "recording"), hand.ms ?? 100);
    if (faults.take("applied-but-lost", target)) return cutConnection("heard");
    return late(faults.take("slow", target), succeeded(c, ""));
  };

  const byHand = (
    target: string,
    status: "recording" | "paused",
    cause: JournalLine["cause"] = "person",
  ): void => {
    const channel = channels.byName(target);
    if (channel === undefined) return;
    if (status === "recording") channels.set(channel, cause, { mute: false, record: true });
    else if (options.handBy === "record") channels.set(channel, cause, { record: false });
    else channels.set(channel, cause, { mute: true });
  };

  const shown = (members: object): object =>
    options.booleansAs === "strings"
      ? Object.fromEntries(
          Object.entries(members).map(([name, value]) => [
            name,
            typeof value === "boolean" ? String(value) : value,
          ]),
        )
      : members;
  const channelView = (channel: Channel): object => {
    const { name: _name, began: _began, call: _call, device_id: _device, ...members } = channel;
    return shown(seen(channel, members));
  };
  const callView = (channel: Channel): object => {
    const { name: _n, began: _b, call, device_id: _d, enable: _e, onoff: _o, ...members } = channel;
    return shown(seen(channel, { call_id: call?.id, ...members }));
  };
  const seen = (channel: Channel, members: object): object =>
    faults.take("nothing-recording", String(channel.channel))
      ? { ...members, record: false, mute: false, ...("onoff" in members && { onoff: false }) }
      : members;

  const app = new Hono();
  app.all("/api/v1", answer);
  app.get("/api/link", (c) => archive.page(c));
  app.all("/elsewhere", (c) => {
    requests.push({ at: now(), method: c.req.method, res: "/elsewhere", ss: undefined });
    return succeeded(c, "");
  });
  const simulator = {
    faults,
    journal: channels.journal,
    begin(target: string, details: Readonly<Record<string, string>> = {}) {
      channels.begin(target, details);
      if (faults.take("foreign-mute", target)) byHand(target, "paused");
    },
    end(target: string) {
      secondMute.forget(target);
      channels.end(target, faults.take("channel-reuse", target) !== undefined);
    },
    byHand: (target: string, status: "recording" | "paused") => byHand(target, status),
    heard: (target: string) => channels.heard(target),
  };
  app.route("/_sim", controlEndpoints(simulator));
  app.get("/_sim/requests", (c) => c.json(requests));
  return {
    ...simulator,
    app,
    requests,
    commandsHeard: () =>
      requests.filter(({ order }) => order !== undefined && silences(order) !== undefined).length,
    channel: (number) => channels.byNumber(number),
    kept: () => recordings.all(),
    keep: (kept) => recordings.add(kept),
    poke(number, members) {
      const channel = channels.byNumber(number);
      if (channel !== undefined) channels.set(channel, "person", members);
    },
  };
}

async function readForm(c: Context): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(new URLSearchParams(await c.req.text()));
}

/** Faults are aimed by a call's id or by a channel's number. */
function nameOf(told: Readonly<Record<string, unknown>>): string | undefined {
  const callId = told["callId"] ?? told["call_id"];
  if (typeof callId === "string") return callId;
  const { channel } = told;
  return typeof channel === "number" || typeof channel === "string" ? `${channel}` : undefined;
}
