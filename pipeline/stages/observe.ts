/**
 * What is, and what should be: everything a plan is made from.
 *
 * The root needs the size of every leaf, the steps need the head and what the node keeps. Nothing is changed here.
 */
import type { CID } from "multiformats/cid";
import { type Change, changesBetween } from "../core/changes.ts";
import { Failure } from "../core/failure.ts";
import type { Finding } from "../core/finding.ts";
import { stableJson } from "../core/json.ts";
import { planOf, type Step } from "../core/plan.ts";
import { firstLines } from "../core/shown.ts";
import { readTree, type Tree } from "../core/tree.ts";
import type { World } from "../core/world.ts";
import type { Block, Link } from "../dag/block.ts";
import { content } from "../dag/read.ts";
import type { Head } from "../log/log.ts";
import type { MadeWith, Release } from "../log/release.ts";
import { assembleTree } from "./assemble.ts";
import type { Parts } from "./parts.ts";
import { outOfReach, type Sizes, sizesOf } from "./sizes.ts";

export interface Observation {
  readonly tree: Tree;
  readonly findings: readonly Finding[];
  readonly head: Head | undefined;
  /** What the head published; an empty tree before the first release. */
  readonly live: Tree;
  readonly changes: readonly Change[];
  readonly sizes: Sizes;
  /** Absent where tree.yaml has errors or a leaf is out of reach: {@link whyNoRoot} says which. */
  readonly root?: Link;
  /** Directory blocks above the leaves, for whoever keeps the root. */
  readonly blocks: readonly Block[];
  readonly steps: readonly Step[];
}

/** Observe `campaign` as it would be with `text` as its tree.yaml. */
export async function observe(text: Uint8Array, campaign: Parts, world: World): Promise<Observation> {
  const { tree, findings } = readTree(text);
  const [head, pins, sizes] = await Promise.all([
    campaign.log.head(world),
    campaign.home.pins(world),
    sizesOf(tree, campaign.get, campaign.sizes, world),
  ]);
  const live = head ? await treeOf(head.release, campaign, world) : new Map();
  const blocks: Block[] = [];
  const root =
    sizes.missing.length === 0 && errorsIn(findings).length === 0
      ? assembleTree(tree, sizes.of, campaign.profile, (block) => blocks.push(block))
      : undefined;
  return {
    tree,
    findings,
    head,
    live,
    changes: changesBetween(live, tree),
    sizes,
    ...(root && { root }),
    blocks,
    steps: root ? stepsTo(root.cid, tree, head, live, pins, campaign.madeWith) : [],
  };
}

function stepsTo(
  root: CID,
  tree: Tree,
  head: Head | undefined,
  live: Tree,
  pins: ReadonlyMap<string, CID>,
  madeWith: MadeWith,
): Step[] {
  const leaves = [...tree.values()].filter(({ written }) => written !== "");
  return planOf(
    {
      root: root.toString(),
      leaves: leaves.map(({ path, cid, line }) => ({ path, cid: cid.toString(), line })),
      madeWith: stableJson(madeWith),
    },
    {
      ...(head && {
        head: {
          number: head.release.number,
          root: head.release.root.toString(),
          portal: head.release.portal.toString(),
          madeWith: stableJson(head.release.madeWith),
          leaves: new Set([...live.values()].map(({ cid }) => cid.toString())),
        },
      }),
      kept: new Set([...pins.values()].map(String)),
    },
  );
}

/** The tree that a release published, from its own tree.yaml. */
export async function treeOf(release: Release, campaign: Pick<Parts, "get">, world: World): Promise<Tree> {
  world.signal.throwIfAborted();
  const chunks: Uint8Array[] = [];
  for await (const chunk of content(release.tree, campaign.get)) chunks.push(chunk);
  return readTree(Buffer.concat(chunks)).tree;
}

/** Why an observation has no root, as one failure; `undefined` where it has one. */
export function whyNoRoot({ findings, root, sizes }: Observation): Failure | undefined {
  if (root) return undefined;
  const errors = errorsIn(findings);
  if (errors.length === 0) return outOfReach(sizes.missing);
  const lines = errors.map(({ line, column, says }) => `tree.yaml:${line}:${column}: ${says}`);
  const count = `tree.yaml has ${errors.length} ${errors.length === 1 ? "error" : "errors"}`;
  const message = [count, ...firstLines(lines)].join("\n");
  return new Failure("findings", message, { hint: "fieldtree check shows each with its fix" });
}

function errorsIn(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ level }) => level === "error");
}
