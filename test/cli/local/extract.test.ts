import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { appearWhole } from "../../../pipeline/cli/local/extract.ts";

it("writes nothing where the disk can't tell whether a file exists", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-extract-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync("circle", join(folder, "circle"));
  let written = false;
  const target = join(folder, "circle/flight.nc");
  const write = async () => {
    written = true;
  };
  await expect(appearWhole(target, false, write)).rejects.toMatchObject({
    kind: "input",
    message: expect.stringContaining(`${target} is not what is needed there`),
  });
  expect(written).toBe(false);
});
