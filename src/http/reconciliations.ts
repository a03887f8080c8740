/**
 * What `tacet reconcile` came to, entered: counts, and what was compared with what. Payments stay
 * where they are: no row of them is sent.
 *
 * @module
 */
import { z } from "zod";
import { isAllSecured, type Reconciled, reconciledDetail } from "../evidence/reconciled.ts";
import { json, refused, route, type Route } from "./asked.ts";
import { denied, type Face } from "./face.ts";
import { failureProblem } from "./refusal.ts";

const COUNT_MAX = 1_000_000_000;
const count = z.int().min(0).max(COUNT_MAX);
const epochMs = z.int().min(0).describe("Unix milliseconds");

const reconciliationBody = z
  .strictObject({
    counts: z
      .strictObject({ secured: count, late: count, unsecured: count, no_window: count })
      .describe("Payments by outcome; docs/reconcile.md says when each is said"),
    digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe("SHA-256 of the list of payments, in hex"),
    from: epochMs.describe("The first payment"),
    to: epochMs.describe("The last payment"),
    toleranceMs: z.int().min(0).max(3_600_000),
    against: z.strictObject({
      origin: z
        .string()
        .regex(/^[\w.%/~-]{1,512}$/)
        .describe("Of the log that was read")
        .optional(),
      size: z.int().min(0).describe("Entries that were read"),
      root: z
        .string()
        .regex(/^[A-Za-z0-9+/]{43}=$/)
        .describe("Of the tree over them, base64"),
      verified: z.boolean().describe("Against a key that did not come with the log"),
    }),
  })
  .meta({ id: "Reconciliation" });

const reconciliationAnswer = z
  .strictObject({
    position: z.int().describe("Of its entry"),
    origin: z.string().describe("Of the log it is in"),
    sandbox: z.literal(true).optional(),
  })
  .meta({ id: "ReconciliationAnswer" });

export function reconciliationRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/reconciliations",
      operationId: "enterReconciliation",
      summary: "Enter what comparing payments with the control log came to",
      tag: "Evidence",
      body: reconciliationBody,
      answers: { 201: { description: "Entered", schema: reconciliationAnswer } },
      problems: ["cardholder_data_refused", "log_unavailable"],
      async handle(asked) {
        const denial = await denied(face, asked, "reconcile");
        if (denial !== undefined) return refused(denial);
        const { against, ...rest } = asked.body;
        const { origin, ...read } = against;
        const of = origin === undefined ? {} : { origin };
        const reconciled: Reconciled = { ...rest, against: { ...read, ...of } };
        const { by, tenant } = asked;
        const entered = await face.log.enter([
          {
            at: face.clock(),
            tenant,
            type: "PaymentsReconciled",
            actor: {
              id: by.id,
              kind: by.kind,
              ...(by.client === undefined ? {} : { client: by.client }),
            },
            origin: { component: "http", ...(by.ip === undefined ? {} : { ip: by.ip }) },
            outcome: isAllSecured(reconciled) ? "success" : "failure",
            detail: reconciledDetail(reconciled),
          },
        ]);
        const [position] = entered.kind === "entered" ? entered.positions : [];
        if (position === undefined) return refused(failureProblem("log_failed", {}));
        return json(201, { position, origin: face.log.origin(tenant) });
      },
    }),
  ];
}
