/** What `.ci/audit` says of what tacet is made of, with an npm that answers as a test wants it. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const places: string[] = [];
afterEach(() => places.splice(0).forEach((place) => rmSync(place, { recursive: true })));

interface Locked {
  readonly name?: string;
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
}
const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Record<string, Locked>;
};
const production = Object.entries(lock.packages)
  .filter(
    ([path, one]) => path !== "" && !one.dev && !one.devOptional && !one.optional && !one.peer,
  )
  .map(([path, { license, version }]) => ({
    name: path.slice(path.lastIndexOf("node_modules/") + 13),
    version,
    license,
  }));

interface Part {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly license?: string | undefined;
}
const billOf = (parts: readonly Part[]) => ({
  bomFormat: "CycloneDX",
  metadata: { component: { name: "folder" } },
  components: parts.map(({ license, name, version }) => ({
    name,
    version,
    ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
  })),
});
const NO_AUDIT = { message: "405 - POST https://registry.example/-/npm", statusCode: 405 };
const auditOf = (severities: readonly string[]) => ({
  vulnerabilities: Object.fromEntries(severities.map((severity, n) => [`part-${n}`, { severity }])),
  metadata: {
    vulnerabilities: Object.fromEntries(
      ["low", "moderate", "high", "critical"].map((level) => [
        level,
        severities.filter((severity) => severity === level).length,
      ]),
    ),
  },
});

function audit(bill: unknown, answer: unknown, ...args: string[]) {
  const place = mkdtempSync(join(tmpdir(), "tacet-audit-"));
  places.push(place);
  writeFileSync(join(place, "sbom"), JSON.stringify(bill));
  writeFileSync(join(place, "audit"), JSON.stringify(answer));
  writeFileSync(join(place, "npm"), `#!/bin/sh\ncat "${place}/$1"\n[ "$1" = sbom ]\n`);
  chmodSync(join(place, "npm"), 0o755);
  const path = [place, dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const env = { ...process.env, PATH: path };
  const ended = spawnSync(join(ROOT, ".ci/audit"), args, { cwd: ROOT, env, encoding: "utf8" });
  return { code: ended.status, said: ended.stderr, out: ended.stdout };
}

test("every part that is installed for production has a licence and a version", () => {
  expect(production.length).toBeGreaterThan(20);
  for (const { license, name, version } of production) {
    expect(license, name).toBeTypeOf("string");
    expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
  }
});

test("with all its parts, licences that go with its own and no known weakness, it passes", () => {
  const { code, said } = audit(billOf(production), auditOf(["low", "moderate"]));
  expect({ code, said }).toMatchObject({ code: 0 });
  expect(said).toContain(
    `bill of materials: ${new Set(production.map((one) => `${one.name}@${one.version}`)).size} parts`,
  );
  expect(said).not.toContain("PROBLEM");
});

test("where the registry has no audit service it says so loudly, and does not fail", () => {
  const { code, said } = audit(billOf(production), NO_AUDIT);
  expect(code).toBe(0);
  expect(said).toContain("AUDIT NOT RUN");
  expect(said).not.toContain("registry.example");
});

test.each(["high", "critical"])("a weakness that is %s fails it by name", (severity) => {
  const { code, said } = audit(billOf(production), auditOf(["low", severity]));
  expect(code).toBe(1);
  expect(said).toContain(`PROBLEM: part-1: a ${severity} weakness is known`);
});

test("a part that is missing from the bill fails it by name", () => {
  const [gone, ...rest] = production;
  const { code, said } = audit(billOf(rest), NO_AUDIT);
  expect(code).toBe(1);
  expect(said).toContain(`PROBLEM: ${gone?.name}@${gone?.version}`);
});

test.each([
  "GPL-3.0-only",
  "AGPL-3.0-only",
  "SSPL-1.0",
  "MIT AND GPL-2.0-only",
  "UNLICENSED",
  undefined,
])("a licence that is %s fails it by name", (license) => {
  const { name, version } = production[0] ?? {};
  const parts: Part[] = [{ name: name ?? "", version: version ?? "" }, ...production.slice(1)];
  const [first, ...rest] = parts;
  const odd = license === undefined ? { ...first } : { ...first, license };
  const { code, said } = audit(billOf([odd, ...rest]), NO_AUDIT);
  expect(code).toBe(1);
  expect(said).toMatch(new RegExp(`PROBLEM: ${name}@.*licence ${license ?? "not named"}`));
});

test("a choice of licences is fine where one of them is", () => {
  const [first, ...rest] = production;
  const parts = [{ ...first, license: "(GPL-2.0-only OR MIT)" }, ...rest];
  expect(audit(billOf(parts), NO_AUDIT).code).toBe(0);
});

test("what is for development alone is not in the bill, whatever its licence", () => {
  const tool = { name: "some-tool", version: "1.0.0", license: "GPL-3.0-only" };
  const { code, out } = audit(billOf([...production, tool]), NO_AUDIT, "sbom");
  expect(code).toBe(0);
  expect(out).not.toContain("some-tool");
});

test("an npm that makes no bill fails it", () => {
  const { code, said } = audit({}, NO_AUDIT);
  expect(code).toBe(1);
  expect(said).toContain("PROBLEM: npm made no CycloneDX bill of materials");
});

test("the bill that is printed names the package and not the folder it lies in", () => {
  const { code, out } = audit(billOf(production), NO_AUDIT, "sbom");
  expect(code).toBe(0);
  const bill = JSON.parse(out) as {
    metadata: { component: { name: string } };
    components: unknown[];
  };
  expect(bill.metadata.component.name).toBe("tacet");
  expect(bill.components).toHaveLength(production.length);
});
