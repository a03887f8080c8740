/** Evidence as the service runs it, on a virtual clock, a log in memory and recorders that testify as told. */
import { bindWitness } from "../../src/adapters/witness.ts";
import { memoryRecorder, type MemoryRecorder } from "../../src/adapters/memory/index.ts";
import type { RecordingEvidence } from "../../src/adapters/recorder.ts";
import type { Incidents, Suspicion } from "../../src/evidence/incident.ts";
import type { Entry, EntryDraft } from "../../src/log/entry.ts";
import { memoryLog } from "../../src/log/memory.ts";
import { evidenceSchema } from "../../src/policy/configEvidence.ts";
import { type EvidenceService, startEvidence } from "../../src/runtime/node/evidence/index.ts";
import { VirtualClock } from "../simulation/clock.ts";
import type { History } from "./history.ts";

export const AT = 1_000_000;
export const CONFIG = {
  afterEndMs: 10_000,
  afterWindowMs: 60_000,
  askMsMax: 5_000,
  retryMsMin: 10_000,
  retryMsMax: 40_000,
  giveUpMs: 600_000,
  toleranceMs: 500,
} as const;

export interface Rig {
  readonly clock: VirtualClock;
  readonly log: ReturnType<typeof memoryLog>;
  readonly main: MemoryRecorder;
  readonly suspicions: Suspicion[];
  /** Incidents are taken again. */
  readonly incidents: { taking: boolean };
  readonly evidence: () => EvidenceService;
  readonly logged: unknown[];
  /** Lets time pass to its end, enters what is not in the log yet, and tells evidence of it. */
  play(h: History, callId?: string): Promise<void>;
  /** The process ends and another begins: nothing is left but the log. */
  restart(): Promise<void>;
  /** The evidence entries of a call: type, and reason where there is one. */
  entered(callId?: string): Promise<readonly string[]>;
  entries(type: string, callId?: string): Promise<readonly Entry[]>;
  enter(draft: Partial<EntryDraft> & Pick<EntryDraft, "type">): Promise<void>;
}

export interface Wish {
  readonly config?: object;
  readonly hasFile?: boolean;
  readonly waitingCountMax?: number;
  readonly unheardCallCountMax?: number;
  readonly testifies?: boolean;
}

export function rig(wish: Wish = {}): Rig {
  const clock = new VirtualClock();
  const log = memoryLog({ originBase: "tacet.test", clock: () => clock.now() });
  const main = memoryRecorder("main", { evidence: wish.testifies ?? true });
  const suspicions: Suspicion[] = [];
  const incidents = { taking: true };
  const logged: unknown[] = [];
  const took: Incidents = {
    suspect(suspicion) {
      if (!incidents.taking) return Promise.resolve(undefined);
      suspicions.push(suspicion);
      return Promise.resolve(`incident-${suspicion.recordingId}`);
    },
    of: () => [],
  };
  const port = bindWitness(main.recorder, () => Promise.reject(new Error("it has no network")));
  const file = { kind: "refused", reason: "vendor_error", detail: "not here" } as const;
  const witness = wish.hasFile === true ? { ...port, audio: () => Promise.resolve(file) } : port;
  const begin = () => {
    const made = startEvidence({
      config: evidenceSchema.parse({ ...CONFIG, ...wish.config }),
      log,
      clock,
      recorderIds: ["main"],
      witness: (id) => (id === "main" ? witness : undefined),
      incidents: took,
      logger: {
        error: (facts) => void logged.push(facts),
        warn: (facts) => void logged.push(facts),
      },
      ...(wish.waitingCountMax === undefined ? {} : { waitingCountMax: wish.waitingCountMax }),
      ...(wish.unheardCallCountMax === undefined
        ? {}
        : { unheardCallCountMax: wish.unheardCallCountMax }),
    });
    made.begin(["t"]);
    return made;
  };
  let service = begin();
  const played = new Map<string, number>();
  const entriesOf = async (callId: string) =>
    (await log.read("t", { callId }, 0, 1_000)).entries.filter(
      ({ origin }) => origin.component !== "core",
    );
  return {
    clock,
    log,
    main,
    suspicions,
    incidents,
    logged,
    evidence: () => service,
    async play(h, callId = "c") {
      const done = played.get(callId) ?? 0;
      const events = h.events.slice(done);
      played.set(callId, h.events.length);
      await clock.pass(Math.max(0, (events.at(-1)?.at ?? 0) - clock.now()));
      const appended = await log.append("t", callId, done, events);
      if (appended.kind !== "appended") throw new Error(appended.kind);
      const position = appended.positions.at(-1) ?? 0;
      service.observe({ tenant: "t", callId, state: h.state(), events, position });
    },
    async restart() {
      await service.stop();
      service = begin();
    },
    async entered(callId = "c") {
      const entries = await entriesOf(callId);
      return entries.map(({ reason, type }) => (reason === undefined ? type : `${type} ${reason}`));
    },
    async entries(type, callId = "c") {
      return (await entriesOf(callId)).filter((entry) => entry.type === type);
    },
    async enter(draft) {
      await log.enter([
        {
          at: clock.now(),
          tenant: "t",
          callId: "c",
          actor: { id: "tacet", kind: "system" },
          origin: { component: "evidence" },
          outcome: "success",
          ...draft,
        },
      ]);
    },
  };
}

/** A finished recording of the memory recorder; times from the rig's beginning. */
export const recorded = (more: Partial<RecordingEvidence> = {}): RecordingEvidence => ({
  recordingId: "rec-1",
  startAt: AT,
  endAt: AT + 30_000,
  durationMs: 30_000,
  withinMs: 0,
  closed: true,
  replyDigest: "ab".repeat(32),
  ...more,
});
