/**
 * `verify --stac`: checks each STAC document of the live portal against the published schemas.
 *
 * The validator loads one document after another, so a large portal is never in memory as a whole.
 */

import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { firstLines } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { pause } from "../../dag/event-loop.ts";
import { entries, resolve, stat, whole } from "../../dag/read/read.ts";
import type { Head } from "../../log/log.ts";
import type { Parts } from "../parts.ts";
import { type Check, checked } from "./check.ts";
import type { SchemaSource } from "./stac-schemas.ts";
import { invalidAmong, type Loaded } from "./stac-validator.ts";

/** Most bytes of a document. An item of a hundred variables has some 100 kB. */
const largestDocument = 4 * 1024 * 1024;

/** A catalog of 100 000 datasets has that many items, their pages, and deprecated items. */
const mostDocuments = 250_000;

/** ms for one document. A document of 4 MiB takes a second or two; a pattern in a schema can take for ever. */
const longestValidation = 60_000;

export async function* checkStac(
  { release }: Head,
  { get }: Pick<Parts, "get">,
  schemas: SchemaSource,
  world: World,
  { timeoutMs = longestValidation }: { readonly timeoutMs?: number } = {},
): AsyncGenerator<Check> {
  const subject = `portal of release ${release.number}`;
  for await (const check of checked("stac", subject, () => judge(release.portal, get, schemas, timeoutMs, world))) {
    const fix = "correct the metadata of what is named, and publish again";
    yield check.problem === "drift" ? { ...check, mend: fix } : check;
  }
}

/** @throws Failure `drift` with each invalid document and the reasons; `unavailable` where a schema is out of reach. */
async function judge(portal: CID, get: Get, schemas: SchemaSource, timeoutMs: number, world: World): Promise<string> {
  const documents = await documentsIn(portal, get, world);
  const load = async (address: string): Promise<Loaded> => {
    await pause();
    world.signal.throwIfAborted();
    const cid = documents.get(address);
    return cid ? documentAt(cid, get) : { text: await schemas(address) };
  };
  const wrong = await invalidAmong([...documents.keys()], load, timeoutMs, world);
  if (wrong.length === 0) return `${countOf(documents.size)} valid STAC 1.1`;
  const lines = firstLines(wrong, 100);
  throw new Failure("drift", [`${wrong.length} of ${countOf(documents.size)} not valid STAC 1.1`, ...lines].join("\n"));
}

/** Path in the portal → CID of every document below `stac/`, in the order of their paths. */
async function documentsIn(portal: CID, get: Get, world: World): Promise<Map<string, CID>> {
  const top = await resolve(portal, "stac", get);
  if (!top) throw new Failure("drift", "the portal has no stac/");
  const found = new Map<string, CID>();
  const folders = [{ path: "stac", cid: top }];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    for await (const { name, cid } of entries(folder.cid, get)) {
      world.signal.throwIfAborted();
      await pause();
      const path = `${folder.path}/${name}`;
      // No folder's name has this ending: see `core/stac/names.ts`.
      if (name.endsWith(".json")) found.set(path, cid);
      else if ((await stat(cid, get)).type === "directory") folders.push({ path, cid });
      if (found.size + folders.length > mostDocuments) {
        throw new Failure("refused", `the portal has more than ${mostDocuments} STAC documents`);
      }
    }
  }
  if (found.size === 0) throw new Failure("drift", "the portal has no STAC document");
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The bytes of a document, or why it must not be passed to the validator. */
async function documentAt(cid: CID, get: Get): Promise<Loaded> {
  const { type, size } = await stat(cid, get);
  if (type !== "file") return { invalid: `is a ${type}` };
  if (size > largestDocument) return { invalid: `has ${size} bytes, more than the ${largestDocument} allowed` };
  return { text: await whole(cid, get) };
}

const countOf = (count: number) => plural(count, "document is", "documents are");
