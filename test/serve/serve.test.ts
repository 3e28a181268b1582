import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { exporter } from "ipfs-unixfs-exporter";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import { codecs } from "../../pipeline/dag/block.ts";
import { readCar } from "../../pipeline/dag/car.ts";
import { makeSymlink } from "../../pipeline/dag/directory.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { testWorld } from "../fakes/world.ts";
import { ask, gateway, memory, profile } from "./gateway.ts";

/** 600 kB: three blocks below one. */
const big = Buffer.from(Array.from({ length: 600_000 }, (_, i) => (i * 7 + (i >> 8)) % 251));

async function blocksIn(car: Uint8Array): Promise<Map<string, Uint8Array>> {
  const { blocks } = await readCar([car]);
  const found = new Map<string, Uint8Array>();
  for await (const { cid, bytes } of blocks) found.set(cid.toString(), bytes);
  return found;
}

describe("files", () => {
  it("are served whole, for ever, under the address of their bytes", async () => {
    const { node, add } = memory();
    const root = add({ products: { "notes.txt": "sondes\n" } });
    const { ask } = await gateway(node);
    const { status, headers, text } = await ask(`/ipfs/${root}/products/notes.txt`);
    expect({ status, text }).toEqual({ status: 200, text: "sondes\n" });
    expect(headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-length": "7",
      "cache-control": "public, max-age=29030400, immutable",
      "x-content-type-options": "nosniff",
      "x-ipfs-path": `/ipfs/${root}/products/notes.txt`,
      "access-control-allow-origin": "*",
      etag: `"${add("sondes\n")}"`,
      "x-ipfs-roots": [root, add({ "notes.txt": "sondes\n" }), add("sondes\n")].join(","),
    });
  });

  it("are not sent again to who has them", async () => {
    const { node, add } = memory();
    const cid = add("sondes\n");
    const { ask } = await gateway(node);
    for (const tag of [`"${cid}"`, `W/"${cid}"`, `"x", "${cid}"`, "*"]) {
      const { status, body } = await ask(`/ipfs/${cid}`, { headers: { "if-none-match": tag } });
      expect({ tag, status, length: body.length }).toEqual({ tag, status: 304, length: 0 });
    }
    expect((await ask(`/ipfs/${cid}`, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  it("answers HEAD with the headers and without bytes", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    const { status, headers, body } = await ask(`/ipfs/${add(big)}?filename=x.nc`, { method: "HEAD" });
    expect({ status, length: headers["content-length"], sent: body.length }).toEqual({
      status: 200,
      length: "600000",
      sent: 0,
    });
  });

  it("give any range exactly as slicing would", async () => {
    const { node, add } = memory();
    const cid = add(big);
    const { ask } = await gateway(node);
    const edge = fc.oneof(fc.nat(big.length + 10), fc.constantFrom(0, 262_143, 262_144, 524_288, 599_999, 600_000));
    const asked = fc.oneof(
      fc.record({ from: edge, to: edge }).map(({ from, to }) => ({ header: `bytes=${from}-${to}`, from, to })),
      edge.map((from) => ({ header: `bytes=${from}-`, from, to: Number.POSITIVE_INFINITY })),
      edge.map((last) => ({ header: `bytes=-${last}`, from: Math.max(0, big.length - last), to: big.length - 1 })),
    );
    await fc.assert(
      fc.asyncProperty(asked, async ({ header, from, to }) => {
        const { status, headers, body } = await ask(`/ipfs/${cid}`, { headers: { range: header } });
        if (from >= big.length) {
          // Outside, except where it ends before it begins: that is no range, and passed over (RFC 9110, 14.1.1).
          expect(status).toBe(to < from && !header.startsWith("bytes=-") ? 200 : 416);
          if (status === 416) expect(headers["content-range"]).toBe(`bytes */${big.length}`);
          return;
        }
        if (to < from) {
          expect({ status, length: body.length }).toEqual({ status: 200, length: big.length });
          return;
        }
        const last = Math.min(to, big.length - 1);
        expect({ status, range: headers["content-range"] }).toEqual({
          status: 206,
          range: `bytes ${from}-${last}/${big.length}`,
        });
        expect(body.equals(big.subarray(from, last + 1))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("load only the blocks that a range needs", async () => {
    const { node, add, asked } = memory();
    const cid = add(big);
    const { ask } = await gateway(node);
    await ask(`/ipfs/${cid}?filename=x.nc`, { headers: { range: "bytes=300000-300009" } });
    expect(asked.length).toBe(2);
  });

  it("walk to their place through directories that were read before", async () => {
    const { node, add, asked } = memory();
    const root = add({ store: { "0.0": "first", "0.1": "second" } });
    const { ask } = await gateway(node);
    await ask(`/ipfs/${root}/store/0.0`);
    asked.length = 0;
    expect((await ask(`/ipfs/${root}/store/0.1`)).text).toBe("second");
    expect(asked).toEqual([add("second").toString()]);
  });

  it("are sent whole when they changed since the client's part of them", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    const { status } = await ask(`/ipfs/${add("sondes\n")}`, { headers: { range: "bytes=1-2", "if-range": '"old"' } });
    expect(status).toBe(200);
  });

  it("keep their name when they are saved under one", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    const { headers } = await ask(`/ipfs/${add("x")}?download=true&filename=${encodeURIComponent("testтест.pdf")}`);
    expect(headers).toMatchObject({
      "content-type": "application/pdf",
      "content-disposition": "attachment; filename=\"test____.pdf\"; filename*=UTF-8''test%D1%82%D0%B5%D1%81%D1%82.pdf",
    });
  });

  it.each([
    ["quicklook.html", "<p>", "text/html; charset=utf-8"],
    [".zattrs", "{}", "application/json"],
    ["README", "plain words\n", "text/plain; charset=utf-8"],
    ["README", "<script>alert(1)</script>", "text/plain; charset=utf-8"],
    ["0.0", "\u0000\u0001", "application/octet-stream"],
    ["constructor.__proto__", "words", "text/plain; charset=utf-8"],
  ])("called %s holding %j are of type %s, nothing more daring", async (name, content, type) => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    expect((await ask(`/ipfs/${add({ [name]: content })}/${encodeURIComponent(name)}`)).headers["content-type"]).toBe(
      type,
    );
  });

  it("that are symlinks say where they point, and lead nowhere", async () => {
    const { node, put } = memory();
    const { cid } = makeSymlink("../../etc/passwd", profile, put);
    const { ask } = await gateway(node);
    const { headers, text } = await ask(`/ipfs/${cid}`);
    expect({ type: headers["content-type"], text }).toEqual({ type: "inode/symlink", text: "../../etc/passwd" });
  });
});

describe("directories", () => {
  it("are redirected to the address with a slash", async () => {
    const { node, add } = memory();
    const root = add({ "a b": { x: "1" } });
    const { ask } = await gateway(node);
    const { status, headers } = await ask(`/ipfs/${root}/a%20b?download=1`);
    expect({ status, to: headers.location }).toEqual({ status: 301, to: `/ipfs/${root}/a%20b/?download=1` });
  });

  it("show their index.html", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    const { status, headers, text } = await ask(`/ipfs/${add({ "index.html": "<p>here", "index.json": "{}" })}/`);
    expect({ status, text, type: headers["content-type"] }).toEqual({
      status: 200,
      text: "<p>here",
      type: "text/html; charset=utf-8",
    });
  });

  it("are listed in byte order, with sizes, and nothing in a name is markup", async () => {
    const { node, add } = memory();
    const evil = '"><img src=x onerror=alert(1)>\u202e';
    const root = add({ d: { b: "1", B: "22", [evil]: "3", "é%#?": "4" } });
    const { ask } = await gateway(node);
    const { text, headers } = await ask(`/ipfs/${root}/d/`);
    const links = [...text.matchAll(/<tr><td><a href="[^"]*\/([^"/]*)">/g)].map(([, href]) =>
      decodeURIComponent(href!),
    );
    expect(links).toEqual(["..", evil, "B", "b", "é%#?"]);
    expect(text).not.toMatch(/<img|\u202e/);
    expect(text).toContain(`<a href="/ipfs/${root}/d/..">..</a>`);
    expect(text).toContain(`Index of /ipfs/<a href="/ipfs/${root}">`);
    expect(text).toContain('<td class="n">2 B</td>');
    expect(headers["cache-control"]).not.toContain("immutable");
  });

  it("of any size are listed a page at a time, sharded or not", async () => {
    const { node, add } = memory();
    const names = Array.from({ length: 6000 }, (_, i) => `sonde-${String(i).padStart(30, "0")}`);
    const root = add(Object.fromEntries(names.map((name) => [name, "x"])));
    const { ask } = await gateway(node);
    const seen: string[] = [];
    for (let page = 1; page <= 6; page++) {
      const { text } = await ask(`/ipfs/${root}/?page=${page}`);
      seen.push(...[...text.matchAll(/<tr><td><a href="[^"]*\/([^"/]*)">/g)].map(([, href]) => href!));
    }
    expect(seen).toEqual(names);
    expect((await ask(`/ipfs/${root}/?page=7`)).status).toBe(404);
    expect((await ask(`/ipfs/${root}/${names[4321]}`)).text).toBe("x");
  });
});

describe("blocks and CARs", () => {
  it("gives a block as it is", async () => {
    const { node, add } = memory();
    const cid = add(big);
    const { ask } = await gateway(node);
    const raw = await ask(`/ipfs/${cid}`, { headers: { accept: "application/vnd.ipld.raw" } });
    expect(raw.headers).toMatchObject({
      "content-type": "application/vnd.ipld.raw",
      "content-disposition": `attachment; filename="${cid}.bin"`,
      "content-location": `/ipfs/${cid}?format=raw`,
      etag: `"${cid}.raw"`,
    });
    expect(blockOf(codecs.dagPb, raw.body).cid.toString()).toBe(cid.toString());
  });

  it("gives a CAR that the reference implementation reads back", async () => {
    const { node, add } = memory();
    const root = add({ a: { "big.bin": big }, b: "2" });
    const { ask } = await gateway(node);
    const { headers, body } = await ask(`/ipfs/${root}?format=car`);
    expect(headers["content-type"]).toBe("application/vnd.ipld.car; version=1; order=dfs; dups=n");
    const blocks = await blocksIn(body);
    const store = {
      async *get(cid: CID) {
        yield blocks.get(cid.toString())!;
      },
    };
    const entry = await exporter(`${root}/a/big.bin`, store as never);
    const read: Uint8Array[] = [];
    if (entry.type !== "file") throw new Error(`read as ${entry.type}`);
    for await (const chunk of entry.content()) read.push(chunk);
    expect(Buffer.concat(read).equals(big)).toBe(true);
  });

  it("gives the blocks of the path, then as much of the DAG as is asked for", async () => {
    const { node, add } = memory();
    const [file, inner] = [add(big), add({ "big.bin": big, small: "1" })];
    const root = add({ a: { "big.bin": big, small: "1" }, b: "2" });
    const { ask } = await gateway(node);
    const cids = async (query: string) => [...(await blocksIn((await ask(`/ipfs/${root}/${query}`)).body)).keys()];
    const path = [root.toString(), inner.toString()];
    expect(await cids("a?format=car&dag-scope=block")).toEqual(path);
    expect(await cids("a?format=car&dag-scope=entity")).toEqual(path);
    expect(await cids("a/big.bin?format=car&dag-scope=block")).toEqual([...path, file.toString()]);
    expect((await cids("a/big.bin?format=car&dag-scope=entity")).length).toBe(6);
    expect((await cids("a/big.bin?format=car&entity-bytes=0:9")).length).toBe(4);
    expect((await cids("a/big.bin?format=car&entity-bytes=-10:*")).length).toBe(4);
    expect((await cids("a/big.bin?format=car&entity-bytes=262143:262144")).length).toBe(5);
    expect((await cids("a?format=car")).length).toBe(7);
  });

  it("gives repeated blocks once, or each time where they are asked for", async () => {
    const { node, add } = memory();
    const root = add({ a: "same", b: "same", c: "same" });
    const { ask } = await gateway(node);
    const count = async (accept: string) => {
      const { headers, body } = await ask(`/ipfs/${root}`, { headers: { accept } });
      let blocks = 0;
      for await (const _ of (await readCar([body])).blocks) blocks++;
      return { dups: headers["content-type"]?.slice(-1), blocks };
    };
    expect(await count("application/vnd.ipld.car; dups=y")).toEqual({ dups: "y", blocks: 4 });
    expect(await count("application/vnd.ipld.car")).toEqual({ dups: "n", blocks: 2 });
  });

  it("gives a release as the dag-cbor it is", async () => {
    const { node, put } = memory();
    const release = blockOf(codecs.dagCbor, Uint8Array.of(0xa0));
    put(release);
    const { ask } = await gateway(node);
    const { headers, body } = await ask(`/ipfs/${release.cid}`);
    expect({ type: headers["content-type"], body: [...body] }).toEqual({
      type: "application/vnd.ipld.dag-cbor",
      body: [0xa0],
    });
    expect((await ask(`/ipfs/${release.cid}/tree`)).status).toBe(404);
  });

  it("answers the probe that clients send to gateways", async () => {
    const { ask } = await gateway(memory().node);
    expect((await ask("/ipfs/bafkqaaa?format=raw", { method: "HEAD" })).status).toBe(200);
  });
});

describe("names", () => {
  it("lead to what they are at this moment", async () => {
    const { node, add } = memory();
    let live = add({ "index.json": "1" });
    const { ask } = await gateway(node, { resolve: async (name) => (name === "eurec4a" ? { cid: live } : undefined) });
    const { text, headers } = await ask("/ipns/eurec4a/index.json");
    expect({ text, caching: headers["cache-control"] }).toEqual({ text: "1", caching: "no-cache" });
    live = add({ "index.json": "2" });
    const again = await ask("/ipns/eurec4a/index.json", { headers: { "if-none-match": headers.etag! } });
    expect({ status: again.status, text: again.text }).toEqual({ status: 200, text: "2" });
    expect(await ask("/ipns/other/")).toMatchObject({ status: 404, text: 'this gateway knows no name "other"\n' });
  });

  it("lead to something below a CID, and the answer is proved from there", async () => {
    const { node, add } = memory();
    const stac = add({ "catalog.json": "{}" });
    const portal = add({ stac: { "catalog.json": "{}" }, "index.html": "portal" });
    const resolve = async () => ({ cid: portal, names: ["stac"] });
    const { ask } = await gateway(node, { resolve });
    const { text, headers } = await ask("/ipns/example.org/catalog.json");
    expect(text).toBe("{}");
    expect(headers["x-ipfs-path"]).toBe("/ipns/example.org/catalog.json");
    expect(headers["x-ipfs-roots"]!.split(",").slice(0, 2)).toEqual([String(portal), String(stac)]);
    expect((await ask("/ipns/example.org")).headers.location).toBe("/ipns/example.org/");
    expect((await ask("/ipns/example.org/none")).text).toContain(`there is no "none" in /ipfs/${portal}/stac`);

    const car = await ask("/ipns/example.org/catalog.json?format=car");
    for (const cid of [portal, stac]) expect(car.body.includes(Buffer.from(cid.bytes))).toBe(true);
  });

  it("begin with the campaign's: / leads there", async () => {
    const { ask } = await gateway(memory().node, { campaign: "eurec4a" });
    expect(await ask("/")).toMatchObject({ status: 302, headers: { location: "/ipns/eurec4a/" } });
  });
});

describe("refusals", () => {
  it.each([
    ["/ipfs/nonsense", 400, '"nonsense" is not a CID'],
    ["/ipfs/%zz", 400, "percent-encoded"],
    ["/api/v0/cat?arg=x", 404, "nothing else"],
    ["/favicon.ico", 404, "nothing else"],
    ["/ipfs/ROOT/none/x", 404, 'there is no "none" in /ipfs/'],
    ["/ipfs/ROOT/file/x", 404, 'there is no "x" in /ipfs/'],
    ["/ipfs/ROOT/../../etc/passwd", 404, 'there is no ".."'],
    ["/ipfs/ROOT/%2e%2e%2fetc", 404, 'there is no "../etc"'],
    ["/ipfs/ROOT/file/", 404, "ask without the last slash"],
    ["/ipfs/ROOT?format=zip", 400, 'no format "zip"'],
    ["/ipfs/ROOT?format=ipns-record", 400, "that of a key"],
    ["/ipns/k51qzi5uqu5dlkw8pxuw9qmqayfdeh4kfebhmreauqdc6a7c3y7d5i9fi8mk9w?format=ipns-record", 404, "no record"],
    ["/ipns/k51qzi5uqu5dlkw8pxuw9qmqayfdeh4kfebhmreauqdc6a7c3y7d5i9fi8mk9w/x?format=ipns-record", 400, "no path"],
    ["/ipfs/ROOT?format=dag-json", 406, "isn't dag-json"],
    ["/ipfs/ROOT?format=car&dag-scope=most", 400, 'no dag-scope "most"'],
    ["/ipfs/ROOT/file?format=car&entity-bytes=a:b", 400, "entity-bytes are FROM:TO"],
    ["/ipfs/ROOT/file?format=car&entity-bytes=10:20", 400, "is outside of 1 bytes"],
    ["/ipfs/ROOT?format=car&car-version=2", 406, "version 1"],
    [`/ipfs/${"bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"}`, 404, "is not on this node"],
  ])("%s: %i, and why", async (path, status, says) => {
    const { node, add } = memory();
    const root = add({ file: "1" });
    const { ask } = await gateway(node);
    const answered = await ask(path.replace("ROOT", root.toString()));
    expect(answered).toMatchObject({
      status,
      headers: { "cache-control": "no-store", "content-type": "text/plain; charset=utf-8" },
    });
    expect(answered.text).toContain(says);
  });

  it("of addresses deeper than anything is", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    expect((await ask(`/ipfs/${add("x")}/${"a/".repeat(600)}`)).status).toBe(414);
  });

  it("of everything that isn't reading", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const { status, headers } = await ask(`/ipfs/${add("x")}`, { method });
      expect({ method, status, allow: headers.allow }).toEqual({ method, status: 405, allow: "GET, HEAD, OPTIONS" });
    }
    expect(await ask("/ipfs/x", { method: "OPTIONS" })).toMatchObject({
      status: 204,
      headers: { "access-control-allow-origin": "*" },
    });
  });

  it("of service workers, which would take over every dataset's address", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    expect((await ask(`/ipfs/${add({ "sw.js": "" })}/sw.js`, { headers: { "service-worker": "script" } })).status).toBe(
      400,
    );
  });

  it("tell out of reach from not there, and from other bytes", async () => {
    const { add, node } = memory();
    const cid = add("x");
    const broken = (kind: "unavailable" | "corrupt") => ({
      ...node,
      get: () => Promise.reject(new Failure(kind, "the gateway is down")),
    });
    expect(await (await gateway(broken("unavailable"))).ask(`/ipfs/${cid}`)).toMatchObject({
      status: 504,
      headers: { "retry-after": "30" },
    });
    expect((await (await gateway(broken("corrupt"))).ask(`/ipfs/${cid}`)).status).toBe(502);
    const probe = { headers: { "cache-control": "only-if-cached" } };
    expect((await (await gateway(memory().node)).ask(`/ipfs/${cid}`, probe)).status).toBe(412);
  });

  it("come in time where a node never answers", async () => {
    const { ask } = await gateway({ name: "silent", get: () => new Promise(() => {}) }, { firstBytesMs: 50 });
    expect(await ask(`/ipfs/${memory().add("x")}`)).toMatchObject({
      status: 504,
      text: "no node gave the data in time\n",
    });
  });

  it("do not tell strangers about mistakes of ours", async () => {
    const { ask, world } = await gateway({ name: "faulty", get: () => Promise.reject(new TypeError("secret path")) });
    const { status, text } = await ask(`/ipfs/${memory().add("x")}`);
    expect({ status, told: text.includes("secret") }).toEqual({ status: 500, told: false });
    expect(world.lines.join()).toContain("secret path");
  });
});

describe("a body that can't be finished", () => {
  it("breaks the connection: a short file never looks whole", async () => {
    const { node, add, lose } = memory();
    const cid = add(big);
    lose(blockOf(codecs.raw, big.subarray(524_288)).cid);
    const { ask, world } = await gateway(node);
    const file = await ask(`/ipfs/${cid}`);
    expect({ whole: file.whole, short: file.body.length < big.length }).toEqual({ whole: false, short: true });
    expect((await ask(`/ipfs/${cid}?format=car`)).whole).toBe(false);
    expect(world.lines.join()).toContain("is not on this node");
    await expect(
      fetch(`${(await gateway(node)).url}/ipfs/${cid}`).then((answer) => answer.arrayBuffer()),
    ).rejects.toThrow();
  });

  it("is an error with a status where nothing was sent yet", async () => {
    const { node, add, lose } = memory();
    const cid = add(big);
    lose(blockOf(codecs.raw, big.subarray(0, 262_144)).cid);
    expect((await (await gateway(node)).ask(`/ipfs/${cid}?filename=x.nc`)).status).toBe(404);
  });
});

describe("who may ask, and how much", () => {
  it("only names of this machine, when it listens to this machine only", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    const path = `/ipfs/${add("x")}`;
    for (const host of ["evil.example", "evil.example:80", "localhost.evil.example", "1.2.3.4"]) {
      expect({ host, status: (await ask(path, { headers: { host } })).status }).toEqual({ host, status: 403 });
    }
    for (const host of ["localhost:8080", "127.0.0.1", "[::1]:80", "x.localhost"]) {
      expect({ host, status: (await ask(path, { headers: { host } })).status }).toEqual({ host, status: 200 });
    }
  });

  it("this machine, where nothing else is asked for", async () => {
    const { url } = await gateway(memory().node);
    expect(new URL(url).hostname).toBe("127.0.0.1");
  });

  it("every page has an origin of its own, and gets no permission it doesn't need", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    const policy = (await ask(`/ipfs/${add({ "x.html": "<script>" })}/x.html`)).headers["content-security-policy"]!;
    expect(policy).toMatch(/^sandbox /);
    expect(policy).not.toContain("allow-same-origin");
    expect(policy).toContain("default-src 'self'");
  });

  it("a slow reader makes the node wait, not the memory grow", async () => {
    const { node, add, asked } = memory();
    const huge = add(Buffer.alloc(60_000_000, "x").map((_, i) => i));
    const { url } = await gateway(node);
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.pause();
    socket.write(`GET /ipfs/${huge}?filename=x.nc HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(asked.length).toBeLessThan(60);
    socket.destroy();
  });

  it("stops reading when the client leaves", async () => {
    const { node, add } = memory();
    const huge = add(Buffer.alloc(30_000_000, "x").map((_, i) => i));
    const signals: AbortSignal[] = [];
    const { url } = await gateway({
      ...node,
      get(cid, world) {
        signals.push(world.signal);
        return node.get(cid, world);
      },
    });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write(`GET /ipfs/${huge}?filename=x.nc HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await once(socket, "data");
    socket.destroy();
    await expect.poll(() => signals.at(-1)?.aborted).toBe(true);
  });

  it("headers without end are cut off", async () => {
    const { ask } = await gateway(memory().node);
    expect((await ask("/", { headers: { x: "y".repeat(20_000) } })).status).toBe(431);
  });

  it("lets go of the port when the run ends", async () => {
    const stop = new AbortController();
    const { serve } = await import("../../pipeline/serve/serve.ts");
    const world = testWorld({ signal: stop.signal });
    const { url } = await serve({ node: memory().node, resolve: async () => undefined, campaign: "x" }, world);
    expect((await ask(url, "/")).status).toBe(302);
    stop.abort();
    await expect
      .poll(() =>
        ask(url, "/").then(
          () => "open",
          () => "closed",
        ),
      )
      .toBe("closed");
  });

  it("a taken port is named", async () => {
    const { url } = await gateway(memory().node);
    const port = Number(new URL(url).port);
    await expect(gateway(memory().node, { port })).rejects.toMatchObject({
      kind: "refused",
      message: `port ${port} on 127.0.0.1 is taken`,
    });
  });
});
