import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { plain } from "../../pipeline/commands/colour.ts";
import { status } from "../../pipeline/commands/status.ts";
import { publish } from "../../pipeline/stages/publish.ts";
import { aDataset, someParts } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";
import { aCampaign, fieldtree } from "./program.ts";

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
    expect(stdout).toContain("latest.example.test → tree  0 of 1 servers say so");
    expect(stdout).toContain("gave no answer");
    expect(stdout).toContain("mirror  0 of 3 kept");
  });

  it("asks for the newest release once, so that all it tells is of one", async () => {
    const parts = await someParts();
    const { cid } = await aDataset(parts.home, "one");
    const tree = `products:\n  camera: ${cid}\n`;
    await writeFile(join(parts.folder, "tree.yaml"), tree);
    for await (const _ of publish(Buffer.from(tree), parts, { strict: true }, testWorld()));
    const head = vi.fn(parts.log.head);
    const campaign = async () => ({ ...parts, log: { ...parts.log, head }, close: async () => {} });
    const told: object[] = [];
    const out = { json: true, paint: plain, result: (data: object) => void told.push(data), bytes: async () => {} };
    const call = { args: [], flags: { deadline: "60" }, env: {}, cwd: parts.folder, folder: () => parts.folder };
    await status.run({ ...call, folderAround: call.folder, campaign, out, world: testWorld() });
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
