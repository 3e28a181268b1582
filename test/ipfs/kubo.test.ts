import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { type KuboOptions, kubo } from "../../pipeline/ipfs/kubo/kubo.ts";
import type { HomeNode } from "../../pipeline/ipfs/node.ts";
import { aFolder, homeNodeContract, raw } from "../contracts/node.ts";
import { startFakeKubo } from "../fakes/kubo.ts";
import { testWorld } from "../fakes/world.ts";
import { kuboBinary, startKubo } from "../servers/kubo.ts";
import { useKubo } from "../servers/use-kubo.ts";

const server = await useKubo();

describe.skipIf(!server.there)("a real Kubo", () => {
  const open = async (options: Partial<KuboOptions> = {}): Promise<HomeNode> => {
    const { api } = await server.started();
    const node = kubo({ api, pinTimeoutMs: 600, ...options });
    onTestFinished(() => node.close?.());
    return node;
  };
  /** Nothing of ours in it, as in a Kubo that was just installed. */
  const cleared = async (): Promise<HomeNode> => {
    const node = await open();
    for (const label of (await node.pins(testWorld())).keys()) await node.unpin(label, testWorld());
    await ipfs("repo", "gc");
    return node;
  };
  const ipfs = async (...args: string[]) => (await server.started()).ipfs(...args);

  homeNodeContract(cleared);

  describe("pins", () => {
    it("a root under a name that people can read", async () => {
      const node = await cleared();
      const { root, blocks } = aFolder("cid-v1", "readable");
      await node.put(blocks, testWorld());
      await node.pin(root, "halo/portal", testWorld());
      expect(await ipfs("pin", "ls", "--names", "--type=recursive")).toContain(
        `${root} recursive fieldtree:halo/portal`,
      );
    });

    it("many roots together, under one pin, or none of them where a block is missing", async () => {
      const node = await cleared();
      const blocks = Array.from({ length: 1100 }, (_, i) => raw(`together ${i}`));
      const roots = blocks.map(({ cid }) => cid);
      await node.put(blocks.slice(1), testWorld());
      expect(await node.pinTogether?.(roots, "halo/fetching", testWorld())).toBe(false);
      expect(await node.pins(testWorld())).toEqual(new Map());

      await node.put(blocks, testWorld());
      expect(await node.pinTogether?.(roots, "halo/fetching", testWorld())).toBe(true);
      expect([...(await node.pins(testWorld())).keys()]).toEqual(["halo/fetching"]);
      await ipfs("repo", "gc");
      for (const cid of [roots[0]!, roots[1099]!]) expect(await node.get(cid, testWorld())).toBeDefined();

      await node.unpin("halo/fetching", testWorld());
      await ipfs("repo", "gc");
      expect(await node.get(roots[0]!, testWorld())).toBeUndefined();
    });

    it.each(["theirs", ""])("leaves a pin with another name (%j) alone, pinning and unpinning", async (name) => {
      const node = await cleared();
      const { root, blocks } = aFolder("cid-v1", `named ${name}`);
      await node.put(blocks, testWorld());
      await ipfs("pin", "add", `--name=${name}`, `${root}`);
      await node.pin(root, "ours", testWorld());
      await node.pin(root, "ours", testWorld());
      const theirs = () => ipfs("pin", "ls", "--names", "--type=recursive", `${root}`);
      expect((await theirs()).trim()).toBe(`${root} recursive ${name}`.trim());

      await ipfs("pin", "rm", `${root}`);
      await ipfs("repo", "gc");
      expect(await node.get(blocks[0]!.cid, testWorld()), "kept by us alone").toBeDefined();

      await ipfs("pin", "add", `--name=${name}`, `${root}`);
      await node.unpin("ours", testWorld());
      expect(await node.pins(testWorld())).toEqual(new Map());
      expect((await theirs()).trim()).toBe(`${root} recursive ${name}`.trim());
    });

    it("again what another client has renamed meanwhile", async () => {
      const node = await cleared();
      const { root, blocks } = aFolder("cid-v1", "renamed");
      await node.put(blocks, testWorld());
      await node.pin(root, "ours", testWorld());
      await ipfs("pin", "add", "--name=theirs", `${root}`);
      expect(await node.pins(testWorld()), "what Kubo says").toEqual(new Map());
      await node.pin(root, "ours", testWorld());
      expect([...(await node.pins(testWorld())).keys()]).toEqual(["ours"]);
      await node.unpin("ours", testWorld());
      expect(await ipfs("pin", "ls", "--names", "--type=recursive")).toContain(`${root} recursive theirs`);
    });

    it("one root for many labels at once, and keeps it until the last is gone", async () => {
      const node = await cleared();
      const { root, blocks } = aFolder("cid-v1", "shared");
      await node.put(blocks, testWorld());
      const labels = Array.from({ length: 8 }, (_, i) => `products/${i}`);
      await Promise.all(labels.map((label) => node.pin(root, label, testWorld())));
      expect([...(await node.pins(testWorld())).keys()].sort()).toEqual(labels);
      for (const label of labels) {
        await ipfs("repo", "gc");
        expect(await node.get(blocks[0]!.cid, testWorld())).toBeDefined();
        await node.unpin(label, testWorld());
      }
      await ipfs("repo", "gc");
      expect(await node.get(blocks[0]!.cid, testWorld())).toBeUndefined();
    });

    it("under a label longer than Kubo allows for names", async () => {
      const node = await cleared();
      const { root, blocks } = aFolder("cid-v1", "long");
      await node.put(blocks, testWorld());
      const label = `products/${"ä".repeat(400)}`;
      await node.pin(root, label, testWorld());
      expect((await node.pins(testWorld())).get(label)?.toString()).toBe(`${root}`);
    });

    it("finishes letting go of what a run that was ended left", async () => {
      const node = await cleared();
      const [older, newer] = [aFolder("cid-v1", "left over"), aFolder("cid-v1", "its successor")];
      await node.put([...older.blocks, ...newer.blocks], testWorld());
      for (const { root } of [older, newer]) await ipfs("pin", "add", "--name=fieldtree:portal", `${root}`);
      await node.pin(newer.root, "portal", testWorld());
      expect(await ipfs("pin", "ls", "--names", "--type=recursive")).not.toContain(`${older.root}`);
    });

    it("a folder with an empty file, which no other Kubo would have given it", async () => {
      const node = await cleared();
      const { root, blocks } = aFolder("cid-v1", "");
      await node.put(
        blocks.filter(({ bytes }) => bytes.length > 0),
        testWorld(),
      );
      await node.pin(root, "portal", testWorld());
    });

    it("nothing where the garbage collector ran in between, fails with that reason, and can be run again", async () => {
      const node = await cleared();
      const { root, blocks } = aFolder("cid-v1", "collected");
      await node.put(blocks, testWorld());
      await ipfs("repo", "gc");
      await expect(node.pin(root, "portal", testWorld())).rejects.toMatchObject({
        kind: "unavailable",
        message: expect.stringMatching(
          new RegExp(`can't pin ${root} \\(portal\\): ${root} is out of reach, nothing came for 0.6 s`),
        ),
      });
      await node.put(blocks, testWorld());
      await node.pin(root, "portal", testWorld());
    });
  });

  it("reads no further below pins than its bound, and reports that", async () => {
    const node = await cleared();
    const { root, blocks } = aFolder("cid-v1", "looked below");
    await node.put(blocks, testWorld());
    await node.pin(root, "bounded", testWorld());
    const below = (mostBlocks: number) => node.belowPins!({ mostBlocks }, testWorld());
    expect(await (await below(1000))(root)).toBeUndefined();
    await expect(below(1)).rejects.toMatchObject({ kind: "refused", message: expect.stringContaining("than 1 block") });
  });

  describe("shows a tree in its own file system", () => {
    const shown = async () => (await ipfs("files", "ls", "/fieldtree/eurec4a")).split("\n").filter(Boolean);

    it("at /fieldtree/<campaign>/<root>, and older ones no longer", async () => {
      const node = await cleared();
      const [older, newer] = [aFolder("cid-v1", "shown"), aFolder("unixfs-v0-2015", "shown next")];
      await node.put([...older.blocks, ...newer.blocks], testWorld());
      await node.show!(older.root, "eurec4a", testWorld());
      await ipfs("files", "mkdir", "/fieldtree/eurec4a/notes of people");
      for (const { root } of [newer, newer]) await node.show!(root, "eurec4a", testWorld());
      expect(await shown()).toEqual([`${newer.root}`, "notes of people"].sort());
      expect(await ipfs("files", "stat", "--hash", `/fieldtree/eurec4a/${newer.root}`)).toBe(`${newer.root}`);
      await ipfs("files", "rm", "-r", "/fieldtree/eurec4a");
    });

    it("and puts right what was changed there", async () => {
      const node = await cleared();
      const { root, blocks } = aFolder("cid-v1", "tampered");
      await node.put(blocks, testWorld());
      await node.show!(root, "eurec4a", testWorld());
      await ipfs("files", "rm", "-r", `/fieldtree/eurec4a/${root}/inner`);
      await node.show!(root, "eurec4a", testWorld());
      expect(await ipfs("files", "stat", "--hash", `/fieldtree/eurec4a/${root}`)).toBe(`${root}`);
    });

    it("keeping the older one where the newer can't be shown", async () => {
      const node = await cleared();
      const [older, missing] = [aFolder("cid-v1", "stays"), aFolder("cid-v1", "never put")];
      await node.put(older.blocks, testWorld());
      await node.show!(older.root, "eurec4a", testWorld());
      await expect(node.show!(missing.root, "eurec4a", testWorld())).rejects.toMatchObject({ kind: "unavailable" });
      expect(await shown()).toContain(`${older.root}`);
    });

    it("a sharded one too", async () => {
      const node = await cleared();
      const blocks: Block[] = [];
      const leaf = raw("leaf");
      const entries = Array.from({ length: 6000 }, (_, i) => ({ name: `leaf number ${i}`, cid: leaf.cid, tsize: 4 }));
      const { cid } = makeDirectory(entries, profiles["cid-v1"], (block) => void blocks.push(block));
      await node.put([leaf, ...blocks], testWorld());
      await node.show!(cid, "eurec4a", testWorld());
      expect(await shown()).toContain(`${cid}`);
    });

    it.each(["", "..", "a/b"])("but not for a campaign called %j", async (campaign) => {
      const node = await open();
      await expect(node.show!(raw("x").cid, campaign, testWorld())).rejects.toMatchObject({ kind: "input" });
    });
  });

  it("takes 300 MB in constant memory", async () => {
    const node = await cleared();
    const size = 262_144;
    const stream = async function* () {
      for (let i = 0; i < 1200; i++) yield blockOf(codecs.raw, new Uint8Array(size).fill(i % 256).fill(i >> 8, 0, 1));
    };
    await node.put([raw("warm")], testWorld());
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    await node.put(stream(), testWorld());
    clearInterval(watch);
    expect((most - before) / 1e6).toBeLessThan(150);
    await ipfs("repo", "gc");
  });

  it("never sees the end of blocks that could not be read to the end", async () => {
    const node = await open();
    const broken = async function* () {
      yield raw("read");
      throw new Error("the disk went away");
    };
    await expect(node.put(broken(), testWorld())).rejects.toThrow("the disk went away");
    await node.put([raw("after")], testWorld());
  });

  it("stops sending when the world is to stop", async () => {
    const node = await open();
    const stop = new AbortController();
    const endless = async function* () {
      for (let i = 0; ; i++) {
        if (i === 100) stop.abort(new Error("told to stop"));
        yield raw(`endless ${i}`);
      }
    };
    await expect(node.put(endless(), testWorld({ signal: stop.signal }))).rejects.toThrow("told to stop");
  });
});

describe.skipIf(!server.there)("a Kubo that is killed", () => {
  it("in mid-import is named, and the import goes through once it is back", async () => {
    const own = await startKubo();
    onTestFinished(() => own.stop());
    const node = kubo({ api: own.api });
    onTestFinished(() => node.close?.());
    const blocks = Array.from({ length: 400 }, (_, i) =>
      blockOf(codecs.raw, new Uint8Array(100_000).fill(i % 256).fill(1, 0, i)),
    );
    const killing = async function* () {
      for (const [i, block] of blocks.entries()) {
        if (i === 200) await own.kill();
        yield block;
      }
    };
    const error = await node.put(killing(), testWorld()).catch((error) => error);
    expect(error).toMatchObject({ kind: "unavailable", hint: expect.stringContaining("run it again") });
    expect(error.message).toMatch(
      /^kubo at http:\S+: dag\/import: the connection broke off \(\w+\); .* with \d+ blocks sent$/,
    );
    await expect(node.get(blocks[0]!.cid, testWorld())).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/nothing answers there \(ECONNREFUSED\)|the connection broke off/),
      hint: expect.stringContaining("ipfs daemon"),
    });

    await own.restart();
    await node.put(blocks, testWorld());
    for (const { cid } of blocks) expect(await node.get(cid, testWorld())).toBeDefined();
  });
});

const token = "a-long-secret-token";
const guarded = (await kuboBinary()) ? await startKubo({ token }) : undefined;
afterAll(() => guarded?.stop());

describe.skipIf(!guarded)("a Kubo that wants a token", () => {
  it("is served with it", async () => {
    const node = kubo({ api: guarded!.api, token });
    const { root, blocks } = aFolder();
    await node.put(blocks, testWorld());
    await node.pin(root, "portal", testWorld());
    expect(await node.get(root, testWorld())).toBeDefined();
  });

  it.each([undefined, "a-wrong-token"])(
    "refuses %s, for reading and for bulk, and the token is not told",
    async (wrong) => {
      const node = kubo({ api: guarded!.api, ...(wrong ? { token: wrong } : {}) });
      const many = Array.from({ length: 2000 }, (_, i) =>
        blockOf(codecs.raw, new Uint8Array(10_000).fill(i % 256).fill(i >> 8, 0, 1)),
      );
      const reading = () => node.get(raw("x").cid, testWorld());
      const bulk = () => node.put(many, testWorld());
      for (const ask of [reading, bulk]) {
        const error = await ask().catch((error) => error);
        expect(error).toMatchObject({ kind: "refused", hint: expect.stringContaining("API.Authorizations") });
        expect(JSON.stringify([error.message, error.hint, error.stack])).not.toContain("a-wrong-token");
      }
    },
  );
});

describe("what is not a Kubo, or not well", () => {
  const block = raw("asked for");

  it("is recognised by its address", async () => {
    expect(kubo({ api: "http://127.0.0.1:5001/api/v0/" }).name).toBe("kubo at http://127.0.0.1:5001");
    expect(() => kubo({ api: "/ip4/127.0.0.1/tcp/5001" })).toThrow(expect.objectContaining({ kind: "input" }));
    expect(() => kubo({ api: "http://me:hunter2@127.0.0.1:5001" })).not.toThrow("hunter2");
  });

  it("is recognised by a page, whatever its status", async () => {
    for (const status of [200, 404]) {
      const page = await startFakeKubo((_, response) => {
        response.writeHead(status, { "content-type": "text/html" }).end("<title>Welcome to nginx!</title>");
      });
      await expect(kubo({ api: page.api }).get(block.cid, testWorld())).rejects.toMatchObject({
        kind: "input",
        message: expect.stringContaining(
          `answered ${status}: a page called "Welcome to nginx!". That is not Kubo's RPC`,
        ),
        hint: expect.stringContaining("5001"),
      });
    }
  });

  it.skipIf(!server.there)("is distinguished from its own gateway", async () => {
    const { gateway } = await server.started();
    await expect(kubo({ api: gateway }).put([block], testWorld())).rejects.toMatchObject({ kind: "input" });
  });

  it("is believed where it takes back what it began to answer", async () => {
    const liar = await startFakeKubo((request, response) => {
      request.resume().once("end", () => {
        response.writeHead(200, { "content-type": "application/json", trailer: "X-Stream-Error" });
        response.write(`${JSON.stringify({ Stats: { BlockCount: 1, BlockBytesCount: 9 } })}\n`);
        response.addTrailers({ "X-Stream-Error": "write /blocks/CIQ: no space left on device" });
        response.end();
      });
    });
    await expect(kubo({ api: liar.api }).put([block], testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("dag/import: write /blocks/CIQ: no space left on device"),
      hint: expect.stringContaining("free space"),
    });
  });

  it("is not believed where it took fewer blocks than were sent", async () => {
    const lossy = await startFakeKubo((request, response) => {
      request.resume().once("end", () => response.end(`${JSON.stringify({ Stats: { BlockCount: 1 } })}\n`));
    });
    await expect(kubo({ api: lossy.api }).put([block, raw("b")], testWorld())).rejects.toThrow("took 1 of 2 blocks");
  });

  it("is not believed where it gives other bytes", async () => {
    const liar = await startFakeKubo((_, response) => void response.end("other bytes"));
    await expect(kubo({ api: liar.api }).get(block.cid, testWorld())).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining(`${liar.api} gave 11 bytes for ${block.cid}`),
    });
  });

  it("is not read beyond what any block has", async () => {
    let sent = 0;
    const endless = await startFakeKubo((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
        response.once("drain", more);
      };
      more();
    });
    await expect(kubo({ api: endless.api }).get(block.cid, testWorld())).rejects.toMatchObject({ kind: "corrupt" });
    expect(sent).toBeLessThan(30e6);
  });

  it.each(["get", "put"] as const)("is given up where it hangs on a %s", async (what) => {
    const hung = await startFakeKubo(() => {});
    const node = kubo({ api: hung.api, timeoutMs: 200 });
    const huge = blockOf(codecs.raw, new Uint8Array(1_000_000));
    const asked = what === "get" ? node.get(block.cid, testWorld()) : node.put(Array(50).fill(huge), testWorld());
    await expect(asked).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("no sign of life for 0.2 s"),
    });
  });

  it("is not given up where we are the ones it waits for", async () => {
    const patient = await startFakeKubo((request, response) => {
      request.resume().once("end", () => response.end(`${JSON.stringify({ Stats: { BlockCount: 2 } })}\n`));
    });
    const slowly = async function* () {
      yield block;
      await sleep(1500);
      yield raw("late");
    };
    await kubo({ api: patient.api, timeoutMs: 1000 }).put(slowly(), testWorld());
  });

  it("is asked once more where a kept connection had gone stale", async () => {
    let answers = 0;
    const server = await startFakeKubo(async (request, response) => {
      if (answers++ === 1) return void request.socket.resetAndDestroy();
      response.end(block.bytes);
      await once(response, "close");
    });
    const node = kubo({ api: server.api });
    await node.get(block.cid, testWorld());
    expect(await node.get(block.cid, testWorld())).toBeDefined();
    expect(server.commands).toHaveLength(3);
    await node.close?.();
  });
});
