/** The served API description as operations, and the judgement of an answer by it: both ways. */
import { misfit, type Schema, type Schemas } from "./schema.ts";

interface Content {
  readonly schema?: Schema;
}
interface Described {
  readonly description: string;
  readonly content?: Readonly<Record<string, Content>>;
}
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: string; schema: Schema }[];
  readonly body?: Schema;
  readonly responses: Readonly<Record<string, Described>>;
}
export interface Api {
  readonly operations: readonly Operation[];
  readonly schemas: Schemas;
}

interface Document {
  readonly components: { readonly schemas: Schemas };
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          Omit<Operation, "method" | "path" | "body" | "parameters"> & {
            readonly parameters?: Operation["parameters"];
            readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
          }
        >
      >
    >
  >;
}

export function apiOf(document: unknown): Api {
  const { components, paths } = document as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]): Operation => {
      const body = one.requestBody?.content["application/json"]?.schema;
      const { operationId, parameters = [], responses } = one;
      return {
        method: method.toUpperCase(),
        path,
        operationId,
        parameters,
        responses,
        ...(body === undefined ? {} : { body }),
      };
    }),
  );
  return { operations, schemas: components.schemas };
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Answers that are no JSON. */
const TEXTS = new Set(["text/plain", "text/event-stream", "application/octet-stream"]);

/** Codes whose answers say when to ask again. */
const RETRIED = new Set(["not_secured", "log_unavailable", "overloaded", "stopping", "busy"]);

/** What is wrong with this answer to this operation by its own description; undefined where nothing is. */
export function wrongBy(api: Api, operation: Operation, answer: Answered): string | undefined {
  const { headers, status, text } = answer;
  const described = operation.responses[String(status)];
  if (described === undefined) return `${status} is not described`;
  const kept = headers.get("cache-control");
  // A full tile of hashes never changes: the one answer that who asked may keep.
  const isTile = operation.operationId === "readTile" && kept?.startsWith("private,") === true;
  if (kept !== "no-store" && !isTile) return "it may be kept";
  if (headers.get("x-content-type-options") !== "nosniff") return "its type may be guessed";
  const media = headers.get("content-type")?.split(";")[0]?.trim() ?? "";
  const content = described.content?.[media];
  if (content === undefined) return `${status} as ${media || "nothing"} is not described`;
  const { schema } = content;
  if (schema === undefined || TEXTS.has(media)) return undefined;
  const values = media === "application/x-ndjson" ? linesOf(text) : [parsed(text)];
  for (const value of values) {
    const wrong = value === undefined ? "no JSON" : misfit(schema, value, api.schemas);
    if (wrong !== undefined) return `${status} does not fit its schema: ${wrong}`;
  }
  const [body] = values as Record<string, unknown>[];
  return media === "application/problem+json" && body !== undefined
    ? wrongProblem(described, body, answer)
    : wrongWord(body, status);
}

function wrongProblem(
  described: Described,
  body: Record<string, unknown>,
  { headers, status }: Answered,
): string | undefined {
  const code = String(body["code"]);
  if (body["status"] !== status) return `the document says ${String(body["status"])}`;
  if (body["type"] !== `urn:tacet:problem:${code}`) return "type and code differ";
  if (!described.description.includes(`\`${code}\``)) return `${status} ${code} is not described`;
  if (body["safeToCollect"] === true) return "a refusal says that it is safe";
  if (RETRIED.has(code) && !headers.has("retry-after")) return `${code} without Retry-After`;
  return undefined;
}

/** What matters most, said once more without the schema. */
function wrongWord(body: Record<string, unknown> | undefined, status: number): string | undefined {
  if (body?.["safeToCollect"] !== true) return undefined;
  if (status !== 200) return `${status} says that it is safe`;
  return body["protection"] === "secured" ? undefined : "safe, and not secured";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
const linesOf = (text: string): unknown[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => parsed(line));
