/**
 * `tacet alert --test`: sends every configured endpoint one signed test alert, once, and says what
 * came of it. Needs no running service and enters nothing.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { tested } from "../../alerts/message.ts";
import { senderOf } from "./alerts/sender.ts";
import type { Output } from "./output.ts";
import { configured } from "./serveCommand.ts";

const USAGE = "usage: tacet alert --test [--config tacet.yaml]";

/** Exit code: 0, 1 where an endpoint did not take it or there is none, 2 for wrong arguments. */
export async function alertCommand(args: readonly string[], io: Output): Promise<number> {
  if (!args.includes("--test")) {
    io.err(USAGE);
    return 2;
  }
  const rest = args.filter((one) => one !== "--test");
  const loaded = await configured(rest, io, USAGE);
  if (typeof loaded === "number") return loaded;
  const { alerts, log, sandbox } = loaded.config;
  if (alerts.endpoints.length === 0) {
    io.err("No endpoint is configured: see `alerts.endpoints` in docs/configuration.md.");
    return 1;
  }
  const nonce = randomUUID().replaceAll("-", "");
  const message = tested(nonce, Date.now(), { origin: log.origin, sandbox });
  let failed = 0;
  for (const endpoint of alerts.endpoints) {
    const sender = senderOf(endpoint, alerts.sendMsMax);
    const sent = await sender.send(message);
    await sender.close();
    if (sent.kind === "failed") failed += 1;
    const { host } = new URL(endpoint.url);
    const word = sent.kind === "delivered" ? "ok      " : "PROBLEM ";
    io.out(`  ${word} ${endpoint.id} (${host})${sent.kind === "failed" ? `: ${sent.why}` : ""}`);
  }
  io.out(failed === 0 ? "Every endpoint took it." : `${failed} to put right.`);
  return failed === 0 ? 0 : 1;
}
