/** What the log's events say of each window on each tap. */
import { expect, test } from "vitest";
import { toldBy } from "../../src/evidence/windows.ts";
import { history } from "./history.ts";

const call = () => history().registered(0).tap(0).baselined(10, "recording");
const only = (told: ReturnType<typeof toldBy>) => {
  expect(told.windows).toHaveLength(1);
  return told.windows[0];
};

test("a window is silent from its confirmation to its own close", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").closed(9_000, "w");
  const window = only(toldBy(h.reported(9_300, "recording").events));
  expect(window).toMatchObject({
    windowId: "w",
    tapId: "main:a",
    openedAt: 1_000,
    silentFrom: 1_200,
    until: 9_000,
    recordsBy: 9_300,
    drift: [],
  });
});

test("a confirmation of an earlier turn makes no window silent", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").closed(2_000, "w");
  // The resume is on its way: that it was paused a moment ago says nothing.
  const { windows } = toldBy(h.opened(2_100, "v").closed(3_000, "v").events);
  expect(windows[1]).not.toHaveProperty("silentFrom");
  expect(windows[1]).toMatchObject({ windowId: "v", until: 3_000 });
});

test("of two windows that overlap, the second is silent at once, and each has its own end", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").opened(3_000, "v");
  const { windows } = toldBy(h.closed(4_000, "w").closed(6_000, "v").events);
  expect(windows).toMatchObject([
    { windowId: "w", silentFrom: 1_200, until: 4_000 },
    { windowId: "v", silentFrom: 3_000, until: 6_000 },
  ]);
});

test("an expired window asks for silence until it is released", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").expired(5_000, "w", 7_000);
  expect(only(toldBy(h.events))).not.toHaveProperty("until");
  expect(only(toldBy(h.released(7_000, "w").events))?.until).toBe(7_000);
});

test("the end of the call ends every window, expired for good or open", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").opened(2_000, "v");
  const { taps, windows } = toldBy(h.expired(5_000, "w").ending(8_000).ended(8_100).events);
  expect(windows).toMatchObject([{ until: 8_000 }, { until: 8_000 }]);
  expect(taps).toMatchObject([{ from: 0, to: 8_000, wasSeen: true }]);
});

test("a recorder seen recording in a silent window is a stretch of drift, from when it was asked", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused");
  h.reported(5_100, "recording", "a", 5_000).reported(6_000, "paused").closed(9_000, "w");
  expect(only(toldBy(h.events))?.drift).toEqual([{ from: 5_000, to: 6_000 }]);
});

test("drift found after a start counts from the last word before it", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").lapsed(30_000, "started", "a");
  h.reported(30_500, "recording").reported(31_000, "paused").closed(40_000, "w");
  expect(only(toldBy(h.events))?.drift).toEqual([{ from: 1_200, to: 31_000 }]);
});

test("a silence that is confirmed again after a start was none the less", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").lapsed(30_000, "started", "a");
  h.reported(30_500, "paused").reported(35_000, "recording", "a", 34_900).closed(40_000, "w");
  // What lapsed came back: the later drift counts from when it was seen.
  expect(only(toldBy(h.events))?.drift).toEqual([{ from: 34_900, to: 40_000 }]);
});

test("a tap that joins late is judged from then on", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").tap(4_000, "b");
  h.baselined(4_050, "recording", "b").reported(4_300, "paused", "b").closed(9_000, "w");
  expect(toldBy(h.events).windows).toMatchObject([
    { tapId: "main:a", openedAt: 1_000, silentFrom: 1_200, until: 9_000 },
    { tapId: "main:b", openedAt: 4_000, silentFrom: 4_300, until: 9_000 },
  ]);
});

test("a tap that was left has its end when it is let go, not before", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").tap(4_000, "b");
  h.baselined(4_050, "recording", "b").left(4_100).reported(4_300, "paused", "b");
  const { taps, windows } = toldBy(h.reported(4_500, "recording").closed(9_000, "w").events);
  expect(windows).toMatchObject([
    { tapId: "main:a", silentFrom: 1_200, until: 4_300, recordsBy: 4_500 },
    { tapId: "main:b", silentFrom: 4_300, until: 9_000 },
  ]);
  expect(taps).toMatchObject([{ to: 4_300 }, { tapId: "main:b", from: 4_000 }]);
});

test("a tap that carries another conversation is the call's no more", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").elsewhere(5_000);
  const { taps, windows } = toldBy(h.closed(9_000, "w").events);
  expect(windows).toMatchObject([{ silentFrom: 1_200, until: 5_000, drift: [] }]);
  expect(taps).toMatchObject([{ to: 5_000 }]);
});

test("a window that was never confirmed has no beginning of silence", () => {
  const h = call().opened(1_000, "w").reported(1_100, "recording").closed(3_000, "w");
  const window = only(toldBy(h.events));
  expect(window).not.toHaveProperty("silentFrom");
  expect(window?.drift).toEqual([]);
});

test("an optional tap that is not silent while it is safe to collect is exposed for so long", () => {
  const h = call().tap(0, "b", { required: false }).baselined(10, "recording", "b");
  h.opened(1_000, "w").reported(1_200, "paused").reported(21_200, "paused", "b");
  const { windows } = toldBy(h.closed(30_000, "w").events);
  expect(windows.map(({ exposed }) => exposed)).toEqual([undefined, [{ from: 1_200, to: 21_200 }]]);
});

test("an absent target was never seen; a window over it has no silence unless policy says so", () => {
  const h = history().registered(0).tap(0).baselined(10, "absent").opened(1_000, "w");
  const { taps, windows } = toldBy(h.reported(1_200, "absent").closed(2_000, "w").events);
  expect(taps).toMatchObject([{ wasSeen: false }]);
  expect(windows[0]).not.toHaveProperty("silentFrom");
});

test("a call that ended for want of anything was over when anything last happened", () => {
  const { taps } = toldBy(call().ending(50_000, 2_000).events);
  expect(taps).toMatchObject([{ to: 2_000 }]);
});

test("an id that starts anew has only its new life's windows", () => {
  const h = call().opened(1_000, "w").reported(1_200, "paused").closed(2_000, "w");
  h.reported(2_100, "recording").ending(3_000).ended(3_000);
  h.registered(100_000).tap(100_000, "b").opened(101_000, "v").closed(102_000, "v");
  const { taps, windows } = toldBy(h.events);
  expect(windows).toMatchObject([{ windowId: "v", tapId: "main:b" }]);
  expect(taps.map(({ tapId }) => tapId)).toEqual(["main:b"]);
});
