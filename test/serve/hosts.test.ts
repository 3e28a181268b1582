/** Hosts that stand for roots, websites, and their `_redirects`. */
import { describe, expect, it } from "vitest";
import { redirectFor } from "../../pipeline/serve/hosts/redirects.ts";
import type { Serving } from "../../pipeline/serve/serve.ts";
import { type Asking, gateway, memory } from "./gateway.ts";

const hosts: NonNullable<Serving["hosts"]> = {
  subdomains: ["localhost", "gate.example.org"],
  others: ["proxied.example.org"],
  isSite: (host) => host === "campaign.example.org",
};

async function hosted(content: Parameters<ReturnType<typeof memory>["add"]>[0], options: Partial<Serving> = {}) {
  const { node, add } = memory();
  const cid = add(content);
  const resolve: Serving["resolve"] = async (name) =>
    /^(?:campaign|my-camp)\.example\.org$/.test(name) ? { cid, ttl: 300 } : undefined;
  const { ask } = await gateway(node, { hosts, resolve, ...options });
  const at = (host: string, path: string, { headers = {}, ...more }: Asking = {}) =>
    ask(path, { ...more, headers: { ...headers, host } });
  return { cid, at, add };
}

describe("a host of its own", () => {
  it("is where a path of a root leads, with its path and query, in a spelling that fits into a host name", async () => {
    const { cid, at } = await hosted({ "a b": "1" });
    const moved = async (host: string, path: string, headers = {}) => {
      const { status, headers: given } = await at(host, path, { headers });
      return `${status} ${given.location}`;
    };
    expect(await moved("localhost:8642", `/ipfs/${cid}/a%20b?x=1`)).toBe(
      `301 http://${cid}.ipfs.localhost:8642/a%20b?x=1`,
    );
    expect(await moved("localhost", `/ipfs/${cid}`)).toBe(`301 http://${cid}.ipfs.localhost/`);
    expect(await moved("localhost", "/ipfs/QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn")).toBe(
      "301 http://bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354.ipfs.localhost/",
    );
    expect(await moved("gate.example.org", "/ipns/my-camp.example.org/x", { "x-forwarded-proto": "https" })).toBe(
      "301 https://my--camp-example-org.ipns.gate.example.org/x",
    );
    expect(await moved("proxied.example.org", `/ipfs/${cid}/`, { "x-forwarded-host": "gate.example.org" })).toBe(
      `301 http://${cid}.ipfs.gate.example.org/`,
    );
    expect(await moved("localhost", "/ipfs/?uri=ipfs%3A%2F%2Fbafkqaaa%2Fx")).toBe("301 /ipfs/bafkqaaa/x");
    expect((await at("localhost", "/ipfs/nothing")).status).toBe(400);
    expect((await at("localhost", "/ipfs/?uri=http%3A%2F%2Fevil")).status).toBe(400);
  });

  it("has its root at /, and links that stay on it", async () => {
    const { cid, at, add } = await hosted({ ipfs: { "f.txt": "inside" }, "other.txt": "x" });
    const host = `${cid}.ipfs.localhost:8642`;
    expect((await at(host, "/ipfs/f.txt")).text).toBe("inside");
    expect((await at(host, `/ipfs/${cid}/`)).status).toBe(404);
    expect((await at(host, "/ipfs")).headers.location).toBe("/ipfs/");
    const listing = await at(host, "/ipfs/");
    expect(listing.text).toContain('<a href="/ipfs/f.txt">f.txt</a>');
    expect(listing.text).toContain(`href="//localhost:8642/ipfs/${add("inside")}?filename=f.txt"`);
    expect(listing.headers["x-ipfs-path"]).toBe(`/ipfs/${cid}/ipfs/`);
    expect(listing.headers["content-security-policy"]).toContain("sandbox");
    expect((await at("my--camp-example-org.ipns.localhost", "/other.txt")).text).toBe("x");
    expect((await at("x.localhost", "/")).status).toBe(400);
    expect((await at(`${"b".repeat(70)}.ipfs.localhost`, "/")).text).toContain("DNS label length limit");
  });

  it("never sends a browser to another host by a path", async () => {
    const { cid, at } = await hosted({ "evil.example": { x: "1" }, _redirects: "/ü /ü\u0007 302\n/home / 200\n" });
    const host = `${cid}.ipfs.localhost`;
    expect((await at(host, "//evil.example")).headers.location).toBe("/evil.example/");
    expect((await at(host, "/%C3%BC")).headers.location).toBe("/%C3%BC%07");
    expect((await at(host, "/home")).status).toBe(200);
  });

  it("is asked for by the whole address, too, as clients of proxies do", async () => {
    const { cid, at } = await hosted({ "f.txt": "inside" });
    expect((await at("127.0.0.1", `http://${cid}.ipfs.localhost/f.txt`)).text).toBe("inside");
    expect((await at("127.0.0.1", `http://evil.example/ipfs/${cid}/f.txt`)).status).toBe(403);
  });

  it("is refused where neither this machine nor the operator named it", async () => {
    const { cid, at } = await hosted({ "f.txt": "inside" });
    expect((await at("evil.example", `/ipfs/${cid}/f.txt`)).status).toBe(403);
    expect(
      (await at("evil.example", `/ipfs/${cid}/f.txt`, { headers: { "x-forwarded-host": "gate.example.org" } })).status,
    ).toBe(403);
    expect((await at("proxied.example.org", `/ipfs/${cid}/f.txt`)).text).toBe("inside");
  });

  it("is the website of a domain of the campaign", async () => {
    const { at } = await hosted({ "index.html": "<p>portal</p>", sub: { "f.txt": "inside" } });
    expect((await at("campaign.example.org", "/")).text).toBe("<p>portal</p>");
    const { headers, text } = await at("campaign.example.org", "/sub/f.txt");
    expect(text).toBe("inside");
    expect(headers).toMatchObject({
      "x-ipfs-path": "/ipns/campaign.example.org/sub/f.txt",
      "cache-control": "public, max-age=300",
    });
    expect((await at("campaign.example.org", "/sub/")).text).toContain('<a href="//campaign.example.org/sub">sub</a>');
  });
});

describe("_redirects", () => {
  const rules =
    "# a comment\n/old/* /new/:splat 302\r\n/by/:year/:name /new/:name?year=:year\n/gone/* /gone.html 410\n/* /index.html 200\n";

  it("answers for what a root with a host of its own lacks, and for nothing else", async () => {
    const { cid, at, add } = await hosted({
      _redirects: rules,
      "index.html": "app",
      "gone.html": "was here",
      new: { a: "A" },
    });
    const host = `${cid}.ipfs.localhost`;
    expect(await at(host, "/old/a%20b/c?x=1")).toMatchObject({
      status: 302,
      headers: { location: "/new/a%20b/c?x=1" },
    });
    expect(await at(host, "/by/2024/sonde?year=2025&z=1")).toMatchObject({
      status: 301,
      headers: { location: "/new/sonde?year=2025&z=1" },
    });
    expect(await at(host, "/gone/x")).toMatchObject({
      status: 410,
      text: "was here",
      headers: { etag: `"${add("was here")}"` },
    });
    expect(await at(host, "/route/of/an/app")).toMatchObject({ status: 200, text: "app" });
    expect((await at(host, "/route", { headers: { "if-none-match": `"${add("app")}"` } })).status).toBe(304);
    expect((await at(host, "/new/a")).text).toBe("A");
    expect((await at("127.0.0.1", `/ipfs/${cid}/route`)).status).toBe(404);
    expect((await at(host, "/route?format=raw")).status).toBe(404);
  });

  it("that can't be read is an error for the paths that need it, and costs little", async () => {
    for (const [wrong, why] of [
      ["/a /b 200 x", "line 1 is not FROM TO"],
      ["\n/a /b 301!", "line 2 has an unsupported redirect status"],
      ["/a/*/b /c", "not the last name"],
      ["/:x/:x /c", "names a placeholder twice"],
      ["a /c", "begins with no path"],
      ["/a javascript:alert(1)", "leads to no path"],
      ["/a /b\n".repeat(9000), "beyond 2000 rules"],
      ["x".repeat(66_000), "redirects file size cannot exceed 65536 bytes"],
    ] as const) {
      const { cid, at } = await hosted({ _redirects: wrong, "f.txt": "there" });
      const { status, text } = await at(`${cid}.ipfs.localhost`, "/missing");
      expect({ status, text }).toEqual({ status: 500, text: expect.stringContaining("could not parse _redirects: ") });
      expect(text).toContain(why);
      expect((await at(`${cid}.ipfs.localhost`, "/f.txt")).text).toBe("there");
    }
  });

  it("may not lead in circles, and ends in 404 where its target is missing, too", async () => {
    const { cid, at } = await hosted({ _redirects: "/* /missing 200\n" });
    expect((await at(`${cid}.ipfs.localhost`, "/x")).status).toBe(404);
  });

  it("matches whole names and fills placeholders in as they were written", () => {
    const found = (text: string, path: string, search = "") => redirectFor(text, path.split("/").slice(1), search);
    expect(found("/a /b", "/a/")).toBeUndefined();
    expect(found("/a/ /b", "/a")).toEqual({ to: "/b", status: 301 });
    expect(found("/a/:b /c/:b/:b", "/a/ü?")).toEqual({ to: "/c/%C3%BC%3F/%C3%BC%3F", status: 301 });
    expect(found("/* https://example.net/:splat", "/a/b", "?q=1")).toEqual({
      to: "https://example.net/a/b?q=1",
      status: 301,
    });
  });
});
