/** The real service as its own process: started, killed without warning, started again on its folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { remember } from "./processes.ts";

const CLI = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
/** A start on a machine that does much else. */
const START_MS_MAX = 60_000;

export interface Service {
  readonly pid: number;
  readonly url: string;
  readonly gone: Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Rejects with what it said last where it does not come up. `words` takes all it says. */
export function startService(config: string, words: string): Promise<Service> {
  const out: WriteStream = createWriteStream(words, { flags: "a" });
  const process: ChildProcess = spawn(
    globalThis.process.execPath,
    ["--disable-warning=ExperimentalWarning", CLI, "serve", "--config", config],
    {
      stdio: ["ignore", "pipe", "pipe"],
      // A start reads two hundred files; what it made of them is kept where it ends as it should.
      env: { ...globalThis.process.env, NODE_COMPILE_CACHE: join(dirname(words), "cache") },
    },
  );
  remember(process);
  const gone = new Promise<void>((resolve) => process.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    let said = "";
    let isUp = false;
    const failed = () => reject(new Error(`the service did not start:\n${said.slice(-2_000)}`));
    const late = setTimeout(failed, START_MS_MAX);
    const hear = (bytes: Buffer) => {
      out.write(bytes);
      if (isUp) return;
      said += bytes.toString();
      const url = /"url":"([^"]+)"[^\n]*"msg":"tacet serves"/.exec(said)?.[1];
      if (url === undefined) return;
      isUp = true;
      clearTimeout(late);
      resolve({
        pid: process.pid ?? 0,
        url,
        gone,
        kill(signal) {
          process.kill(signal);
          return gone;
        },
      });
    };
    process.stdout?.on("data", hear);
    process.stderr?.on("data", hear);
    process.once("exit", () => {
      clearTimeout(late);
      out.end();
      if (!isUp) failed();
    });
  });
}
