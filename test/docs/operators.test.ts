/** An operator's day as the page for operators tells it: its sessions are run among real servers, and print what is shown. */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CID } from "multiformats/cid";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rfc2136 } from "../../pipeline/names/dnslink/rfc2136/rfc2136.ts";
import { aFolder } from "../commands/program.ts";
import { testWorld } from "../fakes/world.ts";
import { followAllDay, type Outward, outwardServers, startOutward } from "../scenarios/campaign-outward.ts";
import { serialAt } from "../servers/dns-daemon.ts";
import { type Doh, startDoh } from "../servers/doh.ts";
import { blockFile, kuboBinary } from "../servers/kubo.ts";
import { aShell, blocksIn, follower, root, type Shown, sessionsIn } from "./pages.ts";

const page = "docs/operators.md";
const sessions = sessionsIn(page);

describe.skipIf(!outwardServers)("an operator's day", { timeout: 240_000 }, () => {
  let outward: Outward;
  let doh: Doh;
  const day = new AbortController();
  let following: Promise<void>;

  beforeAll(async () => {
    outward = await startOutward();
    const { primary, publisher } = outward;
    doh = await startDoh(primary.address);
    await publisher.ipfs("config", "--json", "DNS.Resolvers", JSON.stringify({ "test.": doh.url }));
    await publisher.ipfs("config", "DNS.MaxCacheTTL", "0s");
    await publisher.restart();
    following = followAllDay(outward, day.signal);
  });
  afterAll(async () => {
    day.abort();
    await Promise.all([outward?.stop(), doh?.stop()]);
    await following;
  });

  it("works as the page describes", async () => {
    const { primary, secondary, mirror, psa, publisher } = outward;
    const shell = await aClone(outward);
    const follow = follower(shell, (lines) => documented(lines, outward));
    const serial = () => serialAt("127.0.0.1", primary.port, "example.test");
    const releases = async () =>
      (await shell("fieldtree log --json")).map(
        (line) => JSON.parse(line) as Record<"root" | "portal", string> & { release: number },
      );
    expect(sessions).toHaveLength(4);
    const [first, dying, mended, weeksLater] = sessions as [Shown[], Shown[], Shown[], Shown[]];

    await follow(first);

    const before = await serial();
    const killed = whenAsked(psa, "orcestra/tree@2", day.signal).then(() => primary.kill());
    await follow(dying);
    await killed;
    await primary.restart();
    await follow(mended.slice(0, 1));
    // Both names lie in one zone, whose serial counts the writes.
    expect(await serial()).toBe(before! + 2);
    expect((await releases()).map(({ release }) => release)).toEqual([2, 1]);
    await follow(mended.slice(1));

    const { root, portal } = (await releases())[0]!;
    // Which blocks are looked at below a root depends on that root; the root itself always is.
    await rm(blockFile(mirror, CID.parse(portal)));
    await editByHand(outward);
    await secondary.follow();
    await follow(weeksLater);
    expect((await releases()).map(({ release }) => release)).toEqual([3, 2, 1]);
    expect(await publisher.ipfs("resolve", "/ipns/latest.example.test")).toBe(`/ipfs/${root}`);
  });
});

/** A clone of the campaign's repository with `radar.zarr` in its tree, and a shell in it that knows its secrets. */
async function aClone(outward: Outward) {
  const cwd = await aFolder({ "tree.yaml": "products:\n", "campaign.yaml": configFor(outward) });
  const remote = await aFolder();
  const { repo } = outward.publisher;
  const programs = { ipfs: `IPFS_PATH='${repo}' exec '${await kuboBinary()}' "$@"` };
  const shell = await aShell(cwd, { env: outward.env, programs });
  const track = join(root, "sample/products/KITE/KITE-20260126a/track.zarr");
  await cp(track, join(cwd, "radar.zarr"), { recursive: true });
  await cp(track, join(cwd, "wrong.zarr"), { recursive: true, filter: (path) => !path.includes("air_pressure") });
  await shell(`git init -q --bare ${remote} && git init -q && git remote add origin ${remote}`);
  await shell("fieldtree add radar.zarr --at products/HALO/radar.zarr");
  return shell;
}

/** Addresses on the page, and of the servers that run in their place. */
function addresses({ publisher, mirror, cluster, psa, primary, secondary }: Outward): [string, string][] {
  return [
    ["http://127.0.0.1:5001", publisher.api],
    ["https://ipfs.io", publisher.gateway],
    ["http://10.0.0.7:5001", mirror.api],
    ["http://10.0.0.6:9094", cluster.peers[0]!.api],
    ["http://10.0.0.6:8080", cluster.peers[1]!.kubo.gateway],
    ["https://shop.example/psa", psa.endpoint],
    ["https://shop.example", psa.gateway],
    ["10.0.0.8:53", primary.address],
    ["10.0.0.9:53", secondary.address],
  ];
}

/** The campaign.yaml of the page, at our addresses. Who answers for a name is said, since no DNS tells of our servers. */
function configFor(outward: Outward): string {
  const authorities = `authorities: ["${outward.primary.address}", "${outward.secondary.address}"]`;
  const config = blocksIn(page, "yaml")[0]!.replaceAll(/(- \{ domain: .*) \}$/gm, `$1, ${authorities} }`);
  return addresses(outward).reduce((text, [written, real]) => text.replaceAll(`"${written}"`, `"${real}"`), config);
}

function documented(lines: readonly string[], outward: Outward): string[] {
  return lines.map((line) =>
    addresses(outward).reduce((text, [written, real]) => text.replaceAll(real, written), line),
  );
}

/** Resolves in the moment in which the service is asked for the pin of that name, before it has fetched anything. */
async function whenAsked({ asked }: Outward["psa"], label: string, over: AbortSignal): Promise<void> {
  while (!over.aborted && !asked.some(({ name }) => name === label)) await sleep(5);
}

/** Somebody with the key and without fieldtree points the name elsewhere. */
async function editByHand({ primary }: Outward): Promise<void> {
  const provider = rfc2136({ server: primary.address, key: primary.key, transport: "tcp", timeoutMs: 30_000 });
  const world = testWorld({ now: () => new Date() });
  const at = "_dnslink.latest.example.test";
  const there = (await provider.read(at, world))!;
  const values = there.values.map((value) => (value.startsWith("dnslink=") ? "dnslink=/ipfs/bafkqaaa" : value));
  await provider.replace(at, { ...there, values }, there, world);
}
