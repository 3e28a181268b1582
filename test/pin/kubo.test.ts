import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Block } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { linksOf } from "../../pipeline/dag/codec/decode.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { difference } from "../../pipeline/dag/read/difference.ts";
import { kubo } from "../../pipeline/ipfs/kubo/kubo.ts";
import { type KuboPinsOptions, kuboPins } from "../../pipeline/pin/kubo.ts";
import { checkRetrieval } from "../../pipeline/pin/retrieval-check.ts";
import type { PinService } from "../../pipeline/pin/service.ts";
import { aDataset, type Dag, pinRequestFor, pinServiceContract, twoReleases } from "../contracts/pin-service.ts";
import { startFakeKubo } from "../fakes/kubo.ts";
import { testWorld } from "../fakes/world.ts";
import { type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";

const there = (await kuboBinary()) !== undefined;
const world = testWorld();
const nowhere = "http://127.0.0.1:1";

function opened(options: Omit<KuboPinsOptions, "name">): PinService {
  const service = kuboPins({ name: "mirror", pinTimeoutMs: 1500, ...options });
  onTestFinished(() => service.close?.());
  return service;
}

describe.skipIf(!there)("two real Kubo", () => {
  let publisher: Kubo;
  let mirror: Kubo;
  beforeAll(async () => {
    [publisher, mirror] = await Promise.all([startKubo({ swarm: true }), startKubo({ swarm: true })]);
  });
  afterAll(async () => {
    await Promise.all([publisher?.stop(), mirror?.stop()]);
  });

  /** Let the publisher hold blocks; gives its addresses. */
  const offer = async (blocks: readonly Block[]): Promise<readonly string[]> => {
    const service = opened({ api: publisher.api });
    await service.take!(blocks[0]!.cid, carOf([], blocks), world);
    return service.addresses!(world);
  };
  const nameOf = async (cid: unknown) =>
    (await mirror.ipfs("pin", "ls", "--names", "--type=recursive", `${cid}`)).split(" ").slice(2).join(" ");
  const received = async () => Number(JSON.parse(await (await rpc(mirror, "bitswap/stat")).text()).BlocksReceived);

  pinServiceContract("a Kubo that fetches from another", async () => ({
    service: kuboPins({ name: "mirror", api: mirror.api, pinTimeoutMs: 5000 }),
    away: kuboPins({ name: "away", api: nowhere }),
    offer,
    close: async () => {},
  }));

  it("pin under the label, cut in the middle where Kubo takes no more", async () => {
    const service = opened({ api: mirror.api });
    const [plain, long] = [aDataset(), aDataset()];
    for (const { root, blocks } of [plain, long]) await service.take!(root, carOf([root], blocks), world);
    await service.pin(pinRequestFor(plain.root, { label: "halo/products/ä b.zarr@7" }), world);
    expect(await nameOf(plain.root)).toBe("halo/products/ä b.zarr@7");
    await service.pin(pinRequestFor(long.root, { label: `halo/${"ä".repeat(300)}@12` }), world);
    const name = await nameOf(long.root);
    expect(name).toMatch(/^halo\/ä+…@12$/);
    expect(Buffer.byteLength(name)).toBeGreaterThan(250);
  });

  it("fetch only the difference where the release before is there, and name it anew", async () => {
    const service = opened({ api: mirror.api });
    const { previous, next, difference: fresh } = largeReleases();
    const origins = await offer([...previous.blocks, ...next.blocks]);
    await service.pin(pinRequestFor(previous.root, { origins, label: "halo/tree@1" }), world);
    const before = await received();
    await service.pin(pinRequestFor(next.root, { origins, previous: previous.root, label: "halo/tree@2" }), world);
    expect((await received()) - before).toBeLessThanOrEqual(fresh.length + 2);
    expect([await nameOf(previous.root), await nameOf(next.root)]).toEqual(["halo/tree@1", "halo/tree@2"]);
  });

  it("is sent only the difference, and no peer is asked for the rest", async () => {
    const service = opened({ api: mirror.api });
    const { previous, next, get } = largeReleases();
    await service.take!(previous.root, carOf([previous.root], previous.blocks), world);
    await service.pin(pinRequestFor(previous.root), world);
    await service.take!(next.root, carOf([next.root], difference(next.root, previous.root, get)), world);
    expect(await service.pin(pinRequestFor(next.root, { previous: previous.root }), world)).toEqual({
      state: "pinned",
    });
  });

  it.each(["theirs", ""])("leave a pin of another name, %j, as it is", async (name) => {
    const service = opened({ api: mirror.api });
    const { root, blocks } = aDataset();
    await service.take!(root, carOf([root], blocks), world);
    await mirror.ipfs("pin", "add", `--name=${name}`, `${root}`);
    await service.pin(pinRequestFor(root), world);
    await service.unpin!(root, world);
    expect(await nameOf(root)).toBe(name);
  });

  it("let go of pins of the campaign, and not of another's", async () => {
    const service = opened({ api: mirror.api, campaign: "halo" });
    const [ours, others] = [aDataset(), aDataset()];
    for (const { root, blocks } of [ours, others]) await service.take!(root, carOf([root], blocks), world);
    await service.pin(pinRequestFor(ours.root, { label: "halo/tree@1" }), world);
    await service.pin(pinRequestFor(others.root, { label: "eurec4a/tree@1" }), world);
    for (const { root } of [ours, others]) await service.unpin!(root, world);
    const said = await service.status([ours.root, others.root], world);
    expect([...said.values()]).toEqual([{ state: "absent" }, { state: "pinned" }]);
  });

  it("say after how many blocks nothing came, and which is lacking", async () => {
    const service = opened({ api: mirror.api, pinTimeoutMs: 700 });
    const { root, blocks } = aDataset();
    const missing = blocks[0]!;
    await service.take!(root, carOf([root], blocks.slice(1)), world);
    const error = await service.pin(pinRequestFor(root, { label: "halo/tree@1" }), world).catch((error) => error);
    expect(error).toMatchObject({ kind: "unavailable", hint: expect.stringContaining("run it again") });
    expect(error.message).toMatch(
      new RegExp(
        `^mirror \\(kubo at \\S+\\): can't pin ${root} \\(halo/tree@1\\): nothing came for 0.7 s after \\d+ blocks; it lacks ${missing.cid}$`,
      ),
    );
    await service.take!(root, carOf([root], [missing]), world);
    expect(await service.pin(pinRequestFor(root), world)).toEqual({ state: "pinned" });
  });

  it("say pinning while it is under way, and fetch what the update did not get to", async () => {
    const service = opened({ api: mirror.api, pinTimeoutMs: 4000 });
    const { previous, next, difference: fresh } = twoReleases();
    await service.take!(previous.root, carOf([previous.root], previous.blocks), world);
    await service.pin(pinRequestFor(previous.root), world);
    await service.take!(next.root, carOf([next.root], fresh.slice(1)), world);
    const pinning = service.pin(pinRequestFor(next.root, { previous: previous.root }), world);
    await expect
      .poll(async () => (await service.status([next.root], world)).get(`${next.root}`)?.state)
      .toBe("pinning");
    await service.take!(next.root, carOf([next.root], fresh), world);
    expect(await pinning).toEqual({ state: "pinned" });
  });

  it("stop pinning when the world is to stop, and make no pin", async () => {
    const service = opened({ api: mirror.api });
    const { root, blocks } = aDataset();
    await service.take!(root, carOf([root], blocks.slice(1)), world);
    const stop = new AbortController();
    const pinning = service.pin(pinRequestFor(root), testWorld({ signal: stop.signal }));
    setTimeout(() => stop.abort(new Error("told to stop")), 300);
    await expect(pinning).rejects.toThrow("told to stop");
    expect((await service.status([root], world)).get(`${root}`)).toEqual({ state: "absent" });
  });

  it("are looked at without letting them fetch, and a lacking block is named", async () => {
    const service = opened({ api: mirror.api });
    const looking = kubo({ api: mirror.api });
    onTestFinished(() => looking.close?.());
    const { root, blocks } = aDataset();
    const origins = await offer(blocks);
    const look = { retrieve: looking.get, links: linksOf };
    expect(await checkRetrieval(root, 8, look, world)).toEqual({ retrieved: false, lacks: root });
    await service.pin(pinRequestFor(root, { origins }), world);
    expect(await checkRetrieval(root, 8, look, world)).toEqual({ retrieved: true, blocks: blocks.length });
    await service.unpin!(root, world);
    await mirror.ipfs("block", "rm", `${blocks[0]!.cid}`);
    expect(await checkRetrieval(root, 8, look, world)).toEqual({ retrieved: false, lacks: blocks[0]!.cid });
  });

  it("tell loopback addresses only where there are no others", async () => {
    const real = await opened({ api: mirror.api }).addresses!(world);
    expect(real).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3\w+$/)]);
    const id = "/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
    const said = [`/ip4/127.0.0.1/tcp/1${id}`, `/ip6/::1/tcp/1${id}`, `/ip4/192.0.2.7/tcp/1${id}`, id, 7, null];
    const fake = await startFakeKubo((_, response) => void response.end(JSON.stringify({ Addresses: said })));
    expect(await opened({ api: fake.api }).addresses!(world)).toEqual([`/ip4/192.0.2.7/tcp/1${id}`]);
  });
});

describe.skipIf(!there)("a Kubo that is killed", () => {
  it("while it pins is named, and the pin goes through once it is back", async () => {
    const own = await startKubo();
    onTestFinished(() => own.stop());
    const service = opened({ api: own.api, pinTimeoutMs: 60_000 });
    const { root, blocks } = aDataset();
    await service.take!(root, carOf([root], blocks.slice(1)), world);
    const pinning = service.pin(pinRequestFor(root), world).catch((error) => error);
    await expect.poll(async () => (await service.status([root], world)).get(`${root}`)?.state).toBe("pinning");
    await own.kill();
    expect(await pinning).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/^mirror \(kubo at \S+\): pin\//),
      hint: expect.stringContaining("api: of mirror"),
    });
    await own.restart();
    expect((await service.status([root], world)).get(`${root}`)).toEqual({ state: "absent" });
    await service.take!(root, carOf([root], blocks), world);
    expect(await service.pin(pinRequestFor(root), world)).toEqual({ state: "pinned" });
  });
});

describe.skipIf(!there)("a Kubo that wants a token", () => {
  const token = "canary-4f1d-of-the-mirror";
  let guarded: Kubo;
  beforeAll(async () => {
    guarded = await startKubo({ token });
  });
  afterAll(() => guarded?.stop());

  it("is served with it", async () => {
    const service = opened({ api: guarded.api, token });
    const { root, blocks } = aDataset();
    await service.take!(root, carOf([root], blocks), world);
    expect(await service.pin(pinRequestFor(root), world)).toEqual({ state: "pinned" });
  });

  it.each([undefined, "canary-of-a-wrong-token"])(
    "refuses %s whatever is asked, and no token is told",
    async (wrong) => {
      const log = testWorld();
      const service = opened({ api: guarded.api, ...(wrong && { token: wrong }) });
      const { root, blocks } = aDataset();
      const many = Array.from({ length: 20 }, () => aDataset().root);
      const asked = [
        () => service.status([root], log),
        () => service.status(many, log),
        () => service.pin(pinRequestFor(root, { previous: many[0]!, origins: ["/ip4/127.0.0.1/tcp/1"] }), log),
        () => service.unpin!(root, log),
        () => service.take!(root, carOf([root], blocks), log),
        () => service.addresses!(log),
      ];
      for (const ask of asked) {
        const error = await ask().then(
          () => undefined,
          (error) => error,
        );
        expect(error).toMatchObject({ kind: "refused", hint: expect.stringContaining("API.Authorizations") });
        expect(error.message).toMatch(/^mirror .* is not allowed \(403\)/);
        expect(JSON.stringify([error.message, error.hint, error.stack, `${error.cause}`, log.lines])).not.toContain(
          "canary",
        );
      }
    },
  );
});

describe("what a Kubo is asked", () => {
  it("for thousands of CIDs is one list of its pins", async () => {
    const kept = aDataset().root;
    const fake = await startFakeKubo((_, response) => {
      response.write(`${JSON.stringify({ Cid: `${kept}`, Type: "recursive" })}\n`);
      response.end(`${JSON.stringify({ Cid: `${aDataset().root}`, Type: "recursive" })}\n`);
    });
    const cids = [...Array.from({ length: 3000 }, () => aDataset().root), kept];
    const said = await opened({ api: fake.api }).status(cids, world);
    expect([...said].filter(([, { state }]) => state === "pinned").map(([key]) => key)).toEqual([`${kept}`]);
    expect(fake.commands).toEqual(["pin/ls?type=recursive&stream=true"]);
  });

  it("counts a pin of the whole, and not of a block or of something above", async () => {
    const cids = Array.from({ length: 5 }, () => aDataset().root);
    const fake = await startFakeKubo((_, response) => {
      for (const [i, Type] of ["direct", "indirect", "recursive"].entries()) {
        response.write(`${JSON.stringify({ Cid: `${cids[i]}`, Type })}\n`);
      }
      response.end();
    });
    const said = await opened({ api: fake.api }).status(cids, world);
    expect([...said.values()].map(({ state }) => state)).toEqual(["absent", "absent", "pinned", "absent", "absent"]);
  });

  it("to update is asked once, keeping the one before, and never to pin again what is pinned", async () => {
    const [previous, next] = [aDataset().root, aDataset().root];
    const pinned = new Set([`${previous}`]);
    const fake = await startFakeKubo((request, response) => {
      const url = new URL(request.url!, "http://fake");
      const arg = url.searchParams.getAll("arg");
      if (url.pathname.endsWith("pin/update")) {
        pinned.add(arg[1]!);
        response.end(JSON.stringify({ Pins: arg }));
        return;
      }
      if (url.pathname.endsWith("pin/ls") && !pinned.has(arg[0]!)) {
        response.writeHead(500).end(JSON.stringify({ Message: `path '${arg[0]}' is not pinned`, Code: 0 }));
      } else response.end(JSON.stringify({ Keys: { [arg[0]!]: { Type: "recursive", Name: "halo/tree@2" } } }));
    });
    const service = opened({ api: fake.api });
    const pinRequest = pinRequestFor(next, { previous, label: "halo/tree@2" });
    await service.pin(pinRequest, world);
    await service.pin(pinRequest, world);
    const changing = fake.commands.filter((command) => /^pin\/(?!ls)/.test(command));
    expect(changing).toEqual([`pin/update?unpin=false&arg=${previous}&arg=${next}`]);
  });

  it.each<[what: string, answer: string, kind: string]>([
    ["a list cut in the middle of a line", '{"Cid":"bafy', "unavailable"],
    ["lines of something else", '{"hello":1}\n', "corrupt"],
    ["null", "null\n", "corrupt"],
    ["a page", "<html><title>Log in</title>", "unavailable"],
  ])("and answers with %s is not read as absent", async (_, answer, kind) => {
    const fake = await startFakeKubo((_, response) => void response.end(answer));
    const cids = Array.from({ length: 9 }, () => aDataset().root);
    const service = opened({ api: fake.api });
    await expect(service.status(cids, world)).rejects.toMatchObject({ kind });
    await expect(service.status(cids.slice(0, 1), world)).rejects.toMatchObject({ kind });
  });

  it("and takes back at the end is not believed", async () => {
    const fake = await startFakeKubo((request, response) => {
      request.resume().once("end", () => {
        response.writeHead(200, { trailer: "X-Stream-Error" });
        response.write(`${JSON.stringify({ Stats: { BlockCount: 1 } })}\n`);
        response.addTrailers({ "X-Stream-Error": "blockstore: block is larger than it says" });
        response.end();
      });
    });
    const { root, blocks } = aDataset();
    await expect(opened({ api: fake.api }).take!(root, carOf([root], blocks), world)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("dag/import: blockstore: block is larger than it says"),
    });
  });

  it.each(["dag/import", "pin/add"])("and ends without a word on %s is not believed", async (what) => {
    const fake = await startFakeKubo((request, response) => {
      request.resume().once("end", () => {
        if (request.url!.includes("pin/ls")) response.writeHead(500).end('{"Message":"path is not pinned"}');
        else response.end("");
      });
    });
    const service = opened({ api: fake.api });
    const { root, blocks } = aDataset();
    const ask = () =>
      what === "pin/add" ? service.pin(pinRequestFor(root), world) : service.take!(root, carOf([], blocks), world);
    await expect(ask()).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(`${what} ended`),
    });
  });

  it("to meet origins that never answer holds a pin up for five seconds at most", async () => {
    const hung: Promise<unknown>[] = [];
    const fake = await startFakeKubo((request, response) => {
      if (request.url!.includes("swarm/connect")) return void hung.push(once(response, "close"));
      if (request.url!.includes("pin/ls")) response.writeHead(500).end('{"Message":"path is not pinned"}');
      else response.end('{"Pins":["x"]}\n');
    });
    const origins = Array.from({ length: 30 }, (_, i) => `/ip4/192.0.2.${i}/tcp/4001/p2p/12D3Koo`);
    await opened({ api: fake.api }).pin(pinRequestFor(aDataset().root, { origins }), world);
    expect(hung.length, "eight connections at once").toBe(8);
    await Promise.all(hung);
  });
});

/** A directory of 300 files, sharded or not, of which one changed. */
function largeReleases() {
  const blocks = new Map<string, Block>();
  const make = (texts: readonly string[]): Dag => {
    const made: Block[] = [];
    const put = (block: Block) => void made.push(block);
    const chosen = profiles["cid-v1"];
    const links = texts.map((text, i) => ({ name: `file-${i}`, ...fileOf(Buffer.from(text), chosen, put) }));
    const { cid } = makeDirectory(links, chosen, put);
    for (const block of made) blocks.set(`${block.cid}`, block);
    return { root: cid, blocks: made };
  };
  const salt = `${aDataset().root}`;
  const texts = Array.from({ length: 300 }, (_, i) => `${salt} ${i}`);
  const [previous, next] = [make(texts), make(texts.with(7, `${salt} changed`))];
  const had = new Set(previous.blocks.map(({ cid }) => `${cid}`));
  return {
    previous,
    next,
    difference: next.blocks.filter(({ cid }) => !had.has(`${cid}`)),
    get: async (cid: unknown) => blocks.get(`${cid}`)!.bytes,
  };
}

function rpc(kubo: Kubo, command: string): Promise<Response> {
  return fetch(`${kubo.api}/api/v0/${command}`, { method: "POST" });
}
