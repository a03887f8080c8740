/**
 * The event stream on Node: WebSocket and server-sent events over one hub.
 *
 * @module
 */
import type { Clock } from "../../control/ports.ts";
import { createConnections } from "../../events/connection.ts";
import type { Hub } from "../../events/hub.ts";
import type { Authenticator } from "../../http/authenticate.ts";
import type { HttpDeps } from "../../http/deps.ts";
import { type EventsDenial, createEvents } from "../../http/events.ts";
import { createStreams } from "../../http/eventStream.ts";
import type { TicketOffice } from "../../http/tickets.ts";
import type { LogStore } from "../../log/store.ts";
import { may } from "../../policy/access.ts";
import type { Config } from "../../policy/config.ts";
import type { ConsoleService } from "./console.ts";
import { createSockets } from "./socket.ts";

export interface EventStreamsOptions extends Pick<HttpDeps, "clientAddress" | "origins"> {
  readonly authenticate: Authenticator;
  readonly config: Config;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Pick<LogStore, "enter">;
  readonly tickets: TicketOffice;
  /** Its pages follow the stream as well, as long as their session. Undefined where there is none. */
  readonly console: () => Pick<ConsoleService, "origin" | "sessions"> | undefined;
  readonly onError: (error: unknown) => void;
  readonly entersDenial: (denial: EventsDenial) => Promise<void>;
}

export interface EventStreams {
  readonly sockets: ReturnType<typeof createSockets>;
  readonly events: HttpDeps["events"];
  count(): number;
  /** Says goodbye to whoever listens; the sockets themselves are closed after. */
  stop(): void;
}

export function eventStreams(options: EventStreamsOptions): EventStreams {
  const { clock, config, hub, log, onError, origins } = options;
  const { sandbox } = config;
  const { pingMs, principalSocketCountMax, socketCountMax, subscribeMsMax } = config.events;
  const connections = createConnections({
    hub,
    clock,
    onError,
    sandbox,
    pingMs,
    subscribeMsMax,
    onShown: ({ viewer }, { agentId, callId, position, protection }) =>
      void log.enter([
        {
          at: clock.now(),
          tenant: viewer.tenant,
          type: "DesktopShown",
          callId,
          actor: { id: agentId, kind: "agent" },
          origin: { component: "events" },
          outcome: "shown",
          detail: { position, protection },
        },
      ]),
  });
  const streams = createStreams({ hub, clock, sandbox, pingMs, onError });
  const sockets = createSockets();
  const events = createEvents({
    authenticate: options.authenticate,
    may,
    origins: {
      any: origins.any,
      of: (tenant, origin) => origin === options.console()?.origin || origins.of(tenant, origin),
    },
    follow(session, over) {
      const known = options.console()?.sessions;
      if (known !== undefined) return known.follow(session, over);
      over();
      return () => undefined;
    },
    tickets: options.tickets,
    clientAddress: options.clientAddress,
    connections,
    streams,
    clock,
    upgrade: sockets.upgrade,
    canUpgrade: sockets.canUpgrade,
    connectionCountMax: socketCountMax,
    principalCountMax: principalSocketCountMax,
    entersDenial: options.entersDenial,
    sandbox,
  });
  return {
    sockets,
    events,
    count: () => sockets.count() + streams.count(),
    stop() {
      connections.stop();
      streams.stop();
    },
  };
}
