/** Peers that campaign.yaml names, as the Kubos around a campaign come to know them. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { kubo } from "../../pipeline/ipfs/kubo/kubo.ts";
import { aCampaign, fieldtree } from "../commands/program.ts";
import { expectSchema } from "../commands/schemas.ts";
import { raw } from "../contracts/node.ts";
import { testWorld } from "../fakes/world.ts";
import { type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";

const theirs = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
const far = "QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN";

describe.skipIf(!(await kuboBinary()))("peers in campaign.yaml", { timeout: 120_000 }, () => {
  let node: Kubo;
  let mirror: Kubo;
  beforeAll(async () => {
    [node, mirror] = await Promise.all([startKubo({ swarm: true }), startKubo({ swarm: true, token: "canary" })]);
  });
  afterAll(async () => {
    await Promise.all([node?.stop(), mirror?.stop()]);
  });
  const peersOf = async (kubo: Kubo) => JSON.parse(await kubo.ipfs("config", "Peering.Peers"));

  it("are planned, given to every Kubo of the campaign except itself, and given once", async () => {
    const own = { ID: theirs, Addrs: ["/ip4/192.0.2.9/tcp/1"] };
    await mirror.ipfs("config", "--json", "Peering.Peers", JSON.stringify([own]));
    const id = (await mirror.ipfs("config", "Identity.PeerID")).trim();
    const cwd = await aCampaign({
      "tree.yaml": "# nothing yet\n",
      "campaign.yaml": `campaign: test
node: { kind: kubo, api: "${node.api}" }
pins:
  services: [{ name: mirror, kind: kubo, api: "${mirror.api}", token: MIRROR_TOKEN }]
  peers: ["/ip4/192.0.2.1/tcp/4001/p2p/${far}/", "${id}"]
`,
    });
    const env = { MIRROR_TOKEN: "canary" };

    const planned = (await fieldtree(["plan", "--json"], { cwd, env })).json();
    expectSchema("plan", planned);
    const steps = [
      { do: "peer", node: "the node", peers: [far, id] },
      { do: "peer", node: "mirror", peers: [far] },
    ];
    expect(planned[0].steps.slice(0, 2)).toEqual(steps);
    expect((await fieldtree(["plan"], { cwd, env })).stdout).toContain(`would have mirror stay connected with ${far}`);
    expect(await peersOf(node)).toBeNull();

    const published = await fieldtree(["publish", "--json"], { cwd, env });
    expect(published.code, published.stderr).toBe(0);
    expectSchema("publish", published.json());
    expect(published.json().flatMap(({ step }) => (step?.do === "peer" ? [step] : []))).toEqual(steps);
    const known = { ID: far, Addrs: ["/ip4/192.0.2.1/tcp/4001"] };
    expect(await peersOf(node)).toEqual([known, { ID: id, Addrs: [] }]);
    expect(await peersOf(mirror)).toEqual([own, known]);

    expect((await fieldtree(["publish", "--json"], { cwd, env })).json().at(-1)).toMatchObject({ changed: false });

    await mirror.ipfs("config", "--json", "Peering.Peers", "null");
    expect((await fieldtree(["repin"], { cwd, env })).code).toBe(0);
    expect(await peersOf(mirror)).toEqual([known]);
  });

  it("send a block that the node lost, once it is connected with them", async () => {
    const [home, theirs] = [kubo({ api: node.api }), kubo({ api: mirror.api, token: "canary" })];
    onTestFinished(() => Promise.all([home.close?.(), theirs.close?.()]).then(() => undefined));
    await theirs.put([raw("only theirs")], testWorld());
    const { cid, bytes } = raw("only theirs");
    for (const peer of (await node.ipfs("swarm", "peers")).split("\n").filter(Boolean))
      await node.ipfs("swarm", "disconnect", peer);
    expect(await home.getFromPeers!(cid, testWorld())).toBeUndefined();
    const [address] = (await mirror.ipfs("swarm", "addrs", "local", "--id")).split("\n");
    await node.ipfs("swarm", "connect", address!);
    expect(await home.getFromPeers!(cid, testWorld())).toEqual(bytes);
  });
});
