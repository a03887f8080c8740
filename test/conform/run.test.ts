/** A run against a recorder in memory: where its own log fails, and where nothing can be asked. */
import { describe, expect, test } from "vitest";
import type { RecordingEvidence } from "../../src/adapters/recorder.ts";
import type { PushListener, RecorderCapabilities, RecorderPort } from "../../src/control/ports.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import type { Row } from "../../src/runtime/node/conform/checks.ts";
import { openDriver, PUSH_COUNT_MAX } from "../../src/runtime/node/conform/driver.ts";
import { figuresOf, leftWords, markdownOf } from "../../src/runtime/node/conform/report.ts";
import { run, type RunOptions } from "../../src/runtime/node/conform/run.ts";

function recorder(over: Partial<RecorderCapabilities> = {}) {
  const orders: string[] = [];
  let silent = false;
  const capabilities: RecorderCapabilities = {
    control: "pause",
    audio: "gap",
    status: true,
    survey: false,
    watch: false,
    evidence: false,
    runtimes: ["node"],
    ...over,
  };
  const set = (order: string, to: boolean) => async () => {
    orders.push(order);
    silent = to;
    return { kind: "acknowledged" } as const;
  };
  const port: RecorderPort = {
    id: "r",
    capabilities,
    pause: set("pause", true),
    resume: set("resume", false),
    ...(capabilities.status && {
      status: async () => ({ kind: "observed", status: silent ? "paused" : "recording" }) as const,
    }),
  };
  return { port, orders, isSilent: () => silent };
}

async function ran(
  port: RecorderPort,
  enter: (type: string) => Promise<void>,
  more: Partial<Pick<RunOptions, "file" | "holdMs" | "how">> = {},
) {
  const clock = nodeClock();
  const log = { enter };
  const driver = await openDriver({
    port,
    target: { id: "t" },
    targetKey: "t",
    clock,
    log,
    commandMsMax: 1_000,
    statusMsMax: 1_000,
    confirmMsMax: 500,
    pushMsMax: 500,
    stop: new AbortController().signal,
  });
  const rows: Row[] = [];
  const said: string[] = [];
  const outcome = await run({
    port,
    driver,
    log,
    now: clock.now,
    roundCount: 1,
    guardMs: 1_000,
    holdMs: 10,
    asRecording: false,
    isOurs: false,
    how: "not",
    byHandMsMax: 100,
    file: { recordingId: "t" },
    say: (line) => void said.push(line),
    tell: (row) => void rows.push(row),
    ...more,
  });
  return { outcome, rows, said };
}

const entered = async () => undefined;

describe("its log fails inside a silence", () => {
  test("no other order is given than the resume that is owed, and the report says why", async () => {
    const { isSilent, orders, port } = recorder();
    let answers = 0;
    const { outcome } = await ran(port, async (type) => {
      if (type === "OrderAnswered") answers += 1;
      if (answers > 0) throw new Error("the log in runs cannot be written: disk full");
    });
    expect(orders).toEqual(["pause", "resume"]);
    expect(isSilent()).toBe(false);
    expect(outcome.left).toEqual({ kind: "recording" });
    expect(outcome.cutShort).toBe("the log in runs cannot be written: disk full");
    expect(outcome.rows).toHaveLength(20);
  });

  test("before the first order nothing is given at all", async () => {
    const { orders, port } = recorder();
    const { outcome } = await ran(port, () => Promise.reject(new Error("the log in runs is full")));
    expect(orders).toEqual([]);
    expect(outcome.left).toEqual({ kind: "untouched" });
  });
});

test("a recorder that can only say yes is shown to say yes, and nothing more", async () => {
  const { isSilent, port } = recorder({ status: false });
  const { outcome } = await ran(port, entered);
  const shown = outcome.rows.filter(({ verdict }) => verdict === "shown").map(({ id }) => id);
  expect(shown).toEqual(["pause_answered", "resume_answered"]);
  expect(outcome.rows.find(({ id }) => id === "found")).toMatchObject({
    verdict: "not_tried",
    what: "it cannot be asked; the operator's word is taken for it",
  });
  expect(outcome.rows.some(({ verdict }) => verdict === "not_shown")).toBe(false);
  expect(isSilent()).toBe(false);
});

describe("a recorder that can only say yes, and tells afterwards what it recorded", () => {
  /** The stretches it was not stopped in, as recordings. */
  async function heldAgainst(restartsItself: boolean) {
    const { orders, port } = recorder({ status: false, control: "stop", audio: "new_file" });
    const began = Date.now();
    const edges: number[] = [began];
    const note =
      (order: RecorderPort["pause"]): RecorderPort["pause"] =>
      async (target, ctx) => {
        edges.push(Date.now());
        return (await order?.(target, ctx)) ?? { kind: "unreachable" };
      };
    const noted = { ...port, pause: note(port.pause), resume: note(port.resume) } as RecorderPort;
    const told = (at: number, to: number, index: number): RecordingEvidence => ({
      recordingId: `r-${index}`,
      startAt: at,
      endAt: to,
      durationMs: to - at,
      withinMs: 20,
      closed: true,
      replyDigest: "00",
    });
    const evidence = async () => {
      const all = [...edges, Date.now() + 1_000];
      return all.flatMap((at, index) => {
        const isSilence = index % 2 === 1;
        const to = all[index + 1];
        return to === undefined || (isSilence && !restartsItself) ? [] : [told(at, to, index)];
      });
    };
    const { outcome, said } = await ran(noted, entered, {
      how: "hang_up",
      holdMs: 700,
      file: { recordingId: "t", evidence },
    });
    return { outcome, said, orders };
  }
  const rowOf = ({ rows }: { readonly rows: readonly Row[] }, id: string) =>
    rows.find((row) => row.id === id);

  test("is silenced twice, and its recordings show whether it was", async () => {
    const { orders, outcome, said } = await heldAgainst(false);
    // And started no more: the call is over by then.
    expect(orders).toEqual(["pause", "resume", "pause", "resume"]);
    expect(said).toEqual(["NOW: hang up the test call."]);
    expect(rowOf(outcome, "ended")?.verdict).toBe("not_tried");
    expect(rowOf(outcome, "file_as_told")).toMatchObject({
      verdict: "shown",
      what: "3 recordings, 0 of them over a silence",
    });
  });

  test("one that starts again by itself is found in them", async () => {
    const { outcome } = await heldAgainst(true);
    expect(rowOf(outcome, "file_as_told")?.verdict).toBe("not_shown");
    expect(rowOf(outcome, "pause_answered")?.verdict).toBe("shown");
  });
});

test("of what a recorder pushes so much is remembered, and none of other calls", async () => {
  const { port } = recorder({ watch: true });
  const clock = nodeClock();
  let listener: PushListener | undefined;
  const watch: RecorderPort["watch"] = (on) => {
    listener = on;
    on.reconnected();
    return () => undefined;
  };
  const driver = await openDriver({
    port: { ...port, watch },
    target: { id: "t" },
    targetKey: "t",
    clock,
    log: { enter: entered },
    commandMsMax: 1_000,
    statusMsMax: 1_000,
    confirmMsMax: 500,
    pushMsMax: 500,
    stop: new AbortController().signal,
  });
  listener?.change({ targetKey: "another", status: "paused" });
  expect(driver.pushesSince(0)).toEqual([]);
  for (let count = 0; count < PUSH_COUNT_MAX + 100; count += 1) {
    listener?.change({ targetKey: "t", status: "recording" });
  }
  expect(driver.pushesSince(0)).toHaveLength(PUSH_COUNT_MAX);
});

test("an adapter that throws is told as such, and the run goes on to leave the call", async () => {
  const { port } = recorder();
  const { outcome } = await ran(
    { ...port, pause: () => Promise.reject(new Error("secret-words")) },
    entered,
  );
  const row = outcome.rows.find(({ id }) => id === "pause_answered");
  expect(row).toMatchObject({ verdict: "not_shown" });
  expect(JSON.stringify(outcome)).not.toContain("secret-words");
});

test("what a recorder says opens no link and breaks no table in the report", async () => {
  const { port } = recorder();
  const detail = "see [here](https://evil.example) | <b>x</b>\u001b[2J";
  const refused = { kind: "refused", reason: "vendor_error", detail } as const;
  const { outcome } = await ran({ ...port, pause: async () => refused }, entered);
  const markdown = markdownOf({
    at: 0,
    version: "0",
    recorderId: "r",
    vendor: "v",
    variant: "V",
    capabilities: port.capabilities,
    targetKey: "t",
    roundCount: 1,
    findings: [],
    outcome,
    head: "",
    verifierKey: "k",
  });
  const line = markdown.split("\n").find((one) => one.includes("evil.example")) ?? "";
  expect(line).not.toMatch(/https:\/\/|\]\(|<b>/);
  expect(line).not.toContain("\u001b");
  expect(line.replaceAll("\\|", "").split("|")).toHaveLength(5);
  expect(leftWords(outcome.left)).toContain("as it was found");
});

test.each([
  [[], "| - | - | 0 |"],
  [[7], "| 7 | 7 | 1 |"],
  [[30, 10, 20], "| 20 | 30 | 3 |"],
  [[1, 100, 3, 2], "| 3 | 100 | 4 |"],
])("of %j the median, the worst and how many are told: %s", (all, told) => {
  expect(figuresOf(all)).toBe(told);
});
