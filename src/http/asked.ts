/**
 * One authenticated request on its way through a handler, and what a handler gives back: plain
 * values, made into responses in one place (`respond.ts`).
 *
 * @module
 */
import type { Actor, TenantId } from "../control/call.ts";
import type { Principal } from "../policy/principal.ts";
import type { z } from "zod";
import type { Problem, ProblemCode } from "./problem.ts";

export interface Asked<Body = undefined, Query = undefined> {
  readonly request: Request;
  readonly requestId: string;
  readonly principal: Principal;
  readonly tenant: TenantId;
  /** The principal as the log tells of it. */
  readonly by: Actor;
  readonly body: Body;
  readonly query: Query;
  /** A path parameter, checked by form already. */
  param(name: string): string;
}

export type Handled =
  | {
      readonly kind: "json";
      readonly status: number;
      readonly body: object;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "text";
      readonly status: number;
      readonly contentType: string;
      readonly text: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "problem"; readonly problem: Problem }
  /** A finished response, such as an event stream. */
  | { readonly kind: "response"; readonly response: Response };

export const json = (
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Handled => ({ kind: "json", status, body, headers });

export const refused = (problem: Problem): Handled => ({ kind: "problem", problem });

/** One method of one path: how it is parsed, described and answered. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Needs no credential. */
  readonly open?: true;
  readonly body?: z.ZodType;
  /** An absent body counts as `{}`. */
  readonly bodyOptional?: true;
  /** Members of the body that are taken only where they name what the log holds already. */
  readonly identifiers?: readonly string[];
  readonly query?: z.ZodObject;
  readonly headers?: readonly {
    readonly name: string;
    readonly description: string;
  }[];
  readonly answers: Readonly<Record<number, Described>>;
  readonly problems: readonly ProblemCode[];
  handle(asked: Asked<unknown, unknown>): Promise<Handled>;
  /** Serves the request in `handle`'s stead, credential and all: a stream. */
  readonly serve?: (request: Request) => Response | Promise<Response>;
}

interface Described {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

/** Declares a route; its handler sees the parsed body and query. */
export function route<B extends z.ZodType = z.ZodUndefined, Q extends z.ZodObject = never>(
  declared: Omit<Route, "handle" | "body" | "query"> & {
    readonly body?: B;
    readonly query?: Q;
    handle(
      asked: Asked<z.infer<B>, [Q] extends [never] ? undefined : z.infer<Q>>,
    ): Promise<Handled>;
  },
): Route {
  return declared;
}
