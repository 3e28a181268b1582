/**
 * `intake/`: the campaign as an intake catalog, which analysis scripts open by a CID and cite.
 *
 * ```python
 * cat = intake.open_catalog("ipfs://bafy…/intake/catalog.yml")
 * cat.products.HALO.dropsondes.to_dask()
 * ```
 *
 * `catalog.yml` is a nested catalog of version 1, one file a folder of the tree; intake 0.7 and intake 2 read it.
 * `catalog.v2.yml` is the same, flat, in the format of intake 2, by path. `cids.json` at the top of the portal has the CID of
 * `intake/`, in the form in which the EUREC4A campaign publishes its own.
 *
 * intake expands templates in most texts of a catalog (`{{env(HOME)}}`), and attributes are written by strangers. So no
 * attribute is in it: only CIDs, and paths without braces and percent signs.
 *
 * The name of a dataset that was moved stays in the catalog, so that scripts written before still run.
 *
 * @see https://intake.readthedocs.io/en/v0.7/catalog.html#yaml-format
 */
import { type Json, stableJson } from "../core/json.ts";
import type { Entry } from "../core/stac/catalog-entry.ts";
import { safeName } from "../core/stac/names.ts";
import { assemble } from "../dag/assemble.ts";
import { fileOf } from "../dag/build/file.ts";
import { profiles } from "../dag/profile.ts";
import { type Moves, moves } from "./moves.ts";
import type { PortalFile, View } from "./view.ts";

export const intake: View<{ readonly moves: Moves }> = {
  name: "intake",
  version: 1,
  states: { moves },
  render({ moves }, { draft, sides, entries, campaign }) {
    const all = withAliases(sourcesIn(entries), moves);
    // The number of a merge depends on which of the sites created it, and its catalog does not.
    const about = { campaign: campaign.campaign, ...(sides ? {} : { release: draft.number }) };
    const files = [
      ...catalogFiles(treeOf(all), { below: "", path: "", metadata: about }),
      ...(all.length <= mostInOneFile ? [{ path: "catalog.v2.yml", content: flatCatalog(all, about) }] : []),
    ];
    const folder = cidOf(files);
    return [
      ...files.map(({ path, content }) => ({ path: `intake/${path}`, content })),
      {
        path: "cids.json",
        content: stableJson({ intake: { latest: folder, [`release-${draft.number}`]: folder } }),
      },
    ];
  },
};

/** Datasets in `catalog.v2.yml`, which is read whole: beyond, there are only the catalogs of folders. */
const mostInOneFile = 10_000;

/** For each dataset of the catalog, its names in it, outermost first. @param moved up to the release that has the entries. */
export function catalogNames(entries: readonly Entry[], moved: Moves): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const visit = ({ sources, folders }: Folder, above: readonly string[]) => {
    const names = namesOf([...folders.keys()], [...sources.keys()]);
    for (const [name, { path }] of sources) found.set(path, [...above, names.get(name) ?? name]);
    for (const [name, folder] of folders) visit(folder, [...above, plain(name)]);
  };
  visit(treeOf(withAliases(sourcesIn(entries), moved)), []);
  return found;
}

const withAliases = (sources: readonly Source[], moved: Moves) => [...sources, ...aliasesOf(sources, moved)];

/** A dataset as intake opens it. */
interface Source {
  /** In the tree; for an alias, the path it had. */
  readonly path: string;
  readonly cid: string;
  readonly format: "zarr" | "netcdf";
  readonly consolidated: boolean;
}

/** Zarr stores, NetCDF files, and each file of a folder of like files. */
function sourcesIn(entries: readonly Entry[]): Source[] {
  return entries.flatMap((entry): Source[] => {
    if (entry.kind !== "dataset") return [];
    const { path, cid, reader, item } = entry;
    const data = item.assets.data ?? {};
    if (data["zarr:zarr_format"] !== undefined)
      return [{ path, cid, format: "zarr", consolidated: data["zarr:consolidated"] === true }];
    if (reader !== "netcdf") return [];
    const members = item.properties["fieldtree:members"] as readonly { path: string; cid: string }[] | undefined;
    const files = members?.map((member) => ({ path: `${path}/${member.path}`, cid: member.cid })) ?? [{ path, cid }];
    return files.map((file) => ({ ...file, format: "netcdf", consolidated: false }));
  });
}

/** Most steps from one name to the next; a cycle of moves ends there. */
const mostMoves = 100;

/** The datasets below leaves that were moved, at the paths that they had. A path that is in the tree again is no alias. */
function aliasesOf(sources: readonly Source[], moved: Moves): Source[] {
  const taken = new Set(sources.map(({ path }) => path));
  const byLeaf = new Map<string, string[]>();
  for (const old of Object.keys(moved).sort()) {
    let now = old;
    for (let steps = 0; steps < mostMoves && Object.hasOwn(moved, now); steps++) now = moved[now]!;
    if (now !== old) byLeaf.set(now, [...(byLeaf.get(now) ?? []), old]);
  }
  if (byLeaf.size === 0) return [];
  return sources.flatMap((source) =>
    ancestorsOf(source.path).flatMap((leaf) =>
      (byLeaf.get(leaf) ?? []).flatMap((old): Source[] => {
        const path = old + source.path.slice(leaf.length);
        if (taken.has(path)) return [];
        taken.add(path);
        return [{ ...source, path }];
      }),
    ),
  );
}

/** The path itself and every folder above it. */
function ancestorsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

interface Folder {
  readonly sources: Map<string, Source>;
  readonly folders: Map<string, Folder>;
}

function treeOf(sources: readonly Source[]): Folder {
  const empty = (): Folder => ({ sources: new Map(), folders: new Map() });
  const root = empty();
  for (const source of sources) {
    const names = source.path.split("/");
    const last = names.pop()!;
    let folder = root;
    for (const name of names) {
      const inner = folder.folders.get(name) ?? empty();
      folder.folders.set(name, inner);
      folder = inner;
    }
    folder.sources.set(last, source);
  }
  return root;
}

interface Place {
  /** Where its file is, below `intake/`. */
  readonly below: string;
  /** In the tree. */
  readonly path: string;
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** The catalog of a folder, and those of the folders in it. */
function* catalogFiles(
  { sources, folders }: Folder,
  { below, path, metadata = {} }: Place,
): Generator<{ path: string; content: string }> {
  const names = namesOf([...folders.keys()], [...sources.keys()]);
  const entries: Record<string, Json> = {};
  for (const [name, source] of sources) entries[names.get(name)!] = sourceEntry(source);
  for (const name of folders.keys()) {
    const inner = path === "" ? name : `${path}/${name}`;
    entries[plain(name)] = {
      driver: "yaml_file_cat",
      description: plain(inner),
      args: { path: `{{CATALOG_DIR}}/${safeName(name)}/catalog.yml` },
      metadata: {},
    };
  }
  yield {
    path: `${below}catalog.yml`,
    // JSON is YAML, and leaves no name to be taken for a number, a date or a Norwegian no.
    content: stableJson({
      metadata: { version: 1, ...metadata },
      plugins: { source: [{ module: "intake_xarray" }] },
      sources: entries,
    }),
  };
  for (const [name, folder] of folders)
    yield* catalogFiles(folder, { below: `${below}${safeName(name)}/`, path: path === "" ? name : `${path}/${name}` });
}

function sourceEntry({ path, cid, format, consolidated }: Source): Json {
  const args =
    format === "zarr"
      ? { urlpath: `ipfs://${cid}`, consolidated }
      : { urlpath: `ipfs://${cid}`, chunks: {}, xarray_kwargs: { engine: "h5netcdf" } };
  return { driver: format, description: plain(path), args, metadata: { cid, path: plain(path) } };
}

/**
 * What each dataset is called in the catalog of its folder: without the extension, since names are attributes in Python, unless
 * a folder or another dataset has that name.
 */
function namesOf(folders: readonly string[], datasets: readonly string[]): Map<string, string> {
  const short = (name: string) => plain(name.replace(/(?<=.)\.(?:zarr|nc4?|cdf|h5|hdf5)$/i, ""));
  const counts = new Map<string, number>(folders.map((name) => [plain(name), 1]));
  for (const name of datasets) counts.set(short(name), (counts.get(short(name)) ?? 0) + 1);
  return new Map(datasets.map((name) => [name, counts.get(short(name)) === 1 ? short(name) : plain(name)]));
}

/** Without what begins a template in intake (`{{…}}`, `{%…%}`), each such byte percent-encoded. */
function plain(text: string): string {
  return text.replace(/[{}%]/g, encodeURIComponent);
}

function flatCatalog(sources: readonly Source[], metadata: Readonly<Record<string, Json>>): string {
  const data: Record<string, Json> = {};
  const entries: Record<string, Json> = {};
  const aliases: Record<string, Json> = {};
  for (const { path, cid, format, consolidated } of sources) {
    const isZarr = format === "zarr";
    const url = `ipfs://${cid}`;
    data[cid] = isZarr
      ? {
          datatype: "intake.readers.datatypes:Zarr",
          kwargs: { url, root: "", storage_options: null },
          metadata: {},
          user_parameters: {},
        }
      : {
          datatype: "intake.readers.datatypes:HDF5",
          kwargs: { url, path: "", storage_options: null },
          metadata: {},
          user_parameters: {},
        };
    entries[`${cid}-xarray`] = {
      reader: "intake.readers.readers:XArrayDatasetReader",
      kwargs: {
        args: [`{data(${cid})}`],
        chunks: {},
        ...(isZarr ? { engine: "zarr", consolidated } : { engine: "h5netcdf" }),
      },
      output_instance: "xarray:Dataset",
      metadata: {},
      user_parameters: {},
    };
    aliases[plain(path)] = `${cid}-xarray`;
  }
  return stableJson({ version: 2, metadata, user_parameters: {}, data, entries, aliases });
}

/** The CID of the folder of these files, as the portal stores them. */
function cidOf(files: readonly PortalFile[]): string {
  const profile = profiles["cid-v1"];
  const put = () => {};
  const utf8 = new TextEncoder();
  const leaves = files.map(({ path, content }) => {
    const { cid, tsize } = fileOf(utf8.encode(content as string), profile, put);
    return { path, cid, tsize };
  });
  return assemble(leaves, profile, put).cid.toString();
}
