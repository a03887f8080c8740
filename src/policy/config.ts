/**
 * The whole of `tacet.yaml`: its schema, and how a document becomes a configuration or a list of
 * everything that is wrong with it.
 *
 * @module
 */
import { z } from "zod";
import type { Json } from "../control/call.ts";
import { alertsSchema, healthSchema } from "./configAlerts.ts";
import { authSchema } from "./configAuth.ts";
import { evidenceSchema } from "./configEvidence.ts";
import { consoleSchema } from "./configConsole.ts";
import { copiesSchema } from "./configCopies.ts";
import { name } from "./configParts.ts";
import {
  recorderSchema,
  recorderSchemaOf,
  type RecorderConfig,
  type Vendors,
} from "./configRecorders.ts";
import { crossProblems } from "./configRules.ts";
import { eventsSchema, listenSchema, loggingSchema, logSchema, opsSchema } from "./configServer.ts";
import { tenantSchema } from "./configTenants.ts";
import { redactedDocument } from "./digest.ts";
import { isRecord } from "./path.ts";
import { problemsOf, type Problem, type ProblemContext } from "./problems.ts";
import { replaceReferences, type Resolved } from "./references.ts";

export type { Problem } from "./problems.ts";
export type { Vendors } from "./configRecorders.ts";

function schemaWith<R extends z.ZodType>(recorder: R) {
  return z.strictObject({
    sandbox: z.boolean().default(false).describe("Only the built-in sandbox may say true."),
    listen: listenSchema.prefault({}),
    ops: opsSchema.prefault({}),
    log: logSchema,
    logging: loggingSchema.prefault({}),
    events: eventsSchema.prefault({}),
    recorders: z
      .record(name, recorder)
      .refine((all) => Object.keys(all).length > 0, "at least one"),
    tenants: z
      .record(name, tenantSchema)
      .refine((all) => Object.keys(all).length > 0, "at least one"),
    auth: authSchema.prefault({}),
    console: consoleSchema
      .exactOptional()
      .describe("Pages for people, at /console and /desk. Absent: none are served."),
    health: healthSchema.prefault({}),
    alerts: alertsSchema.prefault({}),
    copies: copiesSchema
      .default([])
      .describe("Where every entry of the log is sent while the service runs."),
    evidence: evidenceSchema.prefault({}),
  });
}

const schema = schemaWith(recorderSchema);

/** The schema with every vendor's settings in it, for editors and for finding members' names. */
export const fullSchema = (vendors: Vendors): z.ZodType => schemaWith(recorderSchemaOf(vendors));

/**
 * A configuration that holds together: every cross rule kept, every secret in place. Durations in
 * ms. `recorders[id].settings` is what the vendor's own schema made of it.
 */
export type Config = z.output<typeof schema> & {
  /** The document without any secret: what digests and the list of changed paths are made from. */
  readonly document: Json;
};

export type ParsedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface ParseOptions {
  /** What `{ env }` and `{ file }` references stand for, by path. */
  readonly resolved?: readonly Resolved[];
  /** Set by the built-in sandbox alone. */
  readonly sandboxAllowed?: boolean;
}

/**
 * Checks a whole document. Every problem is listed at once, by path and with what to do; none
 * carries a secret's value.
 */
export function parseConfig(
  input: unknown,
  vendors: Vendors,
  options: ParseOptions = {},
): ParsedConfig {
  const replaced = replaceReferences(input, options.resolved ?? []);
  const { document } = replaced;
  const full = fullSchema(vendors);
  const context = { ...replaced, schema: full };
  const parsed = schema.safeParse(document);
  const problems: Problem[] = [...replaced.problems];
  if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, [], context));

  const recorders: Record<string, RecorderConfig> = {};
  for (const [id, raw] of Object.entries(recordersOf(document))) {
    const checked = vendorSettings(id, raw, vendors, context);
    problems.push(...checked.problems);
    const recorder = parsed.success
      ? parsed.data.recorders[id]
      : recorderSchema.safeParse(raw).data;
    if (checked.ok && recorder !== undefined) {
      recorders[id] = { ...recorder, settings: checked.settings };
    }
  }
  problems.push(...crossProblems(document, recorders, vendors, options.sandboxAllowed ?? false));
  if (!parsed.success || problems.length > 0) return { ok: false, problems: distinct(problems) };
  const redacted = redactedDocument(input, full);
  return { ok: true, config: { ...parsed.data, recorders, document: redacted } };
}

function vendorSettings(id: string, raw: unknown, vendors: Vendors, context: ProblemContext) {
  const none = { ok: false as const, settings: {}, problems: [] as readonly Problem[] };
  const { vendor, settings = {} } = isRecord(raw) ? raw : {};
  if (typeof vendor !== "string") return none;
  const rules = vendors.get(vendor);
  if (rules === undefined) {
    const values = [...vendors.keys()];
    const issue = {
      code: "invalid_value" as const,
      values,
      path: ["recorders", id, "vendor"],
      message: "",
    };
    return { ...none, problems: problemsOf([issue], [], context) };
  }
  if (!isRecord(settings)) return none;
  const parsed = rules.settings.safeParse(settings);
  if (parsed.success) {
    return { ok: true as const, settings: parsed.data as Record<string, unknown>, problems: [] };
  }
  const path = ["recorders", id, "settings"];
  return { ...none, problems: problemsOf(parsed.error.issues, path, context) };
}

const recordersOf = (document: unknown): Record<string, unknown> =>
  isRecord(document) && isRecord(document["recorders"]) ? document["recorders"] : {};

/** The same path may be found wrong twice; the first says it best. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, problem }) => {
    const key = `${path}\n${problem}`;
    return seen.has(key) ? false : (seen.add(key), true);
  });
}
