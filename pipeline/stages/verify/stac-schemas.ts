/**
 * The published JSON Schemas for STAC: from a folder, for machines without a network, or from their authors' servers.
 *
 * A document names the schemas of its extensions, so an address may be of any server: requests carry no data, and
 * responses are bounded in number, size and time.
 */
import { readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { fetchUnlessAborted } from "../../core/abort.ts";
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { describeError, readBody, reasonOf } from "../../http/http.ts";

/** Returns the schema at an address, as JSON text. @throws Failure `unavailable` where it is out of reach or no schema. */
export type SchemaSource = (address: string) => Promise<string>;

/** Most bytes of a schema. The largest in use has some 50 kB. */
const largest = 2 * 1024 * 1024;

/** STAC itself has 15 schemas; an extension has one or two. */
const mostSchemas = 200;

/** ms from the request for a schema to its last byte. */
const longest = 30_000;

/**
 * Each schema is read once.
 *
 * @param folder Contains each schema as `<host>/<path>`; without a folder, schemas are fetched over https.
 * @throws Failure `input` where there is no such folder.
 */
export async function schemasFrom(folder: string | undefined, world: World): Promise<SchemaSource> {
  if (folder !== undefined) await expectFolder(folder);
  const known = new Map<string, Promise<string>>();
  return async (address) => {
    let text = known.get(address);
    if (!text) {
      if (known.size === mostSchemas) throw outOfReach(address, `more than ${mostSchemas} schemas are asked for`);
      const read = folder === undefined ? fetched(address, world) : readIn(folder, address);
      text = read.then((text) => schemaIn(address, text));
      known.set(address, text);
    }
    return text;
  };
}

async function expectFolder(folder: string): Promise<void> {
  const hint = "the folder has each schema as HOST/PATH: schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json";
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    throw new Failure("input", `--schemas ${folder}: ${reasonOf(error)}`, { hint, cause: error });
  }
  throw new Failure("input", `--schemas ${folder} is no folder`, { hint });
}

async function readIn(folder: string, address: string): Promise<string> {
  const { host, pathname } = urlOf(address);
  const file = join(folder, host, pathname);
  if (/^\.\.(?:[\\/]|$)/.test(relative(folder, file))) throw outOfReach(address, `it is not in ${folder}`);
  try {
    const { size } = await stat(file);
    if (size > largest) throw outOfReach(address, `it has more than the ${largest} bytes allowed`);
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Failure) throw error;
    const reason = reasonOf(error);
    throw outOfReach(address, reason === "ENOENT" ? `it is not in ${folder}` : reason, error);
  }
}

async function fetched(address: string, world: World): Promise<string> {
  const url = urlOf(address);
  if (url.protocol !== "https:") throw outOfReach(address, "schemas are fetched over https only");
  const late = AbortSignal.timeout(longest);
  // A redirect may lead away from https, and to hosts that no document names.
  const request = new Request(url, { signal: AbortSignal.any([world.signal, late]), redirect: "error" });
  try {
    const response = await fetchUnlessAborted(request, world);
    if (!response.ok) {
      // The body is not used, whatever becomes of it: the status is the failure.
      response.body?.cancel().catch(() => undefined);
      throw new Failure("unavailable", `answered ${response.status}`);
    }
    const limits = { atMost: largest, stallAfter: longest, signal: request.signal };
    return new TextDecoder().decode(await readBody("it", response, limits));
  } catch (error) {
    world.signal.throwIfAborted();
    if (late.aborted) throw outOfReach(address, `no answer in ${longest / 1000} s`, error);
    throw outOfReach(address, error instanceof Failure ? error.message : describeError(error), error);
  }
}

function urlOf(address: string): URL {
  const url = URL.parse(address);
  if (!url) throw outOfReach(address, "this is no address");
  return url;
}

/** `text`, where it is a schema. The validator parses it itself. */
function schemaIn(address: string, text: string): string {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (cause) {
    throw outOfReach(address, "what is there is not JSON", cause);
  }
  if (typeof schema === "object" && schema !== null) return text;
  throw outOfReach(address, "what is there is no schema");
}

const outOfReach = (address: string, why: string, cause?: unknown) =>
  new Failure("unavailable", `the schema ${shown(address, 200)} is out of reach: ${why}`, { cause });
