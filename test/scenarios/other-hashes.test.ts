/** Blocks of hashes and codecs that fieldtree does not write itself, on their way through a campaign. */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";
import { expect, it, onTestFinished } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { carOf, readCar } from "../../pipeline/dag/car.ts";
import { aCampaign, fieldtree, start } from "../commands/program.ts";
import { ofOtherHashes } from "../fakes/other-hashes.ts";

async function carFile(roots: readonly CID[], blocks: readonly Block[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(carOf(roots, blocks)));
}

it("are imported, pinned, checked, exported and served as they are", async () => {
  const { root, blocks } = ofOtherHashes();
  const cwd = await aCampaign({ "theirs.car": await carFile([root], blocks) });
  const imported = await fieldtree(["car", "import", "theirs.car"], { cwd });
  expect(imported.code, imported.stderr).toBe(0);
  expect(imported.stdout).toContain(`${blocks.length} blocks`);
  expect(imported.stderr).not.toContain("is not whole");
  expect((await fieldtree(["gc"], { cwd })).code).toBe(0);
  expect((await fieldtree(["fsck"], { cwd })).code).toBe(0);

  const exported = await fieldtree(["car", "export", `${root}`, "-o", "ours.car"], { cwd });
  expect(exported.code, exported.stderr).toBe(0);
  const car = await readCar([await readFile(join(cwd, "ours.car"))]);
  const found = (await Array.fromAsync(car.blocks)).map(({ cid }) => `${cid}`);
  expect(found.sort()).toEqual(blocks.map(({ cid }) => `${cid}`).sort());

  const running = start(["--json", "serve", "--port", "0"], { cwd });
  onTestFinished(() => void running.kill("SIGKILL"));
  const [line] = (await once(createInterface(running.stdout), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  for (const { cid, bytes } of blocks) {
    const response = await fetch(`${url}/ipfs/${cid}?format=raw`);
    expect([response.status, Buffer.compare(await response.bytes(), bytes)], `${cid}`).toEqual([200, 0]);
  }
});

it("are refused in words where their hash can't be checked, or says otherwise", async () => {
  const { root, blocks } = ofOtherHashes();
  const bytes = Buffer.from("bytes");
  const unknown = CID.createV1(codecs.raw, digestOf(0x11, new Uint8Array(20)));
  const cwd = await aCampaign({ "unknown.car": await carFile([unknown], [{ cid: unknown, bytes }]) });
  const refused = await fieldtree(["car", "import", "unknown.car"], { cwd });
  expect([refused.code, refused.stderr]).toEqual([
    6,
    expect.stringContaining("hashed by 0x11, which can't be checked"),
  ]);

  await writeFile(join(cwd, "wrong.car"), await carFile([root], [{ cid: blocks[0]!.cid, bytes }]));
  const wrong = await fieldtree(["car", "import", "wrong.car"], { cwd });
  expect([wrong.code, wrong.stderr]).toEqual([6, expect.stringContaining("do not match the CID")]);

  await writeFile(join(cwd, "partial.car"), await carFile([root], blocks.slice(0, -1)));
  const partial = await fieldtree(["car", "import", "partial.car"], { cwd });
  expect(partial.stderr).toContain(`${blocks.at(-1)!.cid}`);
});
