import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vitest/config";
import all from "../../vitest.config.ts";

const own = defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    // The first run fetches an Asterisk, some 25 MB.
    hookTimeout: 120_000,
    // Two of them at once would be heard in one another's sound.
    fileParallelism: false,
    // Sound is played in real time: a machine that stands still for a moment is heard in it.
    retry: 1,
  },
});

const { test, ...rest } = mergeConfig(all, own);
export default { ...rest, test: { ...test, include: ["test/asterisk/*.test.ts"], exclude: [] } };
