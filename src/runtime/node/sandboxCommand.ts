/**
 * `tacet sandbox` (`npm start`): the service with simulated recorders, and commands to paste.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Help, usageOf } from "./help.ts";
import { nodeLogger } from "./logging.ts";
import { type Output, messageOf, stopSignal } from "./output.ts";
import { CONVERSATIONS, type Sandbox, startSandbox } from "./sandbox.ts";
import { UCC } from "./sandboxConfig.ts";

const PORT = 8080;

export const SANDBOX_HELP: Help = {
  name: "sandbox",
  does: "Runs the service with simulated recorders, to try it.",
  usage: ["[--port PORT] [--folder FOLDER] [--origin URL]... [--quiet]"],
  terms: {
    "--port": "where it listens, 8080; 0 lets the system choose",
    "--folder": "where its log and its development key are kept, .tacet",
    "--origin": "a page of yours that may ask it from a browser",
    "--quiet": "says errors alone",
  },
  exit: { 0: "it was stopped", 1: "it could not start", 2: "the arguments do not fit" },
  examples: ["tacet sandbox --port 8090"],
};

export async function sandboxCommand(args: readonly string[], io: Output): Promise<number> {
  let options: {
    readonly folder: string;
    readonly port: number;
    readonly quiet: boolean;
    readonly origins: readonly string[];
  };
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        folder: { type: "string", default: ".tacet" },
        port: { type: "string", default: String(PORT) },
        quiet: { type: "boolean", default: false },
        origin: { type: "string", multiple: true, default: [] },
      },
    });
    const { folder, origin: origins, quiet } = values;
    options = { folder, origins, quiet, port: Number(values.port) };
    if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535) {
      throw new Error("--port takes a number from 0 (the system chooses) to 65535");
    }
  } catch (error) {
    io.err(`${messageOf(error)}\n${usageOf(SANDBOX_HELP)}`);
    return 2;
  }
  const stopped = stopSignal();
  const logger = nodeLogger(options.quiet ? "error" : "warn");
  const { folder, origins } = options;
  const start = (port: number) => startSandbox({ folder, origins, port, logger });
  const sandbox = await start(options.port).catch((error: unknown) => {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!taken || options.port !== PORT) throw error;
    io.err(`Port ${PORT} is taken; the system chose another.`);
    return start(0);
  });
  for (const line of welcome(sandbox)) io.out(line);
  const reason = await stopped;
  io.out("Stopping.");
  await sandbox.stop(reason);
  return 0;
}

/** Each command works when it is pasted, in this order. */
function welcome({
  anywherenow,
  keys,
  logFolder,
  page,
  service,
  vslogger,
}: Sandbox): readonly string[] {
  const { url } = service.api;
  const [first] = CONVERSATIONS;
  // A new call each time: an ended call's id is not used again for a day.
  const callId = `call-${Date.now().toString(36)}`;
  const auth = `-H 'Authorization: Bearer ${keys.payment}'`;
  const json = `-H 'Content-Type: application/json'`;
  const targets = {
    "anywherenow-demo": { uccName: UCC, correlationId: first.correlationId },
    "vslogger-demo": { channel: Number(first.channel) },
  };
  return [
    "tacet SANDBOX: simulated recorders, a development key, nothing here is evidence.",
    "",
    "See it happen: a shop's payment page, an agent's desktop and the recorders, side by side:",
    "",
    `  ${page}`,
    "",
    "The auditor's console; this link signs in whoever opens it first:",
    "",
    `  ${service.consoleLink ?? ""}`,
    "",
    `  API          ${url}    documentation ${service.ops.url}/docs`,
    `  AnywhereNow  ${anywherenow.origin}    VSLogger ${vslogger.origin}`,
    "",
    "Watch what happens, in a second terminal:",
    "",
    `  curl -N ${auth} -H 'Accept: text/event-stream' '${url}/v1/events?all=true'`,
    "",
    "Register a call that two recorders are recording:",
    "",
    `  curl -X PUT ${url}/v1/calls/${callId} ${auth} ${json} \\`,
    `    -d '${JSON.stringify({ agentId: "a-204", targets })}'`,
    "",
    "Sensitive data starts. The page collects only if safeToCollect is true:",
    "",
    `  curl -X POST ${url}/v1/calls/${callId}/pause ${auth} ${json} \\`,
    `    -d '${JSON.stringify({ windowId: `pay-${callId}`, reason: "card_payment" })}'`,
    "",
    "Sensitive data is over:",
    "",
    `  curl -X POST ${url}/v1/calls/${callId}/resume ${auth} ${json} \\`,
    `    -d '${JSON.stringify({ windowId: `pay-${callId}` })}'`,
    "",
    "Make a recorder say yes and go on recording. The next pause is not safe (424):",
    "",
    `  curl -X POST ${anywherenow.origin}/_sim/faults ${json} -d '{"name":"ack-and-ignore"}'`,
    `  curl -X POST ${url}/v1/calls/${callId}/pause ${auth} ${json} \\`,
    `    -d '${JSON.stringify({ windowId: `pay2-${callId}`, reason: "card_payment" })}'`,
    "",
    "Mend it. Nobody asks again, and the window becomes secured:",
    "",
    `  curl -X DELETE ${anywherenow.origin}/_sim/faults`,
    `  curl ${url}/v1/calls/${callId} ${auth}`,
    "",
    "The log, and a check of it that needs no server:",
    "",
    `  curl ${url}/v1/log/entries -H 'Authorization: Bearer ${keys.auditor}'`,
    `  npm run tacet -- verify ${logFolder}`,
    "",
    "Ctrl-C stops it.",
  ];
}
