/**
 * What a command says of itself, in one form for all: usage, what it does, every argument and option,
 * the exit codes, an example.
 *
 * @module
 */
import { messageOf } from "./output.ts";

export interface Help {
  /** As it is typed behind `tacet`. */
  readonly name: string;
  /** One sentence; `tacet --help` has it too. */
  readonly does: string;
  /** What else has to be known before it is used. */
  readonly more?: string;
  /** Behind the name; one for each way to use it. */
  readonly usage: readonly string[];
  /** Each argument and each option of the usage, with what it is. */
  readonly terms: Readonly<Record<string, string>>;
  /** What each exit code means. */
  readonly exit: Readonly<Record<number, string>>;
  /** Each as it is typed. */
  readonly examples: readonly string[];
}

const WIDTH = 100;

/** For wrong arguments. */
export const usageOf = ({ name, usage }: Help): string =>
  [
    ...usage.flatMap((one, index) => {
      const head = `${index === 0 ? "usage:" : "      "} tacet ${name} `;
      return wrapped(one.match(GROUPS) ?? [], head);
    }),
    `\`tacet ${name} --help\` says more.`,
  ]
    .map((line) => line.trimEnd())
    .join("\n");

/** What went wrong, and the usage where it is the arguments. */
export function failureOf(help: Help, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const isMisused = code.startsWith("ERR_PARSE_ARGS");
  return isMisused ? `${messageOf(error)}\n${usageOf(help)}` : messageOf(error);
}

/** An option stays with its value. */
const GROUPS = /\[[^\]]*\](?:\.\.\.)?|\([^)]*\)|--\S+ [^\s[-]\S*|\S+/g;

export function helpOf(help: Help): string {
  const { does, examples, exit, more, terms } = help;
  const usage = usageOf(help).split("\n").slice(0, -1);
  return [
    ...usage,
    "",
    ...wrapped(words(more === undefined ? does : `${does} ${more}`), ""),
    ...section("", terms),
    ...section("Exit code", exit),
    "",
    examples.length === 1 ? "Example" : "Examples",
    ...examples.map((one) => `  ${one}`),
  ].join("\n");
}

/** Of all commands, each in a line. */
export const helpOfAll = (all: readonly Help[]): string =>
  [
    "usage: tacet COMMAND [ARGUMENT]...",
    ...section("", Object.fromEntries(all.map(({ does, name }) => [name, does]))),
    "",
    "`tacet COMMAND --help` says what a command takes, and what its exit codes mean.",
  ].join("\n");

function section(title: string, rows: Readonly<Record<string, string>>): string[] {
  const width = Math.max(0, ...Object.keys(rows).map((key) => key.length)) + 2;
  const lines = Object.entries(rows).flatMap(([key, text]) =>
    wrapped(words(text), `  ${key.padEnd(width)}`),
  );
  if (lines.length === 0) return [];
  return title === "" ? ["", ...lines] : ["", title, ...lines];
}

const words = (text: string): string[] => text.split(" ");

/** Lines of so many characters at most; what follows the first stands under what follows `head`. */
function wrapped(parts: readonly string[], head: string): string[] {
  const lines: string[] = [];
  let line = head;
  let isEmpty = true;
  for (const part of parts) {
    if (!isEmpty && line.length + 1 + part.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(head.length);
      isEmpty = true;
    }
    line = isEmpty ? `${line}${part}` : `${line} ${part}`;
    isEmpty = false;
  }
  return [...lines, line];
}
