/**
 * The other processes of the bench. Each says where it listens, and ends when the bench lets go.
 *
 * @module
 */
import { fork } from "node:child_process";

export interface Started {
  /** The recorder's, by how soon it answers; one of any other process. */
  readonly urls: readonly string[];
  /** tacet's, one for each of the recorder's URLs. */
  readonly keys: readonly string[];
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
      const { keys = [], urls } = told as { urls: string[]; keys?: string[] };
      const stop = () => {
        if (child.connected) child.disconnect();
        return ended;
      };
      resolve({ urls, keys, stop });
    });
  });
}

export const startRecorder = (answerAfterMs: readonly number[]): Promise<Started> =>
  start(new URL("./recorder.ts", import.meta.url), answerAfterMs.map(String));

export const startProxy = (recorder: Started): Promise<Started> =>
  start(new URL("./proxy.ts", import.meta.url), recorder.urls);

export const startTacet = (folder: string, recorder: Started): Promise<Started> =>
  start(new URL("./tacet.ts", import.meta.url), [folder, ...recorder.urls]);
