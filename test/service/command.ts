/** `tacet ARGS` inside the test's own process: what is refused needs no process of its own. */
import { conformCommand } from "../../src/runtime/node/conformCommand.ts";
import { keyCommand, tokenCommand } from "../../src/runtime/node/keyCommand.ts";
import { sandboxCommand } from "../../src/runtime/node/sandboxCommand.ts";
import { checkCommand, serveCommand } from "../../src/runtime/node/serveCommand.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import type { Ended } from "./process.ts";

/** Ends as the process would. `serve` and `sandbox` are for what they refuse before they start. */
export async function command([name = "", ...args]: readonly string[]): Promise<Ended> {
  const said: { out: string[]; err: string[] } = { out: [], err: [] };
  const out = (line: string) => void said.out.push(line);
  const err = (line: string) => void said.err.push(line);
  const io = { out, err, print: out, complain: err, now: Date.now };
  const commands = {
    serve: () => serveCommand(args, io),
    check: () => checkCommand(args, io),
    conform: () => conformCommand(args, io),
    sandbox: () => sandboxCommand(args, io),
    verify: () => verifyCommand(args, io),
    key: () => keyCommand(args, io),
    token: () => tokenCommand(args, io),
  };
  const code = await commands[name as keyof typeof commands]();
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  return { code, out: text(said.out), err: text(said.err) };
}
