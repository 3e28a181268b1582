/** What a bucket knows of its objects, their versions, parts and uploads. */
import type { CID } from "multiformats/cid";
import type { Checksum } from "../auth/payload.ts";

/** How a checksum of several parts is computed: from the checksums of the parts, or as that of all bytes. */
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

/** Bytes that are stored: a UnixFS file. */
export interface StoredBytes {
  readonly cid: CID;
  readonly size: number;
  /** Bytes of its blocks. */
  readonly tsize: number;
  /** Without quotation marks: the MD5 in hexadecimal; of a multipart object that of the MD5s of its parts, `-` and their number. */
  readonly etag: string;
  readonly checksum?: Checksum & { readonly type?: ChecksumType };
}

/** The attributes of an object other than its bytes: headers by their names in lower case, `x-amz-meta-*` among them. */
export interface About {
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Absent: private. */
  readonly acl?: CannedAcl;
  /** Name of the account that wrote it; absent in what was written before owners were recorded. */
  readonly owner?: string;
}

/** The canned ACLs that change who may read; `private` is the absence of one. */
export type CannedAcl = "public-read";

/** What all versions have, delete markers included. */
export interface Dated {
  /** ms since 1970. */
  readonly modified: number;
  /** Absent: the version `null`, of a bucket without versioning. */
  readonly version?: string;
}

export interface StoredObject extends StoredBytes, About, Dated {
  /** The parts that it was uploaded in: sizes, or sizes with checksums. */
  readonly parts?: readonly (number | PartFact)[];
  /** ID of that upload. */
  readonly upload?: string;
}

export interface PartFact {
  readonly size: number;
  /** In base64, of the algorithm of the object's checksum. */
  readonly checksum: string;
}

export const sizeOfPart = (part: number | PartFact): number => (typeof part === "number" ? part : part.size);

/** The newest version of a key that was deleted while its bucket had versioning. */
export interface DeleteMarker extends Dated {
  readonly deleted: true;
  readonly owner?: string;
}

export type Version = StoredObject | DeleteMarker;

export const isMarker = (version: Version): version is DeleteMarker => "deleted" in version;

/** The version ID of what has none of its own. */
export const nullVersion = "null";

export const versionIdOf = ({ version }: Dated): string => version ?? nullVersion;

export interface StoredPart extends StoredBytes {
  readonly modified: number;
}

export interface Upload extends About {
  readonly id: string;
  readonly key: string;
  readonly started: number;
  /** Of the checksum that its parts have, where the client asked for one. */
  readonly algorithm?: string;
  readonly checksumType?: ChecksumType;
  readonly parts: Map<number, StoredPart>;
}
