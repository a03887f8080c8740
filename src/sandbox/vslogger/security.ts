/**
 * The simulated recorder's HASHTYPE check, from the vendor's words alone.
 *
 * @module
 */
export interface HashCheck {
  readonly type: "SHA-1" | "SHA-256";
  readonly salt: string;
  /** Also refuses an `ss` that is not greater than the last: stricter than what is documented. */
  readonly strict?: boolean;
}

/** What is wrong with a request's `ss` and `hh`; undefined where nothing is. */
export function hashChecker(
  check: HashCheck | undefined,
): (res: string, ss: string | undefined, hh: string | undefined) => Promise<string | undefined> {
  let last = -1;
  return async (res, ss, hh) => {
    if (check === undefined) return undefined;
    if (ss === undefined || hh === undefined) return "ss and hh are required";
    if (ss.length < 10 || !/^\d+$/.test(ss)) return "ss must have 10 characters at least";
    if (check.strict === true && Number(ss) <= last) return `ss ${ss} is not greater than ${last}`;
    last = Math.max(last, Number(ss));
    const bytes = new TextEncoder().encode(`${ss}${check.salt}${res}`);
    const digest = new Uint8Array(await crypto.subtle.digest(check.type, bytes));
    const expected = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hh === expected ? undefined : "HASH error";
  };
}
