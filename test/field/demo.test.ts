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
  const count = (pattern: RegExp) => Number(pattern.exec(ran.all)?.[1]);
  const all = count(/ok {4}portal {2}(\d+) blocks/);
  expect(count(/ship: (\d+) blocks fetched/), "after the cut").toBeLessThan(all);
});
