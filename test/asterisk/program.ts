/** Which Asterisk there is to try against: the one on the PATH, or one that is unpacked here. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Program {
  readonly command: string;
  readonly modules: string;
  readonly data: string;
  readonly varlib: string;
  readonly env: Readonly<Record<string, string>>;
}

const UNPACK = fileURLToPath(new URL("unpack.sh", import.meta.url));
const KEPT = fileURLToPath(new URL("../../node_modules/.cache/asterisk/", import.meta.url));

/** A program that runs here, or why there is none. */
export async function findAsterisk(): Promise<Program | string> {
  const found = await look();
  if (typeof found === "string") return found;
  const said = await run(found.command, ["-V"], { ...process.env, ...found.env });
  return said === undefined ? found : `it does not run on this machine: ${said}`;
}

async function look(): Promise<Program | string> {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .concat("/usr/sbin", "/usr/local/sbin")
    .map((folder) => join(folder, "asterisk"))
    .find((path) => existsSync(path));
  if (onPath !== undefined) {
    const prefix = dirname(dirname(onPath));
    return programIn(prefix === "/usr/local" ? "/usr/local" : "/usr", onPath, "/var/lib/asterisk");
  }
  const said = await unpack();
  if (said !== undefined) return said;
  const root = join(KEPT, "root");
  const found = programIn(
    join(root, "usr"),
    join(root, "usr/sbin/asterisk"),
    join(root, "var/lib/asterisk"),
  );
  if (typeof found === "string") return found;
  const libraries = new Set(
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.so(?:\.|$)/.test(path) && !path.includes("asterisk/modules"))
      .map((path) => dirname(join(root, path))),
  );
  return { ...found, env: { LD_LIBRARY_PATH: [...libraries].join(":") } };
}

function programIn(prefix: string, command: string, varlib: string): Program | string {
  const places = ["lib/asterisk/modules", "lib64/asterisk/modules"];
  for (const one of existsSync(join(prefix, "lib")) ? readdirSync(join(prefix, "lib")) : []) {
    places.push(`lib/${one}/asterisk/modules`);
  }
  const modules = places.map((place) => join(prefix, place)).find((path) => existsSync(path));
  if (modules === undefined) return `no modules of asterisk are under ${prefix}`;
  return { command, modules, data: join(prefix, "share/asterisk"), varlib, env: {} };
}

/** Undefined where it is there; otherwise why not. */
const unpack = (): Promise<string | undefined> => run("bash", [UNPACK, KEPT], process.env);

/** Undefined where it ended well; otherwise what it said. */
const run = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(command, [...args], { env, timeout: 400_000 }, (error, _, said) => {
      resolve(error === null ? undefined : said.trim() || error.message);
    });
  });
