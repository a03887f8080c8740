/**
 * Requests made from the API's description: such as fit it, such as are bent a little, and such as
 * are nothing at all, in stories about the same few calls and windows, so that the deep places are
 * reached and not only the door. Names such as `@call1` stand for ids of the run that is played.
 */
import * as fc from "fast-check";
import type { Operation } from "./described.ts";
import { resolve, type Schema, type Schemas } from "./schema.ts";

export type Body =
  | { readonly kind: "none" }
  /** By the description it fits. */
  | { readonly kind: "fits"; readonly value: unknown }
  | { readonly kind: "bent"; readonly value: unknown }
  | { readonly kind: "text"; readonly text: string; readonly type: string };

export interface Step {
  /** The operation's id. */
  readonly operation: string;
  /** Instead of the operation's own, at times. */
  readonly method: string;
  readonly who: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** Nothing that is refused may be told back: whatever is odd carries this mark. */
export const MARK = "Zq7x<mark>";

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const often = <T>(weight: number, usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other });

const ODD = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "prototype",
  "null",
  "NaN",
  "-0",
  "..",
  ".",
  "a/b",
  "a\\b",
  "%00",
  "%",
  "a\0b",
  "a\r\nx-b: c",
  "\u001b[2J",
  "\u2028",
  "\u009b31m",
  "\u202etxt",
  "\ufeff",
  "ａ",
  "😀",
  "İ",
  "ß",
  "a".repeat(128),
  "a".repeat(129),
  "a".repeat(5_000),
  "4111111111111111",
  "1795312345675",
  "' OR 1=1 --",
  "${7*7}",
  "<script>",
  "$where",
  "*",
  "?",
  "#",
] as const;

/** Any text, half of them with the mark in it; never a lone surrogate, which JSON.stringify escapes. */
const oddText = fc.oneof(
  oneOf(...ODD),
  oneOf(...ODD).map((text) => `${MARK}${text}`),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);

const oddNumber = oneOf<unknown>(
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  Number.MIN_VALUE,
  999,
  86_400_001,
);

/** Values of other types and shapes than were asked for. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  oddNumber,
  oneOf<unknown>(null, true, false, [], {}, [[]], [null]),
  fc.jsonValue({ maxDepth: 4 }),
  fc.nat(40).map(nested),
  fc
    .nat(200)
    .map((count) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, n]))),
  fc.nat(400).map((count) => Array.from({ length: count }, () => MARK)),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let n = 0; n < depth; n += 1) value = n % 2 === 0 ? { a: value } : [value];
  return value;
}

/** Open before anything is sent; the one of this number is nowhere. Of legal holds there are as many. */
export const INCIDENT_COUNT = 40;

const callId = oneOf("@call0", "@call0", "@call1", "@call2");
const windowId = oneOf("@window0", "@window0", "@window1", "@window2", "@window3");
const agentId = oneOf("a-204", "a-204", "a-205", "a-206", "a-299");
const channel = fc.integer({ min: 1, max: 8 });
const correlationId = channel.map((n) => `1d6c6a58-6739-4f0c-98ff-${String(n).padStart(12, "0")}`);
const anywherenow = fc.record({ uccName: fc.constant("ucc-demo"), correlationId });
const vslogger = fc.oneof(
  fc.record({ channel }),
  fc.record({ extension: channel.map((n) => String(700 + n)) }),
);
const targets: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ anywherenow, vslogger }) },
  { weight: 1, arbitrary: fc.record({ vslogger }) },
  { weight: 1, arbitrary: fc.record({ anywherenow, vslogger: fc.constant({ channel: 4_711 }) }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.object(), {
      maxKeys: 3,
    }),
  },
);
const attributes = fc.oneof(
  fc.constant({}),
  fc.record({ site: oneOf("leeds", "york", "hull") }),
  fc.dictionary(
    fc.stringMatching(/^[A-Za-z][\w.-]{0,8}$/),
    fc.string({ unit: "grapheme", maxLength: 30 }),
    { maxKeys: 5 },
  ),
);

/** What a member of this name usually is, where any text of the schema would lead nowhere. */
const USUAL: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  callId,
  windowId,
  agentId,
  targets,
  attributes,
  waitMs: oneOf(0, 0, 0, 5, 40, 200, 1_500),
  leaseMs: oneOf(1_000, 5_000, 120_000, 86_400_000),
  lifeMs: oneOf(1_000, 60_000),
  limit: oneOf(1, 2, 1_000),
  after: oneOf(0, 1, 500),
  from: oneOf(0, 1_795_000_000_000),
  to: oneOf(0, 4_000_000_000_000),
  type: oneOf("WindowOpened", "CallRegistered", "Nothing"),
  recorderId: oneOf("vslogger", "anywherenow", "none"),
  actor: oneOf("pay", "ann", "nobody"),
  incidentId: fc.nat(INCIDENT_COUNT).map((n) => `incident-${n}`),
  holdId: fc.nat(INCIDENT_COUNT).map((n) => `hold-${n}`),
  level: oneOf("0", "0", "0", "1", "entries"),
  index: oneOf("000.p/1", "000.p/2", "000.p/2", "000", "x001/000"),
  position: oneOf("1", "2", "3", "1000000"),
};

/** Values that fit the schema. Only what the description uses is known here, as in `misfit`. */
function fitting(given: Schema, schemas: Schemas): fc.Arbitrary<unknown> {
  const schema = resolve(given, schemas);
  if (schema.enum !== undefined) return oneOf(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  const { maxLength = 60, maximum = 1_000_000, minLength = 0, minimum = -1_000_000 } = schema;
  switch (schema.type) {
    case "string":
      if (schema.pattern !== undefined) return fc.stringMatching(new RegExp(schema.pattern, "u"));
      return fc.string({ minLength, maxLength: Math.min(maxLength, 60) });
    case "integer":
    case "number":
      return fc.integer({ min: minimum, max: Math.min(maximum, minimum + 1_000_000_000) });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(fitting(schema.items ?? {}, schemas), { maxLength: 4 });
    case "object": {
      const members = Object.entries(schema.properties ?? {}).map(
        ([name, one]) => [name, USUAL[name] ?? fitting(one, schemas)] as const,
      );
      return fc.record(Object.fromEntries(members), { requiredKeys: [...(schema.required ?? [])] });
    }
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** The value with one member taken away, added, doubled or made another. */
const bent = (fits: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    oddValue,
    fc
      .tuple(fits, fc.nat(), oddText, oddValue, oneOf("drop", "add", "change", "change"))
      .map(([value, at, name, odd, how]) => {
        if (typeof value !== "object" || value === null) return odd;
        const members = Object.entries(value);
        const index = members.length === 0 ? 0 : at % members.length;
        const key = how === "add" ? name : (members[index]?.[0] ?? name);
        const kept = members.filter(([own]) => own !== key);
        // `fromEntries` makes an own member even of `__proto__`.
        return Object.fromEntries(how === "drop" ? kept : [...kept, [key, odd]]);
      }),
  );

const looseText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  oneOf(
    "",
    " ",
    "{",
    "[",
    '{"a":',
    "nul",
    '"',
    '{"a":1,}',
    "{'a':1}",
    "{}{}",
    "\ufeff{}",
    '{"windowId":"@window0","windowId":"@window1"}',
  ),
  fc.nat(3_000).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
  fc.nat(2_000).map((depth) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth)),
  fc.nat(90_000).map((length) => JSON.stringify({ reason: MARK + "x".repeat(length) })),
  oneOf(
    '{"reason":"\\ud800"}',
    '{"\\udc00":1}',
    '{"reason":"\\u0000"}',
    '{"leaseMs":1e999}',
    '{"leaseMs":-0}',
  ),
);
const MEDIA = [
  "application/json",
  "application/json; charset=utf-8",
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/json-patch+json",
  "multipart/form-data; boundary=x",
  "",
  MARK,
];

function bodyOf(operation: Operation, schemas: Schemas): fc.Arbitrary<Body> {
  const fits = operation.body === undefined ? undefined : fitting(operation.body, schemas);
  const none = fc.constant<Body>({ kind: "none" });
  if (fits === undefined) return none;
  return fc.oneof(
    { weight: 8, arbitrary: fits.map((value): Body => ({ kind: "fits", value })) },
    { weight: 1, arbitrary: none },
    { weight: 2, arbitrary: bent(fits).map((value): Body => ({ kind: "bent", value })) },
    {
      weight: 1,
      arbitrary: fc
        .record({ text: looseText, type: often(3, fc.constant(MEDIA[0] ?? ""), oneOf(...MEDIA)) })
        .map((one): Body => ({ kind: "text", ...one })),
    },
  );
}

/** Who may do it, and at times anybody or nobody. */
function whoOf({ operationId }: Operation): fc.Arbitrary<string> {
  const usual = /Log|Entries|History|Checkpoint|Tile|Bundle|Receipt/i.test(operationId)
    ? fc.constant("audit")
    : /listRecorders/i.test(operationId)
      ? fc.constant("ops")
      : /Incident|Evidence|Witness|Sound|Unheard|Reconcil|LegalHold|Retention/i.test(operationId)
        ? fc.constant("officer")
        : oneOf("pay", "pay", "pay", "pay", "ann", "sue", "ticket");
  return fc.oneof(
    { weight: 40, arbitrary: usual },
    { weight: 4, arbitrary: oneOf("ivr", "sue", "ann", "other", "audit", "ops") },
    { weight: 1, arbitrary: oneOf("nobody", "wrong") },
  );
}

const headers = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: oneOf<Record<string, string>>(
      { "idempotency-key": "@window0" },
      { "idempotency-key": '"@window1"' },
      { "idempotency-key": `${MARK} ;` },
      { origin: "https://pay.example" },
      { origin: "null" },
      { "x-forwarded-for": `203.0.113.7, ${MARK}` },
      { "x-forwarded-for": "::ffff:203.0.113.9" },
      { "user-agent": `Odd/1.0 ${MARK} (\u00e9)` },
      { accept: "text/html;q=0.1" },
      { "x-http-method-override": "DELETE" },
      { "content-encoding": "gzip" },
      { expect: "100-continue" },
      { forwarded: 'for="_x"' },
      { cookie: "a=b; ".repeat(500) },
      { "if-none-match": "*", range: "bytes=0-1" },
    ),
  },
);

function stepOf(operation: Operation, schemas: Schemas): fc.Arbitrary<Step> {
  const inPath = operation.parameters.filter((one) => one.in === "path");
  const inQuery = operation.parameters.filter((one) => one.in === "query");
  const params = inPath.map(
    ({ name }) => [name, often(12, USUAL[name] ?? callId, oddText)] as const,
  );
  const queried = inQuery.map(({ name, schema }) => {
    const usual = USUAL[name] ?? fitting(schema, schemas);
    return fc.tuple(fc.constant(name), often(6, usual, oddText).map(String));
  });
  const some =
    queried.length === 0
      ? fc.constant<[string, string][]>([])
      : fc.array(fc.oneof(...queried), { maxLength: 3 });
  const { method } = operation;
  return fc.record({
    operation: fc.constant(operation.operationId),
    method: often(
      60,
      fc.constant(method),
      oneOf("HEAD", "OPTIONS", "DELETE", "PATCH", "GET", "PUT", "POST"),
    ),
    who: whoOf(operation),
    params: fc.record(Object.fromEntries(params)) as fc.Arbitrary<Record<string, string>>,
    query: often(20, some, fc.array(fc.tuple(oddText, oddText), { maxLength: 3 })),
    headers,
    body: bodyOf(operation, schemas),
  });
}

/** How often an operation is chosen, where not once: what changes calls leads to the deep places. */
const WEIGHTS: Readonly<Record<string, number>> = {
  registerCall: 6,
  pauseCall: 8,
  renewWindow: 3,
  resumeCall: 3,
  resumeWindow: 2,
  readWindow: 2,
  pauseAgent: 2,
  issueTicket: 2,
};

/** Steps of one client; several are played beside each other on the same calls. */
export function storyOf(operations: readonly Operation[], schemas: Schemas, steps: number) {
  const step = fc.oneof(
    ...operations.map((operation) => ({
      weight: WEIGHTS[operation.operationId] ?? 1,
      arbitrary: stepOf(operation, schemas),
    })),
  );
  return fc.array(step, { minLength: steps, maxLength: steps });
}
