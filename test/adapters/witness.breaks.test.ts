/**
 * The witness suite itself: each of its guarantees is broken once by a witness that is otherwise
 * sound, and is seen to fail.
 *
 * @module
 */
import { vsloggerWitnessRig } from "./vsloggerWitness.ts";
import { witnessContract } from "./witness.ts";
import type { WitnessGuarantee, WitnessRig } from "./witness.ts";
import { canTestify } from "../../src/adapters/recorder.ts";
import type {
  AdapterContext,
  AnyRecorder,
  NoAnswer,
  RecordingEvidence,
} from "../../src/adapters/recorder.ts";
import type { Target } from "../../src/control/call.ts";

type Told = readonly RecordingEvidence[] | NoAnswer;
type Span = WitnessRig["span"];
/** Says something else than the witness would; `ask` is the witness. */
type Sin = (
  ask: (target?: Target, span?: Span) => Promise<Told>,
  rig: WitnessRig,
  ctx: AdapterContext,
) => Promise<Told>;

const many = async (told: Promise<Told>): Promise<readonly RecordingEvidence[]> => {
  const answer = await told;
  return "kind" in answer ? [] : answer;
};
const map = (change: (one: RecordingEvidence) => RecordingEvidence): Sin => {
  return async (ask) => (await many(ask())).map(change);
};
/** What is not known is told as nothing. */
const swallow: Sin = (ask) => many(ask());

const sins: readonly (readonly [WitnessGuarantee, string, Sin])[] = [
  [
    "it tells of every recording of the conversation, and of no other",
    "tells one too few",
    async (ask) => (await many(ask())).slice(1),
  ],
  [
    "it tells of every recording of the conversation, and of no other",
    "tells one too many",
    async (ask, rig) => [...(await many(ask())), ...(await many(ask(rig.other)))],
  ],
  [
    "it tells of every recording of the conversation, and of no other",
    "is an hour off",
    map((one) => ({ ...one, startAt: one.startAt - 3_600_000 })),
  ],
  [
    "it tells of every recording of the conversation, and of no other",
    "lets any time pass for the recorder's",
    map((one) => ({ ...one, withinMs: 1e9 })),
  ],
  [
    "a conversation of which nothing was recorded is an empty list",
    "cannot say nothing",
    async (ask) => {
      const told = await ask();
      return "kind" in told || told.length > 0 ? told : notFound;
    },
  ],
  [
    "a recording that goes on is told as not closed",
    "takes all for closed",
    map((one) => ({ ...one, closed: true })),
  ],
  [
    "what lies outside the span is not told of",
    "heeds no span",
    (ask, rig) => ask(undefined, rig.span),
  ],
  ["half an answer is no answer", "takes half for all", swallow],
  ["a record that cannot be read makes the answer unusable", "takes it for none", swallow],
  ["a lost session is renewed once, and the question asked again", "gives up", (ask) => ask()],
  [
    "being asked to wait is told with the time to wait",
    "tells no time",
    async (ask) => {
      const told = await ask();
      return "kind" in told ? { kind: "unreachable" } : told;
    },
  ],
  ["no answer in time, or none at all, is told so", "takes it for none", swallow],
  ["an error inside a 200 is refused", "takes it for none", swallow],
  ["a page instead of the vendor's answer is a bad reply", "takes it for none", swallow],
  ["an oversized reply is given up", "takes it for none", swallow],
  ["a redirect is a bad reply and is not followed", "takes it for none", swallow],
  [
    "asking changes nothing",
    "marks what it looks at",
    async (ask, rig, ctx) => {
      const told = await many(ask());
      if (!canTestify(rig.recorder)) throw new Error("it should testify");
      for (const { recordingId } of told) await rig.recorder.flag?.(recordingId, "seen", ctx);
      return told;
    },
  ],
  [
    "the digest is of the reply, and the same for the same reply",
    "makes one up",
    map((one) => ({ ...one, replyDigest: "a".repeat(64) })),
  ],
  [
    "no link and no secret is told in any answer",
    "tells a link",
    map((one) => ({ ...one, url: "https://recorder.example/play" })),
  ],
  [
    "no link and no secret is told in any answer",
    "quotes the salt",
    map((one) => ({ ...one, recordingId: `${one.recordingId} S3CRETSALT` })),
  ],
];

const notFound: NoAnswer = { kind: "refused", reason: "target_not_found", detail: "none" };

/** The rig with something of its recorder replaced. */
async function sinfully(
  change: (sound: AnyRecorder, rig: WitnessRig) => Partial<AnyRecorder>,
): Promise<WitnessRig> {
  const rig = await vsloggerWitnessRig({ kind: "session", version: "5.1.0.0", hash: "sha-256" });
  return { ...rig, recorder: { ...rig.recorder, ...change(rig.recorder, rig) } };
}
const origins = ["http://127.0.0.1"];

for (const [breaks, words, sin] of sins) {
  const makeRig = () =>
    sinfully((sound, rig) => ({
      evidence: (target, span, ctx) =>
        sin(
          (other, over) => testifying(sound).evidence(other ?? target, over ?? span, ctx),
          rig,
          ctx,
        ),
    }));
  witnessContract(`a witness that ${words}`, makeRig, { breaks, origins });
}

/** Only the first page, as though there were no more: its totalcount is taken down. */
witnessContract(
  "a witness that reads one page",
  async () => {
    const rig = await sinfully(() => ({}));
    return {
      ...rig,
      async send(request, signal) {
        const result = await rig.send(request, signal);
        if (result.kind !== "reply") return result;
        const body = result.reply.body.replace(/"totalcount":\d+/, '"totalcount":1');
        return { ...result, reply: { ...result.reply, body } };
      },
    };
  },
  { breaks: "every page is read", origins },
);

witnessContract(
  "a witness that fetches from elsewhere",
  () =>
    sinfully(() => ({
      audio: () =>
        Promise.resolve({ method: "GET", url: "https://elsewhere.example/file", headers: {} }),
    })),
  { breaks: "a file is fetched with one request, on the recorder's own origins", origins },
);

witnessContract(
  "a witness that goes where a recording's name leads",
  () =>
    sinfully((sound) => ({
      audio: async (recordingId, ctx) =>
        recordingId.startsWith("//")
          ? { method: "GET", url: new URL(recordingId, "http://127.0.0.1").href, headers: {} }
          : ((await sound.audio?.(recordingId, ctx)) ?? notFound),
    })),
  { breaks: "a file is fetched with one request, on the recorder's own origins", origins },
);

witnessContract(
  "a witness that opens whatever a recording's name leads to",
  () =>
    sinfully((sound) => ({
      page: async (recordingId, ctx) =>
        recordingId.startsWith("https:")
          ? { kind: "page", url: recordingId }
          : ((await testifying(sound).page?.(recordingId, ctx)) ?? notFound),
    })),
  { breaks: "a file is fetched with one request, on the recorder's own origins", origins },
);

let times = 0;
witnessContract(
  "a witness that marks again",
  () =>
    sinfully((sound) => ({
      flag: async (recordingId, note, ctx) => {
        times += 1;
        return (
          (await testifying(sound).flag?.(recordingId, `${note}, time ${times}`, ctx)) ?? notFound
        );
      },
    })),
  { breaks: "a mark is set once, however often it is asked for", origins },
);

function testifying(recorder: AnyRecorder) {
  if (!canTestify(recorder)) throw new Error("it should testify");
  return recorder;
}
