/**
 * How far each destination has each log, in one small file beside it. It may be behind what was
 * confirmed, never ahead: what it does not know of is sent again.
 *
 * @module
 */
import { open, readFile, rename } from "node:fs/promises";
import { z } from "zod";
import type { Clock } from "../../../control/ports.ts";

/** Confirmations of this long are written together. */
const SAVE_MS = 500;
const RETRY_MS = 5_000;

const fileSchema = z.strictObject({
  v: z.literal(1),
  /** By destination and by the log's origin: a successor's positions are its own. */
  positions: z.record(z.string(), z.record(z.string(), z.int().min(0))),
});

export interface Positions {
  /** 0 where nothing was confirmed. */
  of(destination: string, origin: string): number;
  /** Synchronous; durable a moment later. */
  set(destination: string, origin: string, position: number): void;
  /** Writes what is not written yet. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Up to where a destination has this log for certain: a position beyond the log is of another, and this
 * one is sent to it from its beginning.
 */
export function confirmedTo(
  positions: Pick<Positions, "of">,
  destination: string,
  { origin, size }: { readonly origin: string; readonly size: number },
): number {
  const position = positions.of(destination, origin);
  return position > size ? 0 : position;
}

export interface PositionsOptions {
  readonly path: string;
  /** Others are forgotten. */
  readonly destinations: readonly string[];
  readonly clock: Clock;
  /** The file cannot be read or written; never throws. */
  readonly failed: (why: string) => void;
}

/** Reads the file; one that is missing or damaged is taken for an empty one. */
export async function openPositions(options: PositionsOptions): Promise<Positions> {
  const { clock, failed, path } = options;
  const known = new Map<string, Map<string, number>>(
    options.destinations.map((id) => [id, new Map()]),
  );
  for (const [id, positions] of Object.entries(await readPositions(path, failed))) {
    for (const one of Object.entries(positions)) known.get(id)?.set(...one);
  }
  let changed = false;
  let cancel: (() => void) | undefined;
  let saving: Promise<void> | undefined;

  function later(ms: number): void {
    cancel ??= clock.after(ms, () => {
      cancel = undefined;
      // One at a time: a disk that hangs keeps one of the process's few file threads.
      if (saving === undefined) void save();
      else later(SAVE_MS);
    });
  }

  async function save(): Promise<void> {
    changed = false;
    const positions = Object.fromEntries(
      [...known].map(([id, of]) => [id, Object.fromEntries(of)] as const),
    );
    saving = replace(path, `${JSON.stringify({ v: 1, positions })}\n`).catch((error: unknown) => {
      changed = true;
      failed(codeOf(error));
      later(RETRY_MS);
    });
    await saving;
    saving = undefined;
  }

  return {
    of: (destination, origin) => known.get(destination)?.get(origin) ?? 0,
    set(destination, origin, position) {
      const positions = known.get(destination);
      if (positions === undefined || positions.get(origin) === position) return;
      positions.set(origin, position);
      changed = true;
      later(SAVE_MS);
    },
    async stop() {
      await saving;
      if (changed) await save();
      cancel?.();
    },
  };
}

async function readPositions(
  path: string,
  failed: (why: string) => void,
): Promise<z.output<typeof fileSchema>["positions"]> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, "utf8"))).positions;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") failed(codeOf(error));
    return {};
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "not_a_positions_file";

/** The old text or the new one is there after a power cut. */
async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
