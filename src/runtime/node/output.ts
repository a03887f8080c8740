/**
 * What the commands print to, and how they end.
 *
 * @module
 */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

export const terminal: Output = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};

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
