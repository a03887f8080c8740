/**
 * Where logs that were put aside are read: a thread, so that a disk that hangs keeps no call waiting.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { parentPort } from "node:worker_threads";
import { openForReading } from "../log/database.ts";
import { folderAt } from "../log/folder.ts";
import { type KeptAsk, keptLogsIn, readKept } from "./keptRead.ts";

/** What the thread is asked: the logs in a log's folder, or entries of one of them. */
export type KeptQuestion =
  | { readonly kind: "list"; readonly logFolder: string }
  | ({ readonly kind: "read" } & KeptAsk);

/** One a predecessor. */
const open = new Map<string, DatabaseSync>();

function answerTo(question: KeptQuestion) {
  switch (question.kind) {
    case "list":
      return keptLogsIn(question.logFolder);
    case "read": {
      const { folder } = question;
      const db = open.get(folder) ?? openForReading(folderAt(folder).database);
      open.set(folder, db);
      return readKept(db, question);
    }
  }
}

// An error ends the thread: whoever asked is told, and the next question begins another.
parentPort?.on("message", (question: KeptQuestion) => {
  parentPort?.postMessage(answerTo(question));
});
