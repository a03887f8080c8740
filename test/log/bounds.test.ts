/** What the log keeps in memory of its calls, and the search while its file cannot follow. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CallEvent } from "../../src/control/events.ts";
import type { Sealed } from "../../src/log/seal.ts";
import type { Statements } from "../../src/runtime/node/log/database.ts";
import { newCall } from "../../src/control/call.ts";
import { callCache } from "../../src/runtime/node/log/calls.ts";
import { folderAt } from "../../src/runtime/node/log/folder.ts";
import { openSearch } from "../../src/runtime/node/log/search.ts";
import { spoolFile } from "../../src/runtime/node/log/spoolFile.ts";

const opened = (at: number): Sealed =>
  ({
    entry: {
      type: "WindowOpened",
      position: at,
      callId: `c${at}`,
      windowId: `w${at}`,
      tenant: "acme",
    },
  }) as unknown as Sealed;

test("of windows that are not indexed yet so many are known, the newest", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tacet-search-"));
  // The log's entries cannot be read now, so nothing is ever indexed.
  const unreadable = {
    all() {
      throw new Error("disk I/O error");
    },
    get: () => undefined,
  };
  const log = { entriesAfter: unreadable, entryAt: unreadable } as unknown as Statements;
  const search = openSearch(join(folder, "search.db"), log, () => ["acme"], 100);
  try {
    for (let at = 1; at <= 250; at += 1) search.note("acme", [opened(at)]);
    expect(await search.callOfWindow("acme", "w250")).toBe("c250");
    expect(await search.callOfWindow("acme", "w151")).toBe("c151");
    expect(await search.callOfWindow("acme", "w150")).toBeUndefined();
  } finally {
    await search.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test("so many calls' states are kept; of others the log is asked", () => {
  const asked: string[] = [];
  const callRow = {
    get(_tenant: string, callId: string) {
      asked.push(callId);
      return undefined;
    },
  };
  const log = { callRow } as unknown as Statements;
  const cache = callCache(log, () => newCall, 3);
  for (let at = 1; at <= 5; at += 1) cache.put("acme", `c${at}`, { state: newCall, position: at });
  for (let at = 3; at <= 5; at += 1) expect(cache.get("acme", `c${at}`).position).toBe(at);
  expect(asked).toEqual([]);
  cache.get("acme", "c2");
  expect(asked).toContain("c2");
});

test("while the disk is slow, so many spooled lines wait and further ones are left out", async () => {
  const place = await mkdtemp(join(tmpdir(), "tacet-spool-"));
  try {
    const folder = folderAt(place);
    const spool = spoolFile(folder, 5);
    const ended = { type: "CallEnded", at: 1, by: { id: "x", kind: "system", owner: "x" } };
    const line = (at: number) => spool.add("acme", `c${at}`, 0, [ended as unknown as CallEvent]);
    await Promise.all(Array.from({ length: 20 }, (_, at) => line(at)));
    const lines = async () => (await readFile(folder.spool, "utf8")).trim().split("\n").length;
    expect(await lines()).toBe(5);
    await line(21);
    expect(await lines()).toBe(6);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
