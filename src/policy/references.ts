/**
 * References to the environment and to files, `{ env: NAME }` and `{ file: path }`, which may
 * stand wherever the configuration takes a text. Found and replaced here; read by the runtime.
 *
 * @module
 */
import { isRecord, pathText, type Path } from "./path.ts";
import type { Problem } from "./problems.ts";

export interface Reference {
  readonly path: Path;
  readonly from: { readonly env: string } | { readonly file: string };
  /** Read as bytes and handed over as base64: PKCS #12 is no text. */
  readonly bytes: boolean;
}

/** What came of reading one reference. `detail` never holds what was read. */
export type Resolved = { readonly path: Path } & (
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly detail: string }
);

/** Maps whose keys are the user's own words, so that `{ env: prod }` in them means just that. */
export const LITERAL_MAPS: ReadonlySet<string> = new Set([
  "when",
  "tenantOf",
  "kindOf",
  "scopesOf",
]);

/** `{ env: PAYMENT_KEY }`, as it stands in the document. */
function referenceText(from: Reference["from"]): string {
  return "env" in from ? `{ env: ${from.env} }` : `{ file: ${from.file} }`;
}

function asReference(value: unknown, path: Path): Reference | undefined {
  if (!isRecord(value)) return undefined;
  const members = Object.entries(value);
  const [only] = members;
  if (only === undefined || members.length !== 1 || typeof only[1] !== "string") return undefined;
  const bytes = path.at(-1) === "pfx";
  if (only[0] === "env") return { path, from: { env: only[1] }, bytes };
  if (only[0] === "file") return { path, from: { file: only[1] }, bytes };
  return undefined;
}

function walk(value: unknown, path: Path, found: (reference: Reference) => unknown): unknown {
  const reference = asReference(value, path);
  if (reference !== undefined) return found(reference);
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => walk(item, [...path, index], found));
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [
      member,
      LITERAL_MAPS.has(member) ? inner : walk(inner, [...path, member], found),
    ]),
  );
}

/** Every reference in the document, in its order. */
export function findReferences(document: unknown): readonly Reference[] {
  const references: Reference[] = [];
  walk(document, [], (reference) => references.push(reference));
  return references;
}

export interface Replaced {
  readonly document: unknown;
  readonly problems: readonly Problem[];
  /** Where a reference was replaced: nothing about the value there may be told. */
  readonly secretPaths: readonly Path[];
  /** Where nothing could be put: what the schema says of these places is noise. */
  readonly failedPaths: readonly Path[];
}

/** The document with every reference replaced; one that could not be read is a problem. */
export function replaceReferences(input: unknown, resolved: readonly Resolved[]): Replaced {
  const byPath = new Map(resolved.map((one) => [pathText(one.path), one]));
  const problems: Problem[] = [];
  const secretPaths: Path[] = [];
  const failedPaths: Path[] = [];
  const document = walk(input, [], ({ path, from }) => {
    const text = pathText(path);
    const one = byPath.get(text);
    if (one?.ok === true) {
      secretPaths.push(path);
      return one.value;
    }
    failedPaths.push(path);
    problems.push({
      path: text,
      problem: `${referenceText(from)}: ${one?.detail ?? "it was not read"}`,
      suggestion:
        "env" in from
          ? `set ${from.env} in the service's environment`
          : "create it, readable by the service",
    });
    return "";
  });
  return { document, problems, secretPaths, failedPaths };
}
