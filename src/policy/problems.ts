/**
 * Turns what the schema found into problems a person can act on: where, what, and what to do.
 * A problem never holds a value from the document.
 *
 * @module
 */
import type { z } from "zod";
import { nearest } from "./nearest.ts";
import { isRecord, pathText, startsWith, valueAt, type Path } from "./path.ts";
import { membersAt, nodesAt, treeOf } from "./schemaTree.ts";

export type { Path } from "./path.ts";

export interface Problem {
  /** Where, such as `tenants.acme.atLeaseEnd`. */
  readonly path: string;
  readonly problem: string;
  readonly suggestion: string;
}

export interface ProblemContext {
  readonly document: unknown;
  readonly schema: z.ZodType;
  readonly secretPaths: readonly Path[];
  readonly failedPaths: readonly Path[];
}

type Issue = z.core.$ZodIssue;

/** The problems behind the issues, whose paths continue `prefix`. */
export function problemsOf(
  issues: readonly Issue[],
  prefix: Path,
  context: ProblemContext,
): readonly Problem[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path as Path)];
    if (context.failedPaths.some((failed) => startsWith(path, failed))) return [];
    return problemOf(issue, path, context);
  });
}

function problemOf(issue: Issue, path: Path, context: ProblemContext): readonly Problem[] {
  const at = pathText(path);
  const say = (problem: string, suggestion: string): readonly Problem[] => [
    { path: at === "" ? "(the whole document)" : at, problem, suggestion },
  ];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownMember(key, path, context));
    case "invalid_type":
      return wrongType(issue.expected, path, context, say);
    case "invalid_value":
      return wrongChoice(issue.values.map(String), path, context, say);
    case "too_small":
      return say(
        `is less than ${issue.minimum}`,
        `give ${unit(issue.origin)} ${issue.minimum} or more`,
      );
    case "too_big":
      return say(
        `is more than ${issue.maximum}`,
        `give ${unit(issue.origin)} ${issue.maximum} or less`,
      );
    case "invalid_key":
      return say(
        "is not a name that can be used here",
        issue.issues[0]?.message ?? "use another name",
      );
    case "invalid_union":
      return (
        inUnion(issue.errors, path, context) ??
        say("has none of the forms allowed here", about(path, context))
      );
    case "invalid_format":
      return say(
        "has the wrong form",
        `give ${issue.message.replace(/^Invalid (input|string): /, "")}`,
      );
    case "custom":
      return say("is not allowed", `give ${issue.message}`);
    case "not_multiple_of":
    case "invalid_element":
    default:
      return say(issue.message, about(path, context));
  }
}

type Say = (problem: string, suggestion: string) => readonly Problem[];

const unit = (origin: string): string =>
  origin === "string" ? "a text of length" : origin === "array" ? "a list of length" : "a number,";

function unknownMember(key: string, path: Path, context: ProblemContext): Problem {
  const members = membersAt(treeOf(context.schema), context.document, path);
  const meant = nearest(key, members);
  const suggestion =
    meant !== undefined
      ? `did you mean "${meant}"?`
      : `remove it; the members here are ${[...members].sort().join(", ")}`;
  return { path: pathText([...path, key]), problem: "is not a member known here", suggestion };
}

const ARTICLES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "members of its own",
  record: "members of its own",
};

function wrongType(expected: string, path: Path, context: ProblemContext, say: Say) {
  const value = valueAt(context.document, path);
  const whole = nodesAt(treeOf(context.schema), context.document, path).some(
    (node) => node["type"] === "integer",
  );
  const wanted = ARTICLES[whole ? "int" : expected] ?? `a ${expected}`;
  const unitHint = String(path.at(-1)).includes("Ms") ? " of milliseconds, without a unit" : "";
  if (value === undefined) return say("is missing", `add it: ${about(path, context)}`);
  const quotes = expected === "string" && typeof value !== "object" ? ", in quotes" : "";
  return say(`must be ${wanted}, not ${kindOf(value)}`, `give ${wanted}${unitHint}${quotes}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "a number" : "a fraction";
  return isRecord(value) ? "members of its own" : (ARTICLES[typeof value] ?? typeof value);
}

function wrongChoice(values: readonly string[], path: Path, context: ProblemContext, say: Say) {
  const choices = values.join(", ");
  const value = valueAt(context.document, path);
  if (value === undefined) return say("is missing", `choose one of ${choices}`);
  const hidden = context.secretPaths.some((secret) => startsWith(path, secret));
  const meant = typeof value === "string" && !hidden ? nearest(value, values) : undefined;
  const suggestion = meant === undefined ? `choose one of ${choices}` : `did you mean "${meant}"?`;
  return say(`must be one of ${choices}`, suggestion);
}

/** A union's problems are those of the form that fits best: the one whose outside is right. */
function inUnion(errors: readonly (readonly Issue[])[], path: Path, context: ProblemContext) {
  const inner = errors.filter((issues) => issues.every((issue) => issue.path.length > 0));
  const [best] = inner.toSorted((a, b) => a.length - b.length);
  return best === undefined ? undefined : problemsOf(best, path, context);
}

function about(path: Path, context: ProblemContext): string {
  const nodes = nodesAt(treeOf(context.schema), context.document, path);
  const described = nodes
    .map((node) => node["description"])
    .find((text) => typeof text === "string");
  return described ?? "see docs/configuration.md";
}
