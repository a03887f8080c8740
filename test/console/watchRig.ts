/** The pages that watch on the real core, a log in memory, and a visitor who is signed in. */
import { consoleApp } from "../../src/console/app.ts";
import type { ConsoleFact } from "../../src/console/options.ts";
import { sessions } from "../../src/console/session.ts";
import type { PageDeps } from "../../src/console/deps.ts";
import { pagesOf } from "../../src/console/pages/index.ts";
import type { PageDef } from "../../src/console/page.ts";
import { SCOPES, type Principal, type Scope } from "../../src/policy/principal.ts";
import { kit, type Kit, type Options } from "../http/kit.ts";
import { type Seen, type Visitor, unbounded, visitor } from "./visitor.ts";

const ids = () => crypto.randomUUID();
const ORIGIN = "http://tacet.example";

export interface WatchRig {
  readonly k: Kit;
  readonly deps: PageDeps;
  readonly facts: ConsoleFact[];
  /** By the clock of the pages. */
  readonly time: { now: number };
  /** What a page failed with. */
  readonly trouble: unknown[];
  readonly asked: { ticketFor: Principal[] };
  signedIn(who?: Partial<Principal>): Promise<Visitor>;
}

export interface RigOptions extends Options {
  readonly pages?: (deps: PageDeps) => readonly PageDef[];
  readonly more?: Partial<PageDeps>;
  readonly idleMsMax?: number;
}

export async function watchRig(options: RigOptions = {}): Promise<WatchRig> {
  const k = await kit(options);
  const facts: ConsoleFact[] = [];
  const time = { now: Date.now() };
  const trouble: unknown[] = [];
  const asked: WatchRig["asked"] = { ticketFor: [] };
  const deps: PageDeps = {
    ...(k.deps as unknown as PageDeps),
    recorders: (tenant) => k.deps.recorders.list(tenant),
    custody: () => ({}),
    recordingPage: { has: () => false, of: async () => undefined },
    desk: k.desk,
    kit: { entryCountMax: 200_000, make: async () => ({ kind: "none", why: "nothing" }) },
    receipt: async (_tenant, position) => (position <= 2 ? `receipt of ${position}\n` : undefined),
    eventsTicket: async ({ principal }) => {
      asked.ticketFor.push(principal);
      return "tkt_x";
    },
    clock: () => time.now,
    enter: k.enter,
    ...options.more,
  };
  const principals = new Map<string, Principal>();
  const app = consoleApp({
    url: ORIGIN,
    signIn: {
      begin: () => Promise.reject(new Error("no provider")),
      finish: () => Promise.resolve({ ok: false, why: "failed", detail: "" }),
    },
    link(token) {
      const principal = principals.get(token);
      return principal === undefined ? undefined : { ok: true, principal, name: principal.id };
    },
    pages: (options.pages ?? pagesOf)(deps),
    module: () => undefined,
    clock: () => time.now,
    ids,
    signIns: unbounded,
    sessions: sessions({
      clock: () => time.now,
      after: () => () => undefined,
      ids,
      sessionMsMax: 8 * 3_600_000,
      idleMsMax: options.idleMsMax ?? 8 * 3_600_000,
    }),
    sandbox: false,
    tenants: () => ["acme"],
    clientAddress: () => "192.0.2.7",
    enter: async (fact) => void facts.push(fact),
    onError: (error) => void trouble.push(error),
  });
  return {
    k,
    deps,
    facts,
    time,
    trouble,
    asked,
    async signedIn(who = {}) {
      const principal: Principal = {
        tenant: "acme",
        id: "sue",
        kind: "supervisor",
        owner: "sue",
        scopes: new Set(SCOPES),
        credential: "jwt",
        ...who,
      };
      const token = crypto.randomUUID();
      principals.set(token, principal);
      const person = visitor((request) => app.fetch(request), ORIGIN);
      await person.get(`/console/link/${token}`);
      return person;
    },
  };
}

export const agent = (
  agentId: string,
  scopes: readonly Scope[] = ["windows:write", "events:read"],
) => ({ id: agentId, kind: "agent", owner: "idp", agentId, scopes: new Set(scopes) }) as const;

export const csrfOf = ({ text }: Seen): string =>
  /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? "";

/** What stands on the page, without its marks. */
export const words = ({ text }: Seen): string =>
  text
    .replace(/^[\s\S]*<main/, "<main")
    .replaceAll(/<[^>]+>/g, " ")
    // What keeps a duration in order is not seen.
    .replaceAll(/[\u2066\u2069]/g, "")
    .replaceAll("&amp;", "&")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll(/\s+/g, " ");
