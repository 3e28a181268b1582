/** Contents of files, whole or in part, and single blocks. */
import type { CID } from "multiformats/cid";
import { codecs, type Get } from "../../dag/block.ts";
import { content, type Stat } from "../../dag/read/read.ts";
import { type GetInto, passingContent, withRoot } from "../../dag/reused-memory.ts";
import { disposition, lengths } from "../headers.ts";
import { names, rangeOf } from "../request.ts";
import { type Answer, type Asking, fresh, type Place } from "../response.ts";
import { startLength, typeByBytes, typeByName } from "./content-type.ts";

export interface BlockForm {
  readonly etag: string;
  readonly type: string;
  readonly ending: string;
}

/** The bytes of one block. */
export function blockAs(place: Place, asking: Asking, { etag, type, ending }: BlockForm): Answer {
  const range = askedRange(asking, etag, place.block.length);
  const attached = ending !== "json" || place.address.query.get("download") === "true";
  const part = partOf(place.block, range);
  return fresh(place, asking, etag, {
    status: range ? 206 : 200,
    headers: {
      ...lengths(range, place.block.length),
      "content-type": type,
      "content-disposition": disposition(place.address, attached, `${place.cid}.${ending}`),
    },
    body: part,
  });
}

/** The contents of a file, or the target of a symlink. */
export async function file(
  place: Place,
  stat: Stat,
  asking: Asking,
  get: GetInto,
  given: { type?: string; etag?: string } = {},
): Promise<Answer> {
  const { cid, block, address } = place;
  const from = withRoot(cid, block, get);
  const { type, etag = type === undefined ? `"${cid}"` : `"${cid}.json"` } = given;
  if (stat.type === "symlink") {
    // Sent as text, and not followed: its target was written by other people, and may be outside this DAG.
    const target = new TextEncoder().encode(stat.target);
    const headers = { "content-type": "inode/symlink", "content-length": String(target.length) };
    return fresh(place, asking, etag, { status: 200, headers, body: target });
  }
  const range = askedRange(asking, etag, stat.size);
  const name = address.query.get("filename") || place.name;
  const named = type ?? typeByName(name);
  const attached = address.query.get("download") === "true";
  return fresh(place, asking, etag, {
    status: range ? 206 : 200,
    headers: {
      ...lengths(range, stat.size),
      "content-type": named ?? typeByBytes(await start(cid, from)),
      ...(attached || address.query.has("filename")
        ? { "content-disposition": disposition(address, attached, name) }
        : {}),
    },
    body: cid.code === codecs.raw ? partOf(block, range) : passingContent(cid, from, range),
  });
}

function partOf(block: Uint8Array, range: ReturnType<typeof rangeOf>): Uint8Array {
  return range ? block.subarray(range.offset, range.offset + range.length) : block;
}

async function start(cid: CID, get: Get): Promise<Uint8Array> {
  const bytes: Uint8Array[] = [];
  for await (const chunk of content(cid, get, { offset: 0, length: startLength })) bytes.push(chunk);
  return Buffer.concat(bytes);
}

function askedRange({ headers }: Asking, etag: string, size: number) {
  const still = headers["if-range"] === undefined || headers["if-range"] === etag;
  return still && !names(headers["if-none-match"], etag) ? rangeOf(headers.range, size) : undefined;
}
