/** Logs in memory, which may share releases, grow, be cut and fail. */
import { CID } from "multiformats/cid";
import type { ReleaseSource } from "../../pipeline/fold/folded-view.ts";
import type { Head } from "../../pipeline/log/log.ts";
import { mergedLinks, type Release, releaseBlock } from "../../pipeline/log/release.ts";
import { aRelease } from "../fakes/release.ts";

/** Every release of these tests, whichever logs have it. */
const everything = new Map<string, Release>();

export interface FakeLog extends ReleaseSource {
  /** The newest. */
  tip: Head | undefined;
  /** CIDs that were read, first to last. */
  readonly reads: string[];
  /** What reading throws. */
  failure: Error | undefined;
  /** Appends a release. `made`: its second. */
  append(made: number, merged?: readonly CID[], path?: string): Head;
}

export function aLog(name: string, from?: Head): FakeLog {
  const log: FakeLog = {
    name,
    tip: from,
    reads: [],
    failure: undefined,
    head: async () => log.tip,
    async read(cid) {
      if (log.failure) throw log.failure;
      log.reads.push(cid.toString());
      const release = everything.get(cid.toString());
      if (!release) throw new Error(`no log has ${cid}`);
      return release;
    },
    append(made, merged = [], path = `${name}/${everything.size}`) {
      log.tip = following(log.tip, made, merged, path);
      return log.tip;
    },
  };
  return log;
}

function following(before: Head | undefined, made: number, merged: readonly CID[], path: string): Head {
  const links = mergedLinks(merged.filter((cid) => !before?.cid.equals(cid)));
  const previous = before ? { root: before.release.root, portal: before.release.portal } : null;
  const release = aRelease((before?.release.number ?? 0) + 1, {
    previous: before?.cid ?? null,
    before: previous,
    made: new Date(made * 1000).toISOString().replace(".000", ""),
    changes: [{ op: "add", path, to: "A" }],
    ...(links && { merged: links }),
  });
  const { cid } = releaseBlock(release);
  everything.set(cid.toString(), release);
  return { cid, release };
}

/** A view that lists what it was given, in order. Folding a release twice, or out of order, shows. */
export const paths = {
  name: "paths",
  version: 1 as number | string,
  empty: [] as readonly string[],
  step: (state: readonly string[], { release }: { readonly release: Release }) => [
    ...state,
    ...release.changes.map(({ path }) => path),
  ],
};

export const anyCid = CID.parse("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy");
