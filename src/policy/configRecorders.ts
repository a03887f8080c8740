/**
 * The part of the configuration that names the recorders. A vendor's own settings are checked by
 * that vendor's schema, which is handed in: policy knows no vendor.
 *
 * @module
 */
import { z } from "zod";
import type { Control, EpochMs, RecorderId } from "../control/call.ts";
import { DEFAULT_DESK_RULES } from "../control/commands.ts";
import { ms, secret, secretBytes } from "./configParts.ts";

/** What policy has to know of a vendor. A recorder vendor fits as it is. */
interface VendorRules {
  readonly settings: z.ZodType;
  readonly variants: readonly { readonly capabilities: { readonly control: Control } }[];
  /** Where recorders with these parsed settings are reached. */
  origins(settings: unknown): readonly string[];
  /** Tells which control these settings leave. Absent: any of the variants'. */
  create?(
    id: RecorderId,
    settings: unknown,
    context: { readonly now: () => EpochMs },
  ): { readonly capabilities: { readonly control: Control } };
}
export type Vendors = ReadonlyMap<string, VendorRules>;

const DESK = DEFAULT_DESK_RULES;

const deskSchema = z.strictObject({
  guardMs: ms(100, 60_000)
    .default(DESK.guardMs)
    .describe("While a call claims it, a target is read again this often."),
  resumeMsMax: ms(0, 5_000)
    .default(DESK.resumeMsMax)
    .describe("A pause waits this long for a resume in flight, then goes."),
  settleMs: ms(0, 60_000)
    .default(DESK.settleMs)
    .describe("After an abandoned resume, nothing is confirmed for this long."),
  commandMsMax: ms(50, 60_000).default(DESK.commandMsMax).describe("A command is given up then."),
  statusMsMax: ms(50, 60_000).default(DESK.statusMsMax).describe("A read is given up then."),
  retryMsMin: ms(10, 60_000).default(DESK.retryMsMin),
  retryMsMax: ms(100, 600_000).default(DESK.retryMsMax),
});

const tlsSchema = z.strictObject({
  ca: z.string().min(1).exactOptional().describe("Trusted besides the system's authorities, PEM."),
  cert: z.string().min(1).exactOptional().describe("Client certificate, PEM."),
  key: secret().exactOptional().describe("Client key, PEM."),
  pfx: secretBytes().exactOptional().describe("Client certificate and key in one, PKCS #12."),
  passphrase: secret().exactOptional(),
  serverName: z
    .string()
    .min(1)
    .max(253)
    .exactOptional()
    .describe("The name its certificate carries, where that is not the host in its address."),
});

const COMMON = {
  tls: tlsSchema.exactOptional().describe("How the recorder proves itself, and tacet to it."),
  plainHttp: z
    .boolean()
    .default(false)
    .describe("Allows plain http: to a recorder beyond loopback. Loud in the log and in the API."),
  desk: deskSchema.prefault({}),
  connectionCountMax: z.int().min(1).max(256).default(8),
  replyBytesMax: z.int().min(1_024).max(16_777_216).default(1_048_576),
};

/** A recorder of some vendor, its settings not looked at yet. */
export const recorderSchema = z.strictObject({
  vendor: z.string().min(1).max(64),
  settings: z.record(z.string(), z.unknown()).default({}),
  ...COMMON,
});

/** The same, whole, for editors: each vendor with its own settings. */
export function recorderSchemaOf(vendors: Vendors): z.ZodType {
  const shapes = [...vendors].map(([vendor, rules]) =>
    z.strictObject({ vendor: z.literal(vendor), settings: rules.settings, ...COMMON }),
  );
  return shapes.length === 1 && shapes[0] !== undefined ? shapes[0] : z.union(shapes);
}

export type RecorderConfig = z.output<typeof recorderSchema>;

/** How a recorder with these settings may be silenced; undefined where its vendor is not known. */
export function controlsOf(
  id: RecorderId,
  recorder: RecorderConfig,
  vendors: Vendors,
): readonly Control[] | undefined {
  const vendor = vendors.get(recorder.vendor);
  if (vendor?.create === undefined) {
    return vendor && [...new Set(vendor.variants.map(({ capabilities }) => capabilities.control))];
  }
  const made = vendor.create(id, recorder.settings, { now: () => 0 });
  return [made.capabilities.control];
}
