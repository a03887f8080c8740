/**
 * Listening to a recorder's SignalR hub: one connection for the whole system, its events handed to
 * the vendor's own reader, and what a preflight can say of it.
 *
 * @module
 */
import type { PushListener } from "../control/ports.ts";
import type { HubAddress, HubBearer } from "./hub.ts";
import type { AdapterContext, PreflightFinding, WatchContext } from "./recorder.ts";
import { negotiateRequest, readNegotiate } from "./signalr.ts";
import type { TokenSource } from "./tokens.ts";

/** How long a token may take that a connection waits for. */
const tokenMsMax = 5_000;
const finding = "push hub";

export interface HubPushes {
  /** Hands on what an event's arguments tell; how many events it could not read. Never throws. */
  read(args: readonly unknown[], on: PushListener): number;
  /** What holds while the connection is lost, for an operator. */
  readonly meanwhile: string;
  /** For a hub that asks who listens. */
  readonly tokens?: TokenSource | undefined;
}

export function hubListening(address: HubAddress, { meanwhile, read, tokens }: HubPushes) {
  /** Undefined while nobody listens. */
  let standing: "connecting" | "connected" | { readonly lost: string } | undefined;
  let unreadableCount = 0;

  const watch = (on: PushListener, ctx: WatchContext): (() => void) => {
    standing = "connecting";
    const end = ctx.hub(address, {
      event(args) {
        unreadableCount += read(args, on);
      },
      connected() {
        standing = "connected";
        // What was pushed while nobody listened is lost.
        on.reconnected();
      },
      lost(detail) {
        standing = { lost: detail };
      },
      ...(tokens !== undefined && { bearer: (rejected) => bearerOf(tokens, ctx, rejected) }),
    });
    return () => {
      standing = undefined;
      end();
    };
  };

  const preflight = async (ctx: AdapterContext): Promise<PreflightFinding> => {
    // Until the first connection stands nothing was lost: whether the hub answers is what there is.
    if (standing === undefined || standing === "connecting")
      return negotiated(address, ctx, tokens);
    if (standing !== "connected") {
      return { name: finding, ok: false, detail: `${standing.lost}: ${meanwhile}` };
    }
    if (unreadableCount > 0) {
      const detail = `${unreadableCount} events so far were not what the vendor describes`;
      return { name: finding, ok: false, detail };
    }
    return { name: finding, ok: true, detail: "connected" };
  };

  return { watch, preflight };
}

/** Nobody listens, as in `tacet check`: whether the hub answers at all, and as which kind. */
async function negotiated(
  { hub, kind, url }: HubAddress,
  ctx: AdapterContext,
  tokens: TokenSource | undefined,
): Promise<PreflightFinding> {
  const bearer = tokens === undefined ? undefined : await bearerOf(tokens, ctx);
  if (bearer?.kind === "none") return { name: finding, ok: false, detail: bearer.detail };
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer.token}` };
  const result = await ctx.send(negotiateRequest(url, hub, "POST", headers), ctx.signal);
  if (result.kind !== "reply") return { name: finding, ok: false, detail: result.detail };
  const found = readNegotiate(result.reply);
  if ("problem" in found) return { name: finding, ok: false, detail: found.problem };
  if (kind !== "auto" && kind !== found.kind) {
    const detail = `it is ${found.kind} SignalR, and \`kind\` says ${kind}`;
    return { name: finding, ok: false, detail };
  }
  return { name: finding, ok: true, detail: `it answers, as ${found.kind} SignalR` };
}

async function bearerOf(
  tokens: TokenSource,
  { now, send }: Pick<WatchContext, "now" | "send">,
  rejected?: string,
): Promise<HubBearer> {
  const signal = AbortSignal.timeout(tokenMsMax);
  const got = await tokens.get({ now, send, signal }, rejected);
  if (got.kind === "token") return got;
  return { kind: "none", detail: `no token: ${got.detail ?? got.kind}` };
}
