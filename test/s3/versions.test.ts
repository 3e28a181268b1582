/** Versions of objects: enabled, suspended, listed, read, copied and removed. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { byBytes } from "../../pipeline/core/text/order.ts";
import { versionPage } from "../../pipeline/s3/operations/versions.ts";
import type { Version } from "../../pipeline/s3/store/object.ts";
import { texts } from "./client.ts";
import { fresh, type Gateway } from "./gateway.ts";

const versioning = ({ ask }: Gateway, status: string) =>
  ask(
    "data",
    { versioning: "" },
    { method: "PUT", body: `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>` },
  );
const listed = async ({ ask }: Gateway, query: Record<string, string> = {}) =>
  (await ask("data", { versions: "", ...query })).text();
const idOf = (answer: Response) => answer.headers.get("x-amz-version-id")!;

it("every write of an object is there under its version ID, and a removal hides it", async () => {
  const all = await fresh();
  const { put, get, ask } = all;
  expect((await put("x", "before")).headers.get("x-amz-version-id")).toBeNull();
  expect((await versioning(all, "Enabled")).status).toBe(200);
  expect(texts(await (await ask("data", { versioning: "" })).text(), "Status")).toEqual(["Enabled"]);
  const first = idOf(await put("x", "first"));
  const second = idOf(await put("x", "second"));
  const read = async (versionId: string) => (await ask("data/x", { versionId })).text();
  expect(await Promise.all([read("null"), read(first), read(second)])).toEqual(["before", "first", "second"]);
  const removed = await ask("data/x", {}, { method: "DELETE" });
  expect(removed.headers.get("x-amz-delete-marker")).toBe("true");
  const gone = await get("x");
  expect([gone.status, gone.headers.get("x-amz-delete-marker"), idOf(gone)]).toEqual([404, "true", idOf(removed)]);
  expect((await ask("data/x", { versionId: idOf(removed) })).status).toBe(405);
  expect(texts(await all.list(), "Key")).toEqual([]);
  expect(texts(await listed(all), "VersionId")).toEqual([second, first, "null", idOf(removed)]);
  expect((await ask("data", {}, { method: "DELETE" })).status).toBe(409);

  // Without the marker the version before it is the newest again.
  const undone = await ask("data/x", { versionId: idOf(removed) }, { method: "DELETE" });
  expect(undone.headers.get("x-amz-delete-marker")).toBe("true");
  expect(await (await get("x")).text()).toBe("second");
  await ask("data/x", { versionId: second }, { method: "DELETE" });
  expect(await (await get("x")).text()).toBe("first");
  expect(texts(await (await ask("data/x", { versionId: "unknown" })).text(), "Code")).toEqual(["NoSuchVersion"]);
});

it("while versioning is suspended, writes and removals replace the version null and leave the others", async () => {
  const all = await fresh();
  const { put, get, ask } = all;
  await versioning(all, "Enabled");
  const first = idOf(await put("x", "first"));
  await versioning(all, "Suspended");
  expect((await put("x", "one")).headers.get("x-amz-version-id")).toBeNull();
  await put("x", "two");
  expect(idOf(await get("x"))).toBe("null");
  expect(texts(await listed(all), "VersionId")).toEqual(["null", first]);
  const removed = await ask("data/x", {}, { method: "DELETE" });
  expect([removed.headers.get("x-amz-delete-marker"), idOf(removed)]).toEqual(["true", "null"]);
  expect((await get("x")).status).toBe(404);
  expect(await (await ask("data/x", { versionId: first })).text()).toBe("first");
});

it("tags, copies and many removals name a version", async () => {
  const all = await fresh();
  const { put, get, ask } = all;
  await versioning(all, "Enabled");
  const first = idOf(await put("x", "first"));
  await put("x", "second");
  const body = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
  const tagged = await ask("data/x", { tagging: "", versionId: first }, { method: "PUT", body });
  expect([tagged.status, idOf(tagged)]).toEqual([200, first]);
  expect(texts(await (await ask("data/x", { tagging: "" })).text(), "Key")).toEqual([]);
  expect(texts(await (await ask("data/x", { tagging: "", versionId: first })).text(), "Key")).toEqual(["k"]);
  const headers = { "x-amz-copy-source": `data/x?versionId=${first}` };
  const copied = await ask("data/x", {}, { method: "PUT", headers });
  expect(copied.headers.get("x-amz-copy-source-version-id")).toBe(first);
  expect(await (await get("x")).text()).toBe("first");
  expect((await get("x")).headers.get("x-amz-tagging-count")).toBe("1");
  const named = [first, "null", idOf(copied)].map((id) => `<Object><Key>x</Key><VersionId>${id}</VersionId></Object>`);
  const many = `<Delete>${named.join("")}<Object><Key>new</Key></Object></Delete>`;
  const removed = await (await ask("data", { delete: "" }, { method: "POST", body: many })).text();
  expect(texts(removed, "VersionId")).toEqual([first, "null", idOf(copied)]);
  expect(texts(removed, "DeleteMarker")).toEqual(["true"]);
  expect(await (await get("x")).text()).toBe("second");
});

it("lists of versions come in pages that together are the whole list, whatever is asked", () => {
  const segment = fc.constantFrom("a", "b", "é", "🌊", "");
  const keys = fc.uniqueArray(
    fc
      .array(segment, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"))
      .filter((key) => key !== ""),
  );
  const counts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 });
  fc.assert(
    fc.property(
      keys,
      counts,
      segment,
      fc.constantFrom("", "/", "b"),
      fc.integer({ min: 1, max: 5 }),
      (all, many, prefix, delimiter, limit) => {
        const sorted = [...all].sort(byBytes);
        const allKeysFrom = (from: string) => sorted.filter((key) => byBytes(key, from) >= 0);
        const versionsOf = (key: string): Version[] =>
          Array.from({ length: many[sorted.indexOf(key) % many.length]! }, (_, i) => ({
            deleted: true,
            modified: i,
            version: `v${i}`,
          }));
        const seen: string[] = [];
        let [after, afterVersion]: [string, string | undefined] = ["", undefined];
        for (let pages = 0; pages < 300; pages++) {
          const page = versionPage({ allKeysFrom, versionsOf }, { prefix, delimiter, after, afterVersion, limit });
          expect(page.versions.length + page.prefixes.length).toBeLessThanOrEqual(limit);
          seen.push(
            ...[...page.versions.map(({ key, version }) => `${key} ${version.version}`), ...page.prefixes].sort(
              byBytes,
            ),
          );
          if (!page.next) break;
          ({ key: after } = page.next);
          afterVersion = page.next.version;
        }
        const expected = sorted
          .filter((key) => key.startsWith(prefix))
          .flatMap((key) => {
            const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
            if (end >= 0) return [key.slice(0, end + delimiter.length)];
            return versionsOf(key).map(({ version }) => `${key} ${version}`);
          });
        expect(seen.sort(byBytes)).toEqual([...new Set(expected)].sort(byBytes));
      },
    ),
    { numRuns: 300 },
  );
});
