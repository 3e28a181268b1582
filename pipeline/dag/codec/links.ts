/**
 * Links in blocks of dag-cbor and dag-json, whatever else these contain.
 *
 * Only what finding links needs is decoded: no values are built, and nothing recurses, so a block of untrusted bytes costs
 * time and memory in proportion to its length, however deeply it is nested.
 *
 * @see https://ipld.io/specs/codecs/dag-cbor/spec/ and https://ipld.io/specs/codecs/dag-json/spec/
 */
import { CID } from "multiformats/cid";
import { cborReader, cidFrom, invalid, major } from "./cbor-reader.ts";

export interface CborLinks {
  /** In the order of the block, with duplicates. */
  readonly links: readonly CID[];
  /** Text keys of the map that the block is; empty where it is none. */
  readonly keys: ReadonlySet<string>;
}

/** @throws Failure `corrupt` without the CID, where the bytes are no dag-cbor as far as its structure goes. */
export function cborLinks(bytes: Uint8Array): CborLinks {
  const { head, take, link, left } = cborReader(bytes);
  const links: CID[] = [];
  const keys = new Set<string>();
  /** Items still to come, of each list and map around the present place; maps have keys at every second one. */
  const open = [{ left: 1, isMap: false }];
  while (open.length > 0) {
    const around = open.at(-1)!;
    if (around.left === 0) {
      open.pop();
      continue;
    }
    around.left--;
    const isKey = around.isMap && around.left % 2 === 1;
    const { kind, value } = head();
    if (isKey && kind !== major.text) throw invalid("has a key that is no text");
    switch (kind) {
      case major.bytes:
        take(value);
        break;
      case major.text: {
        const text = take(value);
        if (isKey && open.length === 2) keys.add(new TextDecoder().decode(text));
        break;
      }
      case major.list:
        open.push({ left: value, isMap: false });
        break;
      case major.map:
        open.push({ left: value * 2, isMap: true });
        break;
      case major.tag:
        links.push(link(value));
        break;
    }
  }
  if (left() > 0) throw invalid(`has ${left()} bytes after its end`);
  return { links, keys };
}

/** Links in the order of the block, with duplicates. @throws Failure `corrupt` without the CID, where the bytes are no dag-json. */
export function jsonLinks(bytes: Uint8Array): CID[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid("is no JSON", cause);
  }
  const links: CID[] = [];
  const values = [value];
  while (values.length > 0) {
    const value = values.pop();
    if (typeof value !== "object" || value === null) continue;
    const members: unknown[] = Object.values(value);
    const link = members.length === 1 && !Array.isArray(value) ? (value as { "/"?: unknown })["/"] : undefined;
    if (typeof link === "string") links.push(cidFrom(() => CID.parse(link)));
    // Reversed, because the last one is taken first.
    else for (const member of members.reverse()) values.push(member);
  }
  return links;
}
