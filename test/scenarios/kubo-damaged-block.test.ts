/** A Kubo whose disk changed bytes of blocks below a pin: it serves them, and skips storing them again. */
import { readFile, writeFile } from "node:fs/promises";
import { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { expectSchema } from "../commands/schemas.ts";
import { blockFile, kuboBinary } from "../servers/kubo.ts";
import { aKuboCampaign } from "./kubo-campaign.ts";

it.skipIf(!(await kuboBinary()))(
  "is found by fsck, named with the leaf and its line, and repaired by adding the data again or from a gateway that has them",
  { timeout: 300_000 },
  async () => {
    const { kubo, run, cidIn, chunkOf, saved, giveToMirror } = await aKuboCampaign();
    expect((await run("add", "data", "--at", "products/data")).code).toBe(0);
    expect((await run("publish")).code).toBe(0);

    const values = await cidIn("products/data", "values.bin");
    const chunk = await chunkOf(values);
    const [{ root, portal }] = (await run("status", "--json")).json();
    const portalFile = await saved(portal);

    const repaired = async (...damaged: readonly CID[]) => {
      // Kubo knows that it has them, and its disk changes while it runs.
      for (const cid of damaged) await kubo.ipfs("block", "stat", `${cid}`);
      for (const cid of damaged) await flip(blockFile(kubo, cid));

      const refused = await run("verify", "--deep");
      expect(refused.code, refused.stdout).toBe(6);
      expect(refused.stdout).toContain("`fieldtree fsck --repair` has it remove them");
      const found = await run("fsck", "--json");
      expect(found.code, found.stderr).toBe(6);
      expectSchema("fsck", found.json().slice(0, -1));
      const damages = found.json().filter(({ rule }: { rule?: string }) => rule === "damaged-block");
      for (const { multihash } of damaged) {
        const says = expect.stringContaining(`block ${CID.createV1(0x55, multihash)} has other bytes`);
        expect(damages).toContainEqual(expect.objectContaining({ says, fix: "fieldtree fsck --repair" }));
      }
      const repair = await run("fsck", "--repair");
      expect(repair.code).toBe(6);
      expect(repair.stdout).toContain("taken out; add the data again, or publish to fetch it");
      expect(repair.stdout).toMatch(/tree\.yaml:\d+: products\/data/);
    };

    await repaired(chunk);
    expect((await run("publish")).code).toBe(4);
    expect((await run("add", "data")).code).toBe(0);
    expect((await run("publish")).code).toBe(0);
    expect(await run("fsck")).toMatchObject({ code: 0, stdout: expect.stringContaining("all is well") });

    await giveToMirror(portalFile);
    await repaired(chunk, values, CID.parse(root));
    const publish = await run("publish");
    expect(publish.code, publish.stderr).toBe(0);
    expect(publish.stderr).toContain("fetch products/data");
    const verified = await run("verify", "--deep");
    expect(verified.code, verified.stdout).toBe(0);
  },
);

async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(file, bytes);
}
