/** Ship and shore: releases that one publishes are pulled by the other from its gateway, and pushed on by a key in a Kubo. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { readCar } from "../../pipeline/dag/car.ts";
import { aCampaign, aFolder, fieldtree, start } from "../commands/program.ts";
import { buoys } from "../formats/odf/buoys.ts";
import { closed, listening } from "../servers/loopback.ts";
import { useKubo } from "../servers/use-kubo.ts";

/** A campaign and its gateway, with the blocks that it sent: one by one, or in CARs. */
async function serving(cwd: string) {
  const running = start(["--json", "serve", "--port", "0"], { cwd });
  onTestFinished(() => void running.kill("SIGKILL"));
  const [line] = (await once(createInterface(running.stdout), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const [sent, cars]: [string[], string[]] = [[], []];
  const proxy = createServer(async (request, response) => {
    const answer = await fetch(url + request.url!, {
      method: request.method!,
      headers: { accept: request.headers.accept ?? "*/*" },
      redirect: "manual",
    });
    const body = Buffer.from(await answer.arrayBuffer());
    // Gateways are probed with the empty block, as often as they are slow.
    if (!request.url!.includes("bafkqaaa")) sent.push(...(await blocksIn(request.url!, body)));
    if (request.url!.includes("format=car")) cars.push(request.url!);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(body);
  });
  const gateway = await listening(proxy);
  onTestFinished(() => closed(proxy));
  return { gateway, sent, cars };
}

async function blocksIn(url: string, body: Uint8Array): Promise<readonly string[]> {
  if (!url.includes("format=car")) return [/ipfs\/([^?/]+)/.exec(url)?.[1] ?? url];
  const { blocks } = await readCar([body]);
  return Array.fromAsync(blocks, ({ cid }) => `${cid}`);
}

async function run(cwd: string, ...args: readonly string[]) {
  const ran = await fieldtree([...args, "--json"], { cwd });
  expect(ran.code, ran.stderr).toBe(0);
  return ran.json().at(-1);
}

const kubo = await useKubo();

it.skipIf(!kubo.there)(
  "brings a ship's releases to a shore's Kubo, and on by its key",
  { timeout: 240_000 },
  async () => {
    const data = await aFolder({ "a.txt": "one", "b.txt": "two" });
    const ship = await aCampaign({ "campaign.yaml": "campaign: ship\n" });
    await run(ship, "add", join(data, "a.txt"), "--at", "data/a.txt");
    const one = await run(ship, "publish");
    const { gateway, sent, cars } = await serving(ship);

    const daemon = await kubo.started({ "Routing.Type": "dht" });
    const shore = await aCampaign({
      "campaign.yaml": `campaign: shore\nnode: ${daemon.api}\ngateways: ["${gateway}"]\n`,
    });
    const first = await run(shore, "pull", `ipfs://${one.head}`);
    expect(first).toMatchObject({ name: "ship", relation: "ahead", by: 1, head: one.head });
    // All were missing, and each came once; the root of a CAR twice, because it tells that all below it are missing.
    expect(new Set(sent).size).toBe(first.blocks);
    expect(sent.length).toBe(first.blocks + cars.length);
    for (const root of [one.portal, one.root]) await daemon.ipfs("dag", "stat", "--progress=false", "--offline", root);
    sent.length = 0;
    expect(await run(shore, "pull", "ship")).toMatchObject({ relation: "equal", blocks: 0 });
    expect(sent).toEqual([]);

    const key = await daemon.ipfs("key", "gen", "onward");
    const pushed = await run(shore, "push", "ship", "--to", "ipns://onward");
    expect(pushed).toMatchObject({ name: "ship", key, value: `/ipfs/${one.head}`, relation: "ahead" });
    await run(ship, "add", join(data, "b.txt"), "--at", "data/b.txt");
    const two = await run(ship, "publish");
    // The name of a portal at a gateway, in place of a CID.
    const ahead = await run(shore, "pull", `${gateway}/ipns/ship`);
    expect(ahead).toMatchObject({ name: "ship", cid: two.portal, relation: "ahead", by: 1, release: 2 });
    expect(await run(shore, "push", "ship")).toMatchObject({ was: `/ipfs/${one.head}`, relation: "ahead", by: 1 });

    // Another machine follows the key, through the shore's Kubo.
    const plane = await aCampaign({ "campaign.yaml": "campaign: plane\n" });
    await writeFile(join(plane, "api"), `/ip4/127.0.0.1/tcp/${new URL(daemon.api).port}`);
    const env = { IPFS_PATH: plane, IPFS_GATEWAY: daemon.gateway };
    const followed = await fieldtree(["pull", `ipns://${key}`, "--verbose", "--json"], { cwd: plane, env });
    expect(followed.code, followed.stderr).toBe(0);
    expect(followed.json().at(-1)).toMatchObject({ name: "ship", cid: two.portal, release: 2 });
    expect((await fieldtree(["cat", `${two.root}/data/b.txt`], { cwd: plane })).stdout).toBe("two");
  },
);

it("brings a dataset of Open Data Fabric from a web server, and what is new of it later", {
  timeout: 120_000,
}, async () => {
  const cwd = await aCampaign();
  const files = new Map(buoys());
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://x").pathname.slice("/buoys/".length);
    asked.push(path);
    const bytes = files.get(path);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  const url = `${await listening(server)}/buoys`;
  onTestFinished(() => closed(server));
  const first = await run(cwd, "pull", url);
  expect(first).toMatchObject({ name: "buoys", kind: "odf", relation: "ahead", by: 6 });
  // All but refs/head, which is no part of what was fetched.
  expect(first.blocks).toBe(files.size - 1);
  asked.length = 0;
  expect(await run(cwd, "pull", "buoys")).toMatchObject({ relation: "equal", head: first.head, cid: first.cid });
  expect(asked).toEqual(["refs/head"]);
  const { code, stdout } = await fieldtree(["verify", `ipfs://${first.cid}`], { cwd });
  expect([code, stdout]).toEqual([0, expect.stringContaining("verified: 6 blocks")]);
  // By its name, as by its files, which have the same CID.
  expect(await run(cwd, "inspect", "buoys")).toMatchObject({ path: "", cid: first.cid, reader: "odf" });
  const copy = await aFolder(Object.fromEntries([...files].map(([path, bytes]) => [`copy/${path}`, bytes])));
  expect(await run(copy, "inspect", "copy")).toMatchObject({ cid: first.cid });
});
