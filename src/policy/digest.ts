/**
 * What the control log may say of a configuration: a digest of it, and which paths changed. Made
 * from a copy in which references stand as they were written and secrets given inline are gone.
 *
 * @module
 */
import type { z } from "zod";
import type { Json } from "../control/call.ts";
import { isRecord, pathText, type Path } from "./path.ts";
import { nodesAt, treeOf } from "./schemaTree.ts";

/** In a vendor's settings these words mark a secret even where its schema does not say so. */
const SECRET_NAME = /pass(word|phrase)?$|secret|token$|salt$|key$|credential/i;

const INLINE: Json = { given: "inline" };

/** The document with every inline secret taken out. Safe to store and to show. */
export function redactedDocument(input: unknown, schema: z.ZodType): Json {
  const tree = treeOf(schema);
  const redact = (value: unknown, path: Path): Json => {
    if (Array.isArray(value)) {
      return value.map((item: unknown, index) => redact(item, [...path, index]));
    }
    if (isRecord(value)) {
      const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
      return Object.fromEntries(
        members.map(([key, inner]) => [key, redact(inner, [...path, key])]),
      );
    }
    if (typeof value === "string") return isSecret(path) ? INLINE : value;
    if (typeof value === "number" || typeof value === "boolean") return value;
    return null;
  };
  const isSecret = (path: Path): boolean => {
    const inSettings = path[0] === "recorders" && path[2] === "settings";
    if (inSettings && SECRET_NAME.test(String(path.at(-1)))) return true;
    return nodesAt(tree, input, path).some((node) => node["secret"] === true);
  };
  return redact(input, []);
}

/** Members sorted by UTF-16 code units, no white space: the same document, the same bytes. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item as Json)).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`);
  return `{${members.join(",")}}`;
}

/** `sha256:` and 64 hexadecimal digits of the redacted document. */
export async function configDigest(document: Json): Promise<string> {
  const bytes = new TextEncoder().encode(canonical(document));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The paths at which two documents differ, sorted, at most `countMax`. Never a value. */
export function changedPaths(before: Json, after: Json, countMax: number = 200): readonly string[] {
  const paths: string[] = [];
  const compare = (a: unknown, b: unknown, path: Path): void => {
    const inside = isRecord(a) && isRecord(b);
    const listed = Array.isArray(a) && Array.isArray(b);
    if (!inside && !listed) {
      if (canonical((a ?? null) as Json) !== canonical((b ?? null) as Json))
        paths.push(pathText(path));
      return;
    }
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      compare(Reflect.get(a, key), Reflect.get(b, key), [...path, listed ? Number(key) : key]);
    }
  };
  compare(before, after, []);
  return paths.sort().slice(0, countMax);
}
