/**
 * Marked secrets and card numbers that tests plant, and the search for them in everything that
 * tacet wrote, printed or answered. The fixtures of `test/service` plant every credential they use
 * and search when they clean up, so that each test that starts a service looks for leaks.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";

/** Shorter ones would be found where they are not. */
const LENGTH_MIN = 12;
/** Files that are made to hold a secret of the service's own. */
const KEY_FILES = /(?:^|\/)(?:signing\.key|ticket\.secret|development-key\.json|keys\/[^/]+)$/;

/** A ticket is answered to whom it is for; a credential is printed by the command that makes it. */
export type SecretKind = "secret" | "credential" | "ticket" | "card";
interface Planted {
  readonly name: string;
  readonly kind: SecretKind;
}

const planted = new Map<string, Planted>();
const sources: (() => readonly string[])[] = [];
const outputs: { readonly where: string; readonly text: () => string; allowed: SecretKind[] }[] =
  [];

/** Returns the secret, which from now on nothing may show. */
export function plant(name: string, secret: string, kind: SecretKind = "secret"): string {
  if (secret.length >= LENGTH_MIN && !planted.has(secret)) planted.set(secret, { name, kind });
  return secret;
}

/** Secrets that are only made later, such as what a recorder's token service gives out. */
export const plantFrom = (source: () => readonly string[]): void => void sources.push(source);

/** Secrets of a configuration: by the names that secrets have, wherever they stand in it. */
export function plantDocument(value: unknown, name = ""): void {
  if (typeof value === "string") {
    const isSecret = /pass(?:word|phrase)?$|secret|token$|salt$|^key$/i.test(name);
    // Of a PEM, one line is looked for: where it is shown, its ends may be cut.
    const line = value.includes("-----BEGIN") ? (value.split("\n")[1] ?? "") : value;
    if (isSecret && !value.includes("CERTIFICATE")) plant(`the configuration's ${name}`, line);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [member, inner] of Object.entries(value)) plantDocument(inner, member);
}

/** A Visa number of its own for each place, so that a leak names where it came in. */
export function card(place: number, name = `place ${place}`): string {
  const digits = `4${String(71_000_000 + place * 7_919).padStart(14, "0")}`;
  const sum = Array.from(digits, Number)
    .toReversed()
    .reduce((total, digit, index) => {
      const value = digit * (index % 2 === 0 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return plant(`card number in ${name}`, digits + String((10 - (sum % 10)) % 10), "card");
}

export const spaced = (number: string): string => number.match(/.{4}/g)?.join(" ") ?? "";
/** In the digits of East Asian typing. */
export const wide = (number: string): string =>
  number.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));

/** What was printed or logged, to be searched when the fixtures clean up. */
export const hear = (where: string, text: () => string, allowed: SecretKind[] = []): void =>
  void outputs.push({ where, text, allowed });

/** Every planted secret that is in these bytes, in the forms in which it could have been written. */
export function leaksIn(
  where: string,
  bytes: Buffer,
  allowed: readonly SecretKind[] = [],
): readonly string[] {
  for (const source of sources) for (const secret of source()) plant("a recorder's token", secret);
  return [...planted].flatMap(([secret, { kind, name }]) => {
    if (allowed.includes(kind) || !formsOf(secret, kind).some((form) => bytes.includes(form)))
      return [];
    return [`${name} is in ${where}`];
  });
}

function formsOf(secret: string, kind: SecretKind): readonly string[] {
  const bytes = Buffer.from(secret);
  return kind === "card"
    ? [secret, spaced(secret), secret.match(/.{4}/g)?.join("-") ?? secret, wide(secret)]
    : [secret, bytes.toString("base64"), bytes.toString("hex"), encodeURIComponent(secret)];
}

/** Looks through every log folder under this place: databases, what stands beside them, all. */
export async function leaksUnder(place: string): Promise<readonly string[]> {
  const leaks: string[] = [];
  for (const folder of await logFolders(place)) {
    const files = await filesOf(folder);
    for (const path of files.filter((file) => KEY_FILES.test(file))) {
      const text = (await readFile(path, "utf8").catch(() => "")).trim();
      plant(
        `what is in ${basename(path)}`,
        text.split(/[\s+"]/).findLast((part) => part.length >= 40) ?? "",
      );
    }
    for (const path of files.filter((file) => !KEY_FILES.test(file))) {
      const bytes = await readFile(path).catch(() => Buffer.alloc(0));
      leaks.push(...leaksIn(relative(place, path), bytes));
    }
  }
  return leaks;
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const paths = names.map((name) => join(folder, name));
  const kinds = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, index) => kinds[index]?.isFile() === true);
}

async function logFolders(place: string): Promise<readonly string[]> {
  const files = await filesOf(place);
  return [
    ...new Set(
      files
        .filter((path) => basename(path) === "control-log.sqlite")
        .map((path) => join(path, "..")),
    ),
  ];
}

/** Throws where anything that was heard or written since holds what was planted. */
export async function searchAll(places: readonly string[]): Promise<void> {
  const written = await Promise.all(places.map((place) => leaksUnder(place)));
  const said = outputs
    .splice(0)
    .flatMap(({ allowed, text, where }) => leaksIn(where, Buffer.from(text()), allowed));
  const leaks = [...new Set([...written.flat(), ...said])];
  if (leaks.length > 0) throw new Error(`what must not be shown was: ${leaks.join("; ")}`);
}
