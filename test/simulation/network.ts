/**
 * The network between an adapter and a simulated vendor's recorder: a request takes time to arrive,
 * its reply to return, and each may be lost, late, broken off, served twice or answered by a proxy.
 */
import type { HttpReply, HttpRequest, HttpResult, Send } from "../../src/adapters/recorder.ts";
import type { VirtualClock } from "./clock.ts";
import { LANDS_MS_MAX } from "./recorder.ts";
import { aborted } from "./tape.ts";
import type { Order, Recording, Tape } from "./tape.ts";

export type NetworkFault =
  | "none"
  | "not_sent"
  | "request_lost"
  | "reply_lost"
  | "slow"
  | "lands_late"
  | "broken_then_lands"
  /** A proxy repeats the request before anyone is answered. */
  | "served_twice"
  | "busy"
  | "html"
  /** The vendor's own word for no, in a 200; nothing is done. */
  | "refused"
  /** The vendor's yes; nothing is done. */
  | "ignored";

/** A request as the recorder understands it. */
export interface Understood {
  readonly kind: Order | "status";
  /** The line it is about; undefined where it is about all of them, or about none. */
  readonly ref?: string;
  /** Does what is asked, and answers. */
  serve(): HttpReply;
  /** Answers yes, and does nothing. */
  ignore(): HttpReply;
  refuse(): HttpReply;
}

export interface Vendor extends Recording {
  readonly tape: Tape;
  faults: (kind: Order | "status", ref: string) => NetworkFault;
  readonly flying: Map<string, number>;
  /** By line; under no name what was asked of all of them. */
  readonly troubles: Map<string, number>;
  understand(request: HttpRequest): Understood;
}

const html = "<!doctype html><title>Sign in</title>";
const answered = (status: number, body: string, headers = {}): HttpResult => ({
  kind: "reply",
  reply: { status, headers, body },
});

export function simNetwork(vendor: Vendor, clock: VirtualClock, delayMs: () => number): Send {
  const lost = (detail: string): HttpResult => ({ kind: "lost", detail });
  const fly = (ref: string, by: number) =>
    void vendor.flying.set(ref, (vendor.flying.get(ref) ?? 0) + by);

  return async (request, signal) => {
    if (signal.aborted) return { kind: "not_sent", detail: "the deadline had passed" };
    const asked = vendor.understand(request);
    const { kind, ref = "" } = asked;
    const fault = vendor.down ? "not_sent" : vendor.faults(kind, ref);
    const isCommand = kind !== "status";
    if (fault !== "none") vendor.troubles.set(ref, clock.now());
    const landsLater = () => {
      if (!isCommand) return;
      fly(ref, 1);
      clock.after(Math.floor(clock.random() * LANDS_MS_MAX), () => {
        asked.serve();
        fly(ref, -1);
      });
    };
    if (isCommand) fly(ref, 1);
    const exchange = async (): Promise<HttpResult> => {
      await clock.sleep(delayMs());
      switch (fault) {
        case "not_sent":
          return { kind: "not_sent", detail: "connection refused" };
        case "request_lost":
          return lost("connection broken");
        case "reply_lost":
          asked.serve();
          return lost("connection broken");
        case "lands_late":
          await aborted(signal);
          landsLater();
          return lost("no reply before the deadline");
        case "broken_then_lands":
          landsLater();
          return lost("connection broken");
        case "busy":
          return answered(503, "", { "retry-after": "1" });
        case "html":
          return answered(200, html);
        case "refused":
          return { kind: "reply", reply: asked.refuse() };
        case "ignored":
          return { kind: "reply", reply: isCommand ? asked.ignore() : asked.refuse() };
        case "served_twice":
          asked.serve();
          await clock.sleep(delayMs());
          break;
        case "slow":
          await clock.sleep(700);
          break;
        case "none":
          break;
      }
      const reply = asked.serve();
      await clock.sleep(delayMs());
      return { kind: "reply", reply };
    };
    const result = await Promise.race([
      exchange().finally(() => isCommand && fly(ref, -1)),
      aborted(signal).then(() => lost("no reply before the deadline")),
    ]);
    return result;
  };
}

export const json = (body: unknown, status = 200): HttpReply => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
