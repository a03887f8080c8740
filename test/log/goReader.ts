/**
 * An independent reader of C2SP logs: golang.org/x/mod/sumdb, from Debian's golang-go and
 * golang-golang-x-mod-dev. Where it cannot be had, that is said loudly and nothing is tried.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Where Debian's package of the library lies. */
const GOPATH = "/usr/share/gocode";
const PROGRAM = fileURLToPath(new URL("vectors/reader/main.go", import.meta.url));

export interface GoReader {
  /** What it printed; rejects with what it printed where it does not accept. */
  read(args: readonly string[], token?: string): Promise<string>;
  remove(): void;
}

export async function goReader(): Promise<GoReader | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "tacet-go-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const binary = join(folder, "reader");
  const env = {
    ...process.env,
    GO111MODULE: "off",
    GOPATH,
    GOCACHE: join(folder, "cache"),
    GOFLAGS: "",
  };
  try {
    if (!existsSync(`${GOPATH}/src/golang.org/x/mod/sumdb/tlog`)) throw new Error("no x/mod");
    await run("go", ["build", "-o", binary, PROGRAM], { env });
  } catch (error) {
    remove();
    const why = error instanceof Error ? error.message.slice(0, 300) : "";
    if (process.env["REQUIRE_GO"] === "1")
      throw new Error(`no Go reader: ${why}`, { cause: error });
    console.warn(
      `\n*** NOT RUN: the independent reader. Install golang-go and golang-golang-x-mod-dev. ${why}\n`,
    );
    return undefined;
  }
  return {
    remove,
    async read(args, token = "") {
      const told = await run(binary, args, { env: { ...env, TACET_TOKEN: token } }).catch(
        (error: { stdout?: string }) => {
          throw new Error(`the reader says: ${error.stdout ?? ""}`);
        },
      );
      return told.stdout;
    },
  };
}
