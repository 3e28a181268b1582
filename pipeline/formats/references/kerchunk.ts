/**
 * Kerchunk references: a Zarr store as one JSON file, whose values are mostly in other files.
 *
 * Metadata and small arrays are in the file itself, and are read as those of any Zarr store. What is a reference (an address,
 * and bytes from there) is never followed: it leads out of the dataset. VirtualiZarr writes these files, too.
 *
 * @see https://fsspec.github.io/kerchunk/spec.html
 */
import { unlessAborted } from "../../core/abort.ts";
import type { DatasetFinding, Description, Folder, FolderEntry } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { plural } from "../../core/text/plural.ts";
import { shown } from "../../core/text/shown.ts";
import { kindOf } from "../kind/kind.ts";
import { kerchunkKind as kind } from "../kind/text.ts";
import type { FolderReader, FormatReader } from "../reader.ts";
import { Unsupported } from "../unsupported.ts";
import { isObject, limits, readJsonObject } from "../zarr/json.ts";

/** References that `zarr` describes, once they look like a folder. */
export const kerchunk = (zarr: FolderReader): FormatReader => ({
  name: "kerchunk",
  version: 1000 * zarr.version + 1,
  files: {
    recognises: (start) => kindOf(start)?.mediaType === kind.mediaType,
    describe: (file, world) =>
      unlessAborted(
        world.signal,
        (async () => {
          const { references, findings } = referencesIn(await textOf(file));
          const description = await zarr.folders.describe(folderOf(references), world);
          return {
            ...description,
            access: { format: "file", mediaType: kind.mediaType } as const,
            findings: [...findings, ...withoutStoreFindings(description)],
          };
        })(),
      ),
  },
});

async function textOf(file: RangeSource): Promise<Uint8Array> {
  if (file.size > limits.bytes)
    throw new Failure("input", `the references are ${file.size} bytes; at most ${limits.bytes} are read`);
  return file.read(0, file.size);
}

/** How a store is opened is not how its references are. */
const withoutStoreFindings = ({ findings }: Description) => findings.filter(({ rule }) => rule !== "not-consolidated");

/** Bytes by key of the store; `undefined` for a reference to another file. */
type References = ReadonlyMap<string, Uint8Array | undefined>;

function referencesIn(bytes: Uint8Array): { readonly references: References; readonly findings: DatasetFinding[] } {
  const document = readJsonObject(bytes, "the references");
  const { refs, gen } = document;
  const entries = Object.entries(isObject(refs) ? refs : document);
  const references = new Map(entries.map(([key, value]) => [key, inlineOf(value)]));
  const elsewhere = entries.filter(([key]) => references.get(key) === undefined);
  const findings = elsewhere.length > 0 ? [outside(elsewhere.length, elsewhere[0]![1])] : [];
  if (gen !== undefined) findings.push(generated);
  return { references, findings };
}

/** Text, or base64 after a mark; metadata may be written as JSON. */
function inlineOf(value: Json): Uint8Array | undefined {
  if (typeof value === "string") {
    if (!value.startsWith("base64:")) return new TextEncoder().encode(value);
    try {
      return Uint8Array.from(atob(value.slice(7)), (character) => character.charCodeAt(0));
    } catch {
      throw new Failure("input", `the references have a value that is no base64: ${shown(value, 60)}`);
    }
  }
  return isObject(value) ? new TextEncoder().encode(JSON.stringify(value)) : undefined;
}

interface Directory {
  readonly entries: Map<string, FolderEntry>;
  readonly folders: Set<string>;
}

/** The store as a folder. Reading a reference fails with a message about it. */
function folderOf(references: References): Folder {
  const directories = new Map<string, Directory>();
  const directoryAt = (path: string): Directory => {
    const known = directories.get(path);
    if (known) return known;
    const directory: Directory = { entries: new Map(), folders: new Set() };
    directories.set(path, directory);
    return directory;
  };
  for (const [key, value] of references) {
    const parts = key.split("/");
    if (parts.length > 16) throw new Failure("input", `the references have a key of ${parts.length} levels`);
    for (let depth = 0; depth < parts.length; depth++) {
      const { entries, folders } = directoryAt(parts.slice(0, depth).join("/"));
      const isFile = depth === parts.length - 1;
      entries.set(parts[depth]!, { cid: "", size: isFile ? (value?.length ?? 0) : 0 });
      if (!isFile) folders.add(parts[depth]!);
    }
  }
  const at = (base: string, path: string) => (base === "" ? path : `${base}/${path}`);
  const open = (base: string): Folder => ({
    cid: "",
    entries: directories.get(base)?.entries ?? new Map(),
    isFolder: async (name) => directories.get(base)?.folders.has(name) ?? false,
    folder: async (path) => (directories.has(at(base, path)) ? open(at(base, path)) : undefined),
    file: async () => undefined,
    async read(path, _, range) {
      const key = at(base, path);
      const bytes = references.get(key);
      if (!bytes && references.has(key)) throw new Unsupported("its values are in another file");
      if (!bytes || !range) return bytes;
      const from = "offset" in range ? range.offset : Math.max(0, bytes.length - range.suffixLength);
      return bytes.subarray(from, "length" in range ? from + range.length : bytes.length);
    },
  });
  return open("");
}

function outside(count: number, first: Json): DatasetFinding {
  const [address] = Array.isArray(first) ? first : [];
  const where = typeof address === "string" ? `, such as “${shown(address, 100)}”,` : "";
  return {
    level: "warning",
    rule: "values-elsewhere",
    says: `${plural(count, "chunk")} of values are in other files${where} which are not part of this one: they are not read`,
    fix: "publish those files, too, and refer to them by ipfs:// addresses; or publish the data as Zarr or NetCDF",
  };
}

const generated: DatasetFinding = {
  level: "hint",
  rule: "kind-not-read",
  says: "references that are generated from templates (gen) are not read",
};
