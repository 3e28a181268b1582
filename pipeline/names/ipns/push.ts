/**
 * A key that `push` points at content, wherever the key itself is: given to this process, or in a Kubo.
 *
 * A value is replaced by the next sequence number after the one that was compared. Servers of records offer no compare-and-swap, so
 * of two that push at once both may put the same number; both read back, until after the other one's put must have
 * arrived, and the one that does not find its own record has lost.
 */
import { Failure, isFailure } from "../../core/failure.ts";
import { type PrivateKey, publicKeyOf } from "../../core/key.ts";
import type { World } from "../../core/world.ts";
import { pushedTtl } from "../ttl.ts";
import type { RecordEndpoint } from "./endpoints.ts";
import { newestOf, type RecordAttachments } from "./ipns.ts";
import { readRecord, type SignedRecord, signRecord } from "./record.ts";

export interface PushTarget {
  /** The key's public name, `k51…`. */
  readonly name: string;
  /** Whether the private key is at hand: without it, a record can only be put again. */
  readonly signs: boolean;
  /** The newest record anywhere. @throws Failure `unavailable` where an endpoint did not answer: then nothing is known. */
  current(world: World): Promise<SignedRecord | undefined>;
  /**
   * Points the key at `value`, or puts the record again where it has that value already.
   *
   * @throws Failure `conflict` where the newest record is not `expected`, or another one was put meanwhile.
   */
  put(value: string, expected: SignedRecord | undefined, world: World): Promise<{ readonly sequence: bigint }>;
  /** Puts the newest record again, without the key. @throws Failure `drift` where it has ended, `input` where there is none. */
  republish(world: World): Promise<void>;
}

/** Who signs: this process, or the Kubo at an endpoint, under the name that it gives the key. */
export type Signer =
  | { readonly kind: "key"; readonly key: PrivateKey }
  | { readonly kind: "kubo"; readonly at: RecordEndpoint; readonly called: string }
  /** No private key is at hand: a record can only be put again. */
  | { readonly kind: "none" };

export interface PushOptions {
  /** The key's public name. */
  readonly name: string;
  readonly signer: Signer;
  /** Where records are put, all of which must answer. */
  readonly endpoints: readonly RecordEndpoint[];
  /** Where newer records may also be found; one that does not answer is passed over. */
  readonly readers: readonly RecordEndpoint[];
  readonly attachments: RecordAttachments;
}

/** ms for which a record is valid. */
const lifetime = 365 * 86_400_000;
/** A new record is signed where the present one ends within this time. ms */
const soon = 30 * 86_400_000;

/** ms to wait at least before the last check for another push. */
const settling = 300;

/** The key that is pushed, and where its records are. */
interface PushedKey extends PushOptions {
  readonly publicKey: Uint8Array;
  /** The attachment that has the record signed last. */
  readonly file: string;
}

/** @throws Failure `input` where `name` is no ed25519 key's. */
export function pushTarget(options: PushOptions): PushTarget {
  const { name } = options;
  const publicKey = publicKeyOf(name);
  if (!publicKey) {
    throw new Failure("input", `${name} is no ed25519 key's name`, { hint: "fieldtree key new makes a key" });
  }
  const key: PushedKey = { ...options, publicKey, file: `ipns/${name}` };
  return {
    name,
    signs: options.signer.kind !== "none",
    current: (world) => current(key, world),
    put: (value, expected, world) => put(key, value, expected, world),
    republish: (world) => republish(key, world),
  };
}

async function put(
  key: PushedKey,
  value: string,
  expected: SignedRecord | undefined,
  world: World,
): Promise<SignedRecord> {
  const began = performance.now();
  const now = await current(key, world);
  assertExpected(key, now, expected);
  if (now?.value === value && now.until.getTime() - world.now().getTime() > soon) {
    await putAll(key, now, world);
    return now;
  }
  const newest = newestOf([now, await stored(key, world)]);
  const record = await publish(key, value, (newest?.sequence ?? 0n) + 1n, world);
  await assertOurs(key, record, world);
  await world.sleep(Math.max(settling, 2 * (performance.now() - began)));
  await assertOurs(key, record, world);
  return record;
}

async function republish(key: PushedKey, world: World): Promise<void> {
  const newest = newestOf([await stored(key, world), await current(key, world)]);
  if (!newest) {
    throw new Failure("input", `there is no record of ${key.name} to put again`, {
      hint: "fieldtree push signs the first",
    });
  }
  if (newest.until <= world.now()) {
    throw new Failure("drift", `the record of ${key.name} ended on ${newest.until.toISOString()}`, {
      hint: "push where the private key is at hand, and a new one is signed",
    });
  }
  await putAll(key, newest, world);
}

/** The newest record at all endpoints, which must answer, and readers, which need not. */
async function current(key: PushedKey, world: World): Promise<SignedRecord | undefined> {
  const found = await Promise.all([readEndpoints(key, world), readReaders(key, world)]);
  return newestOf(found.flat());
}

/** The records at all endpoints. @throws Failure `unavailable` where one does not answer. */
function readEndpoints(key: PushedKey, world: World): Promise<(SignedRecord | undefined)[]> {
  return readAll(key, key.endpoints, world, (cause) => {
    throw new Failure("unavailable", `${key.name} could not be resolved: ${cause.message}`, {
      hint: "nothing was published: what is there now may be newer",
      cause,
    });
  });
}

const readReaders = (key: PushedKey, world: World) => readAll(key, key.readers, world, () => undefined);

/** `onFailure` gives what counts as the record of an endpoint that did not answer. */
function readAll(
  key: PushedKey,
  from: readonly RecordEndpoint[],
  world: World,
  onFailure: (failure: Failure) => SignedRecord | undefined,
): Promise<(SignedRecord | undefined)[]> {
  const read = async (at: RecordEndpoint) => {
    try {
      return await readAt(key, at, world);
    } catch (error) {
      if (!isFailure(error)) throw error;
      return onFailure(error);
    }
  };
  return Promise.all(from.map(read));
}

async function readAt(
  { name, publicKey }: PushedKey,
  at: RecordEndpoint,
  world: World,
): Promise<SignedRecord | undefined> {
  const bytes = await at.get(name, world);
  const record = bytes && (await readRecord(bytes, publicKey));
  if (typeof record !== "string") return record;
  throw new Failure("unavailable", `${at.name} gave a record that ${record}`);
}

/** The record that this campaign signed last, where its file can be read. */
async function stored({ file, publicKey, attachments }: PushedKey, world: World): Promise<SignedRecord | undefined> {
  const bytes = await attachments.read(file, world);
  const record = bytes && (await readRecord(bytes, publicKey));
  return typeof record === "string" ? undefined : record;
}

/** The compare of a compare-and-swap. @throws Failure `conflict` */
function assertExpected({ name }: PushedKey, now: SignedRecord | undefined, expected: SignedRecord | undefined): void {
  if (now?.sequence === expected?.sequence && now?.value === expected?.value) return;
  throw new Failure("conflict", `${name} is ${now?.value ?? "nothing"} now, and was ${expected?.value ?? "nothing"}`, {
    hint: "another push came between: run it again",
  });
}

/** Signs a record and puts it at all endpoints. */
async function publish(key: PushedKey, value: string, sequence: bigint, world: World): Promise<SignedRecord> {
  const { name, signer } = key;
  switch (signer.kind) {
    case "none":
      throw new Failure("input", `the private key of ${name} is not at hand`, {
        hint: "--key FILE, as fieldtree key new wrote it; the variable that names: in campaign.yaml has for it; or a Kubo that has it",
      });
    case "key": {
      const until = new Date(world.now().getTime() + lifetime);
      const record = await signRecord({ value, sequence, ttl: pushedTtl, until }, signer.key);
      // Stored before it is put: after a crash in between, no later record gets the same number.
      await key.attachments.write(key.file, record.bytes, world);
      await putAll(key, record, world);
      return record;
    }
    case "kubo":
      return publishAtKubo(key, signer, value, world);
  }
}

/** The Kubo chooses the sequence number and puts the record itself; the other endpoints get what it signed. */
async function publishAtKubo(
  key: PushedKey,
  { at, called }: Extract<Signer, { readonly kind: "kubo" }>,
  value: string,
  world: World,
): Promise<SignedRecord> {
  await at.publish?.(called, value, { lifetime, ttl: pushedTtl }, world);
  const record = await readAt(key, at, world);
  if (record?.value !== value) {
    throw new Failure("conflict", `${key.name} is ${record?.value ?? "nothing"} at ${at.name}, after it took ${value}`);
  }
  await key.attachments.write(key.file, record.bytes, world);
  await putAll(key, record, world, (endpoint) => endpoint !== at);
  return record;
}

async function putAll(
  { name, endpoints }: PushedKey,
  record: SignedRecord,
  world: World,
  isFor: (endpoint: RecordEndpoint) => boolean = () => true,
): Promise<void> {
  await Promise.all(endpoints.filter(isFor).map((at) => at.put(name, record.bytes, world)));
}

/**
 * Another put with the same number may have replaced `ours`, at some endpoints or at all. Where both are found, both pushes see
 * the same two records, and only the one that comes last in the same order puts its own again.
 *
 * @throws Failure `conflict` where the other one has won.
 */
async function assertOurs(key: PushedKey, ours: SignedRecord, world: World): Promise<void> {
  const found = await readEndpoints(key, world);
  const others = found.filter((record) => record !== undefined && record.value !== ours.value);
  const isThere = found.some((record) => record?.value === ours.value && record.sequence === ours.sequence);
  const better = others.find((other) => other && (!isThere || wins(other, ours)) && other.sequence >= ours.sequence);
  if (better) {
    throw new Failure("conflict", `${key.name} was pushed to ${better.value} at the same time`, {
      hint: `read it with fieldtree pull ipns://${key.name}, then push again`,
    });
  }
  if (others.length > 0) await putAll(key, ours, world);
}

/** Both are put at the same time; ends of validity are too coarse to distinguish them. */
const wins = (a: SignedRecord, b: SignedRecord) =>
  a.sequence === b.sequence ? a.value > b.value : a.sequence > b.sequence;
