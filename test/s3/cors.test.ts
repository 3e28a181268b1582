/** CORS: which pages of other origins may read a bucket's answers. */
import { expect, it } from "vitest";
import { texts } from "./client.ts";
import { fresh } from "./gateway.ts";

const rule = (content: string) => `<CORSRule>${content}</CORSRule>`;
const config = (...rules: string[]) => `<CORSConfiguration>${rules.map(rule).join("")}</CORSConfiguration>`;
const reading = "<AllowedOrigin>https://*.example.org</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
const writing =
  "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>" +
  "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>";

it("rules are put, read again as they were, and deleted", async () => {
  const { ask } = await fresh();
  const code = async (query = {}, sent = {}) =>
    texts(await (await ask("data", { cors: "", ...query }, sent)).text(), "Code")[0];
  expect(await code()).toBe("NoSuchCORSConfiguration");
  expect((await ask("data", { cors: "" }, { method: "PUT", body: config(reading, writing) })).status).toBe(200);
  const got = await (await ask("data", { cors: "" })).text();
  expect(texts(got, "AllowedOrigin")).toEqual(["https://*.example.org", "*"]);
  expect([texts(got, "AllowedHeader"), texts(got, "ExposeHeader"), texts(got, "MaxAgeSeconds")]).toEqual([
    ["x-amz-*"],
    ["ETag"],
    ["60"],
  ]);
  expect((await ask("data", { cors: "" }, { method: "DELETE" })).status).toBe(204);
  expect(await code()).toBe("NoSuchCORSConfiguration");
  expect(await code({}, { method: "PUT", body: config() })).toBe("MalformedXML");
  expect(await code({}, { method: "PUT", body: config(reading.replace("GET", "PATCH")) })).toBe("InvalidRequest");
  expect(await code({}, { method: "PUT", body: config(reading.replace("example", "*")) })).toBe("InvalidRequest");
});

it("a page may read what a rule for its origin and method allows, errors included", async () => {
  const { ask, put, get } = await fresh();
  await put("x", "1");
  await ask("data", { cors: "" }, { method: "PUT", body: config(reading, writing) });
  const allowed = async (key: string, origin: string, more = {}) => {
    const { headers } = await get(key, { headers: { origin }, ...more });
    return [headers.get("access-control-allow-origin"), headers.get("access-control-allow-methods")];
  };
  expect(await allowed("x", "https://a.example.org")).toEqual(["https://a.example.org", "GET"]);
  expect(await allowed("absent", "https://a.example.org")).toEqual(["https://a.example.org", "GET"]);
  expect(await allowed("x", "https://example.com")).toEqual([null, null]);
  expect(await allowed("x", "https://example.com", { method: "PUT", body: "2" })).toEqual(["*", "PUT"]);
  expect(await allowed("x", "https://a.example.org", { key: { id: "NOBODY", secret: "x" } })).toEqual([
    "https://a.example.org",
    "GET",
  ]);
});

it("a browser that asks first is answered without a signature", async () => {
  const { ask, url } = await fresh();
  await ask("data", { cors: "" }, { method: "PUT", body: config(reading, writing) });
  const asked = (headers: Record<string, string>) => fetch(`${url}/data/x`, { method: "OPTIONS", headers });
  const put = { origin: "https://any.example", "access-control-request-method": "PUT" };
  const yes = await asked({ ...put, "access-control-request-headers": "X-Amz-Date, x-amz-acl" });
  expect(yes.status).toBe(200);
  expect(Object.fromEntries(yes.headers)).toMatchObject({
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "PUT",
    "access-control-allow-headers": "x-amz-date, x-amz-acl",
    "access-control-expose-headers": "ETag",
    "access-control-max-age": "60",
  });
  expect((await asked({ ...put, "access-control-request-headers": "authorization" })).status).toBe(403);
  expect((await asked({ ...put, "access-control-request-method": "DELETE" })).status).toBe(403);
  expect((await asked({ origin: "https://any.example" })).status).toBe(400);
});
