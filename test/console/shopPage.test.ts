/** The sandbox's page says everything from the one table of strings, in the reader's language. */
import { expect, test } from "vitest";
import { type Language, LANGUAGE_NAMES, LANGUAGES } from "../../src/console/say.ts";
import { shopPages } from "../../src/console/shop/index.ts";

const app = shopPages({ tacet: () => "http://127.0.0.1:8080", agentId: "a-204" });
const get = async (headers: Readonly<Record<string, string>>, query = "") => {
  const answer = await app.request(`http://127.0.0.1:9000/sandbox${query}`, { headers });
  return { text: await answer.text(), cookie: answer.headers.get("set-cookie") };
};
const languageOf = (page: string) => /<html lang="(\w+)" dir="auto">/.exec(page)?.[1];
const languages = Object.keys(LANGUAGES) as Language[];

const plain = (text: string): string =>
  text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&").trim();

/** What somebody reads or hears: texts, names and hints, and what the script will say. */
function saidOn(page: string): readonly string[] {
  const texts = [...page.matchAll(/>([^<]+)/g)].map(([, text = ""]) => plain(text));
  const named = [...page.matchAll(/(?:aria-label|placeholder|title|alt)="([^"]*)"/g)];
  const words = /data-words="([^"]*)"/.exec(page)?.[1] ?? "";
  return [
    ...texts.flatMap((text) => text.split(" · ")),
    ...named.map(([, text = ""]) => plain(text)),
    ...leaves(JSON.parse(plain(words))),
  ].filter((text) => text !== "");
}

const leaves = (value: unknown): readonly string[] =>
  typeof value === "string" ? [value] : Object.values(value as object).flatMap(leaves);

test.each(languages)("in %s nothing on the page is from anywhere but its table", async (tag) => {
  const { text } = await get({ "accept-language": tag });
  expect(languageOf(text)).toBe(tag);
  expect(text).toContain(`<tacet-indicator lang="${tag}"`);
  const own = new Set<string>([...Object.values(LANGUAGES[tag]), ...Object.values(LANGUAGE_NAMES)]);
  const said = saidOn(text);
  expect(said.length).toBeGreaterThan(50);
  expect(said.filter((one) => !own.has(one))).toEqual([]);
});

test("the language is what the browser prefers, until another is chosen here or on the console", async () => {
  expect(languageOf((await get({ "accept-language": "pt, nl-BE;q=0.8" })).text)).toBe("nl");
  expect(languageOf((await get({})).text)).toBe("en");
  const chosen = await get({ "accept-language": "nl" }, "?lang=fr");
  expect(languageOf(chosen.text)).toBe("fr");
  const cookie = chosen.cookie?.split(";")[0] ?? "";
  expect(cookie).toBe("tacet-lang=fr");
  expect(languageOf((await get({ "accept-language": "nl", cookie })).text)).toBe("fr");
});

test("every word of the page's own is used", async () => {
  const { text } = await get({ "accept-language": "de" });
  const said = new Set(saidOn(text));
  const own = Object.entries(LANGUAGES.de).filter(([key]) => key.startsWith("shop."));
  expect(own.filter(([, word]) => !said.has(word)).map(([key]) => key)).toEqual([]);
});
