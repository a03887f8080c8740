/** What `tacet --help` and each command's `--help` say: of one form, and true of what is taken. */
import type { ParseArgsConfig } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { COMMANDS, runTacet } from "../../src/runtime/node/commands.ts";
import { type Help, helpOf } from "../../src/runtime/node/help.ts";

const taken = vi.hoisted((): { options: string[] } => ({ options: [] }));
vi.mock("node:util", async (original) => {
  const real = await original<typeof import("node:util")>();
  return {
    ...real,
    parseArgs(config: ParseArgsConfig) {
      taken.options = Object.keys(config.options ?? {});
      return real.parseArgs(config);
    },
  };
});
beforeEach(() => vi.stubEnv("TACET_CONFIG", "/no/such/tacet.yaml"));
afterEach(() => vi.unstubAllEnvs());

async function tacet(...argv: readonly string[]) {
  const said = { out: [] as string[], err: [] as string[] };
  const io = {
    out: (line: string) => said.out.push(line),
    err: (line: string) => said.err.push(line),
  };
  const code = await runTacet(argv, {
    out: (line) => void io.out(line),
    err: (line) => void io.err(line),
  });
  return { code, out: said.out.join("\n"), err: said.err.join("\n") };
}

const helps: readonly Help[] = COMMANDS.flatMap(({ help, verbs = [] }) => [help, ...verbs]);
const named = helps.map((help) => [help.name, help] as const);

test("tacet --help has every command in one line of its own, and what it does", async () => {
  const { code, err, out } = await tacet("--help");
  expect([code, err]).toEqual([0, ""]);
  const rows = out.split("\n").filter((line) => line.startsWith("  "));
  expect(rows).toHaveLength(COMMANDS.length);
  for (const [index, { help }] of COMMANDS.entries()) {
    expect(rows[index]).toMatch(new RegExp(`^  ${help.name} +\\S`));
    expect(rows[index]).toContain(help.does);
  }
  expect(await tacet("-h")).toMatchObject({ code: 0, out });
  expect(await tacet()).toMatchObject({ code: 2, out: "", err: out });
  expect(await tacet("sreve")).toMatchObject({ code: 2, out: "" });
});

describe.each(named)("tacet %s --help", (name, help) => {
  const argv = name.split(" ");

  test("is asked for anywhere, in both ways, and does nothing else", async () => {
    for (const args of [["--help"], ["-h"], ["--nonsense", "--help"]]) {
      const asked = await tacet(...argv, ...args);
      expect(asked).toEqual({ code: 0, out: helpOf(help), err: "" });
    }
  });

  test("has usage, what it does, its terms, exit codes and an example, in this order and form", () => {
    const text = helpOf(help);
    const parts = text.split("\n\n");
    const [usage = "", does = "", ...rest] = parts;
    expect(usage).toMatch(new RegExp(`^usage: tacet ${name}\\b`));
    expect(does.replaceAll("\n", " ").startsWith(help.does)).toBe(true);
    expect(help.does).toMatch(/^[A-Z].*[^.][.?]$/);
    const examples = rest.pop() ?? "";
    expect(examples).toMatch(/^Examples?\n( {2}tacet .*\n?)+$/);
    for (const one of help.examples) expect(one).toMatch(new RegExp(`^tacet ${argv[0]}\\b`));
    expect(rest.pop()).toMatch(/^Exit code\n {2}0 {2}\S/);
    const codes = Object.keys(help.exit).map(Number);
    expect([codes[0], codes.includes(2)]).toEqual([0, true]);
    for (const words of [...Object.values(help.terms), ...Object.values(help.exit)]) {
      expect(words).toMatch(/^[A-Za-z0-9(][^\n]*[^.]$/);
    }
    expect(rest.length).toBe(Object.keys(help.terms).length > 0 ? 1 : 0);
    for (const line of text.split("\n")) {
      expect(line.length <= 100 || help.examples.includes(line.trim()), line).toBe(true);
    }
  });

  test("explains every argument and option of its usage, and no others", () => {
    const usage = help.usage.join(" ");
    const options = new Set([...usage.matchAll(/--[a-z-]+/g)].map(String));
    // What stands for itself: neither an option nor an option's value.
    const places = usage.replaceAll(/\[[^\]]*\](?:\.\.\.)?|--\S+(?: [^\s[-]\S*)?/g, " ");
    const terms = new Set([...options, ...places.split(/[\s|]+/).filter((word) => word !== "")]);
    expect(new Set(Object.keys(help.terms))).toEqual(terms);
  });

  test("names the options that the command takes, and wrong ones end with the usage and 2", async () => {
    taken.options = [];
    const test = name === "alert" ? ["--test"] : [];
    const { code, err, out } = await tacet(...argv, ...test, "--nonsense");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(`usage: tacet ${name}`);
    const options = [...taken.options, ...test.map((one) => one.slice(2))].map((one) => `--${one}`);
    const told = Object.keys(help.terms).filter((term) => term.startsWith("--"));
    expect(told.toSorted()).toEqual(options.toSorted());
  });
});
