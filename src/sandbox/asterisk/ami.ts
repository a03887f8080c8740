/**
 * A simulated Asterisk's manager interface (AMI), as far as MixMonitors are muted and looked at over
 * it, with named faults. What serves it hands each connection to `connection`.
 *
 * @module
 */
import { Hono } from "hono";
import type { EpochMs } from "../../control/call.ts";
import { background } from "../late.ts";
import { controlEndpoints, Faults } from "../simulator.ts";
import type { SimulatedSocket, Simulator, SocketTalk } from "../simulator.ts";
import { amiFaultNames } from "./amiFaults.ts";
import { type Channel, Channels, type Direction } from "./monitors.ts";

export interface AmiSimulatorOptions {
  readonly now?: () => EpochMs;
  readonly user?: { readonly name: string; readonly secret: string };
  readonly version?: string;
  /** A challenge's digest (MD5), which no runtime has everywhere. Without it only `plain` works. */
  readonly digest?: (text: string) => string;
}

interface HeardAction {
  readonly at: EpochMs;
  readonly action: string;
  /** An order about a channel that there is. */
  readonly muted?: boolean;
}

export interface AmiSimulator extends Simulator {
  readonly requests: readonly HeardAction[];
  /** Whatever serves it calls this for each connection. */
  connection(socket: SimulatedSocket): SocketTalk;
  readonly standingCount: () => number;
  readonly openedCount: () => number;
  readonly pingCount: () => number;
  /** Another MixMonitor starts on a channel, or the first one stops. */
  monitor(uniqueId: string): void;
  stopMonitor(uniqueId: string): void;
  /** Somebody else's mute, of one direction. */
  muteOneDirection(uniqueId: string): void;
}

type Asked = ReadonlyMap<string, string>;
interface Client {
  readonly socket: SimulatedSocket;
  isIn: boolean;
}

const answerMs = 60_000;

/** Conversations are channels' unique ids; with `details.monitored` "no" nothing records one. */
export function amiSimulator(options: AmiSimulatorOptions = {}): AmiSimulator {
  const now = options.now ?? Date.now;
  const version = options.version ?? "16.28.0~dfsg-0+deb11u4";
  const user = options.user ?? { name: "tacet", secret: "sandbox" };
  const channels = new Channels(now, !/^(?:1[0-7]|18\.1[0-7]|20\.[0-2])\./.test(version));
  const faults = new Faults(amiFaultNames);
  const requests: HeardAction[] = [];
  const clients = new Set<Client>();
  const challenge = "135098656";
  let openedCount = 0;
  let pingCount = 0;

  const cutAll = (): void => {
    for (const { socket } of [...clients]) socket.cut();
  };
  channels.tell = (name, channel, more = {}) => {
    if (faults.take("drop", channel.uniqueId)) return cutAll();
    if (name === "MixMonitorMute" && faults.take("event-lost", channel.uniqueId)) return;
    const malformed = name === "MixMonitorMute" && faults.take("malformed-event") !== undefined;
    const { uniqueId, name: Channel } = channel;
    const lines = { Privilege: "call,all", Channel, Uniqueid: uniqueId, Linkedid: uniqueId };
    const text = frame({ [malformed ? "Happened" : "Event"]: name, ...lines, ...more });
    for (const { isIn, socket } of clients) if (isIn) socket.send(text);
  };

  const mute = (asked: Asked, reply: Reply): void => {
    const channel = channels.find(asked.get("channel") ?? "");
    const target = channel?.uniqueId;
    const muted = asked.get("state") === "1";
    const direction = asked.get("direction") as Direction | undefined;
    requests.push({
      at: now(),
      action: "MixMonitorMute",
      ...(channel === undefined ? {} : { muted }),
    });
    const slow = faults.take("slow", target);
    const answer = (lines: Lines): void => {
      if (slow === undefined) reply(lines);
      else background(() => reply(lines), slow.ms ?? answerMs);
    };
    if (faults.take("not-permitted", target)) return answer(error("Permission denied"));
    if (faults.take("operation-failed", target)) return answer(error(`Failed: ${user.secret}`));
    if (channel === undefined) return answer(error("No such channel"));
    if (direction === undefined) {
      return answer(error("No direction specified. Must be read, write or both"));
    }
    if (faults.take("lost-and-not-applied", target)) return;
    if (faults.take("ack-and-ignore", target)) return answer({ Response: "Success" });
    if (channel.monitors.length === 0 || faults.take("nothing-recording", target)) {
      if (!faults.take("success-of-nothing", target)) return answer(error("Cannot set mute flag"));
      answer({ Response: "Success" });
      return channels.tellMute(channel, direction, muted);
    }
    const hung = muted ? undefined : faults.take("hung-resume", target);
    if (hung !== undefined) {
      if (hung.ms !== undefined)
        background(() => void channels.mute(channel, direction, false, "command"), hung.ms);
      return;
    }
    // Seen on 16.28: the reply comes first, its event right behind it.
    if (!faults.take("applied-but-lost", target)) answer({ Response: "Success" });
    channels.mute(channel, direction, muted, "command");
    const hand = muted ? faults.take("manual-unpause", target) : undefined;
    if (hand !== undefined) background(() => byHand(channel.uniqueId, "recording"), hand.ms ?? 100);
  };

  const status = (asked: Asked, reply: Reply): void => {
    const channel = channels.find(asked.get("channel") ?? "");
    requests.push({ at: now(), action: "Status" });
    const slow = faults.take("slow-reads", channel?.uniqueId) ?? faults.take("slow");
    const answer = (lines: readonly Lines[]): void => {
      if (slow === undefined) lines.forEach(reply);
      else background(() => lines.forEach(reply), slow.ms ?? answerMs);
    };
    if (channel === undefined) return answer([error("No such channel")]);
    const isOff = faults.take("nothing-recording", channel.uniqueId) !== undefined;
    answer([
      { Response: "Success", EventList: "start", Message: "Channel status will follow" },
      statusEvent(channel, isOff),
      { Event: "StatusComplete", EventList: "Complete", ListItems: "1", Items: "1" },
    ]);
  };

  const login = (client: Client, asked: Asked, reply: Reply): void => {
    const { digest } = options;
    const right =
      asked.get("authtype") === "MD5"
        ? digest !== undefined && asked.get("key") === digest(challenge + user.secret)
        : asked.get("secret") === user.secret;
    if (!right || asked.get("username") !== user.name || faults.take("login-refused")) {
      return reply(error("Authentication failed"));
    }
    client.isIn = true;
    reply({ Response: "Success", Message: "Authentication accepted" });
  };

  const act = (client: Client, asked: Asked): void => {
    const action = asked.get("action") ?? "";
    const id = asked.get("actionid");
    const reply: Reply = (lines) => {
      const [head = ["", ""], ...rest] = Object.entries(lines);
      const own = id === undefined ? {} : { ActionID: id };
      client.socket.send(frame({ [head[0]]: head[1], ...own, ...Object.fromEntries(rest) }));
    };
    if (faults.take("silent")) return;
    if (action === "Challenge") return reply({ Response: "Success", Challenge: challenge });
    if (action === "Login") return login(client, asked, reply);
    if (!client.isIn) return reply(error("Permission denied"));
    if (action === "Status" || action === "MixMonitorMute") {
      if (faults.take("bad-reply")) return reply({ Response: "<html>", Message: "It works" });
      const oversized = faults.take("oversized");
      if (oversized) return client.socket.send(`Response: ${" ".repeat(oversized.ms ?? 100_000)}`);
    }
    switch (action) {
      case "CoreSettings":
        return reply({ Response: "Success", AMIversion: "5.0.4", AsteriskVersion: version });
      case "Ping":
        pingCount += 1;
        return reply({ Response: "Success", Ping: "Pong" });
      case "Status":
        return status(asked, reply);
      case "MixMonitorMute":
        return mute(asked, reply);
      default:
        return reply(error(`Invalid/unknown command: ${action}.`));
    }
  };

  const byHand = (uniqueId: string, to: "recording" | "paused"): void => {
    const channel = channels.find(uniqueId);
    if (channel !== undefined) channels.mute(channel, "both", to === "paused", "person");
  };

  const simulator = {
    faults,
    journal: channels.journal,
    begin(uniqueId: string, details: Readonly<Record<string, string>> = {}) {
      const name = details["channel"] ?? `PJSIP/100-${uniqueId}`;
      channels.begin(uniqueId, name, details["monitored"] !== "no");
      if (faults.take("foreign-mute", uniqueId)) byHand(uniqueId, "paused");
    },
    end: (uniqueId: string) => channels.end(uniqueId),
    byHand,
    heard: (uniqueId: string) => channels.heard(uniqueId),
  };
  const app = new Hono();
  app.route("/_sim", controlEndpoints(simulator));
  return {
    ...simulator,
    app,
    requests,
    connection(socket) {
      if (faults.take("unreachable")) {
        socket.cut();
        return { message: () => undefined, closed: () => undefined };
      }
      const client: Client = { socket, isIn: false };
      clients.add(client);
      openedCount += 1;
      socket.send(faults.take("not-ami") ? "220 mail\r\n" : "Asterisk Call Manager/5.0.4\r\n");
      let rest = "";
      return {
        message(text) {
          rest += text;
          const blocks = rest.split("\r\n\r\n");
          rest = blocks.pop() ?? "";
          for (const block of blocks) {
            if (faults.take("unreachable")) return socket.cut();
            act(client, asAsked(block));
          }
        },
        closed: () => void clients.delete(client),
      };
    },
    standingCount: () => clients.size,
    openedCount: () => openedCount,
    pingCount: () => pingCount,
    monitor: (uniqueId) => channels.monitor(uniqueId),
    stopMonitor: (uniqueId) => channels.stopMonitor(uniqueId),
    muteOneDirection(uniqueId) {
      const channel = channels.find(uniqueId);
      if (channel !== undefined) channels.mute(channel, "read", true, "person");
    },
  };
}

type Lines = Readonly<Record<string, string>>;
type Reply = (lines: Lines) => void;

const error = (Message: string): Lines => ({ Response: "Error", Message });
const frame = (lines: Lines): string =>
  `${Object.entries(lines)
    .map(([key, value]) => `${key}: ${value}`)
    .join("\r\n")}\r\n\r\n`;

const statusEvent = (channel: Channel, isOff: boolean): Lines => ({
  Event: "Status",
  Privilege: "Call",
  Channel: channel.name,
  Uniqueid: channel.uniqueId,
  Linkedid: channel.uniqueId,
  Variable: `MIXMONITOR_FILENAME=${(isOff ? undefined : channel.file) ?? "(null)"}`,
});

const asAsked = (block: string): Asked =>
  new Map(
    block
      .split("\r\n")
      .map((line) => [
        line.slice(0, line.indexOf(":")).trim().toLowerCase(),
        line.slice(line.indexOf(":") + 1).trim(),
      ]),
  );
