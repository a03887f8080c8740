/**
 * The torture's own processes: started here, asked over their channel, and ended by their id. One
 * that loses its parent ends by itself.
 */
import { type ChildProcess, fork } from "node:child_process";
import { appendFileSync } from "node:fs";
import type { Line } from "./story.ts";

const WITHOUT_WARNING = ["--disable-warning=ExperimentalWarning"];
const alive = new Set<ChildProcess>();

export interface Child {
  readonly pid: number;
  /** Rejects where the process ends before it answers. */
  ask(what: string, how?: object): Promise<unknown>;
  /** Resolves when it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** Starts a file as a process and waits for its first word. */
export async function startChild(
  file: URL,
  args: object,
): Promise<{ readonly child: Child; readonly hello: Record<string, unknown> }> {
  const process = fork(file, [JSON.stringify(args)], {
    execArgv: WITHOUT_WARNING,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  remember(process);
  const waiting = new Map<number, (told: unknown) => void>();
  const gone = new Promise<void>((resolve) => process.once("exit", () => resolve()));
  let count = 0;
  const hello = new Promise<Record<string, unknown>>((resolve, reject) => {
    waiting.set(0, (told) => resolve(told as Record<string, unknown>));
    void gone.then(() => reject(new Error(`${file.pathname} ended before it was ready`)));
  });
  process.on("message", ({ to, told }: { to: number; told: unknown }) => {
    waiting.get(to)?.(told);
    waiting.delete(to);
  });
  const child: Child = {
    pid: process.pid ?? 0,
    ask: (what, how = {}) =>
      new Promise((resolve, reject) => {
        count += 1;
        waiting.set(count, resolve);
        void gone.then(() => reject(new Error(`${file.pathname} is gone`)));
        process.send({ id: count, what, how }, () => {});
      }),
    end(signal = "SIGTERM") {
      process.kill(signal);
      return gone;
    },
    signal: (signal) => void process.kill(signal),
  };
  return { child, hello: await hello };
}

/** Any process that was started here is in `endAll`'s hands until it is gone. */
export function remember(process: ChildProcess): void {
  alive.add(process);
  process.once("exit", () => alive.delete(process));
}

/** Synchronous, so that it works in the last moment too. A stopped process dies of SIGKILL as well. */
export function endAll(): void {
  for (const process of alive) process.kill("SIGKILL");
}

type Handlers = Readonly<Record<string, (how: never) => unknown>>;

/** The other end: says hello and answers each question by its handler. */
export function serveParent(hello: object, handlers: Handlers): void {
  process.on("disconnect", () => process.exit());
  process.on("message", ({ id, what, how }: { id: number; what: string; how: never }) => {
    void (async () => {
      const told = (await handlers[what]?.(how)) ?? {};
      process.send?.({ to: id, told });
    })();
  });
  process.send?.({ to: 0, told: hello });
}

/** Without `undefined`, so that a line says what it has. */
export function writer(path: string): (line: Line) => void {
  return (line) => appendFileSync(path, `${JSON.stringify(line)}\n`);
}

/** A loop that stood still for longer kept somebody waiting. */
const LAG_MS = 120;
const TICK_MS = 40;

/** Tells of every stretch in which this process did not run. */
export function watchOneself(tell: (from: number, until: number) => void): void {
  let last = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - last > LAG_MS) tell(last, now);
    last = now;
  }, TICK_MS).unref();
}

export const argsOf = (): unknown => JSON.parse(process.argv[2] ?? "{}");
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
