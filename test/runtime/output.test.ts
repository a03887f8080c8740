/** What a terminal would obey instead of showing never reaches one, and stays what it was. */
import { expect, test } from "vitest";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { outputTo, visible } from "../../src/runtime/node/output.ts";

/** Each of them could move a cursor, hide or forge a line, or turn the direction of writing. */
const TRICKS: Readonly<Record<string, string>> = {
  "a new line": "a\r\nb",
  "an escape sequence": "\u001b[2J\u001b]0;title\u0007",
  "an escape of one byte more": "\u009b31m\u009d0;title\u009c",
  "backspaces and a delete": "\b\b\u007f",
  "a line separator": "\u2028\u2029\u0085",
  "a turned direction": "\u202etxt.exe\u202c \u2066x\u2069 \u200f \u061c",
  "an unseen mark": "\ufeff\u200b\u2060",
  "half a character": "\ud800 \udc00",
  "a NUL": "\0",
};
const OBEYED =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/u;

test.each(Object.entries(TRICKS))(
  "%s is shown and not obeyed, and JSON reads it as it was",
  (_name, trick) => {
    expect(visible(trick)).not.toMatch(OBEYED);
    const json = JSON.stringify({ reason: trick });
    expect(visible(json)).not.toMatch(OBEYED);
    expect(JSON.parse(visible(json))).toEqual({ reason: trick });
  },
);

test("words in any script are left as they are", () => {
  const words = "Zahlung – café, naïve, оплата, 支払い, דף תשלום, 👩‍💻 𝒳";
  // The joiner inside an emoji is the one mark that is shown.
  expect(visible(words.replace("\u200d", ""))).toBe(words.replace("\u200d", ""));
});

test.each(Object.entries(TRICKS))(
  "%s in every fact of a log line leaves one line of plain JSON",
  (_name, trick) => {
    const lines: string[] = [];
    const logger = nodeLogger("trace", { write: (line) => void lines.push(line) });
    const names = ["callId", "detail", "path", "reason", "recorderId", "url", "windowId", "tenant"];
    const facts = Object.fromEntries(names.map((name) => [name, trick]));
    logger.info({ ...facts, paths: [trick], err: new Error(trick) }, `said ${trick}`);
    expect(lines).toHaveLength(1);
    const [line = ""] = lines;
    expect(line.endsWith("}\n")).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(OBEYED);
    expect(JSON.parse(line)).toMatchObject({ ...facts, paths: [trick], msg: `said ${trick}` });
  },
);

test("a command's lines to a terminal are made visible; those to a file are left to the byte", () => {
  const [shown, kept, complained]: [string[], string[], string[]] = [[], [], []];
  const to = (list: string[]) => ({ write: (text: string) => list.push(text) });
  const line = `{"reason":"${TRICKS["an escape of one byte more"]}"}`;
  outputTo({ ...to(shown), isTTY: true }, to(complained)).out(line);
  outputTo(to(kept), to(complained)).out(line);
  outputTo(to(kept), to(complained)).err(`usage:\n\ttacet ${TRICKS["an escape sequence"]}`);
  expect(shown.join("").slice(0, -1)).not.toMatch(OBEYED);
  expect(kept).toEqual([`${line}\n`]);
  expect(complained.join("")).toBe("usage:\n\ttacet \\u001b[2J\\u001b]0;title\\u0007\n");
});
