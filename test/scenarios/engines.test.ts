/** One commit, two engines: the embedded node and a real Kubo must publish the same bytes. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { create } from "kubo-rpc-client";
import { describe, expect, it } from "vitest";
import { aCampaign, fieldtree } from "../commands/program.ts";
import { data } from "../data.ts";
import { useKubo } from "../servers/use-kubo.ts";

const env = { SOURCE_DATE_EPOCH: "1723291200" };

/** Files and folders that become leaves, by their place in the tree. */
async function realData(): Promise<ReadonlyMap<string, string>> {
  const leaves = new Map<string, string>();
  for (const [name, folder] of [
    ["v2", join(data("zarr")!, "v2")],
    ["v3", join(data("zarr")!, "v3")],
    ["level0", join(data("dropsondes")!, "Level_0")],
    ["level1", join(data("dropsondes")!, "Level_1")],
  ] as const) {
    for (const entry of await readdir(folder)) leaves.set(`products/${name}/${basename(entry)}`, join(folder, entry));
  }
  return leaves;
}

async function publishOn(node: string, leaves: ReadonlyMap<string, string>) {
  const cwd = await aCampaign({ "campaign.yaml": `campaign: orcestra\nnode: ${node}\n` });
  const run = async (...args: string[]) => {
    const ran = await fieldtree([...args, "--json"], { cwd, env });
    expect(ran.code, ran.stderr).toBe(0);
    return ran.json();
  };
  for (const [at, path] of leaves) await run("add", path, "--at", at);
  const planned = await run("plan");
  const published = await run("publish");
  const again = await run("publish");
  const items = await run("scan");
  return { cwd, run, planned: planned[0].root, published: published.at(-1), again: again.at(-1), items };
}

const kubo = await useKubo();
const needs = [kubo.there, data("zarr"), data("dropsondes")];

describe.skipIf(!needs.every(Boolean))("the same commit on the embedded node and on Kubo", { timeout: 300_000 }, () => {
  it("gives the same root, items, portal and release for real data, and Kubo shows the tree", async () => {
    const leaves = await realData();
    const daemon = await kubo.started();
    const embedded = await publishOn("embedded", leaves);
    const onKubo = await publishOn(daemon.api, leaves);
    expect(onKubo.published).toEqual(embedded.published);
    expect(onKubo.planned).toBe(embedded.planned);
    expect(onKubo.items).toEqual(embedded.items);
    expect([embedded.again.changed, onKubo.again.changed]).toEqual([false, false]);

    // What stands on Kubo, as the client says that others use.
    const { root, portal } = embedded.published;
    const client = create({ url: daemon.api });
    const shown = await client.files.stat(`/fieldtree/orcestra/${root}`);
    expect([shown.cid.toString(), shown.type]).toEqual([root, "directory"]);
    const pinned: string[] = [];
    for await (const { cid } of client.pin.ls({ type: "recursive" })) pinned.push(cid.toString());
    expect(pinned).toEqual(expect.arrayContaining([root, portal]));
    for (const whole of [root, portal]) await daemon.ipfs("dag", "stat", "--progress=false", "--offline", whole);
  });
});
