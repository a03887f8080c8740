/**
 * Whether bytes are an entry as the format asks: what can be told of one entry alone.
 *
 * @module
 */
import { canonical } from "./canonical.ts";
import type { Entry } from "./entry.ts";

export type Formed =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "malformed"; readonly problem: string };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads one entry. `problem` is a fixed sentence and never holds what the entry says. */
export function readEntry(bytes: Uint8Array): Formed {
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
  } catch {
    return malformed("is not UTF-8");
  }
  try {
    value = JSON.parse(text);
  } catch {
    return malformed("is not JSON");
  }
  if (!isRecord(value)) return malformed("is not a JSON object");
  if (!isCanonical(value, text)) return malformed("is not in canonical form");
  const wrong = Object.entries(MEMBERS).find(([name, fits]) => !fits(value[name]));
  if (wrong !== undefined) return malformed(`has a wrong or missing member ${wrong[0]}`);
  const strange = Object.keys(value).some((name) => !(name in MEMBERS));
  if (strange) return malformed("has a member the format does not know");
  return { kind: "entry", entry: value as unknown as Entry };
}

const malformed = (problem: string): Formed => ({ kind: "malformed", problem });

type Fits = (value: unknown) => boolean;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text: Fits = (value) => typeof value === "string";
const maybe =
  (fits: Fits): Fits =>
  (value) =>
    value === undefined || fits(value);
const whole =
  (min: number): Fits =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= min;
const members =
  (fits: Readonly<Record<string, Fits>>): Fits =>
  (value) =>
    isRecord(value) &&
    Object.entries(fits).every(([name, fit]) => fit(value[name])) &&
    Object.keys(value).every((name) => name in fits);

const MEMBERS: Readonly<Record<keyof Entry, Fits>> = {
  v: (value) => value === 1,
  position: whole(1),
  at: (value) => typeof value === "number",
  clock: (value) => value === "synced" || value === "unsynced" || value === "unknown",
  tenant: text,
  type: text,
  callId: maybe(text),
  windowId: maybe(text),
  recorderId: maybe(text),
  actor: members({ id: text, kind: text, client: maybe(text) }),
  origin: members({ ip: maybe(text), component: text }),
  outcome: text,
  reason: maybe(text),
  detail: maybe(isRecord),
  salt: (value) => typeof value === "string" && /^[A-Za-z0-9_-]{22}$/.test(value),
};

function isCanonical(value: unknown, text: string): boolean {
  try {
    return canonical(value) === text;
  } catch {
    return false;
  }
}
