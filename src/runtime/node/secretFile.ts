/**
 * Secrets that the service makes for itself and keeps beside its data, readable by it alone.
 *
 * @module
 */
import { link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceFile } from "./log/folder.ts";
import { refuseExposed } from "./permissions.ts";

const SECRET_BYTES = 32;

/** No ticket lives longer than a chain of them, half a day, or a call's window. */
const OLDER_MS_MAX = 24 * 3_600_000;

export interface TicketSecrets {
  /** Seals tickets. */
  readonly secret: Uint8Array;
  /** Opens those sealed before it was replaced. */
  readonly olderSecret?: Uint8Array;
}

const ticketPath = (folder: string): string => join(folder, "ticket.secret");
const newSecret = (): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64url");

/** Made at the first start and kept, so that tickets survive; the newest is the first line. */
export async function ticketSecrets(folder: string): Promise<TicketSecrets> {
  const path = ticketPath(folder);
  const [secret, olderSecret] = secretsIn(await keptText(path, newSecret), path);
  const { mtimeMs } = await stat(path);
  const isOver = olderSecret === undefined || Date.now() - mtimeMs > OLDER_MS_MAX;
  return isOver ? { secret } : { secret, olderSecret };
}

/** Puts a new secret first. `atOnce`: the one before opens nothing any more. */
export async function rotateTicketSecret(folder: string, atOnce: boolean): Promise<void> {
  const path = ticketPath(folder);
  const text = await readIfThere(path);
  if (text === undefined) throw new Error(`There is no ${path}.`);
  secretsIn(text, path);
  const [before = ""] = text.split("\n");
  const lines = atOnce ? [newSecret()] : [newSecret(), before];
  replaceFile(path, lines.map((line) => `${line}\n`).join(""));
}

function secretsIn(text: string, path: string): [Uint8Array, ...Uint8Array[]] {
  const lines = text.split("\n").filter((line) => line !== "");
  const [first, ...rest] = lines.map((line) => new Uint8Array(Buffer.from(line, "base64url")));
  if (first === undefined || [first, ...rest].some(({ length }) => length !== SECRET_BYTES)) {
    throw new Error(`${path} is damaged. Remove it: a new one is made, and tickets given out end.`);
  }
  return [first, ...rest];
}

/**
 * What the file holds; what `make` says where there was none. Two that make it at once agree, and
 * one that is killed over it leaves no half of it.
 */
export async function keptText(
  path: string,
  make: () => string | Promise<string>,
): Promise<string> {
  const kept = await readIfThere(path);
  if (kept !== undefined) {
    // Whoever read it can make what it seals: it is a secret no more, and a new one is cheap.
    refuseExposed(path);
    return kept;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${crypto.randomUUID()}`;
  try {
    const file = await open(unfinished, "wx", 0o600);
    try {
      await file.writeFile(`${await make()}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename, a link never takes the place of a file that is there.
    await link(unfinished, path).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
  } finally {
    await rm(unfinished, { force: true });
  }
  return await readFile(path, "utf8");
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
