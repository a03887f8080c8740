import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, canonicalBytes } from "../../src/log/canonical.ts";
import { toHex } from "../../src/log/note.ts";

/** RFC 8785, appendix B: IEEE 754 bits and the number's one text. */
const NUMBERS: readonly (readonly [string, string])[] = [
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
];

function numberOf(bits: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
}

describe("canonical JSON is RFC 8785's", () => {
  test.each(NUMBERS)("appendix B: %s is written %s", (bits, text) => {
    expect(canonical(numberOf(bits))).toBe(text);
  });

  test.each(["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])(
    "appendix B: %s has no text",
    (bits) => {
      expect(() => canonical({ n: numberOf(bits) })).toThrow("$.n is not a finite number");
    },
  );

  test("section 3.2.2: the sample object", () => {
    const sample = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`) as unknown;
    // Section 3.2.4 gives these bytes.
    const bytes = `7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d
      62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d
      32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d`;
    expect(toHex(canonicalBytes(sample))).toBe(bytes.replaceAll(/\s/g, ""));
  });

  test("section 3.2.3: members are sorted by UTF-16 code units", () => {
    const sample = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      1: "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    const words = [...canonical(sample).matchAll(/:"([^"]*)"/g)].map(([, word]) => word);
    expect(words).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });
});

test("a lone surrogate is refused, in a value and in a name", () => {
  expect(() => canonical({ a: "\ud800" })).toThrow("lone surrogate");
  expect(() => canonical({ "\udc00": 1 })).toThrow("lone surrogate");
});

test("what JSON lacks is refused; an undefined member is left out", () => {
  expect(() => canonical([undefined])).toThrow("no JSON value");
  expect(() => canonical({ big: 1n })).toThrow("$.big is no JSON value");
  expect(canonical({ b: 1, a: undefined })).toBe('{"b":1}');
});

test("an error never holds the value", () => {
  expect(() => canonical({ secret: "s3cret\ud800" })).toThrow(/^\$\.secret has a lone surrogate$/);
});

test("canonical text survives parsing, for any value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = canonical(value);
      expect(canonical(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
