/**
 * Who calls the service, and from where: addresses behind proxies, tickets, keys and tokens.
 *
 * @module
 */
import { type Authenticator, authenticator } from "../../http/authenticate.ts";
import type { HttpDeps, Logger } from "../../http/deps.ts";
import { type Guesses, guesses } from "../../http/guesses.ts";
import { type TicketOffice, ticketOffice } from "../../http/tickets.ts";
import { clientAddress } from "../../policy/clientAddress.ts";
import type { Config } from "../../policy/config.ts";
import type { Policy } from "../../policy/policy.ts";
import type { NodeClock } from "./clock.ts";
import type { TicketSecrets } from "./secretFile.ts";

export interface CallersOptions {
  readonly config: Config;
  readonly policy: Policy;
  readonly clock: NodeClock;
  readonly logger: Logger;
  readonly secrets: TicketSecrets;
  /** A session of a page goes on. */
  readonly stands: (session: string) => boolean;
}

export interface Callers extends Pick<HttpDeps, "clientAddress"> {
  readonly authenticate: Authenticator;
  readonly tickets: TicketOffice;
  readonly guesses: Guesses;
  /** The other end of the connection that a request came over. */
  note(request: Request, peer: string | undefined): void;
}

export function knownCallers(options: CallersOptions): Callers {
  const { clock, config, logger, policy, secrets, stands } = options;
  const addressOf = clientAddress(config.listen.trustedProxies);
  const peers = new WeakMap<Request, string>();
  // Credentials are judged by the wall clock, as those who issued them did.
  const tickets = ticketOffice({
    ...secrets,
    clock: Date.now,
    callMs: config.auth.tickets.callMs,
    eventsMs: config.auth.tickets.eventsMs,
    windowMsMax: (tenant) => policy.routing(tenant, {}).rules.windowMsMax,
    stands,
  });
  const guessing = guesses({ clock: clock.now, after: clock.after });
  return {
    tickets,
    guesses: guessing,
    authenticate: authenticator({
      auth: config.auth,
      tenants: policy.tenants(),
      tickets,
      clock: Date.now,
      sandbox: config.sandbox,
      guesses: guessing,
      onIssuerFailure: (name) => logger.warn({ name }, "an issuer's keys could not be fetched"),
    }),
    clientAddress: (request) =>
      addressOf(peers.get(request), request.headers.get("x-forwarded-for")),
    note(request, peer) {
      if (peer !== undefined) peers.set(request, peer);
    },
  };
}
