/**
 * Every body and answer of the API as a strict schema: what is parsed, and what `/openapi.json`
 * says.
 *
 * @module
 */
import { z } from "zod";
import { PROTECTIONS, RECORDER_STATUSES } from "../control/call.ts";

const epochMs = z.int().min(0).describe("Unix milliseconds");
const ms = z.int().min(0).describe("Milliseconds");
/** Ids are checked by form afterwards; this bounds them. */
const id = z.string().min(1).max(128);
const waitMs = z
  .int()
  .min(0)
  .max(60_000)
  .describe("How long to wait for the truth, at most what policy allows");

const attributes = z
  .record(z.string().regex(/^[A-Za-z][\w.-]{0,63}$/), z.string().max(256))
  .refine((value) => Object.keys(value).length <= 32, "At most 32 attributes.")
  .describe("What policy chooses by, such as a queue. Never cardholder data");

const targets = z
  .record(id, z.record(z.string(), z.unknown()))
  .refine((value) => Object.keys(value).length <= 32, "At most 32 targets.")
  .describe("By recorder id: how that recorder finds the conversation, in its own members");

const pauseMembers = {
  windowId: id
    .describe("Names the window; unique in the tenant. Or send Idempotency-Key")
    .optional(),
  reason: z.string().max(200).optional(),
  leaseMs: z.int().min(1_000).max(86_400_000).describe("Capped by policy").optional(),
  waitMs: waitMs.optional(),
  targets: targets.describe("Adds targets; lets none go").optional(),
  attributes: attributes.describe("For a call that this pause makes known").optional(),
};

export const pauseBody = z
  .strictObject({
    ...pauseMembers,
    agentId: id.describe("For a call that this pause makes known").optional(),
  })
  .meta({ id: "Pause" });
export type PauseBody = z.infer<typeof pauseBody>;

export const agentPauseBody = z.strictObject(pauseMembers).meta({ id: "AgentPause" });

export const resumeBody = z
  .strictObject({ windowId: id.optional(), waitMs: waitMs.optional() })
  .meta({ id: "Resume" });

export const waitBody = z.strictObject({ waitMs: waitMs.optional() }).meta({ id: "Wait" });

export const renewBody = z
  .strictObject({
    leaseMs: z.int().min(1_000).max(86_400_000).describe("From now; capped by policy").optional(),
    waitMs: waitMs.describe("0 where absent: the truth of this moment").optional(),
  })
  .meta({ id: "Renew" });

export const registerBody = z
  .strictObject({
    agentId: id.optional(),
    attributes: attributes.optional(),
    targets: targets
      .describe("All the call's targets: those not named are let go (a move)")
      .optional(),
    waitMs: waitMs.optional(),
  })
  .meta({ id: "Register" });
export type RegisterBody = z.infer<typeof registerBody>;

export const ticketBody = z
  .strictObject({
    use: z.enum(["call", "events"]),
    callId: id.describe("The one call a call ticket serves").optional(),
    agentId: id.describe("The agent the ticket speaks for").optional(),
    lifeMs: z.int().min(1_000).max(86_400_000).describe("Capped by policy").optional(),
  })
  .meta({ id: "TicketAsked" });

export const callsQuery = z.strictObject({
  protection: z.enum(PROTECTIONS).optional(),
  agentId: id.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
});

const page = {
  after: z.coerce.number().int().min(0).describe("The `tacet-next` of the page before").optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
};
export const historyQuery = z.strictObject(page);

export const entriesQuery = z.strictObject({
  from: z.coerce.number().int().min(0).describe("Unix ms, inclusive").optional(),
  to: z.coerce.number().int().min(0).describe("Unix ms, exclusive").optional(),
  callId: id.optional(),
  windowId: id.optional(),
  recorderId: id.optional(),
  recordingId: id.optional(),
  incidentId: id.optional(),
  actor: id.optional(),
  type: z.string().max(64).optional(),
  outcome: z.string().max(64).optional(),
  ...page,
});

const sandbox = z.literal(true).describe("Simulated recorders: nothing real is protected");
const protection = z.enum(PROTECTIONS).describe("The one word for the call");

export const recorderAnswer = z
  .strictObject({
    recorderId: z.string(),
    required: z.boolean(),
    control: z.enum(["pause", "mute", "stop", "none"]),
    audio: z.enum(["gap", "silence", "new_file", "unknown"]),
    status: z.enum(RECORDER_STATUSES),
    confirmedBy: z.enum(["read_back", "pushed", "acknowledged"]).optional(),
    confirmedAfterMs: ms.optional(),
    attempts: z.int(),
    leaving: z.literal(true).optional(),
    pausedByOther: z.literal(true).optional(),
    failure: z.strictObject({ outcome: z.string(), reason: z.string() }).optional(),
  })
  .meta({ id: "Recorder" });

const logPlace = z.strictObject({
  origin: z.string().describe("The log's origin id"),
  position: z.int().describe("Of the call's newest durable entry; absent while none is").optional(),
});

export const pauseAnswer = z
  .strictObject({
    callId: z.string(),
    windowId: z.string(),
    protection,
    safeToCollect: z.boolean().describe("Obey this and nothing else"),
    collectForMs: ms.describe("Counted from the moment you sent the request; 0 when not safe"),
    expiresAt: epochMs.optional(),
    securedAfterMs: ms.optional(),
    recorders: z.array(recorderAnswer),
    log: logPlace,
    receipt: z
      .string()
      .describe("Of the call's newest entry, a C2SP tlog-proof; where `?receipt=1` asked for it")
      .optional(),
    sandbox: sandbox.optional(),
  })
  .meta({ id: "PauseAnswer" });
export type PauseAnswer = z.infer<typeof pauseAnswer>;

export const resumeAnswer = z
  .strictObject({
    callId: z.string(),
    windowId: z.string(),
    protection,
    safeToCollect: z.literal(false),
    openWindows: z.int().describe("Windows still open on the call, whoever opened them"),
    recorders: z.array(recorderAnswer),
    log: logPlace,
    sandbox: sandbox.optional(),
  })
  .meta({ id: "ResumeAnswer" });

export const callAnswer = z
  .strictObject({
    callId: z.string(),
    agentId: z.string().optional(),
    attributes: z.record(z.string(), z.string()),
    protection,
    windows: z.array(
      z.strictObject({
        windowId: z.string(),
        state: z.enum(["open", "expired", "closed"]),
        own: z.boolean(),
        openedAt: epochMs,
        expiresAt: epochMs,
        reason: z.string().optional(),
        agentId: z.string().optional(),
      }),
    ),
    recorders: z.array(recorderAnswer),
    unsecuredMs: ms.describe("A window was open and the call not secured"),
    unrecordedMs: ms.describe("Paused and no window was open"),
    registeredAt: epochMs.optional(),
    endingAt: epochMs.optional(),
    endedAt: epochMs.optional(),
    at: epochMs,
    log: logPlace,
    sandbox: sandbox.optional(),
  })
  .meta({ id: "Call" });
export type CallAnswer = z.infer<typeof callAnswer>;

export const callsAnswer = z
  .strictObject({
    calls: z.array(callAnswer),
    more: z.boolean().describe("More calls fit than `limit` lets through"),
    sandbox: sandbox.optional(),
  })
  .meta({ id: "Calls" });

export const entryAnswer = z
  .looseObject({ v: z.literal(1), position: z.int(), at: epochMs, type: z.string() })
  .meta({ id: "Entry", description: "One fact of the control log; see docs/control-log.md" });

export const historyAnswer = z
  .strictObject({
    callId: z.string(),
    entries: z.array(entryAnswer),
    next: z.int().describe("Give this as `after` for the next page").optional(),
    indexedTo: z.int().describe("Entries after this position are not in this answer yet"),
    sandbox: sandbox.optional(),
  })
  .meta({ id: "History" });

export const ticketAnswer = z
  .strictObject({
    ticket: z.string().describe("A bearer token; show it to nobody but the browser it is for"),
    ticketId: z.string(),
    use: z.enum(["call", "events"]),
    expiresAt: epochMs,
    sandbox: sandbox.optional(),
  })
  .meta({ id: "Ticket" });

export const recordersAnswer = z
  .strictObject({
    recorders: z.array(
      z.strictObject({
        recorderId: z.string(),
        vendor: z.string(),
        capabilities: z.looseObject({ control: z.string(), audio: z.string() }),
        reachability: z.enum(["reachable", "unreachable", "unknown"]),
        lastHeardAt: epochMs.optional(),
        preflight: z
          .strictObject({
            at: epochMs,
            findings: z.array(
              z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() }),
            ),
          })
          .optional(),
        health: z
          .strictObject({
            healthy: z.boolean(),
            since: epochMs.optional(),
            cause: z.string().optional(),
          })
          .optional(),
        warnings: z.array(z.string()),
      }),
    ),
    sandbox: sandbox.optional(),
  })
  .meta({ id: "Recorders" });

export const healthAnswer = z
  .strictObject({
    status: z.enum(["ok", "ready"]),
    version: z.string().optional(),
    sandbox: sandbox.optional(),
  })
  .meta({ id: "Health" });
