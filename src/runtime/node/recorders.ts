/**
 * The configured recorders on Node: made from configuration, bound to their transport, asked
 * whether they will obey, and described to whoever asks.
 *
 * @module
 */
import { bind, makeRecorder } from "../../adapters/registry.ts";
import { canSurvey } from "../../adapters/recorder.ts";
import type { AnyRecorder, PreflightFinding, Send } from "../../adapters/recorder.ts";
import type { EpochMs, RecorderId, TenantId } from "../../control/call.ts";
import type { DeskHealth } from "../../control/desk.ts";
import type { Clock, RecorderPort } from "../../control/ports.ts";
import type { Located, LocatedTarget, RecorderInfo, Recorders } from "../../http/deps.ts";
import type { Config } from "../../policy/config.ts";
import { isPlainBeyondLoopback } from "../../policy/configParts.ts";
import type { AgentEntry } from "../../policy/policy.ts";
import { type NodeSend, nodeSend } from "./send.ts";

const PREFLIGHT_MS_MAX = 5_000;

export interface Fleet extends Recorders {
  readonly ports: readonly RecorderPort[];
  /** Where desks tell how their recorders are. Set once the keeper stands. */
  health: () => readonly DeskHealth[];
  /** Asks every recorder whether it will obey, changing nothing. Never throws. */
  preflight(): Promise<readonly RecorderInfo[]>;
  close(): Promise<void>;
}

interface Kept {
  readonly recorder: AnyRecorder;
  readonly send: NodeSend;
  readonly warnings: readonly string[];
  preflight?: { readonly at: EpochMs; readonly findings: readonly PreflightFinding[] };
}

/** Throws for settings that a checked configuration cannot have. */
export function nodeFleet(config: Config, clock: Clock): Fleet {
  const kept = new Map<RecorderId, Kept>();
  for (const [id, recorder] of Object.entries(config.recorders)) {
    const made = makeRecorder(id, recorder.vendor, recorder.settings, { now: clock.now });
    if (!made.ok)
      throw new Error(`recorder ${id}: ${made.error.map(({ message }) => message).join("; ")}`);
    const { origins } = made.value;
    const send = nodeSend({
      origins,
      connections: recorder.connectionCountMax,
      replyBytesMax: recorder.replyBytesMax,
      allowPlainHttp: recorder.plainHttp,
      ...(recorder.tls === undefined ? {} : { tls: recorder.tls }),
    });
    const plain = origins.filter(isPlainBeyondLoopback);
    const warnings = plain.map(
      (origin) => `plain HTTP to ${origin}: anybody between can read and change it`,
    );
    kept.set(id, { recorder: made.value.recorder, send, warnings });
  }

  const fleet: Fleet = {
    ports: [...kept.values()].map(({ recorder, send }) => bind(recorder, send)),
    health: () => [],
    list: (tenant) =>
      partsOf(config, tenant).flatMap((id) => infoOf(id, kept.get(id), fleet.health())),
    capabilities: (id) => kept.get(id)?.recorder.capabilities,
    parseTarget: (id, raw) => parseTarget(kept.get(id)?.recorder, raw),
    locate: (tenant, agent, signal) => locate(partsOf(config, tenant), kept, agent, signal, clock),
    async preflight() {
      await Promise.all(
        [...kept].map(([id, one]) => preflight(one, clock).then((found) => kept.set(id, found))),
      );
      return [...kept].flatMap(([id, one]) => infoOf(id, one, fleet.health()));
    },
    async close() {
      await Promise.all([...kept.values()].map(({ send }) => send.close()));
    },
  };
  return fleet;
}

/** The recorders that some route of the tenant names. */
function partsOf(config: Config, tenant: TenantId): readonly RecorderId[] {
  const routes = config.tenants[tenant]?.routes ?? [];
  return [...new Set(routes.flatMap(({ recorders }) => recorders.map((part) => part.recorder)))];
}

function infoOf(
  id: RecorderId,
  one: Kept | undefined,
  health: readonly DeskHealth[],
): RecorderInfo[] {
  if (one === undefined) return [];
  const known = health.find((desk) => desk.recorderId === id);
  const reachable = known?.reachable;
  return [
    {
      recorderId: id,
      vendor: one.recorder.vendor,
      capabilities: one.recorder.capabilities,
      reachability: reachable === undefined ? "unknown" : reachable ? "reachable" : "unreachable",
      ...(known?.answeredAt === undefined ? {} : { lastHeardAt: known.answeredAt }),
      ...(one.preflight === undefined ? {} : { preflight: one.preflight }),
      warnings: one.warnings,
    },
  ];
}

function parseTarget(
  recorder: AnyRecorder | undefined,
  raw: unknown,
): ReturnType<Recorders["parseTarget"]> {
  if (recorder === undefined)
    return { ok: false, issues: [{ path: [], detail: "no such recorder" }] };
  const parsed = recorder.targetSchema.safeParse(raw);
  if (parsed.success) {
    return { ok: true, target: parsed.data, targetKey: recorder.targetKey(parsed.data) };
  }
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: path.map((part) => (typeof part === "symbol" ? "?" : part)),
    detail: message,
  }));
  return { ok: false, issues };
}

async function preflight(one: Kept, clock: Clock): Promise<Kept> {
  const signal = AbortSignal.timeout(PREFLIGHT_MS_MAX);
  const context = { send: one.send as Send, signal, now: clock.now, silenced: false };
  const findings = await one.recorder
    .preflight(context)
    .catch((error: unknown) => [
      { name: "preflight", ok: false, detail: error instanceof Error ? error.name : "failed" },
    ]);
  return { ...one, preflight: { at: clock.now(), findings } };
}

async function locate(
  ids: readonly RecorderId[],
  kept: ReadonlyMap<RecorderId, Kept>,
  agent: AgentEntry,
  signal: AbortSignal,
  clock: Clock,
): Promise<Located> {
  const targets: LocatedTarget[] = [];
  let asked = 0;
  for (const id of ids) {
    const one = kept.get(id);
    if (one === undefined || !canSurvey(one.recorder) || one.recorder.locate === undefined)
      continue;
    const { recorder, send } = one;
    const context = { send: send as Send, signal, now: clock.now, silenced: false };
    const found = await recorder.locate?.(agent, context);
    if (found === undefined || "kind" in found) continue;
    asked += 1;
    for (const target of found)
      targets.push({ recorderId: id, target, targetKey: recorder.targetKey(target) });
  }
  return asked === 0 ? { kind: "unavailable" } : { kind: "located", targets };
}
