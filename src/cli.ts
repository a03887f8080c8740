/**
 * `tacet`: one command for everything that is run from a shell.
 *
 * @module
 */
import { runTacet } from "./runtime/node/commands.ts";
import { terminal } from "./runtime/node/output.ts";

const LINGER_MS = 2_000;

// Whoever reads no more (`| head`) stops no command: `conform` has a call to resume.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runTacet(process.argv.slice(2), terminal);
// What is still open when a command is done, a socket that lingers, holds the process no longer.
setTimeout(() => process.exit(), LINGER_MS).unref();
