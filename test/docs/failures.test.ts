/** docs/failures.md names tests and faults that there are, and every fault that there is. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import { amiSimulator } from "../../src/sandbox/asterisk/ami.ts";
import { ariSimulator } from "../../src/sandbox/asterisk/ari.ts";
import { fonoucSimulator } from "../../src/sandbox/fonouc/index.ts";
import { revcordSimulator } from "../../src/sandbox/revcord/index.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";

const TESTS = new URL("../", import.meta.url);
const page = readFileSync(new URL("../docs/failures.md", TESTS), "utf8");
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
/** Header and rule lines of tables are none. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map(cells)
  .filter(([first = ""]) => !/^(?:---|name|fault)$/.test(first));
const exhibits = rows.filter((row) => row.length === 5);

const known = new Set(
  Object.entries({
    anywherenow: anywherenowSimulator().faults.known,
    "asterisk-ami": amiSimulator().faults.known,
    "asterisk-ari": ariSimulator().faults.known,
    fonouc: fonoucSimulator().faults.known,
    revcord: revcordSimulator().faults.known,
    vslogger: vsloggerSimulator().faults.known,
  }).flatMap(([simulator, faults]) => faults.map((fault) => `${simulator}: ${fault}`)),
);
/** "anywherenow, vslogger: `slow`; vslogger: `cut`" → each simulator with its fault. */
const faultsIn = (cell: string): string[] =>
  [...cell.matchAll(/([a-z, -]+): `([a-z0-9-]+)`/g)].flatMap(([, simulators = "", fault]) =>
    simulators.split(",").map((simulator) => `${simulator.trim()}: ${fault}`),
  );
const listed = rows.flatMap((row) => faultsIn(row[row.length === 5 ? 3 : 0] ?? ""));

const files = new Map(
  readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => [path.split("/").at(-1) ?? path, readFileSync(new URL(path, TESTS), "utf8")]),
);

test("there are exhibits", () => {
  expect(exhibits.filter(([name]) => name !== "").length).toBeGreaterThan(30);
});

test.each(exhibits.map((row) => [row[0] || "(more of the one above)", row[4] ?? ""] as const))(
  "docs/failures.md: %s names a test that there is: %s",
  (name, cell) => {
    const [, file = "", title = ""] = /^(\S+\.test\.ts): (.+)$/.exec(cell) ?? [];
    const text = files.get(file);
    expect(text).toBeDefined();
    // A title stands in one literal, or behind the fault's name in a table of tests.
    expect([`"${title}"`, `): ${title}"`].some((literal) => text?.includes(literal))).toBe(true);
    if (name.startsWith("(") || !file.startsWith("museum")) return;
    for (const one of name.split(", ")) expect(text).toContain(one);
  },
);

test("docs/failures.md names no fault that there is not", () => {
  expect(listed.filter((fault) => !known.has(fault))).toEqual([]);
});

test("docs/failures.md lists every fault of every simulator", () => {
  expect([...known].filter((fault) => !listed.includes(fault))).toEqual([]);
});
