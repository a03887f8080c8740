/** Fonouc in a configuration and under a real desk: a witness, and with Kazoo never more than a yes. */
import { expect, test } from "vitest";
import { wired } from "./fonouc.rig.ts";
import { bind, vendors } from "../../src/adapters/registry.ts";
import { DEFAULT_DESK_RULES } from "../../src/control/commands.ts";
import { Desk } from "../../src/control/desk.ts";
import type { DeskReport } from "../../src/control/sightings.ts";
import { parseConfig } from "../../src/policy/config.ts";

const auth = { kind: "api_auth", apiKey: "demo-api-key" };
const kazoo = { baseUrl: "https://kazoo.example:8443/v2", auth };
const settings = {
  baseUrl: "https://portal.example:9443/api/v2",
  accountId: "5f1a5a9bd51aac0b21dd2e1f2c0b1c22",
  username: "tacet",
  password: "demo-password",
  domain: "acme",
};
const vslogger = {
  vendor: "vslogger",
  settings: { baseUrl: "https://recorder.example", version: "5.1.0.0", hash: { type: "none" } },
};
const parsed = (part: object, more: object = {}) =>
  parseConfig(
    {
      log: { folder: "/var/lib/tacet", origin: "tacet.example" },
      recorders: { hq: vslogger, portal: { vendor: "fonouc", settings: { ...settings, ...more } } },
      tenants: {
        acme: {
          atLeaseEnd: "resume",
          routes: [{ recorders: [{ recorder: "hq" }, { recorder: "portal", ...part }] }],
        },
      },
      auth: {
        apiKeys: [
          {
            id: "pay",
            hash: `sha256:${"0".repeat(64)}`,
            tenant: "acme",
            kind: "payment",
            scopes: ["windows:write"],
          },
        ],
      },
    },
    vendors,
  );
const pathsOf = (part: object, more?: object) => {
  const told = parsed(part, more);
  return told.ok ? [] : told.problems.map(({ path }) => path);
};
const at = "tenants.acme.routes[0].recorders[1]";

test("without kazoo it is taken as a witness, and refused where it should silence", () => {
  expect(pathsOf({ required: false })).toEqual([]);
  expect(pathsOf({ required: true })).toEqual([`${at}.required`]);
  expect(pathsOf({ required: false, control: "mute" })).toEqual([`${at}.control`]);
});

test("with kazoo it may be required, and its mere yes is accepted only where policy says so", () => {
  const told = parsed({ required: true, control: "mute" }, { kazoo });
  if (!told.ok) throw new Error(JSON.stringify(told.problems));
  expect(told.config.tenants["acme"]?.routes[0]?.recorders[1]).toMatchObject({
    recorder: "portal",
    acceptAcknowledged: false,
  });
  expect(pathsOf({ required: true, control: "pause" }, { kazoo })).toEqual([`${at}.control`]);
});

test("a configuration without its secrets holds neither password nor key", () => {
  const told = parsed({ required: false }, { kazoo });
  if (!told.ok) throw new Error(JSON.stringify(told.problems));
  const document = JSON.stringify(told.config.document);
  expect(document).toContain("kazoo.example");
  for (const secret of ["demo-password", "demo-api-key"]) expect(document).not.toContain(secret);
});

test.each([
  ["done", undefined, "paused"],
  ["ignored", "ack-and-ignore", "recording"],
] as const)(
  "under a desk a mask that was %s is told as acknowledged and no more",
  async (_, fault, heard) => {
    const system = await wired({ kazoo: "sha" });
    const { recorder, send, simulator } = system;
    const callId = "5cods2ataaaehmg8ahsig";
    simulator.begin(callId);
    if (fault !== undefined) simulator.faults.set({ name: fault });
    const reports: DeskReport[] = [];
    const clock = {
      now: Date.now,
      random: Math.random,
      after(ms: number, run: () => void) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    };
    const desk = new Desk(bind(recorder, send), DEFAULT_DESK_RULES, clock, (_call, _tap, one) =>
      reports.push(one),
    );
    desk.open();
    const claim = { tapId: "t", recorderId: "portal", targetKey: callId, target: { callId } };
    desk.sync("call", [{ ...claim, want: "paused", turn: 1, turnAt: 0, touched: true }]);
    await expect
      .poll(() => reports.at(-1))
      .toMatchObject({ type: "status", status: "paused", confirmedBy: "acknowledged" });
    expect(reports.filter((one) => JSON.stringify(one).includes("read_back"))).toEqual([]);
    expect(simulator.heard(callId)).toBe(heard);
    desk.stop();
    await system.close();
  },
);
