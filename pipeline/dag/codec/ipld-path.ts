/**
 * Follows names through the value in a block of dag-cbor or dag-json, to the next link.
 *
 * Keys of maps and positions in lists are names. Only what lies on the way is read; the rest is skipped without recursion, so a
 * block of untrusted bytes costs time in proportion to its length.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#traversing-through-dag-json-and-dag-cbor
 */
import { CID } from "multiformats/cid";
import { codecs } from "../block.ts";
import { cborReader, cidFrom, invalid, major } from "./cbor-reader.ts";
import { naming } from "./decode.ts";

export type IpldStep =
  /** `used` names lead to a link. */
  | { readonly kind: "link"; readonly cid: CID; readonly used: number }
  /** The value has nothing of the name at this position. */
  | { readonly kind: "absent"; readonly at: number }
  /** All names lead to a value inside the block that is no link. */
  | { readonly kind: "value" };

export function hasIpldPath({ code }: CID): boolean {
  return code === codecs.dagCbor || code === codecs.dagJson;
}

/** @throws Failure `corrupt` where the block does not match its codec. */
export function followIpld(cid: CID, bytes: Uint8Array, names: readonly string[]): IpldStep {
  return naming(cid, () => (cid.code === codecs.dagCbor ? followCbor(bytes, names) : followJson(bytes, names)));
}

function followCbor(bytes: Uint8Array, names: readonly string[]): IpldStep {
  const reader = cborReader(bytes);
  const utf8 = new TextDecoder();
  for (let depth = 0; ; depth++) {
    const { kind, value } = reader.head();
    if (kind === major.tag) return { kind: "link", cid: reader.link(value), used: depth };
    const name = names[depth];
    if (name === undefined) return { kind: "value" };
    if (kind === major.list) {
      const index = positionIn(name);
      if (index === undefined || index >= value) return { kind: "absent", at: depth };
      for (let item = 0; item < index; item++) skip(reader);
    } else if (kind === major.map) {
      let isFound = false;
      for (let item = 0; item < value && !isFound; item++) {
        const key = reader.head();
        if (key.kind !== major.text) throw invalid("has a key that is no text");
        isFound = utf8.decode(reader.take(key.value)) === name;
        if (!isFound) skip(reader);
      }
      if (!isFound) return { kind: "absent", at: depth };
    } else {
      return { kind: "absent", at: depth };
    }
  }
}

/** Passes over one item with all that is in it. */
function skip(reader: ReturnType<typeof cborReader>): void {
  for (let items = 1; items > 0; items--) {
    const { kind, value } = reader.head();
    if (kind === major.bytes || kind === major.text) reader.take(value);
    else if (kind === major.list) items += value;
    else if (kind === major.map) items += 2 * value;
    else if (kind === major.tag) reader.link(value);
  }
}

function followJson(bytes: Uint8Array, names: readonly string[]): IpldStep {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid("is no JSON", cause);
  }
  for (let depth = 0; ; depth++) {
    const link = linkIn(value);
    if (link !== undefined) return { kind: "link", cid: cidFrom(() => CID.parse(link)), used: depth };
    const name = names[depth];
    if (name === undefined) return { kind: "value" };
    if (typeof value !== "object" || value === null) return { kind: "absent", at: depth };
    const key = Array.isArray(value) ? String(positionIn(name)) : name;
    if (!Object.hasOwn(value, key)) return { kind: "absent", at: depth };
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
}

function linkIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { "/": link, ...others } = value as { readonly "/"?: unknown };
  return typeof link === "string" && Object.keys(others).length === 0 ? link : undefined;
}

function positionIn(name: string): number | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(name) ? Number(name) : undefined;
}
