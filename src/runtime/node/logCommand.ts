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
import { type Output, messageOf } from "./output.ts";
import { timeOption } from "./timeOption.ts";

const USAGE = `tacet log PATH|URL [--tenant TENANT] [--from TIME] [--to TIME] [--type TYPE]
          [--call ID] [--window ID] [--recorder ID] [--actor ID] [--outcome OUTCOME]

PATH   a service's log folder (it may be running), or an exported .ndjson file
URL    a running service; the credential is in TACET_TOKEN or TACET_API_KEY
TIME   such as 2026-11-22T09:00:00Z. One entry a line, as it stands in the log.`;

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
    io.err(messageOf(error));
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
