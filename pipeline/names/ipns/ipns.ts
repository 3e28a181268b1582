/**
 * IPNS: names that are public keys.
 *
 * The publisher signs a record of the name's value with the private key, valid for a year. The network drops records after
 * two days, but putting the signed record again needs no key. So the record is stored alongside the log's head, and
 * `fieldtree republish` puts it from any machine without a secret.
 *
 * The record is stored before it is put. After a crash in between, the next announcement puts the same record, and a later
 * record gets a higher sequence number than any that was ever signed.
 *
 * @see https://specs.ipfs.tech/ipns/ipns-record/
 */
import { Failure, isFailure } from "../../core/failure.ts";
import { type PrivateKey, privateKeyFrom, publicKeyOf, publicName } from "../../core/key.ts";
import type { World } from "../../core/world.ts";
import type { AuthorityAnswer, Name, NameStatus } from "../name.ts";
import { endpoint, kuboEndpoint, type RecordEndpoint } from "./endpoints.ts";
import { readRecord, type SignedRecord, signRecord } from "./record.ts";

export interface IpnsOptions {
  /** The key's public name, in any encoding. */
  readonly name?: string;
  /** Returns the private key in the form that {@link privateKeyFrom} reads; called before a record is signed. */
  readonly key?: () => string;
  /** Base URLs of delegated routing endpoints, without trailing slash. */
  readonly routing: readonly string[];
  readonly kubo?: { readonly api: string; readonly token?: string };
  /** ms for which a record is valid. */
  readonly lifetime: number;
  /** s for which resolvers may cache it. */
  readonly ttl: number;
  readonly attachments: RecordAttachments;
}

/** Storage of signed records, alongside the head of the log. */
export interface RecordAttachments {
  read(name: string, world: World): Promise<Uint8Array | undefined>;
  write(name: string, bytes: Uint8Array, world: World): Promise<void>;
}

const day = 86_400_000;

/** @throws Failure `input` if `name` is missing or is no name of an ed25519 key, or the URL of the Kubo is invalid. */
export function ipnsName(options: IpnsOptions): Name {
  const { routing, kubo, lifetime, attachments } = options;
  const publicKey = publicKeyFrom(options.name);
  const name = publicName(publicKey);
  const endpoints: readonly RecordEndpoint[] = [...routing.map(endpoint), ...(kubo ? [kuboEndpoint(kubo)] : [])];
  const records = recordsOf({ name, publicKey, endpoints, attachments });
  /** ms. A new record is signed if the current one expires sooner than this. */
  const soon = Math.min(30 * day, lifetime / 2);
  const warn = (record: SignedRecord, world: World) => warnBeforeEnd(name, record, soon, world);

  return {
    name,

    async probe(world) {
      const found = await records.ask(world);
      const newest = newestOf(found.map(({ record }) => record));
      if (newest) warn(newest, world);
      const answers = found.map(({ answer }) => answer);
      return statusOf(answers, newest, newest !== undefined && left(newest, world) < soon);
    },

    async announce(value, expected, world) {
      const { participants, published, newest } = await records.gather(world);
      const now = published && !ended(published, world) ? published.value : undefined;
      if (now !== value && now !== expected) {
        throw new Failure("conflict", `${name} is ${now ?? "nothing"} where ${expected ?? "nothing"} was expected`, {
          hint: "another machine has its key, or published meanwhile: check before you announce",
        });
      }
      if (newest?.value === value && left(newest, world) > soon) return putAt(participants, name, newest, world);
      const record = await signed(name, { value, sequence: (newest?.sequence ?? 0n) + 1n }, options, world);
      await records.store(record, world);
      await putAt(participants, name, record, world);
    },

    async republish(world) {
      const { participants, newest } = await records.gather(world);
      if (!newest) {
        throw new Failure("input", `there is no record of ${name} to put again`, {
          hint: "fieldtree publish signs the first",
        });
      }
      if (ended(newest, world)) {
        throw new Failure("drift", `the record of ${name} ended on ${newest.until.toISOString()}`, { hint: renewal });
      }
      warn(newest, world);
      await putAt(participants, name, newest, world);
    },

    close() {
      for (const at of endpoints) at.close?.();
    },
  };
}

/** The public key, 32 bytes. */
function publicKeyFrom(configured: string | undefined): Uint8Array {
  const publicKey = publicKeyOf(configured ?? "");
  if (publicKey) return publicKey;
  const what =
    configured === undefined ? "what the key is called is not known here" : `${configured} is no ed25519 key's name`;
  throw new Failure("input", what, {
    hint: "put what `fieldtree key new` printed (k51qzi5uqu5d…) as key: next to ipns: in campaign.yaml",
  });
}

/** The records of one name, at the endpoints and next to the log's head. */
interface Records {
  /** What each endpoint that takes part answers. */
  ask(world: World): Promise<readonly Answered[]>;
  /** The newest record at the endpoints (`published`), and the newest of those and the stored one. */
  gather(world: World): Promise<{
    readonly participants: readonly RecordEndpoint[];
    readonly published: SignedRecord | undefined;
    readonly newest: SignedRecord | undefined;
  }>;
  store(record: SignedRecord, world: World): Promise<void>;
}

interface Answered {
  readonly answer: AuthorityAnswer;
  readonly record?: SignedRecord;
}

interface RecordsOptions extends Pick<IpnsOptions, "attachments"> {
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly endpoints: readonly RecordEndpoint[];
}

function recordsOf({ name, publicKey, endpoints, attachments }: RecordsOptions): Records {
  const file = `ipns/${name}`;

  const askAll = (participants: readonly RecordEndpoint[], world: World) =>
    Promise.all(participants.map((at) => answerOf(at, name, publicKey, world)));

  const storedRecord = async (world: World): Promise<SignedRecord | undefined> => {
    const bytes = await attachments.read(file, world);
    const record = bytes && (await readRecord(bytes, publicKey));
    if (typeof record !== "string") return record;
    world.log(`${name}: ${file}, stored with the log, ${record}; it is not used`);
    return undefined;
  };

  return {
    ask: async (world) => askAll(await participantsOf(name, endpoints, world), world),

    async gather(world) {
      const participants = await participantsOf(name, endpoints, world);
      const [found, stored] = await Promise.all([askAll(participants, world), storedRecord(world)]);
      const published = newestOf(found.map(({ record }) => record));
      return { participants, published, newest: newestOf([stored, published]) };
    },

    store: (record, world) => attachments.write(file, record.bytes, world),
  };
}

/** Endpoints that take part in routing. Any other accepts records but does not store them, and would never return one. */
async function participantsOf(
  name: string,
  endpoints: readonly RecordEndpoint[],
  world: World,
): Promise<readonly RecordEndpoint[]> {
  const parts = await Promise.all(endpoints.map((at) => takesPart(at, world)));
  const participants = endpoints.filter((_, i) => parts[i]);
  if (participants.length > 0) return participants;
  const why =
    endpoints.length > 0 ? `${endpoints[0]!.name} takes part in no routing (Routing.Type none)` : "no place is named";
  throw new Failure("input", `the record of ${name} can be put nowhere: ${why}`, {
    hint: "give the name endpoints under routing: in campaign.yaml, or the campaign a Kubo that takes part in routing",
  });
}

async function answerOf(at: RecordEndpoint, name: string, publicKey: Uint8Array, world: World): Promise<Answered> {
  const server = at.name;
  let bytes: Uint8Array | undefined;
  try {
    bytes = await at.get(name, world);
  } catch (error) {
    if (isTimeout(error)) return { answer: { server, problem: "did not answer in time" } };
    if (!isFailure(error)) throw error;
    return { answer: { server, problem: error.message.replace(`${server}: `, "") } };
  }
  if (!bytes) return { answer: { server } };
  const record = await readRecord(bytes, publicKey);
  if (typeof record === "string") return { answer: { server, problem: `gave a record that ${record}`, wrong: true } };
  const { value, ttl, until } = record;
  if (ended(record, world)) {
    return { record, answer: { server, problem: `gave a record that ended on ${until.toISOString()}`, wrong: true } };
  }
  return { record, answer: { server, value, ...(ttl !== undefined && { ttl }) } };
}

/** A new record. @throws Failure `input` without the private key of this name. */
async function signed(
  name: string,
  { value, sequence }: Pick<SignedRecord, "value" | "sequence">,
  { key, lifetime, ttl }: Pick<IpnsOptions, "key" | "lifetime" | "ttl">,
  world: World,
): Promise<SignedRecord> {
  if (!key) {
    throw new Failure("input", `a new record of ${name} needs its private key, which is not at hand`, {
      hint: "publish where the environment variable that ipns: names is set",
    });
  }
  if (sequence >= 1n << 64n) {
    throw new Failure("refused", `${name} has used up its sequence numbers (${sequence - 1n} was the last)`, {
      hint: "only an owner of the key can have done that: make a new key with `fieldtree key new`",
    });
  }
  const secret: PrivateKey = await privateKeyFrom(key(), `the key of ${name}`);
  const own = publicName(secret.publicKey);
  if (own !== name) {
    throw new Failure("input", `the private key given is that of ${own}, not of ${name}`, {
      hint: "correct key: in campaign.yaml, or the environment variable that ipns: names",
    });
  }
  const until = new Date(world.now().getTime() + lifetime);
  return signRecord({ value, sequence, ttl, until }, secret);
}

async function putAt(
  participants: readonly RecordEndpoint[],
  name: string,
  record: SignedRecord,
  world: World,
): Promise<void> {
  const puts = await Promise.allSettled(participants.map((at) => at.put(name, record.bytes, world)));
  world.signal.throwIfAborted();
  const failed = puts.flatMap((put) => (put.status === "rejected" ? [put.reason as unknown] : []));
  const [first, ...others] = failed;
  if (first === undefined) return;
  if (others.length === 0 || !failed.every((error) => isFailure(error))) throw first;
  // `unavailable` if any failure is: then a retry can help, even if other endpoints rejected the record.
  const { kind } = failed.find(({ kind }) => kind === "unavailable") ?? failed[0]!;
  throw new Failure(kind, failed.map(({ message }) => message).join("\n"));
}

/** Logs that a record ends within `soon` ms. */
function warnBeforeEnd(name: string, record: SignedRecord, soon: number, world: World): void {
  const ms = left(record, world);
  if (ms <= 0 || ms > soon) return;
  const inTime = ms < day ? `in ${Math.ceil(ms / 3_600_000)} h` : `in ${Math.floor(ms / day)} days`;
  world.log(`${name}: its record ends ${inTime}, on ${record.until.toISOString()}; ${renewal}`);
}

/** Whether an endpoint takes part in routing. True if that can't be determined. */
async function takesPart(at: RecordEndpoint, world: World): Promise<boolean> {
  try {
    return (await at.takesPart?.(world)) ?? true;
  } catch (error) {
    if (isFailure(error) || isTimeout(error)) return true;
    throw error;
  }
}

const renewal = "publish where the private key is at hand, and a new one is signed";

/** The record with the highest sequence, then the latest end: "Record selection" of the specification. */
export function newestOf(records: readonly (SignedRecord | undefined)[]): SignedRecord | undefined {
  const there = records.filter((record) => record !== undefined);
  const later = (a: SignedRecord, b: SignedRecord) =>
    a.sequence === b.sequence ? a.until > b.until : a.sequence > b.sequence;
  return there.length === 0 ? undefined : there.reduce((best, each) => (later(each, best) ? each : best));
}

function statusOf(
  authorities: readonly AuthorityAnswer[],
  newest: SignedRecord | undefined,
  endsSoon: boolean,
): NameStatus {
  const [first] = authorities;
  const agrees = authorities.every(({ value, problem }) => problem === undefined && value === first!.value);
  const ttls = authorities.flatMap(({ ttl }) => ttl ?? []);
  return {
    authorities,
    agrees,
    ...(agrees && first?.value !== undefined && { value: first.value }),
    ...(ttls.length > 0 && { ttl: Math.max(...ttls) }),
    ...(newest && { until: newest.until.toISOString() }),
    ...(endsSoon && { endsSoon }),
  };
}

function left({ until }: SignedRecord, world: World): number {
  return until.getTime() - world.now().getTime();
}

function ended(record: SignedRecord, world: World): boolean {
  return left(record, world) <= 0;
}

/** Whether a single request timed out, rather than the whole run: the answers of other endpoints are still valid. */
function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
