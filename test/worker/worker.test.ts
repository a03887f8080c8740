import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestHarness } from "wrangler";
import pkg from "../../package.json" with { type: "json" };

// The real workerd, bundled and configured as wrangler.toml says; it needs no network. Node's
// modules are switched off there, so one that creeps into http/ keeps the Worker from starting.
const server = createTestHarness({ workers: [{ configPath: "wrangler.toml" }] });

beforeAll(() => server.listen());
afterAll(() => server.close());

test("on workerd the process answers that it is healthy, and which version it is", async () => {
  const answer = await server.fetch("/healthz");
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ status: "ok", version: pkg.version });
  expect(answer.headers.get("cache-control")).toBe("no-store");
});

test("on workerd the API's description is the one that Node serves", async () => {
  const answer = await server.fetch("/openapi.json");
  expect(answer.status).toBe(200);
  const golden = readFileSync(new URL("../golden/openapi.json", import.meta.url), "utf8");
  const described = JSON.parse(golden) as { info: { version: string } };
  described.info.version = pkg.version;
  expect(await answer.json()).toEqual(described);
});

test("on workerd nobody is told that tacet is ready", async () => {
  const answer = await server.fetch("/readyz");
  expect(answer.status).toBe(503);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(await answer.json()).toMatchObject({ code: "not_ready", status: 503 });
});

test.each([
  ["POST", "/v1/calls/c1/pause"],
  ["PUT", "/v1/calls/c1"],
  ["GET", "/v1/events"],
  ["GET", "/v1/log/checkpoint"],
  ["GET", "/somewhere"],
])(
  "on workerd %s %s says that calls are not served yet, and never to collect",
  async (method, path) => {
    const answer = await server.fetch(path, {
      method,
      headers: { authorization: "Bearer anything", "content-type": "application/json" },
      ...(method === "GET" ? {} : { body: "{}" }),
    });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({
      type: "urn:tacet:problem:not_ready",
      code: "not_ready",
      status: 503,
      safeToCollect: false,
    });
  },
);

test("on workerd a method that an open address does not serve is refused with those it does", async () => {
  const answer = await server.fetch("/healthz", { method: "POST" });
  expect(answer.status).toBe(405);
  expect(answer.headers.get("allow")).toContain("GET");
});
