/**
 * What the commands print to, and how they end.
 *
 * @module
 */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

interface Written {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export const outputTo = (stdout: Written, stderr: Written): Output => ({
  // What goes to a file or another program is left to the byte: `tacet verify` may read it.
  out: (line) => void stdout.write(`${stdout.isTTY === true ? visible(line, "\n\t") : line}\n`),
  err: (line) => void stderr.write(`${visible(line, "\n\t")}\n`),
});

export const terminal = outputTo(process.stdout, process.stderr);

/**
 * What a terminal would obey instead of showing: C0 and C1 controls, DEL, line separators, and what
 * turns the direction of writing. Half characters too: they make a line no Unicode.
 */
const UNSEEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** The text with everything of that kind written as `\u` and four digits, which JSON reads alike. */
export const visible = (text: string, except = ""): string =>
  text.replaceAll(UNSEEN, (one) =>
    except.includes(one) ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    const on = (signal: NodeJS.Signals) => {
      if (asked) process.exit(1);
      asked = true;
      resolve(signal);
    };
    process.on("SIGINT", on);
    process.on("SIGTERM", on);
  });
}

/** The message of an expected failure; a bug's is left to whoever catches it. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
