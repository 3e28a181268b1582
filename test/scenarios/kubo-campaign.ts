/** A campaign on a real Kubo, and another Kubo whose gateway its campaign.yaml names. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { onTestFinished } from "vitest";
import { aFolder, fieldtree } from "../commands/program.ts";
import { startKubo } from "../servers/kubo.ts";

/** The folder `data`, and `files` beside it. Both Kubos are stopped when the test has finished. */
export async function aKuboCampaign(files: Readonly<Record<string, Buffer>> = {}) {
  const kubo = await startKubo();
  onTestFinished(() => kubo.stop());
  const mirror = await startKubo();
  onTestFinished(() => mirror.stop());
  const cwd = await aFolder({
    "campaign.yaml": `campaign: test\nnode: { kind: kubo, api: "${kubo.api}" }\ngateways: ["${mirror.gateway}"]\n`,
    "tree.yaml": "# ours\n",
    "data/dataset_meta.yaml": "attributes: { title: data }\n",
    "data/values.bin": Buffer.alloc(1_000_000, 7),
    ...files,
  });
  const run = (...args: string[]) => fieldtree(args[0] === "status" ? [...args, "--deadline", "60"] : args, { cwd });

  return {
    kubo,
    run,
    /** CID of what has that name in a folder of the tree. */
    cidIn: async (folder: string, wanted: string): Promise<CID> =>
      CID.parse((await run("ls", folder, "--json")).json().find(({ name }) => name === wanted).cid),
    /** CID of the first block below a file. */
    chunkOf: async (file: CID): Promise<CID> => CID.parse((await kubo.ipfs("refs", `${file}`)).split("\n")[0]!),
    /** Writes all below a root to a file, for {@link giveToMirror}. */
    async saved(root: string): Promise<string> {
      const response = await fetch(`${kubo.api}/api/v0/dag/export?arg=${root}&progress=false`, { method: "POST" });
      const file = join(cwd, `${root}.car`);
      await writeFile(file, new Uint8Array(await response.arrayBuffer()));
      return file;
    },
    giveToMirror: (file: string) => mirror.ipfs("dag", "import", file),
  };
}
