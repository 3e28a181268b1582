/**
 * Everything in an HDF5 file that netCDF knows: groups, and datasets with their attributes.
 *
 * Objects of one group are read in parallel, and groups too, so that a file far away is waited for a few times, however
 * many variables it has. A group that is in itself is entered once; what is damaged is left out, with the reason.
 */
import { inOrder } from "../../../core/concurrency.ts";
import { Failure, isFailure } from "../../../core/failure.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5File, Hdf5Group, Hdf5Link } from "../../hdf5/model.ts";
import { isOverBudget, OverBudget } from "../../hdf5/structure/file-budget.ts";

export interface Found {
  /** The root first, each before those in it. */
  readonly groups: readonly FoundGroup[];
  /** Why what is at a path is left out. */
  readonly broken: ReadonlyMap<string, string>;
}

export interface FoundGroup {
  /** "" for the root. */
  readonly path: string;
  readonly attributes: Attributes;
  readonly datasets: readonly FoundDataset[];
}

export interface FoundDataset {
  /** Of the link in its group. */
  readonly name: string;
  readonly path: string;
  readonly dataset: Hdf5Dataset;
  readonly attributes: Attributes;
}

type Attributes = ReadonlyMap<string, Hdf5Attribute>;

/** More than this is no file a person can find their way in. */
const limits = { objects: 5000, depth: 32, path: 4096 } as const;
/** Far more than blocks are read at once: objects near one another wait for the same block. */
const atOnce = 1024;

/** @throws Failure `input` where the root is damaged or there are too many objects; `unavailable` as the source does. */
export async function walk({ root }: Hdf5File): Promise<Found> {
  const broken = new Map<string, string>();
  let objects = 0;

  const enter = async (group: Hdf5Group, path: string, above: readonly number[]): Promise<readonly FoundGroup[]> => {
    const [attributes, links] = await both(group.attributes(), group.links());
    objects += links.length;
    if (objects > limits.objects)
      throw tooLarge(`the file has more than ${limits.objects} groups and datasets, and is not read`);
    const datasets: FoundDataset[] = [];
    const inner: (readonly FoundGroup[])[] = [];
    const around = [...above, group.address];
    const open = (link: Hdf5Link) => {
      const at = path === "" ? link.name : `${path}/${link.name}`;
      if (at.length > limits.path)
        throw tooLarge(`a path has more than ${limits.path} characters, and the file is not read`);
      return unlessDamaged(at, broken, () => openLink(group, link, at, around));
    };
    for await (const found of inOrder(links, atOnce, open)) {
      if (found && "groups" in found) inner.push(found.groups);
      else if (found) datasets.push(found);
    }
    return [{ path, attributes, datasets }, ...inner.flat()];
  };

  const openLink = async (
    group: Hdf5Group,
    link: Hdf5Link,
    path: string,
    around: readonly number[],
  ): Promise<FoundDataset | { readonly groups: readonly FoundGroup[] } | undefined> => {
    const object = await group.open(link);
    if (object?.kind === "dataset") {
      return { name: link.name, path, dataset: object, attributes: await object.attributes() };
    }
    if (object?.kind !== "group" || around.includes(object.address)) return undefined;
    if (around.length > limits.depth) throw new Failure("input", `groups are nested more than ${limits.depth} deep`);
    return { groups: await enter(object, path, around) };
  };

  const groups = await enter(root, "", []);
  return { groups, broken: new Map([...broken].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const tooLarge = (what: string) => new Failure("input", what, { cause: new OverBudget(what) });

/** What `read` gives; `undefined`, and noted in `broken`, where the content is damaged. */
async function unlessDamaged<Result>(
  path: string,
  broken: Map<string, string>,
  read: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    // What is left out must not depend on which object was read when the file's budget was spent.
    if (!isFailure(error, "input") || isOverBudget(error)) throw error;
    broken.set(path, error.message);
    return undefined;
  }
}

/** Both, when both have ended: of two failures the first one given is thrown, whichever came first. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
