/**
 * Reading the control log: its entries in order, a call's history, and the signed head. Every
 * reading is itself entered.
 *
 * @module
 */
import type { Json } from "../control/call.ts";
import { canonical } from "../log/canonical.ts";
import type { EntryFilter, EntryPage } from "../log/store.ts";
import { may } from "../policy/access.ts";
import { type Asked, json, refused, route, type Handled, type Route } from "./asked.ts";
import { denied, notThere, subjectOf, type Face } from "./face.ts";
import { logRead } from "./facts.ts";
import { refusalProblem } from "./refusal.ts";
import { entriesQuery, entryAnswer, historyAnswer, historyQuery } from "./schemas.ts";

const PAGE_LIMIT = 200;
/** Whoever reads page by page comes back within this, or is not waited for by pruning. */
const NEXT_PAGE_MS = 60_000;

export function logRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/calls/:callId/history",
      operationId: "readHistory",
      summary: "What the control log holds of a call",
      tag: "Log",
      query: historyQuery,
      answers: { 200: { description: "Entries in order", schema: historyAnswer } },
      problems: ["call_unknown", "query_invalid"],
      async handle(asked) {
        const callId = asked.param("callId");
        const view = await face.calls.read(asked.tenant, callId);
        if (view === undefined) {
          const unknown = refusalProblem("call_unknown", {});
          return refused(await notThere(face, asked, "read_log", unknown, callId));
        }
        const denial = await denied(face, asked, "read_log", subjectOf(view));
        if (denial !== undefined) return refused(denial);
        await face.entries.enter(logRead(asked, "history", { callId }));
        const { after = 0, limit = PAGE_LIMIT } = asked.query;
        return json(200, {
          callId,
          ...(await face.log.read(asked.tenant, { callId }, after, limit)),
        });
      },
    }),
    route({
      method: "GET",
      path: "/v1/log/entries",
      operationId: "readEntries",
      summary: "Entries of the control log, a page at a time",
      description:
        "One JSON object a line. `tacet-next` holds the `after` of the next page where more follows; `tacet-indexed-to` how far a filtered answer reaches; `tacet-pruned-to` up to where only a few entries are kept, where entries were pruned.",
      tag: "Log",
      query: entriesQuery,
      answers: {
        200: {
          description: "Entries in order",
          schema: entryAnswer,
          contentType: "application/x-ndjson",
        },
      },
      problems: ["query_invalid", "cardholder_data_refused"],
      async handle(asked) {
        const exports = may(asked.principal, "export_log", {}).ok;
        const denial = exports ? undefined : await denied(face, asked, "read_log");
        if (denial !== undefined) return refused(denial);
        const { after = 0, limit = PAGE_LIMIT, ...members } = asked.query;
        const filter = present(members);
        await face.entries.enter(logRead(asked, "entries", filter as Record<string, Json>));
        const page = await inOrder(face, asked, filter, { after, limit });
        const prunedTo = face.log.prunedTo(asked.tenant);
        return {
          kind: "text",
          status: 200,
          contentType: "application/x-ndjson; charset=utf-8",
          // The bytes that were hashed: `tacet verify` reads this very answer.
          text: page.entries.map((entry) => `${canonical(entry)}\n`).join(""),
          headers: {
            "tacet-indexed-to": String(page.indexedTo),
            ...(page.next === undefined ? {} : { "tacet-next": String(page.next) }),
            ...(prunedTo === 0 ? {} : { "tacet-pruned-to": String(prunedTo) }),
          },
        } satisfies Handled;
      },
    }),
    route({
      method: "GET",
      path: "/v1/log/checkpoint",
      operationId: "readCheckpoint",
      summary: "The log's signed head",
      description: "A C2SP tlog-checkpoint; keep it outside tacet and `tacet verify` against it.",
      tag: "Log",
      answers: { 200: { description: "The signed note", contentType: "text/plain" } },
      problems: [],
      async handle(asked) {
        const denial = await denied(face, asked, "read_log");
        if (denial !== undefined) return refused(denial);
        await face.entries.enter(logRead(asked, "checkpoint", {}));
        const text = await face.heads.newest(asked.tenant);
        const key = face.log.verifierKey;
        return {
          kind: "text",
          status: 200,
          contentType: "text/plain; charset=utf-8",
          text,
          ...(key === undefined ? {} : { headers: { "tacet-key": key } }),
        };
      },
    }),
  ];
}

/** While somebody reads all of the log page by page, what comes next is not pruned. */
async function inOrder(
  { log, retention }: Face,
  { principal, tenant }: Pick<Asked, "principal" | "tenant">,
  filter: EntryFilter,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<EntryPage> {
  // Named by where it goes on: others may read with the same credential.
  const reader = (from: number) => `pages ${principal.id} ${from}`;
  const isWhole = Object.keys(filter).length === 0;
  if (isWhole) retention.reads(tenant, reader(after), after + 1, NEXT_PAGE_MS);
  const page = await log.read(tenant, filter, after, limit);
  if (!isWhole) return page;
  // This page as well: its answer may be lost on the way.
  if (page.next !== undefined) {
    retention.reads(tenant, reader(page.next), after + 1, NEXT_PAGE_MS);
  }
  retention.readsNoMore(tenant, reader(after));
  return page;
}

function present(members: Readonly<Record<string, string | number | undefined>>): EntryFilter {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
