/**
 * `tacet key create` and `tacet token`: credentials, printed once and kept nowhere.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { z } from "zod";
import { makeApiKey } from "../../http/apiKeys.ts";
import { apiKeySchema, KINDS } from "../../policy/configAuth.ts";
import { SANDBOX_PREFIX } from "../../policy/configAuthRules.ts";
import { nearest } from "../../policy/nearest.ts";
import { SCOPES } from "../../policy/principal.ts";
import { devKey, devToken } from "./devToken.ts";
import { type Help, usageOf } from "./help.ts";
import { createLogKeyCommand, rotateLogCommand, rotateTicketsCommand } from "./rotateCommand.ts";

export interface CommandIo {
  print(line: string): void;
  /** For what went wrong. */
  complain(line: string): void;
  readonly now: () => number;
}

export const KEY_HELP: Help = {
  name: "key",
  does: "Makes an API key, or another key for the log or for tickets.",
  usage: ["create|create-log|rotate-log|rotate-tickets [ARGUMENT]..."],
  terms: {
    create: "makes an API key",
    "create-log": "makes the log's signing key before there is a log",
    "rotate-log": "takes another signing key",
    "rotate-tickets": "takes another secret for tickets",
  },
  exit: { 0: "done", 1: "it failed", 2: "the arguments do not fit" },
  examples: ["tacet key create --help"],
};

export const KEY_CREATE_HELP: Help = {
  name: "key create",
  does: "Makes an API key, shows it once, and prints the line for the configuration.",
  usage: [
    "--tenant TENANT --kind KIND --scopes SCOPES [--id ID] [--agent AGENT] [--principal NAME] [--expires TIME]",
  ],
  terms: {
    "--id": "what it is called; made up where it is not given",
    "--tenant": "whose it is",
    "--kind": `who uses it: one of ${KINDS.join(", ")}`,
    "--scopes": "what it may do, parted by commas",
    "--agent": "the agent that it is bound to",
    "--principal": "who acts by it, where several keys are one principal",
    "--expires": "when it ends, such as 2027-01-31T00:00:00Z",
  },
  exit: { 0: "it is made", 2: "the arguments do not fit" },
  examples: ["tacet key create --tenant acme --kind payment --scopes windows:write,calls:write"],
};

export const TOKEN_HELP: Help = {
  name: "token",
  does: "Makes a development token for the sandbox.",
  more: "It is signed with this machine's development key, which only the sandbox trusts.",
  usage: [
    "--id ID --kind KIND --scopes SCOPES [--agent AGENT] [--tenant TENANT] [--life-ms MS] [--folder FOLDER]",
  ],
  terms: {
    "--id": "who acts by it",
    "--kind": `who uses it: one of ${KINDS.join(", ")}`,
    "--scopes": "what it may do, parted by commas",
    "--agent": "the agent that it is bound to",
    "--tenant": "whose it is; sandbox",
    "--life-ms": "how long it is good, in milliseconds; 3600000",
    "--folder": "the sandbox's folder; .tacet",
  },
  exit: { 0: "it is printed, and nothing else", 2: "the arguments do not fit" },
  examples: ["tacet token --id ann --kind agent --scopes windows:write --agent a-204"],
};

const text = { type: "string" } as const;
const KEY_OPTIONS = {
  id: text,
  tenant: text,
  kind: text,
  scopes: text,
  agent: text,
  principal: text,
  expires: text,
};
const TOKEN_OPTIONS = {
  id: text,
  tenant: text,
  kind: text,
  scopes: text,
  agent: text,
  "life-ms": text,
  folder: text,
};

/** `args` follow `tacet key`. Returns the exit code: 0, or 2 where the arguments do not fit. */
export async function keyCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const [verb, ...rest] = args;
  const output = { out: io.print, err: io.complain };
  if (verb === "create-log") return await createLogKeyCommand(rest, output);
  if (verb === "rotate-log") return await rotateLogCommand(rest, output);
  if (verb === "rotate-tickets") return await rotateTicketsCommand(rest, output);
  if (verb !== "create") return misused(io, KEY_HELP, [`there is no \`tacet key ${verb ?? ""}\``]);
  const options = read(rest, KEY_OPTIONS);
  if (options === undefined) return misused(io, KEY_CREATE_HELP, ["an option is not known here"]);
  const kind = options["kind"] ?? "";
  const id = options["id"] ?? `${kind}-${crypto.randomUUID().slice(0, 8)}`;
  const made = makeApiKey(id);
  const line = withoutUndefined({
    id,
    hash: made.hash,
    tenant: options["tenant"],
    kind,
    scopes: listed(options["scopes"]),
    agentId: options["agent"],
    principal: options["principal"],
    expiresAt: options["expires"],
  });
  const parsed = apiKeySchema.safeParse(line, { reportInput: true });
  const problems = parsed.success ? [] : problemsOf(parsed.error);
  if (id.startsWith(SANDBOX_PREFIX)) problems.push("--id: the sandbox's keys begin so");
  if (kind === "agent" && options["agent"] === undefined) problems.push("--agent: is missing");
  if (kind === "agent" && listed(options["scopes"]).includes("targets:write")) {
    problems.push("--scopes: an agent never names targets (targets:write)");
  }
  if (problems.length > 0) return misused(io, KEY_CREATE_HELP, problems);
  io.print("The key. It is shown this once; tacet keeps only its hash:");
  io.print("");
  io.print(`  ${made.key}`);
  io.print("");
  io.print("The line for auth.apiKeys in tacet.yaml:");
  io.print("");
  for (const row of stringify([line]).trimEnd().split("\n")) io.print(`    ${row}`);
  return 0;
}

const devSchema = z.strictObject({
  id: z.string().min(1).max(200),
  tenant: z.string().min(1),
  kind: z.enum(KINDS),
  scopes: z.array(z.enum(SCOPES)).min(1),
  agentId: z.string().min(1).max(200).exactOptional(),
  lifeMs: z.int().min(1_000).max(86_400_000),
});

/** `args` follow `tacet token`. Prints the token and nothing else, so that a shell can take it. */
export async function tokenCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const options = read(args, TOKEN_OPTIONS);
  if (options === undefined) return misused(io, TOKEN_HELP, ["an option is not known here"]);
  const wish = withoutUndefined({
    id: options["id"],
    tenant: options["tenant"] ?? "sandbox",
    kind: options["kind"],
    scopes: listed(options["scopes"]),
    agentId: options["agent"],
    lifeMs: Number(options["life-ms"] ?? 3_600_000),
  });
  const parsed = devSchema.safeParse(wish, { reportInput: true });
  if (!parsed.success) return misused(io, TOKEN_HELP, problemsOf(parsed.error));
  const key = await devKey(options["folder"] ?? ".tacet");
  io.print(await devToken(key, parsed.data, io.now()));
  return 0;
}

function read(
  args: readonly string[],
  options: Readonly<Record<string, { readonly type: "string" }>>,
): Readonly<Record<string, string | undefined>> | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    return values;
  } catch {
    return undefined;
  }
}

const listed = (given: string | undefined): readonly string[] =>
  (given ?? "").split(/[\s,]+/).filter((word) => word !== "");

const withoutUndefined = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));

const OPTION_OF: Readonly<Record<string, string>> = {
  agentId: "--agent",
  expiresAt: "--expires",
  lifeMs: "--life-ms",
};

function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const member = String(issue.path[0]);
    const option = OPTION_OF[member] ?? `--${member}`;
    if (issue.code !== "invalid_value") return `${option}: ${issue.message}`;
    const choices = issue.values.map(String);
    const meant = typeof issue.input === "string" ? nearest(issue.input, choices) : undefined;
    return `${option}: ${meant === undefined ? `one of ${choices.join(", ")}` : `did you mean ${meant}?`}`;
  });
}

function misused(io: CommandIo, help: Help, problems: readonly string[]): number {
  for (const problem of problems) io.complain(problem);
  io.complain(usageOf(help));
  return 2;
}
