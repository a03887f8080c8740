/** The referee as a process: reads the files that all others write, and the log over HTTP. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { argsOf, serveParent } from "../processes.ts";
import type { Bounds, Line } from "../story.ts";
import { Referee } from "./referee.ts";

export interface RefereeArgs {
  /** Where the stories are: every `*.story` in it. */
  readonly folder: string;
  readonly publicKey: string;
  readonly origin: string;
  readonly auditKey: string;
  readonly bounds: Bounds;
}

const PAGE_COUNT = 1_000;
const CHUNK_BYTES = 1 << 20;

const { auditKey, bounds, folder, origin, publicKey } = argsOf() as RefereeArgs;
const referee = new Referee(origin, readFileSync(publicKey, "utf8"), bounds);
/** How far each file was read, and what stands after its last whole line. */
const files = new Map<string, { at: number; rest: string }>();

serveParent(
  {},
  {
    async unsettled({ url }: { url: string }) {
      await catchUp(url);
      return { waiting: referee.unsettled(), newestAt: referee.newestAt };
    },
    async judge({ url }: { url: string }) {
      await catchUp(url);
      return { findings: referee.judge(Date.now()), sums: referee.sums };
    },
    /** The whole log once more, from its first entry. */
    async again({ url }: { url: string }) {
      const lines: string[] = [];
      await pages(url, 0, (page) => lines.push(...page));
      referee.ledger.again(lines);
      await catchUp(url);
      referee.ledger.short();
      return { findings: referee.judge(Date.now()), sums: referee.sums };
    },
  },
);

/** The stories first: what they say was entered before is in the log that is read afterwards. */
async function catchUp(url: string): Promise<void> {
  hearFiles();
  await pages(url, referee.ledger.size, (page) => referee.read(page));
}

function hearFiles(): void {
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".story"))) {
    const known = files.get(name) ?? { at: 0, rest: "" };
    const file = openSync(join(folder, name), "r");
    const bytes = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const count = readSync(file, bytes, 0, CHUNK_BYTES, known.at);
      if (count === 0) break;
      known.at += count;
      const lines = (known.rest + bytes.toString("latin1", 0, count)).split("\n");
      known.rest = lines.pop() ?? "";
      for (const line of lines) referee.hear(JSON.parse(line) as Line);
    }
    closeSync(file);
    files.set(name, known);
  }
}

async function pages(
  url: string,
  from: number,
  take: (lines: readonly string[]) => void,
): Promise<void> {
  let after: string | null = String(from);
  while (after !== null) {
    const response: Response = await fetch(
      `${url}/v1/log/entries?after=${after}&limit=${PAGE_COUNT}`,
      { headers: { authorization: `Bearer ${auditKey}` } },
    );
    if (response.status !== 200) throw new Error(`the log is answered ${response.status}`);
    take((await response.text()).split("\n").slice(0, -1));
    after = response.headers.get("tacet-next");
  }
}
