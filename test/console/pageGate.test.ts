/** Pages under overload: turned away before pauses, and never what an agent's desk does. */
import { expect, test } from "vitest";
import { createGate } from "../../src/http/gate.ts";
import { gated, tierOfPage } from "../../src/runtime/node/pageGate.ts";

const request = (method: string, path: string) =>
  new Request(`http://tacet.example${path}`, { method });

test.each([
  ["POST", "/desk/pause/c1", "window"],
  ["POST", "/desk/resume/c1", "window"],
  ["POST", "/desk/ticket", "registration"],
  ["POST", "/console/incidents/i1/close", "registration"],
  ["GET", "/desk", "read"],
  ["GET", "/console/style.css", "read"],
  ["GET", "/console/wall", "read"],
  ["GET", "/console/sign-in", "read"],
  ["GET", "/console", "search"],
  ["GET", "/console/calls/c1", "search"],
  ["GET", "/console/report", "search"],
  ["GET", "/console/kit", "search"],
  ["POST", "/console/kit/download", "search"],
] as const)("%s %s is a %s", (method, path, tier) => {
  expect(tierOfPage(request(method, path))).toBe(tier);
});

test("a process that runs late turns pages away, says when to come back, and lets an agent pause", async () => {
  const shed: string[] = [];
  const gate = createGate({
    clock: () => 0,
    delayMs: () => 5_000,
    metrics: { shed: (tier) => void shed.push(tier) },
  });
  const answer = gated(gate, () => new Response("page"));
  const turned = await answer(request("GET", "/console/calls"), {});
  expect(turned.status).toBe(503);
  expect(Number(turned.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(shed).toEqual(["search"]);
  expect((await answer(request("POST", "/desk/pause/c1"), {})).status).toBe(200);
});

test("a page that fails leaves its place to the next", async () => {
  const gate = createGate({
    clock: () => 0,
    metrics: { shed: () => undefined },
    inFlightCountMax: { search: 1 },
  });
  const failing = gated(gate, () => Promise.reject(new Error("broken")));
  for (let time = 0; time < 3; time += 1)
    await expect(failing(request("GET", "/console"), {})).rejects.toThrow("broken");
});
