/**
 * One signed exchange with one VSLogger.
 *
 * @module
 */
import type { AdapterContext, HttpRequest } from "../recorder.ts";
import { signer } from "./hash.ts";
import type { VsloggerSettings } from "./settings.ts";
import type { Told, Wanted } from "./wire.ts";
import { readReply, requestOf } from "./wire.ts";

type Line = Pick<AdapterContext, "send" | "now" | "signal">;

/** Signs, sends once, and reads the reply. */
export type Ask = (wanted: Wanted, asked: "command" | "read", ctx: Line) => Promise<Told>;

export interface Talk {
  readonly ask: Ask;
  /** The same, with the reply's body as it came; empty where none did. */
  hear(
    wanted: Wanted,
    asked: "command" | "read",
    ctx: Line,
  ): Promise<{ readonly told: Told; readonly body: string }>;
  /** Signs a request that somebody else sends. */
  sign(wanted: Wanted, ctx: Pick<Line, "now">): Promise<HttpRequest>;
  /** Where a recording's own page is, from 4.9.6. */
  readonly linkPoint: string;
}

export function talker(settings: VsloggerSettings): Talk {
  const signed = signer(settings.hash);
  const salt = settings.hash.type === "none" ? "" : settings.hash.salt;
  const base = `${settings.baseUrl.replace(/\/+$/, "")}/api`;
  const sign: Talk["sign"] = async (wanted, ctx) => {
    const signature = await signed(wanted.res, ctx.now());
    return requestOf(`${base}/v${settings.apiVersion}`, wanted, signature);
  };
  const hear: Talk["hear"] = async (wanted, asked, ctx) => {
    const result = await ctx.send(await sign(wanted, ctx), ctx.signal);
    const body = result.kind === "reply" ? result.reply.body : "";
    return { told: readReply(result, asked, salt), body };
  };
  return {
    hear,
    sign,
    ask: async (wanted, asked, ctx) => (await hear(wanted, asked, ctx)).told,
    linkPoint: `${base}/link`,
  };
}
