/**
 * What is said to a SignalR server before and beside its socket, and how frames of classic ASP.NET
 * SignalR 2.x are read. Pure. Documented by Microsoft's own clients (`jquery.signalR`, `signalr.js`).
 *
 * @module
 */
import { z } from "zod";
import { parsedJson } from "./foreign.ts";
import type { HttpReply, HttpRequest } from "./recorder.ts";

/** What a server's negotiate reply shows of it. */
export type Negotiated =
  | {
      readonly kind: "classic";
      readonly connectionToken: string;
      /** Something comes at least this often; undefined where the server does not say. */
      readonly silentMsMax?: number;
    }
  | { readonly kind: "core"; readonly connectionToken: string };

const PROTOCOL = "1.5";

/** A Core server's reply has `availableTransports`, a classic one's has `ProtocolVersion`. */
const classicReply = z.looseObject({
  ProtocolVersion: z.string(),
  ConnectionToken: z.string().min(1),
  TryWebSockets: z.boolean().optional(),
  KeepAliveTimeout: z.number().positive().nullish(),
});
const coreReply = z.looseObject({
  connectionId: z.string().min(1),
  /** From version 1 on; before it the id stands in its place. */
  connectionToken: z.string().min(1).optional(),
  availableTransports: z.array(z.looseObject({ transport: z.string() })),
});
/** A redirect to another service, with a token of its own, as Azure's does. */
const coreRedirect = z.looseObject({ url: z.string() });

const classicEvent = z.looseObject({ H: z.string(), M: z.string(), A: z.array(z.unknown()) });
const classicFrame = z.looseObject({
  /** 1: the first message of a connection. */
  S: z.number().optional(),
  /** 1: reconnect. */
  T: z.number().optional(),
  M: z.array(z.unknown()).optional(),
});

/** What one kind asks for the other passes over, so one request serves both. */
export function negotiateRequest(
  url: string,
  hub: string,
  method: "GET" | "POST",
  headers: Readonly<Record<string, string>>,
): HttpRequest {
  const query = { clientProtocol: PROTOCOL, connectionData: dataOf(hub), negotiateVersion: "1" };
  return {
    method,
    url: withQuery(url, "negotiate", query),
    headers: { ...headers, accept: "*/*" },
  };
}

/** Which kind it is, or the words of what is wrong. */
export function readNegotiate(reply: HttpReply): Negotiated | { readonly problem: string } {
  if (reply.status !== 200) return { problem: `negotiate answered HTTP ${reply.status}` };
  const told = parsedJson(reply.body);
  const classic = classicReply.safeParse(told);
  if (classic.success) {
    const { ConnectionToken: connectionToken, KeepAliveTimeout: silentS } = classic.data;
    if (classic.data.TryWebSockets === false) return { problem: "the hub offers no WebSocket" };
    const silent = typeof silentS === "number" ? { silentMsMax: silentS * 1_000 } : {};
    return { kind: "classic", connectionToken, ...silent };
  }
  const core = coreReply.safeParse(told);
  if (core.success) {
    const isOffered = core.data.availableTransports.some(
      ({ transport }) => transport === "WebSockets",
    );
    if (!isOffered) return { problem: "the hub offers no WebSocket" };
    const { connectionId, connectionToken = connectionId } = core.data;
    return { kind: "core", connectionToken };
  }
  const elsewhere = coreRedirect.safeParse(told).success;
  return {
    problem: elsewhere
      ? "the hub sends its clients to another address, which is not followed"
      : "negotiate answered nothing that SignalR says",
  };
}

/** Addresses of a classic connection. They carry its token: never log one. */
export function classicUrl(
  url: string,
  path: "connect" | "start",
  hub: string,
  connectionToken: string,
): string {
  return withQuery(url, path, {
    transport: "webSockets",
    clientProtocol: PROTOCOL,
    connectionToken,
    connectionData: dataOf(hub),
    ...(path === "connect" ? { tid: "1" } : {}),
  });
}

/** Where a Core connection goes. It carries its token: never log it. */
export const coreUrl = (url: string, connectionToken: string): string =>
  `${url}?${new URLSearchParams({ id: connectionToken }).toString()}`;

export const readStarted = (reply: HttpReply): boolean =>
  reply.status === 200 &&
  z.looseObject({ Response: z.literal("started") }).safeParse(parsedJson(reply.body)).success;

export interface ClassicFrame {
  readonly isFirst: boolean;
  /** The server sends its clients away, to come back. */
  readonly mustReconnect: boolean;
  readonly events: readonly {
    readonly hub: string;
    readonly event: string;
    readonly args: readonly unknown[];
  }[];
}

/** Undefined for what is no frame. Whatever in it is no event is passed over. */
export function readClassicFrame(text: string): ClassicFrame | undefined {
  const parsed = classicFrame.safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  const events = (parsed.data.M ?? []).flatMap((one) => {
    const event = classicEvent.safeParse(one);
    return event.success ? [{ hub: event.data.H, event: event.data.M, args: event.data.A }] : [];
  });
  return { isFirst: parsed.data.S === 1, mustReconnect: parsed.data.T === 1, events };
}

export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const dataOf = (hub: string): string => JSON.stringify([{ name: hub.toLowerCase() }]);

function withQuery(url: string, path: string, query: Readonly<Record<string, string>>): string {
  return `${url}/${path}?${new URLSearchParams(query).toString()}`;
}
