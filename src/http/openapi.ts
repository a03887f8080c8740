/**
 * The API's description, generated from the routes and their schemas by hono-openapi.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { describeRoute, generateSpecs, resolver, type DescribeRouteOptions } from "hono-openapi";
import type { Route } from "./asked.ts";
import { shedCodes, tierOf } from "./gate.ts";
import { PROBLEMS, problemSchema, type ProblemCode } from "./problem.ts";

export type ApiDocument = Awaited<ReturnType<typeof generateSpecs>>;

/** What any authenticated route can answer besides its own: even what it does not ask for is judged. */
const COMMON: readonly ProblemCode[] = [
  "headers_too_large",
  "query_invalid",
  "id_invalid",
  "cardholder_data_refused",
  "not_authenticated",
  "token_expired",
  "token_invalid",
  "forbidden",
  "scope_missing",
  "foreign_agent",
  "too_many_attempts",
  "issuer_unavailable",
  "log_unavailable",
  "internal",
];
const WITH_BODY: readonly ProblemCode[] = [
  "body_missing",
  "body_not_json",
  "body_not_utf8",
  "body_not_unicode",
  "body_too_deep",
  "body_too_large",
  "media_type_unsupported",
  "body_invalid",
];
/**
 * Generated from an app of its own that serves nothing: describing a route costs a request nothing.
 */
export async function describeApi(routes: readonly Route[], version: string): Promise<ApiDocument> {
  const app = new Hono();
  for (const route of routes) {
    app.on(route.method, route.path, describeRoute(descriptionOf(route)), (c) => c.body(null));
  }
  return await generateSpecs(app, {
    documentation: {
      info: {
        title: "tacet",
        version,
        description:
          "PCI pause/resume recording control. Times are Unix milliseconds, durations end in Ms. Obey `safeToCollect` and nothing else. No member of a body is called `__proto__`.",
      },
      components: {
        securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      },
      tags: [
        "Windows",
        "Calls",
        "Tickets",
        "Recorders",
        "Events",
        "Log",
        "Evidence",
        "Incidents",
        "Operations",
      ].map((name) => ({ name })),
    },
  });
}

function descriptionOf(route: Route): DescribeRouteOptions {
  const responses: NonNullable<DescribeRouteOptions["responses"]> = {};
  for (const [status, { contentType, description, schema }] of Object.entries(route.answers)) {
    const media = contentType ?? "application/json";
    const content =
      schema !== undefined
        ? { content: { [media]: { schema: resolver(schema) } } }
        : contentType !== undefined
          ? { content: { [media]: { schema: { type: "string" as const } } } }
          : {};
    responses[status] = { description, ...content };
  }
  const codes = new Set<ProblemCode>([
    ...route.problems,
    ...(route.body === undefined ? [] : WITH_BODY),
    ...(takesTargets(route) ? ["targets_not_allowed" as const] : []),
    ...(route.open === true ? [] : COMMON),
    ...shedCodes[tierOf(route.operationId)],
  ]);
  for (const [status, list] of byStatus(codes)) {
    responses[status] = {
      description: list.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join("\n\n"),
      content: { "application/problem+json": { schema: resolver(problemSchema) } },
    };
  }
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    security: route.open === true ? [] : [{ bearer: [] }],
    ...parametersOf(route),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.bodyOptional !== true,
            content: { "application/json": { schema: resolver(route.body) } },
          },
        }),
    responses,
  };
}

const takesTargets = ({ body }: Route): boolean =>
  body instanceof z.ZodObject && Object.hasOwn(body.shape, "targets");

function parametersOf(route: Route): Pick<DescribeRouteOptions, "parameters"> {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    in: "path",
    name: String(name),
    required: true,
    schema: { type: "string" as const, maxLength: 128 },
  }));
  const inHeader = (route.headers ?? []).map(({ name, description }) => ({
    in: "header",
    name,
    description,
    schema: { type: "string" as const },
  }));
  const inQuery = Object.entries(route.query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = jsonSchemaOf(schema);
    return { in: "query", name, schema: rest, ...(description ? { description } : {}) };
  });
  return { parameters: [...inPath, ...inHeader, ...inQuery] };
}

function byStatus(codes: ReadonlySet<ProblemCode>): Map<number, ProblemCode[]> {
  const all = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    all.set(status, [...(all.get(status) ?? []), code]);
  }
  return new Map([...all].toSorted(([a], [b]) => a - b));
}

type ParameterSchema = { readonly description?: string } & Record<string, unknown>;

/** A parameter arrives as text: what it is read as is what is described. */
function jsonSchemaOf(schema: z.core.$ZodType): ParameterSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "output" });
  return rest;
}
