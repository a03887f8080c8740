/** What holds of every call, whatever it is told: scripts of commands by fast-check. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allSilent,
  isAtRest,
  isReleased,
  isSilent,
  protection,
} from "../../src/control/conclude.ts";
import { goalOf, hasOpenWindow } from "../../src/control/conclude.ts";
import { nextDeadline } from "../../src/control/deadlines.ts";
import { fold } from "../../src/control/evolve.ts";
import { claims, owed } from "../../src/control/owed.ts";
import { IVR, PAGE, SUPERVISOR, tap, Told } from "./given.ts";
import { world } from "../simulation/world.ts";

const RULES = { leaseMsMax: 20_000, windowMsMax: 40_000, callIdleMsMax: 60_000, endMsMax: 5_000 };
const TAPS = [
  tap("a", "1"),
  tap("a", "2"),
  tap("b", "1", { required: false }),
  tap("b", "2", { absentIs: "protected" }),
  tap("c", "1", { control: "none" }),
  tap("d", "1", { acceptAcknowledged: true }),
];

const windowId = fc.constantFrom("w1", "w2", "w3");
const by = fc.constantFrom(PAGE, PAGE, IVR, SUPERVISOR);
const taps = fc.subarray(TAPS, { minLength: 1 });
const tapId = fc.constantFrom(...TAPS.map((one) => one.tapId));
const status = fc.constantFrom("recording", "paused", "absent", "unknown" as const);

const step = fc.oneof(
  fc.record({ what: fc.constant("open" as const), windowId, by, leaseMs: fc.nat(30_000), taps }),
  fc.record({ what: fc.constant("close" as const), windowId, by }),
  fc.record({ what: fc.constant("renew" as const), windowId, by, leaseMs: fc.nat(30_000) }),
  fc.record({ what: fc.constant("move" as const), taps, agentId: fc.constantFrom("a1", "a2") }),
  fc.record({ what: fc.constant("baseline" as const), tapId, status }),
  fc.record({
    what: fc.constant("says" as const),
    tapId,
    status,
    turnsAgo: fc.nat(2),
    agoMs: fc.nat(500),
    confirmedBy: fc.constantFrom("read_back", "pushed", "acknowledged" as const),
  }),
  fc.record({ what: fc.constant("fails" as const), tapId, reason: fc.constantFrom("x", "y") }),
  fc.record({
    what: fc.constant("lets go" as const),
    tapId,
    reason: fc.constantFrom("claimed_by_another_call", "never_silenced" as const),
  }),
  fc.record({ what: fc.constant("passes" as const) }),
  fc.record({ what: fc.constant("wakes" as const) }),
  fc.record({ what: fc.constant("ends" as const) }),
);
const script = fc.array(fc.tuple(fc.nat(6_000), step), { maxLength: 40 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function perform(call: Told, at: number, one: Step): readonly string[] | string {
  switch (one.what) {
    case "open":
      return call.open(at, one.windowId, one);
    case "close":
      return call.close(at, one.windowId, one.by);
    case "renew":
      return call.renew(at, one.windowId, one.leaseMs, one.by);
    case "move":
      return call.register(at, one.taps, one);
    case "baseline":
      return call.baseline(at, one.tapId, one.status);
    case "says": {
      const { agoMs, confirmedBy, turnsAgo } = one;
      const turn = Math.max(0, call.state.turn - turnsAgo);
      return call.says(at, one.tapId, one.status, { turn, askedAt: at - agoMs, confirmedBy });
    }
    case "fails": {
      const { reason } = one;
      const failure = { outcome: "refused", reason, attempts: 1, turn: call.state.turn } as const;
      return call.when(at, { type: "ReportFailure", tapId: one.tapId, ...failure });
    }
    case "lets go":
      return call.when(at, { type: "LetGoTap", tapId: one.tapId, reason: one.reason });
    case "passes":
      return call.pass(at);
    case "wakes":
      return call.when(at, { type: "Wake" });
    case "ends":
      return call.end(at);
  }
}

/** Plays a script as a session does, up to now before each step, and looks after each. */
function always(look: (call: Told, at: number, one: Step) => void): void {
  fc.assert(
    fc.property(script, (steps) => {
      const call = new Told(RULES);
      let at = 1_000;
      for (const [ms, one] of steps) {
        at += ms;
        call.pass(at);
        perform(call, at, one);
        look(call, at, one);
      }
    }),
    { numRuns: 400 },
  );
}

describe("whatever a call is told", () => {
  test("the fold of its events is its state", () => {
    always((call) => expect(fold(call.events)).toEqual(call.state));
  });

  test("asked the same thing twice, it changes once", () => {
    always((call, at, one) => {
      const again = perform(call, at, one);
      if (one.what === "ends" || one.what === "close" || one.what === "passes") {
        expect(typeof again === "string" || again.length === 0).toBe(true);
      }
      const third = perform(call, at, one);
      expect(typeof third === "string" ? [] : third).toEqual([]);
    });
  });

  test("passing time answers every deadline that has passed, and cannot spin", () => {
    always((call, at) => {
      for (let round = 0; ; round += 1) {
        const due = nextDeadline(call.state, call.rules, {});
        if (due === undefined || due > at) break;
        expect(call.pass(at).length).toBeGreaterThan(0);
        expect(round).toBeLessThan(4);
      }
      expect(call.pass(at)).toEqual([]);
    });
  });

  test("nothing is owed exactly when every tap is as it should be", () => {
    always(({ state }) => {
      const asItShould = Object.values(state.taps).every((one) => {
        if (one.control === "none") return true;
        if (one.baselineBy !== undefined) return false;
        return goalOf(state, one) === "paused"
          ? isSilent(one, state.turn)
          : !one.touched || isReleased(one, state.turn);
      });
      expect(owed(state).length === 0).toBe(asItShould);
    });
  });

  test("whatever is owed is claimed of a desk", () => {
    always(({ state }) => {
      const claimed = new Set(claims(state).map((one) => one.tapId));
      for (const order of owed(state)) expect(claimed).toContain(order.tapId);
    });
  });

  test("no window outlives its lease, nor windowMsMax, nor opens again", () => {
    const ended = new WeakMap<Told, Set<string>>();
    always((call, at) => {
      const gone = ended.get(call) ?? new Set<string>();
      ended.set(call, gone);
      if (call.events.at(-1)?.type === "CallRegistered") gone.clear();
      for (const [id, window] of Object.entries(call.state.windows)) {
        if (window.state !== "open") gone.add(id);
        else {
          expect(gone).not.toContain(id);
          expect(window.expiresAt).toBeGreaterThanOrEqual(at);
          expect(window.expiresAt - window.openedAt).toBeLessThanOrEqual(RULES.windowMsMax);
        }
      }
    });
  });

  test("secured is: a window open, and every required active tap silent in this turn", () => {
    always(({ state }) => {
      if (state.endedAt !== undefined) return expect(protection(state)).toBe("ended");
      const secured = hasOpenWindow(state) && allSilent(state);
      expect(protection(state) === "secured").toBe(secured);
    });
  });

  test("an unsettled call has a deadline, or is called overdue", () => {
    always(({ state, rules }) => {
      if (state.settlement.kind === "due")
        expect(nextDeadline(state, rules, {})).toBeLessThanOrEqual(state.settlement.by);
    });
  });

  test("a tap is forgotten, or a call at rest, only when nothing of it is tacet's to undo", () => {
    always(({ state }) => {
      if (!isAtRest(state)) return;
      expect(owed(state)).toEqual([]);
      expect(claims(state)).toEqual([]);
    });
  });
});

test("a noisy recorder cannot put off the moment a call is called unsecured", () => {
  const noise = fc.array(
    fc.tuple(
      fc.nat(400),
      status.filter((one) => one !== "paused"),
    ),
  );
  fc.assert(
    fc.property(noise, (reports) => {
      const call = new Told({ confirmMsMax: 3_000 });
      call.register(0, [TAPS[0]!]);
      call.baseline(1, "a/1");
      call.open(10, "w1");
      let at = 10;
      for (const [ms, said] of reports) {
        at += ms;
        call.pass(at);
        call.says(at, "a/1", said);
        expect(protection(call.state)).toBe(at >= 3_010 ? "unsecured" : "securing");
      }
    }),
  );
});

describe("short scripts against simulated recorders with commands in flight", () => {
  const act = fc.oneof(
    fc.record({ what: fc.constant("open" as const), windowId }),
    fc.record({ what: fc.constant("close" as const), windowId }),
    fc.record({ what: fc.constant("hand" as const) }),
    fc.record({ what: fc.constant("crash" as const) }),
  );
  const fault = fc.constantFrom(
    "none",
    "none",
    "request_lost",
    "reply_lost",
    "refused",
    "ignored",
    "slow",
    "hung_then_lands" as const,
  );

  test("newly secured is judged so by what the recorder did, and all is let go in the end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(900), act), { maxLength: 8 }),
        fc.array(fault, { maxLength: 6 }),
        async (acts, faults) => {
          const w = await world({ rules: { leaseMsMax: 20_000 } });
          const recorder = w.recorders["a"]!;
          const left = [...faults];
          recorder.begin("1");
          recorder.faults = (kind) => (kind === "status" ? "none" : (left.shift() ?? "none"));
          let hand = 0;
          let told = 0;
          const look = () => {
            const fresh = w.changes.slice(told);
            told = w.changes.length;
            for (const { state, events } of fresh) {
              const confirmed = events.some(
                (event) => event.type === "RecorderReported" && event.status === "paused",
              );
              if (!confirmed || protection(state) !== "secured") continue;
              // A hand may have undone it since the read; a command may not.
              if (w.clock.now() - hand > 50) expect(recorder.truth.get("1")?.status).toBe("paused");
            }
          };
          for (const [ms, one] of acts) {
            if (one.what === "open") void w.pause("c", one.windowId, [tap("a", "1")]);
            if (one.what === "close") void w.resume("c", one.windowId);
            if (one.what === "crash") await w.restart(ms);
            if (one.what === "hand") {
              recorder.byHand("1", "recording");
              hand = w.clock.now();
            }
            await w.clock.pass(ms, look);
          }
          await w.clock.pass(90_000, look);
          expect(recorder.truth.get("1")?.status).toBe("recording");
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});
