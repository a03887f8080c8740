/**
 * Secrets that the service makes for itself and keeps beside its data, readable by it alone.
 *
 * @module
 */
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const SECRET_BYTES = 32;

/** The secret that tickets are sealed with: made at the first start, kept, so that they survive. */
export async function ticketSecret(folder: string): Promise<Uint8Array> {
  const text = await keptText(join(folder, "ticket.secret"), () =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64url"),
  );
  const secret = Buffer.from(text.trim(), "base64url");
  if (secret.length !== SECRET_BYTES) throw new Error("the ticket secret's file is damaged");
  return new Uint8Array(secret);
}

/** What the file holds; what `make` says where there was none. Two that make it at once agree. */
export async function keptText(
  path: string,
  make: () => string | Promise<string>,
): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const file = await open(path, "wx", 0o600);
    try {
      const text = await make();
      await file.writeFile(`${text}\n`);
      await file.sync();
      return text;
    } finally {
      await file.close();
    }
  } catch (error) {
    const there = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!there) throw error;
    return await readFile(path, "utf8");
  }
}
