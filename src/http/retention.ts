/**
 * How long the control log is kept, how far it was pruned, and legal holds, which keep entries whatever
 * their age. Nothing is pruned by a request.
 *
 * @module
 */
import { z } from "zod";
import type { LegalHold } from "../log/retention.ts";
import type { Lifted, Placed } from "../log/retentionDesk.ts";
import { json, refused, route, type Handled, type Route } from "./asked.ts";
import { denied, type Face } from "./face.ts";
import { logRead } from "./facts.ts";
import { refuse } from "./problem.ts";
import { failureProblem, refusalProblem } from "./refusal.ts";

const epochMs = z.int().min(0).describe("Unix milliseconds");
/** Not of spaces alone. */
const reason = z
  .string()
  .max(2_000)
  .regex(/\S/)
  .describe("Why, for whoever reads the log later. Never cardholder data");

const placeBody = z
  .strictObject({
    reason,
    callId: z
      .string()
      .min(1)
      .max(128)
      .describe("Everything from this call's first entry on")
      .optional(),
    since: epochMs.describe("Everything entered since this moment").optional(),
  })
  .meta({ id: "LegalHoldPlacing" });
const liftBody = z.strictObject({ reason }).meta({ id: "LegalHoldLifting" });

const holdAnswer = z
  .strictObject({
    holdId: z.string(),
    placedAt: epochMs,
    by: z.string(),
    reason: z.string(),
    firstKept: z.int().describe("Position of the first entry that it keeps"),
    callId: z.string().optional(),
    since: epochMs.optional(),
    sandbox: z.literal(true).optional(),
  })
  .meta({ id: "LegalHold" });
const standingAnswer = z
  .strictObject({
    months: z.int().describe("How long entries are kept; absent: for ever").optional(),
    prunedTo: z.int().describe("Entries up to here were pruned; 0 where none were"),
    keptFrom: epochMs.describe("The moment of the first entry behind them").optional(),
    legalHolds: z.array(holdAnswer),
    stoppedBy: z
      .strictObject({
        kind: z.enum(["legal_hold", "open_incident", "copy", "call", "reading", "log"]),
        holdId: z.string().optional(),
        incidentId: z.string().optional(),
        destination: z.string().optional(),
        callId: z.string().optional(),
      })
      .describe("What keeps entries that are old enough; absent where nothing does")
      .optional(),
    sandbox: z.literal(true).optional(),
  })
  .meta({ id: "Retention" });

export function retentionRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/log/retention",
      operationId: "readRetention",
      summary: "How long entries are kept, what was pruned, and which legal holds stand",
      tag: "Log",
      answers: { 200: { description: "How it stands", schema: standingAnswer } },
      problems: ["log_unavailable"],
      async handle(asked) {
        const denial = await denied(face, asked, "read_retention");
        if (denial !== undefined) return refused(denial);
        await face.entries.enter(logRead(asked, "retention", {}));
        return json(200, await face.retention.standing(asked.tenant));
      },
    }),
    route({
      method: "POST",
      path: "/v1/log/legal-holds",
      operationId: "placeLegalHold",
      summary: "Keep entries whatever their age, until the hold is lifted",
      description:
        "A log is pruned from its beginning, so a hold keeps everything from the first entry it names on: of a call, or since a moment, or of both the earlier; of neither, all there is. What was pruned before stays pruned: compare `firstKept`.",
      tag: "Log",
      body: placeBody,
      answers: { 201: { description: "The hold, which stands", schema: holdAnswer } },
      problems: [
        "call_unknown",
        "hold_limit_reached",
        "cardholder_data_refused",
        "log_unavailable",
      ],
      async handle(asked) {
        const denial = await denied(face, asked, "hold_entries");
        if (denial !== undefined) return refused(denial);
        const { callId, since } = asked.body;
        return answerPlaced(
          await face.retention.place(asked.tenant, {
            by: asked.by,
            reason: asked.body.reason,
            ...(callId === undefined ? {} : { callId }),
            ...(since === undefined ? {} : { since }),
          }),
        );
      },
    }),
    route({
      method: "POST",
      path: "/v1/log/legal-holds/:holdId/lift",
      operationId: "liftLegalHold",
      summary: "End a legal hold: what it kept is pruned when its time is over",
      tag: "Log",
      body: liftBody,
      answers: { 200: { description: "The hold, which stands no more", schema: holdAnswer } },
      problems: ["hold_unknown", "cardholder_data_refused", "log_unavailable"],
      async handle(asked) {
        const denial = await denied(face, asked, "hold_entries");
        if (denial !== undefined) return refused(denial);
        const { reason: why } = asked.body;
        const order = { by: asked.by, reason: why };
        return answerLifted(await face.retention.lift(asked.tenant, asked.param("holdId"), order));
      },
    }),
  ];
}

function answerPlaced(placed: Placed): Handled {
  switch (placed.kind) {
    case "placed":
      return json(201, placed.hold satisfies LegalHold);
    case "call_unknown":
      return refused(refusalProblem("call_unknown", {}));
    case "full":
      return refused(refuse("hold_limit_reached", "No further hold was placed."));
    case "log_failed":
      return refused(failureProblem("log_failed", {}));
  }
}

function answerLifted(lifted: Lifted): Handled {
  switch (lifted.kind) {
    case "lifted":
      return json(200, lifted.hold);
    case "unknown":
      return refused(refuse("hold_unknown", "No hold of this id stands."));
    case "log_failed":
      return refused(failureProblem("log_failed", {}));
  }
}
