/**
 * The hub of a simulated recorder that pushes over SignalR: once as classic ASP.NET SignalR 2.x and
 * once as ASP.NET Core, at an address each. What it pushes, and in which form, is the vendor's.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import type { EpochMs } from "../control/call.ts";
import type { Faults, SimulatedSocket, SocketOffer } from "./simulator.ts";

/** Ends a Core message. */
const END = "\u001e";

/** For a simulator's own list of faults. */
export const hubFaultNames = [
  "hub-drop", // an event is lost with every connection to the hub; for `ms` (0) nobody may come back
  "hub-silent", // events are not sent; connections stand and give signs of life
  "hub-dead", // a hub's connections stand and nothing comes, no sign of life either
  "hub-malformed", // instead of an event comes one that lacks what the vendor describes
  "hub-garbage", // instead of an event comes a frame that is no SignalR at all
  "hub-refused", // the hub's negotiate is answered 503
] as const;

/** Where a vendor's hub is, and what it is called. */
export interface HubNames {
  readonly classicPath: string;
  readonly corePath: string;
  readonly hubName: string;
  readonly eventName: string;
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
  /** Sends the event to whoever listens. `target` is what faults go by. */
  tell(target: string, args: readonly unknown[], malformed: readonly unknown[]): void;
}

interface Deps {
  readonly faults: Faults;
  readonly now: () => EpochMs;
  denies(authorization: string | undefined): boolean;
  /** A sign of life this often. */
  readonly keepAliveMs?: number | undefined;
}

export function signalrHub(names: HubNames, deps: Deps): SimulatedHub {
  const { classicPath, corePath, eventName, hubName } = names;
  const { faults, now } = deps;
  const keepAliveMs = deps.keepAliveMs ?? 10_000;
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

  const send = (line: Line, args: readonly unknown[]): void => {
    if (!line.live) return;
    if (line.kind === "core") {
      line.socket.send(`${JSON.stringify({ type: 1, target: eventName, arguments: args })}${END}`);
    } else if (line.hubs.includes(hubName.toLowerCase())) {
      const M = [{ H: hubName, M: eventName, A: args }];
      line.socket.send(JSON.stringify({ C: `s-${(cursor += 1)}`, M }));
    }
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
    tell(target, args, malformed) {
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
      const told = faults.take("hub-malformed", target) === undefined ? args : malformed;
      for (const line of lines) send(line, told);
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
