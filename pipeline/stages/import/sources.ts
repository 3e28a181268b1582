/** The sources of an intake catalog and of the catalogs that it names, at an address or on this machine. */
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { fetchUnlessAborted } from "../../core/abort.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { type CatalogSource, catalogLimits, sourcesIn } from "../../core/intake/catalog.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { describeError, readBody, statusFailure } from "../../http/http.ts";
import { again } from "../../http/retry.ts";

/** `name`: with those of the catalogs around it, joined by slashes. */
export type Source = Exclude<CatalogSource, { readonly kind: "catalog" }>;

const most = { catalogs: 1000, depth: 16 } as const;

/**
 * Yields every source, depth first, in the order of the catalogs. A catalog below the first one that can't be read is yielded
 * as a source of kind `other`, with the reason.
 *
 * @throws Failure where the catalog at `address` itself can't be read.
 */
export async function* allSources(address: string, world: World): AsyncGenerator<Source> {
  const read = new Set([address]);
  yield* sourcesBelow({ address, name: "", depth: 0 }, read, world);
}

interface Place {
  /** A URL, or the absolute path of a file. */
  readonly address: string;
  readonly name: string;
  readonly depth: number;
}

async function* sourcesBelow(place: Place, read: Set<string>, world: World): AsyncGenerator<Source> {
  const folder = folderOf(place.address);
  for (const source of sourcesIn(await textAt(place.address, world), folder, place.address)) {
    const name = place.name === "" ? source.name : `${place.name}/${source.name}`;
    if (source.kind !== "catalog") {
      yield { ...source, name };
      continue;
    }
    const inner = addressFrom(folder, source.address);
    const why = objectionTo(inner, place, read);
    if (why !== undefined) {
      yield { name, kind: "other", why };
      continue;
    }
    read.add(inner);
    try {
      yield* sourcesBelow({ address: inner, name, depth: place.depth + 1 }, read, world);
    } catch (error) {
      if (!isFailure(error)) throw error;
      yield { name, kind: "other", why: error.message };
    }
  }
}

function objectionTo(inner: string, place: Place, read: ReadonlySet<string>): string | undefined {
  if (read.has(inner)) return "the catalog is named twice";
  if (place.depth + 1 >= most.depth) return `more than ${most.depth} catalogs in one another`;
  if (read.size >= most.catalogs) return `more than ${most.catalogs} catalogs`;
  // A server's answer must not decide which files of this machine are read.
  if (isUrl(place.address) && !isUrl(inner)) return "a catalog at an address names a file of this machine";
  return undefined;
}

export const isUrl = (address: string) => /^https?:\/\//i.test(address);

const folderOf = (address: string) =>
  isUrl(address) ? new URL(".", address).href.replace(/\/$/, "") : dirname(address);

function addressFrom(folder: string, address: string): string {
  if (isUrl(address)) return address;
  if (isUrl(folder)) return URL.canParse(address, `${folder}/`) ? new URL(address, `${folder}/`).href : address;
  return isAbsolute(address) ? address : join(folder, address);
}

async function textAt(address: string, world: World): Promise<string> {
  if (!isUrl(address)) {
    try {
      return await readFile(address, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "EISDIR") throw new Failure("input", `there is no file ${shown(address, 300)}`);
      throw error;
    }
  }
  const ask = async () => {
    const label = shown(address, 300);
    const signal = AbortSignal.any([world.signal, AbortSignal.timeout(60_000)]);
    try {
      const response = await fetchUnlessAborted(new Request(address, { signal }), world);
      if (!response.ok) throw statusFailure(`${label} answered ${response.status}`, response);
      const limits = { atMost: catalogLimits.characters, stallAfter: 30_000, signal };
      return new TextDecoder().decode(await readBody(label, response, limits));
    } catch (error) {
      world.signal.throwIfAborted();
      if (isFailure(error)) throw error;
      throw new Failure("unavailable", `${label}: ${describeError(error)}`, { cause: error });
    }
  };
  return again(ask, { tries: 5, first: 1000, longest: 60_000 }, world);
}
