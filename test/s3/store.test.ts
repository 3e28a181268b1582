/** How a bucket is stored: ledgers of older versions, checkpoints, and the compact memory of many keys. */
import { existsSync } from "node:fs";
import { appendFile, copyFile, mkdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { byBytes } from "../../pipeline/core/text/order.ts";
import { folds } from "../../pipeline/s3/blocks/fold.ts";
import { readCheckpoint, snapshotOf } from "../../pipeline/s3/ledger/checkpoint.ts";
import { openLedger, readLedger } from "../../pipeline/s3/ledger/ledger.ts";
import { changeOf } from "../../pipeline/s3/ledger/records.ts";
import { openBucket } from "../../pipeline/s3/store/bucket.ts";
import { type StoredObject, type Version, versionIdOf } from "../../pipeline/s3/store/object.ts";
import { rebuilt } from "../../pipeline/s3/store/recorded-state.ts";
import { sortedKeys } from "../../pipeline/s3/store/sorted-keys.ts";
import { versions } from "../../pipeline/s3/store/versions.ts";
import { aFolder } from "../commands/program.ts";
import { testWorld } from "../fakes/world.ts";

const cid = CID.parse("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq");
const object = (modified: number, more: Partial<StoredObject> = {}): StoredObject => ({
  ...{ cid, size: 5, tsize: 5, etag: "5d41402abc4b2a76b9719d911017c592", headers: {}, tags: {}, modified },
  ...more,
});

describe("a ledger of version 1", () => {
  const opened = async () => {
    const folder = await aFolder();
    await copyFile(join(import.meta.dirname, "ledgers/version-1.ledger"), join(folder, "data.ledger"));
    return { folder, bucket: await openBucket(folder, "data", 0) };
  };

  it("reads as the objects and uploads that it was written for", async () => {
    const { bucket } = await opened();
    expect([...bucket.keysFrom("")]).toEqual(["a", "a/b", "done", "tagged"]);
    expect(bucket.get("a")).toEqual(object(1_700_000_000_005, { headers: { "x-amz-meta-n": "second" } }));
    expect(bucket.get("a/b")?.checksum).toEqual({ algorithm: "crc32", value: "NhCmhg==" });
    expect(bucket.get("tagged")?.tags).toEqual({ k: "v" });
    expect(bucket.get("done")).toMatchObject({ etag: "x-1", parts: [5] });
    expect([...bucket.uploads.keys()]).toEqual(["u1"]);
    expect(bucket.uploads.get("u1")?.parts.get(1)?.size).toBe(5);
    expect(bucket.versionsOf("a").map(versionIdOf)).toEqual(["null"]);
    expect(bucket.settings).toEqual({});
    await bucket.close();
  });

  it("goes on with versions", async () => {
    const { folder, bucket } = await opened();
    await bucket.configure({ versioning: "Enabled" });
    const { version } = await bucket.put("a", object(1));
    await bucket.close();
    const again = await openBucket(folder, "data", 0);
    expect(again.versionsOf("a").map(versionIdOf)).toEqual([version, "null"]);
    await again.close();
  });

  it("had metadata as text, which is sent as the bytes that it came as", () => {
    const change = changeOf({ put: "a", object: object(0, { headers: { "x-amz-meta-who": "Ädа", expires: "é" } }) });
    const { headers } = (change as { readonly object: StoredObject }).object;
    expect(Buffer.from(headers["x-amz-meta-who"]!, "latin1").toString()).toBe("Ädа");
    expect(headers.expires).toBe("é");
  });

  it("is refused where a newer version wrote a record", async () => {
    const folder = await aFolder();
    const ledger = await openLedger<object>(join(folder, "data.ledger"), () => undefined);
    await ledger.append({ v: 99, something: "else" });
    await ledger.close();
    await expect(openBucket(folder, "data", 0)).rejects.toMatchObject({ kind: "input" });
  });
});

describe("a checkpoint", () => {
  const files = (folder: string) => [join(folder, "data.ledger"), join(folder, "data.checkpoint")] as const;
  const filled = async () => {
    const folder = await aFolder();
    const bucket = await openBucket(folder, "data", 0);
    await bucket.configure({ versioning: "Enabled", owner: "Ada" });
    await bucket.startUpload({ id: "u", key: "big", headers: {}, tags: {}, started: 0 });
    await bucket.putPart("u", 2, { cid, size: 1, tsize: 1, etag: "e", modified: 1 });
    const puts = Array.from({ length: 1100 }, (_, i) => bucket.put(`k${i % 700}`, object(i)));
    await Promise.all(puts);
    await bucket.remove("k5", { modified: 9 });
    return { folder, bucket };
  };
  const everything = (bucket: Awaited<ReturnType<typeof openBucket>>) => ({
    settings: bucket.settings,
    uploads: [...bucket.uploads],
    versions: [...bucket.allKeysFrom("")].map((key) => [key, bucket.versionsOf(key)]),
    listed: [...bucket.keysFrom("")],
  });

  it("is what the ledger comes to, and rebuilt to the same bytes", async () => {
    const { folder, bucket } = await filled();
    const before = everything(bucket);
    await bucket.close();
    const [, checkpoint] = files(folder);
    const bytes = await readFile(checkpoint);
    const again = await openBucket(folder, "data", 0);
    expect(everything(again)).toEqual(before);
    await again.close();
    await rm(checkpoint);
    await (await openBucket(folder, "data", 0)).close();
    expect((await readFile(checkpoint)).equals(bytes)).toBe(true);
  });

  it("is written while the bucket is in use, and is what the ledger came to at its place, whatever changed meanwhile", async () => {
    const folder = await aFolder();
    const [ledger, checkpoint] = files(folder);
    const bucket = await openBucket(folder, "data", 0, { checkpointEvery: 30_000 });
    await bucket.configure({ versioning: "Enabled", owner: "Ada" });
    const change = async (i: number) => {
      // Some before, some behind what is being written, some new, some gone.
      const key = `k${(i * 7919) % 1800}`;
      await bucket.put(key, object(i));
      if (i % 3 === 0) await bucket.remove(key, { modified: i });
      if (i % 5 === 0)
        for (const { version } of bucket.versionsOf(key)) await bucket.removeVersion(key, version ?? "null");
    };
    const places = new Set<number>();
    for (let round = 0; round < 12; round++) {
      await Promise.all(Array.from({ length: 250 }, (_, i) => change(round * 250 + i)));
      // As a process that is killed now leaves it.
      if (!existsSync(checkpoint)) continue;
      const killed = await aFolder();
      const [ledgerThere, checkpointThere] = files(killed);
      await copyFile(checkpoint, checkpointThere);
      await copyFile(ledger, ledgerThere);
      const { place } = await readCheckpoint(checkpointThere, ledgerThere);
      places.add(place.at);
      if (round % 4 === 3) {
        expect(everything(await openBucket(killed, "data", 0, { readOnly: true }))).toEqual(everything(bucket));
        await truncate(ledgerThere, place.at);
        const then = snapshotOf(await rebuilt(killed, "data"), place).bytes();
        expect(Buffer.concat(await Array.fromAsync(then)).equals(await readFile(checkpointThere))).toBe(true);
      }
    }
    expect(places.size).toBeGreaterThan(3);
    const { place } = await readCheckpoint(checkpoint, ledger);
    expect((await stat(ledger)).size - place.at).toBeLessThan(500_000);
    await bucket.close();
  });

  it("is read together with what came later, without what is before it", async () => {
    const { folder, bucket } = await filled();
    await bucket.close();
    const second = await openBucket(folder, "data", 0);
    await second.put("later", object(5000));
    const before = everything(second);
    await second.close();
    const [ledger] = files(folder);
    const bytes = await readFile(ledger);
    // What is before the checkpoint's place is not read: this would be refused as damage.
    bytes.fill(0, 0, 1000);
    await writeFile(ledger, bytes);
    expect(everything(await openBucket(folder, "data", 0, { readOnly: true }))).toEqual(before);
  });

  it("that is damaged, or of another ledger, counts for nothing", async () => {
    const { folder, bucket } = await filled();
    const before = everything(bucket);
    await bucket.close();
    const [ledger, checkpoint] = files(folder);
    const whole = await readFile(checkpoint);
    const reopened = async () => everything(await openBucket(folder, "data", 0, { readOnly: true }));
    for (const at of [9, whole.length >> 1, whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1;
      await writeFile(checkpoint, damaged);
      expect(await reopened()).toEqual(before);
    }
    await writeFile(checkpoint, whole.subarray(0, whole.length - 30));
    expect(await reopened()).toEqual(before);
    await writeFile(checkpoint, whole);
    const other = await aFolder();
    await mkdir(other, { recursive: true });
    const elsewhere = await openBucket(other, "data", 0);
    for (let i = 0; i < 1300; i++)
      void elsewhere.put(`other${i}`, object(i, { headers: { padding: "x".repeat(200) } }));
    await elsewhere.put("last", object(0));
    await elsewhere.close();
    await copyFile(join(other, "data.ledger"), ledger);
    expect((await reopened()).listed).toContain("last");
    expect((await reopened()).listed).not.toContain("k1");
  });
});

describe("the memory of a bucket", () => {
  const key = fc.constantFrom("a", "b", "a/b", "é", "🌊", "\uffff", "");
  const step = fc.record({
    key,
    id: fc.constantFrom("null", "1", "2"),
    act: fc.constantFrom("put", "mark", "replace", "remove"),
  });

  it("has what a plain map of lists has, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const compact = versions();
        const plain = new Map<string, Version[]>();
        for (const [i, { key, id, act }] of steps.entries()) {
          const named = id === "null" ? {} : { version: id };
          const version: Version = act === "mark" ? { deleted: true, modified: i, ...named } : object(i, named);
          const others = (plain.get(key) ?? []).filter((each) => versionIdOf(each) !== id);
          if (act === "replace") {
            compact.replace(key, version);
            plain.set(
              key,
              (plain.get(key) ?? []).map((each) => (versionIdOf(each) === id ? version : each)),
            );
          } else if (act === "remove") {
            compact.remove(key, id);
            plain.set(key, others);
          } else {
            compact.put(key, version);
            plain.set(key, [version, ...others]);
          }
        }
        const there = [...plain].filter(([, all]) => all.length > 0);
        expect([...compact.allFrom("")]).toEqual(there.map(([key]) => key).sort(byBytes));
        for (const [key, all] of there) expect(compact.all(key)).toEqual(all);
        const live = there.filter(([, [newest]]) => !("deleted" in newest!)).map(([key]) => key);
        expect([...compact.liveFrom("")]).toEqual(live.sort(byBytes));
        expect([compact.size, compact.keys]).toEqual([live.length, there.length]);
      }),
    );
  });

  it("is given back when objects are replaced over and over", () => {
    const compact = versions();
    for (let i = 0; i < 60_000; i++) compact.put(`k${i % 100}`, object(i));
    for (let i = 0; i < 100; i++) expect(compact.all(`k${i}`)).toEqual([object(59_900 + i)]);
  });

  it("lists keys in order while others come and go", () => {
    const keys = sortedKeys();
    const all = Array.from({ length: 5000 }, (_, i) => `k${(i * 7919) % 5000}`);
    for (const each of all) keys.add(each);
    expect([...keys.from("")]).toEqual([...all].sort(byBytes));
    const seen: string[] = [];
    for (const each of keys.from("k2")) {
      seen.push(each);
      // Those that were given may go, and others come before and after.
      keys.remove(each);
      if (each === "k2000") keys.add("k2000a");
    }
    expect(seen).toEqual([...all, "k2000a"].filter((each) => byBytes(each, "k2") >= 0).sort(byBytes));
  });
});

describe("the CID of a bucket", () => {
  const put = async () => undefined;
  const opened = async (...names: readonly string[]) => {
    const folder = await aFolder();
    const buckets = await Promise.all(names.map((name) => openBucket(folder, name, 0)));
    await Promise.all(buckets.map((bucket) => bucket.put("a", object(0))));
    return buckets;
  };

  it("is that of all objects, however many other buckets were asked for theirs meanwhile", async () => {
    const [first, ...others] = await opened("one", "two", "three", "four");
    const { fold } = folds();
    const world = testWorld();
    const before = await fold(first!, { put }, world);
    for (const other of others) await fold(other, { put }, world);
    expect(await fold(first!, { put }, world)).toEqual(before);
    expect(before.objects).toBe(1);
  });

  it("has what changed before a call whose blocks could not be stored", async () => {
    const [bucket] = await opened("data");
    const { fold } = folds();
    const world = testWorld();
    await fold(bucket!, { put }, world);
    await bucket!.put("b", object(1));
    const failing = fold(bucket!, { put: () => Promise.reject(new Error("the disk is full")) }, world);
    const behind = fold(bucket!, { put }, world);
    await expect(failing).rejects.toThrow("the disk is full");
    expect((await behind).objects).toBe(2);
  });
});

it("a ledger whose write failed goes on, without what that write left", async () => {
  const path = join(await aFolder(), "data.ledger");
  const ledger = await openLedger<{ readonly n: number }>(path, () => undefined);
  await ledger.append({ n: 1 });
  // What a write left that was torn: the next one is not appended to it.
  await appendFile(path, Uint8Array.of(9, 0, 0, 0, 1, 2));
  await ledger.append({ n: 2 });
  await ledger.close();
  const read: number[] = [];
  await readLedger<{ readonly n: number }>(path, ({ n }) => read.push(n));
  expect(read).toEqual([1, 2]);
});
