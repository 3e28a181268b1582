import { createSocket } from "node:dgram";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { plain } from "../../pipeline/cli/print/colour.ts";
import { status } from "../../pipeline/commands/status.ts";
import { publish } from "../../pipeline/stages/publish/publish.ts";
import { aDataset, campaignOf, someParts } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

describe("status", { timeout: 120_000 }, () => {
  it("tells within its deadline what it knows, though no service and no server ever answers", async () => {
    const cwd = await aCampaign({ "one.txt": "one\n", "two.txt": "two\n" });
    for (const name of ["one", "two"]) {
      expect((await fieldtree(["add", `${name}.txt`, "--at", `products/${name}`], { cwd })).code).toBe(0);
      expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
    }
    expect((await fieldtree(["rollback", "1", "--why", "two was wrong"], { cwd })).code).toBe(0);

    const [mirror, dns] = await Promise.all([silentOverTcp(), silentOverUdp()]);
    const outward = `
pins: { services: [{ name: mirror, kind: kubo, api: "http://${mirror}" }] }
names: [{ domain: latest.example.test, to: tree, provider: { kind: manual }, authorities: ["${dns}"] }]\n`;
    await writeFile(join(cwd, "campaign.yaml"), `campaign: test\n${outward}`);
    const { code, stdout, stderr } = await fieldtree(["status", "--deadline", "10"], { cwd });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("is live, rolled back to release 1");
    expect(stdout).toContain("latest.example.test → tree  0 of 1 servers agree");
    expect(stdout).toContain("gave no answer");
    expect(stdout).toContain("mirror  0 of 3 pinned");
  });

  const closed = "http://127.0.0.1:9";

  /** One leaf published, and another one added since. */
  async function aPublished(campaignYaml: string) {
    const cwd = await aCampaign({ "campaign.yaml": campaignYaml, "one.txt": "one\n", "two.txt": "two\n" });
    const run = async (...args: string[]) => {
      const ran = await fieldtree([...args, "--json"], { cwd });
      expect(ran.code, ran.stderr).toBe(0);
      return ran.json().at(-1);
    };
    await run("add", "one.txt", "--at", "products/one");
    const { release, root, portal, head } = await run("publish");
    await run("add", "two.txt", "--at", "products/two");
    const next = { do: "release", number: 2, root: (await run("plan")).root };
    return { cwd, live: { release, root, portal, head }, next };
  }

  async function expectAnswered({ cwd, live, next }: Awaited<ReturnType<typeof aPublished>>, parts: string[]) {
    const { code, json, stderr } = await fieldtree(["status", "--deadline", "20", "--json"], { cwd });
    expect(code, stderr).toBe(0);
    expectSchema("status", json());
    const { unreachable = [], ...told } = json()[0];
    expect(told).toMatchObject({ ...live, next: expect.arrayContaining([next]) });
    expect(unreachable.map(({ part }: { part: string }) => part)).toEqual(parts);
  }

  it("answers with the rest where the node, a pin service, a gateway or DNS is down", async () => {
    const published = await aPublished("campaign: test\n");
    const down: Readonly<Record<string, string[]>> = {
      [`node: { kind: kubo, api: "${closed}" }`]: ["node"],
      [`pins: { services: [{ name: mirror, kind: kubo, api: "${closed}" }] }`]: [],
      [`gateways: ["${closed}"]`]: [],
      'names: [{ domain: example.test, to: tree, provider: { kind: manual }, authorities: ["127.0.0.1:9"] }]': [],
    };
    for (const [config, parts] of Object.entries(down)) {
      await writeFile(join(published.cwd, "campaign.yaml"), `campaign: test\n${config}\n`);
      await expectAnswered(published, parts);
    }
  });

  it("answers with the last known head where the log's remote is down, and reports that", async () => {
    const remote = await aFolder();
    await execa("git", ["init", "--quiet", "--bare", remote]);
    const published = await aPublished(`campaign: test\nlog: { kind: git, remote: "${remote}" }\n`);
    await rm(remote, { recursive: true });
    await expectAnswered(published, ["log"]);
    const { stdout } = await fieldtree(["status", "--deadline", "20"], { cwd: published.cwd });
    expect(stdout).toMatch(/out of reach\n {2}the log \(branch .*\): .+ is what this machine read last\n/);
  });

  it("claims of nothing that it is kept while the node can't be asked", async () => {
    const cwd = await aCampaign({ "one.txt": "one\n" });
    expect((await fieldtree(["add", "one.txt", "--at", "one"], { cwd })).code).toBe(0);
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
    const silent = await silentOverTcp();
    for (const api of [closed, `http://${silent}`]) {
      await writeFile(join(cwd, "campaign.yaml"), `campaign: test\nnode: { kind: kubo, api: "${api}" }\n`);
      const { code, stdout, stderr } = await fieldtree(["status", "--deadline", "5"], { cwd });
      expect(code, stderr).toBe(0);
      expect(stdout).toContain("release 1 of ");
      expect(stdout).toContain(`the node (kubo at ${api}`);
      expect(stdout).toContain("nothing to do, as far as it is known without the node");
    }
  });

  it("asks for the newest release once, so that all it tells is of one", async () => {
    const parts = await someParts();
    const { cid } = await aDataset(parts.home, "one");
    const tree = `products:\n  camera: ${cid}\n`;
    await writeFile(join(parts.folder, "tree.yaml"), tree);
    for await (const _ of publish(Buffer.from(tree), parts, { strict: true }, testWorld()));
    const head = vi.fn(parts.log.head);
    const campaign = async () => campaignOf({ ...parts, log: { ...parts.log, head } });
    const told: object[] = [];
    const out = {
      json: true,
      paint: plain,
      result: (data: object) => void told.push(data),
      bytes: async () => {},
      taken: async () => {},
    };
    const call = { args: [], flags: { deadline: "60" }, env: {}, cwd: parts.folder, folder: () => parts.folder };
    await status.run({ ...call, folderAround: call.folder, campaign, store: campaign, out, world: testWorld() });
    expect(head).toHaveBeenCalledOnce();
    expect(told).toEqual([expect.objectContaining({ release: 1, next: [] })]);
  });
});

/** Address of a server that takes every connection and says nothing. */
async function silentOverTcp(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function silentOverUdp(): Promise<string> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  onTestFinished(() => void socket.close());
  await once(socket, "listening");
  return `127.0.0.1:${socket.address().port}`;
}
