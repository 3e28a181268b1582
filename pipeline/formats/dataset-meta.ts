/**
 * Folders and files described by hand: a folder in a `dataset_meta.yaml` in it, `radar.png` in a `radar.png.meta.yaml`
 * in the same folder.
 *
 * For everything that no reader describes: videos, photographs, log books. Where a reader describes the data, the sidecar
 * overrides it ({@link withSidecar}, {@link withFileSidecar}), and a finding reports where the two differ.
 *
 * ```yaml
 * attributes:
 *   title: Cloud camera videos            # the one thing that must be there
 *   creator_name: Ada Lovelace, Grace Hopper
 *   keywords: [clouds, camera]
 * extent:
 *   temporal: [2024-08-10, 2024-09-30T12:00:00Z]    # UTC by default; null or ".." where open
 *   spatial: [-59.5, 13.1, -59.4, 13.2]             # west, south, east, north in degrees
 * ```
 */
import type { Access, Bounds, DatasetFinding, Description, Folder, TimeExtent } from "../core/dataset/dataset.ts";
import type { FileKind } from "../core/dataset/file-kind.ts";
import type { Json } from "../core/json.ts";
import { shown } from "../core/text/shown.ts";
import type { World } from "../core/world.ts";
import type { FolderReader } from "./reader.ts";
import { folderSidecar as file, readSidecar, type Sidecar, sidecarRange } from "./sidecar.ts";

const version = 3;

/** Files of a folder that are listed. */
const mostFiles = 1000;

export const datasetMeta: FolderReader = {
  name: "dataset-meta",
  version,
  folders: { recognises: (names) => names.has(file), describe: describeFolder },
};

async function describeFolder(folder: Folder, world: World): Promise<Description> {
  const sidecar = await folder.read(file, world, sidecarRange);
  const others = [...folder.entries].filter(([name]) => name !== file);
  const stores = others.map(([name]) => name).filter((name) => /\.zarr$/i.test(name));
  const files = others.slice(0, mostFiles).map(([name, { size }]) => ({ name, size }));
  const described = bySidecarAlone(file, sidecar, { format: "files", files });
  return {
    ...described,
    findings: [
      ...described.findings,
      ...(others.length > mostFiles ? [manyFiles(others.length)] : []),
      ...(stores[0] === undefined ? [] : [aboveStore(stores[0])]),
    ],
  };
}

/** `inner`, with a sidecar in the same folder having the last word. Its name stays; its version counts both. */
export function withSidecar(inner: FolderReader): FolderReader {
  return {
    ...inner,
    version: inner.version * 1000 + version,
    folders: {
      ...inner.folders,

      async describe(folder, world) {
        const description = await inner.folders.describe(folder, world);
        return folder.entries.has(file)
          ? withFileSidecar(description, file, await folder.read(file, world, sidecarRange))
          : description;
      },
    },
  };
}

/** A file of this kind, which no reader describes, by its sidecar alone. @throws Failure `input` as `readSidecar` does */
export function describedBySidecar(
  kind: FileKind | undefined,
  file: string,
  bytes: Uint8Array | undefined,
): Description {
  return bySidecarAlone(file, bytes, { format: "file", mediaType: kind?.mediaType ?? "application/octet-stream" });
}

function bySidecarAlone(file: string, bytes: Uint8Array | undefined, access: Access): Description {
  const { attributes, time, place, findings } = readSidecar(bytes, { file, titled: true });
  return {
    attributes,
    dimensions: [],
    variables: [],
    ...(time && { time }),
    ...(place && { place }),
    access,
    findings,
  };
}

/** A reader's description of a file or folder, overridden by its sidecar. @throws Failure `input` as `readSidecar` does */
export function withFileSidecar(description: Description, file: string, bytes: Uint8Array | undefined): Description {
  return overridden(description, file, readSidecar(bytes, { file, titled: false }));
}

/** The sidecar's attributes in place of those of the data, name by name, whatever their case. */
function overridden(
  description: Description,
  file: string,
  { attributes, time, place, findings }: Sidecar,
): Description {
  const differs = (what: string, ours: string, theirs: string) => disagreement(shown(file), what, ours, theirs);
  const named = new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]));
  const others = Object.entries(description.attributes).filter(([name]) => !named.has(name.toLowerCase()));
  const disagreeing = Object.entries(description.attributes)
    .filter(([name, value]) => named.has(name.toLowerCase()) && !isSameValue(value, named.get(name.toLowerCase())!))
    .map(([name, value]) => differs(name, textOf(named.get(name.toLowerCase())!), textOf(value)));
  const [ours, theirs] = [place?.bounds, description.place?.bounds];
  return {
    ...description,
    attributes: Object.fromEntries([...others, ...Object.entries(attributes)]),
    ...(time && { time }),
    ...(place && { place }),
    findings: [
      ...description.findings,
      ...findings,
      ...disagreeing,
      ...(time &&
      description.time &&
      !(sameInstant(time.start, description.time.start) && sameInstant(time.end, description.time.end))
        ? [differs("extent.temporal", spanText(time), spanText(description.time))]
        : []),
      ...(ours && theirs && !sameBounds(ours, theirs)
        ? [differs("extent.spatial", boundsText(ours), boundsText(theirs))]
        : []),
    ],
  };
}

const textOf = (value: Json) => (Array.isArray(value) ? value.map(String).join(", ") : String(value));
const isSameValue = (a: Json, b: Json) =>
  textOf(a).replace(/\s+/g, " ").trim() === textOf(b).replace(/\s+/g, " ").trim();
const spanText = ({ start, end }: TimeExtent) => `${start} to ${end}`;
const boundsText = ({ west, south, east, north }: Bounds) => `[${west}, ${south}, ${east}, ${north}]`;

/** People round to seconds, and to hundredths of a degree (about 1 km). */
const sameInstant = (a: string, b: string) => a.slice(0, 19) === b.slice(0, 19);
const sameBounds = (a: Bounds, b: Bounds) =>
  (["west", "south", "east", "north"] as const).every((edge) => Math.abs(a[edge] - b[edge]) <= 0.01);

const disagreement = (file: string, what: string, ours: string, theirs: string): DatasetFinding => ({
  level: "warning",
  rule: "sidecar-disagrees",
  says: `${shown(what)}: ${file} says "${shown(ours, 120)}", the data say "${shown(theirs, 120)}"; ${file} is believed`,
  fix: `correct the data, or take it out of ${file}`,
});

const aboveStore = (store: string): DatasetFinding => ({
  level: "warning",
  rule: "sidecar-above-store",
  says: `${shown(store)} is listed as a file: what ${file} describes is the folder, so nobody looks into the store`,
  fix: `move ${file} into ${shown(store)}, beside its .zgroup or zarr.json`,
});

const manyFiles = (found: number): DatasetFinding => ({
  level: "warning",
  rule: "many-files",
  says: `${found} files; the first ${mostFiles} are listed`,
  fix: "few large files serve readers better than many small ones",
});
