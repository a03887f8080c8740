/**
 * Tickets: short-lived tokens for browsers. A ticket is encrypted by a key that only this service
 * has and holds all it stands for, so a restart breaks no payment in progress and nobody who sees
 * one learns whose it is. What has been used once is remembered until it would have expired.
 *
 * @module
 */
import { CompactEncrypt, compactDecrypt } from "jose";
import { z } from "zod";
import type { CallId, EpochMs, TenantId } from "../control/call.ts";
import { KINDS } from "../policy/configAuth.ts";
import { SCOPES, type Principal, type Scope } from "../policy/principal.ts";
import { usedOnce } from "./usedOnce.ts";

export const TICKET_PREFIX = "tkt_";
const USED_COUNT_MAX = 200_000;
/** A chain of tickets, each handed out by the socket of the last, ends after this. */
const CHAIN_MS_MAX = 12 * 3_600_000;

const claimsSchema = z.strictObject({
  use: z.enum(["call", "events"]),
  id: z.string(),
  tenant: z.string(),
  who: z.string(),
  kind: z.enum(KINDS),
  owner: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  /** Events: what whoever asked for it could command, so that desktops know which buttons to show. */
  commands: z.array(z.enum(SCOPES)).optional(),
  /** Events: the console's session that it ends with. */
  session: z.string().optional(),
  agentId: z.string().optional(),
  callId: z.string().optional(),
  expiresAt: z.int(),
  /** Call: until when it may still serve a window it opened. Events: the end of the chain. */
  until: z.int(),
});
type Claims = z.infer<typeof claimsSchema>;

/** What is asked of a ticket office. */
interface TicketWish {
  readonly use: "call" | "events";
  /** A call ticket needs one. */
  readonly callId?: CallId;
  /** The agent the ticket speaks for; an agent's own where an agent asks. */
  readonly agentId?: string;
  /** Shorter than the configuration's, never longer. */
  readonly lifeMs?: number;
}

interface IssuedTicket {
  readonly ticket: string;
  readonly id: string;
  readonly expiresAt: EpochMs;
}

/** `socket`: opening a socket uses an events ticket up. `request`: anything else. */
export type TicketPurpose = "socket" | "request";

type Redeemed =
  | { readonly kind: "good"; readonly principal: Principal }
  | { readonly kind: "expired"; readonly tenant: TenantId }
  | { readonly kind: "used"; readonly tenant: TenantId }
  | { readonly kind: "unknown" };

export interface TicketOfficeOptions {
  /** At least 32 random bytes, kept in the data folder: tickets survive a restart. */
  readonly secret: Uint8Array;
  /** The one before: opens what it sealed, and seals nothing. */
  readonly olderSecret?: Uint8Array;
  readonly clock: () => EpochMs;
  readonly callMs: number;
  readonly eventsMs: number;
  /** How long a window of this tenant may live: a call ticket serves its own until then. */
  readonly windowMsMax: (tenant: TenantId) => number;
  readonly usedCountMax?: number;
  /** Whether this session of the console goes on; none does where nobody can tell. */
  readonly stands?: (session: string) => boolean;
}

export interface TicketOffice {
  /** A ticket that speaks for `principal` and never for more than it may. */
  issue(principal: Principal, wish: TicketWish): Promise<IssuedTicket>;
  issueCall(principal: Principal, callId: CallId, agentId?: string): Promise<IssuedTicket>;
  issueEvents(principal: Principal, agentId?: string): Promise<IssuedTicket>;
  /** For `hello.nextTicket`, where the socket came by ticket; undefined at the end of the chain. */
  next(principal: Principal): Promise<IssuedTicket | undefined>;
  /** Reads a ticket back. Never throws for a bad one. */
  redeem(ticket: string, purpose: TicketPurpose): Promise<Redeemed>;
}

const SCOPES_OF: Readonly<Record<TicketWish["use"], readonly Scope[]>> = {
  call: ["windows:write"],
  events: ["events:read"],
};

export function ticketOffice(options: TicketOfficeOptions): TicketOffice {
  const { clock } = options;
  const key = encryptionKey(options.secret);
  const older = options.olderSecret && encryptionKey(options.olderSecret);
  const used = usedOnce(options.usedCountMax ?? USED_COUNT_MAX);

  async function seal(claims: Claims): Promise<IssuedTicket> {
    const bytes = new TextEncoder().encode(JSON.stringify(claims));
    const sealed = await new CompactEncrypt(bytes)
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .encrypt(await key);
    return { ticket: TICKET_PREFIX + sealed, id: claims.id, expiresAt: claims.expiresAt };
  }

  async function issue(principal: Principal, wish: TicketWish): Promise<IssuedTicket> {
    const now = clock();
    const lifeMsMax = wish.use === "call" ? options.callMs : options.eventsMs;
    const chainEnd = chainEndOf(principal) ?? now + CHAIN_MS_MAX;
    const latest = now + Math.min(wish.lifeMs ?? lifeMsMax, lifeMsMax);
    const expiresAt = wish.use === "call" ? latest : Math.min(latest, chainEnd);
    // Whoever speaks for an agent speaks as one; an agent speaks for nobody else.
    const agentId =
      principal.kind === "agent" ? principal.agentId : (wish.agentId ?? principal.agentId);
    return seal({
      use: wish.use,
      id: crypto.randomUUID(),
      tenant: principal.tenant,
      who: principal.id,
      kind: wish.agentId === undefined ? principal.kind : "agent",
      owner: principal.owner,
      scopes: SCOPES_OF[wish.use].filter((scope) => principal.scopes.has(scope)),
      ...(wish.use === "events" && {
        commands: commandsOf(principal),
        session: sessionOf(principal),
      }),
      ...(agentId !== undefined && { agentId }),
      ...(wish.callId !== undefined && { callId: wish.callId }),
      expiresAt,
      until: wish.use === "call" ? expiresAt + options.windowMsMax(principal.tenant) : chainEnd,
    });
  }

  return {
    issue,
    issueCall: (principal, callId, agentId) =>
      issue(principal, { use: "call", callId, ...(agentId !== undefined && { agentId }) }),
    issueEvents: (principal, agentId) =>
      issue(principal, { use: "events", ...(agentId !== undefined && { agentId }) }),
    async next(principal) {
      const end = chainEndOf(principal);
      if (end === undefined || end <= clock()) return undefined;
      return issue(principal, { use: "events" });
    },
    async redeem(ticket, purpose) {
      const claims =
        (await open(ticket, await key)) ?? (older && (await open(ticket, await older)));
      if (claims === undefined) return { kind: "unknown" };
      const { tenant, use, id, expiresAt } = claims;
      const now = clock();
      if (claims.session !== undefined && options.stands?.(claims.session) !== true) {
        return { kind: "expired", tenant };
      }
      if (now >= (use === "call" ? claims.until : expiresAt)) return { kind: "expired", tenant };
      if (use === "events" && purpose === "socket" && !used.take(id, expiresAt, now)) {
        return { kind: "used", tenant };
      }
      return { kind: "good", principal: principalOf(claims, now >= expiresAt) };
    },
  };
}

const COMMANDS: readonly Scope[] = ["windows:write", "calls:write"];

/** A ticket that follows from another one tells what that one told. */
function commandsOf({ scopes, ticket }: Principal): Scope[] {
  const known = ticket?.use === "events" ? (ticket.commands ?? new Set<Scope>()) : scopes;
  return COMMANDS.filter((scope) => known.has(scope));
}

const chainEndOf = ({ ticket }: Principal): EpochMs | undefined =>
  ticket?.use === "events" ? ticket.until : undefined;

/** The session of the console that whoever holds this came from. */
export const sessionOf = ({ ticket }: Principal): string | undefined =>
  ticket?.use === "events" ? ticket.session : undefined;

function principalOf(claims: Claims, lapsed: boolean): Principal {
  const { id, callId, session, until } = claims;
  return {
    tenant: claims.tenant,
    id: claims.who,
    kind: claims.kind,
    owner: claims.owner,
    scopes: new Set(claims.scopes),
    credential: "ticket",
    ...(claims.agentId !== undefined && { agentId: claims.agentId }),
    ticket:
      claims.use === "events"
        ? {
            use: "events",
            id,
            until,
            commands: new Set(claims.commands),
            ...(session !== undefined && { session }),
          }
        : { use: "call", id, callId: callId ?? "", ...(lapsed && { lapsed: true }) },
    expiresAt: until,
  };
}

/** The office's own key, so that its secret serves other ends without either telling the other. */
async function encryptionKey(secret: Uint8Array): Promise<Uint8Array> {
  if (secret.length < 32) throw new Error("the ticket secret has fewer than 32 bytes");
  const root = await crypto.subtle.importKey("raw", new Uint8Array(secret), "HKDF", false, [
    "deriveBits",
  ]);
  const info = new TextEncoder().encode("tacet ticket v1");
  const bits = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info },
    root,
    256,
  );
  return new Uint8Array(bits);
}

async function open(ticket: string, key: Uint8Array): Promise<Claims | undefined> {
  if (!ticket.startsWith(TICKET_PREFIX)) return undefined;
  try {
    const { plaintext } = await compactDecrypt(ticket.slice(TICKET_PREFIX.length), key, {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    return claimsSchema.parse(JSON.parse(new TextDecoder().decode(plaintext)));
  } catch {
    return undefined;
  }
}
