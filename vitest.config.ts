import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Against a real Asterisk and a real browser: `npm run test:asterisk`, `npm run test:browser`.
    exclude: [...configDefaults.exclude, "test/asterisk/**", "test/browser/**"],
    // A slow machine is no failure; a test that hangs is one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    // The Workers tools send nothing about who runs them, and keep their log out of the home folder.
    env: { WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: ".wrangler/logs" },
  },
});
