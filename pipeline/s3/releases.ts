/**
 * The campaign's releases as read-only buckets: `release-7`, `latest`, and `portal`, which is the portal of the newest one.
 *
 * An object is found by its path. Listing walks the tree once; the names of the newest trees are remembered.
 */
import { CID } from "multiformats/cid";
import { recent } from "../core/recent.ts";
import { byBytes } from "../core/text/order.ts";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import { resolve, stat, unsortedEntries } from "../dag/read/read.ts";
import { S3Error } from "./error.ts";
import { isReserved } from "./store/buckets.ts";
import type { StoredObject } from "./store/object.ts";

export interface Releases {
  isRelease(name: string): boolean;
  /** Names, and when each was created. */
  list(world: World): Promise<readonly { readonly name: string; readonly created: number }[]>;
  open(name: string, world: World): Promise<ReleaseBucket | undefined>;
}

export interface ReleaseBucket {
  readonly root: CID;
  get(key: string): Promise<StoredObject | undefined>;
  keys(): Promise<readonly string[]>;
}

/** What a release is, as the log has it. */
export interface Published {
  readonly number: number;
  readonly root: CID;
  readonly portal: CID;
  /** ms since 1970. */
  readonly created: number;
}

export interface PublishedLog {
  /** Newest first. Only as many are read as are taken. */
  releases(world: World): AsyncIterable<Published>;
}

/** Keys of one tree that are listed. */
const mostKeys = 1_000_000;
/** Trees whose names are remembered. */
const mostTrees = 4;

export function releaseBuckets(log: PublishedLog, get: Get): Releases {
  const listed = recent(mostTrees, (root: string) => listKeys(CID.parse(root), get));
  /** Release `number`, or the newest one. */
  const find = async (number: number | undefined, world: World): Promise<Published | undefined> => {
    for await (const release of log.releases(world))
      if (number === undefined || release.number === number) return release;
    return undefined;
  };

  return {
    isRelease: isReserved,

    async list(world) {
      const all = (await Array.fromAsync(log.releases(world))).reverse();
      const newest = all.at(-1);
      const named = all.map(({ number, created }) => ({ name: `release-${number}`, created }));
      const always = newest ? ["latest", "portal"].map((name) => ({ name, created: newest.created })) : [];
      return [...always, ...named];
    },

    async open(name, world) {
      const number = /^release-(\d+)$/.exec(name)?.[1];
      if (number === undefined && name !== "latest" && name !== "portal") return undefined;
      const release = await find(number === undefined ? undefined : Number(number), world);
      if (!release) return undefined;
      const root = name === "portal" ? release.portal : release.root;
      return {
        root,
        keys: () => listed.get(root.toString()),
        async get(key) {
          if (key === "" || key.endsWith("/") || key.split("/").some((part) => part === "")) return undefined;
          const cid = await resolve(root, key, get);
          if (!cid) return undefined;
          const { type, size, tsize } = await stat(cid, get);
          if (type !== "file") return undefined;
          return { cid, size, tsize, etag: cid.toString(), modified: release.created, headers: {}, tags: {} };
        },
      };
    },
  };
}

/** Paths of all files, in byte order. */
async function listKeys(root: CID, get: Get): Promise<readonly string[]> {
  const keys: string[] = [];
  const folders: { readonly cid: CID; readonly path: string }[] = [{ cid: root, path: "" }];
  for (let next = folders.pop(); next; next = folders.pop()) {
    for await (const entries of unsortedEntries(next.cid, get)) {
      for (const { name, cid } of entries) {
        const type = (await stat(cid, get)).type;
        if (type === "directory") folders.push({ cid, path: `${next.path}${name}/` });
        else if (type === "file") keys.push(`${next.path}${name}`);
        if (keys.length > mostKeys) throw new S3Error("InternalError", `The release has more than ${mostKeys} files.`);
      }
    }
  }
  return keys.sort(byBytes);
}
