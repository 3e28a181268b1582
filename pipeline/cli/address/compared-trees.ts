/**
 * A side of a comparison, given on the command line: a file, `git:REF`, the number of a release, or a path in the tree with
 * or without `@N`.
 */
import { statSync } from "node:fs";
import { resolve as absolute } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Leaf, Tree } from "../../core/tree/tree.ts";
import { resolve } from "../../dag/read/read.ts";
import type { Call } from "../verb.ts";
import { treeAt } from "./locate.ts";
import { parseAddress } from "./parse-address.ts";
import { refIn, refuseErrors, validTree } from "./tree-text.ts";

interface Side {
  readonly tree: Tree;
  /** The path of the part to compare; "" for the whole tree. */
  readonly path: string;
}

/** Returns both trees. For parts at different paths, the paths of leaves are relative to the part, so that they match. */
export async function compared(
  named: string,
  other: string | undefined,
  call: Call,
): Promise<{ readonly base: Tree; readonly next: Tree }> {
  const first = await sideNamed(named, call);
  const second =
    other === undefined ? { tree: await validTree(undefined, call), path: "" } : await sideNamed(other, call);
  // A path on one side selects the same part of the other.
  const [from, to] = [first.path || second.path, second.path || first.path];
  const base = await partOf({ ...first, path: from }, from === to, call);
  const next = await partOf({ ...second, path: to }, from === to, call);
  if (base.size > 0 || next.size > 0 || from === "") return { base, next };
  const what = first.path === "" ? other! : named;
  const hint = `git:${what} is tree.yaml as git has it at that branch, tag or commit; fieldtree ls lists the whole tree`;
  throw new Failure("input", `there is no file ${what}, and nothing at ${from} in the tree`, { hint });
}

/** Returns the part of the tree at a path; empty where the tree lacks the path, because it was added or removed since. */
async function partOf({ tree, path }: Side, entire: boolean, call: Call): Promise<Tree> {
  if (path === "") return tree;
  const leaves = [...tree.values()].filter((leaf) => leaf.path === path || leaf.path.startsWith(`${path}/`));
  const above = leaves.length > 0 ? undefined : leafAbove(path, tree);
  const cid = above && (await resolve(above.cid, path.slice(above.path.length + 1), (await call.store()).get));
  if (above && cid) leaves.push({ ...above, kind: "data", path, cid, written: cid.toString() });
  const name = (leaf: Leaf) => (entire ? leaf.path : leaf.path.slice(path.length + 1) || path.split("/").at(-1)!);
  return new Map(leaves.map((leaf) => [name(leaf), { ...leaf, path: name(leaf) }]));
}

function leafAbove(path: string, tree: Tree): Leaf | undefined {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = tree.get(path.slice(0, end));
    if (leaf) return leaf;
  }
  return undefined;
}

/** Returns the tree of release N for `N` or `@N`; for any other text, as {@link validTree} does. */
export async function baseTree(named: string, call: Call): Promise<Tree> {
  const release = releaseNamed(named, call);
  return release === undefined ? validTree(named, call) : (await treeAt(release, await call.store(), call.world)).tree;
}

async function sideNamed(named: string, call: Call): Promise<Side> {
  const whole = refIn(named) !== undefined || isFile(named, call) || releaseNamed(named, call) !== undefined;
  if (whole) return { tree: await baseTree(named, call), path: "" };
  const address = parseAddress(named);
  if (address.in !== "tree") {
    throw new Failure("input", `${named} is no tree`, {
      hint: "diff compares files, git:REF, releases by their number, and paths in the tree, such as products@1",
    });
  }
  const { tree, findings } = await treeAt(address.release, await call.store(), call.world);
  refuseErrors(findings);
  return { tree, path: address.path };
}

/** Returns the release number; `undefined` where a file of that name exists, which takes precedence. */
function releaseNamed(named: string, call: Call): number | undefined {
  const number = /^@?(\d+)$/.exec(named)?.[1];
  return number === undefined || isFile(named, call) ? undefined : Number(number);
}

const isFile = (named: string, { cwd }: Call) =>
  statSync(absolute(cwd, named), { throwIfNoEntry: false })?.isFile() === true;
