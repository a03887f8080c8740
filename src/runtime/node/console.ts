/**
 * The console on Node: its pages beside the API on one listener, its facts in the log, and the
 * sandbox's one-time link.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { consoleApp } from "../../console/app.ts";
import type { PageDeps } from "../../console/deps.ts";
import type { ConsoleFact } from "../../console/options.ts";
import { pagesOf } from "../../console/pages/index.ts";
import { type Session, type Sessions, sessions } from "../../console/session.ts";
import { openIdSignIn, type SignIn, type SignedIn } from "../../console/signIn.ts";
import type { Clock } from "../../control/ports.ts";
import type { HttpApp } from "../../http/app.ts";
import type { HttpDeps } from "../../http/deps.ts";
import { headsOf } from "../../http/heads.ts";
import { signIns } from "../../http/signIns.ts";
import { receiptsOf } from "../../http/receipts.ts";
import { SYSTEM_TENANT } from "../../log/store.ts";
import type { Config } from "../../policy/config.ts";
import { SCOPES } from "../../policy/principal.ts";
import { browserModules } from "./browserModules.ts";
import { KIT_ENTRY_COUNT_MAX } from "./kit/noKit.ts";
import { kitOffice } from "./kit/office.ts";
import type { Fleet } from "./recorders.ts";
import { gated } from "./pageGate.ts";

export interface ConsoleServiceOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly deps: HttpDeps;
  readonly enter: HttpApp["enter"];
  readonly desk: HttpApp["desk"];
  readonly fleet: Pick<Fleet, "witness">;
  /** Where people reach the service, where the configuration does not say. */
  readonly url: string;
}

export interface ConsoleService {
  readonly fetch: (request: Request, env: unknown) => Promise<Response>;
  /** Of its pages: they may follow the event stream. */
  readonly origin: string;
  readonly sessions: Sessions;
  /** For the sandbox: signs in whoever opens it first. */
  readonly link?: string;
}

const SESSION = { sessionMsMax: 8 * 3_600_000, idleMsMax: 30 * 60_000 };
const ID_BYTES = 24;
/** A recorder that is asked for a page answers within this, or has none. */
const PAGE_MS_MAX = 10_000;
const SCRIPTS = ["pages/wall.ts", "pages/desk.ts", "pages/integrity.ts"];

/** Whether a request is for a page, not for the API. */
export const isForPages = (request: Request): boolean =>
  /^\/(?:console|desk)(?:\/|$)/.test(new URL(request.url).pathname);

/** Undefined where no console is configured. */
export function consoleService(options: ConsoleServiceOptions): ConsoleService | undefined {
  const { clock, config, deps } = options;
  const { logger } = deps;
  const settings = config.console;
  if (settings === undefined && !config.sandbox) return undefined;
  const ids = () => randomBytes(ID_BYTES).toString("base64url");
  const onError = (error: unknown) =>
    logger.error({ component: "console", err: error }, "a page failed");
  const token = config.sandbox ? ids() : undefined;
  const url = settings?.url ?? options.url;
  const { idleMsMax, sessionMsMax } = settings ?? SESSION;
  const known = sessions({ clock: clock.now, after: clock.after, ids, sessionMsMax, idleMsMax });
  const app = consoleApp({
    url,
    signIn: settings === undefined ? nobody : signInOf(config, settings),
    sessions: known,
    signIns: signIns({ clock: clock.now, ids }),
    ...(token === undefined ? {} : { link: once(token, config) }),
    pages: pagesOf({
      calls: deps.calls,
      // A page that is opened again and again has no head signed each time.
      log: { ...deps.log, checkpoint: headsOf(deps.log).newest },
      policy: deps.policy,
      idForm: deps.idForm,
      evidence: deps.evidence,
      retention: deps.retention,
      incidents: deps.incidents,
      custody: () => deps.custody?.() ?? {},
      receipt: receiptPages(deps),
      desk: options.desk,
      kit: {
        entryCountMax: KIT_ENTRY_COUNT_MAX,
        make: kitOffice({
          folder: config.log.folder,
          clock,
          readings: deps.retention,
          onError,
        }),
      },
      eventsTicket: (session) => eventsTicket(deps, session, sessionMsMax),
      recordingPage: recordingPageOf(options.fleet, deps.clock),
      recorders: (tenant) => deps.recorders.list(tenant),
      clock: deps.clock,
      enter: options.enter,
    }),
    module: browserModules(SCRIPTS),
    clientAddress: deps.clientAddress,
    clock: deps.clock,
    ids,
    sandbox: config.sandbox,
    tenants: deps.policy.tenants,
    enter: (fact, ip) => options.enter(draftOf(fact, ip)),
    onError,
  });
  const { origin } = new URL(url);
  const fetch = gated(deps.gate, (request, env) => app.fetch(request, env));
  return {
    fetch,
    origin,
    sessions: known,
    ...(token === undefined ? {} : { link: `${url}/console/link/${token}` }),
  };
}

function recordingPageOf(
  fleet: Pick<Fleet, "witness">,
  now: () => number,
): PageDeps["recordingPage"] {
  return {
    has: (recorderId) => fleet.witness(recorderId)?.page !== undefined,
    async of(recorderId, recordingId) {
      const signal = AbortSignal.timeout(PAGE_MS_MAX);
      const told = await fleet.witness(recorderId)?.page?.(recordingId, { signal, now });
      return told?.kind === "page" && /^https?:/.test(told.url) ? told.url : undefined;
    },
  };
}

function receiptPages({ log }: HttpDeps): PageDeps["receipt"] {
  const receipts = receiptsOf(log);
  return async (tenant, position) => {
    const told = await receipts.of(tenant, position, Infinity);
    return told.kind === "receipt" ? told.text : undefined;
  };
}

/** Tells what may be commanded, and commands nothing. Its chain ends with the session. */
async function eventsTicket(
  { tickets }: HttpDeps,
  { principal, ref, startedAt }: Session,
  sessionMsMax: number,
): Promise<string> {
  const until = startedAt + sessionMsMax;
  const shared = { use: "events", id: "console", session: ref, until } as const;
  const bound = { ...shared, commands: principal.scopes };
  const issued = await tickets.issue({ ...principal, ticket: bound }, { use: "events" });
  return issued.ticket;
}

function signInOf(config: Config, settings: NonNullable<Config["console"]>): SignIn {
  const rules = config.auth.issuers.find(({ issuer }) => issuer === settings.issuer);
  if (rules === undefined) throw new Error(`console.issuer is no issuer of auth.issuers`);
  return openIdSignIn(settings, rules);
}

const nobody: SignIn = {
  begin: () => Promise.reject(new Error("no provider is configured")),
  finish: () => Promise.resolve({ ok: false, why: "failed", detail: "no provider" }),
};

/** Good for the first who comes with it. */
function once(token: string, config: Config): (given: string) => SignedIn | undefined {
  let used = false;
  return (given) => {
    const [tenant] = Object.keys(config.tenants);
    if (used || given !== token || tenant === undefined) return undefined;
    used = true;
    return {
      ok: true,
      name: "Sandbox",
      principal: {
        tenant,
        id: "sandbox-visitor",
        kind: "supervisor",
        owner: "sandbox-visitor",
        scopes: new Set(SCOPES),
        credential: "jwt",
      },
    };
  };
}

function draftOf(fact: ConsoleFact, ip: string | undefined): Parameters<HttpApp["enter"]>[0] {
  const origin = { component: "console", ...(ip === undefined ? {} : { ip }) };
  if (fact.type === "SignInRefused") {
    const actor = { id: "unauthenticated", kind: "system" } as const;
    return {
      tenant: SYSTEM_TENANT,
      type: fact.type,
      actor,
      origin,
      outcome: "denied",
      reason: fact.why,
    };
  }
  const { id, kind, tenant } = fact.principal;
  const shared = { tenant, type: fact.type, actor: { id, kind }, origin };
  return fact.type === "AccessDenied"
    ? { ...shared, outcome: "denied", reason: "scope_missing", detail: { operation: fact.action } }
    : { ...shared, outcome: "success" };
}
