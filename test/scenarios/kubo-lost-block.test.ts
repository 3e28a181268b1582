/** A Kubo whose disk lost a block below a pin, which its list of pins does not know. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { base32upper } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import { expect, it, onTestFinished } from "vitest";
import { aFolder, fieldtree } from "../commands/program.ts";
import { expectSchema } from "../commands/schemas.ts";
import { kuboBinary, startKubo } from "../servers/kubo.ts";

/** Where Kubo's flatfs has a block. */
function blockFile(repo: string, cid: CID): string {
  const name = base32upper.encode(cid.multihash.bytes).slice(1);
  return join(repo, "blocks", name.slice(-3, -1), `${name}.data`);
}

it.skipIf(!(await kuboBinary()))(
  "is found by status, verify and publish, and named with the leaf and its line, until the data are added again",
  { timeout: 120_000 },
  async () => {
    const kubo = await startKubo();
    onTestFinished(() => kubo.stop());
    const cwd = await aFolder({
      "campaign.yaml": `campaign: test\nnode: { kind: kubo, api: "${kubo.api}" }\n`,
      "tree.yaml": "# ours\n",
      "data/dataset_meta.yaml": "attributes: { title: data }\n",
      "data/values.bin": Buffer.alloc(1_000_000, 7),
      "other/values.bin": Buffer.alloc(300, 9),
    });
    const run = (...args: string[]) => fieldtree(args, { cwd });
    for (const name of ["other", "data"]) expect((await run("add", name, "--at", `products/${name}`)).code).toBe(0);
    expect((await run("publish")).code).toBe(0);

    const listed = (await run("ls", "products/data", "--json")).json();
    const values = CID.parse(listed.find(({ name }) => name === "values.bin").cid);
    for (const lost of [await chunkOf(values), values]) {
      await kubo.ipfs("pin", "ls", "--type=recursive");
      await kubo.kill();
      await rm(blockFile(kubo.repo, lost));
      await kubo.restart();
      const named = new RegExp(`tree\\.yaml:\\d+: products/data lacks block ${lost}`);
      const status = await run("status");
      expect(status.code, status.stderr).toBe(0);
      expect(status.stdout).toMatch(named);
      expect(status.stdout).not.toContain("nothing to do");
      const machine = await run("status", "--json");
      expectSchema("status", machine.json());
      expect(machine.json()[0].incomplete).toContainEqual(
        expect.objectContaining({ label: expect.stringMatching(/^test\/tree@/) }),
      );
      for (const flags of [[], ["--deep"]]) {
        const verified = await run("verify", ...flags);
        expect(verified.code, verified.stdout).toBe(7);
        expect(verified.stdout).toMatch(named);
        expect(verified.stdout).not.toContain("products/other");
      }
      const { code, stderr } = await run("publish");
      expect(code, stderr).toBe(4);
      expect(stderr).toMatch(/tree\.yaml:\d+: products\/data .*which lacks block/);
      expect(stderr).toContain(`${lost}`);
      expect(stderr).not.toContain("products/other");
      expect((await run("add", "data")).code).toBe(0);
      const again = await run("publish");
      expect(again.code, again.stderr).toBe(0);
      expect((await run("status")).stdout).toContain("nothing to do");
      const verified = await run("verify");
      expect(verified.code, verified.stdout).toBe(0);
    }

    async function chunkOf(file: CID): Promise<CID> {
      return CID.parse((await kubo.ipfs("refs", `${file}`)).split("\n")[0]!);
    }
  },
);
