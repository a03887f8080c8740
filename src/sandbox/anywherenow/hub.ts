/**
 * The hub of a simulated AnywhereNow Core, which pushes `RecordingStateChangedEvent`: once as classic
 * ASP.NET SignalR 2.x and once as ASP.NET Core, at an address each. The vendor says neither which it
 * is, nor the addresses and the hub's name, nor how the three members come.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import type { EpochMs } from "../../control/call.ts";
import type { Faults, SimulatedSocket, SocketOffer } from "../simulator.ts";
import { actionNumber } from "./conversations.ts";
import type { StateChange } from "./conversations.ts";

export const classicPath = "/attendantservice/signalr";
export const corePath = "/attendantservice/hubs/recording";
export const hubName = "RecordingHub";
const eventName = "RecordingStateChangedEvent";
/** Ends a Core message. */
const END = "\u001e";

export interface HubOptions {
  /** How the members come: the documented three in one object, or one after the other. */
  readonly membersAs?: "object" | "list" | "names";
  /** A sign of life this often. */
  readonly keepAliveMs?: number;
}

interface Line {
  readonly kind: "classic" | "core";
  readonly socket: SimulatedSocket;
  /** Events are sent from now on. */
  live: boolean;
  /** Classic: hubs it asked for, in lower case. */
  readonly hubs: readonly string[];
}

export interface SimulatedHub {
  readonly app: Hono;
  readonly sockets: SocketOffer;
  /** Sockets that were opened so far. */
  readonly openedCount: number;
  readonly standingCount: number;
  tell(change: StateChange): void;
}

interface Deps {
  readonly faults: Faults;
  readonly now: () => EpochMs;
  denies(authorization: string | undefined): boolean;
}

export function anywherenowHub(deps: Deps, options: HubOptions = {}): SimulatedHub {
  const { faults, now } = deps;
  const keepAliveMs = options.keepAliveMs ?? 10_000;
  const lines = new Set<Line>();
  const tokens = new Set<string>();
  let openedCount = 0;
  let shutUntil = 0;
  let cursor = 0;

  const barred = (c: Context): Response | undefined => {
    if (now() < shutUntil || faults.take("hub-refused")) return c.body(null, 503);
    if (!deps.denies(c.req.header("authorization"))) return undefined;
    return c.body(null, 401, { "www-authenticate": "Bearer" });
  };
  const newToken = (): string => {
    const token = `connection-${crypto.randomUUID()}`;
    tokens.add(token);
    return token;
  };

  const app = new Hono();
  app.on(["GET", "POST"], `${classicPath}/negotiate`, (c) => {
    const ConnectionToken = newToken();
    return (
      barred(c) ??
      c.json({
        Url: classicPath,
        ConnectionToken,
        ConnectionId: crypto.randomUUID(),
        KeepAliveTimeout: (keepAliveMs * 2) / 1_000,
        DisconnectTimeout: 30,
        ConnectionTimeout: 110,
        TryWebSockets: true,
        ProtocolVersion: c.req.query("clientProtocol") ?? "1.2",
        TransportConnectTimeout: 5,
        LongPollDelay: 0,
      })
    );
  });
  app.get(`${classicPath}/start`, (c) => {
    const refused = barred(c);
    if (refused !== undefined) return refused;
    const line = byToken.get(c.req.query("connectionToken") ?? "");
    if (line === undefined) return c.text("The ConnectionId is in the incorrect format.", 400);
    line.live = true;
    return c.json({ Response: "started" });
  });
  app.post(`${classicPath}/abort`, (c) => c.body(null, 200));
  app.post(`${corePath}/negotiate`, (c) => {
    const connectionToken = newToken();
    return (
      barred(c) ??
      c.json({
        negotiateVersion: 1,
        connectionId: crypto.randomUUID(),
        connectionToken,
        availableTransports: [{ transport: "WebSockets", transferFormats: ["Text", "Binary"] }],
      })
    );
  });

  /** Classic lines by their token, for `start`. */
  const byToken = new Map<string, Line>();

  const enter = (line: Line, token: string): (() => void) => {
    openedCount += 1;
    lines.add(line);
    byToken.set(token, line);
    const sign = line.kind === "classic" ? "{}" : `{"type":6}${END}`;
    const beat: unknown = setInterval(() => {
      if (!isOn("hub-dead")) line.socket.send(sign);
    }, keepAliveMs);
    (beat as { unref?: () => void }).unref?.();
    return () => {
      clearInterval(beat as ReturnType<typeof setInterval>);
      lines.delete(line);
      byToken.delete(token);
      tokens.delete(token);
    };
  };
  const isOn = (name: string): boolean => faults.list().some((fault) => fault.name === name);

  const sockets: SocketOffer = (address, authorization) => {
    const query = address.searchParams;
    const isClassic = address.pathname === `${classicPath}/connect`;
    if (!isClassic && address.pathname !== corePath) return 404;
    if (now() < shutUntil) return 503;
    if (deps.denies(authorization)) return 401;
    const token = query.get(isClassic ? "connectionToken" : "id") ?? "";
    if (!tokens.has(token) && (isClassic || token !== "")) return isClassic ? 400 : 404;
    return (socket) => {
      const hubs = isClassic ? hubsIn(query.get("connectionData")) : [];
      const line: Line = { kind: isClassic ? "classic" : "core", socket, live: false, hubs };
      const closed = enter(line, token);
      if (isClassic) socket.send(JSON.stringify({ C: `s-${(cursor += 1)}`, S: 1, M: [] }));
      return { closed, message: (text) => shake(line, text) };
    };
  };

  /** The first message of a Core client is its handshake; the others are pings. */
  const shake = (line: Line, text: string): void => {
    if (line.kind === "classic" || line.live) return;
    const asked = fields(parsed(text.split(END)[0] ?? ""));
    const isKnown = asked["protocol"] === "json" && asked["version"] === 1;
    line.socket.send(`${JSON.stringify(isKnown ? {} : { error: "unknown protocol" })}${END}`);
    line.live = isKnown;
  };

  const send = (line: Line, target: string, args: readonly unknown[]): void => {
    if (!line.live) return;
    if (line.kind === "core") {
      line.socket.send(`${JSON.stringify({ type: 1, target, arguments: args })}${END}`);
    } else if (line.hubs.includes(hubName.toLowerCase())) {
      const M = [{ H: hubName, M: target, A: args }];
      line.socket.send(JSON.stringify({ C: `s-${(cursor += 1)}`, M }));
    }
  };

  const argumentsOf = ({ action, conversation }: StateChange): readonly unknown[] => {
    const { correlationId, uccName } = conversation;
    const StateAction = options.membersAs === "names" ? action : actionNumber[action];
    if (options.membersAs === "list") return [uccName, correlationId, StateAction];
    return [{ UccName: uccName, CorrelationId: correlationId, StateAction }];
  };

  return {
    app,
    sockets,
    get openedCount() {
      return openedCount;
    },
    get standingCount() {
      return lines.size;
    },
    tell(change) {
      const target = change.conversation.correlationId;
      if (lines.size === 0 || faults.take("hub-silent", target) || isOn("hub-dead")) return;
      const drop = faults.take("hub-drop", target);
      if (drop !== undefined) {
        shutUntil = now() + (drop.ms ?? 0);
        for (const { socket } of lines) socket.cut();
        return;
      }
      if (faults.take("hub-garbage", target)) {
        for (const { socket } of lines) socket.send("<html>Service Unavailable</html>");
        return;
      }
      const broken = faults.take("hub-malformed", target);
      const args =
        broken === undefined ? argumentsOf(change) : [{ UccName: null, StateAction: {} }];
      for (const line of lines) send(line, eventName, args);
    },
  };
}

function hubsIn(connectionData: string | null): readonly string[] {
  const asked = parsed(connectionData ?? "");
  if (!Array.isArray(asked)) return [];
  return asked.map((one: unknown) => String(fields(one)["name"]).toLowerCase());
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const fields = (one: unknown): Readonly<Record<string, unknown>> =>
  typeof one === "object" && one !== null ? (one as Record<string, unknown>) : {};
