/**
 * `tacet kit FOLDER --out KIT`: one folder for an auditor, with entries, tiles, signed heads, the key,
 * and a page that verifies them in a browser.
 *
 * @module
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { KIT_ENTRY_COUNT_MAX, NoKit } from "./kit/noKit.ts";
import { openKit } from "./kit/source.ts";
import { writeKit } from "./kit/write.ts";
import { type Help, usageOf } from "./help.ts";
import { type Output, messageOf } from "./output.ts";
import { timeOption } from "./timeOption.ts";

export const KIT_HELP: Help = {
  name: "kit",
  does: "Puts entries into a folder for an auditor, with a page that verifies them.",
  usage: ["FOLDER --out KIT [--tenant TENANT] [--from TIME] [--to TIME]"],
  terms: {
    FOLDER: "a service's log folder; it may be running",
    "--out": `a new folder, to hand over; at most ${KIT_ENTRY_COUNT_MAX} entries`,
    "--tenant": "whose log, where there are several",
    "--from": "from this moment on, such as 2026-11-22T09:00:00Z",
    "--to": "up to this moment",
  },
  exit: {
    0: "the kit is written",
    1: "there is no kit to write: the words say why",
    2: "the arguments do not fit",
  },
  examples: [
    "tacet kit /var/lib/tacet --out kit-2026-10 --from 2026-10-01T00:00:00Z --to 2026-11-01T00:00:00Z",
  ],
};

const USAGE = usageOf(KIT_HELP);

/** Exit code: 0 written, 1 there is no kit to write, 2 wrong arguments. */
export async function kitCommand(args: string[], io: Output): Promise<number> {
  let asked: Asked;
  try {
    asked = parse(args);
  } catch (error) {
    io.err(`${messageOf(error)}\n${USAGE}`);
    return 2;
  }
  const { out } = asked;
  if (existsSync(out) && readdirSync(out).length > 0) {
    io.err(`${out} is not empty.`);
    return 2;
  }
  try {
    mkdirSync(out, { recursive: true, mode: 0o700 });
    const { entryCount, first, last, origin } = await make(asked);
    io.out(`${out}: entries ${first} to ${last} (${entryCount}) of ${origin}`);
    io.out("Give the key to the auditor by another way too: key.pub is in the kit.");
    return 0;
  } catch (error) {
    rmSync(out, { recursive: true, force: true });
    io.err(messageOf(error));
    return 1;
  }
}

interface Asked {
  readonly place: string;
  readonly out: string;
  readonly tenant?: string;
  readonly from?: number;
  readonly to?: number;
}

const text = { type: "string" } as const;

function parse(args: string[]): Asked {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: text, tenant: text, from: text, to: text },
  });
  const [place, ...more] = positionals;
  const { out, tenant } = values;
  if (place === undefined || out === undefined || more.length > 0) {
    throw new NoKit("A log's folder and --out are needed.");
  }
  const [from, to] = [timeOption("--from", values.from), timeOption("--to", values.to)];
  return {
    place,
    out,
    ...(tenant === undefined ? {} : { tenant }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

async function make({ out, place: folder, ...wish }: Asked) {
  const source = await openKit({ folder, ...wish, isSnapshot: true });
  try {
    const { entryCount, first, last } = await writeKit(source, out);
    return { entryCount, first, last, origin: source.head.checkpoint.origin };
  } finally {
    source.db.close();
  }
}
