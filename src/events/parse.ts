/**
 * Reads what a client sent: pure, strict and bounded.
 *
 * @module
 */
import { z } from "zod";
import { type ClientMessage, MESSAGE_BYTES_MAX } from "./protocol.ts";

/** Identifiers are compared, never interpreted: only their size and their Unicode matter here. */
const id = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => text.isWellFormed(), "not well-formed Unicode");
const position = z.int().min(0);

export const HZ_MAX = 50;
/** What one filter may name. */
export const NAME_COUNT_MAX = 1_000;
export const ATTRIBUTE_COUNT_MAX = 16;

/** The members of a filter, for messages and for queries alike. */
export const filterSchema = z.strictObject({
  calls: z.array(id).max(NAME_COUNT_MAX).optional(),
  agents: z.array(id).max(NAME_COUNT_MAX).optional(),
  where: z
    .record(id, id)
    .refine((where) => Object.keys(where).length <= ATTRIBUTE_COUNT_MAX, "too many attributes")
    .optional(),
  all: z.boolean().optional(),
});

const schema = z.discriminatedUnion("type", [
  filterSchema.extend({
    type: z.literal("subscribe"),
    since: z.strictObject({ epoch: id, position }).optional(),
    maxHz: z.number().min(0.1).max(HZ_MAX).optional(),
  }),
  z.strictObject({ type: z.literal("shown"), callId: id, position }),
  z.strictObject({ type: z.literal("pong") }),
]) satisfies z.ZodType<WithUndefined<ClientMessage>>;

/** Zod gives an absent member as possibly undefined. */
type WithUndefined<T> = T extends unknown ? { [K in keyof T]: T[K] | Absent<T, K> } : never;
type Absent<T, K extends keyof T> = undefined extends T[K] ? undefined : never;

export type ParsedMessage =
  | { readonly ok: true; readonly message: z.infer<typeof schema> }
  | {
      readonly ok: false;
      readonly code: "not_json" | "too_large" | "invalid";
      readonly detail: string;
    };

/** `detail` names the member's path, and never repeats a value. */
export function parseClientMessage(text: string): ParsedMessage {
  // A character takes at least a byte: this bounds the work before anything is decoded.
  if (text.length > MESSAGE_BYTES_MAX) {
    return { ok: false, code: "too_large", detail: `at most ${MESSAGE_BYTES_MAX} bytes` };
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, code: "not_json", detail: "send one JSON object as a text message" };
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, message: parsed.data };
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map((part) => wellKnown(String(part))).join("/");
  return { ok: false, code: "invalid", detail: `/${path}: ${issue?.code ?? "does not fit"}` };
}

/** A member's name that we did not choose may hold anything; it is not echoed. */
function wellKnown(name: string): string {
  return /^[A-Za-z]{1,16}$|^\d{1,4}$/.test(name) ? name : "…";
}
