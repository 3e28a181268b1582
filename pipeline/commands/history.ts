/** `history`: lists the versions of a dataset, across releases and moves. */
import { printable } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { byBytes } from "../core/text/order.ts";
import { shown } from "../core/text/shown.ts";
import {
  type DatasetVersions,
  noVersions,
  type VersionLine,
  type Versions,
  versionLines,
  versionsAt,
  withRelease,
} from "../core/versions/versions.ts";
import { allReleasesFrom, publishedHead } from "../log/chain.ts";

export const history: Verb = {
  args: "<path>",
  about: `Newest first, with what was removed. A dataset keeps its history where it was moved, or removed and added again; the path may be
one that it had before. Of a folder, the history of each dataset in it; of a path inside a leaf, that of the leaf.`,
  completes: ["tree"],
  example: "fieldtree history products/HALO/radar.zarr",

  async run({ args, store: open, out, world }) {
    const path = args[0]!.replace(/^\/+|\/+$/g, "");
    const { log } = await open();
    const releases = await Array.fromAsync(allReleasesFrom(await publishedHead(log, world), log, world));
    const versions = releases.reverse().reduce((state, { release }) => withRelease(state, release), noVersions);
    const found = datasetsAt(path, versions);
    if (found.length === 0) {
      const hint = "fieldtree log --json lists every change";
      throw new Failure("input", `no release has, or had, ${shown(path, 200)}`, { hint });
    }
    for (const dataset of found) {
      const lines = versionLines(dataset);
      const older = dataset.dropped === undefined ? {} : { older: dataset.dropped };
      out.result({ path: dataset.path, versions: lines, ...older }, textOf(dataset, lines));
      await out.taken();
    }
    return 0;
  },
};

type Found = DatasetVersions & { readonly path: string };

/** The dataset of that path, or else those below it, or else the leaf that it is in. */
function datasetsAt(path: string, versions: Versions): readonly Found[] {
  const itself = versionsAt(versions, path);
  if (itself) return [itself];
  const below = Object.entries(versions.datasets).filter(([other]) => path === "" || other.startsWith(`${path}/`));
  if (below.length > 0) {
    return below.map(([path, dataset]) => ({ path, ...dataset })).sort((a, b) => byBytes(a.path, b.path));
  }
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = versionsAt(versions, path.slice(0, end));
    if (leaf) return [leaf];
  }
  return [];
}

function textOf({ path, dropped }: Found, lines: readonly VersionLine[]): string {
  return [
    printable(path),
    ...lines.map(({ release, made, op, cid, from, sameAs }) => {
      const notes = [
        ...(from === undefined ? [] : [`from ${printable(from)}`]),
        ...(sameAs === undefined ? [] : [`the data of release ${sameAs}`]),
      ];
      const note = notes.length > 0 ? ` (${notes.join(", ")})` : "";
      return `  release ${release}  ${made}  ${op.padEnd(7)}  ${printable(cid)}${note}`;
    }),
    ...(dropped === undefined ? [] : [`  and ${dropped} older`]),
  ].join("\n");
}
