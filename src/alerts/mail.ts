/**
 * An alert as a mail: what a person reads on a phone at night. Made from the message that webhooks
 * get, so that both say the same. Pure.
 *
 * @module
 */

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** The first words of the subject, by the message's type. */
const WORDS: Readonly<Record<string, string>> = {
  "alert.unsecured": "STILL RECORDED: a recorder did not confirm its pause",
  "alert.drift": "RECORDING AGAIN inside a window",
  "alert.stalled": "NOT RECORDING: a recorder did not confirm its resume",
  "alert.paused_by_other": "Paused by somebody else",
  "alert.recorder_down": "A recorder is down",
  "alert.log_failing": "The control log cannot be written",
  "alert.verification_failing": "The control log does not verify",
  "alert.incident_open": "An incident was opened",
  "alert.copy_behind": "A copy of the control log is behind",
  "alert.folded": "Alerts that had to make room",
  "alert.test": "Test",
};
const LINE_CHARACTERS_MAX = 500;

/** `body` is the JSON of `message.ts`. A type that is not known here is named as it is. */
export function mailOf(body: string): Mail {
  const { data, timestamp, type } = JSON.parse(body) as {
    readonly type: string;
    readonly timestamp: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
  const { callId, destination, origin, recorderId, resolved, sandbox } = data;
  const about = [callId, recorderId, destination].find(
    (one): one is string => typeof one === "string",
  );
  const subject = [
    sandbox === true ? "[sandbox]" : "",
    resolved === true ? "Over:" : "",
    WORDS[type] ?? type,
    about === undefined ? "" : `(${about})`,
  ];
  const lines = Object.entries(data).map(([name, value]) => `${name}: ${wordOf(name, value)}`);
  return {
    subject: flat(`tacet ${subject.filter((part) => part !== "").join(" ")}`, 200),
    text: [`${type} at ${timestamp}, from ${String(origin)}`, "", ...lines, ""].join("\n"),
  };
}

/** Times as people read them; everything on one line. */
function wordOf(name: string, value: unknown): string {
  const isTime = typeof value === "number" && (name === "at" || name === "since");
  const text = isTime
    ? new Date(value).toISOString()
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
  return flat(text, LINE_CHARACTERS_MAX);
}

const flat = (text: string, charactersMax: number): string =>
  text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").slice(0, charactersMax);
