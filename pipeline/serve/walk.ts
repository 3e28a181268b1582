/**
 * From an address to a block: names are followed through directories, and through links in dag-cbor and dag-json.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#content-resolution
 */
import type { CID } from "multiformats/cid";
import { parseAddressedCid, textOf } from "../core/cid.ts";
import { codecs, type Get, keyOf } from "../dag/block.ts";
import { largestBlock } from "../dag/car.ts";
import { shapeOf } from "../dag/codec/decode.ts";
import { followIpld, hasIpldPath } from "../dag/codec/ipld-path.ts";
import { child } from "../dag/read/read.ts";
import { common, freshness } from "./headers.ts";
import { Refusal } from "./refusal.ts";
import type { Address, Form } from "./request.ts";
import { longestUrl, type Place, type Resolved, type Source } from "./response.ts";

/** A path that leads to nothing, though everything on its way could be read: a website may have a page for it. */
export class AbsentPath extends Refusal {
  constructor(message: string) {
    super(404, message);
  }
}

/** Blocks on the way of one address; names are limited by the address, but links to links need none. */
const mostBlocks = 1024;

/** @throws Refusal where the address leads nowhere; Failure where blocks are unavailable or corrupt. */
export async function find(address: Address, form: Form, { get, resolve }: Source): Promise<Place> {
  const passed = new Map<string, CID>();
  const passing: Get = (cid) => {
    passed.set(keyOf(cid), cid);
    return get(cid);
  };
  const start = await startOf(address, resolve);
  let { cid } = start;
  const roots = [cid];
  const trail = [...(start.names ?? []), ...address.names];
  const upTo = (count: number) =>
    `/${[...(start.names ? ["ipfs", start.cid] : [address.namespace, address.root]), ...trail.slice(0, count)].join("/")}`;

  for (let used = 0; used < trail.length; ) {
    if (roots.length > mostBlocks) throw new Refusal(414, `${upTo(used)} leads through more than ${mostBlocks} blocks`);
    const rest = trail.slice(used);
    const step = hasIpldPath(cid) ? await ipldStep(cid, rest, passing) : await unixfsStep(cid, rest, passing);
    if (step.kind === "value") {
      throw new Refusal(501, `${upTo(trail.length)} is a value inside ${cid}, and paths lead to links only`);
    }
    if (step.kind === "absent") {
      throw new AbsentPath(`there is no ${JSON.stringify(rest[step.at])} in ${upTo(used + step.at)}`);
    }
    used += step.used;
    cid = step.cid;
    roots.push(cid);
  }
  return {
    address,
    name: address.names.at(-1) ?? "",
    root: roots[0]!,
    cid,
    block: await get(cid),
    passed: form.kind === "car" ? [...passed.values()] : [],
    headers: {
      ...common,
      ...freshness(address.namespace, start),
      "x-ipfs-path": address.contentPath,
      ...rootsHeader(roots),
      ...(form.kind !== "page" && !address.query.has("format") ? { "content-location": located(address, form) } : {}),
    },
  };
}

async function startOf({ namespace, root }: Address, resolve: Source["resolve"]): Promise<Resolved> {
  if (namespace === "ipns") {
    const resolved = await resolve(root);
    if (!resolved) throw new Refusal(404, `this gateway knows no name ${JSON.stringify(root)}`);
    return resolved;
  }
  try {
    return { cid: parseAddressedCid(root) };
  } catch {
    throw new Refusal(400, `${JSON.stringify(root.slice(0, 120))} is not a CID`);
  }
}

type Step = ReturnType<typeof followIpld>;

async function ipldStep(cid: CID, names: readonly string[], get: Get): Promise<Step> {
  const block = await get(cid);
  if (block.length > largestBlock) {
    throw new Refusal(502, `${cid} has ${block.length} bytes; paths lead through blocks up to ${largestBlock}`);
  }
  return followIpld(cid, block, names);
}

/** The child of the first name; `absent` where there is none, or `cid` is a file. */
async function unixfsStep(cid: CID, [name = ""]: readonly string[], get: Get): Promise<Step> {
  const absent = { kind: "absent", at: 0 } as const;
  if (cid.code !== codecs.raw && cid.code !== codecs.dagPb)
    throw new Refusal(501, `${cid} is neither a file nor a directory: ${name} can't be followed`);
  if (cid.code === codecs.raw) return absent;
  const block = await get(cid);
  const { kind } = shapeOf(cid, block);
  if (kind !== "directory" && kind !== "shard") return absent;
  const found = await child(cid, name, (each) => (each.equals(cid) ? Promise.resolve(block) : get(each)));
  return found ? { kind: "link", cid: found, used: 1 } : absent;
}

function located({ path, query }: Address, form: Form): string {
  const parameters = new URLSearchParams(query);
  parameters.set("format", form.kind === "codec" ? form.name : form.kind);
  return `${path}?${parameters}`;
}

/** CIDs from the root on. Left out where it would be longer than clients accept. */
function rootsHeader(roots: readonly CID[]): Record<string, string> {
  const value = roots.map(textOf).join(",");
  return value.length <= longestUrl ? { "x-ipfs-roots": value } : {};
}
