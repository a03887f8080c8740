/**
 * The part of the configuration that says, for each tenant, which recorders take part in a call,
 * by which numbers it is judged, and who its agents are.
 *
 * @module
 */
import { z } from "zod";
import { DEFAULT_RULES } from "../control/commands.ts";
import { DAY_MS, ms, name, pattern, webOrigin } from "./configParts.ts";

const RULES = DEFAULT_RULES;

const AT_LEASE_END = ["resume", "keep_paused_and_alert"] as const;

const partSchema = z.strictObject({
  recorder: name.describe("A recorder of `recorders`."),
  required: z.boolean().default(true).describe("Whether the call is secured only with this one."),
  control: z
    .enum(["pause", "mute", "stop", "none"])
    .exactOptional()
    .describe("How it is silenced, where it offers a choice. `none`: it only testifies."),
  absentIs: z
    .enum(["unprotected", "protected"])
    .default("unprotected")
    .describe("What it means when nothing is being recorded for the target."),
  acceptAcknowledged: z
    .boolean()
    .default(false)
    .describe("Takes a recorder's yes for a confirmation where it cannot be asked."),
});

export const routeSchema = z.strictObject({
  when: z
    .record(
      z.string().min(1).max(64),
      z.union([z.string().max(200), z.array(z.string().max(200)).min(1).max(100)]),
    )
    .exactOptional()
    .describe("Call attributes that must all have this value (or one of these)."),
  recorders: z.array(partSchema).min(1).max(32),
});

export const rulesSchema = z.strictObject({
  leaseMsDefault: ms(1_000, DAY_MS).default(180_000).describe("Where a pause names no lease."),
  leaseMsMax: ms(1_000, DAY_MS).default(RULES.leaseMsMax),
  renewMsMax: ms(100, DAY_MS)
    .default(60_000)
    .describe("The slowest renewal: a hidden page's timers run once a minute."),
  windowMsMax: ms(1_000, DAY_MS)
    .default(RULES.windowMsMax)
    .describe("No window lives longer, renewals included."),
  waitMsDefault: ms(0, 60_000)
    .default(3_000)
    .describe("Where a pause does not say how long it waits."),
  waitMsMax: ms(0, 60_000).default(10_000),
  confirmMsMax: ms(100, 60_000)
    .default(RULES.confirmMsMax)
    .describe("From a pause or resume to the moment it is overdue."),
  confirmAgeMsMax: ms(200, 600_000)
    .default(RULES.confirmAgeMsMax)
    .describe("An older confirmation secures nothing. At least twice the recorder's guardMs."),
  graceMs: ms(0, 60_000)
    .default(RULES.graceMs)
    .describe("Between the end of a lease and the resume."),
  baselineMs: ms(0, 5_000)
    .default(RULES.baselineMs)
    .describe("How long a pause waits to learn what a target was before."),
  baselineAgeMsMax: ms(1_000, DAY_MS).default(RULES.baselineAgeMsMax),
  callIdleMsMax: ms(60_000, 7 * DAY_MS).default(RULES.callIdleMsMax),
  endMsMax: ms(1_000, 600_000).default(RULES.endMsMax),
  callIdReuseMs: ms(0, 30 * DAY_MS)
    .default(RULES.callIdReuseMs)
    .describe("An ended call's id may start anew after this."),
  windowCountMax: z.int().min(1).max(1_000).default(RULES.windowCountMax),
  windowIdCountMax: z.int().min(1).max(100_000).default(RULES.windowIdCountMax),
  tapCountMax: z.int().min(1).max(256).default(RULES.tapCountMax),
});

const agentSchema = z.strictObject({
  extension: z.string().min(1).max(64).exactOptional(),
  sipUri: z
    .string()
    .regex(/^sips?:[^\s]{1,250}$/, "a SIP address such as sip:agent@domain.example")
    .exactOptional(),
  recorderAgentId: z.string().min(1).max(128).exactOptional(),
});

const idFormsSchema = z.strictObject({
  callId: z.array(pattern).max(16).default([]),
  windowId: z.array(pattern).max(16).default([]),
  agentId: z.array(pattern).max(16).default([]),
});

export const tenantSchema = z.strictObject({
  atLeaseEnd: z
    .enum(AT_LEASE_END)
    .exactOptional()
    .describe("What happens when a page is gone and its lease ends. Must be chosen."),
  whenLogFails: z
    .enum(["refuse", "protect"])
    .default("refuse")
    .describe("Whether a page may collect while the log cannot be written."),
  rules: rulesSchema.prefault({}),
  routes: z.array(routeSchema).min(1).max(100).describe("The first that matches a call counts."),
  agents: z.record(z.string().min(1).max(200), agentSchema).default({}),
  idForms: idFormsSchema.prefault({}).describe("Further forms of ids, as patterns."),
  origins: z
    .array(webOrigin)
    .max(256)
    .default([])
    .describe("Web pages that may call (CORS, WebSocket)."),
});

export type TenantConfig = z.output<typeof tenantSchema>;
export type RouteConfig = z.output<typeof routeSchema>;
