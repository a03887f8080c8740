/**
 * How moments and durations are shown, and how it is entered that somebody looked.
 *
 * @module
 */
import { html } from "hono/html";
import type { Actor, EpochMs, Json } from "../../control/call.ts";
import type { EntryDraft } from "../../log/entry.ts";
import type { Html, Visit } from "../page.ts";

/** In UTC, and saying so. */
export function moment(at: EpochMs): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")} UTC</time>`;
}

/**
 * A number and its unit, as they are read on a page from right to left too: by marks within the text,
 * since it stands in sentences, attributes and drawings, where no markup can be.
 */
export const leftToRight = (text: string): string => `\u2066${text}\u2069`;

/** Two units at most; what is short is told in full. */
export const duration = (ms: number, language: string): string => leftToRight(units(ms, language));

function units(ms: number, language: string): string {
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  if (ms < 1_000) return `${number(ms)} ms`;
  if (ms < 60_000) return `${number(ms / 1_000, 1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${number(Math.floor(seconds / 60))} min ${seconds % 60} s`;
  return `${number(Math.floor(seconds / 3_600))} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** What this visitor did or read, as the log is told it. */
export function factOf(
  { ip, session: { principal } }: Visit,
  rest: Pick<EntryDraft, "type" | "outcome"> & Partial<EntryDraft>,
): Omit<EntryDraft, "at"> {
  return {
    tenant: principal.tenant,
    actor: { id: principal.id, kind: principal.kind },
    origin: { component: "console", ...(ip === undefined ? {} : { ip }) },
    ...rest,
  };
}

/** Who does it, for what is carried out by another part. */
export function actorOf({ ip, session }: Visit): Actor {
  const { agentId, id, kind, owner } = session.principal;
  return {
    id,
    kind,
    owner,
    ...(agentId === undefined ? {} : { agentId }),
    ...(ip === undefined ? {} : { ip }),
  };
}

/** Repeated ones are one counted entry a minute. */
export const logRead = (
  visit: Visit,
  what: string,
  filter: { readonly [name: string]: Json },
): Omit<EntryDraft, "at"> =>
  factOf(visit, { type: "LogRead", outcome: "read", reason: what, detail: { filter } });

/** Where a call's own page is. */
export const callPath = (callId: string): string => `/console/calls/${encodeURIComponent(callId)}`;
