/**
 * What the service's own readers of the log found last, of one tenant.
 *
 * @module
 */
import type { Json } from "../../control/call.ts";

interface Verification {
  readonly ok: boolean;
  readonly position: number;
  readonly at: number;
  readonly firstBad?: number;
}

/** Undefined until the log was read once since the start. */
export function verificationOf(detail: Json, tenant: string): Verification | undefined {
  const all = membersOf(detail)["verification"];
  const one = (Array.isArray(all) ? all : []).map(membersOf).find((it) => it["tenant"] === tenant);
  const { at, failure, ok, position } = one ?? {};
  if (typeof at !== "number" || typeof position !== "number" || at === 0) return undefined;
  const { firstBad } = membersOf(failure);
  const shared = { ok: ok === true, position, at };
  return typeof firstBad === "number" ? { ...shared, firstBad } : shared;
}

const membersOf = (value: Json | undefined): Readonly<Record<string, Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {};
