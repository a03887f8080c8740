/** `tacet conform` inside the test's own process, against a simulator on loopback. */
import { join } from "node:path";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import type { CheckId, Verdict } from "../../src/runtime/node/conform/checks.ts";
import { CHECKS } from "../../src/runtime/node/conform/checks.ts";
import { conformCommand, type Operator } from "../../src/runtime/node/conformCommand.ts";
import {
  type ListeningSimulator,
  listenSimulator,
} from "../../src/runtime/node/listenSimulator.ts";
import { logCommand } from "../../src/runtime/node/logCommand.ts";
import { classicPath, hubName } from "../../src/sandbox/anywherenow/hub.ts";
import type { Simulator } from "../../src/sandbox/simulator.ts";
import { hear, plant } from "../security/marks.ts";
import { written } from "../service/acme.ts";
import { cleanUp, folder } from "../service/process.ts";

export const SALT = plant("the salt", "conform-salt-Pw9Lz");
export const CORRELATION = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";

const listening: ListeningSimulator[] = [];

export async function tidy(): Promise<void> {
  await Promise.all(listening.splice(0).map((one) => one.close()));
  await cleanUp();
}

export interface Bench {
  readonly place: string;
  readonly configPath: string;
  readonly target: readonly string[];
}

type Served = Pick<Simulator, "app" | "sockets">;

const DESK = { commandMsMax: 5_000, statusMsMax: 5_000 };

/** A configuration with one recorder, `recorder`. */
export async function recorderBench(
  vendor: string,
  settings: object,
  target: readonly string[],
  desk: object = {},
): Promise<Bench> {
  const place = await folder();
  const { hash } = makeApiKey("pay");
  const configPath = await written(place, {
    listen: { port: 0 },
    ops: { listen: { port: 0 } },
    log: { folder: join(place, "log"), origin: "tacet.example", ballastBytes: 0 },
    recorders: { recorder: { vendor, settings, desk: { ...DESK, ...desk } } },
    tenants: {
      acme: {
        atLeaseEnd: "resume",
        rules: { confirmAgeMsMax: 60_000 },
        routes: [{ recorders: [{ recorder: "recorder" }] }],
      },
    },
    auth: {
      apiKeys: [{ id: "pay", hash, tenant: "acme", kind: "payment", scopes: ["windows:write"] }],
    },
  });
  return { place, configPath, target: target.flatMap((member) => ["--target", member]) };
}

async function listened(simulator: Served): Promise<string> {
  const at = await listenSimulator(simulator);
  listening.push(at);
  return at.origin;
}

export const vsloggerBench = async (simulator: Served, settings: object = {}): Promise<Bench> =>
  await recorderBench(
    "vslogger",
    {
      baseUrl: await listened(simulator),
      version: "5.1.0.0",
      hash: { type: "sha-256", salt: SALT },
      ...settings,
    },
    ["channel=5"],
  );

export async function anywherenowBench(simulator: Served, guardMs: number): Promise<Bench> {
  const origin = await listened(simulator);
  const settings = {
    baseUrl: `${origin}/attendantservice`,
    requesterSipUri: "sip:agent@domain.com",
    uccNames: ["ucc-demo"],
    push: { url: origin + classicPath, hub: hubName },
  };
  const target = ["uccName=ucc-demo", `correlationId=${CORRELATION}`];
  return await recorderBench("anywherenow", settings, target, { guardMs });
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly verdicts: Readonly<Partial<Record<CheckId, Verdict>>>;
  /** What was said of a row. */
  what(id: CheckId): string;
}

interface Wish {
  readonly args?: readonly string[];
  readonly operator?: Partial<Operator>;
  /** Hears every line as it is printed. */
  readonly heard?: (line: string) => void;
}

const WORDS: readonly (readonly [string, Verdict])[] = [
  ["shown", "shown"],
  ["NOT SHOWN", "not_shown"],
  ["not tried", "not_tried"],
];

export async function conform(on: Bench, wish: Wish = {}): Promise<Ran> {
  const said = { out: "", err: "" };
  hear("stdout of conform", () => said.out);
  hear("stderr of conform", () => said.err);
  const io = {
    out(line: string) {
      said.out += `${line}\n`;
      wish.heard?.(line);
    },
    err: (line: string) => void (said.err += `${line}\n`),
  };
  const operator: Operator = {
    isThere: false,
    ask: () => Promise.reject(new Error("nobody is there")),
    stopped: () => new Promise(() => undefined),
    ...wish.operator,
  };
  const folderOf = ["--folder", join(on.place, "runs")];
  const args = ["recorder", ...on.target, "--config", on.configPath, ...folderOf];
  const code = await conformCommand([...args, ...(wish.args ?? ["--yes"])], io, operator);
  const rows = CHECKS.flatMap(({ id, title }) =>
    WORDS.flatMap(([word, verdict]) => {
      const start = `  ${word.padEnd(9)}  ${title}: `;
      const line = said.out.split("\n").find((one) => one.startsWith(start));
      return line === undefined ? [] : [{ id, verdict, what: line.slice(start.length) }];
    }),
  );
  return {
    code,
    ...said,
    verdicts: Object.fromEntries(rows.map(({ id, verdict }) => [id, verdict])),
    what: (id) => rows.find((row) => row.id === id)?.what ?? "",
  };
}

/** The rows that were not shown. */
export const notShownOf = ({ verdicts }: Ran): readonly string[] =>
  Object.entries(verdicts).flatMap(([id, verdict]) => (verdict === "not_shown" ? [id] : []));

interface Line {
  readonly type: string;
  readonly recorderId?: string;
  readonly outcome: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The entries of the runs' own log, as `tacet log` prints them. */
export async function entriesOf({ place }: Bench): Promise<readonly Line[]> {
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), err: () => undefined };
  const code = await logCommand([join(place, "runs"), "--tenant", "system"], io);
  if (code !== 0) throw new Error("the runs' log cannot be read");
  return lines.map((line) => JSON.parse(line) as Line);
}
