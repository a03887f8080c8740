/** `tacet serve` as a process, from a file, against recorders in the test's own process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { acme, type Keys, type Recorders, type Who, type Wish, written } from "./acme.ts";
import { type Ask, asking, until, watching, type Watching } from "./client.ts";
import { type Running, startTacet } from "./process.ts";

export interface Served {
  readonly process: Running;
  readonly url: string;
  readonly ops: string;
  readonly keys: Keys;
  readonly as: (who: Who) => Ask;
  readonly watch: (who: Who) => Watching;
  /** The same configuration again, after this process has ended. */
  again(): Promise<Served>;
}

type Env = Readonly<Record<string, string>>;

export async function serve(
  place: string,
  recorders: Recorders,
  wish: Wish = {},
  env: Env = {},
): Promise<Served> {
  const { document, keys } = await acme(place, recorders.origins, wish);
  return await serveFile(await written(place, document), keys, env);
}

export async function serveFile(path: string, keys: Keys, env: Env = {}): Promise<Served> {
  const process = startTacet(["serve", "--config", path], { env });
  const [, url = ""] = await process.said(/"url":"([^"]+)"[^\n]*"msg":"tacet serves"/);
  const [, ops = ""] = await process.said(/"url":"([^"]+)"[^\n]*"msg":"metrics, /);
  return {
    process,
    url,
    ops,
    keys,
    as: (who) => asking(url, keys[who]),
    watch: (who) => watching(url, { credential: keys[who] }),
    again: () => serveFile(path, keys, env),
  };
}

/** Before the first head of a new log is signed, moments after its first entry, nothing can be verified. */
export const firstHeads = (place: string) =>
  until(
    () => ["acme", "system"].map((tenant) => join(place, "log", `checkpoint-${tenant}.txt`)),
    (paths) => paths.every((path) => existsSync(path)),
  );
