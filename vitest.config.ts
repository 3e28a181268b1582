import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Suites start servers and programs of their own: two at a time keep two cores busy without starving any.
    maxWorkers: 2,
    // Generous: a test that hangs is found all the same, and a busy machine fails none.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // The default of a second is what a loaded machine may take to answer at all. What is awaited comes, or never does.
    expect: { poll: { timeout: 30_000 } },
    retry: 0,
  },
});
