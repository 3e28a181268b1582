/** Uploads by a form: what its policy allows is stored, and nothing else. */

import { createHmac } from "node:crypto";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import fc from "fast-check";
import { expect, it } from "vitest";
import { formIn } from "../../pipeline/s3/auth/form.ts";
import { locationOf, type Request } from "../../pipeline/s3/request.ts";
import { accessKey, texts } from "./client.ts";
import { fresh, type Gateway } from "./gateway.ts";

const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
const soon = () => new Date(Date.now() + 60_000).toISOString();
const conditions = [
  { bucket: "data" },
  ["starts-with", "$key", "up/"],
  { acl: "private" },
  ["content-length-range", 1, 20],
];

function signed(policy: unknown, secret = accessKey.secret): Record<string, string> {
  const text = Buffer.from(JSON.stringify(policy)).toString("base64");
  const day = "20260811";
  const key = ["us-east-1", "s3", "aws4_request"].reduce(hmac, hmac(`AWS4${secret}`, day));
  return {
    policy: text,
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": `${accessKey.id}/${day}/us-east-1/s3/aws4_request`,
    "x-amz-date": `${day}T000000Z`,
    "x-amz-signature": hmac(key, text).toString("hex"),
  };
}
const ofSignature = [
  ["starts-with", "$x-amz-algorithm", ""],
  ["starts-with", "$x-amz-credential", ""],
  ["starts-with", "$x-amz-date", ""],
];
const policy = (more: unknown[] = [], expiration = soon()) => ({
  expiration,
  conditions: [...conditions, ...ofSignature, ...more],
});

async function post(
  { url }: Gateway,
  fields: Record<string, string>,
  file = "the file",
  name = "photo.jpg",
): Promise<Response> {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append("file", new Blob([file], { type: "image/jpeg" }), name);
  return fetch(`${url}/data`, { method: "POST", body: form, redirect: "manual" });
}

it("a form that its policy allows stores the file", async () => {
  const all = await fresh();
  const fields = {
    key: `up/$${"{filename}"}`,
    acl: "private",
    ...signed(policy([{ "x-amz-meta-who": "Ädа" }, { success_action_status: "201" }])),
  };
  const stored = await post(all, { ...fields, "x-amz-meta-who": "Ädа", success_action_status: "201" });
  expect(stored.status).toBe(201);
  expect(stored.headers.get("location")).toBe(`${all.url}/data/up/photo.jpg`);
  expect(texts(await stored.text(), "Key")).toEqual(["up/photo.jpg"]);
  const got = await all.get("up/photo.jpg");
  expect(Buffer.from(got.headers.get("x-amz-meta-who")!, "latin1").toString()).toBe("Ädа");
  expect([got.headers.get("content-type"), await got.text()]).toEqual(["image/jpeg", "the file"]);
  const redirect = await post(all, {
    key: "up/r",
    acl: "private",
    success_action_redirect: "https://example.org/?a=1",
    ...signed(policy([["starts-with", "$success_action_redirect", ""]])),
  });
  expect([redirect.status, redirect.headers.get("location")]).toEqual([
    303,
    expect.stringMatching(/^https:\/\/example\.org\/\?a=1&bucket=data&key=up%2Fr&etag=/),
  ]);
});

it("a form whose key is the file's name is allowed by that name", async () => {
  const all = await fresh();
  const own = { expiration: soon(), conditions: [["starts-with", "$key", "photo"], ...ofSignature] };
  const fields = { key: `$${"{filename}"}`, ...signed(own) };
  expect((await post(all, fields, "1", "photo-1.jpg")).status).toBe(204);
  expect((await post(all, fields, "2", "other.jpg")).status).toBe(403);
  expect(texts(await all.list(), "Key")).toEqual(["photo-1.jpg"]);
});

it("version 2 signatures of forms are verified, too", async () => {
  const all = await fresh();
  const text = Buffer.from(JSON.stringify({ expiration: soon(), conditions })).toString("base64");
  const signature = createHmac("sha1", accessKey.secret).update(text).digest("base64");
  const fields = { key: "up/2", acl: "private", AWSAccessKeyId: accessKey.id, policy: text };
  expect((await post(all, { ...fields, signature })).status).toBe(204);
  expect(
    (await post(all, { ...fields, signature: signature.replace(/^./, (c) => (c === "a" ? "b" : "a")) })).status,
  ).toBe(403);
});

it.each<[string, Record<string, string>, string, string]>([
  ["without a policy", { key: "up/x" }, "x", "AccessDenied"],
  [
    "signed with another secret",
    { key: "up/x", acl: "private", ...signed(policy(), "other") },
    "x",
    "SignatureDoesNotMatch",
  ],
  ["for another key", { key: "elsewhere", acl: "private", ...signed(policy()) }, "x", "AccessDenied"],
  [
    "with a field that no condition names",
    { key: "up/x", acl: "private", "x-amz-meta-a": "1", ...signed(policy()) },
    "x",
    "AccessDenied",
  ],
  ["without a field that a condition names", { key: "up/x", ...signed(policy()) }, "x", "AccessDenied"],
  ["too late", { key: "up/x", acl: "private", ...signed(policy([], "2020-01-01T00:00:00Z")) }, "x", "AccessDenied"],
  [
    "whose expiration is not written as S3 has it",
    { key: "up/x", acl: "private", ...signed(policy([], "2099-01-01 00:00:00+00:00")) },
    "x",
    "InvalidPolicyDocument",
  ],
  [
    "with a file that is too large",
    { key: "up/x", acl: "private", ...signed(policy()) },
    "x".repeat(21),
    "EntityTooLarge",
  ],
  ["with a file that is too small", { key: "up/x", acl: "private", ...signed(policy()) }, "", "EntityTooSmall"],
  [
    "with a policy that has no conditions",
    { key: "up/x", ...signed({ expiration: soon() }) },
    "x",
    "InvalidPolicyDocument",
  ],
  ["without a key", { acl: "private", ...signed(policy()) }, "x", "InvalidArgument"],
])("a form %s stores nothing", async (_, fields, file, code) => {
  const all = await fresh();
  const refused = await post(all, fields, file);
  expect(texts(await refused.text(), "Code")).toEqual([code]);
  expect(texts(await all.list(), "Key")).toEqual([]);
});

it("a form is read to the same fields and bytes, however it arrives in pieces", async () => {
  const piece = fc.constantFrom("\r\n", "--", "--b", "\r\n--", "\r", "x", "\0");
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 40 }), async (pieces, size) => {
      const content = pieces.join("").replaceAll("\r\n--bound", "");
      const part = (head: string, body: string) =>
        `--bound\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
      const whole = Buffer.from(
        `${part('name="Key"', "k")}${part('name="file"; filename="a/b.c"', content)}--bound--\r\n`,
      );
      const arriving = async function* () {
        for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
      };
      const form = await formIn(arriving(), "multipart/form-data; boundary=bound");
      expect([...form.fields, form.fileName]).toEqual([["key", "k"], "b.c"]);
      expect(Buffer.concat(await Array.fromAsync(form.file)).toString()).toBe(content);
    }),
  );
});

it("the address of what was stored is where the client asked: its host, and https where it came by TLS", () => {
  const at = (host: string, socket: Socket, isInHost: boolean) =>
    locationOf({ bucket: "data", isInHost, message: { headers: { host }, socket } } as Request, "a/b%20c");
  const tls = new TLSSocket(new Socket());
  expect(at("s3.example.org:9000", tls, false)).toBe("https://s3.example.org:9000/data/a/b%20c");
  expect(at("data.s3.example.org", tls, true)).toBe("https://data.s3.example.org/a/b%20c");
  expect(at("localhost:9000", new Socket(), false)).toBe("http://localhost:9000/data/a/b%20c");
});
