/** How the recorders know a conversation of the torture, and what people and telephony do to it. */
import { sleep } from "./processes.ts";

export interface Recorders {
  readonly anywherenow: string;
  readonly vslogger: string;
}

export interface Conversation {
  readonly targets: {
    readonly anywherenow: { readonly uccName: string; readonly correlationId: string };
    readonly vslogger: { readonly channel: number };
  };
  readonly names: Readonly<Record<keyof Recorders, string>>;
}

/** `number` is unique in the run; `channel` is free when it is begun. */
export function conversation(number: number, channel: number): Conversation {
  const correlationId = `1d6c6a58-6739-4f0c-98ff-${number.toString(16).padStart(12, "a")}`;
  return {
    targets: { anywherenow: { uccName: "ucc-demo", correlationId }, vslogger: { channel } },
    names: { anywherenow: correlationId, vslogger: String(channel) },
  };
}

export function hands(recorders: Recorders) {
  /** Asked again until the recorder is there: it may be stopped or starting. */
  async function said(recorder: keyof Recorders, path: string, body: object): Promise<void> {
    for (let turn = 0; turn < 100; turn += 1) {
      try {
        const answer = await fetch(recorders[recorder] + path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(4_000),
        });
        await answer.arrayBuffer();
        return;
      } catch {
        await sleep(60);
      }
    }
  }
  const both = (run: (recorder: keyof Recorders) => Promise<void>) =>
    Promise.all([run("anywherenow"), run("vslogger")]);
  return {
    begin: ({ names }: Conversation) =>
      both((recorder) =>
        said(recorder, "/torture/begin", {
          target: names[recorder],
          ...(recorder === "vslogger"
            ? { details: { session_id: `session-${names.anywherenow.slice(-12)}` } }
            : {}),
        }),
      ),
    end: ({ names }: Conversation) =>
      both((recorder) => said(recorder, "/torture/end", { target: names[recorder] })),
    byHand: (one: Conversation, recorder: keyof Recorders, status: "recording" | "paused") =>
      said(recorder, "/_sim/by-hand", { target: one.names[recorder], status }),
  };
}
export type Hands = ReturnType<typeof hands>;
