/** No input stops the gateway: what strangers made, and how strangers ask. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { encodePb } from "../../pipeline/dag/codec/dag-pb.ts";
import { encodeUnixFs } from "../../pipeline/dag/codec/unixfs.ts";
import { blockOf, pbBlock } from "../../pipeline/dag/hash.ts";
import type { Node } from "../../pipeline/ipfs/node.ts";
import { aCampaign, fieldtree, start } from "../commands/program.ts";
import { carBytes, folderOf, selfSimilar } from "../fakes/hostile-dags.ts";
import { longestTurn } from "../fakes/turns.ts";
import { gateway, memory } from "./gateway.ts";

/** ms of this thread's time that one turn of the event loop may take. Before, some never ended. */
const ceiling = 400;

function open(url: string, text = ""): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write(text);
  return socket;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe("a file of 6 kB that says it is a terabyte", () => {
  it("is given as the few blocks it is, whichever bytes of it are asked for", async () => {
    const { node, put } = memory();
    const cid = selfSimilar(put);
    const { ask } = await gateway(node);
    const asking = async () => {
      for (const bytes of ["0:*", "0:1099511627775", "1:*", "-5:*", "12345:549755813888"]) {
        const { status, body, whole } = await ask(`/ipfs/${cid}?format=car&entity-bytes=${bytes}`);
        expect({ bytes, status, whole, small: body.length < 10_000 }).toEqual({
          bytes,
          status: 200,
          whole: true,
          small: true,
        });
      }
      for (const scope of ["all", "entity", "block"]) {
        expect((await ask(`/ipfs/${cid}?format=car&dag-scope=${scope}`)).whole).toBe(true);
      }
      expect((await ask(`/ipfs/${cid}`, { headers: { range: "bytes=1000000000000-1000000000009" } })).text).toBe(
        "A".repeat(10),
      );
    };
    expect(await longestTurn(asking())).toBeLessThan(ceiling);
  });

  it.each(["", "?format=car&dups=y"])(
    "is read by sixteen at once%s, and small requests are answered meanwhile",
    async (query) => {
      const { node, put, add } = memory();
      const cid = selfSimilar(put);
      const small = add("small");
      const { url, ask } = await gateway(node);
      for (let i = 0; i < 16; i++) open(url, get(`/ipfs/${cid}${query}`)).resume();
      const asking = async () => {
        for (let i = 0; i < 20; i++) expect((await ask(`/ipfs/${small}`)).text).toBe("small");
      };
      expect(await longestTurn(asking())).toBeLessThan(ceiling);
    },
  );

  it("does not keep `serve` from ending when it is told to", { timeout: 60_000 }, async () => {
    const blocks: Block[] = [];
    const cid = selfSimilar((block) => void blocks.push(block));
    const cwd = await aCampaign({ "it.car": await carBytes([cid], blocks) });
    expect((await fieldtree(["car", "import", "it.car"], { cwd })).code).toBe(0);
    const running = start(["--json", "serve", "--port", "0"], { cwd });
    onTestFinished(() => void running.kill("SIGKILL"));
    const [line] = (await once(createInterface(running.stdout), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };
    for (const query of ["", "?format=car&dups=y", "?format=car&entity-bytes=1:*"]) {
      for (let i = 0; i < 4; i++) open(url, get(`/ipfs/${cid}${query}`)).resume();
    }
    open(url);
    open(url, "GET / HTTP/1.1\r\nHost: loc");
    open(url, get(`/ipfs/${cid}`)).pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const told = performance.now();
    running.kill("SIGTERM");
    expect((await running).exitCode).toBe(0);
    // 2 s on a machine that has the time.
    expect(performance.now() - told).toBeLessThan(10_000);
  });
});

describe("a folder of very many names", () => {
  const count = 20_000;
  const names = Array.from({ length: count }, (_, i) => `file-${i}-"><img src=x onerror=alert(1)>`);

  it("is listed a page at a time, read once, and not read at all for its head", { timeout: 120_000 }, async () => {
    const { node, asked, put, add } = memory();
    const { makeDirectory } = await import("../../pipeline/dag/directory.ts");
    const { profile } = await import("./gateway.ts");
    const leaf = { cid: add("x"), tsize: 1 };
    const { cid } = makeDirectory(
      names.map((name) => ({ name, ...leaf })),
      profile,
      put,
    );
    const { ask } = await gateway(node);
    asked.length = 0;
    expect((await ask(`/ipfs/${cid}/`, { method: "HEAD" })).status).toBe(200);
    expect(asked.length).toBeLessThan(5);

    const sorted = names.toSorted();
    const small = add("small");
    const asking = async () => {
      const pages = [...Array.from({ length: 16 }, (_, i) => i + 1), 20];
      const given = await Promise.all([
        ...pages.map((page) => ask(`/ipfs/${cid}/?page=${page}`)),
        ...pages.map(() => ask(`/ipfs/${small}`)),
      ]);
      for (const [i, page] of pages.entries()) {
        const links = [...given[i]!.text.matchAll(/<tr><td><a href="[^"]*\/([^"/]*)">/g)].map(([, href]) =>
          decodeURIComponent(href!),
        );
        expect(links).toEqual(sorted.slice((page - 1) * 1000, page * 1000));
        expect(given[i]!.text).not.toContain("<img");
      }
    };
    expect(await longestTurn(asking())).toBeLessThan(ceiling);
    // Once for all of them together.
    expect(new Set(asked).size).toBeGreaterThan(asked.length - 40);
    asked.length = 0;
    expect((await ask(`/ipfs/${cid}/?page=19`)).status).toBe(200);
    expect(asked.length).toBeLessThan(5);
    expect((await ask(`/ipfs/${cid}/?page=21`)).status).toBe(404);
    const { headers } = await ask(`/ipfs/${cid}/`, { method: "HEAD" });
    expect((await ask(`/ipfs/${cid}/`, { headers: { "if-none-match": headers.etag! } })).status).toBe(304);
    for (const page of ["0", "-1", "1.5", "x", "1e3", "99999999"]) {
      expect({ page, status: (await ask(`/ipfs/${cid}/?page=${page}`)).status }).toEqual({ page, status: 404 });
    }
  });

  it("is no longer read when those who asked have left", async () => {
    const { node: held, add } = memory();
    const cid = add(Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`${i}`.padStart(40, "0"), "x"])));
    let given = 0;
    let waiting = 0;
    let aborted = 0;
    const node: Node = {
      name: "slow",
      get: (each, world) => {
        // The directory itself, and where an index.html would be in it: then it is listed.
        if (given++ < 4) return held.get(each, world);
        waiting++;
        world.signal.addEventListener("abort", () => aborted++);
        return new Promise(() => {});
      },
    };
    const { url } = await gateway(node);
    const sockets = [1, 2].map((page) => open(url, get(`/ipfs/${cid}/?page=${page}`)));
    await expect.poll(() => waiting, { timeout: 10_000 }).toBeGreaterThan(3);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => aborted, { timeout: 10_000 }).toBe(waiting);
  });

  it("of hostile names is inert: as markup, as links and in headers", async () => {
    const { node, put, add } = memory();
    const leaf = add("<script>alert(1)</script>");
    const odd = [
      "..",
      ".",
      "",
      "a/b",
      "%2e%2e",
      "\u202egnp.exe",
      "x\r\nSet-Cookie: a=b",
      "javascript:alert(1)",
      "<img src=x>",
      "\u0000",
      "__proto__",
      "constructor",
      "'\"&",
      "\u2028",
    ];
    const block = folderOf(odd.map((name) => ({ name, cid: leaf })));
    put(block);
    const { ask } = await gateway(node);
    const { text, headers } = await ask(`/ipfs/${block.cid}/`);
    expect(text).not.toMatch(/<img|<script|[\u202e\u0000\r\u2028]|href="javascript|href="\/ipfs\/[^"]*\/\.{0,1}"/);
    expect(headers["set-cookie"]).toBeUndefined();
    for (const name of odd) {
      if (/^\.{0,2}$/.test(name)) continue;
      const each = await ask(
        `/ipfs/${block.cid}/${encodeURIComponent(name)}?download=true&filename=${encodeURIComponent(name)}`,
      );
      expect({ name, status: each.status, cookie: each.headers["set-cookie"] }).toEqual({
        name,
        status: 200,
        cookie: undefined,
      });
      expect(each.headers["content-disposition"]).toMatch(
        /^attachment; filename="[ -~]*"(; filename\*=UTF-8''[!-~]+)?$/,
      );
      const page = await ask(`/ipfs/${folderOf([{ name, cid: leaf }]).cid}/`);
      expect(page.status).toBe(404);
    }
  });
});

describe("other shapes", () => {
  it("a directory of inlined files and folders is walked and listed like any other", async () => {
    const { node, put } = memory();
    const inline = (codec: number, bytes: Uint8Array) => CID.createV1(codec, digestOf(0, bytes));
    const deep = Array.from({ length: 3 }).reduce<CID>(
      (below) =>
        inline(
          codecs.dagPb,
          encodePb({ links: [{ name: "d", cid: below, tsize: 1 }], data: encodeUnixFs({ kind: "directory" }) }),
        ),
      inline(codecs.raw, Buffer.from("hello")),
    );
    const block = folderOf([
      { name: "deep", cid: deep },
      { name: "file", cid: inline(codecs.raw, Buffer.from("{}")) },
    ]);
    put(block);
    const { ask } = await gateway(node);
    expect((await ask(`/ipfs/${block.cid}/deep/d/d/d`)).text).toBe("hello");
    expect((await ask(`/ipfs/${block.cid}/file`, { headers: { range: "bytes=1-" } })).text).toBe("}");
    expect((await ask(`/ipfs/${block.cid}/deep/`)).text).toContain('/deep/d">d</a>');
    for (const query of ["", "&dups=y", "&dag-scope=entity", "&entity-bytes=0:*"]) {
      expect((await ask(`/ipfs/${block.cid}?format=car${query}`)).whole).toBe(true);
      expect((await ask(`/ipfs/${block.cid}/deep/d/d/d?format=car${query}`)).whole).toBe(true);
    }
    expect((await ask("/ipfs/bafkqabtimvwgy3yk")).text).toBe("hello\n");
    expect((await ask("/ipfs/bafkqabtimvwgy3yk?format=raw")).text).toBe("hello\n");
  });

  it("a block of as many links as fit is read within one turn, and once", { timeout: 60_000 }, async () => {
    const { node, put } = memory();
    const empty = CID.parse("bafkqaaa");
    const block = folderOf(Array.from({ length: 120_000 }, () => ({ name: "", cid: empty })));
    put(block);
    const { ask } = await gateway(node);
    expect(await longestTurn(ask(`/ipfs/${block.cid}/none`))).toBeLessThan(2 * ceiling);
    expect(await longestTurn(ask(`/ipfs/${block.cid}/none`))).toBeLessThan(ceiling / 2);
    expect((await ask(`/ipfs/${block.cid}?format=car`)).whole).toBe(true);
  });

  it("a block larger than any that nodes exchange is no folder here", async () => {
    const large = { cid: blockOf(codecs.dagPb, new Uint8Array(3_000_000)).cid, bytes: new Uint8Array(3_000_000) };
    const { ask } = await gateway({ name: "large", get: async () => large.bytes });
    expect(await ask(`/ipfs/${large.cid}/x`)).toMatchObject({
      status: 502,
      text: expect.stringContaining("3000000 bytes"),
    });
  });

  it("symlinks that lead to one another lead nowhere", async () => {
    const { node, put } = memory();
    const link = (target: string) => pbBlock({ links: [], data: encodeUnixFs({ kind: "symlink", target }) }, 1);
    const [a, b] = [link("b"), link("a")];
    const block = folderOf([
      { name: "a", cid: a.cid },
      { name: "b", cid: b.cid },
    ]);
    for (const each of [a, b, block]) put(each);
    const { ask } = await gateway(node);
    expect((await ask(`/ipfs/${block.cid}/a`)).text).toBe("b");
    expect((await ask(`/ipfs/${block.cid}/a/b`)).status).toBe(404);
  });
});

describe("a request", () => {
  it.each([
    ["an address of 10 000 names", `/ipfs/CID/${"a/".repeat(4990)}`, {}, 414],
    ["an address longer than any header", `/ipfs/CID/${"a/".repeat(10_000)}`, {}, 431],
    ["a very long query", `/ipfs/CID?${"a=b&".repeat(3000)}`, {}, 414],
    ["slashes alone", `/ipfs/CID${"/".repeat(8000)}`, {}, 200],
    ["a NUL", "/ipfs/CID/%00", {}, 404],
    ["a CID that takes long to decode", `/ipfs/k${"a".repeat(8000)}`, {}, 400],
    ["a CID in base58 that takes long to decode", `/ipfs/z${"a".repeat(8000)}`, {}, 400],
    ["many things that it accepts", "/ipfs/CID", { accept: "application/vnd.ipld.raw;q=0.1,".repeat(500) }, 200],
    ["a thousand ranges", "/ipfs/CID", { range: `bytes=${"0-0,".repeat(1000)}1-1` }, 206],
    ["many tags that it has", "/ipfs/CID", { "if-none-match": '"x",'.repeat(3000) }, 200],
    ["a compressed body announced", "/ipfs/CID", { "content-encoding": "gzip", "accept-encoding": "gzip" }, 200],
  ] as const)("with %s is answered at once", async (_, path, headers, status) => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    const asking = ask(path.replace("CID", `${add("sondes")}`), { headers });
    expect(await longestTurn(asking)).toBeLessThan(ceiling);
    expect((await asking).status).toBe(status);
  });

  it.each(["BAFK", "bAfK"])("spells a CID's letters as it likes: %s…", async (begin) => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    const cid = `${add("sondes")}`;
    expect((await ask(`/ipfs/${begin}${cid.slice(4).toUpperCase()}`)).text).toBe("sondes");
  });

  it("for a part of an empty file is answered with all of it, as Kubo does", async () => {
    const { node, add } = memory();
    const { ask } = await gateway(node);
    for (const range of ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=5-9"]) {
      const { status, headers, body } = await ask(`/ipfs/${add("")}`, { headers: { range } });
      expect({ range, status, length: headers["content-length"], sent: body.length }).toEqual({
        range,
        status: 200,
        length: "0",
        sent: 0,
      });
    }
  });

  it.each([
    ["two lengths", "Content-Length: 3\r\nContent-Length: 5\r\n", 400],
    ["a length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400],
    ["a blank before a header's colon", "Transfer-Encoding : chunked\r\n", 400],
  ])("that smuggles another one in, with %s, is refused", async (_, headers, status) => {
    const { url } = await gateway(memory().node);
    const socket = open(url, `GET / HTTP/1.1\r\nHost: localhost\r\n${headers}\r\nGET /x HTTP/1.1\r\n\r\n`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    await once(socket, "close");
  });
});

describe("a connection", () => {
  const short = { headers: 400, request: 400, keepAlive: 300, reader: 300, idle: 2000 };
  const ended = async (socket: Socket) => {
    socket.resume();
    const began = performance.now();
    // Not `once`, which rejects at an error: a byte that arrives after the end is answered by a reset, and then it is closed too.
    await new Promise((resolve) => socket.once("close", resolve));
    return performance.now() - began;
  };

  it.each([
    ["says nothing", ""],
    ["never ends its headers", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "],
  ])("that %s is closed when its time is over", async (_, text) => {
    const { url } = await gateway(memory().node, { limits: short });
    const socket = open(url, text);
    const drip = setInterval(() => text && socket.write("y"), 50);
    // 0.4 s, and as long again until somebody looks. Node's own clock looks each half minute.
    expect(await ended(socket)).toBeLessThan(8000);
    clearInterval(drip);
  });

  it("that has a body to send is answered, and closed without waiting for it", async () => {
    const { url } = await gateway(memory().node, { limits: short });
    const socket = open(url, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\nx");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 302[\s\S]*connection: close/i);
    expect(await ended(socket)).toBeLessThan(8000);
  });

  it("that asks nothing more is closed", async () => {
    const { url } = await gateway(memory().node, { limits: short });
    const socket = open(url, get("/"));
    await once(socket, "data");
    expect(await ended(socket)).toBeLessThan(8000);
  });

  it("whose reader takes next to nothing is cut, and gives back its place", async () => {
    const { node, add } = memory();
    const huge = add(Buffer.alloc(40_000_000, "x").map((_, i) => i));
    const { url, world } = await gateway(node, { limits: { ...short, idle: 60_000 } });
    const socket = open(url, get(`/ipfs/${huge}?filename=x.nc`));
    socket.pause();
    await expect
      .poll(() => world.lines.join(), { timeout: 10_000 })
      .toContain("less than 65536 bytes were read in 0.3 s");
  });

  it("cut by its client in the middle leaves nothing behind", { timeout: 60_000 }, async () => {
    const { node, add } = memory();
    const huge = add(Buffer.alloc(20_000_000, "x").map((_, i) => i));
    let open_ = 0;
    const counting: Node = {
      name: "counting",
      get: async (cid, world) => {
        open_++;
        try {
          await new Promise((resolve) => setImmediate(resolve));
          return await node.get(cid, world);
        } finally {
          open_--;
        }
      },
    };
    const { url, ask } = await gateway(counting, { limits: { place: 3000 } });
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    const before = sockets();
    // Three times as many as are served at once: a place that is not given back would be missed.
    for (let round = 0; round < 4; round++) {
      const all = Array.from({ length: 50 }, () => open(url, get(`/ipfs/${huge}${round % 2 ? "?format=car" : ""}`)));
      await Promise.all(all.map((socket) => Promise.race([once(socket, "data"), once(socket, "close")])));
      for (const socket of all) socket.destroy();
    }
    await expect.poll(() => sockets(), { timeout: 10_000 }).toBeLessThanOrEqual(before);
    await expect.poll(() => open_).toBe(0);
    const given = await Promise.all(Array.from({ length: 64 }, () => ask(`/ipfs/${add("x")}`)));
    expect(given.every(({ status }) => status === 200)).toBe(true);
  });
});
