/** Who may read what is public, by an ACL or a policy, and whose objects are whose. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, it } from "vitest";
import { isPublicBy } from "../../pipeline/s3/operations/policy.ts";
import { isLike } from "../../pipeline/s3/pattern.ts";
import { texts } from "./client.ts";
import { fresh, type Gateway, guest } from "./gateway.ts";

const everyone = "http://acs.amazonaws.com/groups/global/AllUsers";
const statuses = async ({ url }: Gateway, ...paths: string[]) =>
  Promise.all(paths.map(async (path) => (await fetch(`${url}/${path}`)).status));
const policyFor = (action: string, resource: string, more = {}) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: "*", Action: action, Resource: `arn:aws:s3:::${resource}`, ...more }],
  });
const code = async (answer: Response | Promise<Response>) => texts(await (await answer).text(), "Code")[0];

describe("a canned ACL", () => {
  it("lets everyone read an object, and nothing else", async () => {
    const all = await fresh();
    const { put, ask, url } = all;
    await put("private", "1");
    await put("public", "2", { headers: { "x-amz-acl": "public-read" } });
    expect(await statuses(all, "data/public", "data/private", "data/absent", "data", "")).toEqual([
      200, 403, 403, 403, 403,
    ]);
    expect((await fetch(`${url}/data/public`, { method: "DELETE" })).status).toBe(403);
    expect(texts(await (await ask("data/public", { acl: "" })).text(), "URI")).toEqual([everyone]);
    await ask("data/public", { acl: "" }, { method: "PUT", headers: { "x-amz-acl": "private" } });
    const grant = `<Grant><Grantee><URI>${everyone}</URI></Grantee><Permission>READ</Permission></Grant>`;
    const body = `<AccessControlPolicy><AccessControlList>${grant}</AccessControlList></AccessControlPolicy>`;
    await ask("data/private", { acl: "" }, { method: "PUT", body });
    expect(await statuses(all, "data/public", "data/private")).toEqual([403, 200]);
    // A copy is private until it is made public itself.
    await ask("data/copy", {}, { method: "PUT", headers: { "x-amz-copy-source": "data/private" } });
    expect(await statuses(all, "data/copy")).toEqual([403]);
  });

  it("lets everyone list a bucket", async () => {
    const all = await fresh();
    await all.put("x", "1");
    await all.ask("data", { acl: "" }, { method: "PUT", headers: { "x-amz-acl": "public-read" } });
    expect(await statuses(all, "data", "data?versions", "data/x", "data?acl")).toEqual([200, 200, 403, 403]);
  });

  it("that grants more is not implemented", async () => {
    const { put, ask } = await fresh();
    expect(await code(put("x", "1", { headers: { "x-amz-acl": "public-read-write" } }))).toBe("NotImplemented");
    expect(await code(put("x", "1", { headers: { "x-amz-grant-read": 'id="a"' } }))).toBe("NotImplemented");
    expect(await code(put("x", "1", { headers: { "x-amz-acl": "nonsense" } }))).toBe("InvalidArgument");
    const grant = `<Grant><Grantee><URI>${everyone}</URI></Grantee><Permission>WRITE</Permission></Grant>`;
    const body = `<AccessControlPolicy><AccessControlList>${grant}</AccessControlList></AccessControlPolicy>`;
    expect(await code(ask("data", { acl: "" }, { method: "PUT", body }))).toBe("NotImplemented");
  });
});

describe("a bucket policy", () => {
  it("lets everyone read what it names, and is there until it is deleted", async () => {
    const all = await fresh();
    const { put, ask } = all;
    await put("open/x", "1");
    await put("closed/x", "1");
    const policy = policyFor("s3:GetObject", "data/open/*");
    expect((await ask("data", { policy: "" }, { method: "PUT", body: policy })).status).toBe(204);
    expect(await (await ask("data", { policy: "" })).text()).toBe(policy);
    expect(texts(await (await ask("data", { policyStatus: "" })).text(), "IsPublic")).toEqual(["true"]);
    expect(await statuses(all, "data/open/x", "data/open/absent", "data/closed/x", "data")).toEqual([
      200, 404, 403, 403,
    ]);
    await ask("data", { policy: "" }, { method: "DELETE" });
    expect(await statuses(all, "data/open/x")).toEqual([403]);
    expect(await code(ask("data", { policy: "" }))).toBe("NoSuchBucketPolicy");
  });

  it.each([
    ["allows writing", policyFor("s3:PutObject", "data/*"), "NotImplemented"],
    ["allows everything", policyFor("s3:*", "data/*"), "NotImplemented"],
    ["denies", policyFor("s3:GetObject", "data/*", { Effect: "Deny" }), "NotImplemented"],
    ["has conditions", policyFor("s3:GetObject", "data/*", { Condition: { Bool: {} } }), "NotImplemented"],
    ["is about someone", policyFor("s3:GetObject", "data/*", { Principal: { AWS: "arn:x" } }), "NotImplemented"],
    ["is about another bucket", policyFor("s3:GetObject", "other/*"), "MalformedPolicy"],
    ["is no JSON", "{", "MalformedPolicy"],
    ["has no statement", '{"Statement":[]}', "MalformedPolicy"],
  ])("that %s is refused", async (_, body, expected) => {
    const { ask } = await fresh();
    expect(await code(ask("data", { policy: "" }, { method: "PUT", body }))).toBe(expected);
    expect(await code(ask("data", { policy: "" }))).toBe("NoSuchBucketPolicy");
  });

  it("names things with * and ?, in time that does not explode", () => {
    expect(isPublicBy(policyFor("s3:Get*", "b/*"), "s3:GetObject", "b/x/y")).toBe(true);
    expect(isPublicBy(policyFor("s3:Get*", "b/*"), "s3:ListBucket", "b")).toBe(false);
    expect([isLike("a?c*", "abcd"), isLike("a?c*", "ac"), isLike("*", ""), isLike("", "x")]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(isLike(`${"*a".repeat(50)}b`, "a".repeat(2000))).toBe(false);
  });
});

it("a bucket is a host of its own below each of the server's names", async () => {
  const { put, url } = await fresh();
  await put("a/b", "in a host", { headers: { "x-amz-acl": "public-read" } });
  const at = async (host: string, path: string) => {
    const sent = request(url, { path, headers: { host } }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return (await Array.fromAsync(answer)).join("");
  };
  expect(await at("data.s3.example.org", "/a/b")).toBe("in a host");
  expect(await at("DATA.example.org:9000", "/a/b")).toBe("in a host");
  expect(await at("s3.other.org", "/data/a/b")).toBe("in a host");
  expect(await at("nowhere.example.org", "/a/b")).toContain("NoSuchBucket");
});

it("a bucket that is not there is not there for anyone", async () => {
  const { url } = await fresh();
  expect(await code(fetch(`${url}/nowhere/x`))).toBe("NoSuchBucket");
  expect(await code(fetch(`${url}/nowhere`, { method: "PUT" }))).toBe("AccessDenied");
});

it("an account has its own buckets, and the name of its owner is on what it writes", async () => {
  const { ask, put } = await fresh();
  expect(await code(ask("data/x", {}, { method: "PUT", body: "x", key: guest }))).toBe("AccessDenied");
  expect((await ask("guest-1", {}, { method: "PUT", key: guest })).status).toBe(200);
  expect(await code(ask("guest-1", {}, { method: "PUT" }))).toBe("BucketAlreadyExists");
  expect((await ask("guest-1", {}, { method: "PUT", key: guest })).status).toBe(200);
  await ask("guest-1/x", {}, { method: "PUT", body: "x", key: guest });
  await ask("guest-1/y", {}, { method: "PUT", body: "y" });
  const list = await (await ask("guest-1", {}, {})).text();
  expect(texts(list, "DisplayName")).toEqual(["GUEST", "TESTER"]);
  expect(texts(await (await ask("", {}, { key: guest })).text(), "Name")).toEqual(["guest-1"]);
  // What may not be read can't be copied, and whether it is there is not answered.
  await put("secret", "1");
  for (const source of ["data/secret", "data/absent"])
    expect(
      await code(ask("guest-1/z", {}, { method: "PUT", key: guest, headers: { "x-amz-copy-source": source } })),
    ).toBe("AccessDenied");
});
