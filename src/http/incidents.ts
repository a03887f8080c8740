/**
 * Incidents: what is suspect, what people found, and how it ended. They are opened by what recordings
 * tell, never by a request. tacet deletes no recording: that is done in the recorder, and noted here.
 *
 * @module
 */
import { z } from "zod";
import type { Json } from "../control/call.ts";
import type { Incident, Worked } from "../evidence/incident.ts";
import { json, refused, route, type Asked, type Handled, type Route } from "./asked.ts";
import { denied, type Face } from "./face.ts";
import { logRead } from "./facts.ts";
import { refuse } from "./problem.ts";
import { failureProblem } from "./refusal.ts";

const PAGE_LIMIT = 50;
const TEXT_MAX = 2_000;
const CAUSE_MAX = 200;

const epochMs = z.int().min(0).describe("Unix milliseconds");
const id = z.string().min(1).max(128);
/** Not of spaces alone. */
const WORDS = /\S/;
const text = z.string().max(TEXT_MAX).regex(WORDS);
const cause = z
  .string()
  .max(CAUSE_MAX)
  .regex(WORDS)
  .describe("What a person found to be behind it, in their words");

const incidentsQuery = z.strictObject({
  state: z.enum(["open", "closed"]).optional(),
  recorderId: id.optional(),
  callId: id.optional(),
  after: z.coerce.number().int().min(0).describe("The `next` of the page before").optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});
const noteBody = z
  .strictObject({ text, cause: cause.optional() })
  .meta({ id: "IncidentNote", description: "Never cardholder data" });
const closeBody = z
  .strictObject({
    note: text.describe("What was done: with the recording, and so that it happens no more"),
    cause: cause.optional(),
  })
  .meta({ id: "IncidentClosing" });

const incidentAnswer = z
  .strictObject({
    incidentId: z.string(),
    state: z.enum(["open", "closed"]),
    openedAt: epochMs,
    callId: z.string(),
    recorderId: z.string(),
    recordingId: z.string().describe("The recorder's own, with which a person finds it"),
    windowIds: z.array(z.string()),
    causes: z
      .array(z.string())
      .describe("drift, not_secured, not_shortened, overlaps, sound or tones"),
    ranges: z
      .array(z.strictObject({ fromMs: z.number(), toMs: z.number() }))
      .describe("Where in the file: ms from its first sample. Empty where that cannot be told"),
    flagged: z
      .boolean()
      .describe("Whether the recorder's own record is marked; absent where it is not asked to be")
      .optional(),
    foundCause: z.string().optional(),
    notes: z.array(z.strictObject({ at: epochMs, by: z.string(), text: z.string() })),
    earlier: z.string().describe("The closed incident of the same recording before").optional(),
    closedAt: epochMs.optional(),
    sandbox: z.literal(true).optional(),
  })
  .meta({ id: "Incident" });
const incidentsAnswer = z
  .strictObject({
    incidents: z.array(incidentAnswer),
    next: z.int().describe("Give this as `after` for the next page; fewer may be on it").optional(),
    sandbox: z.literal(true).optional(),
  })
  .meta({ id: "Incidents" });

const DELETES_NOTHING =
  "tacet deletes no recording: remove or redact it in its recorder, and say so in the note.";

export function incidentRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/incidents",
      operationId: "listIncidents",
      summary: "Recordings that are suspect, in the order in which they became so",
      tag: "Incidents",
      query: incidentsQuery,
      answers: { 200: { description: "The incidents", schema: incidentsAnswer } },
      problems: ["query_invalid", "cardholder_data_refused", "log_unavailable"],
      async handle(asked) {
        const denial = await denied(face, asked, "read_evidence");
        if (denial !== undefined) return refused(denial);
        const { after = 0, limit = PAGE_LIMIT, callId, recorderId, state } = asked.query;
        const filter = {
          ...(state === undefined ? {} : { state }),
          ...(recorderId === undefined ? {} : { recorderId }),
          ...(callId === undefined ? {} : { callId }),
        };
        await face.entries.enter(logRead(asked, "incidents", filter as Record<string, Json>));
        const page = await face.incidents.list(asked.tenant, { ...filter, after, limit });
        return json(200, page);
      },
    }),
    route({
      method: "GET",
      path: "/v1/incidents/:incidentId",
      operationId: "readIncident",
      summary: "An incident with its notes",
      tag: "Incidents",
      answers: { 200: { description: "The incident", schema: incidentAnswer } },
      problems: ["incident_unknown", "log_unavailable"],
      async handle(asked) {
        const denial = await denied(face, asked, "read_evidence");
        if (denial !== undefined) return refused(denial);
        const incident = await face.incidents.find(asked.tenant, asked.param("incidentId"));
        if (incident === undefined) return unknown();
        const { callId, incidentId } = incident;
        await face.entries.enter(logRead(asked, "incidents", { incidentId, callId }));
        return json(200, incident);
      },
    }),
    route({
      method: "POST",
      path: "/v1/incidents/:incidentId/notes",
      operationId: "noteIncident",
      summary: "Note what was found or done, and the cause where it is known",
      description: DELETES_NOTHING,
      tag: "Incidents",
      body: noteBody,
      answers: { 200: { description: "The incident with the note", schema: incidentAnswer } },
      problems: [
        "incident_unknown",
        "incident_closed",
        "note_limit_reached",
        "cardholder_data_refused",
        "log_unavailable",
      ],
      handle: (asked) => work(face, asked, "note", asked.body.text, asked.body.cause),
    }),
    route({
      method: "POST",
      path: "/v1/incidents/:incidentId/close",
      operationId: "closeIncident",
      summary: "Close an incident, with a note of what was done",
      description: DELETES_NOTHING,
      tag: "Incidents",
      body: closeBody,
      answers: { 200: { description: "The closed incident", schema: incidentAnswer } },
      problems: [
        "incident_unknown",
        "incident_closed",
        "cardholder_data_refused",
        "log_unavailable",
      ],
      handle: (asked) => work(face, asked, "close", asked.body.note, asked.body.cause),
    }),
  ];
}

async function work(
  face: Face,
  asked: Asked<unknown, unknown>,
  what: "note" | "close",
  words: string,
  foundCause: string | undefined,
): Promise<Handled> {
  const denial = await denied(face, asked, "work_incidents");
  if (denial !== undefined) return refused(denial);
  const said = { by: asked.by, text: words, ...(foundCause === undefined ? {} : { foundCause }) };
  const incidentId = asked.param("incidentId");
  return answerOf(await face.incidents[what](asked.tenant, incidentId, said));
}

function answerOf(worked: Worked): Handled {
  switch (worked.kind) {
    case "done":
      return json(200, worked.incident);
    case "unknown":
      return unknown();
    case "closed":
      return refused(
        refuse("incident_closed", "This incident was closed before.", {
          members: membersOf(worked.incident),
        }),
      );
    case "full":
      return refused(refuse("note_limit_reached", "This incident has as many notes as may be."));
    case "log_failed":
      return refused(failureProblem("log_failed", {}));
  }
}

const unknown = (): Handled =>
  refused(refuse("incident_unknown", "No incident of this id is known."));

const membersOf = ({ closedAt, incidentId }: Incident) => ({
  incidentId,
  ...(closedAt === undefined ? {} : { closedAt }),
});
