/**
 * Every command of `tacet`, and which of them is meant.
 *
 * @module
 */
import { ALERT_HELP, alertCommand } from "./alertCommand.ts";
import { BACKUP_HELP, backupCommand } from "./backupCommand.ts";
import { CONFORM_HELP } from "./conform/ask.ts";
import { conformCommand } from "./conformCommand.ts";
import { DEMO_HELP, demoCommand } from "./demoCommand.ts";
import { EVIDENCE_HELP, evidenceCommand } from "./evidenceCommand.ts";
import { EXPORT_HELP, exportCommand } from "./exportCommand.ts";
import { type Help, helpOf, helpOfAll } from "./help.ts";
import { KEY_CREATE_HELP, KEY_HELP, TOKEN_HELP, keyCommand, tokenCommand } from "./keyCommand.ts";
import { KIT_HELP, kitCommand } from "./kitCommand.ts";
import { LOG_HELP, logCommand } from "./logCommand.ts";
import { type Output, messageOf } from "./output.ts";
import { RECONCILE_HELP, reconcileCommand } from "./reconcileCommand.ts";
import { RESTORE_HELP, restoreCommand } from "./restoreCommand.ts";
import { CREATE_LOG_HELP, ROTATE_LOG_HELP, ROTATE_TICKETS_HELP } from "./rotateCommand.ts";
import { SANDBOX_HELP, sandboxCommand } from "./sandboxCommand.ts";
import { CHECK_HELP, SERVE_HELP, checkCommand, serveCommand } from "./serveCommand.ts";
import { VERIFY_HELP, verifyCommand } from "./verifyCommand.ts";

interface Command {
  readonly help: Help;
  run(args: string[], io: Output): Promise<number>;
  /** Commands of its own, which it runs itself. */
  readonly verbs?: readonly Help[];
}

const credentialIo = (io: Output) => ({ print: io.out, complain: io.err, now: Date.now });

export const COMMANDS: readonly Command[] = [
  { help: SERVE_HELP, run: serveCommand },
  { help: SANDBOX_HELP, run: sandboxCommand },
  { help: DEMO_HELP, run: demoCommand },
  { help: CHECK_HELP, run: checkCommand },
  { help: CONFORM_HELP, run: (args, io) => conformCommand(args, io) },
  { help: ALERT_HELP, run: alertCommand },
  { help: VERIFY_HELP, run: (args, io) => verifyCommand(args, io) },
  { help: KIT_HELP, run: kitCommand },
  { help: EVIDENCE_HELP, run: (args, io) => evidenceCommand(args, io) },
  { help: LOG_HELP, run: logCommand },
  { help: RECONCILE_HELP, run: reconcileCommand },
  { help: EXPORT_HELP, run: exportCommand },
  { help: BACKUP_HELP, run: backupCommand },
  { help: RESTORE_HELP, run: restoreCommand },
  {
    help: KEY_HELP,
    run: (args, io) => keyCommand(args, credentialIo(io)),
    verbs: [KEY_CREATE_HELP, CREATE_LOG_HELP, ROTATE_LOG_HELP, ROTATE_TICKETS_HELP],
  },
  { help: TOKEN_HELP, run: (args, io) => tokenCommand(args, credentialIo(io)) },
];

const ALL = helpOfAll(COMMANDS.map(({ help }) => help));
const isHelp = (word: string | undefined): boolean => word === "--help" || word === "-h";

/** Runs what `argv` asks for, and gives the exit code. Never rejects. */
export async function runTacet(argv: readonly string[], io: Output): Promise<number> {
  const [name = "", ...args] = argv;
  if (isHelp(name)) {
    io.out(ALL);
    return 0;
  }
  const command = COMMANDS.find(({ help }) => help.name === name);
  if (command === undefined) {
    io.err(name === "" ? ALL : `There is no \`tacet ${name}\`.\n${ALL}`);
    return 2;
  }
  if (args.some(isHelp)) {
    const verb = command.verbs?.find((one) => one.name === `${name} ${args[0] ?? ""}`);
    io.out(helpOf(verb ?? command.help));
    return 0;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    io.err(`tacet ${name} failed: ${messageOf(error)}`);
    return 1;
  }
}
