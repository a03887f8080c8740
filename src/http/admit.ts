/**
 * The way in: a request's bounds, its credential, its ids, its query and its body, in this order,
 * so that whoever is not let in learns nothing and changes nothing.
 *
 * @module
 */
import type { Context } from "hono";
import { err, ok, type Actor, type Result } from "../control/call.ts";
import type { Principal } from "../policy/principal.ts";
import type { Asked, Route } from "./asked.ts";
import type { Authenticated } from "./authenticate.ts";
import { fit, readJson } from "./body.ts";
import { badId, cardPath, cardRefused } from "./cardguard.ts";
import type { Limits } from "./deps.ts";
import type { Face } from "./face.ts";
import { accessDenied, cardholderDataRefused, stranger } from "./facts.ts";
import { tierOf } from "./gate.ts";
import { refuse, type Problem } from "./problem.ts";
import type { Answering } from "./respond.ts";

type Admitted = Result<Asked<unknown, unknown>, Problem>;

export async function admit(
  face: Face,
  route: Route,
  c: Context,
  answering: Answering,
): Promise<Admitted> {
  const request = c.req.raw;
  const flood = headersFlaw(request.headers, face.limits);
  if (flood !== undefined) return err(flood);
  const ip = face.clientAddress(request);
  const client = clientOf(request.headers.get("user-agent"));
  const known = await face.authenticate(request, ip === undefined ? {} : { ip });
  if (!known.ok) {
    const who = stranger(known.tenant, ip, client);
    await face.entries.enter(accessDenied(who, known.code, route.operationId));
    return err(notAuthenticated(known));
  }
  const { principal } = known;
  answering.tenant = principal.tenant;
  const spent = face.gate.spend(principal, tierOf(route.operationId));
  if (spent !== undefined) return err(spent);
  const by = actorOf(principal, ip, client);
  const who = { tenant: principal.tenant, by };

  const params = c.req.param() as Record<string, string>;
  const query = queryOf(request.url);
  const misnamed =
    badId(face.idForm, principal.tenant, params) ??
    (query.ok ? badId(face.idForm, principal.tenant, query.value) : query.error);
  if (misnamed !== undefined) return err(misnamed);
  const raw = query.ok ? query.value : {};
  const inQuery = cardPath(raw);
  if (inQuery !== undefined) return await refuseCard(face, who, route, `?${inQuery.slice(1)}`);
  const fitted = fitQuery(route, raw);
  if (!fitted.ok) return fitted;

  const body = await bodyOf(face, route, request, who);
  if (!body.ok) return body;
  return ok({
    request,
    requestId: answering.requestId,
    principal,
    ...who,
    body: body.value,
    query: fitted.value,
    param: (name) => params[name] ?? "",
  });
}

type Who = Pick<Asked, "tenant" | "by">;

async function bodyOf(
  face: Face,
  route: Route,
  request: Request,
  who: Who,
): Promise<Result<unknown, Problem>> {
  if (route.body === undefined) return ok(undefined);
  const read = await readJson(request, face.limits.bodyBytesMax);
  if (!read.ok) return read;
  if (read.value === undefined && route.bodyOptional !== true) {
    return err(refuse("body_missing", "This request needs a JSON body."));
  }
  // `null` is a body like any other that is no object.
  const value = read.value === undefined ? {} : read.value;
  const path = cardPath(value, route.identifiers);
  if (path !== undefined) return await refuseCard(face, who, route, path);
  const fitted = fit(route.body, value, "body_invalid");
  if (!fitted.ok) return fitted;
  const misnamed = badId(face.idForm, who.tenant, value as Record<string, unknown>);
  return misnamed === undefined ? fitted : err(misnamed);
}

async function refuseCard(
  face: Face,
  who: Who,
  route: Route,
  path: string,
): Promise<Result<never, Problem>> {
  await face.entries.enter(cardholderDataRefused(who, route.operationId, path));
  return err(cardRefused(path));
}

function queryOf(url: string): Result<Record<string, string>, Problem> {
  const start = url.indexOf("?");
  if (start < 0) return ok({});
  const members: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    if (Object.hasOwn(members, name)) {
      return err(refuse("query_invalid", "A parameter stands in the query twice."));
    }
    if (name === "__proto__") return err(refuse("query_invalid", "There is no such parameter."));
    members[name] = value;
  }
  return ok(members);
}

function fitQuery(route: Route, raw: Record<string, string>): Result<unknown, Problem> {
  if (route.query !== undefined) return fit(route.query, raw, "query_invalid");
  if (Object.keys(raw).length === 0) return ok(undefined);
  return err(refuse("query_invalid", "This request takes no query parameters."));
}

/** More headers, or longer ones, than a client of this API has a use for. */
export function headersFlaw(headers: Headers, limits: Limits): Problem | undefined {
  let bytes = 0;
  let count = 0;
  for (const [name, value] of headers) {
    count += 1;
    bytes += name.length + value.length;
  }
  if (count <= limits.headerCountMax && bytes <= limits.headerBytesMax) return undefined;
  const detail = `At most ${limits.headerCountMax} headers and ${limits.headerBytesMax} bytes.`;
  return refuse("headers_too_large", detail);
}

/** Nobody was recognised: the credential is wrong, or cannot be judged now. */
export function notAuthenticated(known: Exclude<Authenticated, { readonly ok: true }>): Problem {
  const { code, detail, retryAfterMs, status } = known;
  const retry =
    status === 401 ? undefined : String(Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000)));
  const headers =
    retry === undefined ? { "www-authenticate": 'Bearer realm="tacet"' } : { "retry-after": retry };
  return { code, detail, status, headers };
}

/** The principal as the log tells of it. */
export function actorOf(
  principal: Principal,
  ip: string | undefined,
  client: string | undefined,
): Actor {
  const { agentId, id, kind, owner } = principal;
  return {
    id,
    kind,
    owner,
    ...(agentId === undefined ? {} : { agentId }),
    ...(client === undefined ? {} : { client }),
    ...(ip === undefined ? {} : { ip }),
  };
}

/** A client's name for itself, as far as it is surely nothing but that. */
export function clientOf(agent: string | null): string | undefined {
  const product = agent?.match(/^[A-Za-z][\w.-]{0,40}(?:\/[\w.-]{1,20})?/)?.[0];
  return product === undefined || /\d{7}/.test(product.replaceAll(/[.\-_]/g, ""))
    ? undefined
    : product;
}
