/**
 * Keeps card numbers out. A free text is refused where it holds what could be one: 13 to 19 digits
 * of a real issuer's range and length that pass Luhn's check, however they are grouped. Only the
 * place of such a text is told, never the text.
 *
 * @module
 */
import { hasIssuer, passesLuhn } from "./issuerRanges.ts";
import type { Path } from "./path.ts";

const DIGIT_COUNT_MIN = 13;
const DIGIT_COUNT_MAX = 19;
const DEPTH_MAX = 16;

/** SHA-256 in hex, judged by form: one in a thousand has digits in a row that pass. */
const DIGEST = /^(?=.*[a-f])[0-9a-f]{64}$/;

/** Digits, with up to three spaces, dashes or invisible characters between two of them. */
const RUN = /\p{Nd}(?:[\s\p{Pd}\u2212\p{Cf}]{0,3}\p{Nd})+/gu;
const GROUP = /\p{Nd}+/gu;

/** Whether a text holds what could be a card number. Digits of every script are digits. */
export function hasCardNumber(text: string): boolean {
  // Almost every text is told apart here, without any folding.
  if (text.length < DIGIT_COUNT_MIN || DIGEST.test(text)) return false;
  const folded = text.normalize("NFKC");
  for (const [run] of folded.matchAll(RUN)) {
    const groups = [...run.matchAll(GROUP)].map(([group]) => latinDigits(group));
    if (groups.some((_, first) => startsCardNumber(groups, first))) return true;
  }
  return false;
}

/** Groups are taken whole: a card number beside an order number is seen, a longer row is none. */
function startsCardNumber(groups: readonly string[], first: number): boolean {
  let digits = "";
  for (let index = first; index < groups.length; index += 1) {
    digits += groups[index];
    if (digits.length > DIGIT_COUNT_MAX) return false;
    if (digits.length >= DIGIT_COUNT_MIN && hasIssuer(digits) && passesLuhn(digits)) return true;
  }
  return false;
}

/** Unicode keeps the ten digits of a script together and in order, so a digit's place is its value. */
function latinDigits(group: string): string {
  if (/^[0-9]+$/.test(group)) return group;
  return Array.from(group, (char) => {
    const code = char.codePointAt(0) ?? 0;
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
    return String(value);
  }).join("");
}

/**
 * The path of the first text, number or member name that could hold a card number; undefined where
 * there is none. `isIdentifier` exempts members that are judged by their form instead. Where a
 * member's own name is what is wrong, the path ends before it.
 */
export function cardNumberPath(
  value: unknown,
  isIdentifier: (path: Path) => boolean = () => false,
): Path | undefined {
  return search(value, [], isIdentifier);
}

function search(
  value: unknown,
  path: Path,
  isIdentifier: (path: Path) => boolean,
): Path | undefined {
  if (path.length > DEPTH_MAX) return path;
  if (path.length > 0 && isIdentifier(path)) return undefined;
  if (typeof value === "string") return hasCardNumber(value) ? path : undefined;
  if (typeof value === "number" || typeof value === "bigint") {
    return hasCardNumber(String(value)) ? path : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    if (hasCardNumber(name)) return path;
    const step = Array.isArray(value) ? Number(name) : name;
    const found = search(inner, [...path, step], isIdentifier);
    if (found !== undefined) return found;
  }
  return undefined;
}
