import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vitest/config";
import all from "../../vitest.config.ts";

const own = defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    // The first run may have to install a browser.
    hookTimeout: 400_000,
    // One browser at a time is enough for two processors.
    maxWorkers: 1,
  },
});

const { test, ...rest } = mergeConfig(all, own);
export default { ...rest, test: { ...test, include: ["test/browser/*.test.ts"], exclude: [] } };
