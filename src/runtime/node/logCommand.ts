/**
 * `tacet log PLACE`: the entries of a control log as text, for whoever has the folder or a key to
 * the service. The only way to read the `system` log, which is of no tenant.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { matches } from "../../log/filter.ts";
import { readEntry } from "../../log/form.ts";
import type { EntryFilter } from "../../log/store.ts";
import { NoSource } from "./log/noSource.ts";
import { sourcesAt } from "./log/sources.ts";
import { type Help, failureOf, usageOf } from "./help.ts";
import type { Output } from "./output.ts";
import { timeOption } from "./timeOption.ts";

export const LOG_HELP: Help = {
  name: "log",
  does: "Prints the entries of a control log, the system's own too.",
  usage: [
    "PATH|URL [--tenant TENANT] [--from TIME] [--to TIME] [--type TYPE] [--call ID] [--window ID] [--recorder ID] [--actor ID] [--outcome OUTCOME]",
  ],
  terms: {
    PATH: "a service's log folder (it may be running), or an exported folder or .ndjson file",
    URL: "a running service; the credential is in TACET_TOKEN or TACET_API_KEY",
    "--tenant": "whose log; system is the service's own",
    "--from": "from this moment on, such as 2026-11-22T09:00:00Z",
    "--to": "up to this moment",
    "--type": "entries of this type, such as WindowOpened",
    "--call": "of this call",
    "--window": "of this window",
    "--recorder": "of this recorder",
    "--actor": "by this actor",
    "--outcome": "such as failure or denied",
  },
  exit: {
    0: "they are printed, one a line, as they stand in the log",
    2: "it could not be read, or the arguments do not fit",
  },
  examples: ["tacet log /var/lib/tacet --tenant acme --call 7f3a-22"],
};

const USAGE = usageOf(LOG_HELP);

const text = { type: "string" } as const;

/** Exit code: 0, or 2 where it cannot be read or the arguments do not fit. */
export async function logCommand(args: string[], io: Output): Promise<number> {
  try {
    const { place, tenant, filter } = parse(args);
    const { TACET_TOKEN, TACET_API_KEY } = process.env;
    const token = TACET_TOKEN ?? TACET_API_KEY;
    const found = await sourcesAt(place, token === undefined ? {} : { token });
    try {
      const sources = found.sources.filter(
        (source) => tenant === undefined || (source.tenant ?? tenant) === tenant,
      );
      if (sources.length === 0) {
        const known = found.sources.map((source) => source.tenant ?? source.name).join(", ");
        throw new NoSource(`There is no log of ${tenant} here; there are: ${known}.`);
      }
      for (const source of sources) {
        for await (const stored of source.entries) {
          if ("erased" in stored) continue;
          const { bytes } = stored;
          const formed = readEntry(bytes);
          if (formed.kind === "entry" && !matches(formed.entry, filter)) continue;
          io.out(new TextDecoder().decode(bytes));
        }
      }
      return 0;
    } finally {
      found.close();
    }
  } catch (error) {
    io.err(failureOf(LOG_HELP, error));
    return 2;
  }
}

function parse(args: string[]) {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      tenant: text,
      from: text,
      to: text,
      type: text,
      call: text,
      window: text,
      recorder: text,
      actor: text,
      outcome: text,
    },
  });
  const [place, ...more] = positionals;
  if (place === undefined || more.length > 0) throw new NoSource(USAGE);
  const { actor, call, from, outcome, recorder, tenant, to, type, window } = values;
  const members = {
    from: timeOption("--from", from),
    to: timeOption("--to", to),
    callId: call,
    windowId: window,
    recorderId: recorder,
    actor,
    type,
    outcome,
  };
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return { place, tenant, filter: Object.fromEntries(given) as EntryFilter };
}
