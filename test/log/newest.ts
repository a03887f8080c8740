/** One number out of a log's file, while it is written. */
import { join } from "node:path";
import { openForReading } from "../../src/runtime/node/log/database.ts";

export function newestOf(folder: string, query: string): number | undefined {
  const db = openForReading(join(folder, "control-log.sqlite"));
  try {
    const row = db.prepare(query).get() as Readonly<Record<string, number>> | undefined;
    return row === undefined ? undefined : Object.values(row)[0];
  } finally {
    db.close();
  }
}
