/**
 * The configured recorders on Node: made from configuration, bound to their transport, asked
 * whether they will obey, and described to whoever asks.
 *
 * @module
 */
import type { HubPort } from "../../adapters/hub.ts";
import { bind, makeRecorder } from "../../adapters/registry.ts";
import { type WitnessPort, bindWitness } from "../../adapters/witness.ts";
import { canSurvey } from "../../adapters/recorder.ts";
import type { AnyRecorder, PreflightFinding, Send } from "../../adapters/recorder.ts";
import type { EpochMs, RecorderId, TenantId } from "../../control/call.ts";
import type { DeskHealth } from "../../control/desk.ts";
import type { Clock, RecorderPort } from "../../control/ports.ts";
import type { Located, LocatedTarget, RecorderInfo, Recorders } from "../../http/deps.ts";
import type { Config } from "../../policy/config.ts";
import { isPlainBeyondLoopback } from "../../policy/configParts.ts";
import type { AgentEntry } from "../../policy/policy.ts";
import { dialing } from "./hub/dial.ts";
import { nodeHub } from "./hub/index.ts";
import { type NodeLines, nodeLines } from "./lines.ts";
import { atMostAtOnce } from "./places.ts";
import { type NodeSend, nodeSend } from "./send.ts";

const PREFLIGHT_MS_MAX = 5_000;
/** On which a recorder is asked as a witness: a search that hangs holds up no pause. */
const WITNESS_CONNECTION_COUNT = 4;
/** Which readings, resumes and preflights leave free: however many of them hang, a pause is sent. */
const PAUSE_CONNECTION_COUNT = 4;

export interface Fleet extends Recorders {
  readonly ports: readonly RecorderPort[];
  /** Where desks tell how their recorders are. Set once the keeper stands. */
  health: () => readonly DeskHealth[];
  /** Asks every recorder whether it will obey, changing nothing. Never throws. */
  preflight(): Promise<readonly RecorderInfo[]>;
  /** Asks one of them, and settles after `askMsMax` whatever it does. Never throws. */
  ask(id: RecorderId, askMsMax: number): Promise<readonly PreflightFinding[]>;
  /** The recorder as a witness; undefined where none of this id is configured. */
  witness(id: RecorderId): WitnessPort | undefined;
  /** Whether each is called healthy. Set once somebody watches. */
  judged: (id: RecorderId) => RecorderInfo["health"];
  close(): Promise<void>;
}

interface Kept {
  readonly recorder: AnyRecorder;
  /** Everything but pauses and what a witness is asked. */
  readonly send: Send;
  readonly pauseSend: NodeSend;
  readonly witnessSend: NodeSend;
  readonly hub: HubPort;
  readonly lines: NodeLines;
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
    const { origins, recorder: one } = made.value;
    const tls = recorder.tls === undefined ? {} : { tls: recorder.tls };
    const { plainHttp: allowPlainHttp, replyBytesMax } = recorder;
    const common = { origins, replyBytesMax, allowPlainHttp, ...tls };
    // A request that stands takes no other's place.
    const countMax = recorder.connectionCountMax + (one.standingCount ?? 0);
    const connections = countMax + PAUSE_CONNECTION_COUNT;
    const pauseSend = nodeSend({ ...common, connections });
    const send = atMostAtOnce(countMax, pauseSend);
    const witnessSend = nodeSend({ ...common, connections: WITNESS_CONNECTION_COUNT });
    const hub = nodeHub({ send, clock, dial: dialing({ origins, ...tls }) });
    const lines = nodeLines({ origins, clock, ...tls });
    const plain = origins.filter(isPlainBeyondLoopback);
    const warnings = plain.map(
      (origin) => `plain HTTP to ${origin}: anybody between can read and change it`,
    );
    kept.set(id, { recorder: one, send, pauseSend, witnessSend, hub, lines, warnings });
  }

  const fleet: Fleet = {
    ports: [...kept.values()].map(({ hub, lines, pauseSend, recorder, send }) =>
      bind(recorder, send, hub, lines, pauseSend),
    ),
    health: () => [],
    judged: () => undefined,
    list: (tenant) => partsOf(config, tenant).flatMap((id) => infoOf(id, kept.get(id), fleet)),
    capabilities: (id) => kept.get(id)?.recorder.capabilities,
    parseTarget: (id, raw) => parseTarget(kept.get(id)?.recorder, raw),
    locate: (tenant, agent, signal) => locate(partsOf(config, tenant), kept, agent, signal, clock),
    async preflight() {
      await Promise.all([...kept.keys()].map((id) => fleet.ask(id, PREFLIGHT_MS_MAX)));
      return [...kept].flatMap(([id, one]) => infoOf(id, one, fleet));
    },
    async ask(id, askMsMax) {
      const one = kept.get(id);
      if (one === undefined) return [];
      const findings = await preflight(one, clock, askMsMax);
      kept.set(id, { ...one, preflight: { at: clock.now(), findings } });
      return findings;
    },
    witness(id) {
      const one = kept.get(id);
      return one && bindWitness(one.recorder, one.witnessSend, one.lines);
    },
    async close() {
      for (const { lines } of kept.values()) lines.close();
      const sends = [...kept.values()].flatMap((one) => [one.pauseSend, one.witnessSend]);
      await Promise.all(sends.map((send) => send.close()));
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
  fleet: Pick<Fleet, "health" | "judged">,
): RecorderInfo[] {
  if (one === undefined) return [];
  const known = fleet.health().find((desk) => desk.recorderId === id);
  const health = fleet.judged(id);
  const reachable = known?.reachable;
  return [
    {
      recorderId: id,
      vendor: one.recorder.vendor,
      capabilities: one.recorder.capabilities,
      reachability: reachable === undefined ? "unknown" : reachable ? "reachable" : "unreachable",
      ...(known?.answeredAt === undefined ? {} : { lastHeardAt: known.answeredAt }),
      ...(one.preflight === undefined ? {} : { preflight: one.preflight }),
      ...(health === undefined ? {} : { health }),
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

/** An adapter that forgets its deadline is not waited for. */
async function preflight(
  { lines, recorder, send }: Kept,
  clock: Clock,
  askMsMax: number,
): Promise<readonly PreflightFinding[]> {
  const signal = AbortSignal.timeout(askMsMax);
  const context = { send, lines, signal, now: clock.now, silenced: false };
  const failed = (detail: string) => [{ name: "preflight", ok: false, detail }];
  const late = new Promise<readonly PreflightFinding[]>((resolve) => {
    signal.addEventListener("abort", () => resolve(failed("no answer in time")), { once: true });
  });
  const asked = recorder
    .preflight(context)
    .catch((error: unknown) => failed(error instanceof Error ? error.name : "failed"));
  // Where the adapter heeds the deadline, its own words are the better ones.
  return await Promise.race([asked, late.then(async (words) => (await soon(asked)) ?? words)]);
}

/** What has settled within a moment. */
const soon = <T>(promise: Promise<T>): Promise<T | undefined> =>
  Promise.race([
    promise,
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 100)),
  ]);

/** The tenants some route of which names the recorder. */
export const tenantsOf = (config: Config, id: RecorderId): readonly TenantId[] =>
  Object.keys(config.tenants).filter((tenant) => partsOf(config, tenant).includes(id));

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
    const context = { send, signal, now: clock.now, silenced: false };
    const found = await recorder.locate?.(agent, context);
    if (found === undefined || "kind" in found) continue;
    asked += 1;
    for (const target of found)
      targets.push({ recorderId: id, target, targetKey: recorder.targetKey(target) });
  }
  return asked === 0 ? { kind: "unavailable" } : { kind: "located", targets };
}
