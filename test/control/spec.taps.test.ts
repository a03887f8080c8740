/** Taps: what counts for secured, moves, what others silenced, what is owed. */
import { describe, expect, test } from "vitest";
import { pausedByOther, protection } from "../../src/control/conclude.ts";
import { claims, owed } from "../../src/control/owed.ts";
import { A, B, tap, Told } from "./given.ts";

const optional = tap("b", "1", { required: false });
const witness = tap("c", "1", { control: "none" });

describe("secured", () => {
  test("with no taps, only optional ones, or only witnesses an open window is not secured", () => {
    for (const taps of [[], [optional], [witness], [optional, witness]]) {
      const call = new Told().registered(...taps);
      call.open(100, "w1");
      if (taps.includes(optional)) call.says(150, "b/1", "paused");
      expect(protection(call.state)).toBe("securing");
      call.pass(100 + call.rules.confirmMsMax);
      expect(protection(call.state)).toBe("unsecured");
    }
  });

  test("every required active tap has to be confirmed, not any of them", () => {
    const call = new Told().registered(A, B);
    call.open(100, "w1");
    call.says(120, "a/1", "paused");
    expect(protection(call.state)).toBe("securing");
    call.says(130, "b/1", "paused");
    expect(protection(call.state)).toBe("secured");
  });

  test("optional taps are driven but do not count for secured", () => {
    const call = new Told().registered(A, optional);
    call.open(100, "w1");
    call.says(120, "a/1", "paused");
    expect(protection(call.state)).toBe("secured");
    expect(owed(call.state)).toEqual([{ order: "pause", tapId: "b/1" }]);
    call.says(150, "b/1", "recording");
    expect(protection(call.state)).toBe("secured");
  });

  test("optional taps count for stalled", () => {
    const call = new Told().secured(A, optional);
    call.close(200, "w1");
    call.says(220, "a/1", "recording");
    expect(protection(call.state)).toBe("resuming");
    call.pass(200 + call.rules.confirmMsMax);
    expect(protection(call.state)).toBe("stalled");
    call.says(9_000, "b/1", "recording");
    expect(protection(call.state)).toBe("recording");
  });

  test("control none never protects, is never commanded and does not stand in the way", () => {
    const call = new Told().secured(A, witness);
    expect(protection(call.state)).toBe("secured");
    expect(claims(call.state).map((claim) => claim.tapId)).toEqual(["a/1"]);
  });

  test("an acknowledgement confirms only where policy accepts it", () => {
    for (const acceptAcknowledged of [false, true]) {
      const call = new Told().registered(tap("a", "1", { acceptAcknowledged }));
      call.open(100, "w1");
      call.says(150, "a/1", "paused", { confirmedBy: "acknowledged" });
      expect(protection(call.state)).toBe(acceptAcknowledged ? "secured" : "securing");
    }
  });

  test("absent is protection only by policy", () => {
    const by = { unprotected: "securing", protected: "secured" } as const;
    for (const absentIs of ["unprotected", "protected"] as const) {
      const call = new Told().registered(tap("a", "1", { absentIs }));
      call.open(100, "w1");
      call.says(150, "a/1", "absent");
      expect(protection(call.state)).toBe(by[absentIs]);
      expect(claims(call.state)[0]?.want).toBe("paused");
      call.says(5_000, "a/1", "recording");
      expect(owed(call.state)).toEqual([{ order: "pause", tapId: "a/1" }]);
    }
  });

  test("another conversation's silence is not protection", () => {
    const call = new Told();
    call.register(0, [A]);
    call.baseline(10, "a/1", "recording", "s1");
    call.open(100, "w1");
    call.says(120, "a/1", "paused", { session: "s1" });
    expect(protection(call.state)).toBe("secured");
    call.says(900, "a/1", "unknown", { session: "s2", reason: "other_conversation" });
    expect(protection(call.state)).toBe("unsecured");
    expect(call.state.taps["a/1"]?.elsewhere).toBe(true);
  });
});

describe("drift", () => {
  test("a confirmed tap that records again is unsecured at once", () => {
    const call = new Told().secured(A);
    call.says(500, "a/1", "recording");
    expect(protection(call.state)).toBe("unsecured");
    expect(owed(call.state)).toEqual([{ order: "pause", tapId: "a/1" }]);
    call.says(600, "a/1", "paused");
    expect(protection(call.state)).toBe("secured");
  });
});

describe("moves", () => {
  test("the old tap is kept silent until the new one is confirmed", () => {
    const call = new Told().secured(tap("a", "5"));
    call.register(200, [tap("a", "7")]);
    call.baseline(210, "a/7");
    const wants = () => Object.fromEntries(claims(call.state).map((one) => [one.tapId, one.want]));
    expect(wants()).toEqual({ "a/5": "paused", "a/7": "paused" });
    call.says(250, "a/7", "paused");
    expect(protection(call.state)).toBe("secured");
    expect(wants()).toEqual({ "a/5": "recording", "a/7": "paused" });
    call.says(260, "a/5", "recording", { goal: "recording" });
    expect(Object.keys(call.state.taps)).toEqual(["a/7"]);
  });

  test("a tap that was left is let go when no window is open, and forgotten when it owes nothing", () => {
    const call = new Told().secured(tap("a", "5"));
    call.register(200, [tap("a", "7")]);
    call.close(300, "w1");
    expect(claims(call.state).find((one) => one.tapId === "a/5")?.want).toBe("recording");
    const idle = new Told().registered(tap("a", "5"));
    idle.register(200, [tap("a", "7")]);
    expect(Object.keys(idle.state.taps)).toEqual(["a/7"]);
  });

  test("let go once, it stays let go although the new tap drifts", () => {
    const call = new Told().secured(tap("a", "5"));
    call.register(200, [tap("a", "7")]);
    call.baseline(210, "a/7");
    call.says(250, "a/7", "paused");
    call.says(300, "a/7", "recording");
    expect(claims(call.state).find((one) => one.tapId === "a/5")?.want).toBe("recording");
  });

  test("coming back to a tap that was left keeps it silent", () => {
    const call = new Told().secured(tap("a", "5"));
    call.register(200, [tap("a", "7")]);
    call.register(220, [tap("a", "5")]);
    expect(call.state.taps["a/5"]?.role).toBe("active");
    expect(call.state.taps["a/5"]?.touched).toBe(true);
  });

  test("targets in a pause only add; only a registration lets go", () => {
    const call = new Told().secured(A);
    call.open(200, "w2", { taps: [B] });
    expect(Object.values(call.state.taps).map((one) => one.role)).toEqual(["active", "active"]);
    expect(protection(call.state)).toBe("securing");
    call.register(300, [B], { mode: "add" });
    expect(call.state.taps["a/1"]?.role).toBe("active");
    call.register(400, [B]);
    expect(call.state.taps["a/1"]?.role).toBe("leaving");
  });

  test("taps are bounded", () => {
    const call = new Told({ tapCountMax: 1 });
    expect(call.register(0, [A, B])).toBe("target_limit_reached");
    expect(call.open(0, "w1", { taps: [A, B] })).toBe("target_limit_reached");
  });
});

describe("what others silenced", () => {
  function foreign() {
    const call = new Told();
    call.register(0, [A]);
    call.baseline(10, "a/1", "paused");
    call.open(100, "w1");
    return call;
  }

  test("it is watched, not commanded, shown as paused by another, and secures", () => {
    const call = foreign();
    expect(owed(call.state)).toEqual([{ order: "check", tapId: "a/1" }]);
    expect(claims(call.state)[0]?.want).toBe("watch");
    call.says(120, "a/1", "paused");
    expect(protection(call.state)).toBe("secured");
    expect(pausedByOther(call.state.taps["a/1"]!)).toBe(true);
  });

  test("it is left as it was, and never stalled", () => {
    const call = foreign();
    call.says(120, "a/1", "paused");
    expect(call.close(200, "w1")).toEqual(["WindowClosed"]);
    expect(owed(call.state)).toEqual([]);
    expect(claims(call.state)).toEqual([]);
    expect(protection(call.state)).toBe("recording");
    expect(pausedByOther(call.state.taps["a/1"]!)).toBe(true);
  });

  test("lifted inside a window, tacet silences it and later undoes that", () => {
    const call = foreign();
    call.says(120, "a/1", "paused");
    call.says(500, "a/1", "recording");
    expect(protection(call.state)).toBe("unsecured");
    expect(claims(call.state)[0]?.want).toBe("paused");
    call.says(600, "a/1", "paused");
    call.close(700, "w1");
    expect(claims(call.state)[0]).toMatchObject({ want: "recording", before: "recording" });
  });

  test("a silence that turns out to be another call's of tacet's becomes tacet's to undo", () => {
    const call = foreign();
    call.says(120, "a/1", "paused");
    expect(call.baseline(130, "a/1", "recording")).toEqual(["TapBaselined"]);
    expect(protection(call.state)).toBe("secured");
    expect(claims(call.state)[0]?.want).toBe("paused");
  });
});

describe("baselines", () => {
  test("the first command waits for the baseline, and for baselineMs at most", () => {
    const call = new Told({ baselineMs: 250 });
    call.open(100, "w1", { taps: [A] });
    expect(claims(call.state)[0]?.want).toBe("baseline");
    expect(owed(call.state)).toEqual([{ order: "check", tapId: "a/1" }]);
    expect(call.pass(349)).toEqual([]);
    expect(call.pass(350)).toEqual(["TapBaselined"]);
    expect(call.state.taps["a/1"]?.before).toBe("unknown");
    expect(claims(call.state)[0]?.want).toBe("paused");
  });

  test("one read at registration holds, unknown or stale ones are read again", () => {
    const fresh = new Told({ baselineAgeMsMax: 1_000 }).registered(A);
    fresh.open(1_000, "w1");
    expect(claims(fresh.state)[0]?.want).toBe("paused");
    const stale = new Told({ baselineAgeMsMax: 1_000 }).registered(A);
    stale.open(1_011, "w1");
    expect(claims(stale.state)[0]?.want).toBe("baseline");
    const unknown = new Told().registered();
    unknown.register(0, [A]);
    unknown.pass(250);
    unknown.open(300, "w1");
    expect(claims(unknown.state)[0]?.want).toBe("baseline");
  });

  test("a baseline that comes late changes nothing", () => {
    const call = new Told();
    call.open(100, "w1", { taps: [A] });
    call.pass(350);
    expect(call.baseline(400, "a/1", "recording")).toEqual([]);
  });

  test("what is confirmed after a window is the next baseline", () => {
    const call = new Told().secured(A);
    call.close(200, "w1");
    call.says(70_000, "a/1", "recording");
    call.open(70_100, "w2");
    expect(claims(call.state)[0]?.want).toBe("paused");
  });
});

describe("what is owed", () => {
  test("a registered call nobody asked anything of owes nothing and is recording", () => {
    const call = new Told();
    call.register(0, [A]);
    call.baseline(10, "a/1", "absent");
    expect(protection(call.state)).toBe("recording");
    expect(owed(call.state)).toEqual([]);
  });

  test("absent satisfies the goal recording", () => {
    const call = new Told().secured(A);
    call.close(200, "w1");
    call.says(250, "a/1", "absent");
    expect(protection(call.state)).toBe("recording");
    expect(owed(call.state)).toEqual([]);
  });

  test("a tap heard recording before this turn is asked, not commanded", () => {
    const call = new Told().registered(A);
    call.open(100, "w1");
    call.says(110, "a/1", "recording");
    call.close(200, "w1");
    expect(owed(call.state)).toEqual([{ order: "check", tapId: "a/1" }]);
  });

  test("a read that was asked for silence does not confirm a release", () => {
    const call = new Told().secured(A);
    call.close(200, "w1");
    call.says(210, "a/1", "recording", { goal: "paused" });
    expect(call.state.taps["a/1"]?.touched).toBe(true);
  });
});

describe("a move and back inside a window", () => {
  const here = tap("a", "1");
  const there = tap("a", "2");
  function movedAndBack(back: (call: Told) => void): Told {
    const call = new Told().secured(here);
    call.register(200, [there]);
    call.baseline(210, "a/2");
    call.says(220, "a/2", "paused");
    // The first target is let go now: its resume may be on its way.
    expect(claims(call.state).find(({ tapId }) => tapId === "a/1")?.want).toBe("recording");
    back(call);
    return call;
  }

  test.each([
    ["a PUT", (call: Told) => void call.register(230, [here])],
    ["a pause that adds it", (call: Told) => void call.open(230, "w2", { taps: [here] })],
  ])("by %s takes a fresh confirmation of the target that had been let go", (_, back) => {
    const call = movedAndBack(back);
    expect(protection(call.state)).not.toBe("secured");
    expect(claims(call.state).find(({ tapId }) => tapId === "a/1")?.want).toBe("paused");
    call.says(260, "a/1", "paused");
    expect(protection(call.state)).toBe("secured");
  });

  test("a target seen paused while its resume is under way confirms nothing", () => {
    const call = movedAndBack((moved) => {
      moved.says(225, "a/1", "paused", { goal: "recording" });
      moved.register(230, [here]);
    });
    expect(protection(call.state)).not.toBe("secured");
  });
});

test("asking again for an open window does not vouch for a target that carries another conversation; a PUT does", () => {
  const call = new Told().secured(A);
  call.says(200, "a/1", "unknown", { reason: "other_conversation" });
  expect(protection(call.state)).toBe("unsecured");
  expect(call.open(300, "w1", { taps: [A] })).toEqual([]);
  expect(call.state.taps["a/1"]?.elsewhere).toBe(true);
  expect(call.register(400, [A])).toContain("TapAdded");
  call.says(450, "a/1", "paused", { session: "another" });
  expect(protection(call.state)).toBe("secured");
});

test("targets left behind by moves keep no pause from naming its own", () => {
  const call = new Told({ tapCountMax: 2 }).secured(A);
  call.register(200, [tap("a", "2")]);
  expect(Object.keys(call.state.taps)).toHaveLength(2);
  expect(call.open(300, "w1", { taps: [tap("b", "1")] })).toContain("TapAdded");
});

test("a recorder that pushes what is known already enters nothing", () => {
  const call = new Told().registered(A);
  call.open(100, "w1");
  call.says(120, "a/1", "recording");
  expect(call.says(140, "a/1", "recording", { confirmedBy: "pushed" })).toEqual([]);
  expect(call.says(160, "a/1", "recording")).toEqual([]);
});
