/** The dataset at a path of the tree, as publishing describes it, with the leaf that has it. */
import type { Campaign } from "../../campaign/campaign.ts";
import { Failure } from "../../core/failure.ts";
import type { DatasetEntry } from "../../core/stac/catalog-entry.ts";
import { shown } from "../../core/text/shown.ts";
import type { DataLeaf } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { scan } from "../../stages/scan/scan.ts";
import { treeAt } from "./locate.ts";

export interface LocatedDataset {
  readonly entry: DatasetEntry;
  /** The leaf that is the dataset, or has it below. */
  readonly leaf: DataLeaf;
}

/**
 * `release`: as that release has the path; `undefined`: as tree.yaml has it.
 *
 * @throws Failure `input` where there is no dataset at `path`; `unavailable` where its bytes are out of reach.
 */
export async function datasetAt(
  { path, release }: { readonly path: string; readonly release: number | undefined },
  campaign: Campaign,
  world: World,
): Promise<LocatedDataset> {
  const { tree } = await treeAt(release, campaign, world);
  const leaf = leafOf(path, tree);
  if (!leaf) {
    const isFolder = tree.keys().some((other) => other.startsWith(`${path}/`));
    throw new Failure("input", `${shown(path, 200)} ${isFolder ? "is a folder of the tree" : "is not in the tree"}`, {
      hint: isFolder ? `name one dataset of it: fieldtree scan ${path}` : "fieldtree scan lists the datasets",
    });
  }
  for await (const { entries, unreachable } of scan([leaf], campaign, world)) {
    if (unreachable !== undefined) throw new Failure("unavailable", `${shown(path, 200)}: ${unreachable}`);
    const found = entries.find((entry) => entry.path === path && entry.kind === "dataset");
    if (found?.kind === "dataset") return { entry: found, leaf };
    const failed = entries.find((entry) => entry.path === path && entry.kind === "failed");
    if (failed?.kind === "failed") throw new Failure("input", `${shown(path, 200)}: ${failed.failure.message}`);
    const others = entries.filter(({ kind }) => kind === "dataset");
    throw new Failure("input", `${shown(path, 200)} is no dataset that a reader knows`, {
      hint: others[0]
        ? `${shown(leaf.path, 200)} has ${shown(others[0].path, 200)}`
        : "a dataset_meta.yaml in it describes it",
    });
  }
  throw new Error("a scan of one leaf yields it");
}

/** The leaf at `path` or above it. */
function leafOf(path: string, tree: Awaited<ReturnType<typeof treeAt>>["tree"]): DataLeaf | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = tree.get(path.slice(0, end));
    if (leaf?.kind === "data") return leaf;
  }
  return undefined;
}
