/** Every guide's commands are run as they stand, and say what the guide says that they say. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { vendors } from "../../src/adapters/registry.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { cleanUp, folder } from "../service/process.ts";
import { blocksOf, follow, sandboxWorld, servedWorld, type World } from "./guide.ts";

vi.setConfig({ testTimeout: 120_000 });
const GUIDES = new URL("../../docs/guides/", import.meta.url);
const guides = readdirSync(GUIDES).filter((name) => name.endsWith(".md"));

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
  await cleanUp();
});

test("there is a guide for each of what the README promises", () => {
  expect(guides).toEqual([
    "anywherenow.md",
    "asterisk.md",
    "ivr.md",
    "payment-page.md",
    "vslogger.md",
    "witnesses.md",
  ]);
});

describe.each(guides)("%s", (guide) => {
  const blocks = blocksOf(guide);
  const page = readFileSync(new URL(guide, GUIDES), "utf8");

  test("its commands do what it says", async () => {
    const place = await folder();
    const configuration = blocks.find(({ info }) => info === "yaml serve");
    world =
      configuration === undefined
        ? await sandboxWorld(place)
        : await servedWorld(place, configuration.text);
    const said = await follow(blocks, world);
    expect(said.length).toBeGreaterThan(2);
    for (const { command, expected, printed } of said) {
      for (const { info, text } of expected) {
        if (info === "json said") {
          const last = printed
            .split("\n")
            .findLast((line) => line.startsWith("{") || line.startsWith("["));
          expect(JSON.parse(last ?? "null"), command).toMatchObject(JSON.parse(text) as object);
        } else {
          for (const line of text.split("\n").filter((one) => one.trim() !== ""))
            expect(printed, command).toContain(line.trim());
        }
      }
    }
    expect(said.filter(({ expected }) => expected.length > 0).length).toBeGreaterThan(1);
  });

  test("whatever stands in it as a command is run, or says that it is for the reader's hand", () => {
    const known = ["sh run", "sh by hand", "json said", "text said", "yaml serve"];
    const program = ["html", "js", "vb", "cs", "ini", "yaml part"];
    for (const { info } of blocks) expect([...known, ...program]).toContain(info);
  });

  test("a part of a configuration fits into a whole one", () => {
    for (const { text } of blocks.filter(({ info }) => info === "yaml part"))
      expect(parseConfig(merged(smallest(), parse(text)), vendors)).toMatchObject({ ok: true });
  });

  test("every file that it links to is there", () => {
    for (const [, link = ""] of page.matchAll(/\]\((?!https?:)([^)#]+)\)/g))
      expect(existsSync(new URL(link, GUIDES)), link).toBe(true);
  });
});

const smallest = () => ({
  log: { folder: "log", origin: "tacet.example" },
  recorders: {
    hq: {
      vendor: "vslogger",
      settings: { baseUrl: "https://v.example", version: "5.1.0.0", hash: { type: "none" } },
    },
  },
  tenants: { acme: { atLeaseEnd: "resume", routes: [{ recorders: [{ recorder: "hq" }] }] } },
  auth: {
    apiKeys: [
      {
        id: "p",
        hash: `sha256:${"0".repeat(64)}`,
        tenant: "acme",
        kind: "payment",
        scopes: ["windows:write"],
      },
    ],
  },
});

/** Members of the second one count; lists are taken whole. */
function merged(base: unknown, part: unknown): unknown {
  const isRecord = (one: unknown): one is Record<string, unknown> =>
    typeof one === "object" && one !== null && !Array.isArray(one);
  if (!isRecord(base) || !isRecord(part)) return part;
  const names = new Set([...Object.keys(base), ...Object.keys(part)]);
  return Object.fromEntries(
    [...names].map((name) => [name, name in part ? merged(base[name], part[name]) : base[name]]),
  );
}

test("a fact about a vendor's recorder says how it is known", () => {
  for (const guide of ["anywherenow.md", "asterisk.md", "vslogger.md", "witnesses.md"]) {
    const page = readFileSync(new URL(guide, GUIDES), "utf8");
    const [, facts = ""] = page.split(/^## How .* is known$/m);
    const rows = facts
      .split("\n## ")[0]
      ?.split("\n")
      .filter((line) => /^\| (?!---|fact)/.test(line));
    expect(rows?.length, guide).toBeGreaterThan(3);
    for (const row of rows ?? [])
      expect(row, guide).toMatch(/\| [^|]*(documented|inferred|unknown|seen|source)[^|]*\|$/i);
  }
});
