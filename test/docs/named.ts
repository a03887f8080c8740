/** Tables that name tests: `file`: title, and several with semicolons between. */
import { readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);

export interface Row {
  readonly section: string;
  readonly cells: readonly string[];
}

/** Every row of three cells whose last one names a test. */
export function rowsOf(path: string): readonly Row[] {
  return readFileSync(new URL(path, ROOT), "utf8")
    .split(/^## /m)
    .flatMap((text) => {
      const [section = ""] = text.split("\n", 1);
      return text
        .split("\n")
        .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
        .map((line) => ({ section, cells: line.slice(2, -2).split(" | ") }))
        .filter(({ cells }) => cells.length === 3 && cells[2] !== "test");
    });
}

export const named = (cell: string): readonly { readonly file: string; readonly name: string }[] =>
  [...cell.matchAll(/`(test\/[\w./]+\.ts)`: (.+?)(?=; `test\/|$)/g)].map(
    ([, file = "", name = ""]) => ({ file, name }),
  );

/** Whether a file has a test, or a group of them, with exactly this title. */
export function hasTitle(file: string, name: string): boolean {
  const text = readFileSync(new URL(file, ROOT), "utf8").replaceAll("\\", "");
  return [`"${name}"`, `'${name}'`, `\`${name}\``].some((literal) => text.includes(literal));
}
