/** A dataset is replaced by one in which a variable has another name, which breaks whoever reads it by name. */
import { cp, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aFolder } from "../../commands/program.ts";
import { aStory, timeoutMs, treeWith } from "../story.ts";

const track = join(import.meta.dirname, "../../../sample/products/KITE/KITE-20260126a/track.zarr");

it("says which variable is called otherwise now", timeoutMs, async () => {
  const { repo, dataset, propose } = await aStory();
  await repo.push({ "tree.yaml": treeWith("", { "products/track.zarr": await dataset(track) }) });
  const copy = join(await aFolder(), "track.zarr");
  await cp(track, copy, { recursive: true });
  await rename(join(copy, "air_temperature"), join(copy, "ta"));
  const metadata = join(copy, "zarr.json");
  await writeFile(metadata, (await readFile(metadata, "utf8")).replaceAll('"air_temperature": {', '"ta": {'));
  const text = treeWith("", { "products/track.zarr": await dataset(copy) });
  const pull = await (await repo.fork("visitor")).openPull({ files: { "tree.yaml": text } });

  const { plan } = await propose(pull);

  expect(plan.file).toMatchObject({
    state: "ready",
    changes: [
      {
        op: "update",
        datasets: [{ differs: ["variable air_temperature is called ta now", "all stored values are the same"] }],
      },
    ],
  });
  expect(pull.comments()[0]!.body).toContain("variable air_temperature is called ta now");
});
