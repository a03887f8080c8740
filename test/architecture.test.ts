/** The house's walls: who imports whom, what runs anywhere, and what the repository never says. */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";
import pkg from "../package.json" with { type: "json" };

const ROOT = new URL("..", import.meta.url);
const NOT_OURS = /^(?:\.git|\.tacet|\.wrangler|coverage|node_modules)(?:\/|$)/;

/** Every file of the repository, new ones too; the folder's own where git cannot be asked. */
function ownFiles(): readonly string[] {
  try {
    const asked = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const told = execFileSync("git", asked, { cwd: ROOT, encoding: "utf8", stdio: "pipe" });
    return told.split("\0").filter((path) => path !== "");
  } catch {
    const found = readdirSync(ROOT, { recursive: true, encoding: "utf8" });
    return found.map((path) => path.replaceAll("\\", "/")).filter((path) => !NOT_OURS.test(path));
  }
}

const files = new Map(
  ownFiles().flatMap((path) => textOf(path).map((text) => [path, text] as const)),
);
const sources = [...files].filter(([path]) => path.startsWith("src/") && path.endsWith(".ts"));

/** A folder, or gone from it but not from the index yet: nothing to judge. */
function textOf(path: string): string[] {
  try {
    return [readFileSync(new URL(path, ROOT), "utf8")];
  } catch {
    return [];
  }
}

const FACTS = ["adapters", "events", "evidence", "policy", "log", "alerts"];
/** Which areas of src each area may import besides itself. An area that is not named may not be. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  control: [],
  adapters: ["control"],
  events: ["control"],
  policy: ["control"],
  log: ["control"],
  alerts: ["control"],
  evidence: ["control"],
  http: ["control", ...FACTS],
  console: ["control", ...FACTS],
  // A simulator shares no code with the adapter it judges.
  sandbox: ["control"],
  "runtime/node": ["control", ...FACTS, "http", "console", "sandbox"],
  "runtime/worker": ["control", ...FACTS, "http", "console"],
  cli: ["control", ...FACTS, "http", "console", "sandbox", "runtime/node"],
};
const ON_NODE: ReadonlySet<string> = new Set(["runtime/node", "cli"]);
/** Packages that are, or lean on, Node's own modules. */
const NODE_PACKAGES = [
  "@hono/node-server",
  "@microsoft/signalr",
  "pino",
  "prom-client",
  "undici",
  "ws",
];

/** The first folder of src a file lies in; a runtime counts with its name. */
function areaOf(path: string): string {
  const [first = "", second = ""] = path.replace(/^src\//, "").split("/");
  return first === "runtime" ? `${first}/${second}` : first.replace(/\.ts$/, "");
}

interface Import {
  readonly from: string;
  readonly what: string;
  /** The file in the repository, where it is one. */
  readonly path?: string;
}

const imports: readonly Import[] = sources.flatMap(([from, text]) =>
  [...text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, what = ""]) =>
    what.startsWith(".")
      ? { from, what, path: posix.join(posix.dirname(from), what) }
      : { from, what },
  ),
);
const vendorOf = (path: string) => /^src\/(?:adapters|sandbox)\/([^/]+)\//.exec(path)?.[1];
const lines = (text: string) => text.split("\n").length - 1;
const said = ({ from, what }: Import): string => `${from} imports ${what}`;

test("there is something to judge", () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(200);
});

test("every folder of src has its place in the house", () => {
  const areas = new Set(sources.map(([path]) => areaOf(path)));
  expect([...areas].filter((area) => MAY_IMPORT[area] === undefined)).toEqual([]);
});

test("imports run runtime, cli to http, console to adapters, events, policy, log to control", () => {
  const wrong = imports.filter(({ from, path }) => {
    if (path === undefined || path === "package.json") return false;
    const [own, other] = [areaOf(from), areaOf(path)];
    return !path.startsWith("src/") || (own !== other && MAY_IMPORT[own]?.includes(other) !== true);
  });
  expect(wrong.map(said)).toEqual([]);
});

test("one vendor's adapter knows nothing of another's, nor one simulator of another", () => {
  const wrong = imports.filter(({ from, path }) => {
    const [own, other] = [vendorOf(from), path === undefined ? undefined : vendorOf(path)];
    return own !== undefined && other !== undefined && own !== other;
  });
  expect(wrong.map(said)).toEqual([]);
});

test("a simulator leans on nothing but the web framework it answers with", () => {
  const wrong = imports.filter(
    ({ from, what, path }) =>
      areaOf(from) === "sandbox" && path === undefined && !/^hono(?:\/|$)/.test(what),
  );
  expect(wrong.map(said)).toEqual([]);
});

test("the core imports no package at all", () => {
  const wrong = imports.filter(
    ({ from, path }) => areaOf(from) === "control" && path === undefined,
  );
  expect(wrong.map(said)).toEqual([]);
});

test("what runs on every runtime leans on nothing of Node's", () => {
  const wrong = imports.filter(({ from, what, path }) => {
    if (ON_NODE.has(areaOf(from)) || path !== undefined) return false;
    return (
      what.startsWith("node:") ||
      NODE_PACKAGES.some((name) => what === name || what.startsWith(`${name}/`))
    );
  });
  expect(wrong.map(said)).toEqual([]);
});

test("the core reads no clock, sets no timer and asks for no randomness of its own", () => {
  const OWN =
    /\b(?:Date\.now|new Date|Math\.random|performance\.|setTimeout|setInterval|crypto\.|fetch\()/;
  const wrong = sources.filter(([path, text]) => areaOf(path) === "control" && OWN.test(text));
  expect(wrong.map(([path]) => path)).toEqual([]);
});

test("every source file opens by saying what it is for", () => {
  const wrong = sources.filter(([, text]) => !/^(?:#!.*\n)?\/\*\*\s*\S/.test(text));
  expect(wrong.map(([path]) => path)).toEqual([]);
});

const LINES_MAX = 300;
/** Longer than a file should be. None may grow beyond what is given here; the list only shrinks. */
const LONGER: Readonly<Record<string, number>> = {};

test(`no source file is longer than ${LINES_MAX} lines`, () => {
  const long = sources.filter(([path, text]) => lines(text) > (LONGER[path] ?? LINES_MAX));
  expect(long.map(([path, text]) => `${path}: ${lines(text)} lines`)).toEqual([]);
  const stale = Object.keys(LONGER).filter((path) => lines(files.get(path) ?? "") <= LINES_MAX);
  expect(stale, "are short enough to leave the list").toEqual([]);
});

test("every package that tacet runs on is in docs/architecture.md with its reason", () => {
  const rows = [
    ...(files.get("docs/architecture.md") ?? "").matchAll(/^\| ([^|]+) \| [^|]{10,} \|$/gm),
  ];
  const told = new Set(rows.flatMap(([, names = ""]) => names.split(", ")));
  expect(Object.keys(pkg.dependencies).filter((name) => !told.has(name))).toEqual([]);
});

test("the repository names no package registry and no machine's own paths", () => {
  const REGISTRY = /\bregistry\.[a-z0-9-]+\.[a-z]+|\bnpm(?:js|mirror)\.(?:org|com)\b/i;
  const MACHINE = /(?:^|[\s"'`(=:])\/(?:work|root|home|Users)\/[\w.-]/m;
  const ABOVE = /\.\.\/shared\//;
  const wrong = [...files].filter(([, text]) =>
    [REGISTRY, MACHINE, ABOVE].some((pattern) => pattern.test(text)),
  );
  expect(wrong.map(([path]) => path)).toEqual([]);
});
