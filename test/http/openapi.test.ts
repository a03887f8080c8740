import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kit } from "./kit.ts";

const GOLDEN = new URL("../golden/openapi.json", import.meta.url);

// UPDATE_GOLDEN=1 writes the file anew; the change is then reviewed like any other.
test("the API's description changes only where somebody means it to", async () => {
  const k = await kit();
  const described = await k.send("GET", "/openapi.json", undefined);
  const text = `${JSON.stringify(described.body, null, 2)}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(new URL("./", GOLDEN), { recursive: true });
    writeFileSync(GOLDEN, text);
  }
  expect(text).toBe(readFileSync(GOLDEN, "utf8"));
});

test("every served path is described, with every status it can answer", async () => {
  const k = await kit();
  const { paths } = await k.describe();
  const served = k.app.routes
    .filter(({ method, path }) => method !== "ALL" && path !== "/openapi.json")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`);
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual([...new Set(served)].toSorted());
  const pause = (paths as Record<string, Record<string, { responses: object }>>)[
    "/v1/calls/{callId}/pause"
  ]?.["post"];
  expect(Object.keys(pause?.responses ?? {})).toEqual(
    expect.arrayContaining(["200", "401", "403", "404", "409", "413", "422", "424", "429", "503"]),
  );
});
