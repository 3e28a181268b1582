/**
 * One campaign of very many datasets, published by the program itself: from nothing, then with one dataset more.
 *
 * Each dataset is a small NetCDF file with words, people and variables as frequent as in real campaigns. What is measured of a
 * command are its time, its peak memory, and the bytes that it read and wrote: of the second release these are to be few.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Run, run } from "../bench/measure.ts";
import { byBytes } from "../pipeline/core/text/order.ts";
import { codecs } from "../pipeline/dag/block.ts";
import { blockOf } from "../pipeline/dag/hash.ts";
import { embedded } from "../pipeline/ipfs/embedded/embedded.ts";
import { smallSonde } from "./fakes/netcdf3.ts";
import { aDocument, randomFrom } from "./fakes/search-corpus.ts";
import { testWorld } from "./fakes/world.ts";

/** Datasets whose blocks are stored together. */
const atOnce = 5000;

export interface LargeCampaign {
  readonly folder: string;
  /** Writes tree.yaml with the first `count` of its datasets. */
  withDatasets(count: number): void;
}

/** A campaign in `folder`, whose embedded node has the blocks of `count` datasets. */
export async function largeCampaign(folder: string, count: number): Promise<LargeCampaign> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "campaign.yaml"), "campaign: large\ntitle: A large campaign\n");
  const node = embedded(join(folder, ".fieldtree"));
  const random = randomFrom(1);
  const leaves: (readonly [path: string, cid: string])[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const blocks = Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => {
      const { path, bytes } = aDataset(from + i, random);
      const block = blockOf(codecs.raw, bytes);
      leaves.push([path, block.cid.toString()]);
      return block;
    });
    await node.put(blocks, testWorld());
  }
  await node.close?.();
  return {
    folder,
    withDatasets: (some) => writeFileSync(join(folder, "tree.yaml"), treeText(leaves.slice(0, some))),
  };
}

/** Sorted, a line a folder or leaf. */
function treeText(leaves: readonly (readonly [path: string, cid: string])[]): string {
  let text = "";
  let above: readonly string[] = [];
  for (const [path, cid] of [...leaves].sort(([a], [b]) => byBytes(a, b))) {
    const names = path.split("/");
    const shared = names.findIndex((name, i) => name !== above[i] || i === names.length - 1);
    for (let depth = shared; depth < names.length; depth++)
      text += `${"  ".repeat(depth)}${names[depth]}:${depth === names.length - 1 ? ` ${cid}` : ""}\n`;
    above = names;
  }
  return text;
}

function aDataset(id: number, random: ReturnType<typeof randomFrom>): { path: string; bytes: Uint8Array } {
  const { path, title, texts, time, bbox, values } = aDocument(id, random);
  const [start] = time ?? ["2020-01-01T00:00:00Z"];
  const [west, south] = bbox ?? [0, 0];
  const globals = {
    ...{ title, summary: texts.join(" "), history: `made up as number ${id}` },
    ...{ platform: values.platform!.join(", "), project: values.project!.join(", ") },
    ...{ keywords: values.keyword!.join(", "), creator_name: values.person!.join("; ") },
  };
  return { path: path.replace(/\.zarr$/, ".nc"), bytes: smallSonde(start, [west, south], globals) };
}

/** A command of the program in the folder of a campaign, and what it cost. */
export async function measured(command: readonly string[], cwd: string): Promise<Run & { readonly shown: string }> {
  const result = await run(command, { cwd });
  const { seconds, memory, read = 0, written = 0 } = result;
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return {
    ...result,
    shown: `${seconds.toFixed(1)} s, ${mb(memory)} of memory, read ${mb(read)}, wrote ${mb(written)}`,
  };
}
