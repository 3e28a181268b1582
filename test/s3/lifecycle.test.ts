/** Lifecycle rules: what they remove, and when. */
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { openBucket } from "../../pipeline/s3/store/bucket.ts";
import { expire, expiredOf } from "../../pipeline/s3/store/expiry.ts";
import type { StoredObject, Version } from "../../pipeline/s3/store/object.ts";
import type { LifecycleRule } from "../../pipeline/s3/store/settings.ts";
import { aFolder } from "../commands/program.ts";
import { texts } from "./client.ts";
import { fresh } from "./gateway.ts";

const day = 86_400_000;
const cid = CID.parse("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq");
const object = (modified: number, more: Partial<StoredObject> = {}): StoredObject => ({
  ...{ cid, size: 5, tsize: 5, etag: "e", headers: {}, tags: {}, modified },
  ...more,
});
const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  id: "r",
  enabled: true,
  prefix: "",
  tags: {},
  ...more,
});
const expired = (versions: readonly Version[], more: Partial<LifecycleRule>, now: number) =>
  expiredOf("logs/x", versions, [rule(more)], now).map((each) => ("version" in each ? each.version : "newest"));

it.each<[string, readonly Version[], Partial<LifecycleRule>, number, string[]]>([
  ["nothing before the day is over", [object(1)], { days: 1 }, 2 * day - 1, []],
  ["an object when its days are over, at midnight", [object(1)], { days: 1 }, 2 * day, ["newest"]],
  ["nothing by a rule that is disabled", [object(1)], { days: 1, enabled: false }, 9 * day, []],
  ["nothing under another prefix", [object(1)], { days: 1, prefix: "data/" }, 9 * day, []],
  [
    "an object with the tags of the rule",
    [object(1, { tags: { a: "1", b: "2" } })],
    { days: 1, tags: { a: "1" } },
    9 * day,
    ["newest"],
  ],
  ["no object without them", [object(1)], { days: 1, tags: { a: "1" } }, 9 * day, []],
  ["no object that is smaller", [object(1)], { days: 1, larger: 5 }, 9 * day, []],
  ["an object from a date on", [object(1)], { date: 3 * day }, 3 * day, ["newest"]],
  [
    "no object whose newest version is a marker",
    [{ deleted: true, modified: 1, version: "m" }, object(0)],
    { days: 1 },
    9 * day,
    [],
  ],
  ["a marker without older versions", [{ deleted: true, modified: 1, version: "m" }], { markers: true }, 1, ["m"]],
  [
    "versions some days after the next one came",
    [object(5 * day), object(1, { version: "old" })],
    { noncurrentDays: 2 },
    7 * day,
    ["old"],
  ],
  ["none of them before", [object(5 * day), object(1, { version: "old" })], { noncurrentDays: 2 }, 7 * day - 1, []],
  [
    "all but the newest ones that are to stay",
    [object(5), object(4, { version: "d" }), object(3, { version: "c" }), object(2, { version: "b" })],
    { noncurrentDays: 1, newerNoncurrent: 2 },
    9 * day,
    ["b"],
  ],
])("removes %s", (_, versions, more, now, result) => {
  expect(expired(versions, more, now)).toEqual(result);
});

it("are followed: objects, versions, markers and uploads go, what is newer stays", async () => {
  const bucket = await openBucket(await aFolder(), "data", 0);
  await bucket.put("logs/old", object(0));
  await bucket.configure({
    versioning: "Enabled",
    lifecycle: [rule({ prefix: "logs/", days: 3, noncurrentDays: 1 }), rule({ id: "u", uploadDays: 1 })],
  });
  await bucket.put("logs/new", object(9 * day));
  await bucket.put("kept", object(0));
  await bucket.startUpload({ id: "u", key: "big", headers: {}, tags: {}, started: 0 });
  expect(await expire(bucket, 10 * day)).toBe(2);
  expect([...bucket.keysFrom("")]).toEqual(["kept", "logs/new"]);
  expect(bucket.versionsOf("logs/old")).toHaveLength(2);
  expect(bucket.uploads.size).toBe(0);
  // The version behind the marker a day later, and then the marker, which hides nothing any more.
  expect(await expire(bucket, 11 * day)).toBe(1);
  expect(await expire(bucket, 20 * day)).toBeGreaterThan(0);
  expect([...bucket.allKeysFrom("")]).toEqual(["kept", "logs/new"]);
  await bucket.close();
});

const xml = (content: string, filter = "<Filter><Prefix>logs/</Prefix></Filter>") =>
  `<LifecycleConfiguration><Rule><ID>one</ID><Status>Enabled</Status>${filter}${content}</Rule></LifecycleConfiguration>`;

it("are put, read again and deleted", async () => {
  const { ask } = await fresh();
  const put = async (body: string) => {
    const answer = await ask("data", { lifecycle: "" }, { method: "PUT", body });
    return answer.status === 200 ? "OK" : texts(await answer.text(), "Code")[0];
  };
  const both = "<Filter><And><Prefix>logs/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>";
  const actions =
    "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>" +
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>";
  expect(await put(xml(`<Expiration><Days>5</Days></Expiration>${actions}`, both))).toBe("OK");
  const got = await (await ask("data", { lifecycle: "" })).text();
  for (const [name, value] of [
    ["ID", "one"],
    ["Days", "5"],
    ["NoncurrentDays", "3"],
    ["DaysAfterInitiation", "7"],
    ["Prefix", "logs/"],
    ["Key", "k"],
  ] as const)
    expect(texts(got, name)).toEqual([value]);
  expect(await put(xml("<Expiration><Days>0</Days></Expiration>"))).toBe("InvalidArgument");
  expect(await put(xml("<Expiration><Date>2030-01-01T12:00:00Z</Date></Expiration>"))).toBe("InvalidArgument");
  expect(await put(xml("<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"))).toBe(
    "NotImplemented",
  );
  expect(await put(xml(""))).toBe("InvalidRequest");
  expect(await put(xml("<Expiration><Days>1</Days></Expiration>").replace("Enabled", "enabled"))).toBe("MalformedXML");
  expect((await ask("data", { lifecycle: "" }, { method: "DELETE" })).status).toBe(204);
  expect(texts(await (await ask("data", { lifecycle: "" })).text(), "Code")).toEqual(["NoSuchLifecycleConfiguration"]);
});

it("never remove anything earlier than its days", () => {
  const time = fc.integer({ min: 0, max: 20 * day });
  fc.assert(
    fc.property(time, fc.integer({ min: 1, max: 10 }), time, (modified, days, now) => {
      if (now < modified + days * day) expect(expired([object(modified)], { days }, now)).toEqual([]);
      if (now >= modified + (days + 1) * day) expect(expired([object(modified)], { days }, now)).toEqual(["newest"]);
    }),
  );
});
