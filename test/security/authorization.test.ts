/** Each line of the policy, asked of the real app by everybody. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { createOpsApp } from "../../src/http/ops.ts";
import { SCOPES } from "../../src/policy/principal.ts";
import type { Answer } from "../http/kit.ts";
import { authorizationPage, isScoped } from "./authorizationPage.ts";
import { MESSAGE_ROWS, OPS_ROWS, outcomesOf, PRINCIPALS, ROWS, type Row } from "./policy.ts";
import { namesOf, world, type World } from "./world.ts";

const PAGE = new URL("../../docs/authorization.md", import.meta.url);
const methodOf = (row: Pick<Row, "endpoint">) => row.endpoint.split(" ")[0] ?? "";
const isStream = (row: Row) => row.endpoint === "GET /v1/events";
const isGet = (row: Row) => methodOf(row) === "GET";

async function asked(
  w: World,
  row: Row,
  credential: string | undefined,
  subject: Row["subject"] = row.subject,
): Promise<Answer> {
  const { body, headers, path } = row.ask(namesOf(subject));
  if (isStream(row)) return await w.stream(credential, path);
  return await w.ask(credential, methodOf(row), path, body, headers);
}

/** In the policy's words. */
function outcomeOf(answer: Answer, row: Row): string {
  if (answer.status >= 300) return String(answer.status);
  if (!isGet(row) || row.subject === "none") return "yes";
  const { callId, windowId } = namesOf(row.subject);
  return answer.text.includes(`"${callId}"`) || answer.text.includes(`"${windowId}"`)
    ? "yes"
    : "no";
}

const titled = (row: Row) => [`${row.endpoint}: ${row.what}`, row] as const;

describe("who may", () => {
  test.each(ROWS.map(titled))("%s", async (_, row) => {
    const outcomes: Record<string, string> = {};
    for (const who of PRINCIPALS) {
      const w = await world(who);
      const answer = await asked(w, row, w.credential(who));
      outcomes[who] = outcomeOf(answer, row);
      if (who === "nobody") {
        const wrong = await asked(w, row, makeApiKey("payment").key);
        expect(outcomeOf(wrong, row)).toBe(outcomes[who]);
      }
      await w.close();
    }
    expect(outcomes).toEqual(outcomesOf(row.outcomes));
  });
});

describe("what is another tenant's is answered to the letter like what is nowhere", () => {
  const refused = ROWS.filter(({ subject }) => subject === "other tenant");
  test.each(refused.map(titled))("%s", async (_, row) => {
    for (const who of PRINCIPALS) {
      // Each in a world of its own: what the first does must not be what the second meets.
      const [one, two] = [await world(who), await world(who)];
      const there = await asked(one, row, one.credential(who));
      const nowhere = await asked(two, row, two.credential(who), "unknown");
      expect([who, told(there, "other tenant")]).toEqual([who, told(nowhere, "unknown")]);
      await Promise.all([one.close(), two.close()]);
    }
  });

  const VARYING = /"(?:requestId|ticketId?|\w+At|at|position|after|\w+Ms)":(?:"[^"]*"|\d+)/g;
  const OWN_HEADERS = /^(?:tacet-request-id|tacet-next|tacet-indexed-to)$/;

  /** What was answered, but for what differs between any two answers. */
  function told(answer: Answer, subject: Row["subject"]) {
    const { headers, status } = answer;
    const isStreamed = headers.get("content-type")?.endsWith("json") !== true;
    let text = isStreamed && status < 300 ? "" : answer.text.replaceAll(VARYING, "");
    const { targets: _, ...names } = namesOf(subject);
    for (const [name, value] of Object.entries(names)) {
      text = text.replaceAll(value, name);
    }
    return { status, headers: [...headers].filter(([name]) => !OWN_HEADERS.test(name)), text };
  }
});

describe("a scope", () => {
  test.each(ROWS.filter(isScoped).map(titled))("%s", async (_, row) => {
    const sets = (row.scopes ?? []).map((set) => set.split("+"));
    const wanting = SCOPES.filter(
      (scope) => !sets.some((set) => set.length === 1 && set[0] === scope),
    );
    const tries = [...sets, ...wanting.map((scope) => [scope])];
    const outcomes: [string, string][] = [];
    for (const scopes of tries) {
      const w = await world("payment", scopes);
      const answer = await asked(w, row, w.credential("payment"));
      outcomes.push([scopes.join("+"), outcomeOf(answer, row)]);
      await w.close();
    }
    expect(outcomes).toEqual(
      tries.map((scopes) => [scopes.join("+"), sets.includes(scopes) ? "yes" : "403"]),
    );
  });
});

describe("the policy", () => {
  test("has a line for every endpoint that is described or served, and for no other", async () => {
    const w = await world("nobody");
    const described = Object.entries((await w.kit.describe()).paths ?? {}).flatMap(
      ([path, methods]) =>
        Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = w.kit.app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`);
    const lines = new Set(ROWS.map(({ endpoint }) => endpoint));
    expect(new Set([...described, ...served])).toEqual(lines);
    await w.close();
  });

  test("has a line for every subject that an endpoint's path names", () => {
    for (const endpoint of new Set(ROWS.map((row) => row.endpoint))) {
      // A place in the log is nobody's: the log is the tenant's.
      if (!endpoint.includes("{") || /\{(?:index|position)\}/.test(endpoint)) continue;
      const subjects = ROWS.filter((row) => row.endpoint === endpoint).map((row) => row.subject);
      expect([endpoint, ...new Set(subjects)].toSorted()).toEqual(
        [endpoint, "own", "foreign", "other tenant", "unknown"].toSorted(),
      );
    }
  });

  test("has a line for everything on the operators' listener, and it asks for no credential", async () => {
    const w = await world("nobody");
    const ops = createOpsApp(w.kit.deps, w.kit);
    const served = ops.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path}`);
    expect(new Set(served)).toEqual(new Set(OPS_ROWS.map(({ endpoint }) => endpoint)));
    for (const { ask, listener, outcomes } of OPS_ROWS) {
      const app = listener === "ops" ? ops : w.kit.app;
      const { status } = await app.request(ask(namesOf("none")).path);
      expect([listener, ask(namesOf("none")).path, status < 300 ? "yes" : String(status)]).toEqual([
        listener,
        ask(namesOf("none")).path,
        outcomesOf(outcomes).nobody,
      ]);
    }
    await w.close();
  });

  test("has a line for every message that a socket understands", () => {
    const source = readFileSync(new URL("../../src/events/parse.ts", import.meta.url), "utf8");
    const understood = [...source.matchAll(/type: z\.literal\("(\w+)"\)/g)].map(([, type]) => type);
    expect(new Set(understood)).toEqual(new Set(Object.keys(MESSAGE_ROWS)));
  });

  test("is the page that people read", () => {
    const page = authorizationPage();
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PAGE, page);
    expect(readFileSync(PAGE, "utf8")).toBe(page);
  });
});
