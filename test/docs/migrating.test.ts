/**
 * The page on migrating, tried on a repository as such campaigns have kept them: made by a Kubo with `ipfs add` and
 * `ipfs files cp`, with lists of pins and peers written by hand.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { readCampaign } from "../../pipeline/core/campaign/campaign.ts";
import { aFolder, fieldtree } from "../commands/program.ts";
import type { Kubo } from "../servers/kubo.ts";
import { useKubo } from "../servers/use-kubo.ts";
import { aShell, blocksIn, commandsIn } from "./pages.ts";

const page = "docs/migrating.md";
const [config] = blocksIn(page, "yaml");
const kubo = await useKubo();

/** Of the repository that the page names, in which one entry has addresses, with a slash too many, and others have none. */
const knownPeers = `- name: rpidata
  ID: 12D3KooWL3E6UMhVPHq8tyCKoAybRxQQgE2uGVLVphtmqNhaegE2
- name: DKRZ
  ID: 12D3KooWN1cJjVBqXmCmaNF6yihB9vTuSSeSHJ2kw6waaQ5Mvmsm
  Addrs: ["/ip4/136.172.60.151/tcp/4001/"]
`;

it("peers become what the page says they become", () => {
  const peers = (load(knownPeers) as { ID: string; Addrs?: string[] }[]).flatMap(({ ID, Addrs }) =>
    Addrs ? Addrs.map((address) => `${address.replace(/\/$/, "")}/p2p/${ID}`) : [ID],
  );
  expect(readCampaign(config!)).toMatchObject({ findings: [], campaign: { pins: { peers } } });
});

describe.skipIf(!kubo.there)("a repository kept by hand", { timeout: 120_000 }, () => {
  it("keeps its CIDv0 root, its leaves and its old heads", async () => {
    const daemon = await kubo.started();
    const { cwd, root, tree, heads } = await repositoryOn(daemon);
    await writeFile(
      join(cwd, "campaign.yaml"),
      config!.replace("http://127.0.0.1:5001", daemon.api).replace("https://ipfs.io", daemon.gateway),
    );
    const shell = await aShell(cwd, { env: { ROOT: root } });
    const printed = new Map<string, string[]>();
    for (const line of commandsIn(page)) printed.set(line, await shell(line));

    expect(await readFile(join(cwd, "tree.yaml"), "utf8"), "tree.yaml was touched").toBe(tree);
    expect(printed.get("fieldtree plan")).toContain(`root ${root}`);
    expect(printed.get("fieldtree check")!.join("\n")).toMatch(/hint {2}cid-v0 {2}2 times.*\n.* 0 errors/);
    const [release] = (await fieldtree(["log", "--json"], { cwd })).json();
    expect(release).toMatchObject({ release: 1, root });
    expect(root).toMatch(/^Qm/);
    expect(await daemon.ipfs("cat", `/ipfs/${root}/products/HALO/notes.txt`)).toBe("notes");

    const list = printed.get("fieldtree pins import pinlist.yaml")!.filter((line) => !/^pinlist|^ {4}fix/.test(line));
    const { campaign, findings } = readCampaign(`campaign: orcestra\n${list.join("\n")}\n`);
    expect(findings).toEqual([]);
    expect(campaign!.pins.extra.map(({ cid }) => cid)).toEqual(heads);
  });
});

async function repositoryOn(daemon: Kubo) {
  const cwd = await aFolder({ "data/a": "a", "data/b/c": "c", "notes.txt": "notes", "report.txt": "report" });
  const added = async (path: string, ...flags: string[]) => daemon.ipfs("add", "-Q", "-r", ...flags, join(cwd, path));
  const leaves = {
    "products/HALO/radar": await added("data"),
    "products/HALO/notes.txt": await added("notes.txt"),
    "raw/report.txt": await added("report.txt", "--cid-version=1"),
  };
  // As the scripts did it: one call a leaf, into a folder of the node.
  const heads: string[] = [];
  for (const [path, cid] of Object.entries(leaves)) {
    await daemon.ipfs("files", "cp", "-p", `/ipfs/${cid}`, `/head/${path}`);
    heads.push(await daemon.ipfs("files", "stat", "--hash", "/head"));
  }
  const tree = `products:
  HALO:
    radar: ${leaves["products/HALO/radar"]}
    notes.txt: ${leaves["products/HALO/notes.txt"]}
raw:
  report.txt: ${leaves["raw/report.txt"]}
`;
  const entry = (cid: string, i: number) =>
    `- cid: ${cid} \n  name: ORCESTRA HEAD v${Math.min(i, 1)}\n  meta:${i > 0 ? `\n    prev: ${heads[i - 1]}` : ""}\n    tags:\n    - all\n`;
  await writeFile(join(cwd, "tree.yaml"), tree);
  await writeFile(join(cwd, "pinlist.yaml"), heads.map(entry).join(""));
  await writeFile(join(cwd, "known_peers.yaml"), knownPeers);
  return { cwd, tree, heads, root: heads.at(-1)! };
}
