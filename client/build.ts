/**
 * Makes the browser packages: one minified module an entry, and its types. `node client/build.ts [FOLDER]`
 * prints what each weighs, compressed.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

/** Compressed bytes that each may weigh. */
const BYTES_MAX = { guard: 8_000, indicator: 6_000 } as const;

/** Entries by name, with their compressed bytes. Throws where one is heavier than it may be. */
export function build(folder: string): ReadonlyMap<string, number> {
  rmSync(folder, { recursive: true, force: true });
  const weights = Object.entries(BYTES_MAX).map(([entry, bytesMax]) => {
    const outfile = `${folder}/${entry}.js`;
    buildSync({
      entryPoints: [here(`src/${entry}.ts`)],
      outfile,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      logLevel: "error",
    });
    const bytes = gzipSync(readFileSync(outfile), { level: 9 }).length;
    if (bytes > bytesMax)
      throw new Error(`${entry}.js weighs ${bytes} bytes; ${bytesMax} are allowed`);
    return [entry, bytes] as const;
  });
  const tsc = here("../node_modules/.bin/tsc");
  const only = ["--emitDeclarationOnly", "--outDir", folder];
  execFileSync(tsc, ["-p", here("."), ...only], { stdio: "inherit" });
  return new Map(weights);
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

if (import.meta.main) {
  for (const [entry, bytes] of build(process.argv[2] ?? here("dist")))
    console.log(`${entry}.js: ${bytes} bytes, compressed`);
}
