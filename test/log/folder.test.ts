import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFile } from "../../src/runtime/node/log/folder.ts";

test("a file that is made is whole or not there, and never takes the place of another", () => {
  const folder = mkdtempSync(join(tmpdir(), "tacet-folder-"));
  try {
    const path = join(folder, "signing.key");
    // What a process that was killed over it left behind.
    writeFileSync(`${path}.new`, "hal");
    createFile(path, "whole");
    expect(readFileSync(path, "utf8")).toBe("whole");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(() => createFile(path, "another")).toThrow(/EEXIST/);
    expect(readFileSync(path, "utf8")).toBe("whole");
    expect(readdirSync(folder)).toEqual(["signing.key"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
