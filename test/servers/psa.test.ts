import { describe, expect, it } from "vitest";
import { complianceOf, pinningTools } from "./pinning.ts";
import { startPsa } from "./psa.ts";

describe.skipIf(!(await pinningTools()))("a pinning service of ours", () => {
  it("passes the nine checks of the API's own compliance suite", { timeout: 300_000 }, async () => {
    const psa = await startPsa();
    try {
      expect(await complianceOf(psa)).toEqual({ total: 9, passed: 9, failed: 0, success: true });
    } finally {
      await psa.stop();
    }
  });
});
