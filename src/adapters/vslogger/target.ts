/**
 * How a conversation is found in VSLogger: a channel, a live SIP call, or something that points to
 * a channel while a conversation lasts.
 *
 * @module
 */
import { z } from "zod";
import type { Target } from "../../control/call.ts";
import type { VsloggerSettings } from "./settings.ts";
import { takesCalls, takesChannels } from "./settings.ts";
import type { Hardware } from "./wire.ts";

export type ChannelTarget = { readonly channel: number };
export type CallTarget = { readonly sipCallId: string; readonly hw: Hardware };
/** Resolved to a live channel, anew for each command and each read. */
export type PointerTarget =
  | { readonly extension: string }
  | { readonly agentId: string }
  | { readonly sessionId: string };
export type VsloggerTarget = ChannelTarget | CallTarget | PointerTarget;

/**
 * Identifiers are taken by their form alone: up to twelve digits, an E.164 number, a number of
 * milliseconds, or a token of visible ASCII with a letter or an @ in it.
 */
const identifier = z
  .union([z.string(), z.int().nonnegative()])
  .transform((told) => String(told).trim())
  .pipe(
    z
      .string()
      .max(255)
      .regex(
        /^(\d{1,12}|\+\d{1,15}|1\d{12}|(?=[!-~]*[A-Za-z@])[!-~]+)$/,
        "must be up to 12 digits, +digits, or a token with a letter and no spaces",
      ),
  );

const channelSchema = z.strictObject({
  channel: z
    .union([z.int(), z.string().regex(/^\d{1,3}$/, "must be a channel number")])
    .transform(Number)
    .pipe(z.int().min(1).max(999)),
});
const callSchema = z.strictObject({
  sipCallId: identifier,
  hw: z
    .string()
    .transform((told) => told.toLowerCase())
    .pipe(z.enum(["siprec", "voip"])),
});
const pointerSchemas = [
  z.strictObject({ extension: identifier }),
  z.strictObject({ agentId: identifier }),
  z.strictObject({ sessionId: identifier }),
] as const;

/** The targets that a recorder with these settings can be given. Anything else is a 422. */
export function targetSchemaFor(settings: VsloggerSettings): z.ZodType<VsloggerTarget> {
  const channels = [channelSchema, ...pointerSchemas] as const;
  if (!takesChannels(settings)) return callSchema;
  if (!takesCalls(settings)) return z.union(channels);
  return z.union([callSchema, ...channels]);
}

/** A target that the schema has parsed, now or before a restart. Throws for one it never did. */
export function readTarget(target: Target): VsloggerTarget {
  if ("channel" in target || "sipCallId" in target) return target as VsloggerTarget;
  if ("extension" in target || "agentId" in target || "sessionId" in target) {
    return target as VsloggerTarget;
  }
  throw new TypeError("not a VSLogger target");
}

export function keyOf(target: VsloggerTarget): string {
  if ("channel" in target) return `channel/${target.channel}`;
  if ("sipCallId" in target) return `call/${target.hw}/${target.sipCallId}`;
  if ("extension" in target) return `extension/${target.extension}`;
  if ("agentId" in target) return `agent/${target.agentId}`;
  return `session/${target.sessionId}`;
}
