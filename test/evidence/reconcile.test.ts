/** What each payment is called, against a model that looks at every millisecond. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasOpenWindow, protection } from "../../src/control/conclude.ts";
import { fold } from "../../src/control/evolve.ts";
import { judgeAgent, judgeCall, type PaidWindow } from "../../src/evidence/reconcile.ts";
import { paymentJudge, type Known } from "../../src/evidence/reconcileIndex.ts";
import { gatherWindows } from "../../src/evidence/reconcileWindows.ts";
import { type Outcome, OUTCOMES } from "../../src/evidence/reconciled.ts";
import { IVR, PAGE, tap, Told } from "../control/given.ts";
import { type History, history } from "./history.ts";

const T = 5;
const paid = (more: Partial<PaidWindow> = {}): PaidWindow => ({
  callId: "c1",
  windowId: "w1",
  openedAt: 100,
  endedAt: 200,
  secured: [{ from: 110, to: 200 }],
  agents: [{ agentId: "a1", from: 100, to: 200 }],
  ...more,
});
const says = (windows: readonly PaidWindow[], at: number): string => {
  const { outcome, why } = judgeCall(windows, at, T);
  return `${outcome}: ${why}`;
};

describe("a payment", () => {
  test("is secured from the window's first silence to its end, and the tolerance after", () => {
    expect(says([paid()], 110)).toBe("secured: open");
    expect(says([paid()], 200)).toBe("secured: open");
    expect(says([paid()], 205)).toBe("secured: closed_just_before");
    expect(says([paid()], 206)).toBe("no_window: no_window_then");
    expect(says([paid({ endedAt: Infinity, secured: [{ from: 110, to: Infinity }] })], 9_999)).toBe(
      "secured: open",
    );
  });

  test("is late where the silence, or the window, came after it by no more than the tolerance", () => {
    expect(says([paid()], 105)).toBe("late: secured_after");
    expect(says([paid()], 104)).toBe("unsecured: not_secured");
    expect(says([paid({ secured: [{ from: 101, to: 200 }] })], 96)).toBe("late: opened_after");
    expect(says([paid({ secured: [{ from: 102, to: 200 }] })], 96)).toBe("unsecured: not_secured");
    expect(says([paid()], 94)).toBe("no_window: no_window_then");
  });

  test("is unsecured where the silence did not last from its beginning to the payment", () => {
    const drifted = paid({
      secured: [
        { from: 110, to: 140 },
        { from: 150, to: 200 },
      ],
    });
    expect(says([drifted], 139)).toBe("secured: open");
    expect(says([drifted], 140)).toBe("unsecured: interrupted");
    expect(says([drifted], 180)).toBe("unsecured: interrupted");
    expect(says([drifted], 203)).toBe("unsecured: interrupted");
    expect(says([paid({ secured: [] })], 150)).toBe("unsecured: not_secured");
  });

  test("is judged by the windows open then; only where there is none, by those near it", () => {
    const next = paid({ windowId: "w2", openedAt: 201, endedAt: 300, secured: [] });
    expect(says([paid(), next], 202)).toBe("unsecured: not_secured");
    const beside = paid({ windowId: "w2", secured: [] });
    expect(says([beside, paid()], 150)).toBe("secured: open");
  });

  test("by agent alone is judged by the worst of the calls that had a window", () => {
    const bad = paid({ callId: "c2", secured: [] });
    const other = paid({
      callId: "c3",
      agents: [{ agentId: "a2", from: 100, to: 200 }],
      secured: [],
    });
    const of = (windows: PaidWindow[], agent = "a1") => judgeAgent(windows, agent, 150, T).outcome;
    expect(of([paid(), other])).toBe("secured");
    expect(of([paid(), bad])).toBe("unsecured");
    expect(of([paid()], "a3")).toBe("no_window");
    const moved = paid({
      agents: [
        { agentId: "a1", from: 100, to: 120 },
        { agentId: "a2", from: 120, to: 200 },
      ],
    });
    expect([of([moved]), of([moved], "a2")]).toEqual(["no_window", "secured"]);
  });
});

describe("a start inside a window", () => {
  const judged = (events: History, at: number) => {
    const gathering = gatherWindows({ from: 0, to: 100_000 });
    for (const event of events.events) gathering.take("c1", event);
    gathering.reach(0);
    gathering.reach(100_000);
    const { outcome, why } = paymentJudge(gathering.end(), T)({ at, callId: "c1" });
    return `${outcome}: ${why}`;
  };
  const before = () => history().registered(0).tap(1).baselined(2, "recording").opened(10, "w1");
  const down = () => before().reported(20, "paused").lapsed(5_000, "started", "a");

  test("that finds the recorder recording leaves nothing secured since the last word before it", () => {
    const found = down().reported(5_100, "recording").reported(5_200, "paused").closed(9_000, "w1");
    expect(judged(found, 3_000)).toBe("unsecured: interrupted");
    const expired = down().expired(5_000, "w1", 7_000).reported(5_100, "recording");
    expect(judged(expired, 3_000)).toBe("unsecured: interrupted");
  });

  test("that finds it silent takes nothing from what was secured before", () => {
    expect(judged(down().reported(5_100, "paused").closed(9_000, "w1"), 3_000)).toBe(
      "secured: open",
    );
    const resumed = down().closed(5_050, "w1").reported(5_100, "recording");
    expect(judged(resumed, 3_000)).toBe("secured: open");
  });
});

/** Windows on a short line of time; the silence is by whole milliseconds. */
const END = 60;
const window = fc
  .record({
    openedAt: fc.integer({ min: 5, max: END - 10 }),
    ms: fc.integer({ min: 0, max: 20 }),
    isSilent: fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
    mostly: fc.boolean(),
  })
  .map(({ isSilent, mostly, ms, openedAt }) => {
    const endedAt = openedAt + ms;
    // Silent at `t` means from `t` to `t + 1`.
    const silent = (at: number): boolean =>
      mostly
        ? at >= openedAt + 3 || isSilent[at - openedAt] === true
        : isSilent[at - openedAt] === true;
    const secured: { from: number; to: number }[] = [];
    for (let at = openedAt; at < endedAt; at += 1) {
      if (!silent(at)) continue;
      const last = secured.at(-1);
      if (last?.to === at) secured[secured.length - 1] = { from: last.from, to: at + 1 };
      else secured.push({ from: at, to: at + 1 });
    }
    return { openedAt, endedAt, secured, silent };
  });

/** The definition, read off millisecond by millisecond. */
function model(
  windows: readonly { openedAt: number; endedAt: number; silent(at: number): boolean }[],
  at: number,
): Outcome {
  const isOpen = (one: (typeof windows)[number]) => one.openedAt <= at && at <= one.endedAt;
  const isNear = (one: (typeof windows)[number]) => one.openedAt <= at + T && at - T <= one.endedAt;
  const deciding = windows.some(isOpen) ? windows.filter(isOpen) : windows.filter(isNear);
  const each = deciding.map((one): Outcome => {
    const moments = Array.from(
      { length: one.endedAt - one.openedAt },
      (_, ms) => one.openedAt + ms,
    );
    const first = moments.find((ms) => one.silent(ms));
    if (first === undefined || first > at + T) return "unsecured";
    if (first > at || one.openedAt > at) return "late";
    const held = moments.filter((ms) => ms >= first && ms <= at);
    return held.every((ms) => one.silent(ms)) ? "secured" : "unsecured";
  });
  return (
    (["secured", "unsecured", "late"] as const).find((word) => each.includes(word)) ?? "no_window"
  );
}

const asPaid =
  (callId: string) =>
  (
    one: { openedAt: number; endedAt: number; secured: { from: number; to: number }[] },
    index: number,
  ) =>
    paid({
      ...one,
      callId,
      windowId: `${callId}-${index}`,
      agents: [{ agentId: "a1", from: one.openedAt, to: one.endedAt }],
    });

describe("whatever the windows are", () => {
  test("a payment is called what the model calls it, at each millisecond", () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(fc.array(window, { maxLength: 4 }), (windows) => {
        const all = windows.map(asPaid("c1"));
        const known: Known = {
          windows: all,
          calls: new Set(["c1"]),
          agents: new Set(["a1"]),
          reach: { from: 0, to: 99 },
        };
        const judge = paymentJudge(known, T);
        for (let at = 0; at < END + 30; at += 1) {
          const expected = model(windows, at);
          met.add(expected);
          expect([at, judgeCall(all, at, T).outcome]).toEqual([at, expected]);
          expect(judge({ at, callId: "c1" }).outcome).toBe(expected);
          expect(judge({ at, agentId: "a1" }).outcome).toBe(expected);
        }
      }),
      { numRuns: 150 },
    );
    expect(met).toEqual(new Set(OUTCOMES));
  });

  test("an agent's calls are judged one by one, and the worst of them counts", () => {
    const calls = fc.array(fc.array(window, { maxLength: 3 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(calls, fc.integer({ min: 0, max: END + 10 }), (each, at) => {
        const all = each.flatMap((windows, index) => windows.map(asPaid(`c${index}`)));
        const outcomes = each
          .map((windows) => model(windows, at))
          .filter((one) => one !== "no_window");
        const worst = (["unsecured", "late", "secured"] as const).find((one) =>
          outcomes.includes(one),
        );
        const known: Known = {
          windows: all,
          calls: new Set(),
          agents: new Set(["a1"]),
          reach: { from: 0, to: 99 },
        };
        const found = paymentJudge(known, T)({ at, agentId: "a1" });
        expect(found.outcome).toBe(worst ?? "no_window");
      }),
    );
  });
});

test("what the log cannot tell is told apart", () => {
  const known: Known = {
    windows: [paid()],
    calls: new Set(["c1"]),
    agents: new Set(["a1"]),
    reach: { from: 50, to: 500 },
  };
  const judge = paymentJudge(known, T);
  expect(judge({ at: 400, callId: "c1" }).why).toBe("no_window_then");
  expect(judge({ at: 400, callId: "c9" }).why).toBe("call_unknown");
  expect(judge({ at: 400, agentId: "a9" }).why).toBe("agent_unknown");
  expect(judge({ at: 506, callId: "c1" }).why).toBe("outside_log");
  expect(judge({ at: 44, callId: "c1" }).why).toBe("outside_log");
});

describe("windows gathered from a call's events", () => {
  const TAPS = [tap("a", "1"), tap("b", "1", { required: false })];
  const step = fc.oneof(
    fc.record({
      what: fc.constant("open" as const),
      isHeard: fc.boolean(),
      windowId: fc.constantFrom("w1", "w2"),
      by: fc.constantFrom(PAGE, IVR),
    }),
    fc.record({
      what: fc.constant("close" as const),
      windowId: fc.constantFrom("w1", "w2"),
      by: fc.constantFrom(PAGE, IVR),
    }),
    fc.record({ what: fc.constant("move" as const), agentId: fc.constantFrom("a1", "a2") }),
    {
      weight: 8,
      arbitrary: fc.record({
        what: fc.constant("says" as const),
        status: fc.constantFrom("recording", "paused", "paused", "unknown" as const),
        askedAgoMs: fc.nat(20),
      }),
    },
    fc.record({ what: fc.constant("wakes" as const) }),
    fc.record({ what: fc.constant("ends" as const) }),
  );
  const script = fc.array(fc.tuple(fc.integer({ min: 2, max: 1_500 }), step), { maxLength: 30 });

  test("are open and secured exactly when the call itself is", () => {
    let securedCount = 0;
    fc.assert(
      fc.property(script, (steps) => {
        const call = new Told({ leaseMsMax: 20_000, windowMsMax: 40_000 });
        let at = 1_000;
        call.register(at, TAPS, { agentId: "a1" });
        call.baseline(at, TAPS[0]?.tapId ?? "", "recording");
        for (const [ms, one] of steps) {
          at += ms;
          call.pass(at);
          if (one.what === "open") {
            call.open(at, one.windowId, { by: one.by, leaseMs: 10_000, taps: TAPS });
            const turn = call.state.turn;
            if (one.isHeard) call.says(at + 1, TAPS[0]?.tapId ?? "", "paused", { turn });
          }
          if (one.what === "close") call.close(at, one.windowId, one.by);
          if (one.what === "move") call.register(at, TAPS, { agentId: one.agentId });
          if (one.what === "says") {
            call.says(at, TAPS[0]?.tapId ?? "", one.status, {
              turn: call.state.turn,
              askedAt: at - one.askedAgoMs,
              confirmedBy: "read_back",
            });
          }
          if (one.what === "wakes") call.when(at, { type: "Wake" });
          if (one.what === "ends") call.end(at);
        }
        const gathering = gatherWindows({ from: 0, to: Infinity });
        for (const event of call.events) gathering.take("c1", event);
        const { windows } = gathering.end();
        // What a start finds out takes back what was secured since the last word before it.
        const unsure = call.events.flatMap((event, index) =>
          event.type === "ConfirmationLapsed" && event.reason === "started"
            ? [{ from: call.events[index - 1]?.at ?? 0, to: event.at }]
            : [],
        );
        // Between two moments, so that what happens at one and the same is over.
        for (const moment of new Set(call.events.map((event) => event.at + 0.5))) {
          const state = fold(call.events.filter((event) => event.at <= moment));
          const open = windows.filter((one) => one.openedAt <= moment && moment < one.endedAt);
          expect(open.length > 0).toBe(hasOpenWindow(state));
          for (const one of open) {
            const isSecured = one.secured.some(({ from, to }) => from <= moment && moment < to);
            securedCount += isSecured ? 1 : 0;
            const isUnsure = unsure.some(({ from, to }) => from <= moment && moment < to);
            if (isSecured || !isUnsure) expect(isSecured).toBe(protection(state) === "secured");
            const holders = one.agents.filter(({ from, to }) => from <= moment && moment < to);
            expect(holders.map(({ agentId }) => agentId)).toContain(state.agentId);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(securedCount).toBeGreaterThan(30);
  });

  function twoLives(endedCountMax?: number) {
    const call = new Told({});
    const gathering = gatherWindows({ from: 0, to: Infinity }, endedCountMax);
    const pay = (at: number, windowId: string) => {
      call.register(at, TAPS, { agentId: "a1" });
      call.baseline(at, TAPS[0]?.tapId ?? "", "recording");
      call.open(at + 10, windowId, { by: PAGE, leaseMs: 60_000, taps: TAPS });
      call.says(at + 20, TAPS[0]?.tapId ?? "", "paused", {
        turn: call.state.turn,
        askedAt: at + 15,
        confirmedBy: "read_back",
      });
      call.close(at + 100, windowId, PAGE);
      call.says(at + 120, TAPS[0]?.tapId ?? "", "recording", {
        turn: call.state.turn,
        askedAt: at + 110,
        confirmedBy: "read_back",
      });
      call.end(at + 200);
    };
    pay(1_000, "w1");
    pay(200_000_000, "w2");
    return { call, gathering };
  }

  test("are found in a second life of a call's id too", () => {
    const { call, gathering } = twoLives();
    for (const event of call.events) gathering.take("c1", event);
    expect(gathering.end().windows).toMatchObject([
      { windowId: "w1", secured: [{ from: 1_020, to: 1_100 }], endedAt: 1_100 },
      { windowId: "w2", secured: [{ from: 200_000_020, to: 200_000_100 }], endedAt: 200_000_100 },
    ]);
  });

  test("outside of the days asked for are left out, and ended calls are remembered up to a bound", () => {
    const { call } = twoLives();
    const days = gatherWindows({ from: 100_000_000, to: 300_000_000 });
    for (const event of call.events) days.take("c1", event);
    expect(days.end().windows.map(({ windowId }) => windowId)).toEqual(["w2"]);
    const few = gatherWindows({ from: 0, to: Infinity }, 1);
    const [first, second] = [
      call.events.filter(({ at }) => at < 10_000),
      call.events.filter(({ at }) => at > 10_000),
    ];
    for (const callId of ["c1", "c2", "c3"]) for (const event of first) few.take(callId, event);
    // Whose turn was forgotten: not secured rather than secured by mistake.
    for (const event of second) few.take("c1", event);
    expect(few.end().windows.map(({ secured }) => secured.length)).toEqual([1, 1, 1, 0]);
  });
});
