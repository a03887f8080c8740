/** Everything a torture runs: folder, service, recorders, wires, clients, and the referee. */
import { mkdirSync, mkdtempSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acme, written } from "../service/acme.ts";
import type { Recorders } from "./conversation.ts";
import type { DesktopsArgs } from "./desktops.ts";
import { type Disk, diskFor, type Way } from "./disk.ts";
import type { LinksArgs, Mode } from "./links.ts";
import type { PagesArgs } from "./pages.ts";
import { type Child, sleep, startChild, writer } from "./processes.ts";
import type { RecorderArgs } from "./recorder.ts";
import type { RefereeArgs } from "./referee/main.ts";
import { type Service, startService } from "./service.ts";
import type { Bounds, Line } from "./story.ts";
import { endsInsideTransaction, stopInsideTransaction } from "./wal.ts";

export type RecorderId = keyof Recorders;
export const RECORDERS: readonly RecorderId[] = ["anywherenow", "vslogger"];
type LinkName = RecorderId | "clients";

const BOUNDS: Bounds = {
  guardMs: 200,
  statusMsMax: 500,
  confirmAgeMsMax: 2_000,
  baselineAgeMsMax: 60_000,
  pingMs: 1_000,
};
/** A command that is given up lands within `settleMs`: no stall lasts longer than that allows. */
const SETTLE_MS = 1_500;
export const STALL_MS_MAX = 1_000;

const RULES = {
  confirmMsMax: 1_500,
  confirmAgeMsMax: BOUNDS.confirmAgeMsMax,
  graceMs: 100,
  waitMsDefault: 2_000,
  baselineMs: 1_000,
  baselineAgeMsMax: BOUNDS.baselineAgeMsMax,
  endMsMax: 20_000,
};
const DESK = {
  guardMs: BOUNDS.guardMs,
  statusMsMax: BOUNDS.statusMsMax,
  settleMs: SETTLE_MS,
  resumeMsMax: 250,
  commandMsMax: 800,
  retryMsMin: 20,
  retryMsMax: 400,
};
const PROBE_EVERY_MS = 50;
const LAG_MS = 100;
const HEADS_EVERY_MS = 400;

/** What is left behind where something goes wrong at the start. */
export interface Ground {
  readonly folder: string;
  readonly disk: Disk;
}

export function layGround(wish: Way | "any"): Ground {
  const folder = mkdtempSync(join(tmpdir(), "tacet-torture-"));
  return { folder, disk: diskFor(join(folder, "log"), wish) };
}

interface Killing {
  /** Inside a transaction, if that can be met. */
  readonly inCommit: boolean;
  /** The log lies on a tmpfs when it starts again. */
  readonly moves: boolean;
}

export interface World extends Ground {
  readonly pages: readonly Child[];
  readonly referee: Child;
  readonly service: Service;
  /** Kills and starts again, on the same folder. */
  killAndRestart(how: Killing): Promise<{ readonly insideTransaction: boolean }>;
  recorder(id: RecorderId): Child;
  restartRecorder(id: RecorderId, keeps: boolean): Promise<void>;
  readonly origins: Recorders;
  link(name: LinkName, mode: Mode): Promise<void>;
  write(line: Line): void;
  close(): Promise<void>;
}

export async function startWorld({ disk, folder }: Ground, seed: number): Promise<World> {
  const stories = join(folder, "stories");
  mkdirSync(stories);
  const at = (name: string) => join(stories, name);
  const write = writer(at("torture.story"));

  const recorders = new Map<RecorderId, Child>();
  const ports = new Map<RecorderId, number>();
  async function startRecorder(recorderId: RecorderId, keeps: boolean): Promise<void> {
    const { child, hello } = await startChild(new URL("./recorder.ts", import.meta.url), {
      recorderId,
      journal: at(`${recorderId}.story`),
      memory: join(folder, `${recorderId}.memory`),
      troubles: at(`${recorderId}-itself.story`),
      port: ports.get(recorderId) ?? 0,
      keeps,
    } satisfies RecorderArgs);
    recorders.set(recorderId, child);
    ports.set(recorderId, Number(new URL(String(hello["origin"])).port));
  }
  for (const id of RECORDERS) await startRecorder(id, true);
  const originOf = (id: RecorderId) => `http://127.0.0.1:${ports.get(id)}`;
  const origins = { anywherenow: originOf("anywherenow"), vslogger: originOf("vslogger") };

  const links = await startChild(new URL("./links.ts", import.meta.url), {
    names: [...RECORDERS, "clients"] satisfies LinkName[],
    story: at("links.story"),
  } satisfies LinksArgs);
  const linked = (name: LinkName) => `http://127.0.0.1:${String(links.hello[name])}`;
  for (const id of RECORDERS) await links.child.ask("to", { name: id, port: ports.get(id) });

  const { document, keys } = await acme(
    folder,
    { anywherenow: linked("anywherenow"), vslogger: linked("vslogger") },
    {
      rules: RULES,
      desk: DESK,
      log: {
        folder: join(folder, "log"),
        checkpointMs: 1_000,
        retryMs: 50,
        writeMsMax: 100,
        ballastBytes: 1_048_576,
      },
    },
  );
  const events = { pingMs: BOUNDS.pingMs };
  const config = await written(folder, { ...document, events });
  const words = join(folder, "service.txt");
  await (await startService(config, words)).kill("SIGTERM");
  let service = await start();
  async function start(): Promise<Service> {
    const started = await startService(config, words);
    await links.child.ask("to", { name: "clients", port: Number(new URL(started.url).port) });
    return started;
  }

  // The key's file is there before anybody is served.
  while (!existsSync(join(folder, "log", "key.pub"))) await sleep(20);
  const { child: referee } = await startChild(new URL("./referee/main.ts", import.meta.url), {
    folder: stories,
    publicKey: join(folder, "log", "key.pub"),
    origin: "tacet.example/acme",
    auditKey: keys.audit,
    bounds: BOUNDS,
  } satisfies RefereeArgs);
  const pages: Child[] = [];
  for (const number of [0, 1]) {
    const { child } = await startChild(new URL("./pages.ts", import.meta.url), {
      name: `pages-${number}`,
      number,
      seed,
      url: linked("clients"),
      keys,
      recorders: origins,
      story: at(`pages-${number}.story`),
    } satisfies PagesArgs);
    pages.push(child);
  }
  await startChild(new URL("./desktops.ts", import.meta.url), {
    url: linked("clients"),
    keys,
    pingMs: BOUNDS.pingMs,
    story: at("desktops.story"),
  } satisfies DesktopsArgs);

  const timers = [
    everyMs(PROBE_EVERY_MS, async () => {
      const from = Date.now();
      await fetch(`${service.url}/healthz`).then((answer) => answer.arrayBuffer());
      const until = Date.now();
      if (until - from > LAG_MS) write({ kind: "trouble", what: "lag", from, until });
    }),
    everyMs(HEADS_EVERY_MS, async () => {
      const authorization = `Bearer ${keys.audit}`;
      const answer = await fetch(`${service.url}/v1/log/checkpoint`, {
        headers: { authorization },
      });
      const note = await answer.text();
      if (answer.status === 200) write({ kind: "head", at: Date.now(), note });
    }),
  ];

  return {
    folder,
    disk,
    pages,
    referee,
    get service() {
      return service;
    },
    async killAndRestart({ inCommit, moves }) {
      const wal = join(folder, "log", "control-log.sqlite-wal");
      const from = Date.now();
      if (inCommit) stopInsideTransaction(service.pid, wal);
      const until = Date.now();
      // It was stopped and slowed down meanwhile.
      if (inCommit) write({ kind: "trouble", what: "lag", from, until });
      write({ kind: "kill", at: until });
      await service.kill("SIGKILL");
      const insideTransaction = endsInsideTransaction(wal);
      if (moves) disk.move();
      service = await start();
      return { insideTransaction };
    },
    recorder(id) {
      const child = recorders.get(id);
      if (child === undefined) throw new Error(`no recorder ${id}`);
      return child;
    },
    async restartRecorder(id, keeps) {
      await recorders.get(id)?.end("SIGKILL");
      await startRecorder(id, keeps);
    },
    origins,
    async link(name, mode) {
      await links.child.ask("mode", { name, mode });
    },
    write,
    async close() {
      for (const stop of timers) stop();
      await service.kill("SIGTERM");
    },
  };
}

/** One at a time; a service that is not there says nothing. */
function everyMs(ms: number, run: () => Promise<void>): () => void {
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    void run()
      .catch(() => undefined)
      .finally(() => (isBusy = false));
  }, ms);
  return () => clearInterval(timer);
}
