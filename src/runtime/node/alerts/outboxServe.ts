/** The thread that writes the outbox's file: what is asked, in order. */
import { parentPort, workerData } from "node:worker_threads";
import type { Change, Saved } from "../../../alerts/outbox.ts";
import { type Marks, type OwnOutboxFile, openOutboxFile } from "./outboxFile.ts";

export interface Asked {
  readonly id: number;
  readonly does:
    | { readonly type: "write"; readonly changes: readonly Change[]; readonly marks: Marks }
    | { readonly type: "rewrite"; readonly whole: Saved; readonly marks: Marks }
    | { readonly type: "close" };
}

export interface Done {
  readonly id: number;
  readonly error?: unknown;
}

let file: OwnOutboxFile | undefined;

function perform(does: Asked["does"]): void {
  // Opened when it is first written: a file that cannot be opened yet is tried again.
  file ??= openOutboxFile(String(workerData));
  switch (does.type) {
    case "write":
      return file.write(does.changes, does.marks);
    case "rewrite":
      return file.rewrite(does.whole, does.marks);
    case "close":
      return file.close();
  }
}

parentPort?.on("message", ({ id, does }: Asked) => {
  let done: Done = { id };
  try {
    perform(does);
  } catch (error) {
    done = { id, error };
  }
  parentPort?.postMessage(done);
});
