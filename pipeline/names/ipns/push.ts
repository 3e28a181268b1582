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
import type { RecordEndpoint } from "./endpoints.ts";
import { newestOf, type RecordAttachments } from "./ipns.ts";
import { readRecord, type SignedRecord, signRecord } from "./record.ts";

export interface PushTarget {
  /** The key's public name, `k51…`. */
  readonly name: string;
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
  /** Where newer records may be found besides; one that does not answer is passed over. */
  readonly readers: readonly RecordEndpoint[];
  readonly attachments: RecordAttachments;
}

/** ms for which a record is valid, and s for which resolvers may cache it. */
const lifetime = 365 * 86_400_000;
const ttl = 60;
/** A new record is signed where the present one ends within this time. ms */
const soon = 30 * 86_400_000;

/** Both are put at the same time; ends of validity are too coarse to tell them apart. */
const wins = (a: SignedRecord, b: SignedRecord) =>
  a.sequence === b.sequence ? a.value > b.value : a.sequence > b.sequence;

/** ms to wait at least before the last check for another push. */
const settling = 300;

export function pushTarget({ name, signer, endpoints, readers, attachments }: PushOptions): PushTarget {
  const file = `ipns/${name}`;
  const publicKey = publicKeyOf(name);
  if (!publicKey) {
    throw new Failure("input", `${name} is no ed25519 key's name`, { hint: "fieldtree key new makes a key" });
  }

  const readAt = async (at: RecordEndpoint, world: World): Promise<SignedRecord | undefined> => {
    const bytes = await at.get(name, world);
    const record = bytes && (await readRecord(bytes, publicKey));
    if (typeof record !== "string") return record;
    throw new Failure("unavailable", `${at.name} gave a record that ${record}`);
  };

  /** `otherwise`: what counts as the record of one that did not answer. */
  const readAll = (
    from: readonly RecordEndpoint[],
    otherwise: (failure: Failure) => SignedRecord | undefined,
    world: World,
  ) =>
    Promise.all(
      from.map(async (at) => {
        try {
          return await readAt(at, world);
        } catch (error) {
          if (!isFailure(error)) throw error;
          return otherwise(error);
        }
      }),
    );

  const ask = (world: World) =>
    readAll(
      endpoints,
      (cause) => {
        throw new Failure("unavailable", `${name} could not be resolved: ${cause.message}`, {
          hint: "nothing was published: what is there now may be newer",
          cause,
        });
      },
      world,
    );

  const stored = async (world: World) => {
    const bytes = await attachments.read(file, world);
    const record = bytes && (await readRecord(bytes, publicKey));
    return typeof record === "string" ? undefined : record;
  };

  const current: PushTarget["current"] = async (world) => {
    const answers = await Promise.all([ask(world), readAll(readers, () => undefined, world)]);
    return newestOf(answers.flat());
  };

  const putAll = async (record: SignedRecord, world: World) => {
    await Promise.all(endpoints.map((at) => at.put(name, record.bytes, world)));
  };

  /**
   * Another put with the same number may have replaced `ours`, at some endpoints or at all. Where both are found, both pushes see
   * the same two records, and only the one that comes last in the same order puts its own again.
   *
   * @throws Failure `conflict` where the other one has won.
   */
  const assertOurs = async (ours: SignedRecord, world: World) => {
    const found = await ask(world);
    const others = found.filter((record) => record !== undefined && record.value !== ours.value);
    const isThere = found.some((record) => record?.value === ours.value && record.sequence === ours.sequence);
    const better = others.find((other) => other && (!isThere || wins(other, ours)) && other.sequence >= ours.sequence);
    if (better) {
      throw new Failure("conflict", `${name} was pushed to ${better.value} at the same time`, {
        hint: `look at it with fieldtree pull ipns://${name}, then push again`,
      });
    }
    if (others.length > 0) await putAll(ours, world);
  };

  return {
    name,
    current,

    async put(value, expected, world) {
      const began = performance.now();
      const now = await current(world);
      if (now?.sequence !== expected?.sequence || now?.value !== expected?.value) {
        throw new Failure(
          "conflict",
          `${name} is ${now?.value ?? "nothing"} now, and was ${expected?.value ?? "nothing"}`,
          {
            hint: "another push came between: run it again",
          },
        );
      }
      if (now?.value === value && now.until.getTime() - world.now().getTime() > soon) {
        await putAll(now, world);
        return now;
      }
      const newest = newestOf([now, await stored(world)]);
      const sequence = (newest?.sequence ?? 0n) + 1n;
      const record = await publish(value, sequence, world);
      await assertOurs(record, world);
      await world.sleep(Math.max(settling, 2 * (performance.now() - began)));
      await assertOurs(record, world);
      return record;
    },

    async republish(world) {
      const newest = newestOf([await stored(world), await current(world)]);
      if (!newest)
        throw new Failure("input", `there is no record of ${name} to put again`, {
          hint: "fieldtree push signs the first",
        });
      if (newest.until <= world.now()) {
        throw new Failure("drift", `the record of ${name} ended on ${newest.until.toISOString()}`, {
          hint: "push where the private key is at hand, and a new one is signed",
        });
      }
      await putAll(newest, world);
    },
  };

  async function publish(value: string, sequence: bigint, world: World): Promise<SignedRecord> {
    switch (signer.kind) {
      case "none":
        throw new Failure("input", `the private key of ${name} is not at hand`, {
          hint: "--key FILE, as fieldtree key new wrote it; the variable that names: in campaign.yaml has for it; or a Kubo that has it",
        });
      case "key": {
        const until = new Date(world.now().getTime() + lifetime);
        const record = await signRecord({ value, sequence, ttl, until }, signer.key);
        // Stored before it is put: after a crash in between, no later record gets the same number.
        await attachments.write(file, record.bytes, world);
        await putAll(record, world);
        return record;
      }
      case "kubo": {
        await signer.at.publish?.(signer.called, value, { lifetime, ttl }, world);
        const record = await readAt(signer.at, world);
        if (record?.value !== value)
          throw new Failure(
            "conflict",
            `${name} is ${record?.value ?? "nothing"} at ${signer.at.name}, after it took ${value}`,
          );
        await attachments.write(file, record.bytes, world);
        await Promise.all(endpoints.filter((at) => at !== signer.at).map((at) => at.put(name, record.bytes, world)));
        return record;
      }
    }
  }
}
