/**
 * Receipts on the wire: what shows that an entry is in the log, asked for by its position, or beside a
 * pause.
 *
 * @module
 */
import { z } from "zod";
import type { CallId, TenantId } from "../control/call.ts";
import type { Waited } from "../control/calls.ts";
import { LogUnavailable } from "../control/within.ts";
import { BadTile } from "../log/tiles.ts";
import { may } from "../policy/access.ts";
import { refused, route, type Asked, type Handled, type Route } from "./asked.ts";
import { denied, type Face } from "./face.ts";
import { logRead } from "./facts.ts";
import { refuse } from "./problem.ts";
import { passed } from "./headTurns.ts";

/** What a pause that was asked for a receipt waits for it, at most. */
const BESIDE_MS_MAX = 100;

export function receiptRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/log/receipt/:position",
      operationId: "readReceipt",
      summary: "What shows that an entry is in the log",
      description:
        "A C2SP tlog-proof: the hashes from the entry's leaf up to the root, and a signed head. Keep it beside the entry; `tacet verify` checks the two without tacet.",
      tag: "Log",
      answers: { 200: { description: "The receipt", contentType: "text/plain" } },
      problems: ["entry_unknown"],
      async handle(asked) {
        const exports = may(asked.principal, "export_log", {}).ok;
        const denial = exports ? undefined : await denied(face, asked, "read_log");
        if (denial !== undefined) return refused(denial);
        const named = asked.param("position");
        const position = /^[1-9]\d{0,15}$/.test(named) ? Number(named) : 0;
        await face.entries.enter(logRead(asked, "receipts", {}));
        const told = await face.receipts
          .of(asked.tenant, position, Infinity)
          .catch(treeUnavailable);
        switch (told.kind) {
          case "receipt":
            return textOf(told.text);
          case "unknown":
            return refused(refuse("entry_unknown", "The log has no entry at this position."));
          case "late":
            throw new LogUnavailable("no head could be signed that covers the entry");
          default:
            return told satisfies never;
        }
      },
    }),
  ];
}

const textOf = (text: string): Handled => ({
  kind: "text",
  status: 200,
  contentType: "text/plain; charset=utf-8",
  text,
});

function treeUnavailable(error: unknown): never {
  if (error instanceof BadTile) throw new LogUnavailable("the tree is not filled yet");
  throw error;
}

export const pauseQuery = z.strictObject({
  receipt: z
    .literal("1")
    .describe("Asks for a receipt beside the answer, where a head can be signed at once")
    .optional(),
});

/**
 * The receipt of the newest entry of a call that is secured, or none: an answer waits for it a
 * tenth of a second at most, and only where it was asked for. It is fetched before the answer is
 * computed, so that what the answer says is of the moment it is written.
 */
export async function receiptBeside(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: CallId,
  waited: Waited,
): Promise<{ readonly receipt?: string }> {
  const { receipt } = (asked.query ?? {}) as z.infer<typeof pauseQuery>;
  if (receipt === undefined || waited !== "secured") return {};
  const late = passed(BESIDE_MS_MAX).then(() => ({}));
  return await Promise.race([late, ofCall(face, asked.tenant, callId).catch(() => ({}))]);
}

async function ofCall(face: Face, tenant: TenantId, callId: CallId) {
  const view = await face.calls.read(tenant, callId);
  if (view === undefined || !view.durable) return {};
  const told = await face.receipts.of(tenant, view.position, BESIDE_MS_MAX);
  return told.kind === "receipt" ? { receipt: told.text } : {};
}

/** Only an answer that says to collect carries it. */
export const withReceipt = (handled: Handled, beside: { readonly receipt?: string }): Handled =>
  handled.kind === "json" ? { ...handled, body: { ...handled.body, ...beside } } : handled;
