/**
 * `GET /v1/events` with everything behind it that is not the event stream's own stubbed.
 *
 * @module
 */
import type { Clock } from "../../src/control/ports.ts";
import { createConnections, type Shown } from "../../src/events/connection.ts";
import type { Hub } from "../../src/events/hub.ts";
import type { Authenticated, AuthenticateInfo } from "../../src/http/authenticate.ts";
import { createEvents, type EventsDeps, type Upgrade } from "../../src/http/events.ts";
import { createStreams } from "../../src/http/eventStream.ts";
import { may } from "../../src/policy/access.ts";
import type { Principal } from "../../src/policy/principal.ts";
import { TENANT } from "./kit.ts";

export const ORIGIN = "https://desk.example";

const principal = (id: string, more: Partial<Principal> = {}): Principal => ({
  tenant: TENANT,
  id,
  kind: "supervisor",
  owner: id,
  scopes: new Set(["events:read"]),
  credential: "api_key",
  ...more,
});

/** Credentials are their holders' names. */
function whoIs(name: string): Authenticated {
  switch (name) {
    case "wall":
      return { ok: true, principal: principal("wall") };
    case "payment":
      return { ok: true, principal: principal("payment", { scopes: new Set() }) };
    case "tkt_agent":
      return {
        ok: true,
        principal: principal("a1", {
          kind: "agent",
          agentId: "a1",
          credential: "ticket",
          ticket: { use: "events", id: "t1", until: Number.MAX_SAFE_INTEGER },
        }),
      };
    default:
      return { ok: false, status: 401, code: "not_authenticated", detail: "No credential." };
  }
}

export function eventsRig(
  hub: Hub,
  clock: Clock,
  upgrade?: Upgrade,
  more: Partial<EventsDeps> = {},
) {
  const shown: Shown[] = [];
  const used: string[] = [];
  const denials: string[] = [];
  const connections = createConnections({
    hub,
    clock,
    onShown: (_party, one) => shown.push(one),
  });
  const streams = createStreams({ hub, clock });
  const handle = createEvents({
    authenticate: Object.assign(
      async (request: Request) =>
        whoIs((request.headers.get("authorization") ?? "").replace(/^Bearer /, "")),
      {
        credential: async (text: string, { purpose }: AuthenticateInfo = {}) => {
          if (purpose === "socket") used.push(text);
          return whoIs(text);
        },
      },
    ),
    may,
    origins: { any: () => true, of: (_tenant, origin) => origin === ORIGIN },
    tickets: { next: async () => ({ ticket: "next", id: "t2", expiresAt: clock.now() + 60_000 }) },
    clientAddress: () => undefined,
    entersDenial: async ({ code }) => void denials.push(code),
    connections,
    streams,
    clock,
    ...(upgrade !== undefined && { upgrade }),
    ...more,
  });
  return { handle, connections, streams, shown, used, denials };
}
