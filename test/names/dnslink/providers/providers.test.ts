import { expect, it } from "vitest";
import type { ProviderConfig } from "../../../../pipeline/core/campaign/names.ts";
import { Failure } from "../../../../pipeline/core/failure.ts";
import { dnsProvider } from "../../../../pipeline/names/dnslink/providers/providers.ts";
import { testWorld } from "../../../fakes/world.ts";

const vendors = ["ionos", "cloudflare", "desec", "gandi", "digitalocean"] as const;
const secrets: Record<string, string> = { DNS_TOKEN: "a-token-of-its-own", DNS_KEY: "hmac-sha256:fieldtree:c2VjcmV0" };
const byHand = { readAuthorities: async () => undefined, deadline: 1 };
const secret = (variable: string) => {
  if (!secrets[variable]) throw new Failure("input", `${variable} is not set`);
  return secrets[variable];
};

const configs: readonly ProviderConfig[] = [
  ...vendors.map((kind) => ({ kind, token: "DNS_TOKEN" })),
  { kind: "powerdns", api: "http://127.0.0.1:8081", token: "DNS_TOKEN", serverId: "localhost" },
  { kind: "rfc2136", server: "127.0.0.1:5301", key: "DNS_KEY", transport: "tcp" },
  { kind: "manual" },
];

it.each(configs)("knows $kind", (config) => {
  expect(dnsProvider(config, secret, byHand).name).toMatch(new RegExp(`^${config.kind}`));
});

it.each(configs.filter(({ kind }) => kind !== "manual"))(
  "wants the secret of $kind before anything starts",
  (config) => {
    const without = Object.assign({}, config, { token: "NOWHERE", key: "NOWHERE" });
    expect(() => dnsProvider(without, secret, byHand)).toThrow("NOWHERE is not set");
  },
);

it.each(vendors)(
  "asks %s itself where no other address is given, over TLS, with the token in a header",
  async (kind) => {
    const asked: Request[] = [];
    const world = testWorld({
      fetch: async (request) => {
        asked.push(request);
        return new Response("{}", { status: 404 });
      },
    });
    await expect(dnsProvider({ kind, token: "DNS_TOKEN" }, secret, byHand).read("x.test", world)).rejects.toThrow();
    const [{ url, headers }] = asked as [Request];
    expect(new URL(url).protocol).toBe("https:");
    expect(new URL(url).hostname).toMatch(/(ionos\.com|cloudflare\.com|desec\.io|gandi\.net|digitalocean\.com)$/);
    expect(url).not.toContain("a-token-of-its-own");
    expect([...headers.values()].join()).toContain("a-token-of-its-own");
  },
);

it("asks again where there is no answer, and no more than five times", async () => {
  let times = 0;
  const world = testWorld({
    fetch: async () => {
      times++;
      return new Response("<title>Bad Gateway</title>", { status: 502 });
    },
  });
  await expect(dnsProvider(configs[0]!, secret, byHand).read("x.test", world)).rejects.toMatchObject({
    kind: "unavailable",
  });
  expect(times).toBe(5);
});

it("asks once where it is refused", async () => {
  let times = 0;
  const world = testWorld({
    fetch: async () => {
      times++;
      return new Response("[]", { status: 403 });
    },
  });
  await expect(dnsProvider(configs[0]!, secret, byHand).read("x.test", world)).rejects.toMatchObject({
    kind: "refused",
  });
  expect(times).toBe(1);
});
