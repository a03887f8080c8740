/** The pages about calls over a log in memory, and somebody who is signed in to look at them. */
import { consoleApp } from "../../src/console/app.ts";
import { sessions } from "../../src/console/session.ts";
import type { PageDeps } from "../../src/console/deps.ts";
import { callPages } from "../../src/console/pages/call.ts";
import { callsPages } from "../../src/console/pages/calls.ts";
import { statementPages } from "../../src/console/pages/statement.ts";
import type { CallEvent } from "../../src/control/events.ts";
import { CallTooLong } from "../../src/evidence/desk.ts";
import type { CallEvidence } from "../../src/evidence/evidence.ts";
import { memoryLog } from "../../src/log/memory.ts";
import type { EntryDraft } from "../../src/log/entry.ts";
import type { EntryPage, LogStore } from "../../src/log/store.ts";
import { idForm } from "../../src/policy/idForm.ts";
import type { Principal, Scope } from "../../src/policy/principal.ts";
import { type Visitor, unbounded, visitor } from "./visitor.ts";

const ids = () => crypto.randomUUID();
const ORIGIN = "http://tacet.example";

export interface Opened {
  readonly who: Visitor;
  readonly log: ReturnType<typeof memoryLog>;
  /** What the pages entered. */
  readonly entered: Omit<EntryDraft, "at">[];
  readonly time: { now: number };
  /** What the witnesses told; undefined: nobody was asked. */
  readonly evidence: { known?: CallEvidence; fails?: boolean; isTooLong?: boolean };
  /** The pages read the log through this. */
  /** `unwritten`: facts of the call are in memory alone. */
  readonly reads: {
    unwritten?: boolean;
    between?: (page: EntryPage) => EntryPage;
    failing?: boolean;
  };
  call(callId: string, events: readonly CallEvent[]): Promise<void>;
}

export async function opened(
  options: {
    readonly scopes?: readonly Scope[];
    readonly kind?: Principal["kind"];
    readonly tenant?: string;
  } = {},
): Promise<Opened> {
  const time = { now: 10_000_000 };
  const log = memoryLog({ originBase: "tacet.example", clock: () => time.now });
  const entered: Omit<EntryDraft, "at">[] = [];
  const evidence: Opened["evidence"] = {};
  const reads: Opened["reads"] = {};
  const { kind = "auditor", scopes = ["log:read"], tenant = "acme" } = options;
  const principal: Principal = {
    tenant,
    id: "ann",
    kind,
    owner: "ann",
    scopes: new Set(scopes),
    credential: "jwt",
    ...(kind === "agent" ? { agentId: "a-1" } : {}),
  };
  const through =
    (how: "read" | "readBack"): LogStore["read"] =>
    async (...asked) => {
      if (reads.failing === true) throw new Error("the disk is away");
      const page = await log[how](...asked);
      return reads.between?.(page) ?? page;
    };
  const deps: Pick<
    PageDeps,
    "calls" | "log" | "idForm" | "evidence" | "recorders" | "recordingPage" | "clock" | "enter"
  > = {
    calls: {
      live: async () => [],
      async read(of, callId) {
        const { position, state } = await log.load(of, callId);
        const durable = reads.unwritten !== true;
        return { tenant: of, callId, state, position, at: time.now, durable };
      },
    },
    log: { ...log, read: through("read"), readBack: through("readBack") },
    idForm: (_tenant, _kind, value) => idForm(value),
    recordingPage: { has: () => false, of: async () => undefined },
    evidence: {
      async read(_tenant, callId) {
        if (evidence.fails === true) throw new Error("away");
        if (evidence.isTooLong === true) throw new CallTooLong();
        return (
          evidence.known ?? {
            callId,
            state: "waiting",
            windows: [],
            recordings: [],
            judgements: [],
            unheard: [],
            incidentIds: [],
          }
        );
      },
    },
    recorders: () => [],
    clock: () => time.now,
    enter: async (draft) => void entered.push(draft),
  };
  const all = deps as PageDeps;
  const app = consoleApp({
    url: ORIGIN,
    signIn: {
      begin: () => Promise.reject(new Error("nobody")),
      finish: () => Promise.resolve({ ok: false, why: "failed", detail: "" }),
    },
    link: () => ({ ok: true, principal, name: "Ann Auditor" }),
    pages: [...callsPages(all), ...callPages(all), ...statementPages(all)],
    module: () => undefined,
    clock: () => time.now,
    ids,
    signIns: unbounded,
    sessions: sessions({
      clock: () => time.now,
      after: () => () => undefined,
      ids,
      sessionMsMax: 10 ** 12,
      idleMsMax: 10 ** 12,
    }),
    sandbox: true,
    tenants: () => ["acme", "other"],
    enter: () => Promise.resolve(),
    onError: (error) => {
      throw error;
    },
  });
  const who = visitor((request) => app.fetch(request), ORIGIN);
  await who.get("/console/link/x");
  return {
    who,
    log,
    entered,
    time,
    evidence,
    reads,
    async call(callId, events) {
      const { state } = await log.load("acme", callId);
      const appended = await log.append("acme", callId, state.version, events);
      if (appended.kind !== "appended") throw new Error(appended.kind);
    },
  };
}

/** What a reader sees of a page: its text without tags, spaces folded. */
export const textOf = (page: string): string =>
  page
    .replaceAll(/<(?:style|script)[^>]*>[\s\S]*?<\/(?:style|script)>/g, "")
    .replaceAll(/<[^>]+>/g, " ")
    // What keeps a duration in order is not seen.
    .replaceAll(/[\u2066\u2069]/g, "")
    .replaceAll("&amp;", "&")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll(/\s+/g, " ");
