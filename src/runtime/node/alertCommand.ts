/**
 * `tacet alert --test`: sends everybody who is told of alerts one test, once, and says what
 * came of it. Needs no running service and enters nothing.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { tested } from "../../alerts/message.ts";
import { placeOf, sendersOf } from "./alerts/senders.ts";
import { type Help, usageOf } from "./help.ts";
import type { Output } from "./output.ts";
import { configured } from "./serveCommand.ts";

export const ALERT_HELP: Help = {
  name: "alert",
  does: "Sends everybody who is told of alerts a test.",
  usage: ["--test [--config FILE]"],
  terms: {
    "--test": "has to be given: nothing else is sent",
    "--config": "the configuration; otherwise TACET_CONFIG, ./tacet.yaml or /etc/tacet/tacet.yaml",
  },
  exit: {
    0: "every endpoint took it",
    1: "one did not, or nobody is configured",
    2: "the arguments do not fit",
  },
  examples: ["tacet alert --test"],
};

const USAGE = usageOf(ALERT_HELP);

/** Exit code: 0, 1 where an endpoint did not take it or there is none, 2 for wrong arguments. */
export async function alertCommand(args: readonly string[], io: Output): Promise<number> {
  if (!args.includes("--test")) {
    io.err(USAGE);
    return 2;
  }
  const rest = args.filter((one) => one !== "--test");
  const loaded = await configured(rest, io, ALERT_HELP);
  if (typeof loaded === "number") return loaded;
  const { alerts, log, sandbox } = loaded.config;
  const senders = [...sendersOf(alerts).values()];
  if (senders.length === 0) {
    io.err(
      "Nobody is told: see `alerts.endpoints` and `alerts.mailboxes` in docs/configuration.md.",
    );
    return 1;
  }
  const nonce = randomUUID().replaceAll("-", "");
  const message = tested(nonce, Date.now(), { origin: log.origin, sandbox });
  let failed = 0;
  for (const sender of senders) {
    const sent = await sender.send(message);
    await sender.close();
    if (sent.kind === "failed") failed += 1;
    const word = sent.kind === "delivered" ? "ok      " : "PROBLEM ";
    const place = placeOf(alerts, sender.endpointId);
    io.out(
      `  ${word} ${sender.endpointId} (${place})${sent.kind === "failed" ? `: ${sent.why}` : ""}`,
    );
  }
  io.out(failed === 0 ? "Every endpoint took it." : `${failed} to put right.`);
  return failed === 0 ? 0 : 1;
}
