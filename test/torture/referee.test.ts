/** The referee itself: a true story passes, and each lie that is planted in one is named. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  change,
  headOf,
  judged,
  looksAgain,
  named,
  refereeOf,
  safe,
  sealed,
  type Story,
  T,
  trueStory,
} from "./referee/told.ts";
import type { Line } from "./story.ts";
import { endsInsideTransaction } from "./wal.ts";

/** The story without what fits. */
const without = ({ entries, lines }: Story, fits: (line: Line) => boolean): Story => ({
  entries,
  lines: lines.filter((line) => !fits(line)),
});
const isScreen = ({ kind }: Line) => kind === "shown" || kind === "subscribed";
const atOf = (line: Line): number => ("at" in line ? line.at - T : 0);
const isAt = (at: number) => (line: Line) => atOf(line) === at;
const isOf = (recorderId: string) => (line: Line) =>
  line.kind === "change" && line.recorderId === recorderId;

/** The vslogger's journal is this instead. */
const journalled = (story: Story, ...changes: Line[]): Story => {
  const rest = without(story, isOf("vslogger"));
  return { ...rest, lines: [...changes, ...rest.lines] };
};
const ORDINARY = [
  change(0, "vslogger", "recording", "call"),
  change(115, "vslogger", "paused", "command"),
];
const RESUMED = change(5_045, "vslogger", "recording", "command");

test("a true story has no breach in it, and what was acknowledged is counted", () => {
  const referee = refereeOf(trueStory());
  referee.hear({ kind: "head", at: T + 5_500, note: headOf(sealed(trueStory().entries)) });
  expect(referee.judge(T + 8_000)).toEqual([]);
  expect(referee.unsettled()).toEqual([]);
  expect(referee.sums).toMatchObject({ acknowledged: 4, safe: 1, windows: 1, heads: 1 });
});

test("a browser's ticket that is refused is named; those taken are counted", () => {
  const { entries, lines } = trueStory();
  const byTicket = lines.map((one) =>
    one.kind === "ask" ? { ...one, byTicket: true as const } : one,
  );
  const referee = refereeOf({ entries, lines: byTicket });
  expect(referee.judge(T + 8_000)).toEqual([]);
  expect(referee.sums).toMatchObject({ acknowledged: 4, byTicket: 4 });
  const asked = { kind: "ask", id: "a5", at: T + 6_100, by: "pay", callId: "c1" } as const;
  const told = { kind: "told", id: "a5", at: T + 6_120, status: 401 } as const;
  const refused = (more: object) => [...lines, { ...asked, what: "renew" as const, ...more }, told];
  expect(judged({ entries, lines: refused({ byTicket: true }) })).toEqual(["ticket_refused"]);
  expect(judged({ entries, lines: refused({}) })).toEqual([]);
});

describe("what was acknowledged and is not in the log is named", () => {
  test("an entry beyond the log's end", () => {
    const { entries, lines } = trueStory();
    const ask = {
      kind: "ask",
      id: "a5",
      at: T + 6_100,
      by: "pay",
      what: "end",
      callId: "c1",
    } as const;
    const told = { kind: "told", id: "a5", at: T + 6_120, status: 200, position: 14 } as const;
    expect(judged({ entries, lines: [...lines, ask, told] })).toEqual(["entry_missing"]);
  });

  test("another call's entry at that position", () => {
    const { entries, lines } = trueStory();
    const moved = entries.map((one, index) => (index === 4 ? { ...one, callId: "c2" } : one));
    expect(judged({ entries: moved, lines })).toContain("entry_missing");
  });

  test("a lease, a closing or an end that was answered for and not entered", () => {
    for (const type of ["WindowOpened", "WindowClosed", "CallEnding"]) {
      const { entries, lines } = trueStory();
      const lost = entries.map((one) => (one.type === type ? { ...one, type: "CallMoved" } : one));
      expect(judged({ entries: lost, lines }), type).toContain("entry_missing");
    }
  });

  test("also where the log was failing and no position was told", () => {
    const { entries, lines } = trueStory();
    const ask = {
      kind: "ask",
      id: "a5",
      at: T + 5_200,
      by: "ivr",
      what: "pause",
      callId: "c1",
      windowId: "w2",
    } as const;
    const told = { kind: "told", id: "a5", at: T + 5_220, status: 424 } as const;
    expect(judged({ entries, lines: [...lines, ask, told] })).toEqual(["entry_missing"]);
  });
});

describe("who was told to collect while it was recorded is named", () => {
  test("a recorder that never stopped, however soon after it became known", () => {
    const on = without(trueStory(), isScreen);
    const story = journalled(
      on,
      ...ORDINARY.slice(0, 1),
      change(700, "vslogger", "paused", "command"),
      RESUMED,
    );
    expect(judged(story)).toEqual(["false_safe"]);
  });

  test("a recorder that somebody started again, for longer than the guard's beat and question", () => {
    const seen = without(trueStory(), isScreen);
    const story = (startedAt: number): Story => {
      const story = journalled(
        seen,
        ...ORDINARY,
        change(startedAt, "vslogger", "recording", "person"),
        change(3_200, "vslogger", "paused", "command"),
        RESUMED,
      );
      return { ...story, lines: [...story.lines, ...looksAgain()] };
    };
    expect(judged(story(2_990 - 701))).toEqual(["false_safe"]);
    expect(judged(story(2_990 - 699))).toEqual([]);
  });

  test("and where it may not have answered, for longer than a confirmation may be old", () => {
    const story = (startedAt: number): Story => {
      const { entries, lines } = journalled(
        without(trueStory(), isScreen),
        ...ORDINARY,
        change(startedAt, "vslogger", "recording", "person"),
        change(3_200, "vslogger", "paused", "command"),
        RESUMED,
      );
      const silence = {
        kind: "trouble",
        what: "silence",
        recorderId: "vslogger",
        from: T + 2_000,
        until: T + 2_500,
      } as const;
      return { entries, lines: [...lines, silence, ...looksAgain()] };
    };
    expect(judged(story(2_990 - 2_001))).toEqual(["false_safe"]);
    expect(judged(story(2_990 - 1_999))).toEqual([]);
  });

  test("tacet itself lets go while a page relies on its word, be it for a moment", () => {
    const story = journalled(
      without(trueStory(), isScreen),
      ...ORDINARY,
      change(2_000, "vslogger", "recording", "command"),
      change(2_030, "vslogger", "paused", "command"),
      RESUMED,
    );
    expect(judged(story)).toEqual(["false_safe"]);
  });

  test("the log had not secured it at the very position of the answer", () => {
    const { entries, lines } = without(trueStory(), isAt(150));
    expect(judged({ entries, lines: [...lines, safe("a2", 150, 7, 145)] })).toEqual(["false_safe"]);
  });

  test("the answer stands on no entry, on another lease, or goes beyond its lease", () => {
    for (const wrong of [
      { position: undefined },
      { expiresAt: T + 70_000 },
      { collectForMs: 60_600 },
    ]) {
      const { entries, lines } = trueStory();
      const told = lines.map((line) =>
        line.kind === "told" && line.id === "a2" ? { ...line, ...wrong } : line,
      );
      expect(judged({ entries, lines: told as Line[] }), JSON.stringify(wrong)).toContain(
        "false_safe",
      );
    }
  });
});

test("a desktop that shows secured while it is recorded is named", () => {
  const story = journalled(
    trueStory(),
    ...ORDINARY,
    change(1_000, "vslogger", "recording", "person"),
    change(2_500, "vslogger", "paused", "command"),
    RESUMED,
  );
  expect(judged(story)).toEqual(["false_secured"]);
  const blind: Line = { kind: "blind", reader: "wall", at: T + 1_900 };
  const { entries, lines } = story;
  const at = lines.findIndex((line) => line.kind === "shown" && line.protection === "resuming");
  const lost = [
    ...lines.slice(0, at),
    blind,
    { kind: "subscribed", reader: "wall", at: T + 4_900, recovered: true } as const,
    ...lines.slice(at),
  ];
  expect(judged({ entries, lines: lost })).toEqual([]);
});

describe("a target that is not as its calls ask is named", () => {
  test("left silent when nobody asks for it", () => {
    expect(judged(journalled(trueStory(), ...ORDINARY))).toEqual(["left_silent"]);
  });

  test("left recording, and unsecured, when a window is open", () => {
    const { entries, lines } = without(trueStory(), (line) => atOf(line) >= 4_990);
    const story = { entries: entries.slice(0, 8), lines };
    expect(judged(story)).toEqual([]);
    const again = { ...story, lines: [...lines, change(5_045, "vslogger", "recording", "person")] };
    expect(judged(again)).toContain("left_recording");
    const lapsed = {
      at: T + 4_000,
      type: "ConfirmationLapsed",
      callId: "c1",
      detail: { tapIds: ["vslogger/5"] },
    };
    expect(judged({ entries: [...story.entries, lapsed], lines })).toContain("left_unsecured");
  });

  test("a foreign mute that was undone, unless it could not be known", () => {
    const muted = (status: string): Story => {
      const { entries, lines } = trueStory();
      const known = entries.map((one, index) =>
        index === 4 ? { ...one, detail: { ...one.detail, status } } : one,
      );
      return journalled(
        { entries: known, lines },
        change(0, "vslogger", "recording", "call"),
        change(2, "vslogger", "paused", "person"),
        RESUMED,
      );
    };
    expect(judged(muted("paused"))).toEqual(["foreign_mute_undone"]);
    expect(judged(muted("unknown"))).toEqual([]);
  });

  test("a call that does not end", () => {
    const { entries, lines } = without(trueStory(), isAt(6_010));
    expect(judged({ entries: entries.slice(0, 12), lines })).toEqual(["call_not_ended"]);
  });

  test("a desktop that was never told the newest", () => {
    expect(judged(without(trueStory(), isAt(6_005)))).toEqual(["desktop_stale"]);
  });
});

describe("what the log says and nobody did is named", () => {
  test("a window that nobody asked to close", () => {
    const story = without(trueStory(), (line) => "id" in line && line.id === "a3");
    expect(judged(story)).toContain("closed_unasked");
  });

  test("a window id that was opened again", () => {
    const { entries, lines } = without(trueStory(), isScreen);
    const detail = { expiresAt: T + 9_000 };
    const again = [
      { at: T + 6_000, type: "WindowOpened", callId: "c1", windowId: "w1", detail },
      { at: T + 6_000, type: "WindowClosed", callId: "c1", windowId: "w1" },
    ];
    expect(judged({ entries: [...entries, ...again], lines })).toContain("window_reopened");
  });
});

describe("a log that is told differently later is named", () => {
  const { entries } = trueStory();
  const lines = sealed(entries);
  const other = sealed(entries.map((one, index) => (index === 5 ? { ...one, at: T + 101 } : one)));

  test("by a head that was given out before", () => {
    const referee = refereeOf(trueStory());
    referee.hear({ kind: "head", at: T, note: headOf(other) });
    expect(named(referee.judge(T + 8_000))).toEqual(["log_rewritten"]);
  });

  test("by an entry that reads otherwise, and by its end being gone", () => {
    const referee = refereeOf(trueStory());
    referee.ledger.again(other);
    expect(named(referee.judge(T + 8_000))).toEqual(["log_rewritten"]);
    referee.ledger.again(lines.slice(0, -1));
    expect(named(referee.judge(T + 8_000))).toEqual(["log_rewritten"]);
  });

  test("by a head of more entries than there are", () => {
    const referee = refereeOf(trueStory());
    referee.hear({ kind: "head", at: T, note: headOf([...lines, "{}"]) });
    referee.ledger.short();
    expect(named(referee.judge(T + 8_000))).toEqual(["log_rewritten"]);
  });

  test("a head by another key, a line that is not canonical, a position that is missing", () => {
    const signed = refereeOf(trueStory());
    const stranger = generateKeyPairSync("ed25519").privateKey;
    signed.hear({ kind: "head", at: T, note: headOf(lines, stranger) });
    expect(named(signed.judge(T + 8_000))).toEqual(["log_malformed"]);
    const spaced = refereeOf(trueStory());
    spaced.read([
      sealed([...entries, { at: T + 7_000, type: "LogRead" }])
        .at(-1)
        ?.replace(",", ", ") ?? "",
    ]);
    expect(named(spaced.judge(T + 8_000))).toEqual(["log_malformed"]);
    const gap = refereeOf(trueStory());
    const late = { at: T + 7_000, type: "LogRead" };
    gap.read(sealed([...entries, late, late]).slice(-1));
    expect(named(gap.judge(T + 8_000))).toEqual(["log_malformed"]);
  });
});

test("heads of every size fit the tree, whenever they come", () => {
  const { entries } = trueStory();
  const lines = sealed(entries);
  const referee = refereeOf({ entries: entries.slice(0, 6), lines: [] });
  lines.forEach((_, index) => {
    referee.hear({ kind: "head", at: T, note: headOf(lines.slice(0, index + 1)) });
  });
  referee.read(lines.slice(6));
  referee.ledger.short();
  expect(referee.ledger.findings).toEqual([]);
});

test("a kill inside a transaction is told from one between two", () => {
  const place = mkdtempSync(join(tmpdir(), "tacet-wal-"));
  try {
    const path = join(place, "wal");
    const frame = (pages: number, salt = 7) => {
      const bytes = Buffer.alloc(24 + 512);
      bytes.writeUInt32BE(pages, 4);
      bytes.fill(salt, 8, 16);
      return bytes;
    };
    const header = Buffer.alloc(32);
    header.writeUInt32BE(512, 8);
    header.fill(7, 16, 24);
    const ends = (...frames: Buffer[]) => {
      writeFileSync(path, Buffer.concat([header, ...frames]));
      return endsInsideTransaction(path);
    };
    expect(ends(frame(0), frame(3))).toBe(false);
    expect(ends(frame(0), frame(3), frame(0))).toBe(true);
    expect(ends(frame(0), frame(3), frame(0, 9))).toBe(false);
    expect(endsInsideTransaction(join(place, "none"))).toBe(false);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
