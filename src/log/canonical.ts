/**
 * RFC 8785 canonical JSON: one value, one byte string. What the log hashes is exactly this.
 *
 * @module
 */

const encoder = new TextEncoder();

/** A value that has no canonical form. Names the path, never the value. */
class NotCanonicalizable extends Error {
  readonly code = "not_canonicalizable";
}

/**
 * The canonical text of a JSON value. Members that are `undefined` are left out, as JSON does.
 * Throws `NotCanonicalizable` for a number that is not finite, a lone surrogate, or what JSON lacks.
 */
export function canonical(value: unknown): string {
  return write(value, "$");
}

export function canonicalBytes(value: unknown): Uint8Array {
  return encoder.encode(canonical(value));
}

function write(value: unknown, path: string): string {
  switch (typeof value) {
    case "string":
      return text(value, path);
    case "number":
      if (!Number.isFinite(value)) throw new NotCanonicalizable(`${path} is not a finite number`);
      // ECMAScript's Number to String is RFC 8785's own rule (section 3.2.2.3).
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? list(value, path) : members(value, path);
    case "undefined":
    case "bigint":
    case "function":
    case "symbol":
      throw new NotCanonicalizable(`${path} is no JSON value`);
    default:
      throw new NotCanonicalizable(`${path} is no JSON value`);
  }
}

function text(value: string, path: string): string {
  if (!value.isWellFormed()) throw new NotCanonicalizable(`${path} has a lone surrogate`);
  // ECMAScript escapes exactly what RFC 8785 section 3.2.2.2 asks for.
  return JSON.stringify(value);
}

function list(value: readonly unknown[], path: string): string {
  let out = "[";
  for (let index = 0; index < value.length; index += 1) {
    if (index > 0) out += ",";
    out += write(value[index], path);
  }
  return `${out}]`;
}

function members(value: object, path: string): string {
  // The default sort compares UTF-16 code units, as section 3.2.3 asks.
  const names = Object.keys(value).sort();
  let out = "{";
  for (const name of names) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member === undefined) continue;
    if (out.length > 1) out += ",";
    out += `${text(name, path)}:${write(member, `${path}.${name}`)}`;
  }
  return `${out}}`;
}
