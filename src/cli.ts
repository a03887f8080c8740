/**
 * `tacet`: one command for everything that is run from a shell.
 *
 * @module
 */
import { alertCommand } from "./runtime/node/alertCommand.ts";
import { conformCommand } from "./runtime/node/conformCommand.ts";
import { evidenceCommand } from "./runtime/node/evidenceCommand.ts";
import { keyCommand, tokenCommand } from "./runtime/node/keyCommand.ts";
import { kitCommand } from "./runtime/node/kitCommand.ts";
import { demoCommand } from "./runtime/node/demoCommand.ts";
import { exportCommand } from "./runtime/node/exportCommand.ts";
import { logCommand } from "./runtime/node/logCommand.ts";
import { type Output, messageOf, terminal } from "./runtime/node/output.ts";
import { backupCommand } from "./runtime/node/backupCommand.ts";
import { reconcileCommand } from "./runtime/node/reconcileCommand.ts";
import { restoreCommand } from "./runtime/node/restoreCommand.ts";
import { sandboxCommand } from "./runtime/node/sandboxCommand.ts";
import { checkCommand, serveCommand } from "./runtime/node/serveCommand.ts";
import { verifyCommand } from "./runtime/node/verifyCommand.ts";

const USAGE = `usage: tacet COMMAND

  serve     run the configured service            [--config tacet.yaml]
  sandbox   run it with simulated recorders       [--port 8080] [--folder .tacet] [--origin URL]
  demo      play a payment through the sandbox and say whether every step held
  check     check the configuration and ask every recorder whether it will obey
  conform   silence and resume a test call, and say what its recorder was seen to do
  alert     alert --test: send every alert endpoint a test    [--config tacet.yaml]
  verify    check a control log: a file, a folder, a URL, a kit, or a receipt
  kit       put entries into a folder for an auditor, with a page that verifies them
  evidence  hear a call's finished recordings, and judge its windows
  log       print the entries of a control log, the system's own too
  reconcile tell of each payment in a list whether the log shows that it was silent then
  export    write a control log for a spreadsheet, a SIEM, or to verify elsewhere
  backup    copy a control log while it is written, and check the copy
  restore   go on in a new log where a control log cannot
  key       make an API key (key create), or take another key for the log or for tickets
  token     make a development token for the sandbox`;

type Run = (args: string[], io: Output) => Promise<number>;

const COMMANDS: Readonly<Record<string, Run>> = {
  serve: serveCommand,
  sandbox: sandboxCommand,
  demo: demoCommand,
  check: checkCommand,
  conform: (args, io) => conformCommand(args, io),
  alert: alertCommand,
  verify: verifyCommand,
  kit: kitCommand,
  evidence: evidenceCommand,
  log: logCommand,
  export: exportCommand,
  reconcile: reconcileCommand,
  backup: backupCommand,
  restore: restoreCommand,
  key: (args, io) => keyCommand(args, credentialIo(io)),
  token: (args, io) => tokenCommand(args, credentialIo(io)),
};

const LINGER_MS = 2_000;

const credentialIo = (io: Output) => ({ print: io.out, complain: io.err, now: Date.now });

// Whoever reads no more (`| head`) stops no command: `conform` has a call to resume.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const [name = "", ...args] = process.argv.slice(2);
const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (run === undefined) {
  terminal.err(
    name === "" || name === "--help" ? USAGE : `There is no \`tacet ${name}\`.\n${USAGE}`,
  );
  process.exitCode = name === "--help" ? 0 : 2;
} else {
  try {
    process.exitCode = await run(args, terminal);
  } catch (error) {
    terminal.err(`tacet ${name} failed: ${messageOf(error)}`);
    process.exitCode = 1;
  }
}
// What is still open when a command is done, a socket that lingers, holds the process no longer.
setTimeout(() => process.exit(), LINGER_MS).unref();
