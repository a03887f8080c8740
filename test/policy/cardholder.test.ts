import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cardNumberPath, hasCardNumber } from "../../src/policy/cardholder.ts";
import { idForm, idForms } from "../../src/policy/idForm.ts";
import { hasIssuer, passesLuhn } from "../../src/policy/issuerRanges.ts";

/** The schemes' published test numbers. */
const CARDS = [
  ["Visa", "4111111111111111"],
  ["Visa of 13", "4222222222222"],
  ["Visa of 19", "4000000000000000006"],
  ["Mastercard", "5555555555554444"],
  ["Mastercard 2-series", "2223003122003222"],
  ["American Express", "378282246310005"],
  ["Discover", "6011111111111117"],
  ["Diners Club", "30569309025904"],
  ["Diners Club 36", "36227206271667"],
  ["JCB", "3530111333300000"],
  ["UnionPay", "6200000000000005"],
  ["Maestro", "6759649826438453"],
] as const;

/** The digit that makes a row of digits pass. */
const completed = (digits: string): string =>
  digits + ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"].find((d) => passesLuhn(digits + d));

const visa = fc.stringMatching(/^[0-9]{14}$/).map((rest) => completed(`4${rest}`));

describe("free text", () => {
  test.each(CARDS)("with a %s number is refused", (_, number) => {
    expect(hasCardNumber(number)).toBe(true);
    expect(hasCardNumber(`card ${number}, thanks`)).toBe(true);
  });

  test.each(["-", " ", "  ", " - ", "\u2013", "\u00a0", "\u200b", "\u2212"])(
    "with a card number grouped by %j is refused",
    (between) => {
      expect(hasCardNumber(["4111", "1111", "1111", "1111"].join(between))).toBe(true);
    },
  );

  test("with a card number between other numbers is refused", () => {
    expect(hasCardNumber("order 12345 4111111111111111 12/27 123")).toBe(true);
    expect(hasCardNumber("4111 1111 1111 1111 1227 123")).toBe(true);
  });

  test("with digits of other scripts is refused", () => {
    const fullWidth = Array.from("4111111111111111", (d) =>
      String.fromCodePoint(0xff10 + Number(d)),
    );
    const arabic = Array.from("4111111111111111", (d) => String.fromCodePoint(0x0660 + Number(d)));
    const bold = Array.from("4111111111111111", (d) => String.fromCodePoint(0x1d7ce + Number(d)));
    const raised = Array.from("4111111111111111", (d) => (d === "1" ? "\u00b9" : "\u2074"));
    for (const digits of [fullWidth, arabic, bold, raised]) {
      expect(hasCardNumber(digits.join(""))).toBe(true);
    }
  });

  test.each([
    ["a number that fails Luhn's check", "4111111111111112"],
    ["a number of no issuer", completed("123456789012345")],
    ["a number of no issuer's length", completed("5555555555555")],
    ["too few digits", "411111111111"],
    ["a telephone number", "+49 30 123456789"],
    ["two telephone numbers", "4155551234, 4155559876"],
    ["a UUID", "41111111-1111-4111-8111-11111111111f"],
    ["a time in ms", "1795312345678"],
    ["a row of 30 digits", "1".repeat(14) + "4111111111111111"],
    ["an amount", "4,111.11 EUR"],
  ])("with %s is taken", (_, text) => {
    expect(hasCardNumber(text)).toBe(false);
  });

  test("with any Visa number anywhere in it, grouped anyhow, is refused", () => {
    fc.assert(
      fc.property(
        visa,
        fc.constantFrom("", " ", "-"),
        fc.stringMatching(/^[a-z ,.]{0,20}$/),
        (number, between, text) =>
          hasCardNumber(`${text}x${number.match(/.{1,4}/g)?.join(between)}x${text}`),
      ),
    );
  });

  test("without 13 digits is always taken", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: "grapheme" }), (text) => {
        fc.pre((text.normalize("NFKC").match(/\p{Nd}/gu)?.length ?? 0) < 13);
        return !hasCardNumber(text);
      }),
    );
  });

  test("of any length is judged in bounded time", () => {
    expect(hasCardNumber("4 ".repeat(50_000))).toBe(false);
    expect(hasCardNumber("9".repeat(100_000))).toBe(false);
  });
});

const isIdentifier = (path: readonly (string | number)[]): boolean => path[0] === "callId";

describe("a body", () => {
  const card = "4111 1111 1111 1111";
  test("tells the path of a card number and nothing of it", () => {
    const path = cardNumberPath({ windowId: "w", attributes: { a: ["x", card] } });
    expect(path).toEqual(["attributes", "a", 1]);
    expect(JSON.stringify(path)).not.toContain("4111");
  });
  test("with a card number as a number, or as a member's name, is refused", () => {
    expect(cardNumberPath({ a: 4111111111111111 })).toEqual(["a"]);
    expect(cardNumberPath({ a: { [card]: 1 } })).toEqual(["a"]);
  });
  test("keeps identifiers out of the guess", () => {
    expect(cardNumberPath({ callId: "4111111111111111" }, isIdentifier)).toBeUndefined();
  });
});

describe("an identifier", () => {
  test.each([
    ["7f3a", "token"],
    ["pay-8841", "token"],
    ["1d6c6a58-6739-4f0c-98ff-0968292c8c30", "uuid"],
    ["41111111-1111-4111-8111-111111111111", "uuid"],
    ["3848276298220188511@atlanta.example.com", "sip_call_id"],
    ["a84b4c76e66710@[2001:db8::1]", "sip_call_id"],
    ["1795312345678", "ms"],
    ["c4111111111111111", "token"],
  ])("%s is taken as %s", (value, form) => {
    expect(idForm(value)).toEqual({ ok: true, form });
  });

  test("that is a time in ms is taken even where it passes the card check", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000_000_00, max: 1_999_999_999_99 }), (tens) => {
        const value = completed(String(tens));
        return passesLuhn(value) && idForm(value).ok && !hasIssuer(value);
      }),
    );
  });

  test.each([
    "",
    "4111111111111111",
    "204",
    "1699999999.1234",
    "a b",
    "a/b",
    "a\u0000",
    "ä",
    "x".repeat(129),
  ])("%j is refused by its form", (value) => {
    expect(idForm(value)).toMatchObject({ ok: false });
  });

  test("of policy's own form is taken in that tenant, for that kind, and as a whole", () => {
    const none = { callId: [], windowId: [], agentId: [] };
    const forms = { ...none, callId: ["\\d{10}\\.\\d{1,9}"], agentId: ["\\d{3}"] };
    const judge = idForms({ acme: { idForms: forms }, other: { idForms: none } } as never);
    expect(judge("acme", "callId", "1699999999.1234")).toEqual({ ok: true, form: "policy" });
    expect(judge("acme", "agentId", "204")).toEqual({ ok: true, form: "policy" });
    expect(judge("acme", "agentId", "2045")).toMatchObject({ ok: false });
    expect(judge("other", "callId", "1699999999.1234")).toMatchObject({ ok: false });
    expect(judge("nobody", "callId", "1699999999.1234")).toMatchObject({ ok: false });
  });
});

test("a SHA-256 in hex is none, whatever its digits; what is not quite one is looked at", () => {
  const digest = `4111111111111111${"a".repeat(48)}`;
  expect(hasCardNumber(digest)).toBe(false);
  for (const other of [digest.slice(0, 63), `${digest}a`, digest.toUpperCase(), `x ${digest}`]) {
    expect([other, hasCardNumber(other)]).toEqual([other, true]);
  }
});
