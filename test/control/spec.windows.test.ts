/** Windows: leases with an owner, a deadline and renewals; turns; the end of a lease. */
import { describe, expect, test } from "vitest";
import type { Actor } from "../../src/control/call.ts";
import { collectForMs, goal, protection, safeToCollect } from "../../src/control/conclude.ts";
import { claims, owed } from "../../src/control/owed.ts";
import { A, B, IVR, PAGE, SUPERVISOR, tap, Told } from "./given.ts";

describe("turns", () => {
  test("the old turn's silence secures nothing for a window opened while its resume is out", () => {
    const call = new Told().secured(A);
    call.close(30_000, "w1");
    call.open(30_100, "w2");
    expect(protection(call.state)).toBe("securing");
    expect(owed(call.state)).toEqual([{ order: "pause", tapId: "a/1" }]);
    call.says(30_200, "a/1", "paused");
    expect(protection(call.state)).toBe("secured");
  });

  test("a late reply never confirms a newer turn", () => {
    const call = new Told().registered(A);
    call.open(100, "w1");
    const asked = call.state.turn;
    call.close(200, "w1");
    call.open(300, "w2");
    expect(call.says(400, "a/1", "paused", { turn: asked, askedAt: 150 })).toEqual([]);
    expect(protection(call.state)).toBe("securing");
  });

  test("a reply asked before a newer one tells nothing of silence", () => {
    const call = new Told().secured(A);
    call.says(500, "a/1", "recording");
    expect(call.says(510, "a/1", "paused", { askedAt: 400 })).toEqual([]);
    expect(protection(call.state)).toBe("unsecured");
  });

  test("`recording` counts at once, whichever turn it was asked in", () => {
    const call = new Told().registered(A);
    call.open(100, "w1");
    const old = call.state.turn;
    call.close(200, "w1");
    call.open(300, "w2");
    call.says(350, "a/1", "paused");
    expect(protection(call.state)).toBe("secured");
    call.says(400, "a/1", "recording", { turn: old, askedAt: 150 });
    expect(protection(call.state)).toBe("unsecured");
  });

  test("a second window in the same turn needs no new confirmation", () => {
    const call = new Told().secured(A);
    expect(call.open(200, "w2", { by: IVR })).toEqual(["WindowOpened"]);
    expect(safeToCollect(call.state, "w2", IVR, 200)).toBe(true);
    call.close(300, "w1");
    expect(protection(call.state)).toBe("secured");
    expect(goal(call.state)).toBe("paused");
  });
});

describe("safe to collect", () => {
  test("only while secured and the asker's own window is open", () => {
    const call = new Told().secured(A);
    call.open(200, "w2", { by: IVR });
    expect(safeToCollect(call.state, "w1", PAGE, 300)).toBe(true);
    expect(safeToCollect(call.state, "w1", IVR, 300)).toBe(false);
    call.close(400, "w1");
    expect(safeToCollect(call.state, "w1", PAGE, 400)).toBe(false);
    expect(safeToCollect(call.state, "w2", IVR, 400)).toBe(true);
    expect(safeToCollect(call.state, "never", PAGE, 400)).toBe(false);
  });

  test("collectForMs ends with the asker's own lease", () => {
    const call = new Told().registered(A);
    call.open(100, "w1", { leaseMs: 1_000 });
    expect(collectForMs(call.state, "w1", PAGE, 110)).toBe(0);
    call.says(120, "a/1", "paused");
    expect(collectForMs(call.state, "w1", PAGE, 400)).toBe(700);
    expect(collectForMs(call.state, "w1", PAGE, 1_100)).toBe(0);
  });
});

describe("the end of a lease", () => {
  test("safe turns false first, the resume follows graceMs later", () => {
    const call = new Told({ graceMs: 2_000 }).registered(A);
    call.open(100, "w1", { leaseMs: 1_000 });
    call.says(120, "a/1", "paused");
    expect(call.pass(1_100)).toEqual(["WindowExpired"]);
    expect(safeToCollect(call.state, "w1", PAGE, 1_100)).toBe(false);
    expect(protection(call.state)).toBe("resuming");
    expect(claims(call.state)[0]?.want).toBe("paused");
    expect(call.pass(3_099)).toEqual([]);
    expect(call.pass(3_100)).toEqual(["WindowReleased"]);
    expect(claims(call.state)[0]?.want).toBe("recording");
  });

  test("a lease is over at its very millisecond, though no alarm has fired", () => {
    const call = new Told().registered(A);
    call.open(100, "w1", { leaseMs: 1_000 });
    call.says(120, "a/1", "paused");
    expect(safeToCollect(call.state, "w1", PAGE, 1_099)).toBe(true);
    expect(safeToCollect(call.state, "w1", PAGE, 1_100)).toBe(false);
  });

  test("keep_paused_and_alert keeps the silence and is stalled until a person closes", () => {
    const call = new Told({ atLeaseEnd: "keep_paused_and_alert" }).registered(A);
    call.open(100, "w1", { leaseMs: 1_000 });
    call.says(120, "a/1", "paused");
    call.pass(1_100);
    call.pass(10_000_000, { "a/1": 10_000_000 });
    expect(protection(call.state)).toBe("stalled");
    expect(claims(call.state)[0]?.want).toBe("paused");
    call.close(10_000_100, "w1", SUPERVISOR);
    expect(protection(call.state)).toBe("resuming");
  });

  test("no lease is longer than policy's, and renewals end at windowMsMax", () => {
    const call = new Told({ leaseMsMax: 1_000, windowMsMax: 2_500 }).registered(A);
    call.open(100, "w1", { leaseMs: 99_999 });
    expect(call.state.windows["w1"]?.expiresAt).toBe(1_100);
    call.renew(1_000, "w1", 99_999);
    expect(call.state.windows["w1"]?.expiresAt).toBe(2_000);
    call.renew(1_900, "w1", 99_999);
    expect(call.state.windows["w1"]?.expiresAt).toBe(2_600);
    expect(call.renew(2_500, "w1", 99_999)).toEqual([]);
    expect(call.pass(2_600)).toContain("WindowExpired");
  });

  test("a renewal never shortens a lease", () => {
    const call = new Told().registered(A);
    call.open(100, "w1", { leaseMs: 60_000 });
    expect(call.renew(200, "w1", 10)).toEqual([]);
  });

  test("a re-drive never extends a lease", () => {
    const call = new Told().registered(A);
    call.open(100, "w1", { leaseMs: 1_000 });
    expect(call.open(900, "w1", { leaseMs: 60_000 })).toEqual([]);
    expect(call.state.windows["w1"]?.expiresAt).toBe(1_100);
  });

  test("an expired window cannot be renewed or driven again, only closed", () => {
    const call = new Told().registered(A);
    call.open(100, "w1", { leaseMs: 1_000 });
    call.pass(1_100);
    expect(call.renew(1_200, "w1", 60_000)).toBe("window_closed");
    expect(call.open(1_200, "w1")).toBe("window_closed");
    expect(call.close(1_200, "w1")).toEqual(["WindowClosed"]);
  });
});

describe("window ids", () => {
  test("a delayed duplicate of a pause that was closed is refused", () => {
    const call = new Told().secured(A);
    call.close(200, "w1");
    expect(call.open(300, "w1")).toBe("window_closed");
    expect(goal(call.state)).toBe("recording");
  });

  test("a resume that overtakes its pause leaves a tombstone", () => {
    const call = new Told().registered(A);
    expect(call.close(100, "w1")).toEqual(["WindowForestalled"]);
    expect(call.open(200, "w1")).toBe("window_closed");
    expect(call.close(300, "w1")).toEqual([]);
  });

  test("a tombstone never flips the goal", () => {
    const call = new Told().secured(A);
    call.close(200, "never-opened");
    expect(protection(call.state)).toBe("secured");
  });

  test("closing on a call nobody knows is refused; renewing an unknown window too", () => {
    expect(new Told().close(100, "w1")).toBe("call_unknown");
    expect(new Told().renew(100, "w1", 1)).toBe("call_unknown");
    expect(new Told().registered(A).renew(100, "w1", 1)).toBe("window_unknown");
  });

  test("closing a closed window changes nothing; a late resume touches no other window", () => {
    const call = new Told().secured(A);
    call.open(150, "w2");
    call.close(200, "w1");
    expect(call.close(300, "w1")).toEqual([]);
    expect(protection(call.state)).toBe("secured");
  });

  test("windows open at once, and ids remembered, are bounded", () => {
    const call = new Told({ windowCountMax: 2, windowIdCountMax: 3 }).registered(A);
    call.open(1, "w1");
    call.open(2, "w2");
    expect(call.open(3, "w3")).toBe("window_limit_reached");
    call.close(4, "w1");
    call.open(5, "w3");
    call.close(6, "w2");
    expect(call.open(7, "w4")).toBe("window_limit_reached");
    expect(call.close(8, "w5")).toBe("window_limit_reached");
  });
});

describe("who may", () => {
  const agent = (agentId: string): Actor => ({
    id: agentId,
    kind: "agent",
    owner: agentId,
    agentId,
  });

  test("only its owner or a supervisor closes a window, and only its owner renews it", () => {
    const call = new Told().secured(A);
    expect(call.close(200, "w1", IVR)).toBe("window_owned_by_another");
    expect(call.renew(200, "w1", 1, IVR)).toBe("window_owned_by_another");
    expect(call.renew(200, "w1", 1, SUPERVISOR)).toBe("window_owned_by_another");
    expect(call.open(200, "w1", { by: IVR })).toBe("window_owned_by_another");
    expect(call.close(200, "w1", SUPERVISOR)).toEqual(["WindowClosed"]);
    expect(call.events.at(-1)?.by).toEqual(SUPERVISOR);
  });

  test("a window opened by a ticket stays with whoever issued the ticket, also after a transfer", () => {
    const backend: Actor = { id: "psp", kind: "payment", owner: "key:psp" };
    const ticket = (agentId: string): Actor => ({ ...agent(agentId), owner: "key:psp" });
    const call = new Told();
    call.register(0, [A], { agentId: "a1" });
    call.baseline(10, "a/1");
    call.open(100, "w1", { by: ticket("a1") });
    call.says(150, "a/1", "paused");
    call.register(200, [A], { agentId: "a2" });
    expect(safeToCollect(call.state, "w1", backend, 300)).toBe(true);
    expect(safeToCollect(call.state, "w1", ticket("a2"), 300)).toBe(true);
    expect(safeToCollect(call.state, "w1", ticket("a1"), 300)).toBe(false);
    expect(call.close(400, "w1", backend)).toEqual(["WindowClosed"]);
  });

  test.each(["constructor", "toString", "hasOwnProperty", "__proto__"])(
    "a window may be named %s",
    (windowId) => {
      const call = new Told().registered(A);
      expect(call.renew(50, windowId, 1_000)).toBe("window_unknown");
      expect(call.open(100, windowId)).toContain("WindowOpened");
      expect(call.close(200, windowId)).toEqual(["WindowClosed"]);
      expect(call.open(300, windowId)).toBe("window_closed");
    },
  );

  test("windows an agent opened pass to the call's new agent, others do not", () => {
    const call = new Told();
    call.register(0, [A], { agentId: "a1" });
    call.baseline(10, "a/1");
    call.open(100, "w1", { by: agent("a1") });
    call.open(100, "w2", { by: IVR });
    call.says(120, "a/1", "paused");
    call.register(200, [A], { agentId: "a2" });
    expect(safeToCollect(call.state, "w1", agent("a2"), 300)).toBe(true);
    expect(safeToCollect(call.state, "w1", agent("a1"), 300)).toBe(false);
    expect(safeToCollect(call.state, "w2", IVR, 300)).toBe(true);
    expect(call.close(400, "w1", agent("a1"))).toBe("window_owned_by_another");
    expect(call.close(400, "w1", agent("a2"))).toEqual(["WindowClosed"]);
  });
});

describe("time, summed", () => {
  test("unsecuredMs counts open and not secured, unrecordedMs paused and no window open", () => {
    const call = new Told().registered(A);
    call.open(1_000, "w1");
    call.says(1_200, "a/1", "paused");
    call.says(5_000, "a/1", "recording");
    call.says(5_300, "a/1", "paused");
    call.close(9_000, "w1");
    call.says(9_070, "a/1", "recording");
    expect(call.state.unsecuredMs).toBe(200 + 300);
    expect(call.state.unrecordedMs).toBe(70);
  });

  test("time never runs backwards: an event dated earlier sums nothing", () => {
    const call = new Told().registered(A);
    call.open(1_000, "w1");
    call.says(900, "a/1", "paused");
    expect(call.state.unsecuredMs).toBe(0);
    expect(call.state.at).toBe(1_000);
  });
});

test("two calls' taps of one recorder are taps of their own: a move from channel 5 to 7 keeps both", () => {
  const [five, seven] = [tap("a", "5"), tap("a", "7")];
  const call = new Told().secured(five);
  call.register(200, [seven]);
  expect(Object.keys(call.state.taps)).toEqual(["a/5", "a/7"]);
  expect(call.state.taps["a/5"]?.role).toBe("leaving");
  expect(protection(call.state)).toBe("securing");
  void B;
});

test("a fast heartbeat enters a renewal only where it lengthens the lease by a tenth", () => {
  const call = new Told().registered(A);
  call.open(0, "w1", { leaseMs: 10_000 });
  let entered = 0;
  for (let at = 10; at <= 20_000; at += 10) {
    entered += call.renew(at, "w1", 10_000).length;
    // The lease is never shorter than nine tenths of what was asked for.
    expect((call.state.windows["w1"]?.expiresAt ?? 0) - at).toBeGreaterThanOrEqual(9_000);
  }
  expect(entered).toBeLessThanOrEqual(20);
});
