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
  const [, before, after] = (/(\d+) kB came over before the cut, and (\d+) kB after it/.exec(ran.all) ?? []).map(
    Number,
  );
  // Of 1 800 kB and a portal of some 1 400: what came before the cut does not come again.
  expect(before).toBeGreaterThan(500);
  expect(after).toBeGreaterThan(500);
  expect(before! + after!).toBeLessThan(4_200);
});
