/**
 * Parses addresses that people write or copy, without any request.
 *
 * An address is a path in the tree, `CID[/path]`, `/ipfs/CID…`, `ipfs://CID…`, `/ipns/NAME…`, `ipns://NAME…`, or the URL of
 * either at a gateway: `https://ipfs.io/ipfs/CID/path`, `https://CID.ipfs.dweb.link/path`. A path in the tree and a name may
 * have `@N` for release N.
 *
 * ```ts
 * parseAddress("https://ipfs.io/ipfs/bafy…/a%20b"); // { in: "content", cid, path: "a b", gateway: "https://ipfs.io" }
 * ```
 */
import type { CID } from "multiformats/cid";
import { isObjection, parseAddressedCid, readCid } from "../../core/cid.ts";
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";

/** Help text for every verb that takes an address. */
export const aboutAddresses = `An address is a path in the tree, or that path as release N has it:
  products/HALO/radar.zarr
  products/HALO/radar.zarr@3
or a CID and a path below it, in each of these forms:
  bafy…/path
  ipfs://bafy…/path
  https://ipfs.io/ipfs/bafy…/path
or the name of something pulled, and a path in it; of another campaign, in its portal:
  ship/tree/products
or an IPNS name of the campaign: its portal, its tree, and what campaign.yaml announces:
  ipns://CAMPAIGN/index.json
  ipns://latest.CAMPAIGN/products@3
Outside of a campaign, what a CID names is read from the gateways in IPFS_GATEWAY, or from the one in the address.`;

export type Address =
  /** `gateway`: base URL of the gateway in the address, where there is one. */
  | { readonly in: "content"; readonly cid: CID; readonly path: string; readonly gateway?: string }
  /** The target of an IPNS or DNSLink name; without a release, in the newest one. */
  | {
      readonly in: "name";
      readonly name: string;
      readonly release: number | undefined;
      readonly path: string;
      readonly gateway?: string;
    }
  /** Without a release: the present tree.yaml. `unlike`: why the text is no CID, where the user may have meant one. */
  | { readonly in: "tree"; readonly release: number | undefined; readonly path: string; readonly unlike?: string };

/** @throws Failure `input` for an invalid address on IPFS. */
export function parseAddress(text: string): Address {
  if (/^https?:\/\//i.test(text)) return fromUrl(text);
  const [, scheme, rest] = /^(ipfs:\/\/(?:ipfs\/)?|(?:dweb:)?\/ipfs\/)(.*)$/s.exec(text) ?? [];
  if (scheme !== undefined) return contentIn(rest!.split("/"), text);
  const [, , name] = /^(ipns:\/\/|(?:dweb:)?\/ipns\/)(.*)$/s.exec(text) ?? [];
  if (name !== undefined) return nameIn(name.split("/"), text);

  const [first = "", ...path] = text.split("/");
  const cid = cidIn(first);
  if (cid) return { in: "content", cid, path: tidy(path) };
  const { before, release } = releaseIn(text);
  const unlike = objectionTo(first);
  return { in: "tree", release, path: tidy(before.split("/")), ...(unlike !== undefined && { unlike }) };
}

/** Parses a gateway's URL: the CID or name is the first segment of its path, or the first label of its host. */
function fromUrl(text: string): Address {
  const url = URL.parse(text);
  if (!url) throw new Failure("input", `${shown(text, 200)} is no address`);
  const path = url.pathname.split("/").slice(1).map(decoded);
  const [, host, kind, domain] = /^([^.]+)\.(ipfs|ipns)\.(.+)$/.exec(url.host) ?? [];
  if (kind === "ipfs") return { ...contentIn([host!, ...path], text), gateway: `${url.protocol}//${domain}` };
  // In a host, a name's dots are written as dashes, and its dashes twice.
  if (kind === "ipns") {
    const name = host!.replace(/--?/g, (dash) => (dash === "-" ? "." : "-"));
    return { ...nameIn([name, ...path], text), gateway: `${url.protocol}//${domain}` };
  }
  if (path[0] === "ipfs") return { ...contentIn(path.slice(1), text), gateway: url.origin };
  if (path[0] === "ipns") return { ...nameIn(path.slice(1), text), gateway: url.origin };
  throw new Failure("input", `${shown(text, 200)} is no address on IPFS`, {
    hint: "a gateway's has /ipfs/CID or /ipns/NAME in it",
  });
}

/** Decodes a segment of a URL's path; returns it unchanged where its escapes are invalid. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return name;
  }
}

function contentIn([first = "", ...path]: readonly string[], text: string): Address & { in: "content" } {
  const cid = cidIn(first);
  if (cid) return { in: "content", cid, path: tidy(path) };
  throw new Failure(
    "input",
    `${shown(text, 200)}: ${objectionTo(first) ?? `${shown(first) || "nothing"} is not a CID`}`,
  );
}

function nameIn([name = "", ...path]: readonly string[], text: string): Address & { in: "name" } {
  const last = releaseIn([name, ...path].join("/"));
  const [named = "", ...below] = last.before.split("/");
  if (named === "") throw new Failure("input", `${shown(text, 200)} has no name`);
  return { in: "name", name: named, release: last.release, path: tidy(below) };
}

function releaseIn(text: string): { readonly before: string; readonly release: number | undefined } {
  const [, before, number] = /^(.*?)(?:@(\d+))?$/s.exec(text)!;
  return { before: before!, release: number === undefined ? undefined : Number(number) };
}

function cidIn(text: string): CID | undefined {
  try {
    return parseAddressedCid(text);
  } catch {
    return undefined; // A path, or a slip: see `objectionTo`.
  }
}

/** Returns why `text` is no CID, where it begins like one or has the letters of one; `undefined` for any other text. */
function objectionTo(text: string): string | undefined {
  if (!/^(?:Qm|ba[fg][a-z]|BA[FG][A-Z])[A-Za-z0-9]{5,}$|^[A-Za-z0-9]{46,}$/.test(text)) return undefined;
  const read = readCid(text);
  return isObjection(read) ? `${shown(text)} ${read.message}` : undefined;
}

/** Removes empty names and `.`: `/a//b/` becomes `a/b`. */
const tidy = (names: readonly string[]): string => names.filter((name) => name !== "" && name !== ".").join("/");
