/**
 * What stands in a Zarr store: its groups and arrays, from the store's own metadata.
 *
 * We read metadata ourselves, because a library that refuses one array of an unknown type would hide all the others.
 * Names in the directory show the version. A consolidated store costs one file; another is read group
 * by group, asking each child for its metadata only, so that chunk directories are never listed.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
 */
import { inOrder } from "../../core/concurrency.ts";
import type { Folder } from "../../core/dataset/dataset.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Names } from "../reader.ts";
import { bad, isObject, type JsonObject, limits, readJsonObject } from "./json.ts";

export interface ZarrStore {
  readonly version: 2 | 3;
  readonly consolidated: boolean;
  /** Attributes by group path, "" for the root. */
  readonly groups: ReadonlyMap<string, JsonObject>;
  /** By path, in code unit order: `.zarray` or `zarr.json` as written, and attributes. */
  readonly arrays: ReadonlyMap<string, ArrayDocument>;
  /** Why the entry at a path can't be read, though the rest can. */
  readonly broken: ReadonlyMap<string, string>;
  /** Folders below groups that have arrays, but no metadata of their own. */
  readonly unmarked: readonly string[];
}

export interface ArrayDocument {
  readonly document: JsonObject;
  readonly attributes: JsonObject;
}

/** More than this is no dataset a person can find their way in. */
const bounds = { nodes: 5000, depth: 8 } as const;
const atOnce = 8;

/** Whether a directory's names are those of a Zarr store. */
export const isZarr = (names: Names) => isZarrV2(names) || names.has("zarr.json");

export const isZarrV2 = (names: Names) => [".zgroup", ".zmetadata", ".zarray"].some((name) => names.has(name));

/** @throws Failure `input` where the metadata can't be understood; the folder's own, as they are. */
export async function openStore(folder: Folder, world: World): Promise<ZarrStore> {
  if (folder.entries.has("zarr.json")) return openV3(folder, world);
  if (folder.entries.has(".zmetadata")) return openConsolidatedV2(folder, world);
  return collect(2, false, await walk(folder, nodeV2, world));
}

/** A group or array at its path; "" is the root. */
type Node = readonly [path: string, node: { readonly kind: "group" | "array" } & ArrayDocument];

interface Nodes {
  readonly nodes: readonly Node[];
  readonly broken: ReadonlyMap<string, string>;
  readonly unmarked?: readonly string[];
}

function collect(version: 2 | 3, consolidated: boolean, { nodes, broken, unmarked = [] }: Nodes): ZarrStore {
  if (nodes.length > bounds.nodes) {
    throw new Failure(
      "input",
      `the store has ${nodes.length} groups and arrays, more than ${bounds.nodes} are not read`,
    );
  }
  const sorted = nodes.toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [path] of sorted) {
    const inside = path === "" || path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
    if (!inside || path.length > 4096)
      throw bad(JSON.stringify(path.slice(0, 100)), "in the metadata names no place in the store");
  }
  return {
    version,
    consolidated,
    groups: new Map(sorted.flatMap(([path, { kind, attributes }]) => (kind === "group" ? [[path, attributes]] : []))),
    arrays: new Map(sorted.flatMap(([path, node]) => (node.kind === "array" ? [[path, node]] : []))),
    broken,
    unmarked,
  };
}

/**
 * The node that `read` gives; `undefined` where its metadata make no sense, which goes into `broken`. Those of the root
 * itself fail the store.
 */
function nodeOr<Result>(broken: Map<string, string>, path: string, read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (path === "" || !isFailure(error, "input")) throw error;
    broken.set(path, error.message);
    return undefined;
  }
}

// Version 2: .zgroup, .zarray and .zattrs in each directory, all of them again in .zmetadata

async function openConsolidatedV2(folder: Folder, world: World): Promise<ZarrStore> {
  const { metadata } = (await readMetadata(folder, ".zmetadata", world))!;
  if (!isObject(metadata)) throw bad(".zmetadata", "has no object `metadata`");
  const nodes: Node[] = [];
  const broken = new Map<string, string>();
  for (const [key, document] of Object.entries(metadata)) {
    const [, path = "", file] = /^(?:(.+)\/)?(\.zgroup|\.zarray)$/s.exec(key) ?? [];
    if (!file) continue;
    const node = nodeOr(broken, path, (): Node => {
      if (!isObject(document)) throw bad(`${key} in .zmetadata`, "is no object");
      const attributes = objectOr({}, metadata[path === "" ? ".zattrs" : `${path}/.zattrs`]);
      return [path, { kind: file === ".zarray" ? "array" : "group", document, attributes }];
    });
    if (node) nodes.push(node);
  }
  return collect(2, true, { nodes, broken });
}

async function nodeV2(folder: Folder, path: string, world: World): Promise<Node | undefined> {
  const at = path === "" ? "" : `${path}/`;
  const array = await readMetadata(folder, `${at}.zarray`, world);
  const document = array ?? (await readMetadata(folder, `${at}.zgroup`, world));
  if (!document) return undefined;
  const attributes = (await readMetadata(folder, `${at}.zattrs`, world)) ?? {};
  return [path, { kind: array ? "array" : "group", document, attributes }];
}

// Version 3: one zarr.json in each directory; the root's may contain all the others (zarr-python's `consolidated_metadata`)

async function openV3(folder: Folder, world: World): Promise<ZarrStore> {
  const root = (await nodeV3(folder, "", world))!;
  const { metadata } = objectOr({}, root[1].document.consolidated_metadata);
  if (!isObject(metadata)) return collect(3, false, await walk(folder, nodeV3, world, root));
  const broken = new Map<string, string>();
  const inner = Object.entries(metadata).flatMap(([path, document]) => {
    const node = nodeOr(broken, path, () => {
      if (!isObject(document)) throw bad(`${path} in zarr.json`, "is no object");
      return nodeOfV3(path, document, `${path} in zarr.json`);
    });
    return node ? [node] : [];
  });
  return collect(3, true, { nodes: [root, ...inner], broken });
}

async function nodeV3(folder: Folder, path: string, world: World): Promise<Node | undefined> {
  const file = path === "" ? "zarr.json" : `${path}/zarr.json`;
  const document = await readMetadata(folder, file, world);
  return document && nodeOfV3(path, document, file);
}

function nodeOfV3(path: string, document: JsonObject, file: string): Node {
  const { node_type: kind, zarr_format: format, attributes } = document;
  if (format !== 3 || (kind !== "group" && kind !== "array")) {
    throw bad(file, "is neither a group nor an array of Zarr version 3");
  }
  return [path, { kind, document, attributes: objectOr({}, attributes) }];
}

// Without consolidated metadata

/**
 * Every group and array, level by level. A group's directory is listed; an array's is that of its chunks and is not:
 * its metadata are asked for by name.
 */
async function walk(
  folder: Folder,
  nodeAt: (folder: Folder, path: string, world: World) => Promise<Node | undefined>,
  world: World,
  known?: Node,
): Promise<Nodes> {
  const root = known ?? (await nodeAt(folder, "", world));
  if (!root) throw new Failure("input", `${folder.cid} has no metadata of a Zarr group or array`);
  const nodes: Node[] = [root];
  const broken = new Map<string, string>();
  const unmarked: string[] = [];
  const visit = async (path: string): Promise<Node | undefined> => {
    try {
      const node = await nodeAt(folder, path, world);
      const listing = node ? undefined : await folder.folder(path, world);
      if (listing && hasChunksAlone(listing)) broken.set(path, "it has chunks, but no .zarray or zarr.json");
      else if (listing && (await arraysAmong(listing, listing.entries.keys(), world)).length > 0) unmarked.push(path);
      return node;
    } catch (error) {
      if (!isFailure(error, "input")) throw error;
      broken.set(path, error.message);
      return undefined;
    }
  };
  let groups = root[1].kind === "group" ? [""] : [];
  for (let depth = 1; groups.length > 0; depth++) {
    if (depth > bounds.depth)
      throw new Failure("input", `groups are nested more than ${bounds.depth} deep, at ${groups[0]}`);
    const children: string[] = [];
    for (const group of groups) {
      const listing = group === "" ? folder : await folder.folder(group, world);
      for (const name of listing?.entries.keys() ?? []) {
        if (!name.startsWith(".") && name !== "zarr.json") children.push(group === "" ? name : `${group}/${name}`);
      }
    }
    if (nodes.length + children.length > bounds.nodes) {
      throw new Failure(
        "input",
        `the store has more than ${bounds.nodes} groups and arrays, and no consolidated metadata`,
      );
    }
    groups = [];
    for await (const node of inOrder(children, atOnce, visit)) {
      if (!node) continue;
      nodes.push(node);
      if (node[1].kind === "group") groups.push(node[0]);
    }
  }
  return { nodes, broken, unmarked: unmarked.sort() };
}

// Without metadata at the root, or of a group

/** Folders in one that are read to find out whether they are arrays. */
const samples = 16;

/**
 * What is missing of a folder that is no store, but is what is left of one: folders in it, called `inner`, are arrays.
 * `undefined` for any other folder. A folder of whole stores that are arrays, `a.zarr` and `b.zarr`, is any other folder.
 */
export async function missingRoot(folder: Folder, inner: readonly string[], world: World): Promise<string | undefined> {
  const arrays = await arraysAmong(folder, inner, world);
  const lacking = "no zarr.json or .zgroup at its root";
  const advice = "copy the whole folder, with names that begin with a dot";
  if (arrays.length > 0) {
    const names = arrays.slice(0, 3).map((name) => shown(name, 40));
    return `${lacking}, beside the arrays ${names.join(", ")}${arrays.length > 3 ? ", …" : ""}: ${advice}`;
  }
  // One dimension alone could be any numbered files.
  let grids = 0;
  for (const name of inner.slice(0, samples)) {
    const chunks = await folder.folder(name, world);
    // An array of one fill value has no chunks.
    if (chunks?.entries.size === 0) continue;
    if (!chunks || !hasChunksAlone(chunks)) return undefined;
    if ([...chunks.entries.keys()].some((chunk) => /^0(\.0)+$/.test(chunk))) grids++;
  }
  if (grids === 0) return undefined;
  return `${lacking}, nor .zarray in its folders, which have nothing but chunks of Zarr: ${advice}`;
}

/** Those of the names, or of the first few of them, that are arrays. */
async function arraysAmong(folder: Folder, inner: Iterable<string>, world: World): Promise<readonly string[]> {
  const names = [...inner].filter((name) => !name.startsWith(".") && !/\.zarr$/i.test(name));
  const arrays: string[] = [];
  for (const name of names.slice(0, samples)) if (await isArray(folder, name, world)) arrays.push(name);
  return arrays;
}

async function isArray(folder: Folder, name: string, world: World): Promise<boolean> {
  if (await folder.read(`${name}/.zarray`, world, { offset: 0, length: 1 })) return true;
  const document = await folder.read(`${name}/zarr.json`, world, { offset: 0, length: limits.bytes + 1 });
  if (!document) return false;
  try {
    return readJsonObject(document, "zarr.json").node_type === "array";
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    return false;
  }
}

/** Whether names in a folder are those of chunks alone, the first one among them. */
function hasChunksAlone({ entries }: Folder): boolean {
  const names = [...entries.keys()];
  if (names.length === 1 && names[0] === "c") return true;
  return names.some((name) => /^0(\.0)*$/.test(name)) && names.every((name) => /^\d+(\.\d+)*$/.test(name));
}

async function readMetadata(folder: Folder, path: string, world: World): Promise<JsonObject | undefined> {
  world.signal.throwIfAborted();
  const bytes = await folder.read(path, world, { offset: 0, length: limits.bytes + 1 });
  return bytes && readJsonObject(bytes, path);
}

const objectOr = (otherwise: JsonObject, value: Json | undefined) => (isObject(value) ? value : otherwise);
