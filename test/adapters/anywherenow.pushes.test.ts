/** What `push` asks of a configuration, and what a preflight says of the hub before anybody listens. */
import { afterEach, expect, test } from "vitest";
import { anywherenowVendor } from "../../src/adapters/anywherenow/index.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { classicPath, corePath, hubName } from "../../src/sandbox/anywherenow/hub.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const baseUrl = "https://ucc.example.com/attendantservice";
const url = "https://push.example.com/attendantservice/signalr";
const settings = (push: object) => anywherenowVendor.settings.safeParse({ baseUrl, push });
const made = (push: object) =>
  anywherenowVendor.create("a", anywherenowVendor.settings.parse({ baseUrl, push }), {
    now: Date.now,
  });

test("a hub needs its name, unless it is a Core hub, whose address names it", () => {
  const problems = settings({ url }).error?.issues.map(({ path }) => path.join("."));
  expect(problems).toEqual(["push.hub"]);
  expect(settings({ url, hub: hubName }).success).toBe(true);
  expect(settings({ url, kind: "core" }).success).toBe(true);
  expect(settings({ url: `${url}?token=x`, hub: hubName }).success).toBe(false);
});

test("with push a recorder claims it, and its hub is one of its origins; without, neither", () => {
  const parsed = anywherenowVendor.settings.parse({ baseUrl, push: { url, hub: hubName } });
  expect(anywherenowVendor.origins(parsed)).toContain("https://push.example.com");
  expect(made({ url, hub: hubName }).capabilities).toMatchObject({
    watch: true,
    runtimes: ["node"],
  });
  const without = anywherenowVendor.create("a", anywherenowVendor.settings.parse({ baseUrl }), {
    now: Date.now,
  });
  expect(without.capabilities.watch).toBe(false);
  expect(without.watch).toBeUndefined();
});

test.each([
  [classicPath, "auto", true, "it answers, as classic SignalR"],
  [corePath, "auto", true, "it answers, as core SignalR"],
  [classicPath, "classic", true, "it answers, as classic SignalR"],
  [classicPath, "core", false, "it is classic SignalR, and `kind` says core"],
  [corePath, "classic", false, "it is core SignalR, and `kind` says classic"],
  ["/elsewhere", "auto", false, "negotiate answered HTTP 404"],
] as const)("a preflight of %s as %s", async (path, kind, ok, detail) => {
  const simulator = anywherenowSimulator();
  const { close, origin } = await listenSimulator(simulator);
  closing.push(close);
  const send = nodeSend({ origins: [origin] });
  closing.push(() => send.close());
  const recorder = anywherenowVendor.create(
    "a",
    anywherenowVendor.settings.parse({
      baseUrl: `${origin}/attendantservice`,
      push: { url: origin + path, kind, hub: hubName },
    }),
    { now: Date.now },
  );
  const signal = AbortSignal.timeout(10_000);
  const finding = async () => {
    const findings = await recorder.preflight({ send, signal, now: Date.now, silenced: false });
    return findings.find(({ name }) => name === "push hub");
  };
  expect(await finding()).toEqual({ name: "push hub", ok, detail });
  // The same while the first connection is being made, as at a start.
  const on = { change: () => undefined, reconnected: () => undefined };
  closing.push(
    recorder.watch?.(on, {
      now: Date.now,
      after: () => () => undefined,
      send,
      hub: () => () => undefined,
    }) ?? (() => {}),
  );
  expect(await finding()).toEqual({ name: "push hub", ok, detail });
  expect(simulator.hub.openedCount).toBe(0);
});
