import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensurePeering, peeringMissing } from "../../pipeline/pin/peering.ts";
import { startFakeKubo } from "../fakes/kubo.ts";
import { testWorld } from "../fakes/world.ts";
import { type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";

const world = testWorld();
const one = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
const two = "QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN";
const token = "canary-of-peering";

describe.skipIf(!(await kuboBinary()))("peers of a real Kubo", () => {
  let kubo: Kubo;
  let other: Kubo;
  beforeAll(async () => {
    [kubo, other] = await Promise.all([startKubo({ swarm: true, token }), startKubo({ swarm: true })]);
  });
  afterAll(async () => {
    await Promise.all([kubo?.stop(), other?.stop()]);
  });
  beforeEach(async () => {
    await kubo.ipfs("config", "--json", "Peering.Peers", "null");
    for (const id of [one, two]) await kubo.ipfs("swarm", "peering", "rm", id);
  });
  const written = async () => JSON.parse(await kubo.ipfs("config", "Peering.Peers"));
  const keep = (peers: readonly string[]) => ensurePeering(kubo.api, token, peers, world);
  const missing = (peers: readonly string[]) => peeringMissing(kubo.api, token, peers, world);

  it("are written as its config has them: slashes at the end dropped, addresses gathered, none where none is known", async () => {
    const peers = [
      `/ip4/192.0.2.1/tcp/4001/p2p/${one}/`,
      `/dns4/ipfs.example.org/udp/4001/quic-v1/p2p/${one}`,
      `${two}/`,
      `/p2p/${two}`,
    ];
    expect(await missing(peers)).toEqual([one, two]);
    expect(await keep(peers)).toEqual([one, two]);
    expect(await written()).toEqual([
      { ID: one, Addrs: ["/ip4/192.0.2.1/tcp/4001", "/dns4/ipfs.example.org/udp/4001/quic-v1"] },
      { ID: two, Addrs: [] },
    ]);
    expect(await missing(peers)).toEqual([]);
    expect(await keep(peers)).toEqual([]);
  });

  it("are added to what others put there", async () => {
    const theirs = [{ ID: one, Addrs: ["/ip4/192.0.2.9/tcp/1"] }];
    await kubo.ipfs("config", "--json", "Peering.Peers", JSON.stringify(theirs));
    await kubo.ipfs("swarm", "peering", "add", `/ip4/192.0.2.8/tcp/1/p2p/${one}`);
    expect(await keep([`/ip4/192.0.2.1/tcp/4001/p2p/${one}`, two])).toEqual([one, two]);
    expect(await written()).toEqual([
      { ID: one, Addrs: ["/ip4/192.0.2.9/tcp/1", "/ip4/192.0.2.1/tcp/4001"] },
      { ID: two, Addrs: [] },
    ]);
    const running = await kubo.ipfs("swarm", "peering", "ls");
    for (const address of ["/ip4/192.0.2.8/tcp/1", "/ip4/192.0.2.1/tcp/4001", two]) expect(running).toContain(address);
    expect(await missing([one, two])).toEqual([]);
  });

  it("are connected with without a restart, and still known after a restart", async () => {
    const { ID, Addresses } = JSON.parse(await other.ipfs("id")) as { ID: string; Addresses: string[] };
    await keep(Addresses);
    await expect.poll(() => kubo.ipfs("swarm", "peers"), { timeout: 50_000 }).toContain(ID);
    await kubo.restart();
    expect(await missing(Addresses)).toEqual([]);
  });

  it("are missing where only the config or only the daemon knows them", async () => {
    await kubo.ipfs("config", "--json", "Peering.Peers", JSON.stringify([{ ID: one, Addrs: null }]));
    await kubo.ipfs("swarm", "peering", "add", `/p2p/${two}`);
    expect(await missing([one, two])).toEqual([one, two]);
    expect(await keep([one, two])).toEqual([one, two]);
    expect(await missing([one, two])).toEqual([]);
  });

  it("stay untold where the token is wrong", async () => {
    const error = await ensurePeering(kubo.api, `${token}-wrong`, [one], world).catch((error) => error);
    expect(error).toMatchObject({ kind: "refused", hint: expect.stringContaining("API.Authorizations") });
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain("canary");
    expect(await written()).toBeNull();
  });
});

describe("peers", () => {
  it.each(["", "/", "/ip4/192.0.2.1/tcp/4001", "not-a-peer", `${one} ${two}`])(
    "such as %j name nobody",
    async (peer) => {
      const fake = await startFakeKubo((_, response) => void response.end("{}"));
      const asked = ensurePeering(fake.api, undefined, [peer], world);
      await expect(asked).rejects.toMatchObject({ kind: "input", message: `${JSON.stringify(peer)} names no peer` });
      expect(fake.commands).toEqual([]);
    },
  );

  it("of a config that is none are not written over", async () => {
    const fake = await startFakeKubo((_, response) => void response.end('{"Key":"Peering.Peers","Value":"none"}'));
    await expect(ensurePeering(fake.api, undefined, [one], world)).rejects.toMatchObject({ kind: "corrupt" });
    expect(fake.commands.filter((command) => command.includes("json"))).toEqual([]);
  });

  it("behind a relay are that peer, not the relay", async () => {
    const fake = await startFakeKubo((request, response) => {
      response.end(request.url!.includes("config") ? '{"Value":null}' : '{"Peers":null}');
    });
    expect(
      await ensurePeering(fake.api, undefined, [`/ip4/192.0.2.1/tcp/1/p2p/${two}/p2p-circuit/p2p/${one}`], world),
    ).toEqual([one]);
    const [, value] = new URL(fake.commands.find((each) => each.includes("json"))!, "http://x").searchParams.getAll(
      "arg",
    );
    expect(JSON.parse(value!)).toEqual([{ ID: one, Addrs: [`/ip4/192.0.2.1/tcp/1/p2p/${two}/p2p-circuit`] }]);
  });
});
