/** What a bucket knows of its objects, parts and uploads, and the records by which it remembers them. */
import type { CID } from "multiformats/cid";
import type { Checksum } from "../auth/payload.ts";

/** Bytes that are stored: a UnixFS file. */
export interface StoredBytes {
  readonly cid: CID;
  readonly size: number;
  /** Bytes of its blocks. */
  readonly tsize: number;
  /** Without quotation marks: the MD5 in hexadecimal; of a multipart object that of the MD5s of its parts, `-` and their number. */
  readonly etag: string;
  readonly checksum?: Checksum & { readonly type?: "COMPOSITE" | "FULL_OBJECT" };
}

/** What is said of an object beside its bytes: headers by their names in lower case, `x-amz-meta-*` among them. */
export interface About {
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface StoredObject extends StoredBytes, About {
  /** ms since 1970. */
  readonly modified: number;
  /** Sizes of the parts that it was uploaded in. */
  readonly parts?: readonly number[];
}

export interface StoredPart extends StoredBytes {
  readonly modified: number;
}

export interface Upload extends About {
  readonly id: string;
  readonly key: string;
  readonly started: number;
  /** Of the checksum that its parts have, where the client asked for one. */
  readonly algorithm?: string;
  readonly parts: Map<number, StoredPart>;
}

/** A record of a bucket's ledger. */
export type Entry =
  | { readonly put: string; readonly object: StoredObject }
  | { readonly remove: string }
  | { readonly upload: Omit<Upload, "parts"> }
  | { readonly partOf: string; readonly number: number; readonly part: StoredPart }
  | { readonly complete: string; readonly key: string; readonly object: StoredObject }
  | { readonly abort: string };
