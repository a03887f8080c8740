/**
 * The hub port on Node: one standing connection, made again for as long as somebody listens, with
 * growing pauses where it does not hold.
 *
 * @module
 */
import type { HubAddress, HubListener, HubPort } from "../../../adapters/hub.ts";
import type { Send } from "../../../adapters/recorder.ts";
import { type Negotiated, negotiateRequest, readNegotiate } from "../../../adapters/signalr.ts";
import type { Clock } from "../../../control/ports.ts";
import { openClassic } from "./classic.ts";
import { openCore } from "./core.ts";
import type { Dial } from "./dial.ts";
import { bearing, HTTP_MS_MAX, wordsOf } from "./link.ts";

/** The longest silence of a hub that does not say how often it gives a sign of life. */
const SILENT_MS_MAX = 30_000;
const AGAIN_MS_MIN = 1_000;
const AGAIN_MS_MAX = 30_000;
/** A connection that stood this long was a good one: the next pause is a short one. */
const STEADY_MS = 30_000;

export interface NodeHubOptions {
  readonly send: Send;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly silentMsMax?: number;
}

export function nodeHub(options: NodeHubOptions): HubPort {
  const { clock, send } = options;
  return (address, listener) => {
    let stopped = false;
    let failures = 0;
    let rejected: string | undefined;
    let end: (() => void) | undefined;
    let cancel: (() => void) | undefined;

    const again = (detail: string): void => {
      if (stopped) return;
      listener.lost(detail);
      // Full jitter: recorders that share a hub do not come back together.
      const spreadMs = Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** Math.min(failures, 10));
      failures += 1;
      cancel = clock.after(clock.random() * spreadMs, () => void attempt());
    };

    const connect = async (): Promise<void> => {
      const token = await tokenOf(listener, rejected);
      rejected = undefined;
      const negotiated = await negotiate(address, send, token);
      if (negotiated === "not_authorized") {
        rejected = token;
        throw new Error("the hub does not let this account in");
      }
      const { kind } = negotiated;
      if (address.kind !== "auto" && address.kind !== kind) {
        throw new Error(`it is ${kind} SignalR, and the configuration says ${address.kind}`);
      }
      if (stopped) return;
      const told = kind === "classic" ? negotiated.silentMsMax : undefined;
      let stoodAt = Infinity;
      const link = {
        address,
        connectionToken: negotiated.connectionToken,
        ...(token !== undefined && { token }),
        send,
        dial: options.dial,
        clock,
        silentMsMax: options.silentMsMax ?? told ?? SILENT_MS_MAX,
        event: (args: readonly unknown[]) => {
          if (!stopped) listener.event(args);
        },
        lost: (detail: string) => {
          end = undefined;
          if (clock.now() - stoodAt >= STEADY_MS) failures = 0;
          again(detail);
        },
      };
      const ends = await (kind === "classic" ? openClassic : openCore)(link);
      if (stopped) return ends();
      end = ends;
      stoodAt = clock.now();
      listener.connected();
    };

    const attempt = async (): Promise<void> => {
      try {
        await connect();
      } catch (error) {
        again(wordsOf(error));
      }
    };

    void attempt();
    return () => {
      stopped = true;
      cancel?.();
      end?.();
    };
  };
}

async function tokenOf(
  { bearer }: HubListener,
  rejected: string | undefined,
): Promise<string | undefined> {
  const got = await bearer?.(rejected);
  if (got?.kind === "none") throw new Error(got.detail);
  return got?.token;
}

/** Which kind it is, and its token for this connection. Rejects with words that may be shown. */
async function negotiate(
  { hub, url }: HubAddress,
  send: Send,
  token: string | undefined,
): Promise<Negotiated | "not_authorized"> {
  let problem = "";
  // Core takes POST alone; whether every classic server does is not documented.
  for (const method of ["POST", "GET"] as const) {
    const request = negotiateRequest(url, hub, method, bearing(token));
    const result = await send(request, AbortSignal.timeout(HTTP_MS_MAX));
    if (result.kind !== "reply") throw new Error(result.detail);
    if (result.reply.status === 401) return "not_authorized";
    const read = readNegotiate(result.reply);
    if (!("problem" in read)) return read;
    problem ||= read.problem;
  }
  throw new Error(problem);
}
