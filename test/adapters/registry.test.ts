/** The list of recorders: looked up, made, bound, printed. */
import { describe, expect, test, vi } from "vitest";
import type { Send } from "../../src/adapters/recorder.ts";
import {
  bind,
  makeRecorder,
  recorderTable,
  vendorOf,
  vendors,
} from "../../src/adapters/registry.ts";

const context = { now: Date.now };
const baseUrl = "https://ucc.example.com/attendantservice";
const target = {
  uccName: "ucc-demo",
  correlationId: "1d6c6a58-6739-4f0c-98ff-0968292c8c30",
  requesterSipUri: "sip:agent@domain.com",
};

describe("making a recorder", () => {
  test("from good settings gives it and the origins it needs", () => {
    const tokenUrl = "https://login.example.com/auth/realms/x/protocol/openid-connect/token";
    const auth = { kind: "password_grant", tokenUrl, username: "u", password: "p" };
    const made = makeRecorder("emea", "anywherenow", { baseUrl, auth }, context);
    expect(made).toMatchObject({
      ok: true,
      value: {
        recorder: { id: "emea", vendor: "anywherenow", capabilities: { control: "pause" } },
        origins: ["https://ucc.example.com", "https://login.example.com"],
      },
    });
  });
  test("from bad settings names every problem by its path, and no secret", () => {
    const auth = { kind: "password_grant", tokenUrl: "nowhere", username: "", password: "hunter2" };
    const made = makeRecorder("emea", "anywherenow", { baseUrl: "x", actions: 3, auth }, context);
    expect(made.ok).toBe(false);
    const paths = made.ok ? [] : made.error.map(({ path }) => path.join("."));
    expect(paths.toSorted()).toEqual([
      "settings.actions",
      "settings.auth.tokenUrl",
      "settings.auth.username",
      "settings.baseUrl",
    ]);
    expect(JSON.stringify(made)).not.toContain("hunter2");
  });
  test("of an unknown vendor says which there are", () => {
    const made = makeRecorder("x", "anywhere", {}, context);
    expect(made.ok ? "" : made.error[0]?.message).toContain(
      "anywherenow, asterisk-ami, asterisk-ari, fonouc, noojee, revcord, vslogger",
    );
  });
});

test("the memory recorder cannot be configured: it would confirm what nobody recorded", () => {
  expect(vendorOf("memory")).toBeUndefined();
  expect([...vendors.keys()].toSorted()).toEqual([
    "anywherenow",
    "asterisk-ami",
    "asterisk-ari",
    "fonouc",
    "noojee",
    "revcord",
    "vslogger",
  ]);
});

test("a bound recorder sends through its transport and offers what it claims, no more", async () => {
  const send = vi.fn<Send>(() => Promise.resolve({ kind: "not_sent", detail: "away" }));
  const made = makeRecorder("emea", "anywherenow", { baseUrl }, context);
  if (!made.ok) throw new Error("the settings are good");
  const port = bind(made.value.recorder, send);
  const { signal } = new AbortController();
  const asked = { now: () => 0, signal, silenced: false };
  expect(await port.pause?.(target, asked)).toEqual({ kind: "unreachable", detail: "away" });
  expect(await port.status?.(target, asked)).toEqual({ kind: "unreachable", detail: "away" });
  expect(send.mock.calls.map(([{ method }]) => method)).toEqual(["POST", "GET"]);
  expect(send.mock.calls[0]?.[1]).toBe(signal);
  expect(port).toMatchObject({ id: "emea", capabilities: { survey: false, watch: false } });
  expect(port).not.toHaveProperty("survey");
  expect(port).not.toHaveProperty("watch");
});

test("the table has a row for every variant, with as many cells as heads", () => {
  const lines = recorderTable().split("\n");
  const variants = [...vendors.values()].flatMap((vendor) => vendor.variants);
  expect(lines.length).toBe(2 + variants.length);
  expect(new Set(lines.map((line) => line.split(" | ").length)).size).toBe(1);
  for (const { name } of variants) expect(recorderTable()).toContain(`| ${name} |`);
});
