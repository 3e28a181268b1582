/**
 * A side of a comparison, as it is named on the command line: a file, `git:REF`, the number of a release, or a path in the
 * tree with or without `@N`.
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { Failure, isFailure } from "../core/failure.ts";
import type { Leaf, Tree } from "../core/tree.ts";
import { locate, treeAt } from "./address.ts";
import type { Call } from "./command.ts";
import { parseAddress } from "./parse-address.ts";
import { refIn, refuseErrors, soundTree } from "./tree-text.ts";

interface Side {
  /** As it was named; the address of the part, where it is one. */
  readonly named: string;
  readonly tree: Tree;
  /** The part of it that is compared; "" for all of it. */
  readonly path: string;
}

/** Both trees. Of parts at different paths, leaves have the path below the part, so that they meet. */
export async function compared(
  named: string,
  other: string | undefined,
  call: Call,
): Promise<{ readonly base: Tree; readonly next: Tree }> {
  const first = await sideNamed(named, call);
  // Beside a part of a release it is the same part of tree.yaml that is meant.
  const second = other === undefined ? await here(first.path, call) : await sideNamed(other, call);
  const keep = first.path === second.path;
  const [base, next] = [await partOf(first, keep, call), await partOf(second, keep, call)];
  if (base.size > 0 || next.size > 0 || first.path === "") return { base, next };
  const hint = `git:${named} is tree.yaml as git has it at that branch, tag or commit; fieldtree ls lists the whole tree`;
  const message = `there is no file ${named}, and nothing at ${first.path} in the tree`;
  throw new Failure("input", message, { hint });
}

async function here(path: string, call: Call): Promise<Side> {
  return { named: path, tree: await soundTree(undefined, call), path };
}

/** Empty where nothing is of that path: it was added or removed since. */
async function partOf({ named, tree, path }: Side, keep: boolean, call: Call): Promise<Tree> {
  if (path === "") return tree;
  const leaves = [...tree.values()].filter((leaf) => leaf.path === path || leaf.path.startsWith(`${path}/`));
  const above = leaves.length > 0 ? undefined : leafAbove(path, tree);
  if (above) {
    const inside = await below(named, above, call);
    if (inside) leaves.push({ ...inside, path });
  }
  const name = (leaf: Leaf) => (keep ? leaf.path : leaf.path.slice(path.length + 1) || path.split("/").at(-1)!);
  return new Map(leaves.map((leaf) => [name(leaf), { ...leaf, path: name(leaf) }]));
}

function leafAbove(path: string, tree: Tree): Leaf | undefined {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = tree.get(path.slice(0, end));
    if (leaf) return leaf;
  }
  return undefined;
}

/** What stands at an address below a leaf, as if it were one. */
async function below(address: string, leaf: Leaf, call: Call): Promise<Leaf | undefined> {
  try {
    const { cid } = await locate(address, call);
    return { ...leaf, cid, written: cid.toString() };
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    return undefined;
  }
}

/** The tree of release N for `N` or `@N`; as {@link soundTree} for everything else. */
export async function baseTree(named: string, call: Call): Promise<Tree> {
  const release = releaseNamed(named, call);
  return release === undefined
    ? soundTree(named, call)
    : (await treeAt(release, await call.campaign(), call.world)).tree;
}

async function sideNamed(named: string, call: Call): Promise<Side> {
  const whole = refIn(named) !== undefined || isFile(named, call) || releaseNamed(named, call) !== undefined;
  if (whole) return { named, tree: await baseTree(named, call), path: "" };
  const address = parseAddress(named);
  if (address.in !== "tree") {
    throw new Failure("input", `${named} is no tree`, {
      hint: "diff compares files, git:REF, releases by their number, and paths in the tree, such as products@1",
    });
  }
  const { tree, findings } = await treeAt(address.release, await call.campaign(), call.world);
  refuseErrors(findings);
  return { named, tree, path: address.path };
}

/** A file of that name goes before the release. */
function releaseNamed(named: string, call: Call): number | undefined {
  const number = /^@?(\d+)$/.exec(named)?.[1];
  return number === undefined || isFile(named, call) ? undefined : Number(number);
}

const isFile = (named: string, { cwd }: Call) =>
  statSync(resolve(cwd, named), { throwIfNoEntry: false })?.isFile() === true;
