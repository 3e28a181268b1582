/**
 * All writable buckets of a campaign, in its state folder, for one process at a time.
 *
 * ```
 * .fieldtree/s3/lock             the process that has them open
 * .fieldtree/s3/buckets.json     their names, and when they were created
 * .fieldtree/s3/NAME.ledger      what happened to each
 * .fieldtree/s3/NAME.checkpoint  what that came to, some records ago
 * ```
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { Failure } from "../../core/failure.ts";
import { serializedByKey } from "../../core/serialized-by-key.ts";
import { lock } from "../../disk/lock.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import { S3Error } from "../error.ts";
import { type Bucket, openBucket } from "./bucket.ts";
import { filesOf } from "./recorded-state.ts";
import type { SettingsChange } from "./settings.ts";

export interface Buckets {
  list(): readonly Bucket[];
  get(name: string): Bucket | undefined;
  /** @throws S3Error where the name is none that S3 allows, or is there */
  create(name: string, now: number, settings: SettingsChange): Promise<void>;
  /** @throws S3Error where it has versions of objects. Its unfinished uploads end with it */
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Names that are not writable buckets. */
export const isReserved = (name: string): boolean =>
  name === "latest" || name === "portal" || /^release-\d+$/.test(name);

const stored = v.array(v.strictObject({ name: v.string(), created: v.number() }));

/** @throws Failure `refused` where another process has them open */
export async function openBuckets(folder: string, what: string): Promise<Buckets> {
  await mkdir(folder, { recursive: true });
  const locked = await lock(join(folder, "lock"), what);
  const buckets = new Map<string, Bucket>();
  const listFile = listOf(folder);
  const inTurn = serializedByKey();
  // One after another, so that an older list never replaces a newer one.
  const writeList = () =>
    inTurn("/list", () =>
      writeDurably(listFile, JSON.stringify([...buckets.values()].map(({ name, created }) => ({ name, created })))),
    );
  const removeFiles = (name: string) =>
    Promise.all(Object.values(filesOf(folder, name)).map((file) => rm(file, { force: true })));
  try {
    for (const { name, created } of await readList(folder)) buckets.set(name, await openBucket(folder, name, created));
  } catch (error) {
    await Promise.all([...buckets.values()].map((bucket) => bucket.close()));
    await locked.release();
    throw error;
  }

  return {
    list: () => [...buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (name) => buckets.get(name),
    create: (name, now, settings) =>
      inTurn(name, async () => {
        assertName(name);
        if (buckets.has(name)) throw new S3Error("BucketAlreadyOwnedByYou");
        // Files of that name are of a bucket that was removed while its list could not be written.
        await removeFiles(name);
        const created = Math.floor(now / 1000) * 1000;
        const bucket = await openBucket(folder, name, created);
        await bucket.configure(settings);
        buckets.set(name, bucket);
        await writeList();
      }),
    remove: (name) =>
      inTurn(name, async () => {
        const bucket = buckets.get(name);
        if (!bucket) throw new S3Error("NoSuchBucket");
        if (!bucket.isEmpty) throw new S3Error("BucketNotEmpty");
        buckets.delete(name);
        await writeList();
        await bucket.close();
        await removeFiles(name);
      }),
    async close() {
      await Promise.all([...buckets.values()].map((bucket) => bucket.close()));
      await locked.release();
    },
  };
}

/** All buckets as they are now, while another process may be writing. */
export async function readBuckets(folder: string): Promise<readonly Bucket[]> {
  const list = await readList(folder);
  return Promise.all(list.map(({ name, created }) => openBucket(folder, name, created, { readOnly: true })));
}

const listOf = (folder: string) => join(folder, "buckets.json");

/** Names of all buckets. @throws Failure `corrupt` where the list is damaged */
export async function readList(folder: string): Promise<v.InferOutput<typeof stored>> {
  const file = listOf(folder);
  const bytes = await readIfThere(file);
  if (!bytes) return [];
  try {
    return v.parse(stored, JSON.parse(bytes.toString()));
  } catch (cause) {
    throw new Failure("corrupt", `${file} is damaged`, { hint: "restore it from a copy: it lists the buckets", cause });
  }
}

/** S3's own rules for names, and the names of releases. */
function assertName(name: string): void {
  const isValid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|\.-|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^xn--|-s3alias$/.test(name);
  if (!isValid) throw new S3Error("InvalidBucketName");
  if (isReserved(name))
    throw new S3Error("AccessDenied", `${name} is a bucket of the campaign's releases, which are read-only.`);
}
