/** A Kubo whose disk lost a block below a pin, which its list of pins does not know. */
import { rm } from "node:fs/promises";
import { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { expectSchema } from "../commands/schemas.ts";
import { blockFile, kuboBinary } from "../servers/kubo.ts";
import { aKuboCampaign } from "./kubo-campaign.ts";

it.skipIf(!(await kuboBinary()))(
  "is found by status, plan, verify and publish, named with the leaf and its line, until the data are added again, and fetched from a gateway that has them",
  { timeout: 300_000 },
  async () => {
    const { kubo, run, cidIn, chunkOf, saved, giveToMirror } = await aKuboCampaign({
      "other/values.bin": Buffer.alloc(300, 9),
    });
    for (const name of ["other", "data"]) expect((await run("add", name, "--at", `products/${name}`)).code).toBe(0);
    expect((await run("publish")).code).toBe(0);

    const values = await cidIn("products/data", "values.bin");
    for (const lost of [await chunkOf(values), values]) {
      await lose(lost);
      const named = new RegExp(`tree\\.yaml:\\d+: products/data lacks block ${lost}`);
      const status = await run("status");
      expect(status.code, status.stderr).toBe(0);
      expect(status.stdout).toMatch(named);
      expect(status.stdout).not.toContain("nothing to do");
      const plan = await run("plan");
      expect(plan.code, plan.stderr).toBe(0);
      expect(plan.stdout).toMatch(named);
      expect(plan.stdout).toContain("would fetch products/data");
      expect(plan.stdout).not.toContain("would fetch products/other");
      for (const verb of ["status", "plan"]) {
        const machine = (await run(verb, "--json")).json();
        expectSchema(verb, machine);
        expect(machine[0].incomplete).toContainEqual(
          expect.objectContaining({ label: expect.stringMatching(/^test\/tree@/) }),
        );
      }
      for (const flags of [[], ["--deep"]]) {
        const verified = await run("verify", ...flags);
        expect(verified.code, verified.stdout).toBe(7);
        expect(verified.stdout).toMatch(named);
        expect(verified.stdout).not.toContain("products/other");
      }
      const { code, stderr } = await run("publish");
      expect(code, stderr).toBe(4);
      expect(stderr).toMatch(/tree\.yaml:\d+: products\/data .*1 block below \w+ is out of reach/);
      expect(stderr).toContain(`${lost}`);
      expect(stderr).not.toContain("products/other");
      expect((await run("add", "data")).code).toBe(0);
      const again = await run("publish");
      expect(again.code, again.stderr).toBe(0);
      expect((await run("status")).stdout).toContain("nothing to do");
      const verified = await run("verify");
      expect(verified.code, verified.stdout).toBe(0);
    }

    // What the gateway has is fetched from there, whichever blocks are lost: of a file, the leaf, the tree, the portal.
    const [{ root, portal }] = (await run("status", "--json")).json();
    await giveToMirror(await saved(portal));
    const leaf = await cidIn("products", "data");
    await lose(await chunkOf(values), values, leaf, CID.parse(root), CID.parse(portal));
    const publish = await run("publish");
    expect(publish.code, publish.stderr).toBe(0);
    expect(publish.stderr).toContain("fetch products/data");
    expect((await run("status")).stdout).toContain("nothing to do");
    const verified = await run("verify", "--deep");
    expect(verified.code, verified.stdout).toBe(0);

    async function lose(...lost: readonly CID[]): Promise<void> {
      await kubo.ipfs("pin", "ls", "--type=recursive");
      await kubo.kill();
      for (const cid of lost) await rm(blockFile(kubo, cid));
      await kubo.restart();
    }
  },
);
