/**
 * Catalog entries that are compressed until they are read: of a hundred thousand datasets they are gigabytes as objects.
 *
 * An entry is read as any other: its item is there when it is asked for. Entries that were packed one after another are
 * compressed together, and the groups that were read last stay as they are, so reading in the order of packing is cheap. An
 * item that is asked for twice may be two objects.
 *
 * ```ts
 * const pack = packing();
 * const entries = found.map(pack);
 * ```
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { DatasetEntry, Entry } from "../../core/stac/catalog-entry.ts";

/** What is compressed of an entry. */
type Rest = Pick<DatasetEntry, "item" | "findings" | "members" | "references">;

/** Entries that are compressed together, and groups that stay as they are after they were read. */
const groupSize = 32;
const mostOpen = 8;

/** Returns what packs one entry after another. What is no dataset is small, and returned as it is. */
export function packing(): (entry: Entry) => Entry {
  const open = new Map<Group, readonly Rest[]>();
  let group: Group = { waiting: [] };
  return (entry) => {
    if (entry.kind !== "dataset") return entry;
    const { item, findings, members, references } = entry;
    const packed = new PackedEntry(entry, group, open);
    group.waiting.push({ item, findings, members, references });
    if (group.waiting.length === groupSize) {
      group.compressed = zstdCompressSync(JSON.stringify(group.waiting), { params: fast });
      group.waiting = [];
      group = { waiting: [] };
    }
    return packed;
  };
}

const fast = { [constants.ZSTD_c_compressionLevel]: 1 };

interface Group {
  /** Entries, while there are fewer than make a group. */
  waiting: Rest[];
  compressed?: Uint8Array;
}

/** The entries of a group. @param open groups that were read last, the oldest first. */
function restsOf(group: Group, open: Map<Group, readonly Rest[]>): readonly Rest[] {
  if (!group.compressed) return group.waiting;
  const known = open.get(group);
  if (known) return known;
  const rests = JSON.parse(zstdDecompressSync(group.compressed).toString()) as Rest[];
  open.set(group, rests);
  const [oldest] = open.keys();
  if (oldest && open.size > mostOpen) open.delete(oldest);
  return rests;
}

/** A class, because getters of one prototype need no memory: closures for each entry would take what packing gains. */
class PackedEntry implements DatasetEntry {
  readonly kind = "dataset";
  readonly path: string;
  readonly cid: string;
  readonly reader: string;
  readonly #group: Group;
  readonly #at: number;
  readonly #open: Map<Group, readonly Rest[]>;

  constructor({ path, cid, reader }: DatasetEntry, group: Group, open: Map<Group, readonly Rest[]>) {
    this.path = path;
    this.cid = cid;
    this.reader = reader;
    this.#group = group;
    this.#at = group.waiting.length;
    this.#open = open;
  }

  get item() {
    return this.#rest.item;
  }
  get findings() {
    return this.#rest.findings;
  }
  get members() {
    return this.#rest.members;
  }
  get references() {
    return this.#rest.references;
  }
  get #rest(): Rest {
    return restsOf(this.#group, this.#open)[this.#at]!;
  }
}
