/** Payment systems, as a process: a round's calls, all at once, each by its own seeded choices. */
import { conversation, hands, type Recorders } from "./conversation.ts";
import { diceOf } from "./dice.ts";
import { playing, type Playing } from "./play.ts";
import { argsOf, serveParent } from "./processes.ts";
import { requester } from "./requests.ts";

export interface PagesArgs {
  readonly name: string;
  /** 0, 1, …: whose calls and channels are whose. */
  readonly number: number;
  readonly seed: number;
  readonly url: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly recorders: Recorders;
  readonly story: string;
}

export interface RoundArgs {
  readonly round: number;
}

/** Calls at once in one process. */
const CALL_COUNT = 6;
const CHANNELS_OF_ONE = 48;
/** A held call keeps its channels for a round more, and hangs up a round after that. */
const ROUNDS_APART = 4;

const args = argsOf() as PagesArgs;
const { answered, issue, request } = requester(args);
const world = { request, issue, hands: hands(args.recorders) };
let [now, before, old]: Playing[][] = [[], [], []];
let over: Promise<unknown> = Promise.resolve();

serveParent(
  {},
  {
    async play({ round }: RoundArgs) {
      await Promise.all((old ?? []).map((one) => one.hangUp()));
      [now, before, old] = [callsOf(round), now, before];
      over = Promise.all((now ?? []).map((one) => one.play()));
    },
    answered: () => ({ count: answered() }),
    burst() {
      for (const one of now ?? []) one.burst();
    },
    async drain() {
      for (const one of now ?? []) one.stop();
      await over;
      await Promise.all([
        ...(now ?? []).map((one) => one.drain()),
        ...(before ?? []).map((one) => one.finish()),
      ]);
    },
    /** After the last round: nothing is held any more. */
    async finish() {
      await Promise.all((now ?? []).map((one) => one.finish()));
    },
  },
);

function callsOf(round: number): Playing[] {
  return Array.from({ length: CALL_COUNT }, (_, index) => {
    const dice = diceOf(args.seed, round, args.number, index);
    const number = (round * 2 + args.number) * CALL_COUNT + index;
    const set = (round % ROUNDS_APART) * CALL_COUNT + index;
    const channel = 1 + args.number * CHANNELS_OF_ONE + 2 * set;
    const here = conversation(2 * number, channel);
    const callId = `c-${args.seed}-${number}`;
    const kind = index === 0 ? "held" : dice.pick(["plain", "twin", "moves", "muted", "gone"]);
    const plan = {
      callId,
      here,
      isHeld: kind === "held",
      endsAtRecorderFirst: kind === "gone",
      ...(kind === "twin" ? { twinId: `${callId}-twin` } : {}),
      ...(kind === "moves" ? { there: conversation(2 * number + 1, channel + 1) } : {}),
      ...(kind === "muted" ? { mutedBefore: dice.pick(["anywherenow", "vslogger"] as const) } : {}),
    };
    return playing(plan, { ...world, dice });
  });
}
