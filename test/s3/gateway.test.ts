/** The S3 gateway over a real embedded node: what clients store is there, under any key, and nothing that was not signed. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFile, readFile, truncate, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { byBytes } from "../../pipeline/core/text/order.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { checksumOf } from "../../pipeline/s3/auth/checksums.ts";
import { combined } from "../../pipeline/s3/auth/combined-crc.ts";
import { keyOf, pathOf } from "../../pipeline/s3/blocks/names.ts";
import { pageOf } from "../../pipeline/s3/operations/list.ts";
import { serveS3 } from "../../pipeline/s3/server.ts";
import { aFolder } from "../commands/program.ts";
import { testWorld } from "../fakes/world.ts";
import { accessKey, type Sent, texts } from "./client.ts";
import { fresh, type Gateway, gateway, reader } from "./gateway.ts";

const awkward = [
  "a",
  "a/b",
  "c//d",
  "e/",
  "f",
  "f/",
  "/g",
  "h/../i",
  "./j",
  "k/./l",
  "x".repeat(1024),
  "n\0m",
  "o\x01p",
  "É",
  "E\u0301",
  "q%2Fr",
  "..",
  "=s3=",
  "a b+c&d=e?f#g",
  "🌊",
];

describe("objects", () => {
  it("are there under any key that S3 allows, and listed in byte order", async () => {
    const { put, get, list } = await fresh();
    for (const key of awkward) expect((await put(key, `about ${key}`)).status).toBe(200);
    for (const key of awkward) expect(await (await get(key)).text()).toBe(`about ${key}`);
    expect(texts(await list(), "Key")).toEqual([...awkward].sort(byBytes));
  });

  it("have the MD5 as ETag, their metadata, their type and their CID", async () => {
    const { put, get } = await fresh();
    const headers = { "content-type": "text/plain", "x-amz-meta-who": "Ada", "x-amz-tagging": "a=1&b=2" };
    const stored = await put("hello", "hello", { headers });
    const etag = `"${createHash("md5").update("hello").digest("hex")}"`;
    expect(stored.headers.get("etag")).toBe(etag);
    const { headers: read } = await get("hello");
    expect(read.get("etag")).toBe(etag);
    expect(read.get("content-type")).toBe("text/plain");
    expect(read.get("x-amz-meta-who")).toBe("Ada");
    expect(read.get("x-amz-tagging-count")).toBe("2");
    expect(read.get("x-ipfs-path")).toBe("/ipfs/bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq");
  });

  it("are read in ranges and under conditions, as HTTP has them", async () => {
    const { put, get } = await fresh();
    const etag = (await put("digits", "0123456789")).headers.get("etag")!;
    const range = async (text: string) => {
      const answer = await get("digits", { headers: { range: text } });
      return [answer.status, answer.headers.get("content-range"), answer.status === 416 ? "" : await answer.text()];
    };
    expect(await range("bytes=2-4")).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await range("bytes=-3")).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await range("bytes=8-")).toEqual([206, "bytes 8-9/10", "89"]);
    expect(await range("bytes=10-")).toEqual([416, null, ""]);
    const status = async (headers: Record<string, string>) => (await get("digits", { headers })).status;
    expect(await status({ "if-none-match": etag })).toBe(304);
    expect((await get("digits", { headers: { "if-none-match": etag } })).headers.get("etag")).toBe(etag);
    expect(await status({ "if-match": '"other"' })).toBe(412);
    expect(await status({ "if-modified-since": new Date(Date.now() + 60_000).toUTCString() })).toBe(304);
  });

  it("are written on conditions, of which one of many at once can be true", async () => {
    const { put } = await fresh();
    const headers = { "if-none-match": "*" };
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => put("once", `writer ${i}`, { headers })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)]);
    expect((await put("once", "changed", { headers: { "if-match": '"wrong"' } })).status).toBe(412);
    expect((await put("none", "new", { headers: { "if-match": '"any"' } })).status).toBe(404);
  });

  it("are copied by their CID, removed one by one and together", async () => {
    const { put, get, ask, list } = await fresh();
    await put("from", "bytes", { headers: { "x-amz-meta-a": "1" } });
    const copied = await ask("data/to", {}, { method: "PUT", headers: { "x-amz-copy-source": "/data/from" } });
    expect(texts(await copied.text(), "ETag")).toHaveLength(1);
    expect((await get("to")).headers.get("x-ipfs-path")).toBe((await get("from")).headers.get("x-ipfs-path"));
    expect((await get("to")).headers.get("x-amz-meta-a")).toBe("1");
    expect((await ask("data/from", {}, { method: "PUT", headers: { "x-amz-copy-source": "data/from" } })).status).toBe(
      400,
    );
    await put("third", "");
    expect((await ask("data/third", {}, { method: "DELETE" })).status).toBe(204);
    const body = "<Delete><Object><Key>from</Key></Object><Object><Key>never there</Key></Object></Delete>";
    const removed = await ask("data", { delete: "" }, { method: "POST", body });
    expect(texts(await removed.text(), "Key")).toEqual(["from", "never there"]);
    expect(texts(await list(), "Key")).toEqual(["to"]);
    expect((await ask("data", {}, { method: "DELETE" })).status).toBe(409);
  });

  it("have tags and attributes", async () => {
    const { put, ask } = await fresh();
    await put("x", "abc", { headers: { "x-amz-checksum-crc32": crc("abc") } });
    const tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v &amp; w</Value></Tag></TagSet></Tagging>";
    expect((await ask("data/x", { tagging: "" }, { method: "PUT", body: tags })).status).toBe(200);
    expect(texts(await (await ask("data/x", { tagging: "" })).text(), "Value")).toEqual(["v & w"]);
    const wanted = { "x-amz-object-attributes": "ETag,ObjectSize,Checksum" };
    const attributes = await (await ask("data/x", { attributes: "" }, { headers: wanted })).text();
    expect([texts(attributes, "ObjectSize"), texts(attributes, "ChecksumCRC32")]).toEqual([["3"], [crc("abc")]]);
  });
});

const crc = (text: string | Uint8Array) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString("base64");
};

describe("a multipart upload", () => {
  const mib = 2 ** 20;
  const part = (size: number, seed: number) => Uint8Array.from({ length: size }, (_, i) => (i * seed) >> 3);

  async function upload({ ask }: Gateway, key: string, parts: readonly Uint8Array[]): Promise<Response> {
    const id = texts(await (await ask(`data/${key}`, { uploads: "" }, { method: "POST" })).text(), "UploadId")[0]!;
    const etags: string[] = [];
    for (const [i, body] of parts.entries()) {
      const stored = await ask(`data/${key}`, { uploadId: id, partNumber: String(i + 1) }, { method: "PUT", body });
      etags.push(stored.headers.get("etag")!);
    }
    expect(texts(await (await ask(`data/${key}`, { uploadId: id })).text(), "PartNumber")).toHaveLength(parts.length);
    expect(texts(await (await ask("data", { uploads: "" })).text(), "UploadId")).toEqual([id]);
    const named = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const body = `<CompleteMultipartUpload>${named.join("")}</CompleteMultipartUpload>`;
    return ask(`data/${key}`, { uploadId: id }, { method: "POST", body });
  }

  it.each([
    ["on the borders of chunks", [5 * mib, 5 * mib, 1000]],
    ["anywhere", [5 * mib + 1, 5 * mib + 7, 3]],
  ])("has the CID that add gives the whole, where its parts end %s", async (_, sizes) => {
    const all = await fresh();
    const parts = sizes.map((size, i) => part(size, i + 3));
    expect((await upload(all, "big", parts)).status).toBe(200);
    const whole = Buffer.concat(parts);
    const { headers } = await all.get("big", { method: "HEAD" });
    expect(headers.get("x-ipfs-path")).toBe(`/ipfs/${fileOf(whole, profiles["cid-v1"], () => undefined).cid}`);
    expect(headers.get("etag")).toMatch(/^"[0-9a-f]{32}-3"$/);
    expect(Buffer.from(await (await all.get("big")).arrayBuffer()).equals(whole)).toBe(true);
    const second = await all.ask("data/big", { partNumber: "2" });
    expect([second.status, second.headers.get("x-amz-mp-parts-count")]).toEqual([206, "3"]);
  });

  it("has the checksum that its client asks for, of the whole or of its parts, and is completed once however often it is asked", async () => {
    const { ask } = await fresh();
    const bodies = [part(5 * mib, 3), part(10, 5)];
    for (const [algorithm, type, expected] of [
      ["crc32", "FULL_OBJECT", crc(Buffer.concat(bodies))],
      ["crc32", "COMPOSITE", `${crc(Buffer.concat(bodies.map((body) => Buffer.from(crc(body), "base64"))))}-2`],
      ["crc64nvme", "FULL_OBJECT", undefined],
    ] as const) {
      const key = `${algorithm} ${type}`;
      const headers = { "x-amz-checksum-algorithm": algorithm.toUpperCase(), "x-amz-checksum-type": type };
      const begun = await ask(`data/${key}`, { uploads: "" }, { method: "POST", headers });
      const uploadId = texts(await begun.text(), "UploadId")[0]!;
      const named = await Promise.all(
        bodies.map(async (body, i) => {
          const stored = await ask(`data/${key}`, { uploadId, partNumber: String(i + 1) }, { method: "PUT", body });
          return `<Part><PartNumber>${i + 1}</PartNumber><ETag>${stored.headers.get("etag")}</ETag></Part>`;
        }),
      );
      const body = `<CompleteMultipartUpload>${named.join("")}</CompleteMultipartUpload>`;
      // A checksum in the headers is that of the object, not that of the list of parts.
      const right = expected === undefined ? undefined : { "x-amz-checksum-crc32": expected };
      const wrong = { [`x-amz-checksum-${algorithm}`]: "AAAAAA==" };
      const refused = await ask(`data/${key}`, { uploadId }, { method: "POST", body, headers: wrong });
      expect(texts(await refused.text(), "Code")).toEqual(["BadDigest"]);
      for (let time = 0; time < 2; time++) {
        const sent: Sent = { method: "POST", body, ...(right && { headers: right }) };
        const done = await (await ask(`data/${key}`, { uploadId }, sent)).text();
        expect(texts(done, "ChecksumType")).toEqual([type]);
        if (expected) expect(texts(done, "ChecksumCRC32")).toEqual([expected]);
      }
      const checked = await ask(`data/${key}`, { partNumber: "2" }, { headers: { "x-amz-checksum-mode": "ENABLED" } });
      expect(checked.headers.get("x-amz-checksum-type")).toBe(type);
      if (expected) expect(checked.headers.get("x-amz-checksum-crc32")).toBe(crc(bodies[1]!));
      const wanted = { "x-amz-object-attributes": "ObjectParts,Checksum" };
      const attributes = await (await ask(`data/${key}`, { attributes: "" }, { headers: wanted })).text();
      expect([texts(attributes, "Size"), texts(attributes, "PartsCount")]).toEqual([[String(5 * mib), "10"], ["2"]]);
    }
    const unknown = { "x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-type": "FULL_OBJECT" };
    const begun = await ask("data/x", { uploads: "" }, { method: "POST", headers: unknown });
    expect(texts(await begun.text(), "Code")).toEqual(["InvalidRequest"]);
  });

  it("is refused where a part is too small, unknown or out of order, and can be given up", async () => {
    const all = await fresh();
    const refused = await upload(all, "small", [part(10, 1), part(10, 2)]);
    expect(texts(await refused.text(), "Code")).toEqual(["EntityTooSmall"]);
    const id = texts(await (await all.ask("data", { uploads: "" })).text(), "UploadId")[0]!;
    expect((await all.ask("data/small", { uploadId: id }, { method: "DELETE" })).status).toBe(204);
    expect(texts(await (await all.ask("data/small", { uploadId: id })).text(), "Code")).toEqual(["NoSuchUpload"]);
  });
});

describe("a request", () => {
  it.each([
    ["of nobody", {}, "AccessDenied"],
    ["of someone unknown", { key: { id: "NOBODY", secret: "x" } }, "InvalidAccessKeyId"],
    ["with the wrong secret", { key: { id: accessKey.id, secret: "wrong" } }, "SignatureDoesNotMatch"],
    ["of an hour ago", { date: new Date(Date.now() - 3_600_000) }, "RequestTimeTooSkewed"],
    ["whose body is another", { spoil: () => "other" }, "XAmzContentSHA256Mismatch"],
    ["of a reader", { key: reader }, "AccessDenied"],
    ["with a wrong MD5", { headers: { "content-md5": createHash("md5").update("x").digest("base64") } }, "BadDigest"],
    ["with a wrong checksum", { headers: { "x-amz-checksum-crc32": crc("x") } }, "BadDigest"],
    ["for encryption", { headers: { "x-amz-server-side-encryption": "AES256" } }, "NotImplemented"],
  ])("%s stores nothing", async (_, sent: Sent, code) => {
    const { put, get, url } = await fresh();
    const answer =
      Object.keys(sent).length === 0
        ? await fetch(`${url}/data/x`, { method: "PUT", body: "body" })
        : await put("x", "body!", sent);
    expect(texts(await answer.text(), "Code")).toEqual([code]);
    expect((await get("x")).status).toBe(404);
  });

  it("may have metadata in UTF-8 or in Latin-1, and gives the same bytes again", async () => {
    const { put, get } = await fresh();
    for (const [key, bytes] of [
      ["utf8", Buffer.from("Ädа", "utf8")],
      ["latin1", Buffer.from("Ada Lovelacé", "latin1")],
    ] as const) {
      const headers = { "x-amz-meta-who": bytes.toString("latin1") };
      const signedAs = { "x-amz-meta-who": key === "utf8" ? bytes.toString("utf8") : bytes.toString("latin1") };
      expect((await put(key, "x", { headers, signedAs })).status, key).toBe(200);
      expect((await get(key)).headers.get("x-amz-meta-who")).toBe(bytes.toString("latin1"));
    }
  });

  it("in chunks is verified chunk by chunk, trailer and all", async () => {
    const { put, get } = await fresh();
    const chunks = ["some bytes, ", "and more"];
    const trailer = { "x-amz-checksum-crc32": crc(chunks.join("")) };
    for (const sent of [
      { chunks },
      { chunks, trailer },
      { chunks, trailer, payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER" },
    ]) {
      expect((await put("x", "", sent)).status).toBe(200);
      expect(await (await get("x")).text()).toBe(chunks.join(""));
    }
    const other = (digit: string) => (digit === "0" ? "1" : "0");
    const spoils: readonly (readonly [string, (body: string) => string])[] = [
      ["a byte of a chunk", (body) => body.replace("some", "same")],
      ["the signature of a chunk", (body) => body.replace(/(?<=signature=)./, other)],
      ["the trailer", (body) => body.replace(/crc32:./, "crc32:!")],
      ["the signature of the trailer", (body) => body.replace(/(?<=trailer-signature:)./, other)],
      ["the end", (body) => body.slice(0, body.indexOf("and more") + 3)],
    ];
    for (const [what, spoil] of spoils) {
      const key = `spoiled ${what}`;
      const answer = await put(key, "", { chunks, trailer, spoil }).catch(() => undefined);
      expect(answer?.status ?? 400, what).toBeGreaterThanOrEqual(400);
      expect((await get(key)).status, what).toBe(404);
    }
  });

  it("that waits to be asked for its body is asked only where it may write", async () => {
    const { url, get, put } = await fresh();
    const asked = async (headers: Record<string, string>): Promise<boolean> => {
      const sent = request(`${url}/data/large`, { method: "PUT", headers: { expect: "100-continue", ...headers } });
      const continued = once(sent, "continue").then(() => true);
      const answered = once(sent, "response").then(() => false);
      sent.flushHeaders();
      const result = await Promise.race([continued, answered]);
      sent.destroy();
      return result;
    };
    expect(await asked({ "content-length": "1000000" })).toBe(false);
    expect((await put("large", "body", { headers: { expect: "100-continue" } })).status).toBe(200);
    expect(await (await get("large")).text()).toBe("body");
  });

  it("with hostile XML is malformed", async () => {
    const { ask } = await fresh();
    const bodies = [
      "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><Delete><Object><Key>&a;</Key></Object></Delete>",
      "<Delete><Object>",
      "not xml",
      `<Delete>${"<a>".repeat(50)}${"</a>".repeat(50)}</Delete>`,
      "<Other/>",
    ];
    for (const body of bodies) {
      const answer = await ask("data", { delete: "" }, { method: "POST", body });
      expect(texts(await answer.text(), "Code")).toEqual(["MalformedXML"]);
    }
  });
});

describe("lists", () => {
  it("are what sorting and cutting all keys gives, whatever is asked", () => {
    const segment = fc.constantFrom("a", "b", "ab", "é", "🌊", "", "\ud7ff");
    const keys = fc.uniqueArray(
      fc
        .array(segment, { minLength: 1, maxLength: 4 })
        .map((parts) => parts.join("/"))
        .filter((key) => key !== ""),
    );
    fc.assert(
      fc.property(
        keys,
        segment,
        fc.constantFrom("", "/", "b"),
        fc.integer({ min: 1, max: 5 }),
        (all, prefix, delimiter, most) => {
          const sorted = [...all].sort(byBytes);
          const keysFrom = (from: string) => sorted.filter((key) => byBytes(key, from) >= 0);
          const seen: string[] = [];
          let after = "";
          for (let pages = 0; pages < 200; pages++) {
            const page = pageOf({ keysFrom }, { prefix, delimiter, after, most });
            expect(page.keys.length + page.prefixes.length).toBeLessThanOrEqual(most);
            seen.push(...[...page.keys, ...page.prefixes].sort(byBytes));
            if (page.next === undefined) break;
            after = page.next;
          }
          const folded = sorted
            .filter((key) => key.startsWith(prefix) && key !== "")
            .map((key) => {
              const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
              return end < 0 ? key : key.slice(0, end + delimiter.length);
            });
          expect(seen).toEqual([...new Set(folded)]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("come in pages, old and new", async () => {
    const { put, ask, list } = await fresh();
    for (const key of ["a", "b/1", "b/2", "c"]) await put(key, key);
    const first = await list({ "max-keys": "2", delimiter: "/" });
    expect([texts(first, "Key"), texts(first, "Prefix")]).toEqual(
      [["a"], ["", "b/"].slice(1)].map((each, i) => (i === 0 ? each : expect.arrayContaining(["b/"]))),
    );
    const token = texts(first, "NextContinuationToken")[0]!;
    expect(texts(await list({ "max-keys": "2", delimiter: "/", "continuation-token": token }), "Key")).toEqual(["c"]);
    const old = await (await ask("data", { marker: "b/1" })).text();
    expect(texts(old, "Key")).toEqual(["b/2", "c"]);
    expect(texts(await list({ "encoding-type": "url", prefix: "b/" }), "Key")).toEqual(["b/1", "b/2"]);
  });
});

describe("a bucket", () => {
  it("is a folder whose paths lead back to its keys, whichever these are", () => {
    const segment = fc.oneof(
      fc.constantFrom("", ".", "..", "=s3=", "=s3=a", "a", "a\0"),
      fc.string({ unit: "grapheme", maxLength: 4 }),
    );
    const keys = fc.uniqueArray(
      fc
        .array(segment, { minLength: 1, maxLength: 3 })
        .map((parts) => parts.join("/"))
        .filter((key) => key !== ""),
    );
    fc.assert(
      fc.property(keys, (all) => {
        const isFolder = (key: string) => all.some((other) => other.startsWith(`${key}/`));
        const paths = all.map((key) => pathOf(key, isFolder));
        expect(paths.map(keyOf)).toEqual(all);
        expect(new Set(paths).size).toBe(all.length);
        // No file is a folder of another.
        for (const path of paths) expect(paths.some((other) => other.startsWith(`${path}/`))).toBe(false);
      }),
    );
  });

  it("has a CID, that of the same files added", async () => {
    const { put, ask } = await fresh();
    await put("one", "hello");
    await put("sub/two", "hello");
    const { status, headers } = await ask("data", { "fieldtree-cid": "" });
    expect([status, headers.get("content-type")]).toEqual([200, "text/plain"]);
    const text = (await (await ask("data", { "fieldtree-cid": "" })).text()).trim();
    // ipfs add -r -H --cid-version=1 of a folder with these two files
    expect(text).toBe("bafybeia5dl72z5woxdlbclnnfgx4owybh7latcrm6wxa3tsi5r76jgn2fq");
    expect(CID.parse(text).code).toBe(0x70);
  });

  it("is as it was after a restart, without what a crash left of a last record", async () => {
    const folder = await aFolder();
    const before = await gateway(folder);
    for (const key of awkward) await before.put(key, key);
    await before.ask("data/a", {}, { method: "DELETE" });
    const listed = await before.list();
    await before.stop();
    const ledger = join(folder, ".fieldtree", "s3", "data.ledger");
    const whole = await readFile(ledger);
    await appendFile(ledger, Uint8Array.of(200, 0, 0, 0, 1, 2, 3, 4, 5));
    const after = await gateway(folder);
    expect(texts(await after.list(), "Key")).toEqual(texts(listed, "Key"));
    expect(texts(await after.list(), "LastModified")).toEqual(texts(listed, "LastModified"));
    expect(await (await after.get("🌊")).text()).toBe("🌊");
    await after.stop();
    expect((await readFile(ledger)).equals(whole)).toBe(true);
    // A last record that is cut off was never acknowledged.
    await truncate(ledger, whole.length - 1);
    await (await gateway(folder)).stop();
    expect((await readFile(ledger)).length).toBeLessThan(whole.length - 1);
    await writeFile(join(folder, ".fieldtree", "s3", "buckets.json"), "[{]");
    await expect(gateway(folder)).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("has a port of its own, and one that is taken is named", async () => {
    const { url } = await fresh();
    const s3 = {} as Parameters<typeof serveS3>[0]["s3"];
    const serving = { s3, host: "127.0.0.1", port: Number(new URL(url).port) };
    await expect(serveS3(serving, testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("is taken"),
    });
  });

  it("is made once, under a name that S3 allows and no release has", async () => {
    const { ask } = await fresh();
    const code = async (name: string) => texts(await (await ask(name, {}, { method: "PUT" })).text(), "Code")[0];
    // In us-east-1, making one's own bucket again is no error, and changes nothing.
    expect((await ask("data", {}, { method: "PUT" })).status).toBe(200);
    for (const name of ["ab", "UPPER", "a..b", "1.2.3.4", "-a-", "x".repeat(64)])
      expect(await code(name)).toBe("InvalidBucketName");
    for (const name of ["latest", "portal", "release-7"]) expect(await code(name)).toBe("AccessDenied");
    expect((await ask("elsewhere", {}, { method: "HEAD" })).status).toBe(404);
    expect(texts(await (await ask("")).text(), "Name")).toEqual(["data"]);
    for (const name of ["b-1", "b-2"]) await ask(name, {}, { method: "PUT" });
    const first = await (await ask("", { "max-buckets": "1", prefix: "b-" })).text();
    expect(texts(first, "Name")).toEqual(["b-1"]);
    const token = texts(first, "ContinuationToken")[0]!;
    const second = await (await ask("", { "max-buckets": "2", "continuation-token": token })).text();
    expect([texts(second, "Name"), texts(second, "ContinuationToken")]).toEqual([["b-2", "data"], []]);
    for (const what of ["encryption", "object-lock", "website", "replication"])
      expect(texts(await (await ask("data", { [what]: "" })).text(), "Code")).toEqual(["NotImplemented"]);
  });
});

it("CRCs of pieces are put together to that of the whole", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(
      fc.constantFrom("crc32", "crc32c", "crc64nvme"),
      fc.array(bytes, { maxLength: 4 }),
      (algorithm, pieces) => {
        const of = (all: readonly Uint8Array[]) => {
          const running = checksumOf(algorithm);
          for (const each of all) running.update(each);
          return running.digest();
        };
        const known = pieces.map((piece) => ({ value: of([piece]), size: piece.length }));
        expect(combined(algorithm, known)).toBe(of(pieces));
      },
    ),
  );
});

it.each([
  ["crc32", "y/Q5Jg=="],
  ["crc32c", "4waSgw=="],
  ["crc64nvme", "rosUhgp5mIg="],
  ["sha1", "98O8HYCOBHMqSKi/gyhI/HTI5r8="],
] as const)("%s of the digits 1 to 9 is the value that its authors give", (algorithm, value) => {
  const running = checksumOf(algorithm);
  running.update(new TextEncoder().encode("1234"));
  running.update(new TextEncoder().encode("56789"));
  if (algorithm === "sha1") expect(running.digest()).toBe(createHash("sha1").update("123456789").digest("base64"));
  else expect(running.digest()).toBe(value);
});
