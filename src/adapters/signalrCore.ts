/**
 * ASP.NET Core SignalR's JSON protocol: the handshake, and what a frame's records are. Pure.
 * Documented by Microsoft (Hub Protocol, `HubProtocol.md`).
 *
 * @module
 */
import { z } from "zod";

/** Ends every record. */
const END = "\u001e";
export const CORE_HANDSHAKE = `{"protocol":"json","version":1}${END}`;
export const CORE_PING = `{"type":6}${END}`;

const handshake = z.looseObject({ error: z.string().optional() });
/** 1: an invocation. 7: the server closes. Pings (6) and answers to calls tacet never makes are others. */
const message = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal(1), target: z.string(), arguments: z.array(z.unknown()) }),
  z.looseObject({ type: z.literal(7) }),
]);
const others = z.looseObject({ type: z.int().min(2) });

export type CoreMessage =
  | { readonly kind: "event"; readonly event: string; readonly args: readonly unknown[] }
  | { readonly kind: "close" }
  | { readonly kind: "other" };

/** A frame holds whole records. Undefined for what does not, or is no JSON. */
export function coreRecords(text: string): readonly unknown[] | undefined {
  if (!text.endsWith(END)) return undefined;
  try {
    return text
      .slice(0, -END.length)
      .split(END)
      .map((record): unknown => JSON.parse(record));
  } catch {
    return undefined;
  }
}

/** The first record that comes. */
export function isAccepted(record: unknown): boolean {
  const parsed = handshake.safeParse(record);
  return parsed.success && parsed.data.error === undefined && !("type" in parsed.data);
}

/** Undefined for what the protocol does not have. */
export function readCoreMessage(record: unknown): CoreMessage | undefined {
  const parsed = message.safeParse(record);
  if (!parsed.success) {
    const isOther = others.safeParse(record).success;
    return isOther ? { kind: "other" } : undefined;
  }
  if (parsed.data.type === 7) return { kind: "close" };
  return { kind: "event", event: parsed.data.target, args: parsed.data.arguments };
}
