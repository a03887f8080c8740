/** The dashboard, the alert rules and the table of metrics against what a running service answers. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { begin, closeRecorders, startRecorders } from "../service/acme.ts";
import { asking, until } from "../service/client.ts";
import { cleanUp, folder } from "../service/process.ts";
import { startWithin, stopServices } from "../service/within.ts";
import { namedIn } from "./promql.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { x: number; y: number; w: number; h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const [rulesText, dashboardText, metricsDoc, runbook] = await Promise.all(
  ["ops/prometheus-rules.yaml", "ops/grafana.json", "docs/metrics.md", "docs/runbook.md"].map(read),
);
const { groups } = parse(rulesText ?? "") as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(dashboardText ?? "{}") as { panels: Panel[] };
const targets = panels.flatMap((panel) =>
  (panel.targets ?? []).map((target) => ({ title: panel.title, ...target })),
);
const documented = new Map(
  [...(metricsDoc ?? "").matchAll(/^\| `(tacet_\w+)` \| (\w+) \| (.+?) \| .+ \|$/gm)].map(
    ([, name = "", type = "", labels = ""]) => [
      name,
      { type, labels: new Set([...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label)) },
    ],
  ),
);

/** Types by name, and the labels that samples really had. */
let types = new Map<string, string>();
let samples = new Map<string, Set<string>>();

beforeAll(async () => {
  const recorders = await startRecorders();
  const { as, service } = await startWithin(await folder(), recorders.origins);
  const { targets: found } = begin(recorders, 70);
  const pay = as("pay");
  await pay("PUT", "/v1/calls/ops70", { targets: found });
  expect((await pay("POST", "/v1/calls/ops70/pause", { windowId: "w1" })).status).toBe(200);
  // Once the log was read again, every gauge has something to say.
  const { text } = await until(
    () => asking(service.ops.url)("GET", "/metrics"),
    (answer) => answer.text.includes("tacet_log_verification_ok{"),
  );
  types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]),
  );
  for (const [, name = "", inside = ""] of text.matchAll(/^(\w+)(?:\{([^}]*)\})? \S+$/gm)) {
    const labels = samples.get(name) ?? new Set();
    for (const [, label = ""] of inside.matchAll(/(\w+)="/g)) labels.add(label);
    samples.set(name, labels);
  }
});
afterAll(async () => {
  await stopServices();
  await closeRecorders();
  await cleanUp();
});

/** `x_bucket` is `x`, where `x` is a histogram. */
function baseOf(name: string): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, "");
  return types.get(base) === "histogram" ? base : name;
}

test("docs/metrics.md lists every metric of tacet's own with its type and labels, and no other", () => {
  const own = [...types].filter(([name]) => name.startsWith("tacet_"));
  const told = [...documented].map(([name, { type }]) => [name, type] as const);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(own));
  for (const [name, { labels, type }] of documented) {
    const found = samples.get(type === "histogram" ? `${name}_count` : name);
    if (found !== undefined)
      expect([name, [...found].toSorted()]).toEqual([name, [...labels].toSorted()]);
  }
});

test("what increases stands at 0 from the start: a first time is an increase to Prometheus", () => {
  const counters = [...documented].filter(([, { type }]) => type === "counter");
  // Of endpoints and copies there are none here; what is turned away is told by its rate.
  const late = counters.filter(([name]) => !samples.has(name)).map(([name]) => name);
  expect(late.filter((name) => !/^tacet_(?:alert|copy)/.test(name))).toEqual(["tacet_shed_total"]);
});

const PROMETHEUS = new Map([["up", ["job", "instance"]]]);
const EVERYWHERE = ["instance", "job", "le"];

function wrongIn(expr: string): string[] {
  const { labels, metrics } = namedIn(expr);
  const unknown = metrics.filter((name) => !types.has(baseOf(name)) && !PROMETHEUS.has(name));
  const known = new Set([
    ...EVERYWHERE,
    ...metrics.flatMap((name) => [
      ...(documented.get(baseOf(name))?.labels ?? []),
      ...(PROMETHEUS.get(name) ?? []),
    ]),
  ]);
  const bare = metrics.filter((name) => types.get(name) === "histogram");
  const foreign = labels.filter((label) => !known.has(label));
  return [...unknown, ...bare, ...foreign, ...(metrics.length === 0 ? ["no metric"] : [])];
}

test("every alert rule asks for metrics and labels that there are", () => {
  expect(rules.length).toBeGreaterThan(20);
  expect(
    rules.flatMap(({ alert, expr }) => wrongIn(expr).map((one) => `${alert}: ${one}`)),
  ).toEqual([]);
});

test("every panel of the dashboard asks for metrics and labels that there are", () => {
  expect(targets.length).toBeGreaterThan(30);
  const wrong = targets.flatMap(({ expr, title }) =>
    wrongIn(expr.replaceAll(/\$__\w+/g, "5m")).map((one) => `${title}: ${one}`),
  );
  expect(wrong).toEqual([]);
});

test("a name that is not there, or a label that it has not, is found", () => {
  expect(wrongIn("rate(tacet_pause_total[5m])")).toEqual(["tacet_pause_total"]);
  expect(wrongIn('tacet_calls{protecton="secured"}')).toEqual(["protecton"]);
  expect(wrongIn("sum by (recoder) (tacet_recorder_healthy)")).toEqual(["recoder"]);
  expect(wrongIn("rate(tacet_log_commit_seconds[5m])")).toEqual(["tacet_log_commit_seconds"]);
  expect(wrongIn("rate(tacet_drift_total_bucket[5m])")).toEqual(["tacet_drift_total_bucket"]);
});

test("every metric of tacet's own is on the dashboard", () => {
  const shown = new Set(targets.flatMap(({ expr }) => namedIn(expr).metrics.map(baseOf)));
  expect([...documented.keys()].filter((name) => !shown.has(name))).toEqual([]);
});

test("panels have their place, and none lies on another", () => {
  const cells = new Set<string>();
  for (const { gridPos, title } of panels) {
    expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(cells.has(`${x} ${y}`)).toBe(false);
        cells.add(`${x} ${y}`);
      }
    }
  }
});

test("every rule has a severity, a summary and a place in the runbook, and the runbook no other", () => {
  const headings = [...(runbook ?? "").matchAll(/^### (\w+)\n\n\S/gm)].map(([, name = ""]) => name);
  expect(headings.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  for (const { alert, annotations, labels } of rules) {
    expect(["critical", "warning", "info"]).toContain(labels.severity);
    expect(annotations.summary).not.toBe("");
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
  }
});
