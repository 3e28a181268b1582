/**
 * What the Host of a request stands for: this gateway, one root (`CID.ipfs.HOST`), or the website of a domain.
 *
 * A host for each root gives each an origin of its own in browsers.
 *
 * @see https://specs.ipfs.tech/http-gateways/subdomain-gateway/ and https://specs.ipfs.tech/http-gateways/dnslink-gateway/
 */
import { base36 } from "multiformats/bases/base36";
import { parseAddressedCid } from "../../core/cid.ts";
import { Refusal } from "../refusal.ts";
import { type Address, addressBelow, addressOf, type Root } from "../request.ts";
import { keyName } from "./key-name.ts";

export interface Hosts {
  /** Hosts, without port, below which each root has a host of its own. */
  readonly subdomains: readonly string[];
  /** Whether this host, in lower case and without port, is the website of the domain of that name. */
  readonly isSite: (host: string) => boolean;
  /** Further hosts under which the gateway is asked; others are refused where it is for this machine only. */
  readonly others: readonly string[];
}

export const noHosts: Hosts = { subdomains: [], isSite: () => false, others: [] };

export interface HostHeaders {
  readonly host: string | undefined;
  readonly forwardedHost: string | undefined;
  readonly forwardedProto: string | undefined;
  /** Whether the connection itself is encrypted. */
  readonly secure: boolean;
}

export type Placed =
  /** Paths from `/ipfs/` and `/ipns/`. */
  | { readonly kind: "paths" }
  /** The same, at a host whose roots have hosts of their own. */
  | { readonly kind: "gateway"; readonly host: string; readonly scheme: string }
  | { readonly kind: "root"; readonly root: Root; readonly gateway: string; readonly scheme: string }
  | { readonly kind: "site"; readonly root: Root };

/** Characters of a label in a host name (RFC 1035, section 2.3.4). */
const longestLabel = 63;

/** @param loopback whether the gateway is for this machine only. @throws Refusal 400 and 403. */
export function placeOf(headers: HostHeaders, hosts: Hosts, loopback: boolean): Placed {
  const { forwardedHost, forwardedProto, secure } = headers;
  const own = headers.host ?? "";
  if (loopback) checkHost(own, hosts);
  const forwarded = forwardedHost !== undefined && gatewayOf(nameIn(forwardedHost), hosts) ? forwardedHost : own;
  const scheme = forwardedProto === "https" || (forwardedProto === undefined && secure) ? "https" : "http";
  const name = nameIn(forwarded);
  const gateway = gatewayOf(name, hosts);
  if (gateway === undefined) {
    return hosts.isSite(name) ? { kind: "site", root: { namespace: "ipns", root: name } } : { kind: "paths" };
  }
  if (name === gateway) return { kind: "gateway", host: forwarded, scheme };
  const port = /:\d+$/.exec(forwarded)?.[0] ?? "";
  const [, label = "", namespace] = /^(.+)\.(ipfs|ipns)$/.exec(name.slice(0, -gateway.length - 1)) ?? [];
  if (namespace !== "ipfs" && namespace !== "ipns") {
    throw new Refusal(
      400,
      `${name.slice(0, 200)} names no root: hosts here are CID.ipfs.${gateway} and NAME.ipns.${gateway}`,
    );
  }
  return { kind: "root", root: rootOf(namespace, label), gateway: `${gateway}${port}`, scheme };
}

/** The address that a request for a root, or a website, is for. */
export function addressAt(placed: Placed, url: string): Address | undefined {
  if (placed.kind === "root") return addressBelow(placed.root, url, { others: `//${placed.gateway}`, home: undefined });
  if (placed.kind === "site")
    return addressBelow(placed.root, url, { others: undefined, home: `//${placed.root.root}` });
  return addressOf(url);
}

/** Where a request belongs instead of here; `undefined` where it is at its place. @throws Refusal 400. */
export function movedTo(placed: Placed, url: string): string | undefined {
  if (placed.kind === "root") {
    const { namespace, root } = placed.root;
    const key = namespace === "ipns" ? keyName(root) : undefined;
    const moved = key !== undefined && key !== root;
    return moved ? `${placed.scheme}://${key}.ipns.${placed.gateway}${url}` : undefined;
  }
  if (placed.kind === "site") return undefined;
  const native = nativeAddress(url);
  if (native !== undefined || placed.kind === "paths") return native;
  const address = addressOf(url);
  if (!address) return undefined;
  const { namespace, root, base, path, search } = address;
  const label = namespace === "ipfs" ? cidLabel(root) : (keyName(root) ?? inlined(root));
  if (label.length > longestLabel) throw tooLong(label);
  return `${placed.scheme}://${label}.${namespace}.${placed.host}${path.slice(base.length) || "/"}${search}`;
}

/** The path of `/ipfs/?uri=ipfs%3A%2F%2F…`, for `registerProtocolHandler`. */
function nativeAddress(url: string): string | undefined {
  const [, own, query] = /^\/(ip[fn]s)\/?\?(.*)$/s.exec(url) ?? [];
  const uri = query === undefined ? null : new URLSearchParams(query).get("uri");
  if (uri === null) return undefined;
  const [, scheme, root, rest = ""] = /^(ip[fn]s):\/\/([^/?#]+)([^#]*)/.exec(uri) ?? [];
  const found = scheme === own && root !== undefined ? addressOf(`/${scheme}/${root}${rest}`) : undefined;
  if (!found) throw new Refusal(400, `uri= takes an address such as ${own}://NAME/path`);
  return `${found.path}${found.search}`;
}

function rootOf(namespace: "ipfs" | "ipns", label: string): Root {
  if (namespace === "ipfs") {
    if (label.length > longestLabel) throw tooLong(label);
    return { namespace, root: label };
  }
  if (keyName(label) !== undefined || label.includes(".")) return { namespace, root: label };
  return { namespace, root: label.replace(/--|-/g, (each) => (each === "-" ? "." : "-")) };
}

/** A domain as one label. */
function inlined(name: string): string {
  return name.toLowerCase().replaceAll("-", "--").replaceAll(".", "-");
}

function cidLabel(root: string): string {
  let cid: ReturnType<typeof parseAddressedCid>;
  try {
    cid = parseAddressedCid(root).toV1();
  } catch {
    throw new Refusal(
      400,
      `invalid path "/ipfs/${root.slice(0, 120)}": ${JSON.stringify(root.slice(0, 120))} is not a CID`,
    );
  }
  const usual = cid.toString();
  return usual.length <= longestLabel ? usual : cid.toString(base36);
}

function tooLong(label: string): Refusal {
  return new Refusal(400, `CID incompatible with DNS label length limit of ${longestLabel}: ${label.slice(0, 120)}`);
}

function gatewayOf(name: string, { subdomains }: Hosts): string | undefined {
  return subdomains.find((each) => name === each || name.endsWith(`.${each}`));
}

/** Without port and brackets, in lower case. */
function nameIn(host: string): string {
  return host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
}

/**
 * Guards against DNS rebinding: another site can point its own name at 127.0.0.1 and then read from this gateway as from
 * itself. Its name is still in the Host header.
 */
function checkHost(header: string, hosts: Hosts): void {
  const name = nameIn(header);
  if (isLoopback(name) || name === "localhost" || name.endsWith(".localhost")) return;
  if (hosts.others.includes(name) || hosts.isSite(name) || gatewayOf(name, hosts)) return;
  throw new Refusal(403, "this gateway is for this machine only: ask for it as 127.0.0.1 or localhost");
}

export function isLoopback(address: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === "::1" || /^::ffff:127\./.test(address);
}
