/**
 * A recorder simulator as a process of its own, whose journal goes to disk line by line. Started
 * again, it remembers which conversations there are, and what it was told of them or not.
 */
import { existsSync, readFileSync, appendFileSync } from "node:fs";
import { Hono } from "hono";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import type { JournalLine, Simulator } from "../../src/sandbox/simulator.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import { PASSWORD, SALT } from "../service/acme.ts";
import { argsOf, serveParent, watchOneself, writer } from "./processes.ts";
import type { Change } from "./story.ts";

export interface RecorderArgs {
  readonly recorderId: "anywherenow" | "vslogger";
  readonly journal: string;
  /** Which conversations there are, for the next start. */
  readonly memory: string;
  readonly troubles: string;
  readonly port: number;
  /** After a start, paused ones are paused still. */
  readonly keeps: boolean;
}

/** What is held in memory of the journal; the file has all of it. */
const JOURNAL_COUNT_MAX = 4_000;
const REQUEST_COUNT_MAX = 5_000;
const TIDY_EVERY_MS = 1_000;

const { recorderId, journal, memory, troubles, port, keeps } = argsOf() as RecorderArgs;
const simulator: Simulator & { readonly requests: readonly unknown[] } =
  recorderId === "anywherenow"
    ? anywherenowSimulator({
        auth: { clientId: "coreapi", username: "tacet", password: PASSWORD },
      })
    : vsloggerSimulator({ hash: { type: "SHA-256", salt: SALT }, channelCount: 99 });

const write = writer(journal);
let restoring = true;
const lines = simulator.journal as JournalLine[];
lines.push = (...added) => {
  for (const line of restoring ? [] : added) write({ kind: "change", recorderId, ...line });
  return Array.prototype.push.apply(lines, added);
};

interface Kept {
  readonly target: string;
  readonly details?: Readonly<Record<string, string>>;
  readonly over?: true;
}

restore();
restoring = false;
tidy();
const tell = writer(troubles);
watchOneself((from, until) => {
  tell({ kind: "trouble", what: "silence", recorderId, from, until });
});

const app = new Hono();
app.post("/torture/begin", async (c) => {
  const kept = await c.req.json<Kept>();
  keep(kept);
  simulator.begin(kept.target, kept.details);
  return c.json({}, 201);
});
app.post("/torture/end", async (c) => {
  const { target } = await c.req.json<Kept>();
  keep({ target, over: true });
  simulator.end(target);
  return c.json({});
});
app.route("/", simulator.app);
const { origin } = await listenSimulator({ app }, port);
serveParent({ origin }, {});

function keep(kept: Kept): void {
  appendFileSync(memory, `${JSON.stringify(kept)}\n`);
}

function restore(): void {
  const begun = new Map<string, Kept>();
  for (const kept of read(memory) as readonly Kept[]) {
    if (kept.over === true) begun.delete(kept.target);
    else begun.set(kept.target, kept);
  }
  const last = new Map(
    (read(journal) as readonly Change[]).map((line) => [line.target, line.status]),
  );
  for (const { target, details } of begun.values()) {
    simulator.begin(target, details);
    const before = last.get(target);
    if (before === "paused" && keeps) simulator.byHand(target, "paused");
    else if (before !== "recording") {
      const at = Date.now();
      write({ kind: "change", recorderId, target, at, status: "recording", cause: "restart" });
    }
  }
}

function read(path: string): readonly unknown[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

function tidy(): void {
  setInterval(() => {
    if (lines.length > JOURNAL_COUNT_MAX) {
      const newest = new Map(lines.map((line) => [line.target, line]));
      lines.splice(0, lines.length, ...newest.values());
    }
    const requests = simulator.requests as unknown[];
    if (requests.length > REQUEST_COUNT_MAX) requests.length = 0;
  }, TIDY_EVERY_MS).unref();
}
