/**
 * The Asterisk Manager Interface's text: frames of `Key: Value` lines, ended by a blank one, however
 * the stream is cut. Pure.
 *
 * @module
 */

/** Keys in lower case; the first value of a key that comes more than once. */
export type Fields = ReadonlyMap<string, string>;

/**
 * A frame is what its first key says: events such as `OriginateResponse` hold a `Response` line
 * further down. `unreadable`: neither a reply nor an event.
 */
export type Frame =
  | { readonly kind: "response"; readonly word: string; readonly fields: Fields }
  | { readonly kind: "event"; readonly name: string; readonly fields: Fields }
  | { readonly kind: "unreadable" };

/** What came of some more text. `broken`: this is no AMI, or a frame without end. */
export type Fed =
  | { readonly kind: "frames"; readonly frames: readonly Frame[]; readonly greeted: boolean }
  | { readonly kind: "broken"; readonly detail: string };

/** Frames are a few hundred characters; those with a channel's variables a few thousand. */
export const FRAME_LENGTH_MAX = 65_536;
const GREETING = /^Asterisk Call Manager\/\S+$/;

/** Reads one connection from its first character. */
export function frameReader(): (text: string) => Fed {
  let rest = "";
  let greeted = false;
  return (text) => {
    rest += text;
    const frames: Frame[] = [];
    if (!greeted) {
      const end = rest.indexOf("\n");
      if (end < 0) return rest.length > 200 ? notAmi : { kind: "frames", frames, greeted };
      if (!GREETING.test(rest.slice(0, end).trim())) return notAmi;
      greeted = true;
      rest = rest.slice(end + 1);
    }
    for (;;) {
      const found = /\r?\n\r?\n/.exec(rest);
      if (found === null) break;
      const block = rest.slice(0, found.index);
      rest = rest.slice(found.index + found[0].length);
      if (block.trim() !== "") frames.push(frameOf(block));
    }
    if (rest.length > FRAME_LENGTH_MAX) {
      const detail = `a frame of more than ${FRAME_LENGTH_MAX} characters`;
      return { kind: "broken", detail };
    }
    return { kind: "frames", frames, greeted };
  };
}

const notAmi: Fed = { kind: "broken", detail: "it does not greet as the Asterisk Call Manager" };

function frameOf(block: string): Frame {
  const pairs = block
    .split("\n")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map(pairOf);
  const fields = new Map<string, string>();
  for (const [key, value] of pairs) if (!fields.has(key)) fields.set(key, value);
  const [first = "", word = ""] = pairs[0] ?? [];
  if (first === "response") return { kind: "response", word, fields };
  if (first === "event") return { kind: "event", name: word, fields };
  return { kind: "unreadable" };
}

function pairOf(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  if (colon < 0) return [text.toLowerCase(), ""];
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

/**
 * An action as it is sent. Throws for a value that would begin another line: settings and targets
 * are checked before.
 */
export function actionText(
  name: string,
  actionId: string,
  fields: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries({ Action: name, ActionID: actionId, ...fields }).map(
    ([key, value]) => `${key}: ${value}`,
  );
  if (lines.some((text) => /\p{Cc}/u.test(text))) throw new Error("an action of one line a field");
  return `${lines.join("\r\n")}\r\n\r\n`;
}
