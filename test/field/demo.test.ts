/** `npm run demo:field`, in its short form. */
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";

it("tells the story of a ship, a shore, a cut link, a mirror, a fork and its merge", { timeout: 300_000 }, async () => {
  const ran = await execa(process.execPath, [join(import.meta.dirname, "demo.ts"), "--short"], {
    reject: false,
    all: true,
  });
  expect(ran.exitCode, ran.all).toBe(0);
  const story = ["kB came over before the cut", "up to date", "left out", "diverged", "Both sites have one log"];
  for (const part of story) expect(ran.all).toContain(part);
  const [before, after] = [...ran.all.matchAll(/(\d+) kB came over/g)].map(([, count]) => Number(count));
  // All of it again would be more than came over before the cut.
  expect(after).toBeGreaterThan(0);
  expect(after).toBeLessThan(before ?? 0);
});
