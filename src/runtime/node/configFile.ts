/**
 * Finds, reads and checks `tacet.yaml`, with the environment and the files it refers to.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { parseConfig, type Config, type Problem, type Vendors } from "../../policy/config.ts";
import { findReferences, type Reference, type Resolved } from "../../policy/references.ts";

const CONFIG_BYTES_MAX = 4 << 20;
const FILE_BYTES_MAX = 1 << 20;
const ALIAS_COUNT_MAX = 100;

export type LoadedConfig =
  | {
      readonly kind: "loaded";
      readonly path: string;
      readonly config: Config;
      /** The files that hold secrets: those it refers to, and itself where some stand in it. */
      readonly secretPaths: readonly string[];
    }
  /** There is no configuration at any of these paths. */
  | { readonly kind: "missing"; readonly tried: readonly string[] }
  | { readonly kind: "refused"; readonly path: string; readonly problems: readonly Problem[] };

export interface ConfigPlaces {
  /** `--config`: this file or none. */
  readonly configPath?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The paths that are tried, in order. A path that somebody named is never replaced by another. */
export function configPaths({ configPath, env, cwd }: ConfigPlaces): readonly string[] {
  const named = configPath ?? env["TACET_CONFIG"];
  if (named !== undefined && named !== "") return [resolve(cwd, named)];
  return [resolve(cwd, "tacet.yaml"), "/etc/tacet/tacet.yaml"];
}

/** Reads the first configuration there is. Never throws; every problem is listed at once. */
export async function loadConfig(places: ConfigPlaces, vendors: Vendors): Promise<LoadedConfig> {
  const tried = configPaths(places);
  for (const path of tried) {
    const text = await readText(path, CONFIG_BYTES_MAX);
    if (!text.ok && text.missing) continue;
    if (!text.ok) {
      const suggestion = "make it a readable text file";
      return refused(path, [{ path: WHOLE, problem: text.detail, suggestion }]);
    }
    return await parseText(path, text.value, places.env, vendors);
  }
  return { kind: "missing", tried };
}

const WHOLE = "(the whole document)";

const refused = (path: string, problems: readonly Problem[]): LoadedConfig => ({
  kind: "refused",
  path,
  problems,
});

async function parseText(
  path: string,
  text: string,
  env: ConfigPlaces["env"],
  vendors: Vendors,
): Promise<LoadedConfig> {
  const read = readYaml(text);
  if (!read.ok) return refused(path, read.problems);
  const references = findReferences(read.document);
  const resolved = await Promise.all(
    references.map((reference) => follow(reference, dirname(path), env)),
  );
  const parsed = parseConfig(read.document, vendors, { resolved });
  if (!parsed.ok) return refused(path, parsed.problems);
  const { config } = parsed;
  const files = references.flatMap(({ from }) =>
    "file" in from ? [resolve(dirname(path), from.file)] : [],
  );
  // What is kept of the configuration says where a secret was given inline.
  const inline = JSON.stringify(config.document).includes('{"given":"inline"}');
  return { kind: "loaded", path, config, secretPaths: inline ? [path, ...files] : files };
}

type ReadYaml =
  | { readonly ok: true; readonly document: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** YAML 1.2. The parser's own words are not told: they quote the text, which may hold secrets. */
function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, stringKeys: false };
  const document = parseDocument(text, options);
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const problems = faults.map(({ code, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      const problem = `cannot be read as YAML at line ${line}, column ${col} (${code})`;
      return { path: WHOLE, problem, suggestion: "check indentation, quotes and repeated members" };
    });
    return { ok: false, problems };
  }
  try {
    return { ok: true, document: document.toJS({ maxAliasCount: ALIAS_COUNT_MAX }) as unknown };
  } catch {
    const problem = "has aliases that lead too far";
    return { ok: false, problems: [{ path: WHOLE, problem, suggestion: "write them out" }] };
  }
}

async function follow(
  { path, from, bytes }: Reference,
  folder: string,
  env: ConfigPlaces["env"],
): Promise<Resolved> {
  if ("env" in from) {
    const value = env[from.env];
    if (value === undefined) return { path, ok: false, detail: "is not set" };
    return value === "" ? { path, ok: false, detail: "is empty" } : { path, ok: true, value };
  }
  const file = resolve(folder, from.file);
  const read = bytes ? await readBase64(file) : await readText(file, FILE_BYTES_MAX);
  if (!read.ok) return { path, ok: false, detail: read.detail };
  // Editors end a file with a line end; no secret does.
  const value = read.value.replace(/\r?\n$/, "");
  return value === "" ? { path, ok: false, detail: "is empty" } : { path, ok: true, value };
}

type ReadText =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly missing: boolean; readonly detail: string };

async function readText(path: string, bytesMax: number): Promise<ReadText> {
  const read = await readBounded(path, bytesMax);
  if (!read.ok) return read;
  try {
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(read.value) };
  } catch {
    return { ok: false, missing: false, detail: "is no UTF-8 text" };
  }
}

async function readBase64(path: string): Promise<ReadText> {
  const read = await readBounded(path, FILE_BYTES_MAX);
  return read.ok ? { ok: true, value: read.value.toString("base64") } : read;
}

async function readBounded(
  path: string,
  bytesMax: number,
): Promise<{ readonly ok: true; readonly value: Buffer } | Exclude<ReadText, { ok: true }>> {
  try {
    const { size } = await stat(path);
    if (size > bytesMax) return { ok: false, missing: false, detail: `is over ${bytesMax} bytes` };
    return { ok: true, value: await readFile(path) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const missing = code === "ENOENT" || code === "ENOTDIR";
    return { ok: false, missing, detail: missing ? "is not there" : `cannot be read (${code})` };
  }
}
