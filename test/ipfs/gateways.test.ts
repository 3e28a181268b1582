import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import type { Block } from "../../pipeline/dag/block.ts";
import { gateways } from "../../pipeline/ipfs/gateways.ts";
import { firstOf } from "../../pipeline/ipfs/local-first.ts";
import type { Node } from "../../pipeline/ipfs/node.ts";
import { nodeContract, raw } from "../contracts/node.ts";
import { collectingGarbage } from "../core/garbage.ts";
import { type FakeGateway, startFakeGateway } from "../fakes/gateway.ts";
import { testWorld } from "../fakes/world.ts";

const blocks = Array.from({ length: 500 }, (_, i) => raw(`block ${i}`));
const [block, other] = blocks as [Block, Block];

/** None of these is silent, however long a busy machine takes to let it answer. */
const patient = { silence: 20_000 };

nodeContract(async (held) => gateways([(await startFakeGateway(held)).url], patient));
nodeContract(async (held) => gateways([(await startFakeGateway()).url, (await startFakeGateway(held)).url], patient));
nodeContract(async (held) => firstOf(holding(held), gateways([(await startFakeGateway()).url], patient)));

describe("one that never answers", () => {
  it("is soon asked no more, over 500 blocks", async () => {
    const [silent, good] = [await startFakeGateway(), await startFakeGateway(blocks)];
    silent.fail("silent");
    const world = testWorld();
    await readAll(over(silent, good), world);
    // Until it is found out, in 700 ms, up to 16 at once for 150 ms each; a busy machine takes longer over that.
    expect(silent.requests.length).toBeLessThan(250);
    await expect
      .poll(() => world.lines)
      .toEqual([`gateway ${silent.url} has not answered anything for 700 ms; it is not asked again for 10 s`]);
  });

  it("is so even where blocks are asked for one after another, and some are nowhere", async () => {
    const [silent, good] = [await startFakeGateway(), await startFakeGateway(blocks.slice(0, 200))];
    silent.fail("silent");
    const oneByOne = async (node: Node) => {
      for (const { cid } of blocks.slice(0, 400)) await node.get(cid, testWorld()).catch(() => undefined);
    };
    await oneByOne(over(silent, good));
    expect(silent.requests.length).toBeLessThan(200);
  });

  it("is given up where it is the only one, and named as the reason", async () => {
    const silent = await startFakeGateway();
    silent.fail("silent");
    const node = over(silent);
    await readAll(node, testWorld()).catch(() => {});
    await expect(node.get(block.cid, testWorld())).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/can't be had: gateway http:\S+ has not answered anything for 700 ms/),
    });
  });

  it("is given up in time on a machine so busy that it collects garbage all the while", async () => {
    const silent = await startFakeGateway();
    silent.fail("silent");
    const started = performance.now();
    await collectingGarbage(() =>
      expect(over(silent).get(block.cid, testWorld())).rejects.toMatchObject({ kind: "unavailable" }),
    );
    // 700 ms, where nothing else is to be done. Nobody waits for the transport's own five minutes.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("is given up even where it neither answers nor heeds that we gave up", async () => {
    const deaf: Node = { name: "deaf", get: () => new Promise(() => {}) };
    const node = closed(gateways([deaf], { silence: 700 }));
    await expect(node.get(block.cid, testWorld())).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("deaf has not answered anything for 700 ms"),
    });
  });

  it("is found out even where it fell silent just after it had answered", async () => {
    let answers = 1;
    const fallen: Node = {
      name: "fallen",
      get: async () => (answers-- > 0 ? block.bytes : new Promise<never>(() => {})),
    };
    const node = closed(gateways([fallen], { silence: 300, lately: 300 }));
    expect(await node.get(block.cid, testWorld())).toEqual(block.bytes);
    await expect(node.get(other.cid, testWorld())).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("is distinguished from one that only takes long to find a block", async () => {
    const [finding, empty] = [await startFakeGateway([block]), await startFakeGateway()];
    const slow: Node = {
      name: "slow",
      get: async (cid, world) => {
        if (cid.equals(block.cid)) await sleep(1200);
        return over(finding).get(cid, world);
      },
    };
    const world = testWorld();
    expect(await closed(gateways([slow, empty.url], { silence: 700 })).get(block.cid, world)).toHaveLength(7);
    expect(world.lines).toEqual([]);
  });

  it("is distinguished from one whose answer this process was too busy to read in time", async () => {
    const gateway = await startFakeGateway([block]);
    gateway.delay = 3600;
    const world = testWorld();
    const asked = closed(gateways([gateway.url], { silence: 3000 })).get(block.cid, world);
    while (gateway.requests.length === 0) await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3300);
    expect(await asked).toHaveLength(block.bytes.length);
    expect(world.lines).toEqual([]);
  });

  it("for blocks, but to the probe, is overtaken by others all the same", async () => {
    const [vague, good] = [await startFakeGateway(), await startFakeGateway(blocks)];
    vague.fail("never finds");
    await readAll(over(vague, good), testWorld());
    expect(vague.requests.length).toBeLessThan(250);
  });
});

describe("one that is no good", () => {
  it.each(["other bytes", "web page", "endless"] as const)(
    "(%s) is set aside at once and named once",
    async (fault) => {
      const [liar, good] = [await startFakeGateway(blocks), await startFakeGateway(blocks)];
      liar.fail(fault);
      const world = testWorld();
      await readAll(over(liar, good), world);
      expect(world.lines).toHaveLength(1);
      expect(world.lines[0]).toMatch(new RegExp(`^gateway ${liar.url}.*; it is not asked again$`));
      expect(liar.requests.length).toBeLessThanOrEqual(16);
    },
  );

  it.each(["server error", "reset", "truncated"] as const)("(%s) three times running is set aside", async (fault) => {
    const [broken, good] = [await startFakeGateway(blocks), await startFakeGateway(blocks)];
    broken.fail(fault);
    const world = testWorld();
    const node = over(broken, good);
    for (const { cid } of blocks.slice(0, 50)) expect(await node.get(cid, world)).toBeDefined();
    expect(world.lines.length).toBeLessThanOrEqual(1);
    expect(broken.requests.length).toBeLessThanOrEqual(53);
  });

  it("now and then is asked again", async () => {
    const gateway = await startFakeGateway(blocks);
    gateway.fail("server error", 1);
    const node = over(gateway);
    await expect(node.get(block.cid, testWorld())).rejects.toMatchObject({ kind: "unavailable" });
    expect(await node.get(block.cid, testWorld())).toBeDefined();
  });

  it("is named with its reason where all are", async () => {
    const [liar, silent, broken] = [await startFakeGateway(), await startFakeGateway(), await startFakeGateway()];
    liar.fail("other bytes");
    silent.fail("silent");
    broken.fail("server error");
    const error = await over(liar, silent, broken)
      .get(block.cid, testWorld())
      .catch((error) => error);
    expect(error.kind).toBe("unavailable");
    expect(error.message).toContain(`gateway ${liar.url} gave 22 bytes`);
    expect(error.message).toContain(`gateway ${silent.url} has not answered anything`);
    expect(error.message).toContain(`gateway ${broken.url} answered 502`);
  });
});

describe("a block", () => {
  it("is missing only where every gateway reported that", async () => {
    const [one, two] = [await startFakeGateway(), await startFakeGateway()];
    expect(await over(one, two).get(block.cid, testWorld())).toBeUndefined();
    two.fail("server error");
    await expect(over(one, two).get(block.cid, testWorld())).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("is asked for once, however many want it at once", async () => {
    const gateway = await startFakeGateway(blocks);
    gateway.delay = 20;
    const node = over(gateway);
    const world = testWorld();
    await Promise.all(Array.from({ length: 50 }, () => node.get(block.cid, world)));
    expect(gateway.requests).toHaveLength(1);
  });

  it("still comes to one caller when another who wanted it gives up", async () => {
    const gateway = await startFakeGateway(blocks);
    gateway.delay = 50;
    const node = over(gateway);
    const impatient = new AbortController();
    const [given, came] = [
      node.get(block.cid, testWorld({ signal: impatient.signal })),
      node.get(block.cid, testWorld()),
    ];
    impatient.abort(new Error("gave up"));
    await expect(given).rejects.toThrow("gave up");
    expect(await came).toHaveLength(block.bytes.length);
  });

  it("comes from the other gateway when the first dawdles, and then that one is asked first", async () => {
    const [slow, fast] = [await startFakeGateway(blocks), await startFakeGateway(blocks)];
    // Longer than the test may take: whoever waits for it fails.
    slow.delay = 60_000;
    // And longer to wait for the second than it takes to answer on any machine.
    const node = closed(gateways([slow.url, fast.url], { hedge: 1500 }));
    expect(Buffer.from((await node.get(block.cid, testWorld()))!)).toEqual(Buffer.from(block.bytes));
    slow.requests.length = 0;
    expect(Buffer.from((await node.get(other.cid, testWorld()))!)).toEqual(Buffer.from(other.bytes));
    expect(slow.requests).toEqual([]);
  });

  it("is asked for with as many others as the link takes: few at first, never more than 64", async () => {
    const gateway = await startFakeGateway(blocks);
    gateway.delay = 100;
    const node = over(gateway);
    const few = Promise.all(blocks.slice(0, 100).map(({ cid }) => node.get(cid, testWorld())));
    await expect.poll(() => gateway.requests.length).toBeGreaterThan(0);
    expect(gateway.mostOpen).toBeLessThanOrEqual(4);
    await few;
    await Promise.all(blocks.slice(100).map(({ cid }) => node.get(cid, testWorld())));
    expect(gateway.mostOpen).toBeLessThanOrEqual(64);
    expect(gateway.mostOpen).toBeGreaterThan(16);
  });

  it("whose bytes are in its CID is requested from no gateway", async () => {
    const gateway = await startFakeGateway();
    const { CID } = await import("multiformats/cid");
    expect(await over(gateway).get(CID.parse("bafkqabtimvwgy3yk"), testWorld())).toEqual(
      new Uint8Array(Buffer.from("hello\n")),
    );
    expect(gateway.requests).toEqual([]);
  });
});

describe("local first", () => {
  it("asks the gateways for nothing that is at home", async () => {
    const gateway = await startFakeGateway([other]);
    const node = firstOf(holding([block]), over(gateway));
    await node.get(block.cid, testWorld());
    expect(gateway.requests).toEqual([]);
    expect(await node.get(other.cid, testWorld())).toHaveLength(7);
    expect(node.name).toBe(`a map, then gateway ${gateway.url}`);
  });

  it("asks the gateways for what is damaged at home, with a warning; where they lack it, the damage is the failure", async () => {
    const damage = new Failure("corrupt", "a pack holds other bytes");
    const home: Node = { ...holding([]), get: () => Promise.reject(damage) };
    const lines: string[] = [];
    const world = testWorld({ log: (line) => void lines.push(line) });
    expect(await firstOf(home, over(await startFakeGateway([block]))).get(block.cid, world)).toHaveLength(
      block.bytes.length,
    );
    expect(lines.join()).toContain(damage.message);
    await expect(firstOf(home, over(await startFakeGateway([]))).get(block.cid, world)).rejects.toBe(damage);
  });

  it("lets go of the gateways even where home can't be closed", async () => {
    let open = true;
    const home: Node = { ...holding([]), close: () => Promise.reject(new Error("disk gone")) };
    const others: Node = {
      ...holding([]),
      close: async () => {
        open = false;
      },
    };
    await expect(firstOf(home, others).close?.()).rejects.toThrow("disk gone");
    expect(open).toBe(false);
  });

  it("does not pass over a home that can't look", async () => {
    const down: Node = { name: "down", get: () => Promise.reject(new Error("down")) };
    const gateway = await startFakeGateway([block]);
    await expect(firstOf(down, over(gateway)).get(block.cid, testWorld())).rejects.toThrow("down");
  });
});

/** Found silent soon, so that tests don't wait for what a link may take. */
function over(...fakes: FakeGateway[]): Node {
  return closed(
    gateways(
      fakes.map(({ url }) => url),
      { silence: 700 },
    ),
  );
}

function closed(node: Node): Node {
  onTestFinished(() => node.close?.());
  return node;
}

function holding(held: readonly Block[]): Node {
  const map = new Map(held.map(({ cid, bytes }) => [cid.toV1().toString(), bytes]));
  return {
    name: "a map",
    async get(cid, world) {
      world.signal.throwIfAborted();
      return map.get(cid.toV1().toString());
    },
  };
}

async function readAll(node: Node, world: ReturnType<typeof testWorld>): Promise<void> {
  await Promise.all(blocks.map(({ cid }) => node.get(cid, world)));
}

/** ms */
