/**
 * What should be kept, and by whom: the tree, the portal, each leaf under its path, and what campaign.yaml adds.
 *
 * Never the release itself: its link to the one before would have services keep every tree there ever was.
 */
import { CID } from "multiformats/cid";
import { type DataLeaf, dataLeaves, type Tree } from "../../core/tree/tree.ts";
import { codecs, isInline } from "../../dag/block.ts";
import type { Head } from "../../log/log.ts";
import type { Keeper, Parts } from "../parts.ts";
import { label } from "./label.ts";

export interface Wanted {
  readonly keeper: Keeper;
  /** Of a leaf; `/` for the tree, `portal/` for the portal, `extra:NAME`. */
  readonly path: string;
  /** Absent where it is the portal, and that is still to be made. */
  readonly cid: CID | undefined;
  /** `campaign/path@release` */
  readonly label: string;
  /** What the release before had there. */
  readonly previous: CID | undefined;
  /** Whether the campaign counts on this service. */
  readonly required: boolean;
  /** Multiaddrs of nodes that the leaf's line in tree.yaml names. */
  readonly origins: readonly string[];
}

export interface Published {
  readonly number: number;
  readonly root: CID;
  /** Absent where it is still to be made. */
  readonly portal: CID | undefined;
  readonly tree: Tree;
  /** tree.yaml as text: a leaf's comment may say where its blocks are. */
  readonly text: string;
  /** Tsize of every leaf by its CID. */
  readonly sizes: ReadonlyMap<string, number>;
  /** What was live before, and its tree. */
  readonly before: Head["release"]["before"];
  readonly earlier: Tree;
}

/** The tree first: whoever keeps it has the blocks of all leaves. */
export function wishesOf(published: Published, { keepers, pins, facts }: Parts): Wanted[] {
  const { number, root, portal, tree, text, sizes, before, earlier } = published;
  const lines = text.split("\n");
  return keepers.flatMap((keeper) => {
    const required = pins.require.of.includes(keeper.name);
    const common = { keeper, required };
    const whole: Wanted[] = [
      { path: "/", cid: root, label: label(facts.campaign, "tree", number), previous: before?.root },
      { path: "portal/", cid: portal, label: label(facts.campaign, "portal", number), previous: before?.portal },
    ].map((wish) => ({ ...common, ...wish, origins: [] }));
    const extra: Wanted[] = pins.extra.map(({ name, cid }) => ({
      ...common,
      path: `extra:${name}`,
      cid: CID.parse(cid),
      label: `${facts.campaign}/${name}`,
      previous: undefined,
      origins: [],
    }));
    const leaves: Wanted[] = dataLeaves(tree)
      .filter((leaf) => hasBlocks(leaf) && keeper.wants(leaf.path, sizes.get(leaf.cid.toString()) ?? 0))
      .map(({ path, cid, line }) => ({
        ...common,
        path,
        cid,
        label: `${facts.campaign}/${path}@${number}`,
        previous: earlier.get(path)?.cid,
        origins: originsIn(lines[line - 1] ?? ""),
      }));
    return keeper.whole ? [...whole, ...leaves, ...extra] : leaves;
  });
}

/** A file whose bytes are in its CID has no block that could be pinned. */
function hasBlocks({ cid }: DataLeaf): boolean {
  return !(isInline(cid) && cid.code === codecs.raw);
}

/** Multiaddrs in the comment of a line: `radar.zarr: bafy…  # /dns4/halo.example.org/tcp/4001/p2p/12D3…`. */
function originsIn(line: string): string[] {
  const comment = /\s#(.*)$/.exec(line)?.[1] ?? "";
  return comment.match(/(?:\/[a-z0-9-]+\/[^\s/,]+)+\/p2p\/[1-9A-HJ-NP-Za-km-z]{40,80}/g)?.slice(0, 5) ?? [];
}
