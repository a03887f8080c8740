/**
 * Secrets that the service makes for itself and keeps beside its data, readable by it alone.
 *
 * @module
 */
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { refuseExposed } from "./permissions.ts";

const SECRET_BYTES = 32;

/** The secret that tickets are sealed with: made at the first start, kept, so that they survive. */
export async function ticketSecret(folder: string): Promise<Uint8Array> {
  const path = join(folder, "ticket.secret");
  const text = await keptText(path, () =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64url"),
  );
  const secret = Buffer.from(text.trim(), "base64url");
  if (secret.length !== SECRET_BYTES) {
    throw new Error(`${path} is damaged. Remove it: a new one is made, and tickets given out end.`);
  }
  return new Uint8Array(secret);
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
