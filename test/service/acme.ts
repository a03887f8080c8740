/** A served configuration with two simulated recorders, and the credentials of everybody in it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import type { Scope } from "../../src/policy/principal.ts";
import {
  type ListeningSimulator,
  listenSimulator,
} from "../../src/runtime/node/listenSimulator.ts";
import {
  type AnywhereNowSimulator,
  anywherenowSimulator,
} from "../../src/sandbox/anywherenow/index.ts";
import { classicPath, corePath, hubName } from "../../src/sandbox/anywherenow/hub.ts";
import { tokenPath } from "../../src/sandbox/anywherenow/tokens.ts";
import { type VsloggerSimulator, vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import { plant, plantDocument, plantFrom } from "../security/marks.ts";

export const SALT = plant("the salt", "marked-salt-Rm7Qz");
export const PASSWORD = plant("the password", "marked-password-Xk4Tv");

export interface Recorders {
  readonly anywherenow: AnywhereNowSimulator;
  readonly vslogger: VsloggerSimulator;
  readonly origins: { readonly anywherenow: string; readonly vslogger: string };
}

const listening: ListeningSimulator[] = [];

/** Two recorders on loopback, each recording conversation 5. Closed by `closeRecorders`. */
export async function startRecorders(): Promise<Recorders> {
  const login = { clientId: "coreapi", username: "tacet", password: PASSWORD };
  const anywherenow = anywherenowSimulator({ auth: login });
  const vslogger = vsloggerSimulator({
    hash: { type: "SHA-256", salt: SALT, strict: true },
    channelCount: 99,
  });
  plantFrom(() => anywherenow.tokens?.given ?? []);
  begin({ anywherenow, vslogger }, 5);
  const anywherenowAt = await listenSimulator(anywherenow);
  const vsloggerAt = await listenSimulator(vslogger);
  listening.push(anywherenowAt, vsloggerAt);
  return {
    anywherenow,
    vslogger,
    origins: { anywherenow: anywherenowAt.origin, vslogger: vsloggerAt.origin },
  };
}

export async function closeRecorders(): Promise<void> {
  await Promise.all(listening.splice(0).map((one) => one.close()));
}

/** How both recorders know conversation `number`, which is on that channel. */
export const conversation = (number: number) => {
  const correlationId = `1d6c6a58-6739-4f0c-98ff-${String(number).padStart(12, "0")}`;
  const targets = {
    anywherenow: { uccName: "ucc-demo", correlationId },
    vslogger: { channel: number },
  };
  return { correlationId, channel: String(number), targets };
};
export const TARGETS = conversation(5).targets;

/** Conversation `number` begins on both recorders, and is recorded. */
export function begin(
  { anywherenow, vslogger }: Pick<Recorders, "anywherenow" | "vslogger">,
  number: number,
  extension = String(700 + number),
) {
  const one = conversation(number);
  anywherenow.begin(one.correlationId);
  vslogger.begin(one.channel, { extension, session_id: `session-${number}` });
  return {
    ...one,
    heard: () => [anywherenow.heard(one.correlationId), vslogger.heard(one.channel)],
  };
}

const ROLES: Readonly<Record<string, { kind: string; scopes: readonly Scope[]; more?: object }>> = {
  pay: {
    kind: "payment",
    scopes: ["calls:write", "targets:write", "windows:write", "events:read", "tickets:issue"],
  },
  ivr: { kind: "payment", scopes: ["windows:write"] },
  sue: { kind: "supervisor", scopes: ["windows:write", "events:read"] },
  ann: { kind: "agent", scopes: ["windows:write", "events:read"], more: { agentId: "a-204" } },
  ops: { kind: "operator", scopes: ["operate"] },
  audit: { kind: "auditor", scopes: ["log:read", "log:export"] },
  other: {
    kind: "payment",
    scopes: ["calls:write", "targets:write", "windows:write", "events:read", "log:read"],
    more: { tenant: "globex" },
  },
};

export type Who = "pay" | "ivr" | "sue" | "ann" | "ops" | "audit" | "other";
export type Keys = Readonly<Record<Who, string>>;

/** Members of the document that a test wants otherwise. */
export interface Wish {
  readonly rules?: Readonly<Record<string, number>>;
  readonly desk?: Readonly<Record<string, number>>;
  readonly atLeaseEnd?: "resume" | "keep_paused_and_alert";
  readonly listen?: Readonly<Record<string, unknown>>;
  readonly events?: Readonly<Record<string, unknown>>;
  readonly logging?: Readonly<Record<string, string>>;
  readonly log?: Readonly<Record<string, unknown>>;
  readonly whenLogFails?: "refuse" | "protect";
  readonly issuers?: readonly object[];
  /** Has the recorder's changes pushed, by SignalR of this kind. */
  readonly push?: "classic" | "core";
  /** Beside those of `ROLES`. */
  readonly apiKeys?: readonly object[];
}

/** Short enough for a test that waits, long enough for a slow machine. */
const RULES = {
  confirmMsMax: 800,
  confirmAgeMsMax: 3_000,
  graceMs: 100,
  waitMsDefault: 5_000,
  baselineMs: 3_000,
};
const DESK = {
  settleMs: 300,
  guardMs: 100,
  commandMsMax: 1_500,
  statusMsMax: 1_000,
  retryMsMin: 20,
  retryMsMax: 200,
};

export async function acme(place: string, recorders: Recorders["origins"], wish: Wish = {}) {
  const keys: Record<string, string> = {};
  const apiKeys: object[] = [];
  for (const [id, { kind, scopes, more }] of Object.entries(ROLES)) {
    const { hash, key } = makeApiKey(id);
    keys[id] = plant(`key of ${id}`, key, "credential");
    apiKeys.push({ id, hash, tenant: "acme", kind, scopes, ...more });
  }
  const desk = { ...DESK, ...wish.desk };
  const tenant = {
    atLeaseEnd: wish.atLeaseEnd ?? "resume",
    ...(wish.whenLogFails === undefined ? {} : { whenLogFails: wish.whenLogFails }),
    rules: { ...RULES, ...wish.rules },
    routes: [
      { when: { site: "leeds" }, recorders: [{ recorder: "vslogger" }] },
      { when: { site: "york" }, recorders: [{ recorder: "anywherenow" }] },
      { recorders: [{ recorder: "anywherenow" }, { recorder: "vslogger" }] },
    ],
    agents: Object.fromEntries(
      ["204", "205", "206", "299"].map((extension) => [`a-${extension}`, { extension }]),
    ),
    origins: ["https://pay.example"],
  };
  const document = {
    listen: { port: 0, ...wish.listen },
    events: { ...wish.events },
    ops: { listen: { port: 0 } },
    log: { folder: join(place, "log"), origin: "tacet.example", ballastBytes: 0, ...wish.log },
    ...(wish.logging === undefined ? {} : { logging: wish.logging }),
    recorders: {
      anywherenow: {
        vendor: "anywherenow",
        settings: {
          baseUrl: `${recorders.anywherenow}/attendantservice`,
          requesterSipUri: "sip:agent@domain.com",
          uccNames: ["ucc-demo"],
          ...(wish.push === undefined ? {} : { push: pushOf(recorders.anywherenow, wish.push) }),
          auth: {
            kind: "password_grant",
            tokenUrl: `${recorders.anywherenow}${tokenPath}`,
            username: "tacet",
            password: PASSWORD,
          },
        },
        desk,
      },
      vslogger: {
        vendor: "vslogger",
        settings: {
          baseUrl: recorders.vslogger,
          version: "5.1.0.0",
          hash: { type: "sha-256", salt: SALT },
        },
        desk,
      },
    },
    tenants: { acme: tenant, globex: { ...tenant, routes: tenant.routes.slice(2) } },
    auth: { apiKeys: [...apiKeys, ...(wish.apiKeys ?? [])], issuers: wish.issuers ?? [] },
  };
  plantDocument(document);
  return { document, keys: keys as Keys };
}

const pushOf = (origin: string, kind: "classic" | "core") => ({
  url: origin + (kind === "classic" ? classicPath : corePath),
  hub: hubName,
});

/** Writes the document as `tacet.yaml` and says where it is. */
export async function written(place: string, document: unknown): Promise<string> {
  plantDocument(document);
  const path = join(place, "tacet.yaml");
  await writeFile(path, stringify(document), { mode: 0o600 });
  return path;
}
