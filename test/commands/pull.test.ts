/** `pull`, as a user runs it, from gateways that count what they are asked for. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { privateKeyOf, publicName } from "../../pipeline/core/key.ts";
import type { Block } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import { releaseBlock } from "../../pipeline/log/release.ts";
import { signRecord } from "../../pipeline/names/ipns/record.ts";
import { type FakeGateway, startFakeGateway } from "../fakes/gateway.ts";
import { testWorld } from "../fakes/world.ts";
import { startRouting } from "../servers/routing.ts";
import { aSite } from "../stages/pull/sites.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

/** A folder of these files, and its blocks. */
function folderOf(files: Readonly<Record<string, string>>): { cid: CID; blocks: Block[] } {
  const blocks: Block[] = [];
  const profile = profiles["cid-v1"];
  const put = (block: Block) => void blocks.push(block);
  const links = Object.entries(files).map(([name, text]) => ({
    name,
    ...fileOf(new TextEncoder().encode(text), profile, put),
  }));
  return { cid: makeDirectory(links, profile, put).cid, blocks };
}

/** A pull, its one line of JSON, and how many blocks the gateway sent for it. */
async function pulled(cwd: string, gateway: FakeGateway, ...args: readonly string[]) {
  const before = gateway.requests.length;
  const ran = await fieldtree(["pull", ...args, "--json"], { cwd, env: { IPFS_GATEWAY: gateway.url } });
  const lines = ran.json();
  if (ran.code === 0) expectSchema("pull", lines);
  return { ...ran, line: lines.at(-1), requests: gateway.requests.length - before };
}

describe("pulling data", () => {
  it("fetches only what is missing, and nothing the second time", async () => {
    const cwd = await aCampaign();
    const { cid, blocks } = folderOf({ "a.txt": "one", "b.txt": "two" });
    const gateway = await startFakeGateway(blocks);
    const first = await pulled(cwd, gateway, `ipfs://${cid}`, "--as", "ship-data");
    expect(first.code, first.stderr).toBe(0);
    expect(first.line).toMatchObject({ name: "ship-data", relation: null, head: null, blocks: 3 });
    expect(first.requests).toBe(3);
    const again = await pulled(cwd, gateway, "ship-data");
    expect([again.line.cid, again.line.blocks, again.requests]).toEqual([`${cid}`, 0, 0]);
    await fieldtree(["gc"], { cwd });
    expect((await fieldtree(["cat", `${cid}/a.txt`], { cwd })).stdout).toBe("one");
  });

  it("follows a name to what it leads to now, and takes no silence for an answer", async () => {
    const routing = await startRouting();
    onTestFinished(() => routing.close());
    const key = await privateKeyOf(new Uint8Array(32).fill(7));
    const name = publicName(key.publicKey);
    const point = async (cid: CID, sequence: bigint) => {
      const until = new Date(Date.now() + 86_400_000);
      const record = await signRecord({ value: `/ipfs/${cid}`, sequence, ttl: 1, until }, key);
      routing.records.set(name, record.bytes);
    };
    const names = `names:\n  - { ipns: KEY, key: ${name}, to: tree, routing: ["${routing.url}"] }\n`;
    const cwd = await aCampaign({ "campaign.yaml": `campaign: test\n${names}` });
    const one = folderOf({ "a.txt": "one", "b.txt": "two" });
    const two = folderOf({ "a.txt": "one", "b.txt": "two", "c.txt": "three" });
    const gateway = await startFakeGateway([...one.blocks, ...two.blocks]);
    await point(one.cid, 1n);
    expect((await pulled(cwd, gateway, `ipns://${name}`, "--as", "data")).line).toMatchObject({ cid: `${one.cid}` });
    await point(two.cid, 2n);
    expect((await pulled(cwd, gateway, "--all")).line).toMatchObject({ name: "data", cid: `${two.cid}`, blocks: 2 });
    const { stdout } = await fieldtree(["pull", "data"], { cwd, env: { IPFS_GATEWAY: gateway.url } });
    expect(stdout).toBe(`data: up to date\n  ipfs://${two.cid}\n`);
    await fieldtree(["gc"], { cwd });
    expect((await fieldtree(["ls", `${one.cid}`, "--json"], { cwd })).json()).toHaveLength(2);
    routing.records.clear();
    const nowhere = await pulled(cwd, gateway, "data");
    expect([nowhere.code, nowhere.line.error.kind]).toEqual([4, "unavailable"]);
  });

  it("comes from a CAR, and is remembered only where that is wanted", async () => {
    const [cwd, files] = [await aCampaign(), await aFolder()];
    const { cid, blocks } = folderOf({ "a.txt": "one" });
    await writeFile(join(files, "ship.car"), await Array.fromAsync(carOf([cid], blocks)));
    const car = join(files, "ship.car");
    const first = await fieldtree(["pull", car, "--no-alias", "--json"], { cwd });
    expect(first.json().at(-1)).toMatchObject({ name: "ship", cid: `${cid}`, blocks: 2 });
    const { code, stderr } = await fieldtree(["pull", "ship"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining("pulled without remembering from where")]);
    expect((await fieldtree(["pull", car, "--json"], { cwd })).json().at(-1)).toMatchObject({
      name: "ship",
      blocks: 0,
    });
    expect(JSON.parse(await readFile(join(cwd, "remotes.json"), "utf8"))).toEqual({
      pulled: { ship: { address: car, cid: `${cid}` } },
    });
  });

  it("asks IPFS_GATEWAY, then $IPFS_PATH/gateway, then campaign.yaml, and shows so", async () => {
    const { cid, blocks } = folderOf({ "a.txt": "one" });
    const [one, two, three] = [await startFakeGateway(), await startFakeGateway(), await startFakeGateway(blocks)];
    const repository = await aFolder({ gateway: `${two.url}\n` });
    const cwd = await aCampaign({ "campaign.yaml": `campaign: test\ngateways: ["${three.url}"]\n` });
    const env = { IPFS_GATEWAY: one.url, IPFS_PATH: repository };
    const { code, stderr } = await fieldtree(["pull", `${cid}`, "--verbose"], { cwd, env });
    expect(code, stderr).toBe(0);
    const shown = [one, two, three].map(({ url }) => stderr.indexOf(`asking gateway ${url}`));
    expect(shown).toEqual(shown.toSorted((a, b) => a - b));
    expect(shown).not.toContain(-1);
    // From then on the one that had it is asked first.
    expect([one.requests.length, two.requests.length]).toEqual([1, 1]);
    const { code: none, stderr: why } = await fieldtree(["pull", `${cid}`], { cwd: await aCampaign() });
    expect([none, why]).toEqual([2, expect.stringContaining("IPFS_GATEWAY")]);
  });
});

describe("another campaign that was pulled", () => {
  it("is listed, verified, searched and read under its name", { timeout: 120_000 }, async () => {
    const ship = await aSite("ship");
    const heads = [await ship.publish("a"), await ship.publish("b")];
    const [cwd, files] = [await aCampaign(), await aFolder()];
    const head = heads[1]!;
    const blocks = async function* () {
      yield* walk(head.release.portal, async (cid) => (await ship.home.get(cid, testWorld()))!, { scope: "all" });
      yield releaseBlock(head.release);
    };
    const car = join(files, "ship.car");
    await writeFile(car, await Array.fromAsync(carOf([head.cid], blocks())));
    const pull = await fieldtree(["pull", car], { cwd });
    expect(pull.code, pull.stderr).toBe(0);
    expect(pull.stdout).toContain("release 2 of ship");
    const listed = await fieldtree(["log", "ship", "--json"], { cwd });
    expect(listed.json().map(({ cid }) => cid)).toEqual(heads.map(({ cid }) => `${cid}`).reverse());
    const verified = await fieldtree(["verify", "ship", "--json"], { cwd });
    expect(verified.code, verified.stdout).toBe(0);
    expect(verified.json().at(-1)).toMatchObject({ event: "verified", ok: true });
    expect((await fieldtree(["cat", "ship/tree/data/b.txt"], { cwd })).stdout).toBe("b");
    const found = await fieldtree(["search", "nothing", "--in", "ship", "--json"], { cwd });
    expect(found.json().at(-1)).toEqual({ hits: 0, total: 0 });

    await writeFile(join(cwd, "campaign.yaml"), "campaign: test\nsisters: [ship]\n");
    await writeFile(join(cwd, "tree.yaml"), "empty:\n");
    const published = await fieldtree(["publish", "--json"], { cwd });
    expect(published.code, published.stderr).toBe(0);
    const everywhere = await fieldtree(["search", "b.txt", "--json"], { cwd });
    expectSchema("search", everywhere.json());
    expect(everywhere.json()[0]).toMatchObject({ path: "data/b.txt", sister: "ship" });
    const { portal } = published.json().at(-1);
    const read = async (path: string) => JSON.parse((await fieldtree(["cat", `${portal}/${path}`], { cwd })).stdout);
    const links: { rel: string; href: string; title: string }[] = (await read("stac/catalog.json")).links;
    const child = links.find(({ rel, title }) => rel === "child" && title === "ORCESTRA");
    expect((await read(`stac/${child!.href}`)).id).toBe("ship");
  });
});
