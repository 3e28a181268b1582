/** What a campaign on GitHub has around it: a Kubo behind a token that holds the sample's data, and a DNS server. */
import { Resolver } from "node:dns/promises";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTree } from "../../pipeline/core/tree/tree.ts";
import { start } from "../commands/program.ts";
import { dnsServers, type Primary, startBind } from "../servers/dns.ts";
import { type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";

export const campaignServers = (await kuboBinary()) && dnsServers();

export interface Surroundings {
  readonly kubo: Kubo;
  readonly bind: Primary;
  /** tree.yaml of the sample campaign. */
  readonly tree: string;
  readonly config: string;
  /** By the names that campaign.yaml has for them. */
  readonly secrets: { readonly KUBO_TOKEN: string; readonly DNS_KEY: string };
  /** Put a folder or file on the node; resolves to its CID. */
  add(path: string): Promise<string>;
  /** What the name points at: `/ipfs/CID`. */
  announced(): Promise<string | undefined>;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, "../..");

export async function startSurroundings(): Promise<Surroundings> {
  const token = "canary-kubo-5c1e";
  const [kubo, bind] = await Promise.all([startKubo({ token }), startBind({ zones: { "example.test": "" } })]);
  const secrets = { KUBO_TOKEN: token, DNS_KEY: bind.key };
  const config = `campaign: tradeline
title: TRADELINE, a sample campaign in the trade winds
node: { kind: kubo, api: "${kubo.api}", token: KUBO_TOKEN }
gateways: ["${kubo.gateway}"]
names:
  - domain: latest.example.test
    to: tree
    provider: { kind: rfc2136, server: "${bind.address}", key: DNS_KEY }
    authorities: ["${bind.address}"]
    ttl: 60
log: { kind: git }
`;
  const tree = await readFile(join(root, "tree.yaml"), "utf8");
  const desk = await mkdtemp(join(tmpdir(), "fieldtree-desk-"));
  for (const name of ["tree.yaml", "sample"]) await cp(join(root, name), join(desk, name), { recursive: true });
  await writeFile(join(desk, "campaign.yaml"), config);
  const add = async (path: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await start(["add", path, "--json"], { cwd: desk, env: secrets });
    if (exitCode !== 0) throw new Error(stderr);
    return JSON.parse(stdout.split("\n")[0]!).cid;
  };
  const paths = [...readTree(Buffer.from(tree)).tree.keys()];
  await Promise.all(paths.map((path) => add(join("sample", path))));

  const resolver = new Resolver();
  resolver.setServers([bind.address]);
  return {
    kubo,
    bind,
    tree,
    config,
    secrets,
    add,
    async announced() {
      const texts = await resolver.resolveTxt("_dnslink.latest.example.test").catch(() => []);
      return texts
        .map((parts) => parts.join(""))
        .find((text) => text.startsWith("dnslink="))
        ?.slice("dnslink=".length);
    },
    async stop() {
      await Promise.all([kubo.stop(), bind.stop(), rm(desk, { recursive: true, force: true })]);
    },
  };
}
