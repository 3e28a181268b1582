/**
 * IPNS records: a signed value with a sequence number, which grows with every change, and an end of validity.
 *
 * The `ipns` package encodes them. Signatures and validity are checked here: with the clock of `world`, and with the key in
 * the name, whatever key the record itself contains.
 *
 * @see https://specs.ipfs.tech/ipns/ipns-record/
 */

import { joined } from "../../core/joined.ts";
import { type PrivateKey, protobufOf } from "../../core/key.ts";
import { excerpt } from "../../http/http.ts";
import { keyIs, type RecordKey } from "./record-key.ts";

export interface SignedRecord {
  /** As it is published and stored. */
  readonly bytes: Uint8Array;
  /** `/ipfs/CID/path`, or another path of printable ASCII. */
  readonly value: string;
  readonly sequence: bigint;
  /** s for which resolvers may cache it. */
  readonly ttl?: number;
  /** End of validity. */
  readonly until: Date;
}

/** Bytes. "Record size limit" of the specification. */
export const largestRecord = 10 * 1024;

/** "Record verification" of the specification defines what is signed: this before the data. */
const signedBefore = new TextEncoder().encode("ipns-signature:");

const nanoseconds = 1_000_000_000n;

/**
 * The record that `bytes` are, or why it is not to be believed, to be read behind "a record that …".
 *
 * A record whose life has ended is a record still: nothing goes below its sequence.
 */
export async function readRecord(bytes: Uint8Array, key: Uint8Array | RecordKey): Promise<SignedRecord | string> {
  if (bytes.length > largestRecord) return `has ${bytes.length} bytes, more than the ${largestRecord} allowed`;
  const { unmarshalIPNSRecord } = await import("ipns");
  let record: Readonly<Partial<Record<keyof ReturnType<typeof unmarshalIPNSRecord>, unknown>>>;
  try {
    record = unmarshalIPNSRecord(bytes);
  } catch (error) {
    // The decoders of protobuf, CBOR and CIDs do not document what they throw for invalid bytes.
    return `can't be read (${excerpt(String((error as Error).message))})`;
  }
  const { value, sequence, ttl, validity, signatureV2, data, pubKey } = record;
  const isSigned = signatureV2 instanceof Uint8Array && data instanceof Uint8Array;
  const isBy = key instanceof Uint8Array ? keyIs(key) : key;
  if (!isSigned || !(await isBy(signatureV2, joined([signedBefore, data]), pubKey))) {
    return "was not signed with the key of that name";
  }
  const until = endOf(validity);
  if (!until) return "has no end of validity";
  if (typeof sequence !== "bigint" || sequence < 0n || sequence >= 1n << 64n) return "has no sequence number";
  if (typeof value !== "string" || !/^\/ip[fn]s\/[!-~]+$/.test(value)) return "points to something that is no path";
  const known = typeof ttl === "bigint" && ttl >= 0n && ttl < 1n << 64n;
  return { bytes, value, sequence, until, ...(known && { ttl: Number(ttl / nanoseconds) }) };
}

/** `fields` as a record of both versions, as Kubo makes them: what is old reads one half, what is new the other. */
export async function signRecord(
  fields: Omit<Required<SignedRecord>, "bytes">,
  key: PrivateKey,
): Promise<SignedRecord> {
  const [{ createIPNSRecordWithExpiration, marshalIPNSRecord }, { privateKeyFromProtobuf }] = await Promise.all([
    import("ipns"),
    import("@libp2p/crypto/keys"),
  ]);
  const { value, sequence, ttl, until } = fields;
  const record = await createIPNSRecordWithExpiration(
    privateKeyFromProtobuf(protobufOf(key)),
    value,
    sequence,
    until.toISOString(),
    { ttlNs: BigInt(ttl) * nanoseconds, v1Compatible: true },
  );
  return { ...fields, bytes: marshalIPNSRecord(record) };
}

/** To the second: RFC 3339 with nanoseconds is finer than a `Date`. */
function endOf(validity: unknown): Date | undefined {
  const text = typeof validity === "string" ? validity : "";
  const [, second, zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const until = new Date(`${second}${zone}`);
  return Number.isNaN(until.getTime()) ? undefined : until;
}
