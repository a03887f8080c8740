/** `tacet` as a process of its own: what it prints, and how it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hear, searchAll } from "../security/marks.ts";

export const CLI = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly pid: number;
  readonly out: () => string;
  readonly err: () => string;
  /** The first match in what it printed; rejects with everything it said where it ends before. */
  said(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Ends it, where it still runs, and says how it ended. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const processes: Running[] = [];
const folders: string[] = [];

/** A folder of this test alone, removed by `cleanUp`. */
export async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "tacet-service-"));
  folders.push(made);
  return made;
}

/**
 * Ends every process that was started here and removes every folder. Rejects where a planted secret
 * or card number is in anything that was printed, answered or written.
 */
export async function cleanUp(): Promise<void> {
  await Promise.all(processes.splice(0).map((one) => one.stop("SIGKILL")));
  const places = folders.splice(0);
  try {
    await searchAll(places);
  } finally {
    await Promise.all(places.map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** Runs `tacet ARGS` to its end. */
export const tacet = (args: readonly string[], options: Options = {}): Promise<Ended> =>
  startTacet(args, options).ended;

export function startTacet(args: readonly string[], options: Options = {}): Running {
  const command = ["--disable-warning=ExperimentalWarning", CLI, ...args];
  return follow(process.execPath, command, options);
}

/** One line through `bash`, as though pasted. */
export const pasted = (line: string, cwd: string): Running => follow("bash", ["-c", line], { cwd });

function follow(command: string, args: readonly string[], { cwd, env }: Options): Running {
  const child: ChildProcess = spawn(command, args, {
    cwd: cwd ?? tmpdir(),
    env: { ...process.env, TACET_CONFIG: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  const listening = new Set<() => void>();
  const tell = () => listening.forEach((listener) => listener());
  child.stdout?.on("data", (data: Buffer) => {
    out += data.toString();
    tell();
  });
  child.stderr?.on("data", (data: Buffer) => {
    err += data.toString();
    tell();
  });
  // These print credentials to whoever asked for one.
  const [, , verb = ""] = args;
  const makes = ["sandbox", "demo", "key", "token"].includes(verb) || command === "bash";
  hear(`stdout of ${verb}`, () => out, makes ? ["credential"] : []);
  hear(`stderr of ${verb}`, () => err);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, err }));
  });
  const self: Running = {
    pid: child.pid ?? 0,
    out: () => out,
    err: () => err,
    ended,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = out.match(pattern) ?? err.match(pattern);
          if (found === null) return;
          listening.delete(look);
          resolve(found);
        };
        listening.add(look);
        look();
        void ended.then(() => reject(new Error(`ended before ${pattern} was said:\n${out}${err}`)));
      }),
    stop(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
  processes.push(self);
  return self;
}
