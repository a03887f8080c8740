/**
 * Revcord keeps the witness contract: by channel and by CallID, for a tenant and for a user, in
 * process and over real HTTP.
 *
 * @module
 */
import type { WitnessFault, WitnessGuarantee, WitnessRig } from "./witness.ts";
import { witnessContract } from "./witness.ts";
import { type Form, inProcessOrigin, revcordAt, secrets, setClock } from "./revcordRig.ts";

const faultNames: Partial<Record<WitnessFault, string>> = {
  "session-lost": "unauthorized",
  "second-page-fails": "second-question-fails",
};

/** A finished recording and one that goes on, both on one channel; another channel beside it. */
async function makeRig(
  form: Form,
  by: "channel" | "callId",
): Promise<WitnessRig & { readonly origin: string }> {
  const clock = setClock();
  const at = await revcordAt({ ...form, simulator: { now: clock.now, ...form.simulator } });
  const { simulator } = at;
  const from = clock.now();
  simulator.begin("1001");
  simulator.begin("1002");
  clock.later(60_000);
  simulator.end("1001");
  clock.later(5_400);
  simulator.begin("1001");
  clock.later(60_000);
  const [first, other] = simulator.calls;
  const targetOf = (channel: string, callId: string | undefined) =>
    by === "channel" ? { channel } : { callId: callId ?? "" };
  return {
    origin: at.origin,
    recorder: at.recorder,
    send: at.send,
    now: clock.now,
    target: targetOf("1001", first?.callId),
    span: { from, to: clock.now() },
    held: simulator.calls
      .filter((call) => (by === "channel" ? call.channel === "1001" : call === first))
      .map(({ callId, endAt, startAt }) => ({
        recordingId: callId,
        startAt,
        closed: endAt !== undefined,
      })),
    other: targetOf("1002", other?.callId),
    stranger: targetOf("1009", "00000000000000000000000000000000"),
    fault: (name, times) =>
      simulator.faults.set({ name: faultNames[name] ?? name, ...(times ? { times } : {}) }),
    clearFaults: () => simulator.faults.clear(),
    // A page that opens a recording is made for whoever asks for it: nobody may, unclicked.
    changesHeard: () =>
      simulator.questions.filter(({ path }) => !path.endsWith("/GetCallDetails")).length,
    followed: () => simulator.followedCount,
    secrets,
    close: at.close,
  };
}

const skip: { reason: string; tests: WitnessGuarantee[] }[] = [
  { reason: "an answer has no pages", tests: ["every page is read"] },
  {
    reason: "the vendor marks no finished recording",
    tests: ["a mark is set once, however often it is asked for"],
  },
];
const oneRecording: typeof skip = [
  ...skip,
  {
    reason: "a CallID is one recording, asked for with one question",
    tests: [
      "it tells of every recording of the conversation, and of no other",
      "a recording that goes on is told as not closed",
      "half an answer is no answer",
    ],
  },
];

const origins = [inProcessOrigin];
witnessContract("revcord by channel, for a user", () => makeRig({}, "channel"), { skip, origins });
witnessContract(
  "revcord by CallID, for a tenant, with dates as the document prints them",
  () => makeRig({ level: "tenant", simulator: { dates: "printed" } }, "callId"),
  { skip: oneRecording, origins },
);

/** The simulator's port is chosen by the system: its origin is known only once it listens. */
const listened: string[] = [];
witnessContract(
  "revcord by channel over real HTTP, for a tenant",
  async () => {
    const rig = await makeRig({ level: "tenant", overHttp: true }, "channel");
    listened.splice(0, 1, rig.origin);
    return rig;
  },
  { skip, origins: listened },
);
