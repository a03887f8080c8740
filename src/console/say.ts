/**
 * The one table of strings, and how a sentence is taken from it for whoever reads the page.
 *
 * @module
 */
import { de } from "./strings/de.ts";
import { en, type Key, type Strings } from "./strings/en.ts";
import { es } from "./strings/es.ts";
import { fr } from "./strings/fr.ts";
import { nl } from "./strings/nl.ts";

export const LANGUAGES = { en, nl, de, fr, es } as const satisfies Readonly<
  Record<string, Strings>
>;
export type Language = keyof typeof LANGUAGES;
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  nl: "Nederlands",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
};

export const isLanguage = (tag: string): tag is Language => Object.hasOwn(LANGUAGES, tag);

/** A sentence with its values put in. */
export type Say = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

export function sayIn(language: Language): Say {
  const strings = LANGUAGES[language];
  return (key, values = {}) =>
    strings[key].replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

/** The first of the languages a browser asks for that there is; English otherwise. */
export function languageOf(accepted: string | undefined): Language {
  const wanted = (accepted ?? "").split(",").map((part) => {
    const [tag = "", ...rest] = part.trim().split(";");
    const weight = Number(/^\s*q=([\d.]+)/.exec(rest.join(";"))?.[1] ?? 1);
    return { tag: tag.toLowerCase().split("-")[0] ?? "", weight };
  });
  const best = wanted
    .filter(({ tag, weight }) => isLanguage(tag) && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)[0];
  return best !== undefined && isLanguage(best.tag) ? best.tag : "en";
}
