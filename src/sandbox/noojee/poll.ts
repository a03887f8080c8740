/**
 * The long poll of a simulated Noojee server: the state of extensions at once, or what happens to
 * them within the time asked for.
 *
 * @module
 */
import type { Context } from "hono";
import { background } from "../late.ts";
import { cutConnection } from "../simulator.ts";
import type { Faults } from "../simulator.ts";
import type { CallEvent, Calls } from "./calls.ts";

export function answerPoll(c: Context, calls: Calls, faults: Faults): Promise<Response> {
  const { exten = "", lastSequenceNumber = "", timeOut = "10" } = c.req.query();
  const extensions = exten.split(",");
  const last = Number(lastSequenceNumber);
  if (faults.take("counts-anew")) calls.seq = 0;
  const news = (): readonly CallEvent[] =>
    last === 0
      ? calls.state(extensions)
      : calls.events.filter(({ extension, seq }) => seq > last && extensions.includes(extension));
  const answer = (): Response => c.json(told(news(), calls.seq, faults));
  if (news().length > 0 || Number(timeOut) === 0 || last > calls.seq) {
    return Promise.resolve(answer());
  }
  return new Promise((resolve) => {
    const settle = (response: Response): void => {
      forget();
      resolve(response);
    };
    const forget = calls.wait(() => {
      if (faults.take("poll-cut")) settle(cutConnection("heard"));
      else if (news().length > 0) settle(answer());
    });
    c.req.raw.signal.addEventListener("abort", () => settle(answer()), { once: true });
    background(() => settle(answer()), Number(timeOut) * 1_000);
  });
}

function told(events: readonly CallEvent[], seq: number, faults: Faults): unknown {
  const Data: Record<string, unknown[]> = {};
  for (const { extension, inbound, party, status, uniqueId } of events) {
    const CallData = {
      canAnswer: status === "Ringing",
      callerId: party,
      uniqueCallId: uniqueId,
      callStartTime: "",
      isQueueCall: false,
      isClickToDialCall: false,
      inbound,
      status,
    };
    const isBroken = status === "Hungup" && faults.take("malformed-event", extension) !== undefined;
    (Data[extension] ??= []).push({ ...(isBroken ? {} : { CallData }), CallID: 10, Code: 0 });
  }
  return { Data, seq, Code: 0 };
}
