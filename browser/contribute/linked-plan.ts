/**
 * The plan that an address has: `?plan=ADDRESS` of a file of the same host, or `#plan=` and the plan itself, packed, as the comment on a
 * pull request links it.
 *
 * Both are by strangers: what comes out is read as any file that is dropped.
 */
import { streaming } from "../reading/decompressors.ts";

/** Where an address has a plan: what to call it, and how to read it. */
export interface LinkedPlan {
  readonly name: string;
  /** @param most bytes beyond which it is not read on. */
  read(most: number): Promise<Blob>;
}

export function linkedPlan(address: URL): LinkedPlan | undefined {
  const linked = address.searchParams.get("plan");
  if (linked !== null) return { name: linked, read: () => fetched(new URL(linked, address)) };
  const packed = /^#plan=([\w-]+)$/.exec(address.hash)?.[1];
  return packed === undefined ? undefined : { name: "the address", read: (most) => unpacked(packed, most) };
}

/** The page's policy lets it read no other host. */
async function fetched(url: URL): Promise<Blob> {
  const response = await fetch(url);
  return response.ok ? response.blob() : new Blob();
}

/** Bytes of base64url as RFC 1951 packs them. Blank where they are none, or more than `most` come out. */
async function unpacked(text: string, most: number): Promise<Blob> {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
    return new Blob([(await streaming("deflate-raw")(bytes, most)) as Uint8Array<ArrayBuffer>]);
  } catch {
    // An address that was cut off, or never was one of ours.
    return new Blob();
  }
}
