/**
 * `tacet key create-log`, `rotate-log` and `rotate-tickets`: the service's own keys, made and
 * replaced.
 *
 * @module
 */
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { type Help, usageOf } from "./help.ts";
import { createLogKey } from "./log/key.ts";
import { rotateLogKey } from "./log/rotate.ts";
import { type Output, messageOf } from "./output.ts";
import { words } from "./restoreCommand.ts";
import { rotateTicketSecret } from "./secretFile.ts";

export const CREATE_LOG_HELP: Help = {
  name: "key create-log",
  does: "Makes the log's signing key before there is a log.",
  usage: ["FILE --origin ORIGIN"],
  terms: {
    FILE: "where it is written, on another medium for instance; name it in log.signingKeyPath",
    "--origin": "as in log.origin, such as tacet.example",
  },
  exit: { 0: "it is made", 1: "it failed", 2: "the arguments do not fit" },
  examples: ["tacet key create-log /mnt/key/signing.key --origin tacet.example"],
};

export const ROTATE_LOG_HELP: Help = {
  name: "key rotate-log",
  does: "Takes another key to sign the log with, under heads that both sign.",
  usage: ["FOLDER --reason WORDS [--by NAME] [--signing-key FILE]"],
  terms: {
    FOLDER: "the log's folder; the service is stopped",
    "--reason": "what for: it stands in the log for good",
    "--by": "who ordered it, which stands there too; the user of this system",
    "--signing-key": "where log.signingKeyPath is set",
  },
  exit: { 0: "the log has the new key", 1: "it failed", 2: "the arguments do not fit" },
  examples: ['tacet key rotate-log /var/lib/tacet --reason "yearly"'],
};

export const ROTATE_TICKETS_HELP: Help = {
  name: "key rotate-tickets",
  does: "Takes another secret to seal tickets with, from the next start on.",
  usage: ["FOLDER [--at-once]"],
  terms: {
    FOLDER: "the log's folder",
    "--at-once": "tickets given out before are worth nothing from then on",
  },
  exit: { 0: "done", 1: "it failed", 2: "the arguments do not fit" },
  examples: ["tacet key rotate-tickets /var/lib/tacet"],
};

const text = { type: "string" } as const;

/** Makes a signing key before there is a log, on another medium for instance. */
export async function createLogKeyCommand(args: string[], io: Output): Promise<number> {
  return await told(io, CREATE_LOG_HELP, async () => {
    const { place, values } = read(args, { origin: text });
    const origin = values["origin"];
    if (typeof origin !== "string") throw new Misused("--origin is missing");
    const verifierKey = await createLogKey(place, origin);
    return [
      `Made ${place}, readable by its owner only. Name it in log.signingKeyPath, and keep a copy.`,
      "Its verifier key, for whoever verifies:",
      verifierKey,
    ];
  });
}

export async function rotateLogCommand(args: string[], io: Output): Promise<number> {
  return await told(io, ROTATE_LOG_HELP, async () => {
    const options = { reason: text, by: text, "signing-key": text };
    const { place, values } = read(args, options);
    const signingKeyPath = values["signing-key"];
    const { from, retired, to } = await rotateLogKey({
      folder: place,
      reason: sentence("--reason", values["reason"] ?? ""),
      by: sentence("--by", values["by"] ?? `os:${userInfo().username}`),
      ...(typeof signingKeyPath === "string" ? { signingKeyPath } : {}),
      now: Date.now,
    });
    return [
      `From ${from}`,
      `to   ${to}`,
      "An entry in every log names the new key, under heads that both signed. Give it to whoever",
      `verifies. The old key is ${retired}: it signs nothing any more. Destroy it.`,
    ];
  });
}

/** Tickets given out before are good for their life's rest, unless they are to end at once. */
export async function rotateTicketsCommand(args: string[], io: Output): Promise<number> {
  return await told(io, ROTATE_TICKETS_HELP, async () => {
    const { place, values } = read(args, { "at-once": { type: "boolean" } });
    const atOnce = values["at-once"] === true;
    await rotateTicketSecret(place, atOnce);
    return [
      "From the next start on tickets are sealed with a new secret.",
      atOnce
        ? "Tickets given out before are worth nothing then."
        : "Tickets given out before are good until they expire.",
    ];
  });
}

class Misused extends Error {}

function sentence(option: string, given: unknown): string {
  try {
    return words(option, String(given));
  } catch (error) {
    throw new Misused(messageOf(error));
  }
}

function read(args: string[], options: Record<string, { type: "string" | "boolean" }>) {
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Misused(messageOf(error));
  }
  const [place, ...more] = parsed.positionals;
  if (place === undefined || more.length > 0) throw new Misused("Name one place.");
  return { place, values: parsed.values as Record<string, string | boolean | undefined> };
}

/** Exit code: 0, 1 where it failed, 2 where the arguments do not fit. */
async function told(io: Output, help: Help, run: () => Promise<string[]>): Promise<number> {
  try {
    for (const line of await run()) io.out(line);
    return 0;
  } catch (error) {
    io.err(messageOf(error));
    if (!(error instanceof Misused)) return 1;
    io.err(usageOf(help));
    return 2;
  }
}
