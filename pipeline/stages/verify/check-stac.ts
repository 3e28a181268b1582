/**
 * `verify --stac`: checks each STAC document of the live portal against the published schemas.
 *
 * It uses the STAC community's validator. The validator loads one document after another, so a large portal is never in
 * memory as a whole. It is called a single time for all documents, because each call compiles every schema again.
 */

import type { CID } from "multiformats/cid";
import type { Report } from "stac-node-validator";
import { Failure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { firstLines, shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { pause } from "../../dag/event-loop.ts";
import { entries, resolve, stat, whole } from "../../dag/read/read.ts";
import type { Head } from "../../log/log.ts";
import type { Parts } from "../parts.ts";
import { type Check, checked } from "./check.ts";
import type { SchemaSource } from "./stac-schemas.ts";

/** Most bytes of a document. An item of a hundred variables has some 100 kB. */
const largestDocument = 4 * 1024 * 1024;

const mostDocuments = 100_000;

/** Most reasons listed for one document, because one mistake violates every alternative that a schema allows. */
const mostReasons = 5;

export async function* checkStac(
  { release }: Head,
  { get }: Pick<Parts, "get">,
  schemas: SchemaSource,
  world: World,
): AsyncGenerator<Check> {
  const subject = `portal of release ${release.number}`;
  for await (const check of checked("stac", subject, () => judge(release.portal, get, schemas, world))) {
    const mend = "correct the metadata of what is named, and publish again";
    yield check.problem === "drift" ? { ...check, mend } : check;
  }
}

/** @throws Failure `drift` with each invalid document and the reasons; `unavailable` where a schema is out of reach. */
async function judge(portal: CID, get: Get, schemas: SchemaSource, world: World): Promise<string> {
  const documents = await documentsIn(portal, get, world);
  let stopped: { readonly error: unknown } | undefined;
  // The validator turns anything thrown here into a message, and continues.
  const loader = async (address: string): Promise<unknown> => {
    if (stopped) throw stopped.error;
    try {
      await pause();
      world.signal.throwIfAborted();
      const cid = documents.get(address);
      return await (cid ? documentAt(cid, get) : schemas(address));
    } catch (error) {
      if (!(error instanceof Invalid)) stopped = { error };
      throw error;
    }
  };
  const { default: validate } = await import("stac-node-validator");
  const { children } = await validate([...documents.keys()], { loader });
  if (stopped) throw stopped.error;
  const wrong = children.filter(({ valid }) => valid !== true);
  if (wrong.length === 0) return `${countOf(documents.size)} valid STAC 1.1`;
  const lines = firstLines(wrong.map(describeWrong), 100);
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

/** A document that must not be passed to the validator. */
class Invalid extends Error {}

async function documentAt(cid: CID, get: Get): Promise<object> {
  const { type, size } = await stat(cid, get);
  if (type !== "file") throw new Invalid(`is a ${type}`);
  if (size > largestDocument) throw new Invalid(`has ${size} bytes, more than the ${largestDocument} allowed`);
  const document = parsed(await whole(cid, get));
  // The validator requests schemas for any version in a document, and stops entirely at an invalid one.
  const { stac_version: version, stac_extensions: extensions } = document;
  if (typeof version !== "string") throw new Invalid("has no stac_version");
  if (!/^1\.1\.\d{1,3}$/.test(version)) throw new Invalid(`has the stac_version ${shown(version)}`);
  const stray = Array.isArray(extensions) ? extensions.find((address) => !isAddress(address)) : undefined;
  if (stray !== undefined)
    throw new Invalid(`stac_extensions has ${shown(JSON.stringify(stray))}, which is no address`);
  return document;
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Invalid("is not JSON", { cause });
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return { ...document };
  throw new Invalid("is no JSON object");
}

const isAddress = (value: unknown) => typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value);

/** Returns the document's path and why it is invalid. @throws Failure `unavailable` where its schemas could not be used. */
function describeWrong({ source, messages, results }: Report): string {
  const errors = [...results.core, ...Object.values(results.extensions).flat()];
  const unusable = errors.find(({ instancePath }) => instancePath === undefined);
  if (unusable)
    throw new Failure("unavailable", `${source} could not be judged: ${shown(unusable.message ?? "", 300)}`);
  const reasons = errors.map(({ instancePath, message }) => `${instancePath} ${message ?? "is wrong"}`.trim());
  const all = [...new Set([...messages, ...reasons])].map((reason) => shown(reason, 200));
  return `${shown(source ?? "", 300)}: ${firstLines(all, mostReasons).join("; ")}`;
}

const countOf = (count: number) => plural(count, "document is", "documents are");
