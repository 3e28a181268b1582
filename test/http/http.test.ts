import { describe, expect, it } from "vitest";
import { type Api, askApi, withoutSecrets } from "../../pipeline/http/http.ts";
import { everythingOf } from "../contracts/dns-provider.ts";
import { testWorld } from "../fakes/world.ts";

const canary = "canary-0123456789abcdef";
const api: Api = {
  name: "shop",
  headers: { authorization: `Bearer ${canary}` },
  hint: "check SHOP_TOKEN",
  words: (error) => (error as { reason?: string }).reason,
};
const call = { url: "https://shop.example/pins", what: "listing pins" };

describe("asking an API", () => {
  it("gives what was answered, and sends the token and JSON", async () => {
    const asked: Request[] = [];
    const world = testWorld({
      fetch: async (request) => {
        asked.push(request.clone());
        return Response.json({ pins: [] }, { status: 202 });
      },
    });
    const answer = await askApi(api, { ...call, method: "POST", body: { cid: "a" } }, world);
    expect(answer).toMatchObject({ status: 202, body: { pins: [] } });
    expect(asked[0]!.headers.get("authorization")).toBe(`Bearer ${canary}`);
    expect(asked[0]!.headers.get("content-type")).toBe("application/json");
    expect(await asked[0]!.json()).toEqual({ cid: "a" });
  });

  it.each([
    [
      401,
      '{"reason":"no such key"}',
      { kind: "refused", message: "shop: listing pins answered 401: no such key", hint: api.hint },
    ],
    [403, "blocked", { kind: "refused", message: "shop: listing pins answered 403: blocked", hint: api.hint }],
    [409, '{"code":7}', { kind: "refused", message: 'shop: listing pins answered 409: {"code":7}' }],
    [302, "", { kind: "refused", message: "shop: listing pins answered 302" }],
    [429, "slower", { kind: "unavailable", wait: 7000 }],
    [
      502,
      "<title>Bad Gateway</title>",
      { kind: "unavailable", message: expect.stringContaining('called "Bad Gateway"') },
    ],
    [200, "<title>Log in</title>", { kind: "unavailable", message: expect.stringContaining("not JSON") }],
    [401, "null", { kind: "refused", message: "shop: listing pins answered 401: null" }],
  ])("says what %i %s means", async (status, text, failure) => {
    await expect(askApi(api, call, answering(status, text))).rejects.toMatchObject(failure);
  });

  it.each([
    [401, `what is Bearer ${canary}?`],
    [500, JSON.stringify({ reason: `${canary} is unknown` })],
    [200, `{"cut off": "${canary}`],
  ])("prints no token that is repeated in an answer %i", async (status, text) => {
    const error = await askApi(api, call, answering(status, text)).catch((error: unknown) => error);
    expect(error).toMatchObject({ message: expect.stringContaining("…") });
    expect(everythingOf(error)).not.toContain(canary);
  });

  it("prints no token that is repeated as JSON or a URL writes it, and no password of a login", async () => {
    const login = `anna:${canary}/é"`;
    const basic = Buffer.from(login).toString("base64");
    const token = `${canary}/"`;
    for (const [authorization, repeated] of [
      [`Bearer ${token}`, JSON.stringify([token])],
      [`Bearer ${token}`, encodeURIComponent(token)],
      [`Basic ${basic}`, `who is ${login}?`],
      [`Basic ${basic}`, `what is ${login.slice(5)}?`],
      [`Basic ${basic}`, `what is Basic ${basic}?`],
    ] as const) {
      const error = await askApi({ ...api, headers: { authorization } }, call, answering(401, repeated)).catch(
        (e) => e,
      );
      expect(error).toMatchObject({ message: expect.stringContaining("…") });
      expect(everythingOf(error)).not.toContain(canary);
      expect(everythingOf(error)).not.toContain(basic);
    }
  });

  it("prints no token that can't be sent", async () => {
    for (const token of [`${canary}\n${canary}`, `${canary}…`, `${canary}\u2028`, `${canary}\0`]) {
      const odd = { ...api, headers: { authorization: `Bearer ${token}` } };
      const error = await askApi(odd, call, answering(200, "{}")).catch((error: unknown) => error);
      expect(error).toMatchObject({ kind: "input", hint: api.hint });
      expect(everythingOf(error)).not.toContain(canary);
    }
  });

  it("sends a token that was read from a file with its last line break", async () => {
    const withBreak = { ...api, headers: { authorization: `Bearer ${canary}\n` } };
    const world = testWorld({ fetch: async ({ headers }) => Response.json(headers.get("authorization")) });
    expect((await askApi(withBreak, call, world)).body).toBe(`Bearer ${canary}`);
  });

  it("says in words that a machine is offline", async () => {
    const cause = Object.assign(new Error("getaddrinfo EAI_AGAIN shop.example"), { code: "EAI_AGAIN" });
    const world = testWorld({ fetch: () => Promise.reject(new TypeError("fetch failed", { cause })) });
    await expect(askApi(api, call, world)).rejects.toMatchObject({
      kind: "unavailable",
      message: "shop: listing pins: its name can't be resolved; is this machine on the network? (EAI_AGAIN)",
    });
  });

  it("waits no longer than its timeout", async () => {
    const world = testWorld({
      fetch: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    });
    await expect(askApi({ ...api, timeoutMs: 20 }, call, world)).rejects.toMatchObject({
      kind: "unavailable",
      message: "shop: listing pins: no answer in 0.02 s",
    });
  });

  it("takes no more than 16 MiB", async () => {
    const chunk = new Uint8Array(1 << 20);
    let chunks = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks++;
        controller.enqueue(chunk);
      },
    });
    const world = testWorld({ fetch: async () => new Response(endless) });
    await expect(askApi(api, call, world)).rejects.toMatchObject({ kind: "corrupt" });
    expect(chunks).toBeLessThan(20);
  });
});

function answering(status: number, text: string) {
  return testWorld({ fetch: async () => new Response(text, { status, headers: { "retry-after": "7" } }) });
}

describe("what is quoted of an answer", () => {
  it("has no secret in base64, at any offset in what was encoded", () => {
    const token = "t0k+n/~with?odd>chars-0123456789";
    for (const sent of [token, `Bearer ${token}`, `x:${token}`, `ab:${token}`, `abc:${token}:x`]) {
      for (const form of ["base64", "base64url"] as const) {
        const said = withoutSecrets(`no: ${Buffer.from(sent).toString(form)}.`, [`Bearer ${token}`]);
        expect(said).toContain("…");
        expect(said).not.toContain(Buffer.from(token.slice(3, 24)).toString(form).slice(2, 10));
        expect(said.length, said).toBeLessThan(30);
      }
    }
  });
});
