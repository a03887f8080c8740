/**
 * The browser's scripts, made from their sources when they are asked for: one module each, types
 * left out.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename } from "node:path";

const CLIENT = new URL("../../../client/", import.meta.url);

/**
 * Serves `names` (such as `pages/shop.ts`) and whatever they import, each by its file's name with
 * `.js`: they may lie side by side in one folder of addresses.
 */
export function browserModules(names: readonly string[]): (name: string) => string | undefined {
  const made = new Map<string, string>();
  const take = (url: URL): void => {
    const name = basename(url.pathname).replace(/\.ts$/, ".js");
    if (made.has(name)) return;
    const text = stripTypeScriptTypes(readFileSync(url, "utf8"));
    const found: URL[] = [];
    const told = text.replaceAll(
      /(\bfrom\s*|\bimport\s*)"(\.[^"]+)\.ts"/g,
      (_all, how: string, path: string) => {
        found.push(new URL(`${path}.ts`, url));
        return `${how}"./${basename(path)}.js"`;
      },
    );
    made.set(name, told);
    for (const one of found) take(one);
  };
  for (const name of names) take(new URL(name, CLIENT));
  return (name) => made.get(name);
}
