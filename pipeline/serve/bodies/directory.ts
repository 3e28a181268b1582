/**
 * The answer for a directory: its index.html, a listing in pages for people, or one of all names for programs.
 *
 * Programs that accept anything, such as fsspec and curl, take each link below the address for a name. They get all names at
 * once, as from other gateways, with a slash after those of directories, and no link to the parent.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#generated-html-with-directory-index
 */

import type { CID } from "multiformats/cid";
import { textOf } from "../../core/cid.ts";
import { isFailure } from "../../core/failure.ts";
import { codecs, type Get } from "../../dag/block.ts";
import type { DirectoryEntry } from "../../dag/directory-entry.ts";
import { pause } from "../../dag/event-loop.ts";
import { child, statOf } from "../../dag/read/read.ts";
import { Refusal } from "../refusal.ts";
import type { Address, Form } from "../request.ts";
import { type Answer, type Asking, fresh, type Place, type Source } from "../response.ts";
import { file } from "./file.ts";
import type { SortedFolder } from "./folders.ts";
import { footOf, headOf, type Listed, listing, listingVersion, pageLength, rowOf } from "./listing.ts";

export async function directory(
  place: Place,
  form: Extract<Form, { kind: "page" }>,
  asking: Asking,
  { get, list, peek }: Source,
): Promise<Answer> {
  const { address, cid, block } = place;
  if (!address.slash) {
    const location = `${address.path}/${address.search}`;
    return { status: 301, headers: { ...place.headers, location, "content-length": "0" } };
  }
  const from: Get = (each) => (each.equals(cid) ? Promise.resolve(block) : get(each));
  const index = await child(cid, "index.html", from);
  if (index) {
    const indexBlock = await get(index);
    const stat = statOf(index, indexBlock);
    const inside = { ...place, name: "index.html", cid: index, block: indexBlock };
    if (stat.type === "file") return file(inside, stat, asking, get, { etag: `"${cid}"` });
  }
  const asked = address.query.get("page");
  const page = asked === null ? 1 : /^[1-9]\d{0,6}$/.test(asked) ? Number(asked) : undefined;
  const whole = !form.forPeople && asked === null;
  // The page shows its own path, so one directory at two addresses gives two pages.
  const etag = `"DirIndex-${listingVersion}-${whole ? "all" : page}_CID-${cid}${address.names.length}${address.others ?? address.home}"`;
  // The page is generated and may change with a new version, although the directory can't.
  const caching = address.namespace === "ipns" ? {} : { "cache-control": generatedCaching };
  const headers = { "content-type": "text/html; charset=utf-8", vary: "Accept", ...caching };
  const known = fresh(place, asking, etag, { status: 200, headers });
  // Every directory has a first page: a conditional request for it is answered without generating it.
  if (page !== undefined && known.status === 304) return { ...known, headers: { ...known.headers, ...headers } };
  if (page === 1 && asking.method === "HEAD") return known;

  const folder = page === undefined ? undefined : await list(cid);
  const first = ((page ?? 1) - 1) * pageLength;
  if (page === undefined || !folder || first >= Math.max(1, folder.count)) {
    throw new Refusal(404, `there is no page ${JSON.stringify((asked ?? "").slice(0, 20))} of this directory`);
  }
  const listed = { ...addressed(address), cid: `${cid}`, count: folder.count };
  if (whole) return { ...known, body: everyName(listed, folder, peek) };
  const entries = folder.slice(first, first + pageLength).map((entry) => ({ ...entry, cid: textOf(entry.cid) }));
  const html = new TextEncoder().encode(listing({ ...listed, entries, page }));
  return { ...known, headers: { ...known.headers, "content-length": String(html.length) }, body: html };
}

export const generatedCaching = "public, max-age=604800, stale-while-revalidate=2678400";

function addressed(address: Address): Pick<Listed, "trail" | "base" | "others" | "home"> {
  const { namespace, root, names, base, others, home } = address;
  return { trail: [namespace, root, ...names], base, others, home };
}

/** Bytes of blocks that one listing reads to find out which names are directories, and their number. */
const mostRead = 16 * 1024 * 1024;
const mostPeeked = 10_000;

/** All rows in pieces, so that a directory of a million names takes no more memory than one of a thousand. */
async function* everyName(
  listed: Omit<Listed, "entries" | "page">,
  folder: SortedFolder,
  peek: Get,
): AsyncGenerator<Uint8Array> {
  const utf8 = new TextEncoder();
  yield utf8.encode(headOf({ ...listed, parent: false, turning: "" }));
  const budget = { blocks: mostPeeked, bytes: mostRead };
  for (let at = 0; at < folder.count; at += pageLength) {
    const rows: string[] = [];
    for (const entry of folder.slice(at, at + pageLength)) {
      await pause();
      const slash = await isDirectory(entry, peek, budget);
      rows.push(rowOf(listed, { ...entry, cid: textOf(entry.cid), slash }));
    }
    yield utf8.encode(`${rows.join("\n")}\n`);
  }
  yield utf8.encode(footOf(""));
}

/** False where that isn't known: the block is missing or damaged, or the budget is used up. */
async function isDirectory(
  { cid }: { readonly cid: CID } & DirectoryEntry,
  peek: Get,
  budget: { blocks: number; bytes: number },
): Promise<boolean> {
  if (cid.code !== codecs.dagPb || budget.blocks === 0 || budget.bytes <= 0) return false;
  budget.blocks--;
  try {
    const block = await peek(cid);
    budget.bytes -= block.length;
    return statOf(cid, block).type === "directory";
  } catch (error) {
    if (error instanceof Refusal || isFailure(error)) return false;
    throw error;
  }
}
