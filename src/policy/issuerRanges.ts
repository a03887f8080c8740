/**
 * Which first digits and lengths card numbers have. General knowledge of the schemes' published
 * ranges, wide where schemes overlap: a number too many is refused rather than one too few.
 *
 * @module
 */
interface IssuerRange {
  /** First and last prefix, of the same number of digits. */
  readonly from: number;
  readonly to: number;
  readonly lengths: readonly number[];
}

const range = (from: number, to: number, ...lengths: readonly number[]): IssuerRange => ({
  from,
  to,
  lengths,
});
const FROM_13 = [13, 14, 15, 16, 17, 18, 19] as const;
const FROM_14 = FROM_13.slice(1);
const FROM_16 = [16, 17, 18, 19] as const;

const ISSUERS: readonly IssuerRange[] = [
  range(4, 4, 13, 16, 18, 19), // Visa
  range(51, 55, 16), // Mastercard
  range(2221, 2720, 16), // Mastercard
  range(34, 34, 15), // American Express
  range(37, 37, 15), // American Express
  range(300, 305, ...FROM_14), // Diners Club
  range(3095, 3095, ...FROM_14), // Diners Club
  range(36, 36, ...FROM_14), // Diners Club
  range(38, 39, ...FROM_14), // Diners Club, Discover
  range(3528, 3589, ...FROM_16), // JCB, RuPay
  range(6011, 6011, ...FROM_16), // Discover
  range(644, 649, ...FROM_16), // Discover
  range(65, 65, ...FROM_16), // Discover, RuPay, Verve, Elo
  range(62, 62, ...FROM_16), // UnionPay
  range(81, 82, ...FROM_16), // UnionPay, RuPay
  range(60, 60, ...FROM_16), // RuPay
  range(636, 639, ...FROM_13), // Maestro, InterPayment, InstaPayment, Elo
  range(50, 50, ...FROM_13), // Maestro, Dankort, Verve, RuPay, Elo
  range(56, 58, ...FROM_13), // Maestro
  range(67, 67, ...FROM_13), // Maestro
  range(6304, 6304, ...FROM_13), // Maestro
  range(2200, 2204, ...FROM_16), // Mir
  range(9792, 9792, 16), // Troy
];

/** Whether some issuer gives out numbers with these first digits and this length. */
export function hasIssuer(digits: string): boolean {
  return ISSUERS.some(({ from, to, lengths }) => {
    const prefix = Number(digits.slice(0, String(from).length));
    return prefix >= from && prefix <= to && lengths.includes(digits.length);
  });
}

/** Luhn's check digit, ISO/IEC 7812-1 annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
