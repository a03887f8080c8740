/**
 * The other processes of the bench. Each says where it listens, and ends when the bench lets go.
 *
 * @module
 */
import { fork } from "node:child_process";

export interface Started {
  readonly url: string;
  /** Of tacet alone. */
  readonly key: string;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Rejects where the process ends before it listens. */
function start(file: URL, args: readonly string[]): Promise<Started> {
  const child = fork(file, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${file.pathname} ended with ${code}`)));
    child.once("message", (told) => {
      const { key = "", url } = told as { url: string; key?: string };
      const stop = () => {
        if (child.connected) child.disconnect();
        return ended;
      };
      resolve({ url, key, stop });
    });
  });
}

export const startRecorder = (answersAfterMs: number): Promise<Started> =>
  start(new URL("./recorder.ts", import.meta.url), [String(answersAfterMs)]);

export const startProxy = (recorderUrl: string): Promise<Started> =>
  start(new URL("./proxy.ts", import.meta.url), [recorderUrl]);

export const startTacet = (recorderUrl: string, folder: string): Promise<Started> =>
  start(new URL("./tacet.ts", import.meta.url), [recorderUrl, folder]);
