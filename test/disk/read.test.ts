import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readIfThere } from "../../pipeline/disk/read.ts";

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-read-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

it("gives what a file holds, be it nothing, and nothing where there is none", async () => {
  const file = join(await aFolder(), "file");
  expect(await readIfThere(file)).toBeUndefined();
  await writeFile(file, "");
  expect(await readIfThere(file)).toEqual(Buffer.alloc(0));
});

it("says which file can't be read, and never takes it for none", async () => {
  const folder = await aFolder();
  await expect(readIfThere(folder)).rejects.toMatchObject({
    kind: "input",
    message: `something is not what is needed there (EISDIR) while reading ${folder}`,
  });
});
