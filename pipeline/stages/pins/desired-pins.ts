/**
 * The desired pins: what each pin service should pin of a release. That is the tree, the portal, the leaves that the service
 * accepts, and what campaign.yaml adds.
 *
 * Never the release itself: it links to the release before it, so a service would pin every tree there ever was.
 */
import { CID } from "multiformats/cid";
import { type DataLeaf, dataLeaves, type Tree } from "../../core/tree/tree.ts";
import { codecs, isInline } from "../../dag/block.ts";
import type { Head } from "../../log/log.ts";
import type { ConfiguredPinService, Parts } from "../parts.ts";
import { serviceLabel } from "./label.ts";
import type { PinTarget } from "./pin-target.ts";

/** One pin at one service. */
export interface DesiredPin {
  readonly service: ConfiguredPinService;
  readonly target: PinTarget;
  /** Absent for a portal that has not been built yet. */
  readonly cid: CID | undefined;
  /** `campaign/path@release` */
  readonly label: string;
  /** The CID that the release before had as the same target. */
  readonly previous: CID | undefined;
  /** Whether campaign.yaml requires this service. */
  readonly required: boolean;
  /** Multiaddrs of nodes that the leaf's line in tree.yaml names. */
  readonly origins: readonly string[];
}

/** A desired pin of a CID that is known. */
export type KnownPin = DesiredPin & { readonly cid: CID };

export function hasCid(pin: DesiredPin): pin is KnownPin {
  return pin.cid !== undefined;
}

export interface Published {
  readonly number: number;
  readonly root: CID;
  /** Absent where it has not been built yet. */
  readonly portal: CID | undefined;
  readonly tree: Tree;
  /** tree.yaml as text: a leaf's comment may name a source of its blocks. */
  readonly text: string;
  /** Tsize of every leaf by its CID. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The release that was live before, and its tree. */
  readonly before: Head["release"]["before"];
  readonly earlier: Tree;
}

/** Service by service. The tree comes first: a service that has it has the blocks of all leaves. */
export function desiredPins(
  published: Published,
  { pinServices, pins, facts }: Pick<Parts, "pinServices" | "pins" | "facts">,
): DesiredPin[] {
  const { number, root, portal, tree, text, sizes, before, earlier } = published;
  const lines = text.split("\n");
  return pinServices.flatMap((service) => {
    const required = pins.require.of.includes(service.name);
    const pin = (
      target: PinTarget,
      cid: CID | undefined,
      previous?: CID,
      origins: readonly string[] = [],
    ): DesiredPin => {
      const label = serviceLabel(facts.campaign, target, number);
      return { service, target, cid, label, previous, required, origins };
    };
    const leaves = dataLeaves(tree)
      .filter((leaf) => hasBlocks(leaf) && service.accepts(leaf.path, sizes.get(leaf.cid.toString()) ?? 0))
      .map(({ path, cid, line }) =>
        pin({ kind: "leaf", path }, cid, earlier.get(path)?.cid, originsIn(lines[line - 1] ?? "")),
      );
    if (!service.pinsEverything) return leaves;
    return [
      pin({ kind: "tree" }, root, before?.root),
      pin({ kind: "portal" }, portal, before?.portal),
      ...leaves,
      ...pins.extra.map(({ name, cid }) => pin({ kind: "extra", name }, CID.parse(cid))),
    ];
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
