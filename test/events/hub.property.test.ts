/** Whatever happens in whatever order, who has read to the end has the truth they may have. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { CallState } from "../../src/control/call.ts";
import { type Filter, filterOf, matches } from "../../src/events/filter.ts";
import type { Since, Subscription } from "../../src/events/hub.ts";
import { callMessage, type Viewer } from "../../src/events/project.ts";
import type { CallMessage } from "../../src/events/protocol.ts";
import { agent, bench, change, EPOCH, openWindow, type Reader, reader, wall } from "./kit.ts";

const CALLS = ["c0", "c1", "c2", "c3"];
const FILTERS: readonly Filter[] = [
  filterOf({ all: true }),
  filterOf({ calls: ["c0", "c2"] }),
  filterOf({ agents: ["a0"] }),
  filterOf({ where: { site: "x" } }),
  filterOf({ calls: ["c1"], agents: ["a1"], where: { site: "y" } }),
];
const VIEWERS: readonly Viewer[] = [
  wall({ owner: "shop", can: (callId) => (callId === "c0" ? ["pause"] : []) }),
  wall({ owner: "ivr", sees: (callId) => callId !== "c3" }),
  agent("a0"),
  agent("a1"),
];

const n = (max: number) => fc.nat({ max });
const stepArb = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("change"), n(3), n(3), n(2), n(2)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("end"), n(3), n(0), n(0), n(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("late"), n(3), n(3), n(2), n(2)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("slow"), n(4), n(0), n(0), n(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("fast"), n(4), n(0), n(0), n(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("cut"), n(4), n(3), n(0), n(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("refilter"), n(4), n(4), n(0), n(0)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("slice"), n(0), n(0), n(0), n(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("pass"), n(400), n(0), n(0), n(0)) },
);

/** A client as docs/websocket.md tells its author to write it. */
interface Client {
  viewer: Viewer;
  filter: Filter;
  maxHz: number | undefined;
  out: Reader;
  read: number;
  /** Filters sent and not answered. */
  asked: number;
  subscription: Subscription;
  calls: Map<string, CallMessage>;
  since: number | undefined;
}

/** A call by small numbers: whose window, whose call, which site. */
const made = (windows: number, agentNo: number, site: number): Partial<CallState> => ({
  ...(agentNo < 2 && { agentId: `a${agentNo}` }),
  ...(site > 0 && { attributes: { site: site === 1 ? "x" : "y" } }),
  ...(windows > 0 && {
    windows: { w: openWindow(windows === 1 ? "shop" : "ivr") },
  }),
});

/** Reads what arrived; `lost` messages at the end did not. */
function readAll(client: Client, lost = 0): void {
  const arrived = client.out.got.slice(client.read, client.out.got.length - lost);
  for (const message of arrived) {
    if (message.type === "subscribed") {
      client.asked -= 1;
      if (!message.recovered) {
        client.calls.clear();
        client.since = undefined;
      }
    }
    // What comes before the answer belongs to the filter that was replaced.
    if (client.asked > 0) continue;
    if (message.type === "gone") client.calls.delete(message.callId);
    if (message.type === "call") {
      if (message.protection === "ended") client.calls.delete(message.callId);
      else client.calls.set(message.callId, message);
    }
    if (message.type === "call" || message.type === "gone") {
      client.since = Math.max(client.since ?? 0, message.position);
    }
  }
  client.read = client.out.got.length;
}

test("a reader that has read to the end has exactly the newest state of each call it may see", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(n(3), n(4), fc.option(fc.constant(5), { nil: undefined })), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.array(stepArb, { maxLength: 80 }),
      fc.record({
        endedCountMax: fc.constantFrom(0, 1, 1_000),
        liveCountMax: fc.constant(1_000),
        changeCountMax: fc.constantFrom(1, 3, 1_000),
      }),
      async (readers, steps, limits) => {
        const { hub, clock, slice, settle, errors } = bench({ limits });
        const truth = new Map<string, { state: CallState; position: number }>();
        let position = 0;
        const start = (client: Client, since?: Since) => {
          client.out = reader();
          client.read = 0;
          client.asked = 1;
          client.subscription = hub.subscribe(client.viewer, client.out);
          return client.subscription.replace(client.filter, since, client.maxHz);
        };
        const clients: Client[] = [];
        for (const [viewer, filter, maxHz] of readers) {
          const client = {
            viewer: VIEWERS[viewer],
            filter: FILTERS[filter],
            maxHz,
            calls: new Map(),
            since: undefined,
          } as unknown as Client;
          await start(client);
          clients.push(client);
        }
        const publish = (callId: string, at: number, more: Partial<CallState>) => {
          const one = change(callId, at, more);
          truth.set(callId, { state: one.state, position: at });
          hub.publish(one);
        };

        for (const [kind, a, b, c, d] of steps) {
          const client = clients[a % clients.length] as Client;
          const callId = CALLS[a] ?? "c0";
          switch (kind) {
            case "change":
              publish(callId, (position += 1), made(b, c, d));
              break;
            case "end":
              publish(callId, (position += 1), { endedAt: 1 });
              break;
            case "late": {
              // Two calls of one commit, heard of in the other order.
              const other = CALLS[(a + 1) % CALLS.length] ?? "c0";
              publish(other, position + 2, made(b, c, d));
              publish(callId, position + 1, made(b, d, c));
              position += 2;
              break;
            }
            case "slow":
              client.out.stuck = true;
              break;
            case "fast":
              client.out.stuck = false;
              client.subscription.drained();
              break;
            case "cut": {
              readAll(client, b);
              client.subscription.close();
              const { since } = client;
              await start(client, since === undefined ? since : { epoch: EPOCH, position: since });
              break;
            }
            case "refilter":
              readAll(client);
              client.filter = FILTERS[b] as Filter;
              client.asked += 1;
              client.since = undefined;
              await client.subscription.replace(client.filter, undefined, client.maxHz);
              break;
            case "slice":
              slice();
              break;
            case "pass":
              clock.pass(a);
          }
          expect(hub.counts().pending).toBeLessThanOrEqual(truth.size * clients.length);
        }

        for (const { out, subscription } of clients) {
          out.stuck = false;
          subscription.drained();
        }
        for (let burst = 0; burst < 4; burst += 1) {
          settle();
          clock.pass(250);
        }
        settle();
        expect(errors).toEqual([]);
        for (const client of clients) {
          readAll(client);
          const due = [...truth].flatMap(([callId, { state, position }]) =>
            state.endedAt === undefined &&
            matches(client.filter, callId, state) &&
            client.viewer.sees(callId, state)
              ? [callMessage({ callId, state, position }, client.viewer)]
              : [],
          );
          const has = [...client.calls.values()].sort((a, b) => (a.callId < b.callId ? -1 : 1));
          expect(has).toEqual(due.sort((a, b) => (a.callId < b.callId ? -1 : 1)));
        }
      },
    ),
    { numRuns: 4_000 },
  );
});
