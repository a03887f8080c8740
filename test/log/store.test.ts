import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test, vi } from "vitest";
import { newCall } from "../../src/control/call.ts";
import { fold } from "../../src/control/evolve.ts";
import { rebased } from "../../src/control/rebase.ts";
import { readCheckpoint, splitNotes } from "../../src/log/checkpoint.ts";
import type { EntryDraft } from "../../src/log/entry.ts";
import { rootOfLeaves } from "../../src/log/proof.ts";
import { leafHash } from "../../src/log/tree.ts";
import { canonicalBytes } from "../../src/log/canonical.ts";
import { createLogKey } from "../../src/runtime/node/log/key.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { payment } from "./events.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;
const started: EntryDraft = {
  at: AT,
  tenant: "system",
  type: "LogStarted",
  actor: { id: "tacet", kind: "system" },
  origin: { component: "runtime" },
  outcome: "success",
};

describe("append", () => {
  test("what was appended is loaded as it was, in another process's life too", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    const events = payment("pay-1", AT);
    expect(await log.append("acme", "c1", 0, events.slice(0, 4))).toEqual({
      kind: "appended",
      positions: [1, 2, 3, 4],
    });
    expect(await log.append("acme", "c1", 4, events.slice(4))).toMatchObject({ kind: "appended" });
    await log.close();
    const again = await openTestLog(folder);
    expect(await again.load("acme", "c1")).toEqual({ state: fold(events), position: 10 });
    expect(await again.load("acme", "c2")).toEqual({ state: newCall, position: 0 });
  });

  test("a version that has moved on is a conflict and writes nothing", async () => {
    const log = await openTestLog(temporaryFolder());
    const events = payment("pay-1", AT);
    await log.append("acme", "c1", 0, events.slice(0, 1));
    expect(await log.append("acme", "c1", 0, events)).toEqual({ kind: "conflict" });
    expect(await log.append("acme", "c1", 2, events)).toEqual({ kind: "conflict" });
    expect(log.size("acme")).toBe(1);
  });

  test("appends of one tick share a transaction; one's conflict fails no other", async () => {
    const batches: number[] = [];
    const log = await openTestLog(temporaryFolder(), {
      measured: (_, entries) => batches.push(entries),
    });
    const [first, second, third] = payment("pay-1", AT) as [never, never, never];
    const answers = await Promise.all([
      log.append("acme", "c1", 0, [first]),
      log.append("acme", "c1", 0, [second]),
      log.append("acme", "c1", 1, [second, third]),
      log.append("other", "c1", 0, [first]),
      log.enter([started, { ...started, tenant: "acme" }]),
    ]);
    expect(answers.map(({ kind }) => kind)).toEqual([
      "appended",
      "conflict",
      "appended",
      "appended",
      "entered",
    ]);
    expect(answers[2]).toMatchObject({ positions: [2, 3] });
    expect(answers[4]).toMatchObject({ positions: [1, 4] });
    expect(batches).toEqual([6]);
  });

  test("positions have no gap where one draft of several cannot be written", async () => {
    const log = await openTestLog(temporaryFolder());
    const broken = { ...started, detail: { number: Number.NaN } };
    const [bad, good] = await Promise.all([log.enter([started, broken]), log.enter([started])]);
    expect(bad.kind).toBe("failed");
    expect(good).toEqual({ kind: "entered", positions: [1] });
    expect((await log.read("system", {}, 0, 10)).entries).toHaveLength(1);
  });

  test("time never goes back in a log, and each event keeps its own moment", async () => {
    const log = await openTestLog(temporaryFolder());
    await log.append("acme", "c1", 0, payment("pay-1", AT));
    const early = payment("pay-2", AT - 5_000);
    await log.append("acme", "c2", 0, early);
    const { entries } = await log.read("acme", {}, 0, 100);
    expect(entries.map(({ at }) => at).toSorted((a, b) => a - b)).toEqual(
      entries.map(({ at }) => at),
    );
    expect((await log.load("acme", "c2")).state).toEqual(fold(early));
  });
});

describe("failures", () => {
  test("failed and not applied: nothing is there, and the next write works", async () => {
    let failing = true;
    const beforeCommit = () => {
      if (failing) throw new Error("no");
    };
    const log = await openTestLog(temporaryFolder(), { faults: { beforeCommit } });
    const events = payment("pay-1", AT);
    expect(await log.append("acme", "c1", 0, events)).toMatchObject({ kind: "failed" });
    expect(log.healthy()).toBe(false);
    expect((await log.load("acme", "c1")).state.version).toBe(0);
    failing = false;
    expect(await log.append("acme", "c1", 0, events)).toMatchObject({ kind: "appended" });
    expect(log.healthy()).toBe(true);
    expect(log.size("acme")).toBe(10);
  });

  test("failed but applied: the next load says so, and positions go on behind it", async () => {
    let failing = true;
    const afterCommit = () => {
      if (failing) throw new Error("no");
    };
    const folder = temporaryFolder();
    const log = await openTestLog(folder, { faults: { afterCommit } });
    const events = payment("pay-1", AT);
    expect(await log.append("acme", "c1", 0, events.slice(0, 4))).toMatchObject({ kind: "failed" });
    failing = false;
    expect(await log.load("acme", "c1")).toEqual({ state: fold(events.slice(0, 4)), position: 4 });
    expect(await log.append("acme", "c1", 0, events)).toEqual({ kind: "conflict" });
    expect(await log.append("acme", "c1", 4, events.slice(4, 5))).toMatchObject({ positions: [5] });
    expect(await log.callOfWindow("acme", "pay-1")).toBe("c1");
    await expectRootOfEntries(log);
  });

  test("a log that can be written again says so before anybody writes", async () => {
    let failing = true;
    let probes = 0;
    const beforeCommit = () => {
      probes += 1;
      if (failing) throw new Error("no");
    };
    const log = await openTestLog(temporaryFolder(), { faults: { beforeCommit }, signMs: 5 });
    await log.append("acme", "c1", 0, payment("pay-1", AT));
    await vi.waitFor(() => expect(probes).toBeGreaterThan(3));
    expect(log.healthy()).toBe(false);
    failing = false;
    await vi.waitFor(() => expect(log.healthy()).toBe(true));
    expect(log.size("acme")).toBe(0);
  });

  test("a full disk: the ballast is given up and the write tried again", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder, { pageCountMax: 40, ballastBytes: 4096 });
    expect(existsSync(join(folder, "ballast.bin"))).toBe(true);
    let answer = await log.append("acme", "c", 0, payment("w", AT));
    for (let call = 0; call < 40 && answer.kind === "appended"; call += 1) {
      answer = await log.append("acme", `c${call}`, 0, payment(`w${call}`, AT));
    }
    expect(answer).toMatchObject({ kind: "failed", detail: expect.stringContaining("SQLite 13") });
    expect(existsSync(join(folder, "ballast.bin"))).toBe(false);
    expect(log.healthy()).toBe(false);
    await expectRootOfEntries(log);
  });

  test("spooled facts are appended at the next start where their call stands as it stood", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    const events = payment("pay-1", AT);
    await log.append("acme", "c1", 0, events.slice(0, 4));
    await log.spool("acme", "c1", 4, events.slice(4, 5));
    await log.spool("acme", "c1", 5, events.slice(5, 6));
    await log.close();
    const again = await openTestLog(folder);
    expect((await again.load("acme", "c1")).state).toEqual(fold(events.slice(0, 6)));
    const { entries } = await again.read("acme", {}, 4, 10);
    expect(entries.map(({ origin }) => origin.component)).toEqual(["spool", "spool"]);
    expect(again.despooled).toBe(2);
    expect(existsSync(join(folder, "spool.ndjson"))).toBe(false);
  });

  test("spooled facts that are there already are not entered twice; others are for people", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    const events = payment("pay-1", AT);
    await log.append("acme", "c1", 0, events.slice(0, 5));
    await log.spool("acme", "c1", 4, events.slice(4, 5));
    await log.spool("acme", "c1", 2, events.slice(5, 6));
    await log.close();
    writeFileSync(join(folder, "spool.ndjson"), '{"tenant":"acm', { flag: "a" });
    const again = await openTestLog(folder);
    const facts = [
      ...(await again.read("acme", {}, 5, 10)).entries,
      ...(await again.read("system", {}, 0, 10)).entries,
    ];
    expect(facts.map(({ type, reason }) => [type, reason])).toEqual([
      ["SpooledFact", "call_went_on"],
      ["SpooledFact", "line_unreadable"],
    ]);
    expect((await again.load("acme", "c1")).state.version).toBe(5);
  });
});

describe("a spool, after a crash", () => {
  test("what was spooled twice, and decided anew before the crash, is entered once and as it was last", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    const events = payment("pay-1", AT);
    await log.append("acme", "c1", 0, events.slice(0, 3));
    // The append hung, something was looked at behind it; then it failed, and was decided again.
    await log.spool("acme", "c1", 3, events.slice(3, 4));
    await log.spool("acme", "c1", 4, events.slice(6, 7));
    await log.spool("acme", "c1", 3, events.slice(3, 4));
    await log.spool("acme", "c1", 4, events.slice(4, 5));
    await log.spool("acme", "c1", 5, events.slice(5, 6));
    await log.close();
    const again = await openTestLog(folder);
    expect((await again.load("acme", "c1")).state).toEqual(fold(events.slice(0, 6)));
    expect((await again.read("acme", { type: "SpooledFact" }, 0, 10)).entries).toEqual([]);
  });

  test("a pause that went out while its call could not be read is behind it, once, and not forgotten", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    const blind = payment("pay-2", AT + 60_000);
    await log.append("acme", "c1", 0, payment("pay-1", AT).slice(0, 8));
    const { state: before } = await log.load("acme", "c1");
    await log.spool("acme", "c1", 0, blind.slice(0, 4));
    await log.spool("acme", "c1", 4, blind.slice(4, 5));
    const spool = readFileSync(join(folder, "spool.ndjson"));
    await log.close();
    const again = await openTestLog(folder);
    const { state } = await again.load("acme", "c1");
    expect(state).toEqual(fold(rebased(blind.slice(0, 5), before, true), before));
    expect(Object.values(state.taps).map(({ touched }) => touched)).toEqual([true]);
    expect(await again.unrested()).toEqual([{ tenant: "acme", callId: "c1" }]);
    await again.close();
    // The power went before the spool was emptied.
    writeFileSync(join(folder, "spool.ndjson"), spool);
    const third = await openTestLog(folder);
    expect((await third.load("acme", "c1")).state).toEqual(state);
    expect(third.despooled).toBe(0);
  });
});

describe("the folder", () => {
  test("a second writer is refused, by name of the folder", async () => {
    const folder = temporaryFolder();
    await openTestLog(folder);
    await expect(openTestLog(folder)).rejects.toThrow(`writes the log in ${folder}`);
  });

  test("keys, heads and entries are their owner's to read", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder, { signingKeyPath: join(folder, "keys", "signing.key") });
    await log.append("acme", "c1", 0, payment("w", AT));
    await log.checkpoint("acme");
    const files = [
      "keys/signing.key",
      "control-log.sqlite",
      "search.sqlite",
      "checkpoint-acme.txt",
    ];
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o077, file).toBe(0);
    expect(statSync(join(folder, "keys")).mode & 0o077).toBe(0);
  });

  test("another service's log or key is refused", async () => {
    const folder = temporaryFolder();
    await (await openTestLog(folder)).close();
    await expect(openTestLog(folder, { originBase: "sandbox" })).rejects.toThrow("is that of");
    const path = join(temporaryFolder(), "k");
    await createLogKey(path, "sandbox");
    await expect(openTestLog(temporaryFolder(), { signingKeyPath: path })).rejects.toThrow(
      "is the key of sandbox",
    );
    await expect(createLogKey(path, "sandbox")).rejects.toThrow();
  });

  test("a log whose key is gone is refused rather than signed by a new one", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    await log.enter([started]);
    await log.close();
    rmSync(join(folder, "signing.key"));
    await expect(openTestLog(folder)).rejects.toThrow("is missing");
  });

  test("a database put back from a copy is refused", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    await log.append("acme", "c1", 0, payment("w1", AT));
    await log.close();
    const yesterday = readFileSync(join(folder, "control-log.sqlite"));
    const later = await openTestLog(folder);
    await later.append("acme", "c2", 0, payment("w2", AT));
    await later.close();
    writeFileSync(join(folder, "control-log.sqlite"), yesterday);
    await expect(openTestLog(folder)).rejects.toThrow("a copy was put back");
    rmSync(join(folder, "checkpoint-acme.txt"));
    await expect(openTestLog(folder)).rejects.toThrow("a copy was put back");
  });

  test("a log whose signed beginning was changed is refused", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    await log.append("acme", "c1", 0, payment("w1", AT));
    await log.close();
    const db = new DatabaseSync(join(folder, "control-log.sqlite"));
    db.exec("DELETE FROM heads; UPDATE entries SET leaf = zeroblob(32) WHERE position = 3");
    db.close();
    await expect(openTestLog(folder)).rejects.toThrow("not those that were signed");
  });

  test("a head cut short by a power cut is taken off, and the log goes on", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    await log.append("acme", "c1", 0, payment("w1", AT));
    await log.close();
    const path = join(folder, "checkpoints-acme.log");
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, `${whole}tacet.example/acme\n12\nAAA`);
    await (await openTestLog(folder)).close();
    expect(readFileSync(path, "utf8")).toBe(whole);
  });
});

describe("heads", () => {
  test("a head signs exactly what is committed, and is kept in both files", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    await log.append("acme", "c1", 0, payment("w1", AT));
    await expectRootOfEntries(log);
    const note = await log.checkpoint("acme");
    expect(await log.checkpoint("acme")).toBe(note);
    await log.append("acme", "c2", 0, payment("w2", AT));
    await Promise.all([log.checkpoint("acme"), log.checkpoint("acme")]);
    const all = splitNotes(readFileSync(join(folder, "checkpoints-acme.log"), "utf8"));
    expect(all.map((one) => readCheckpoint(one).size)).toEqual([10, 20]);
    expect(readFileSync(join(folder, "checkpoint-acme.txt"), "utf8")).toBe(all[1]);
  });

  test("a tenant's first entries are soon under a signature, and growth is on the timer", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder, { signMs: 300 });
    const signed = () =>
      readCheckpoint(readFileSync(join(folder, "checkpoint-acme.txt"), "utf8")).size;
    await log.append("acme", "c1", 0, payment("w1", AT));
    await vi.waitFor(() => expect(signed()).toBe(10), 5_000);
    await log.append("acme", "c2", 0, payment("w2", AT));
    await vi.waitFor(() => expect(signed()).toBe(20), 5_000);
  });

  test("a stop signs all that was written", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    await log.append("acme", "c1", 0, payment("w1", AT));
    void log.append("acme", "c2", 0, payment("w2", AT));
    await log.close();
    const note = readFileSync(join(folder, "checkpoint-acme.txt"), "utf8");
    expect(readCheckpoint(note).size).toBe(20);
    expect(await log.append("acme", "c3", 0, [])).toMatchObject({ kind: "failed" });
  });

  test("the tree goes on after a start as if there had been none", async () => {
    const folder = temporaryFolder();
    for (let run = 0; run < 4; run += 1) {
      const log = await openTestLog(folder);
      await log.append("acme", `c${run}`, 0, payment(`w${run}`, AT).slice(0, 3 + run));
      await expectRootOfEntries(log);
      await log.close();
    }
  });
});

describe("finding", () => {
  test("calls not at rest, live calls and the call of a window", async () => {
    const log = await openTestLog(temporaryFolder());
    await log.append("acme", "open", 0, payment("w1", AT).slice(0, 4));
    await log.append("acme", "ended", 0, payment("w2", AT));
    await log.append("acme", "quiet", 0, payment("w3", AT).slice(0, 1));
    await log.enter([
      { ...started, tenant: "acme", type: "AccessDenied", callId: "x", windowId: "w9" },
    ]);
    expect(await log.unrested()).toEqual([{ tenant: "acme", callId: "open" }]);
    expect(await log.live("acme", 10, "newest")).toEqual(["quiet", "open"]);
    expect(await log.live("acme", 1, "newest")).toEqual(["quiet"]);
    expect(await log.callOfWindow("acme", "w2")).toBe("ended");
    await log.read("acme", { callId: "open" }, 0, 1);
    expect(await log.callOfWindow("acme", "w2")).toBe("ended");
    expect(await log.callOfWindow("acme", "w9")).toBeUndefined();
    expect(await log.callOfWindow("other", "w2")).toBeUndefined();
  });

  test("filters are joined by AND and paged by position", async () => {
    const log = await openTestLog(temporaryFolder());
    for (let call = 0; call < 30; call += 1) {
      await log.append("acme", `c${call}`, 0, payment(`w${call}`, AT + call * 1000));
    }
    const all = (await log.read("acme", {}, 0, 1000)).entries;
    const filters = [
      { callId: "c3" },
      { type: "RecorderReported" },
      { type: "RecorderReported", callId: "c7", recorderId: "vslogger-hq" },
      { actor: "shop", outcome: "success", type: "WindowOpened" },
      { outcome: "failure" },
      { windowId: "w4" },
      { from: AT + 5_000, to: AT + 9_000 },
      { from: AT + 5_000, to: AT + 9_000, type: "CallEnded" },
      { recordingId: "none" },
      { agentId: "a-204" },
      {},
    ];
    for (const filter of filters) {
      const found = [];
      for (let after: number | undefined = 0; after !== undefined;) {
        const page: Awaited<ReturnType<typeof log.read>> = await log.read("acme", filter, after, 7);
        found.push(...page.entries);
        after = page.next;
      }
      const wanted = all.filter(
        (entry) =>
          (filter.from === undefined || entry.at >= filter.from) &&
          (filter.to === undefined || entry.at < filter.to) &&
          (filter.callId === undefined || entry.callId === filter.callId) &&
          (filter.windowId === undefined || entry.windowId === filter.windowId) &&
          (filter.type === undefined || entry.type === filter.type) &&
          (filter.actor === undefined || entry.actor.id === filter.actor) &&
          (filter.outcome === undefined || entry.outcome === filter.outcome) &&
          (filter.agentId === undefined || JSON.stringify(entry).includes(filter.agentId)) &&
          filter.recordingId === undefined,
      );
      expect(found, JSON.stringify(filter)).toEqual(wanted);
      const back = [];
      for (let before: number | undefined = 301; before !== undefined;) {
        const page: Awaited<ReturnType<typeof log.read>> = await log.readBack(
          "acme",
          filter,
          before,
          7,
        );
        back.push(...page.entries);
        before = page.next;
      }
      expect(back, JSON.stringify(filter)).toEqual(wanted.toReversed());
    }
    expect((await log.read("acme", { callId: "c3" }, 0, 1)).indexedTo).toBe(300);
  });

  test.each(["missing", "damaged", "another log's", "of an earlier version"])(
    "a search file that is %s is made anew from the log",
    async (what) => {
      const folder = temporaryFolder();
      const log = await openTestLog(folder);
      await log.append("acme", "c1", 0, payment("w1", AT));
      await log.close();
      const path = join(folder, "search.sqlite");
      if (what === "missing") rmSync(path);
      if (what === "damaged") writeFileSync(path, "not a database at all, ".repeat(500));
      if (what === "another log's") {
        const other = temporaryFolder();
        const stranger = await openTestLog(other);
        await stranger.append("acme", "x", 0, payment("wx", AT));
        await stranger.close();
        writeFileSync(path, readFileSync(join(other, "search.sqlite")));
      }
      if (what === "of an earlier version") {
        const db = new DatabaseSync(path);
        db.exec("DELETE FROM words WHERE word LIKE 'g:%'; PRAGMA user_version = 0");
        db.close();
      }
      const again = await openTestLog(folder);
      expect(await again.callOfWindow("acme", "w1")).toBe("c1");
      expect(await again.callOfWindow("acme", "wx")).toBeUndefined();
      expect((await again.read("acme", { callId: "c1" }, 0, 100)).entries).toHaveLength(10);
      expect((await again.read("acme", { agentId: "a-204" }, 0, 100)).entries).not.toEqual([]);
    },
  );
});

/** The signed root is that of the entries as they can be read. */
async function expectRootOfEntries(log: Awaited<ReturnType<typeof openLog>>): Promise<void> {
  const { entries } = await log.read("acme", {}, 0, 1000);
  const root = rootOfLeaves(entries.map((entry) => leafHash(canonicalBytes(entry))));
  const head = readCheckpoint(await log.checkpoint("acme"));
  expect(head).toMatchObject({ size: entries.length, origin: "tacet.example/acme" });
  expect(head.root).toEqual(root);
}

test("entries cut off behind a saved tree are missed at a start, though the tree remembers them", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await log.append("acme", "c1", 0, payment("pay-1", AT));
  await log.close();
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  db.exec("DELETE FROM entries WHERE position > 6");
  db.close();
  await expect(openTestLog(folder)).rejects.toThrow("ends at entry 6, but a head of 10");
});
