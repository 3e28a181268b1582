/**
 * `contribute.html`, and `datasets/`: a page for each dataset of the newest release, below the path that the dataset has in the tree.
 *
 * Nothing in a page changes with a release that left its dataset and those related to it alone. So a page is rendered again only
 * where what it is made of changed: of the others, this machine remembers the block.
 */
import { toHex } from "multiformats/bytes";
import { aboutEntry, type PageAbout } from "../core/page/about.ts";
import { contributeFile, contributePageOf } from "../core/page/contribute.ts";
import { datasetPageOf } from "../core/page/page.ts";
import { relatedTo } from "../core/page/related.ts";
import { datasetPage } from "../core/stac/names.ts";
import { type Versions, versionsOfLeaf } from "../core/versions/versions.ts";
import { cidOfDigest, codecs } from "../dag/block.ts";
import { sha256 } from "../dag/hash.ts";
import { profiles } from "../dag/profile.ts";
import { catalogNames } from "./intake.ts";
import { type Moves, moves } from "./moves.ts";
import { versions } from "./versions.ts";
import type { View } from "./view.ts";

/**
 * A hash of pages of some datasets, so that no machine takes from its memory a page that another version of this program rendered.
 * `test/views/pages.test.ts` computes it and prints what it has to be.
 */
export const pageVersion = "9858155bb69e";

export const pages: View<{ readonly versions: Versions; readonly moves: Moves }> = {
  name: "pages",
  version: 1,
  states: { versions, moves },
  remembers: true,
  *render({ versions, moves }, { entries, campaign }, memory) {
    yield { path: contributeFile, content: contributePageOf(campaign) };
    const intake = catalogNames(entries, moves);
    const datasets = entries.filter((entry) => entry.kind === "dataset");
    const related = relatedTo(datasets);
    const before = memory?.before && readMemory(memory.before);
    const after: RememberedPage[] = [];
    for (const entry of datasets) {
      const about = aboutEntry(entry, campaign, {
        versions: versionsOfLeaf(versions, entry.path),
        related: related(entry.path),
        intake: intake.get(entry.path),
      });
      const path = datasetPage(entry.path);
      const key = memory && keyOf(about);
      const known = key && before?.get(toHex(key));
      if (known) {
        after.push(known);
        yield { path, content: { cid: cidOfDigest(codecs.raw, known.digest), tsize: known.size } };
        continue;
      }
      const content = utf8.encode(datasetPageOf(about));
      if (key && content.length <= profiles["cid-v1"].chunkSize) {
        after.push({ key, digest: sha256(content), size: content.length });
      }
      yield { path, content };
    }
    if (memory) memory.after = writtenMemory(after);
  },
};

/** A page that is a single raw block. */
interface RememberedPage {
  /** Of what it is made of, uint8[16]: cut from a hash without known collisions. */
  readonly key: Uint8Array;
  /** sha2-256, uint8[32]. */
  readonly digest: Uint8Array;
  /** Bytes. */
  readonly size: number;
}

const utf8 = new TextEncoder();
const keyOf = (about: PageAbout) => sha256(utf8.encode(JSON.stringify([pageVersion, about]))).slice(0, keyLength);

const keyLength = 16;
const digestLength = 32;
const recordLength = keyLength + digestLength + 4;

/** Records one after another: key, digest, size as uint32, big-endian. */
function writtenMemory(remembered: readonly RememberedPage[]): Uint8Array {
  const bytes = new Uint8Array(remembered.length * recordLength);
  const view = new DataView(bytes.buffer);
  for (const [i, { key, digest, size }] of remembered.entries()) {
    const at = i * recordLength;
    bytes.set(key, at);
    bytes.set(digest, at + keyLength);
    view.setUint32(at + keyLength + digestLength, size);
  }
  return bytes;
}

/** By keys. Of what is no such list, nothing: pages are then rendered. */
function readMemory(bytes: Uint8Array): ReadonlyMap<string, RememberedPage> {
  const found = new Map<string, RememberedPage>();
  if (bytes.length % recordLength !== 0) return found;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += recordLength) {
    const key = bytes.slice(at, at + keyLength);
    const digest = bytes.slice(at + keyLength, at + keyLength + digestLength);
    found.set(toHex(key), { key, digest, size: view.getUint32(at + keyLength + digestLength) });
  }
  return found;
}
