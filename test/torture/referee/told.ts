/** A true story in small, for tests that plant a lie in it: one call, two recorders, one window. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { Bounds, Change, Finding, Line } from "../story.ts";
import { canonicalForm, leafOf } from "./ledger.ts";
import { Referee } from "./referee.ts";

export const T = 1_800_000_000_000;
const ORIGIN = "tacet.example/acme";
const BOUNDS: Bounds = {
  guardMs: 200,
  statusMsMax: 500,
  confirmAgeMsMax: 2_000,
  baselineAgeMsMax: 60_000,
  pingMs: 1_000,
};
const TAPS = ["anywherenow/1", "vslogger/5"] as const;

/** An entry without what follows from its place. */
export interface Draft {
  readonly at: number;
  readonly type: string;
  readonly callId?: string;
  readonly windowId?: string;
  readonly reason?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface Story {
  readonly entries: Draft[];
  readonly lines: Line[];
}

const added = (tapId: string, target: object): Draft => {
  const recorderId = tapId.split("/")[0] ?? "";
  const tap = { tapId, recorderId, target, required: true, control: "pause" };
  return { at: T + 10, type: "TapAdded", callId: "c1", detail: { tap } };
};
const of = (at: number, tapId: string, status: string, goal: string): Draft => ({
  at: T + at,
  type: goal === "" ? "TapBaselined" : "RecorderReported",
  callId: "c1",
  detail: { tapId, status, askedAt: T + at - 8, ...(goal === "" ? {} : { goal }) },
});
export const change = (
  at: number,
  recorderId: string,
  status: Change["status"],
  cause: Change["cause"],
): Line => ({
  kind: "change",
  recorderId,
  target: recorderId === "vslogger" ? "5" : "1",
  at: T + at,
  status,
  cause,
});

/** Registered at 10, paused at 100, resumed at 5,000, ended at 6,000 ms. */
export function trueStory(): Story {
  const expiresAt = T + 60_100;
  const entries: Draft[] = [
    { at: T + 10, type: "CallRegistered", callId: "c1" },
    added(TAPS[0], { correlationId: "1" }),
    added(TAPS[1], { channel: 5 }),
    of(60, TAPS[0], "recording", ""),
    of(70, TAPS[1], "recording", ""),
    { at: T + 100, type: "WindowOpened", callId: "c1", windowId: "w1", detail: { expiresAt } },
    of(135, TAPS[0], "paused", "paused"),
    of(140, TAPS[1], "paused", "paused"),
    { at: T + 5_000, type: "WindowClosed", callId: "c1", windowId: "w1" },
    of(5_055, TAPS[0], "recording", "recording"),
    of(5_060, TAPS[1], "recording", "recording"),
    { at: T + 6_000, type: "CallEnding", callId: "c1", reason: "asked" },
    { at: T + 6_000, type: "CallEnded", callId: "c1" },
  ];
  const c1 = { by: "pay", callId: "c1" } as const;
  const w1 = { ...c1, windowId: "w1" };
  const wall = { reader: "wall", callId: "c1" };
  const lines: Line[] = [
    change(0, "anywherenow", "recording", "call"),
    change(0, "vslogger", "recording", "call"),
    change(110, "anywherenow", "paused", "command"),
    change(115, "vslogger", "paused", "command"),
    change(5_040, "anywherenow", "recording", "command"),
    change(5_045, "vslogger", "recording", "command"),
    { kind: "ask", id: "a1", at: T + 5, what: "put", ...c1 },
    { kind: "told", id: "a1", at: T + 90, status: 201, position: 5 },
    { kind: "ask", id: "a2", at: T + 95, what: "pause", ...w1 },
    safe("a2", 150, 8, 145),
    { kind: "ask", id: "a3", at: T + 4_990, what: "resume", ...w1 },
    { kind: "told", id: "a3", at: T + 5_065, status: 200, safe: false, position: 11 },
    { kind: "ask", id: "a4", at: T + 5_990, what: "end", ...c1 },
    { kind: "told", id: "a4", at: T + 6_010, status: 200, position: 13 },
    { kind: "subscribed", reader: "wall", at: T, recovered: false },
    { kind: "shown", ...wall, at: T + 146, protection: "secured", position: 8, until: expiresAt },
    { kind: "shown", ...wall, at: T + 5_002, protection: "resuming", position: 9, until: 0 },
    { kind: "shown", ...wall, at: T + 5_062, protection: "recording", position: 11, until: 0 },
    { kind: "shown", ...wall, at: T + 6_005, protection: "ended", position: 13, until: 0 },
  ];
  return { entries, lines };
}

/** Made at `madeAt`, heard at `at`. */
export const safe = (id: string, at: number, position: number, madeAt: number): Line => ({
  kind: "told",
  id,
  at: T + at,
  status: 200,
  safe: true,
  protection: "secured",
  collectForMs: 60_100 - madeAt,
  expiresAt: T + 60_100,
  position,
});

/** The page looks again at 3,000 ms and is told that it may collect. */
export const looksAgain = (position = 8): readonly Line[] => [
  { kind: "ask", id: "a9", at: T + 2_980, by: "pay", what: "read", callId: "c1", windowId: "w1" },
  safe("a9", 3_000, position, 2_990),
];

const sha256 = (...parts: readonly Uint8Array[]) =>
  createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962's own words: split at the largest power of two below. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const [left, right] = [rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half))];
  return sha256(Uint8Array.of(1), left, right);
}

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const x = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
const keyBytes = Buffer.concat([Uint8Array.of(1), x]);
const verifierKey = `tacet.example+00000000+${keyBytes.toString("base64")}\n`;

export function sealed(entries: readonly Draft[]): string[] {
  return entries.map((entry, index) =>
    canonicalForm({ v: 1, tenant: "acme", salt: `salt-${index}`, position: index + 1, ...entry }),
  );
}

/** The signed head of these entries. */
export function headOf(lines: readonly string[], key = privateKey): string {
  const root = rootOf(lines.map(leafOf)).toString("base64");
  const text = `${ORIGIN}\n${lines.length}\n${root}\n`;
  const keyId = sha256(Buffer.from(`${ORIGIN}\n`), keyBytes).subarray(0, 4);
  const blob = Buffer.concat([keyId, sign(null, Buffer.from(text), key)]);
  return `${text}\n— ${ORIGIN} ${blob.toString("base64")}\n`;
}

export function refereeOf({ entries, lines }: Story): Referee {
  const referee = new Referee(ORIGIN, verifierKey, BOUNDS);
  for (const line of lines) referee.hear(line);
  referee.read(sealed(entries));
  return referee;
}

/** The breaches that the referee names, each once. */
export const named = (findings: readonly Finding[]): string[] => [
  ...new Set(findings.map(({ breach }) => breach)),
];

export function judged(story: Story): string[] {
  const referee = refereeOf(story);
  return named([...referee.judge(T + 8_000), ...referee.unsettled()]);
}
