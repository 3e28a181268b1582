/**
 * Blocks from the gateway that served the page, each hashed here before it is used.
 *
 * `/ipfs/<cid>?format=raw` is what Kubo, `fieldtree serve` and public gateways give. A static host gives none, and neither does
 * a subdomain gateway on the name of another root: then data are read as files, and nothing is verified.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../pipeline/core/failure.ts";
import { type Get, keyOf } from "../../pipeline/dag/block.ts";
import { linksOf, shapeOf } from "../../pipeline/dag/codec/decode.ts";
import { isHashedBy } from "../../pipeline/dag/read/other-hashes.ts";
import type { Sha256 } from "./hash.ts";
import type { Ask } from "./request.ts";
import type { StatusRecord } from "./status.ts";

/** Bytes of the largest block that nodes pass on is 2 MiB; some gateways are given larger ones. */
const largestBlock = 4 * 2 ** 20;
/** Bytes of blocks in memory, so that another variable of a dataset costs only what is its own. */
const mostCached = 48 * 2 ** 20;

export interface BlockSource {
  readonly get: Get;
  /** Why the host gives no blocks: a phrase that it is the subject of; `undefined` where it does. Asks for the block `cid`. */
  refusal(cid: CID): Promise<string | undefined>;
}

export interface BlockSourceOptions {
  /** Any address of the host. */
  readonly host: URL;
  readonly ask: Ask;
  readonly sha256: Sha256;
  readonly record: StatusRecord;
}

export function blocksOf({ host, ask, sha256, record }: BlockSourceOptions): BlockSource {
  const cached = new Map<string, Block>();
  const underWay = new Map<string, Promise<Uint8Array>>();
  let cachedBytes = 0;

  const fetchBlock = async (cid: CID): Promise<{ readonly bytes: Uint8Array } | { readonly why: string }> => {
    const url = new URL(`/ipfs/${cid}?format=raw`, host);
    record.add({ requests: 1 });
    const { status, headers, bytes } = await ask(url, { headers: { accept: rawBlock }, most: largestBlock });
    if (status !== 200) return { why: `answers ${status} when it is asked for a block` };
    // Decides nothing on its own: a host of files may answer anything with a page of its own.
    if (!headers.get("content-type")?.startsWith(rawBlock)) return { why: "serves files, not blocks" };
    record.add({ bytes: bytes.length });
    return { bytes };
  };

  const verified = async (cid: CID, bytes: Uint8Array): Promise<Uint8Array> => {
    const isRight = await isHashedBy(cid, bytes, sha256);
    if (isRight) {
      record.add({ blocks: 1 });
      return bytes;
    }
    const place = placeOf(cid, cached.values());
    const message =
      isRight === undefined
        ? `block ${cid}${place} has a hash that can't be checked here`
        : `block ${cid}${place}, as ${host.host} served it, does not match its hash: it was changed or damaged`;
    record.update({ trust: { kind: "refused", cid: cid.toString(), message } });
    throw new Failure("corrupt", message);
  };

  const remember = (cid: CID, bytes: Uint8Array) => {
    cached.set(keyOf(cid), { cid, bytes });
    cachedBytes += bytes.length;
    for (const [oldest, block] of cached) {
      if (cachedBytes <= mostCached) break;
      cached.delete(oldest);
      cachedBytes -= block.bytes.length;
    }
  };

  const fetchVerified = async (cid: CID): Promise<Uint8Array> => {
    const found = await fetchBlock(cid);
    if ("why" in found) throw new Failure("unavailable", `${host.host} ${found.why}: ${cid}`);
    const bytes = await verified(cid, found.bytes);
    remember(cid, bytes);
    return bytes;
  };

  const get: Get = (cid) => {
    const key = keyOf(cid);
    const known = cached.get(key);
    if (known) {
      cached.delete(key);
      cached.set(key, known);
      return Promise.resolve(known.bytes);
    }
    const asked = underWay.get(key) ?? fetchVerified(cid).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };

  return {
    get,
    async refusal(cid) {
      const found = await fetchBlock(cid);
      if ("why" in found) return found.why;
      remember(cid, await verified(cid, found.bytes));
      return undefined;
    },
  };
}

const rawBlock = "application/vnd.ipld.raw";

interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** The name by which one of `blocks` links to `cid`: " (of humidity/0.0)". Worked out only for a message. */
function placeOf(cid: CID, blocks: Iterable<Block>): string {
  const parents = [...blocks];
  const names: string[] = [];
  let at = keyOf(cid);
  // A file's leaf is below its root, which has a name: several steps up, each through another block.
  for (let steps = 0; steps < 16; steps++) {
    const parent = parents.find((block) => linksTo(block, at));
    if (!parent) break;
    const name = nameIn(parent, at);
    if (name !== undefined) names.unshift(name);
    at = keyOf(parent.cid);
  }
  return names.length === 0 ? "" : ` (of ${names.join("/")})`;
}

function linksTo({ cid, bytes }: Block, key: string): boolean {
  return linksOf(cid, bytes).some((link) => keyOf(link) === key);
}

function nameIn({ cid, bytes }: Block, key: string): string | undefined {
  const shape = shapeOf(cid, bytes);
  if (shape.kind === "directory") return shape.entries.find((entry) => keyOf(entry.cid) === key)?.name;
  if (shape.kind === "shard") return shape.slots.find((slot) => keyOf(slot.cid) === key)?.name;
  return undefined;
}
