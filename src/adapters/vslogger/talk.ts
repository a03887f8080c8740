/**
 * One signed exchange with one VSLogger.
 *
 * @module
 */
import type { AdapterContext } from "../recorder.ts";
import { signer } from "./hash.ts";
import type { VsloggerSettings } from "./settings.ts";
import type { Told, Wanted } from "./wire.ts";
import { readReply, requestOf } from "./wire.ts";

/** Signs, sends once, and reads the reply. */
export type Ask = (
  wanted: Wanted,
  asked: "command" | "read",
  ctx: Pick<AdapterContext, "send" | "now" | "signal">,
) => Promise<Told>;

export function talker(settings: VsloggerSettings): Ask {
  const sign = signer(settings.hash);
  const salt = settings.hash.type === "none" ? "" : settings.hash.salt;
  const entryPoint = `${settings.baseUrl.replace(/\/+$/, "")}/api/v${settings.apiVersion}`;
  return async (wanted, asked, ctx) => {
    const signature = await sign(wanted.res, ctx.now());
    const request = requestOf(entryPoint, wanted, signature);
    return readReply(await ctx.send(request, ctx.signal), asked, salt);
  };
}
