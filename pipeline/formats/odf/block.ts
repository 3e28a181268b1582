/**
 * A block of an Open Data Fabric dataset's metadata chain, and the hashes by which blocks, slices of data and checkpoints are named.
 *
 * Versions 1 to 3 are the same tables; only from 3 on are times at aligned places. What is hashed is always the stored bytes:
 * the same block written again by another program may be other bytes.
 *
 * @see https://github.com/open-data-fabric/open-data-fabric/blob/master/open-data-fabric.md#metadata-format
 */
import { sha3_256 } from "@noble/hashes/sha3.js";
import { base16, base16upper } from "multiformats/bases/base16";
import { base32 } from "multiformats/bases/base32";
import { base58btc } from "multiformats/bases/base58";
import { base64url } from "multiformats/bases/base64";
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import { type DecodedTable, decodeFlatbuffer } from "../codecs/flatbuffer.ts";
import { odfSchema } from "./schema.ts";

export interface Block {
  readonly version: number;
  /** ISO 8601 in UTC, as all times here. */
  readonly systemTime: string;
  /** `f1620…`; absent in the first block alone. */
  readonly prevBlockHash?: string;
  /** 0 for the first block. Blocks of version 1 may have none. */
  readonly sequenceNumber: number;
  readonly event: Event;
}

/** The event of a block, in the names of the specification. `unknown` is one that was added to it later. */
export type Event = Seed | DataEvent | SetInfo | SetLicense | SetVocab | SetDataSchema | OtherEvent;

export interface Seed {
  readonly kind: "Seed";
  readonly datasetId: string;
  readonly datasetKind: string;
}

/** Data that were ingested (`AddData`) or computed from other datasets (`ExecuteTransform`). */
export interface DataEvent {
  readonly kind: "AddData" | "ExecuteTransform";
  readonly prevCheckpoint?: string;
  /** Of the last row before `newData`. */
  readonly prevOffset?: number;
  readonly newData?: DataSlice;
  readonly newCheckpoint?: StoredFile;
  readonly newWatermark?: string;
  readonly queryInputs?: readonly DecodedTable[];
}

export interface StoredFile {
  readonly physicalHash: string;
  /** Bytes. */
  readonly size: number;
}

export interface DataSlice extends StoredFile {
  readonly logicalHash: string;
  /** Of its first and last row, in the whole dataset. */
  readonly offsetInterval: { readonly start: number; readonly end: number };
}

export interface SetInfo {
  readonly kind: "SetInfo";
  readonly description?: string;
  readonly keywords?: readonly string[];
}

export interface SetLicense {
  readonly kind: "SetLicense";
  readonly shortName?: string;
  readonly name?: string;
  readonly spdxId?: string;
  readonly websiteUrl?: string;
}

export interface SetVocab {
  readonly kind: "SetVocab";
  readonly offsetColumn?: string;
  readonly operationTypeColumn?: string;
  readonly systemTimeColumn?: string;
  readonly eventTimeColumn?: string;
}

export interface SetDataSchema {
  readonly kind: "SetDataSchema";
  readonly rawArrowSchema?: Uint8Array;
  readonly schema?: DecodedTable;
}

export interface OtherEvent {
  readonly kind:
    | "SetPollingSource"
    | "DisablePollingSource"
    | "AddPushSource"
    | "DisablePushSource"
    | "SetTransform"
    | "SetAttachments"
    | "unknown";
}

/** The code of `odf-metadata-block` in the table of multicodecs. */
const metadataBlock = 0x400000;
const newestVersion = 3;

/** @throws Failure `input` where `bytes` are no metadata block, or one of a version that is not known */
export function decodeBlock(bytes: Uint8Array): Block {
  const { kind, version, content } = decodeFlatbuffer(bytes, "Manifest", odfSchema);
  if (kind !== metadataBlock) throw bad("is no metadata block of Open Data Fabric");
  if (typeof version !== "number" || version < 1 || version > newestVersion)
    throw bad(`is of version ${version}, and only versions 1 to ${newestVersion} are known`);
  if (!(content instanceof Uint8Array)) throw bad("is empty");
  const decoded = decodeFlatbuffer(content, "MetadataBlock", odfSchema);
  const { systemTime, event } = decoded;
  if (typeof systemTime !== "string") throw bad("has no time");
  if (event === undefined) throw bad("has no event");
  const block = { version, ...decoded } as unknown as Block;
  requireFields(block.event);
  return block;
}

/** Fields that the specification requires of events that are read further. */
function requireFields(event: Event): void {
  const lacking = (field: string) => bad(`has an event ${event.kind} without ${field}`);
  if (event.kind === "Seed" && event.datasetId === undefined) throw lacking("datasetId");
  if (event.kind !== "AddData" && event.kind !== "ExecuteTransform") return;
  const { newData, newCheckpoint } = event;
  if (newCheckpoint && newCheckpoint.physicalHash === undefined) throw lacking("the checkpoint's hash");
  if (!newData) return;
  if (newData.physicalHash === undefined || newData.logicalHash === undefined) throw lacking("the hashes of its data");
  if (newData.offsetInterval === undefined) throw lacking("the offsets of its data");
  if (newData.offsetInterval.end < newData.offsetInterval.start) throw bad("has data that end before they start");
}

/** `f1620…`: the multihash of sha3-256, in base 16. */
export const sha3Of = (bytes: Uint8Array): string => hashText(sha3_256(bytes));

/** Of the 32 bytes of a sha3-256. */
export const hashText = (digest: Uint8Array): string => `f1620${base16.encode(digest).slice(1)}`;

const bases = [base16, base16upper, base32, base58btc, base64url];

/**
 * A hash as written in `refs/head`, in base 16, and how names of files write the same.
 *
 * @throws Failure `input` where it is no multihash of sha3-256 in an encoding that is known
 */
export function parseHash(text: string): { readonly hash: string; readonly nameOf: (hash: string) => string } {
  const base = bases.find(({ prefix }) => prefix === text[0]);
  let bytes: Uint8Array | undefined;
  try {
    // Longer is no hash of 32 bytes in any of them.
    bytes = text.length > 100 ? undefined : base?.decode(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
  if (!base || bytes?.length !== 34 || bytes[0] !== 0x16 || bytes[1] !== 32)
    throw new Failure("input", `${shown(text, 100)} is no sha3-256 in multihash, such as f1620 and 64 digits`);
  return { hash: base16.encode(bytes), nameOf: (hash) => base.encode(base16.decode(hash)) };
}

const bad = (says: string) => new Failure("input", `it ${says}`);
