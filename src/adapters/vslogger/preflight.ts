/**
 * Whether a VSLogger will obey: one read, and what can be said of its settings without one.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import type { AdapterContext, PreflightFinding } from "../recorder.ts";
import type { Reads } from "./read.ts";
import type { VsloggerSettings } from "./settings.ts";
import type { Witness } from "./witness.ts";
import { since, takesCalls, surfaceFor } from "./settings.ts";

export async function preflight(
  settings: VsloggerSettings,
  read: Reads,
  witness: Pick<Witness, "canSearch"> | undefined,
  ctx: AdapterContext,
): Promise<readonly PreflightFinding[]> {
  const answered = await answers(settings, read, ctx);
  const speaks = witness !== undefined && answered.some(({ ok }) => ok);
  const searched = speaks ? await searches(witness, ctx) : [];
  return [...answered, ...searched, ...surfaces(settings), ...exposure(settings)];
}

/** After a call it is asked what it recorded: better known before. */
async function searches(
  witness: Pick<Witness, "canSearch">,
  ctx: AdapterContext,
): Promise<readonly PreflightFinding[]> {
  const failed = await witness.canSearch(ctx);
  if (failed === undefined) {
    return [{ name: "recordings", ok: true, detail: "what was recorded can be searched" }];
  }
  const detail = `${advice(failed)}. Where it is not to be searched, set witness to false`;
  return [{ name: "recordings", ok: false, detail }];
}

async function answers(
  settings: VsloggerSettings,
  read: Reads,
  ctx: AdapterContext,
): Promise<readonly PreflightFinding[]> {
  const rows = await read.rows(ctx);
  if ("kind" in rows) return [{ name: "channel-states", ok: false, detail: advice(rows) }];
  if (rows.length === 0) {
    return [{ name: "channel-states", ok: false, detail: "it answers, and lists no channel" }];
  }
  const tells = rows.every(
    (one) =>
      one.record !== undefined && (settings.silenceBy === "record" || one.mute !== undefined),
  );
  return [
    { name: "channel-states", ok: true, detail: `it answers, with ${rows.length} channels` },
    {
      name: "read-back",
      ok: tells,
      detail: tells
        ? `every channel tells what silence by ${settings.silenceBy} is read from`
        : `a channel does not tell what silence by ${settings.silenceBy} is read from`,
    },
  ];
}

function advice(failed: NotDone): string {
  const said = failed.detail ?? failed.kind;
  if (failed.kind !== "refused") return `no answer: ${said}`;
  switch (failed.reason) {
    case "hash_refused":
      return `${said}. Compare hash.type and hash.salt with the recorder's HASHTYPE and SALT`;
    case "session_lost":
      return `${said}. The recorder asks for a session, which its API does not document`;
    case "not_permitted":
    case "not_authorized":
      return `${said}. The recorder does not permit this client`;
    case "bad_reply":
      return `${said}. Is API_ENABLED true, and is baseUrl the recorder itself?`;
    case "target_not_found":
    case "target_ambiguous":
    case "vendor_error":
      return said;
    default:
      return failed.reason satisfies never;
  }
}

function surfaces(settings: VsloggerSettings): readonly PreflightFinding[] {
  const used = [
    ...(settings.via === "call-state" ? [] : [surfaceFor(settings, { by: "channel", channel: 1 })]),
    ...(takesCalls(settings) ? (["call-state"] as const) : []),
  ];
  const from = used.map((surface) => `${surface} (from ${since[surface]})`).join(" and ");
  return [
    {
      name: "version",
      ok: true,
      detail: `configured as ${settings.version}, which the recorder does not tell: uses ${from}`,
    },
  ];
}

function exposure(settings: VsloggerSettings): readonly PreflightFinding[] {
  const url = new URL(settings.baseUrl);
  const { hostname } = url;
  if (hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname))
    return [];
  const plain = url.protocol === "http:";
  const unsigned = settings.hash.type === "none";
  return [
    {
      name: "transport",
      ok: !plain,
      detail: plain
        ? "plain http: whoever listens can use a hash again, for any channel. Use https"
        : "https",
    },
    {
      name: "hash",
      ok: !unsigned,
      detail: unsigned
        ? "HASHTYPE NONE: whoever reaches the recorder can un-mute it. Set HASHTYPE and SALT"
        : `requests are signed with ${settings.hash.type}`,
    },
  ];
}
