import { expect, test } from "vitest";
import { createOpsApp } from "../../src/http/ops.ts";
import { clientOf } from "../../src/http/admit.ts";
import { promMetrics } from "../../src/runtime/node/metrics.ts";
import { observeChanges } from "../../src/http/metrics.ts";
import { kit, registered } from "./kit.ts";

test("an unknown address and an unserved method are problem documents", async () => {
  const k = await kit();
  const lost = await k.send("GET", "/v1/nowhere", "cti");
  expect([lost.status, lost.body["code"]]).toEqual([404, "not_found"]);
  const wrong = await k.send("DELETE", "/v1/calls/c1", "cti");
  expect([wrong.status, wrong.body["code"]]).toEqual([405, "method_not_allowed"]);
  expect(wrong.headers.get("allow")).toBe("PUT, GET, HEAD, OPTIONS");
  const head = await k.raw("/healthz", { method: "HEAD" });
  expect([head.status, head.text]).toEqual([200, ""]);
});

test("no answer is kept, framed or guessed at", async () => {
  const k = await kit();
  for (const path of ["/healthz", "/v1/calls", "/nowhere", "/openapi.json"]) {
    const { headers } = await k.send("GET", path, "cti");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("tacet-request-id")).toBeTruthy();
  }
});

test("only pages that a tenant's policy lists may read its answers", async () => {
  const k = await kit();
  const allowed = async (origin: string, who: string | undefined) =>
    (await k.send("GET", "/v1/calls", who, undefined, { origin })).headers.get(
      "access-control-allow-origin",
    );
  expect(await allowed("https://pay.example", "cti")).toBe("https://pay.example");
  expect(await allowed("https://evil.example", "cti")).toBeNull();
  expect(await allowed("https://globex.example", "cti"), "another tenant's page").toBeNull();
  expect(await allowed("https://pay.example", undefined), "to read its 401").toBe(
    "https://pay.example",
  );
  const ask = (origin: string) =>
    k.raw("/v1/calls/c1/pause", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const preflight = await ask("https://pay.example");
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toContain("idempotency-key");
  const evil = await ask("https://evil.example");
  expect(evil.headers.get("access-control-allow-methods")).toBeNull();
});

test("tickets are issued to those who may, for calls there are", async () => {
  const k = await kit();
  await registered(k);
  const ticket = await k.send("POST", "/v1/tickets", "pay", { use: "call", callId: "c1" });
  expect(ticket.status).toBe(201);
  expect(ticket.body).toMatchObject({ ticket: "tk.pay.call", use: "call" });
  const none = await k.send("POST", "/v1/tickets", "pay", { use: "call", callId: "c9" });
  expect(none.body["code"]).toBe("call_unknown");
  const nameless = await k.send("POST", "/v1/tickets", "pay", { use: "call" });
  expect([nameless.status, nameless.body["code"]]).toEqual([422, "body_invalid"]);
  const foreign = await k.send("POST", "/v1/tickets", "pay2", { use: "events" });
  expect(foreign.status).toBe(403);
});

test("recorders are listed with what they can do", async () => {
  const k = await kit();
  const answer = await k.send("GET", "/v1/recorders", "cti");
  expect(answer.body["recorders"]).toMatchObject([
    { recorderId: "main" },
    { recorderId: "second" },
  ]);
});

test("the client's name in the log is a product's name or nothing", () => {
  expect(clientOf("checkout/2.1 (build 4111111111111111)")).toBe("checkout/2.1");
  expect(clientOf("4111111111111111")).toBeUndefined();
  expect(clientOf("a4111111111111111")).toBeUndefined();
  expect(clientOf(null)).toBeUndefined();
});

test("operators read metrics, the API as a page without scripts, and health in detail", async () => {
  const k = await kit();
  const metrics = promMetrics({
    delayMs: () => 0,
    socketCount: () => 3,
    logSizes: () => new Map([["acme", 7]]),
  });
  const deps = { ...k.deps, metrics };
  const observe = observeChanges(metrics);
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  k.changes.forEach(observe);
  const ops = createOpsApp(deps, k);
  const text = await (await ops.request("/metrics")).text();
  expect(text).toContain("tacet_sockets 3");
  expect(text).toContain('tacet_log_entries{tenant="acme"} 7');
  expect(text).toContain("tacet_windows_open 1");
  expect(text).toMatch(/tacet_recorder_secured_seconds_count\{recorder="main"\} 1/);
  const docs = await ops.request("/docs");
  const page = await docs.text();
  expect(page).toContain("/v1/calls/{callId}/pause");
  expect(page).not.toMatch(/<script|src=|http-equiv/);
  expect(docs.headers.get("content-security-policy")).toContain("default-src 'none'");
  const ready = await ops.request("/readyz");
  expect(await ready.json()).toMatchObject({ status: "ready", log: { healthy: true } });
});
