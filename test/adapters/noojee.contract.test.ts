/**
 * Noojee: the recorder contract and the witness contract, by unique id and by extension, by key and
 * by hash, in process and over real HTTP.
 */
import { recorderContract, whatOnlyStatusShows } from "./contract.ts";
import type { ContractFault, Rig, Skip } from "./contract.ts";
import { inProcess } from "./inProcess.ts";
import { witnessContract } from "./witness.ts";
import type { HeldRecording, WitnessFault, WitnessRig, WitnessSkip } from "./witness.ts";
import { noojeeVendor } from "../../src/adapters/noojee/index.ts";
import type { Send } from "../../src/adapters/recorder.ts";
import type { Target } from "../../src/control/call.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { noojeeSimulator } from "../../src/sandbox/noojee/index.ts";

const apiKey = "f863246a-973e-11e6-8784-08002718f5b5";
const uniqueId = "1795337973.8";

interface Form {
  readonly by: "uniqueId" | "extension";
  readonly authenticate: "key" | "hash";
  readonly commandMethod?: "POST" | "GET";
  readonly overHttp?: boolean;
}
const nameOf = ({ authenticate, by, commandMethod, overHttp }: Form) =>
  [
    `noojee, by ${by}, with the ${authenticate}`,
    ...(commandMethod === undefined ? [] : [`orders by ${commandMethod}`]),
    ...(overHttp === true ? ["over real HTTP"] : []),
  ].join(", ");

const targets: Readonly<Record<Form["by"], readonly [Target, Target, Target, ...Target[]]>> = {
  uniqueId: [
    { uniqueId },
    { uniqueId: "1795337974.9" },
    { uniqueId: "1795337000.1" },
    { uniqueId: ` ${uniqueId} ` },
    { uniqueId, agentLoginName: "Fred" },
  ],
  extension: [
    { extension: "410" },
    { extension: "411" },
    { extension: "499" },
    { extension: 410 },
    { extension: "410 " },
  ],
};

const made = async (form: Form, now: () => number) => {
  const simulator = noojeeSimulator({ apiKey, now });
  const listening = form.overHttp === true ? await listenSimulator(simulator) : undefined;
  const settings = noojeeVendor.settings.parse({
    baseUrl: listening?.origin ?? "http://127.0.0.1",
    apiKey,
    authenticate: form.authenticate,
    ...(form.commandMethod === undefined ? {} : { commandMethod: form.commandMethod }),
    agentLoginName: "Fred",
    notRecordingMessage: "call is not being recorded",
    timeZone: "Australia/Melbourne",
  });
  const port = nodeSend({ origins: noojeeVendor.origins(settings), replyBytesMax: 65_536 });
  const send: Send = listening === undefined ? inProcess(simulator.app) : port;
  const recorder = noojeeVendor.create("pbx", settings, { now });
  const parse = (one: Target): Target => recorder.targetSchema.parse(one);
  const close = async () => {
    await port.close();
    await listening?.close();
  };
  return { close, parse, recorder, send, simulator };
};

const followedOf = ({ requests }: { readonly requests: readonly { readonly path: string }[] }) =>
  requests.filter(({ path }) => path === "/elsewhere").length;

async function makeRig(form: Form): Promise<Rig> {
  const { close, parse, recorder, send, simulator } = await made(form, Date.now);
  simulator.begin("410", { uniqueId });
  simulator.begin("411", { uniqueId: "1795337974.9" });
  const [target, other, stranger, ...spellings] = targets[form.by];
  const ownName = (fault: ContractFault): string => fault;
  return {
    recorder,
    target: parse(target),
    other: parse(other),
    stranger: parse(stranger),
    spellings,
    send,
    heard: () => simulator.heard("410"),
    commandsHeard: () => simulator.commandsHeard(),
    followed: () => followedOf(simulator),
    fault: (name, times) =>
      simulator.faults.set({ name: ownName(name), ...(times ? { times } : {}) }),
    clearFaults: () => simulator.faults.clear(),
    byHand: (status) => simulator.byHand("410", status),
    end: () => simulator.end("410"),
    secrets: [apiKey],
    close,
  };
}

const skip: readonly Skip[] = [
  {
    reason: "nothing tells what Noojee records now",
    tests: whatOnlyStatusShows,
  },
];

for (const form of [
  { by: "uniqueId", authenticate: "key" },
  { by: "uniqueId", authenticate: "hash" },
  { by: "extension", authenticate: "key" },
  { by: "extension", authenticate: "hash", commandMethod: "GET" },
  { by: "uniqueId", authenticate: "key", overHttp: true },
  { by: "extension", authenticate: "hash", overHttp: true },
  { by: "uniqueId", authenticate: "key", commandMethod: "GET", overHttp: true },
] as const satisfies readonly Form[]) {
  recorderContract(nameOf(form), () => makeRig(form), { skip });
}

/** 14 September 2021, 15:03:30 in Melbourne: the vendor's own example. */
const START = Date.UTC(2021, 8, 14, 5, 3, 30);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function makeWitnessRig(form: Form): Promise<WitnessRig> {
  let at = START;
  // By the hour only one question a minute is answered: whoever looks at the clock lets one pass.
  const now = () => (form.by === "extension" ? (at += 61_000) : at);
  const { close, parse, recorder, send, simulator } = await made(form, () => at);
  const id = `${START / 1_000}.5`;
  const [of410, of411] = [id, `${START / 1_000}.8`];
  simulator.begin("410", { uniqueId: of410 });
  simulator.begin("411", { uniqueId: of411, direction: "1" });
  at += 2 * MINUTE;
  simulator.byHand("410", "paused");
  at += MINUTE;
  simulator.byHand("410", "recording");
  // Into the next hour of the server's.
  at += 70 * MINUTE;
  simulator.byHand("410", "paused");
  simulator.end("411");
  at += MINUTE;
  if (form.by === "uniqueId") simulator.byHand("410", "recording");
  const to = at;
  at += form.by === "uniqueId" ? 10 * MINUTE : 3 * HOUR;
  const held: HeldRecording[] = simulator.legs
    .filter((leg) => leg.uniqueId === of410)
    .map((leg) => ({
      recordingId: leg.callRecordId,
      startAt: leg.startAt,
      ...(leg.endAt === undefined ? {} : { endAt: leg.endAt, durationMs: leg.endAt - leg.startAt }),
      closed: leg.endAt !== undefined,
    }));
  const targetsOf: readonly Target[] =
    form.by === "uniqueId"
      ? [{ uniqueId: of410 }, { uniqueId: of411 }, { uniqueId: `${START / 1_000}.99` }]
      : [{ extension: "410" }, { extension: "411" }, { extension: "499" }];
  const [target = {}, other = {}, stranger = {}] = targetsOf.map(parse);
  const ownName = (fault: WitnessFault): string => {
    if (fault === "session-lost") return "expired-timestamp";
    return fault === "second-page-fails" ? "second-list-fails" : fault;
  };
  let ordered = 0;
  return {
    recorder,
    send,
    now,
    target,
    span: { from: START, to },
    held,
    other,
    stranger,
    // What makes an answer of two replies: a recording that tacet itself started, by its tag.
    async fill() {
      const ctx = { send, now: () => at, signal: AbortSignal.timeout(5_000), silenced: true };
      at = to;
      await recorder.resume?.(target, { ...ctx, windowId: "w-1" });
      ordered = simulator.commandsHeard();
      at = to + 10 * MINUTE;
    },
    fault: (name, times) =>
      simulator.faults.set({ name: ownName(name), ...(times ? { times } : {}) }),
    clearFaults: () => simulator.faults.clear(),
    changesHeard: () => simulator.commandsHeard() - ordered,
    followed: () => followedOf(simulator),
    secrets: [apiKey],
    close,
  };
}

const noFile: WitnessSkip = {
  reason: "how a file is retrieved is not documented",
  tests: ["a file is fetched with one request, on the recorder's own origins"],
};
const noMark: WitnessSkip = {
  reason: "Noojee has no mark for a finished recording",
  tests: ["a mark is set once, however often it is asked for"],
};
const noSession: WitnessSkip = {
  reason: "a key expires never",
  tests: ["a lost session is renewed once, and the question asked again"],
};
const byHour: WitnessSkip = {
  reason: "legs that ended are told, and no others; an hour once told is kept",
  tests: [
    "a recording that goes on is told as not closed",
    "half an answer is no answer",
    "every page is read",
  ],
};
const origins = ["http://127.0.0.1"];
for (const [form, skipped] of [
  [{ by: "uniqueId", authenticate: "key" }, [noFile, noMark, noSession]],
  [{ by: "uniqueId", authenticate: "hash" }, [noFile, noMark]],
  [{ by: "uniqueId", authenticate: "hash", overHttp: true }, [noFile, noMark]],
  [{ by: "extension", authenticate: "key" }, [noFile, noMark, noSession, byHour]],
  [{ by: "extension", authenticate: "key", overHttp: true }, [noFile, noMark, noSession, byHour]],
] as const satisfies readonly (readonly [Form, readonly WitnessSkip[]])[]) {
  witnessContract(nameOf(form), () => makeWitnessRig(form), { skip: skipped, origins });
}
