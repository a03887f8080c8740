/**
 * Reads a request's JSON body at the edge: bounded, strict UTF-8, well-formed Unicode, bounded
 * depth, each member named once, and exactly the members its schema names. From here on the value
 * is trusted.
 *
 * @module
 */
import type { z } from "zod";
import { err, ok, type Result } from "../control/call.ts";
import { refuse, type Problem, type ProblemError } from "./problem.ts";

const DEPTH_MAX = 12;
const ERROR_COUNT_MAX = 20;
const [BACKSLASH, QUOTE, COLON] = [0x5c, 0x22, 0x3a];
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The parsed body; `undefined` where there is none. */
export async function readJson(
  request: Request,
  bytesMax: number,
): Promise<Result<unknown, Problem>> {
  const media = request.headers.get("content-type");
  if (media !== null && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(media)) {
    return err(refuse("media_type_unsupported", "The body must be application/json."));
  }
  const coding = request.headers.get("content-encoding");
  if (coding !== null && coding !== "identity") {
    return err(refuse("media_type_unsupported", "Compressed bodies are not accepted."));
  }
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readBytes(request, bytesMax);
  } catch {
    // Whoever sent it has gone in the middle of it: their doing, not a failure of ours.
    return err(refuse("body_missing", "The body ended before it was whole."));
  }
  if (bytes === undefined) {
    const detail = `The body is larger than ${bytesMax} bytes.`;
    return err(refuse("body_too_large", detail, { headers: { connection: "close" } }));
  }
  if (bytes.length === 0) return ok(undefined);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return err(refuse("body_not_utf8", "The body holds bytes that are not UTF-8."));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote the body, which may hold anything.
    return err(refuse("body_not_json", "The body cannot be parsed as JSON."));
  }
  const seen = { members: 0 };
  const flaw = findFlaw(value, DEPTH_MAX, seen);
  if (flaw === "too_deep") {
    return err(refuse("body_too_deep", `The body is nested deeper than ${DEPTH_MAX} levels.`));
  }
  if (flaw === "lone_surrogate") {
    return err(refuse("body_not_unicode", "A string in the body holds a lone surrogate."));
  }
  if (flaw === "inherited") {
    return err(refuse("body_invalid", "The body names a member __proto__, which no member is."));
  }
  // Whoever read it on the way here, such as a proxy that checks, may have taken the other one.
  if (flaw === undefined && namesIn(text) !== seen.members) {
    return err(refuse("body_invalid", "A member stands in an object twice."));
  }
  return ok(value);
}

/** How many members are named in a text that is JSON: outside of strings, each has one colon. */
function namesIn(text: string): number {
  let names = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) inString = !inString;
    else if (code === COLON && !inString) names += 1;
  }
  return names;
}

/** Undefined where the body is larger than `bytesMax`; the rest of it is not read. */
async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array | undefined> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    // The HTTP parser holds a sender to the length it declared.
    if (Number(declared) > bytesMax) return undefined;
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.length > bytesMax ? undefined : bytes;
  }
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > bytesMax) {
      await reader.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

type Flaw = "too_deep" | "lone_surrogate" | "inherited";

/** Counts the members in passing. */
function findFlaw(value: unknown, depth: number, seen: { members: number }): Flaw | undefined {
  if (typeof value === "string") return value.isWellFormed() ? undefined : "lone_surrogate";
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === 0) return "too_deep";
  const isList = Array.isArray(value);
  for (const [name, member] of Object.entries(value)) {
    if (!isList) seen.members += 1;
    if (!name.isWellFormed()) return "lone_surrogate";
    // Where names are free, such as attributes, it would be left out without a word.
    if (name === "__proto__") return "inherited";
    const flaw = findFlaw(member, depth - 1, seen);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** Fits the value to its schema; every problem is named by path, none by value. */
export function fit<T>(
  schema: z.ZodType<T>,
  value: unknown,
  code: "body_invalid" | "query_invalid",
): Result<T, Problem> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const errors = parsed.error.issues.flatMap(explain).slice(0, ERROR_COUNT_MAX);
  const what = code === "body_invalid" ? "body" : "query";
  const detail = `The ${what} does not fit at: ${errors.map((one) => one.path || "/").join(", ")}.`;
  return err(refuse(code, detail, { errors }));
}

const at = (path: readonly PropertyKey[], code: string, detail: string): ProblemError => ({
  path: pointer(path),
  code,
  detail,
});

type Issue = z.core.$ZodIssue;

function explain(issue: Issue): ProblemError[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) =>
        at([...issue.path, key], "unknown_member", "There is no such member."),
      );
    case "invalid_type":
      return issue.input === undefined && issue.message.includes("received undefined")
        ? [at(issue.path, "missing", `Missing: expected ${issue.expected}.`)]
        : [at(issue.path, "wrong_type", `Expected ${issue.expected}.`)];
    case "too_small":
      return [at(issue.path, "too_small", `At least ${issue.minimum}.`)];
    case "too_big":
      return [at(issue.path, "too_big", `At most ${issue.maximum}.`)];
    case "invalid_value":
      return [at(issue.path, "not_one_of", `One of: ${issue.values.join(", ")}.`)];
    case "custom":
      return [at(issue.path, "invalid", issue.message)];
    case "invalid_format":
    case "not_multiple_of":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
      break;
  }
  return [at(issue.path, "invalid", "Not of the form asked for.")];
}

/** A JSON Pointer in which names that are not plainly names are withheld: they may hold anything. */
export function pointer(path: readonly PropertyKey[]): string {
  return path
    .map((part) => {
      if (typeof part === "number") return `/${part}`;
      return `/${/^[A-Za-z_][\w.-]{0,63}$/.test(String(part)) ? String(part) : "*"}`;
    })
    .join("");
}
