/**
 * Fonouc keeps the witness contract, and with Kazoo what is left of the recorder contract for one
 * that cannot be asked.
 *
 * @module
 */
import { recorderContract, whatOnlyStatusShows } from "./contract.ts";
import type { Rig, Skip } from "./contract.ts";
import { changesIn, MINUTE, SECOND, T0, wired } from "./fonouc.rig.ts";
import type { Wiring } from "./fonouc.rig.ts";
import { witnessContract } from "./witness.ts";
import type { WitnessFault, WitnessRig, WitnessSkip } from "./witness.ts";

const callId = "5cods2ataaaehmg8ahsig";
const other = "1-32626@178.128.227.190";
const leg = (id: string) => ({ callId: id });
const elsewhere = ({ path }: { readonly path: string }) => path === "/elsewhere";

/** The suites' names for what Fonouc does in its own way. */
const ownName = (fault: string): string => (fault === "session-lost" ? "unauthorized" : fault);

async function makeWitness(wiring: Wiring): Promise<WitnessRig & { readonly origin: string }> {
  const system = await wired(wiring);
  const { clock, simulator } = system;
  simulator.begin(callId);
  clock.now = T0 + 10 * SECOND;
  simulator.begin(other);
  clock.now = T0 + 20 * SECOND;
  simulator.calls.stop(callId);
  clock.now = T0 + 25 * SECOND;
  simulator.calls.record(callId);
  clock.now = T0 + 30 * SECOND;
  simulator.end(other);
  clock.now = T0 + 50 * SECOND;
  // The second one is only named by the CDR: its description is not there yet.
  simulator.faults.set({ name: "recording-late", times: 1 });
  simulator.end(callId);
  clock.now = T0 + 60 * MINUTE;
  return {
    recorder: system.recorder,
    send: system.send,
    origin: system.origin,
    now: () => clock.now,
    target: leg(callId),
    other: leg(other),
    stranger: leg("nobody@178.128.227.190"),
    span: { from: T0, to: T0 + 60 * SECOND },
    held: simulator.calls.taken
      .filter((one) => one.callId === callId)
      .map(({ endAt = 0, recordingId, startAt, stored }) => ({
        recordingId,
        startAt,
        endAt,
        durationMs: endAt - startAt,
        closed: stored === "listed",
      })),
    fill() {
      for (let one = 0; one < 5; one += 1) {
        clock.now = T0 + one * SECOND;
        simulator.begin(`filler-${one}`);
        clock.now += 30 * SECOND;
        simulator.end(`filler-${one}`);
      }
      clock.now = T0 + 60 * MINUTE;
    },
    fault: (name: WitnessFault, times) =>
      simulator.faults.set({ name: ownName(name), ...(times === undefined ? {} : { times }) }),
    clearFaults: () => simulator.faults.clear(),
    changesHeard: () => changesIn(system),
    followed: () => simulator.requests.filter(elsewhere).length,
    get secrets() {
      return system.secrets();
    },
    close: system.close,
  };
}

const forms: readonly (readonly [string, Wiring])[] = [
  ["fonouc", { settings: { pageSize: 3 } }],
  [
    "fonouc over real HTTP, in milliseconds, with the key beside the records",
    {
      overHttp: true,
      settings: { pageSize: 2, dates: "milliseconds" },
      simulator: { dates: "milliseconds", keys: "beside" },
    },
  ],
  [
    "fonouc with kazoo, over real HTTP",
    { overHttp: true, kazoo: "sha", settings: { pageSize: 3 } },
  ],
];
const noMark: WitnessSkip = {
  reason: "Fonouc documents no mark, note or flag on a recording",
  tests: ["a mark is set once, however often it is asked for"],
};
for (const [name, wiring] of forms) {
  const origins: string[] = [];
  const makeRig = async () => {
    const rig = await makeWitness(wiring);
    origins.push(rig.origin);
    return rig;
  };
  witnessContract(name, makeRig, { origins, skip: [noMark] });
}

async function makeControlled(wiring: Wiring): Promise<Rig> {
  const system = await wired(wiring);
  const { simulator } = system;
  simulator.begin(callId);
  simulator.begin(other);
  return {
    recorder: system.recorder,
    target: leg(callId),
    other: leg(other),
    // Letters' case counts in a SIP Call-ID.
    stranger: leg(callId.toUpperCase()),
    spellings: [leg(` ${callId} `)],
    send: system.send,
    heard: () => simulator.heard(callId),
    commandsHeard: () => simulator.requests.filter(({ order }) => order !== undefined).length,
    followed: () => simulator.requests.filter(elsewhere).length,
    fault: (name, times) =>
      simulator.faults.set({ name: ownName(name), ...(times === undefined ? {} : { times }) }),
    clearFaults: () => simulator.faults.clear(),
    byHand: (status) => simulator.byHand(callId, status),
    end: () => simulator.end(callId),
    get secrets() {
      return system.secrets();
    },
    close: system.close,
  };
}

/** What is left of each is in fonouc.kazoo.test.ts, judged by what is heard. */
const cannotBeAsked: readonly Skip[] = [
  {
    reason: "Kazoo tells nobody whether a recording is masked",
    tests: whatOnlyStatusShows,
  },
  {
    reason: "Kazoo accepts every metaflow alike, before anything is done",
    tests: ["a repeat that the vendor calls an error is acknowledged"],
  },
];
for (const kazoo of ["api_auth", "md5", "sha"] as const) {
  recorderContract(`fonouc with kazoo by ${kazoo}`, () => makeControlled({ kazoo }), {
    skip: cannotBeAsked,
  });
}
recorderContract(
  "fonouc with kazoo over real HTTP",
  () => makeControlled({ kazoo: "sha", overHttp: true }),
  { skip: cannotBeAsked },
);
