/** What a conformance run must never do to a call, and what it leaves. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";
import { afterAll, describe, expect, test } from "vitest";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import { card } from "../security/marks.ts";
import { command } from "../service/command.ts";
import { startTacet } from "../service/process.ts";
import { conform, entriesOf, notShownOf, SALT, tidy, vsloggerBench } from "./kit.ts";
import { instead } from "./planted.ts";

afterAll(tidy);

const CHANNEL = "5";
const QUICK = ["--yes", "--rounds", "2", "--confirm-ms", "5000"];

function vslogger() {
  const simulator = vsloggerSimulator({ hash: { type: "SHA-256", salt: SALT } });
  simulator.begin(CHANNEL, { session_id: "session-1" });
  return simulator;
}

describe.concurrent("before the first order", () => {
  test("a call that somebody else has paused is refused and left as it is", async () => {
    const simulator = vslogger();
    simulator.byHand(CHANNEL, "paused");
    const ran = await conform(await vsloggerBench(simulator), { args: QUICK });
    expect(notShownOf(ran)).toEqual(["found"]);
    expect(ran.what("found")).toContain("somebody else has paused it");
    expect(ran.out).toContain("Nothing was ordered");
    expect(ran.code).toBe(1);
    expect(simulator.commandsHeard()).toBe(0);
    expect(simulator.heard(CHANNEL)).toBe("paused");
  });

  test("a call that nobody records is refused", async () => {
    const simulator = vslogger();
    simulator.end(CHANNEL);
    const ran = await conform(await vsloggerBench(simulator), { args: QUICK });
    expect(notShownOf(ran)).toEqual(["found"]);
    expect(simulator.commandsHeard()).toBe(0);
  });

  test("nothing is sent without a yes, at a terminal or by --yes", async () => {
    const simulator = vslogger();
    const on = await vsloggerBench(simulator);
    const nobody = await conform(on, { args: [] });
    expect(nobody.code).toBe(2);
    expect(nobody.err).toContain("give --yes");
    const questions: string[] = [];
    const ask = (answer: string) => ({
      isThere: true,
      ask: (question: string) => {
        questions.push(question);
        return Promise.resolve(answer);
      },
    });
    const no = await conform(on, { args: [], operator: ask("y") });
    expect(no.code).toBe(1);
    expect(no.err).toContain("Nothing was sent.");
    expect(no.out).toContain("silenced and resumed 8 times");
    expect(simulator.commandsHeard()).toBe(0);
    const yes = await conform(on, { args: ["--rounds", "1"], operator: ask(" YES ") });
    expect(yes.code).toBe(0);
    expect(questions).toHaveLength(2);
  });

  test("where a service runs from this configuration, that is said", async () => {
    const simulator = vslogger();
    const on = await vsloggerBench(simulator);
    const args = [...QUICK.slice(0, 1), "--rounds", "1"];
    expect((await conform(on, { args })).out).not.toContain("WARNING");
    const log = await openLog({
      folder: join(on.place, "log"),
      originBase: "tacet.example",
      now: Date.now,
      ballastBytes: 0,
    });
    try {
      const ran = await conform(on, { args });
      expect(ran.out).toContain(`WARNING: a service runs on ${join(on.place, "log")}`);
      // Looking took nothing from the service.
      const entered = await log.enter([]);
      expect(entered.kind).toBe("entered");
      expect((await conform(on, { args })).out).toContain("WARNING: a service runs on");
    } finally {
      await log.close();
    }
  });

  test.each([
    ["no recorder", [], "Name one recorder."],
    ["a recorder that is not configured", ["else", "--target", "channel=5"], "there are: recorder"],
    ["no target", ["recorder"], "--target is missing."],
    ["a target without a value", ["recorder", "--target", "channel"], "KEY=VALUE"],
    ["a target of another vendor", ["recorder", "--target", "uccName=x"], "--target"],
    ["no rounds", ["recorder", "--target", "channel=5", "--rounds", "0"], "from 1 to 100"],
    ["a time that is none", ["recorder", "--target", "channel=5", "--began", "soon"], "--began"],
    ["an option that is none", ["recorder", "--target", "channel=5", "--force"], "--force"],
    ["the service's own log", ["recorder", "--target", "channel=5", "--folder", "LOG"], "--folder"],
  ] as const)("%s is refused with words of what to do", async (_, args, words) => {
    const simulator = vslogger();
    const on = await vsloggerBench(simulator);
    const given = args.map((one) => (one === "LOG" ? join(on.place, "log") : one));
    const { code, err } = await command(["conform", ...given, "--config", on.configPath]);
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(err).toContain("usage: tacet conform");
    expect(simulator.requests).toHaveLength(0);
  });

  test("a card number in a target is refused and not told", async () => {
    const on = await vsloggerBench(vslogger());
    const number = card(901, "a conformance target");
    const args = ["recorder", "--target", `extension=${number}`, "--config", on.configPath];
    const { code, err, out } = await command(["conform", ...args]);
    expect(code).toBe(2);
    expect(err).toContain("could be a card number");
    expect(out + err).not.toContain(number);
  });
});

describe.concurrent("whatever happens, the call is left as it was found", () => {
  test("stopped by a person inside a silence, it resumes and says what was not tried", async () => {
    const simulator = vslogger();
    const stop = Promise.withResolvers<void>();
    const ran = await conform(await vsloggerBench(simulator), {
      args: QUICK,
      operator: { stopped: () => stop.promise },
      heard: (line) => {
        if (line.includes("After a pause it says")) stop.resolve();
      },
    });
    expect(ran.verdicts.pause_confirmed).toBe("shown");
    expect(ran.what("second_pause")).toMatch(/it rests on|somebody stopped it/);
    expect(ran.code).toBe(1);
    expect(simulator.heard(CHANNEL)).toBe("recording");
    expect(ran.out).toContain("The call was left recording");
  });

  test("a resume that is not done is tried again, and where nothing helps it is said loudly", async () => {
    const simulator = vslogger();
    let resumes = 0;
    const served = instead(simulator, (name) => {
      if (name === "unmute") resumes += 1;
      return name === "unmute" ? "done" : undefined;
    });
    const args = ["--yes", "--rounds", "1", "--confirm-ms", "1500"];
    const ran = await conform(await vsloggerBench(served), { args });
    expect(notShownOf(ran)).toEqual(["resume_confirmed"]);
    expect(resumes).toBeGreaterThan(3);
    expect(ran.err).toContain("THE CALL WAS LEFT SILENT: resume it by hand.");
    expect(ran.code).toBe(1);
  });

  test("a resume that works only later still leaves the call recording", async () => {
    const simulator = vslogger();
    let resumes = 0;
    const served = instead(simulator, (name) =>
      name === "unmute" && (resumes += 1) <= 2 ? "done" : undefined,
    );
    const args = ["--yes", "--rounds", "1", "--confirm-ms", "1500"];
    const ran = await conform(await vsloggerBench(served), { args });
    expect(notShownOf(ran)).toEqual(["resume_confirmed"]);
    expect(ran.err).not.toContain("LEFT SILENT");
    expect(simulator.heard(CHANNEL)).toBe("recording");
  });

  test("killed inside a silence, the next run resumes what that one left", async () => {
    const simulator = vslogger();
    const on = await vsloggerBench(simulator);
    const args = ["conform", "recorder", ...on.target, "--config", on.configPath, "--yes"];
    const runs = ["--folder", join(on.place, "runs")];
    const killed = startTacet([...args, ...runs, "--hold", "60"]);
    await killed.said(/After a pause it says/);
    await killed.stop("SIGKILL");
    expect(simulator.heard(CHANNEL)).toBe("paused");
    const ran = await conform(on, { args: QUICK });
    expect(ran.out).toContain("An earlier run was killed and left this target silent");
    expect(ran.code).toBe(0);
    expect(simulator.heard(CHANNEL)).toBe("recording");
  });

  test("interrupted as a process, it resumes before it ends", async () => {
    const simulator = vslogger();
    const on = await vsloggerBench(simulator);
    const args = ["conform", "recorder", ...on.target, "--config", on.configPath, "--yes"];
    const run = startTacet([...args, "--folder", join(on.place, "runs"), "--hold", "60"]);
    await run.said(/After a pause it says/);
    const ended = await run.stop("SIGINT");
    expect(ended.code).toBe(1);
    expect(ended.out).toContain("The call was left recording");
    expect(simulator.heard(CHANNEL)).toBe("recording");
  });
});

describe.concurrent("its own log", () => {
  test("every order is in it before it is sent, and it verifies", async () => {
    const simulator = vslogger();
    const counts: { readonly ordered: number; readonly entered: number }[] = [];
    let on: Awaited<ReturnType<typeof vsloggerBench>> | undefined;
    const app = new Hono();
    app.all("*", async (c) => {
      if (c.req.query("cmd") !== undefined && on !== undefined) {
        const entries = await entriesOf(on);
        const entered = entries.filter(({ type }) => type === "OrderIntended").length;
        counts.push({ ordered: counts.length + 1, entered });
      }
      return await simulator.app.fetch(c.req.raw);
    });
    on = await vsloggerBench({ app });
    const reportPath = join(on.place, "report.md");
    const ran = await conform(on, { args: [...QUICK, "--report", reportPath] });
    expect(ran.code).toBe(0);
    expect(counts.length).toBeGreaterThan(8);
    for (const { entered, ordered } of counts) expect(entered).toBeGreaterThanOrEqual(ordered);
    const entries = await entriesOf(on);
    expect(entries.filter(({ type }) => type === "OrderAnswered")).toHaveLength(counts.length);
    expect(entries.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["KeyCreated", "ConformanceBegan", "CheckConcluded"]),
    );
    expect(entries.at(-1)).toMatchObject({
      type: "ConformanceEnded",
      recorderId: "recorder",
      outcome: "success",
      detail: { left: "recording", notShownCount: 0 },
    });
    const report = readFileSync(reportPath, "utf8");
    const [, head = "", key = ""] = /```\n([^]+?\n)```\n\nKey: `([^`]+)`/.exec(report) ?? [];
    expect(head.split("\n").slice(0, 2)).toEqual([
      "conform.tacet.example/system",
      String(entries.length),
    ]);
    const verified = await command(["verify", join(on.place, "runs"), "--key", key]);
    expect(verified.out).toContain(`INTACT, ${entries.length} entries`);
    expect(verified.code).toBe(0);
  });

  test("nothing is ordered where it cannot be written", async () => {
    const simulator = vslogger();
    const on = await vsloggerBench(simulator);
    const other = await openLog({
      folder: join(on.place, "runs"),
      originBase: "conform.tacet.example",
      now: Date.now,
      ballastBytes: 0,
    });
    try {
      const ran = await conform(on, { args: QUICK });
      expect(ran.code).toBe(1);
      expect(ran.err).toContain("Another process writes the log");
      expect(simulator.commandsHeard()).toBe(0);
    } finally {
      await other.close();
    }
  });

  test("a report never takes the place of a file that is there", async () => {
    const simulator = vslogger();
    const on = await vsloggerBench(simulator);
    const ran = await conform(on, { args: [...QUICK, "--report", on.configPath] });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("is there already");
    expect(existsSync(join(on.place, "runs"))).toBe(false);
    expect(simulator.commandsHeard()).toBe(0);
  });
});

test.concurrent("a report says what was run, when and on what, and holds no secret and no link", async () => {
  const simulator = vslogger();
  simulator.faults.set({ name: "error-in-200", times: 1 });
  const on = await vsloggerBench(simulator);
  const reportPath = join(on.place, "report.md");
  const ran = await conform(on, { args: [...QUICK, "--report", reportPath] });
  const report = readFileSync(reportPath, "utf8");
  expect(notShownOf(ran)).toEqual(["pause_answered", "pause_confirmed"]);
  expect(report).toMatch(/^# Conformance of recorder\n/);
  expect(report).toMatch(/\| run \| \d{4}-\d\d-\d\dT/);
  expect(report).toContain("| recorder | recorder (vslogger): VSLogger, by mute |");
  expect(report).toContain("| test call | `channel/5` |");
  expect(report).toMatch(/After a pause it says `paused` \| NOT SHOWN \|/);
  expect(report).toContain("| pause confirmed | - | - | 0 |");
  expect(report).not.toContain(SALT);
  expect(report).not.toMatch(/https?:|127\.0\.0\.1/);
});
