import { expect, test } from "vitest";
import { filterOf } from "../../src/events/filter.ts";
import { agent, bench, reader, wall } from "./kit.ts";

const ALL = filterOf({ all: true });
const down = { recorderId: "hq", healthy: false, since: 5, cause: "commands_unreachable" };
const up = { recorderId: "hq", healthy: true };

test("who may see recorders is told of a change, and who comes later of those that are down", async () => {
  const { hub } = bench();
  const early = reader();
  await hub.subscribe(wall({ seesRecorders: true }), early).replace(ALL);
  hub.recorder("acme", down);
  expect(early.take("recorder")).toEqual([{ type: "recorder", ...down }]);
  hub.recorder("acme", { recorderId: "annex", healthy: true });
  const late = reader();
  await hub.subscribe(wall({ seesRecorders: true }), late).replace(ALL);
  expect(late.got.map(({ type }) => type)).toEqual(["subscribed", "recorder"]);
  hub.recorder("acme", up);
  expect(late.take("recorder").at(-1)).toEqual({ type: "recorder", ...up });
  const after = reader();
  await hub.subscribe(wall({ seesRecorders: true }), after).replace(ALL);
  expect(after.take("recorder")).toEqual([]);
});

test("agents, other tenants and who has not subscribed are told nothing of recorders", async () => {
  const { hub } = bench();
  const [own, foreign, silent] = [reader(), reader(), reader()];
  await hub.subscribe(agent("a1"), own).replace(ALL);
  await hub.subscribe(wall({ seesRecorders: true, tenant: "globex" }), foreign).replace(ALL);
  hub.subscribe(wall({ seesRecorders: true }), silent);
  hub.recorder("acme", down);
  expect([own, foreign, silent].map((one) => one.take("recorder"))).toEqual([[], [], []]);
});

test("a reader that takes nothing gets the newest word of each recorder once it does", async () => {
  const { hub } = bench();
  const out = reader();
  const subscription = hub.subscribe(wall({ seesRecorders: true }), out);
  await subscription.replace(ALL);
  out.stuck = true;
  for (let n = 0; n < 1_000; n += 1) hub.recorder("acme", { ...down, since: n });
  expect(out.take("recorder")).toEqual([]);
  out.stuck = false;
  subscription.drained();
  expect(out.take("recorder")).toMatchObject([{ since: 999 }]);
});
