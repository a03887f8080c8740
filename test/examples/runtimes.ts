/**
 * What the recipes in examples/ are run with, where it is on the PATH. On a CI machine what Debian
 * has is installed; elsewhere what is missing is skipped, and said loudly.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const INSTALL_MS_MAX = 240_000;

interface Recipe {
  readonly language: string;
  readonly file: string;
  /** Every one has to be on the PATH. */
  readonly programs: readonly string[];
  /** Debian's packages of them; empty where there are none. */
  readonly packages: readonly string[];
  /** Compiles into `folder` where that is needed, and says how it is started. */
  start(file: string, folder: string): readonly string[];
}

const started = (...words: readonly string[]): Recipe["start"] => {
  return (file) => [...words, file];
};
const MONO_PARTS = ["System.Net.Http", "System.Runtime.Serialization", "System.Xml.Linq"];
const compiled: Recipe["start"] = (file, folder) => {
  const made = join(folder, "Payment.exe");
  const parts = MONO_PARTS.map((part) => `-r:${part}.dll`);
  execFileSync("mcs", [...parts, `-out:${made}`, file], { stdio: "pipe" });
  return ["mono", made];
};

const RECIPES: readonly Recipe[] = [
  {
    language: "C# (Mono)",
    file: "csharp/Payment.cs",
    programs: ["mcs", "mono"],
    packages: [
      "mono-mcs",
      "libmono-system-net-http4.0-cil",
      "libmono-system-runtime-serialization4.0-cil",
      "libmono-system-xml-linq4.0-cil",
    ],
    start: compiled,
  },
  {
    language: "Java",
    file: "java/Payment.java",
    programs: ["java"],
    packages: ["openjdk-17-jdk-headless"],
    start: started("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1"),
  },
  {
    language: "Node",
    file: "node/payment.mjs",
    programs: ["node"],
    packages: [],
    start: started(process.execPath),
  },
  {
    language: "PHP",
    file: "php/payment.php",
    programs: ["php"],
    packages: ["php-cli", "php-curl"],
    start: started("php"),
  },
  {
    language: "PowerShell",
    file: "powershell/payment.ps1",
    programs: ["pwsh"],
    packages: [],
    start: started("pwsh", "-NoProfile", "-File"),
  },
  {
    language: "Python",
    file: "python/payment.py",
    programs: ["python3"],
    packages: ["python3-minimal"],
    start: started("python3"),
  },
];

export interface Runnable {
  readonly language: string;
  readonly file: string;
  /** Absent where its runtime cannot be had. */
  readonly command?: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), "tacet-examples-"));
export const cleanUpRecipes = (): void => rmSync(folder, { recursive: true, force: true });

export const recipes: readonly Runnable[] = RECIPES.map((recipe) => {
  const { file, language } = recipe;
  if (!isThere(recipe) && process.env["CI"] === "true") install(recipe.packages);
  if (!isThere(recipe)) {
    console.warn(`\n*** NOT RUN: examples/${file}. ${recipe.programs.join(", ")} is missing.\n`);
    return { language, file };
  }
  return { language, file, command: recipe.start(fileURLToPath(new URL(file, EXAMPLES)), folder) };
});

function isThere({ programs }: Recipe): boolean {
  const places = (process.env["PATH"] ?? "").split(delimiter);
  return programs.every((program) => places.some((place) => existsSync(join(place, program))));
}

function install(packages: readonly string[]): void {
  if (packages.length === 0) return;
  const options = {
    stdio: "pipe",
    timeout: INSTALL_MS_MAX,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  } as const;
  const apt = ["-qq", "-y", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20"];
  try {
    execFileSync("apt-get", [...apt, "update"], options);
    execFileSync("apt-get", [...apt, "--no-install-recommends", "install", ...packages], options);
  } catch {
    // It is missing then, which is said.
  }
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a recipe to its end; `heard` is called with everything it printed so far. */
export function run(
  command: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  heard: (out: string) => void = () => undefined,
): Promise<Ran> {
  const [program = "", ...before] = command;
  const child = spawn(program, [...before, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data: Buffer) => heard((out += data.toString())));
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, err }));
  });
}
