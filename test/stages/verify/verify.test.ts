import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Answer } from "dns-packet";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseNameTarget } from "../../../pipeline/core/campaign/name-target.ts";
import { Failure, kinds } from "../../../pipeline/core/failure.ts";
import { type PrivateKey, privateKeyOf, protobufOf, publicName } from "../../../pipeline/core/key.ts";
import type { Block } from "../../../pipeline/dag/block.ts";
import { carOf } from "../../../pipeline/dag/car.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { entries, resolve } from "../../../pipeline/dag/read/read.ts";
import { releasesFrom } from "../../../pipeline/log/chain.ts";
import type { Head } from "../../../pipeline/log/log.ts";
import { type Release, releaseBlock } from "../../../pipeline/log/release.ts";
import { signRelease } from "../../../pipeline/log/sign.ts";
import { sourcePlaces } from "../../../pipeline/log/source.ts";
import { dnslink } from "../../../pipeline/names/dnslink/dnslink.ts";
import { ipnsName } from "../../../pipeline/names/ipns/ipns.ts";
import { signRecord } from "../../../pipeline/names/ipns/record.ts";
import type { Name } from "../../../pipeline/names/name.ts";
import type { ConfiguredName, ConfiguredPinService, Parts } from "../../../pipeline/stages/parts.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { sourceOf } from "../../../pipeline/stages/tree/past.ts";
import { withoutData } from "../../../pipeline/stages/tree/without-data.ts";
import { type Check, verdict } from "../../../pipeline/stages/verify/check.ts";
import { checkReleases } from "../../../pipeline/stages/verify/check-releases.ts";
import { verify } from "../../../pipeline/stages/verify/verify.ts";
import { fieldtree } from "../../commands/program.ts";
import { type FakeDns, fakeDns, soa, txt } from "../../fakes/dns-server.ts";
import { type FakeHome, fakeHome } from "../../fakes/home.ts";
import { aDataset, aFile, someParts, temporaryFolder } from "../../fakes/parts.ts";
import { blockKey, type FakePins, fakePins } from "../../fakes/pin-service.ts";
import { testWorld } from "../../fakes/world.ts";
import { startRouting } from "../../servers/routing.ts";

const domain = "latest.example.test";
const day = 86_400_000;
const [ours, another] = (await Promise.all([1, 2].map((byte) => privateKeyOf(new Uint8Array(32).fill(byte))))) as [
  PrivateKey,
  PrivateKey,
];

/** Three releases, kept by two services and announced under a name that two servers answer for. */
interface Place {
  readonly home: FakeHome;
  readonly parts: Parts;
  readonly pins: { readonly mirror: FakePins; readonly dkrz: FakePins };
  /** The first release first. */
  readonly chain: readonly [Head, Head, Head];
  /** The leaf of the newest tree. */
  readonly leaf: CID;
}

async function aPlace(): Promise<Place> {
  const home = fakeHome();
  const pins = { mirror: fakePins("mirror"), dkrz: fakePins("dkrz") };
  const pinServices = Object.values(pins).map(keeperOf);
  const demand = { require: { atLeast: 2, of: ["mirror", "dkrz"] }, sample: 100 };
  const parts = await someParts({ home, pinServices, pins: demand });
  let leaf = (await aFile(home, "raw")).cid;
  for (const title of ["one", "two", "three"]) {
    leaf = (await aDataset(home, title)).cid;
    const tree = new TextEncoder().encode(`products:\n  camera: ${leaf}\n`);
    for await (const _ of publish(tree, parts, { strict: true }, testWorld()));
  }
  const chain: Head[] = [];
  for await (const at of releasesFrom(await parts.log.head(testWorld()), parts.log, testWorld())) chain.unshift(at);
  return { home, parts, pins, chain: chain as unknown as Place["chain"], leaf };
}

function keeperOf(service: FakePins): ConfiguredPinService {
  return {
    name: service.name,
    kind: "kubo",
    trusted: false,
    pinsEverything: true,
    accepts: () => true,
    open: () => service,
    retrieve: (cid) => service.block(cid),
  };
}

/** All checks of a campaign, and how the command would end. */
async function verified(parts: Parts, { deep = false, world = testWorld() } = {}) {
  const checks: Check[] = [];
  for await (const check of verify(parts, { deep }, world)) checks.push(check);
  const { kind } = verdict(checks);
  return { checks, red: checks.filter(({ ok }) => !ok), exit: kind ? kinds[kind].exit : 0 };
}

/** The campaign with another newest release, whose block lies there like any other. */
async function withHead({ home, parts }: Place, release: Release): Promise<Parts> {
  const block = releaseBlock(release);
  await home.put([block], testWorld());
  return { ...parts, log: { ...parts.log, head: async () => ({ cid: block.cid, release }) } };
}

/** The same, with `forged` in the place of the second release, and the newest one linked to it. */
async function withSecond(place: Place, forged: Partial<Release>): Promise<Parts> {
  const [, second, third] = place.chain;
  const block = releaseBlock({ ...second.release, ...forged });
  await place.home.put([block], testWorld());
  return withHead(place, { ...third.release, previous: block.cid });
}

/** A folder with these entries of `of` changed, on the campaign's node. */
async function changed(home: FakeHome, of: CID, changes: Readonly<Record<string, { cid: CID; tsize: number }>>) {
  const blocks: Block[] = [];
  const get = async (cid: CID) => home.blocks.get(blockKey(cid))!;
  const kept = new Map<string, { cid: CID; tsize: number }>();
  for await (const { name, cid, tsize } of entries(of, get)) kept.set(name, { cid, tsize });
  for (const [name, link] of Object.entries(changes)) kept.set(name, link);
  const all = [...kept].map(([name, link]) => ({ name, ...link }));
  const { cid } = makeDirectory(all, profiles["cid-v1"], (block) => void blocks.push(block));
  await home.put(blocks, testWorld());
  return cid;
}

/** The same, with another portal in the newest release, kept by all who should. */
async function withKeptPortal(place: Place, portal: CID): Promise<Parts> {
  const { home, pins, chain } = place;
  home.labels.set("orcestra/portal@3", portal);
  for (const service of Object.values(pins)) {
    for (const [key, bytes] of home.blocks) service.held.set(key, bytes);
    await service.pin({ cid: portal, label: "", origins: [], meta: {} }, testWorld());
  }
  return withHead(place, { ...chain[2].release, portal });
}

async function withIndex(place: Place, text: string): Promise<Parts> {
  const index = await aFile(place.home, text);
  return withKeptPortal(place, await changed(place.home, place.chain[2].release.portal, { "index.json": index }));
}

const away = () => new Failure("unavailable", "nothing answers there");

describe("a campaign that is as its log says", () => {
  it("is green in every check", async () => {
    const place = await aPlace();
    const value = `/ipfs/${place.chain[2].release.root}`;
    const { announced } = await aDnsName([says(value), says(value)]);
    const { checks, exit } = await verified({ ...place.parts, names: [announced] }, { deep: true });
    expect(exit).toBe(0);
    expect(checks.map(({ check, says }) => `${check}: ${says}`)).toEqual([
      "log: 3 releases, each follows the one before it",
      "signature: 3 unsigned",
      "tree: 3 of 3 roots follow from their tree.yaml, and from the changes listed",
      "index: 1 dataset, where the tree has it",
      "portal: rebuilt from the log to the same bytes",
      expect.stringMatching(/^node: has the tree and the portal; \d+ blocks \([\d.]+ [kM]B\) read and hashed$/),
      ...Array.from({ length: 6 }, () => "pin: retrieved"),
      ...Array.from({ length: 2 }, () => `name: ${value}`),
    ]);
  });

  it("may be signed, and the signer is given", async () => {
    const place = await aPlace();
    const signed = await signRelease(place.chain[2].release, ours);
    const { checks, exit } = await verified(await withHead(place, signed));
    expect(exit).toBe(0);
    expect(checks.find(({ check }) => check === "signature")!.says).toBe(
      `2 unsigned, 1 signed by ${publicName(ours.publicKey)}`,
    );
  });

  it("says in place of rebuilding that its release was made with other readers or views", async () => {
    const { parts } = await aPlace();
    const newer = { ...parts, madeWith: { ...parts.madeWith, readers: { "dataset-meta": 99 } } };
    const { checks, exit } = await verified(newer, { deep: true });
    expect(exit).toBe(0);
    expect(checks.find(({ check }) => check === "portal")!.says).toMatch(/^not rebuilt: created with other versions/);
  });

  it("has not been verified where nothing was published", async () => {
    await expect(verified(await someParts())).rejects.toMatchObject({
      kind: "input",
      message: "nothing has been published yet",
    });
  });
});

interface Damage {
  /** Does it, and gives the campaign as whoever verifies it finds it. */
  readonly to: (place: Place) => Promise<Parts>;
  /** All that is red: `check subject`. */
  readonly red: readonly string[];
  readonly says: string | RegExp;
  readonly exit: 4 | 6 | 7;
  readonly deep?: boolean;
}

const log = "releases 1 to 3";

const damages: Readonly<Record<string, Damage>> = {
  "a number left out of the chain": {
    to: (place) => withHead(place, { ...place.chain[2].release, previous: place.chain[0].cid }),
    // What is told of the release before is then told of another one too.
    red: ["log releases 3 to 3"],
    says: /^release 3 links to release 1 \(bafy.*\) as the one before it$/,
    exit: 6,
  },
  "a link to a release that nobody has": {
    to: async ({ home, parts, chain }) => {
      home.blocks.delete(blockKey(chain[0].cid));
      await rm(join(parts.state, "log", "releases", `${chain[0].cid}`));
      return parts;
    },
    red: ["log releases 2 to 3"],
    says: /^release bafy.* is out of reach$/,
    exit: 4,
  },
  "a link to something that is no release": {
    to: async (place) => {
      const { cid } = await aFile(place.home, "no release");
      return withHead(place, { ...place.chain[2].release, previous: cid });
    },
    red: ["log releases 3 to 3"],
    says: /is not a release/,
    exit: 6,
  },
  "changes that were told otherwise": {
    to: (place) => withSecond(place, { changes: [] }),
    red: ["tree release 2"],
    says: "the changes it lists are not those between its tree.yaml and the one before",
    exit: 6,
  },
  "changes of the first release that were told otherwise": {
    to: async (place) => {
      const [first, second, third] = place.chain;
      const one = releaseBlock({ ...first.release, changes: [] });
      const two = releaseBlock({ ...second.release, previous: one.cid });
      await place.home.put([one, two], testWorld());
      return withHead(place, { ...third.release, previous: two.cid });
    },
    red: ["tree release 1"],
    says: "the changes it lists are not those between its tree.yaml and the one before",
    exit: 6,
  },
  "another portal told to have been live before": {
    to: (place) => {
      const [first, second] = place.chain;
      return withSecond(place, { before: { root: first.release.root, portal: second.release.portal } });
    },
    red: ["tree release 2"],
    says: /^it records that the portal before it was bafy.*, and that was bafy/,
    exit: 6,
  },
  "a root that is not its tree's": {
    to: (place) => withSecond(place, { root: place.chain[0].release.root }),
    red: ["tree release 2", "tree release 3"],
    says: /^products\/camera is bafy.* in the root, and bafy.* in tree\.yaml$/,
    exit: 6,
  },
  "a rollback to something else": {
    to: (place) => withHead(place, { ...place.chain[2].release, rollbackOf: 1, why: "two was wrong" }),
    red: ["tree release 3"],
    says: /^it records that its tree is that of release 1, whose root is bafy/,
    exit: 6,
  },
  "a tree.yaml that neither the log nor the node has": {
    to: async ({ home, parts, chain }) => {
      const { tree } = chain[1].release;
      home.blocks.delete(blockKey(tree));
      await rm(join(parts.state, "log", ...sourcePlaces(tree).text));
      return parts;
    },
    red: ["tree release 2"],
    says: /^nobody has bafk/,
    exit: 4,
  },
  "a signature over something else": {
    to: async (place) => {
      const signed = await signRelease(place.chain[2].release, ours);
      return withHead(place, { ...signed, made: "2024-08-31T00:00:00Z" });
    },
    red: [`signature ${log}`],
    says: `release 3 claims to be signed by ${publicName(ours.publicKey)}, and is not`,
    exit: 6,
  },
  "a signature of somebody else": {
    to: async (place) => {
      const parts = await withHead(place, await signRelease(place.chain[2].release, another));
      return { ...parts, signers: [publicName(ours.publicKey)] };
    },
    red: [`signature ${log}`],
    says: new RegExp(`release 3 is signed by ${publicName(another.publicKey)}, who is none of the campaign's signers`),
    exit: 6,
  },
  "no signature where signers are named": {
    to: async ({ parts }) => ({ ...parts, signers: [publicName(ours.publicKey)] }),
    red: [`signature ${log}`],
    says: /^none is signed by one of the campaign's signers; .*; release 1 is unsigned; release 2 is unsigned; release 3 is/,
    exit: 6,
  },
  "an item whose data is not in the tree": {
    to: (place) =>
      withIndex(place, JSON.stringify({ datasets: [{ path: "products/camera", cid: `${place.chain[0].cid}` }] })),
    red: ["index index.json of release 3"],
    says: /^products\/camera is bafy.* in the tree, and bafy.* in the index$/,
    exit: 6,
  },
  "an item at a path that the tree has not": {
    to: (place) => withIndex(place, JSON.stringify({ datasets: [{ path: "camera", cid: `${place.leaf}` }] })),
    red: ["index index.json of release 3"],
    says: /^camera is nowhere in the tree/,
    exit: 6,
  },
  ...Object.fromEntries(
    ["null", "{}", "no JSON", '{"datasets":[null]}', '{"datasets":[{"path":1,"cid":2}]}'].map(
      (text): [string, Damage] => [
        `an index that reads ${text}`,
        {
          to: (place) => withIndex(place, text),
          red: ["index index.json of release 3"],
          says: "it lists no datasets as fieldtree writes them",
          exit: 6,
        },
      ],
    ),
  ),
  "a portal that is not what the log gives": {
    to: async (place) => {
      const [, , { release }] = place.chain;
      const portal = await changed(place.home, release.portal, { "more.html": await aFile(place.home, "more") });
      return withKeptPortal(place, portal);
    },
    red: ["portal release 3"],
    says: /^comes out as bafy.*, and was published as bafy/,
    exit: 6,
    deep: true,
  },
  "data out of reach of whoever rebuilds the portal": {
    to: async ({ home, parts, leaf }) => {
      home.blocks.delete(blockKey((await resolve(leaf, "dataset_meta.yaml", parts.get))!));
      return { ...parts, leafContents: { get: () => undefined, set: () => {}, save: async () => {} } };
    },
    // The block is missing on the node itself, which reading every block finds as well.
    red: ["portal release 3", "node fake"],
    says: /^products\/camera: nobody has bafk/,
    exit: 7,
    deep: true,
  },
  "a block of the tree that the node has lost, though it is pinned": {
    to: async ({ home, parts, leaf }) => {
      home.blocks.delete(blockKey((await resolve(leaf, "dataset_meta.yaml", parts.get))!));
      return parts;
    },
    red: ["node fake"],
    says: /orcestra\/tree@3: products\/camera\/dataset_meta\.yaml lacks 1 block: bafk/,
    exit: 7,
    deep: true,
  },
  "a node that let go": {
    to: async ({ home, parts }) => {
      home.labels.clear();
      return parts;
    },
    red: ["node fake"],
    says: /^does not have bafy.* nor bafy/,
    exit: 7,
  },
  "a node that does not answer": {
    to: async ({ parts }) => ({ ...parts, home: { ...parts.home, pins: () => Promise.reject(away()) } }),
    red: ["node fake"],
    says: away().message,
    exit: 4,
  },
  "a block lost at one service": {
    to: async ({ parts, pins, leaf }) => {
      pins.mirror.held.delete(blockKey((await resolve(leaf, "video.mp4", parts.get))!));
      return parts;
    },
    red: ["pin mirror: /", "pin mirror: portal/", "pin mirror: products/camera"],
    says: /^it reports pinned, and lacks bafk/,
    exit: 7,
  },
  "a service that let go": {
    to: async ({ parts, pins, leaf }) => {
      await pins.dkrz.unpin(leaf, testWorld());
      return parts;
    },
    red: ["pin dkrz: products/camera"],
    says: "absent",
    exit: 7,
  },
  "a service that does not answer": {
    to: async ({ parts, pins }) => {
      pins.dkrz.faults.away = true;
      return parts;
    },
    red: ["pin dkrz: /", "pin dkrz: portal/", "pin dkrz: products/camera"],
    says: "dkrz: status: nothing answers there",
    exit: 4,
  },
  "a leaf whose first block is damaged": {
    to: async ({ parts, leaf }) => {
      const get: Parts["get"] = async (cid) => {
        if (cid.equals(leaf)) throw new Failure("corrupt", `the bytes of ${cid} are not what it says`);
        return parts.get(cid);
      };
      return { ...parts, get, sizes: { get: () => undefined, set: () => {}, save: async () => {} } };
    },
    red: ["pin what should be pinned"],
    says: /^the bytes of bafy.* are not what it says$/,
    exit: 6,
  },
};

describe.each(Object.entries(damages))("%s", (_, { to, red, says, exit, deep = false }) => {
  it(`is reported alone, and ends with ${exit}`, async () => {
    const found = await verified(await to(await aPlace()), { deep });
    expect(found.red.map(({ check, subject }) => `${check} ${subject}`)).toEqual(red);
    expect(found.red[0]!.says).toMatch(says);
    expect(found.exit).toBe(exit);
  });
});

/** What a DNS server answers where it is asked for the record. */
type Says = Parameters<typeof fakeDns>[0];

const at = `_dnslink.${domain}`;
const says = (...values: readonly string[]): Says => answering(...values.map((value) => txt(at, `dnslink=${value}`)));
const answering =
  (...answers: readonly Answer[]): Says =>
  ({ question }) => ({
    answers: answers.filter(({ type }) => type === question.type || type === "CNAME"),
    authorities: [soa("example.test")],
  });

/** `latest.example.test`, and the servers that answer for it. */
async function aDnsName(
  servers: readonly Says[],
  to = "tree",
): Promise<{ announced: ConfiguredName; servers: FakeDns[] }> {
  const running = await Promise.all(servers.map((server) => fakeDns(server)));
  const name = dnslink({ domain, ttl: 60, authorities: running.map(({ address }) => address), timeoutMs: 2000 });
  return { announced: announcedAs(domain, "dnslink", name, to), servers: running };
}

function announcedAs(name: string, kind: ConfiguredName["kind"], at: Name, to: string): ConfiguredName {
  return { name, kind, to: parseNameTarget(to), deadline: 1000, open: () => at };
}

describe("a name of which one server", () => {
  const cname: Answer = { type: "CNAME", name: at, data: "elsewhere.example.test" };
  const right = "/ipfs/bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
  const old = "/ipfs/bafkqaaa";

  it.each<[string, Says, string | RegExp, 4 | 7]>([
    ["lags", says(old), `points to ${old}\nin place of `, 7],
    ["has no record", answering(), "has no record", 7],
    ["has two dnslink records", says(right, old), "two dnslink records, which resolvers refuse", 7],
    ["has a CNAME in the place of it", answering(cname), `a CNAME exists at ${at}`, 7],
    ["has something that is no path", says("/ipfs/\u0007"), "which is no path", 7],
    ["refuses to answer", () => ({ rcode: "REFUSED", flags: 5 }), "answers REFUSED", 4],
    ["does not answer for the zone", ({ question }) => ({ flags: 0, questions: [question] }), "lame delegation", 4],
    ["says nothing at all", () => undefined, "no answer in 2 s", 4],
  ])("%s is reported with that server and its answer", async (_, other, words, exit) => {
    const place = await aPlace();
    const value = `/ipfs/${place.chain[2].release.root}`;
    const { announced, servers } = await aDnsName([says(value), other]);
    const found = await verified({ ...place.parts, names: [announced] });
    expect(found.red).toMatchObject([{ check: "name", subject: `${domain} at ${servers[1]!.address}` }]);
    expect(found.red[0]!.says).toContain(words);
    expect(found.exit).toBe(exit);
  });

  it("that points to a release that is not in the log is reported, and the other names are checked", async () => {
    const place = await aPlace();
    const { announced } = await aDnsName([says(right)], "tree@9");
    const { announced: good } = await aDnsName([says(`/ipfs/${place.chain[0].release.root}`)], "tree@1");
    const { red, checks, exit } = await verified({ ...place.parts, names: [announced, good] });
    expect(red).toMatchObject([{ check: "name", subject: domain, says: expect.stringContaining("release 9") }]);
    expect(checks.at(-1)).toMatchObject({ check: "name", ok: true });
    expect(exit).toBe(4);
  });
});

describe("what could not be checked", () => {
  it("for want of a secret is reported with its name", async () => {
    const { parts } = await aPlace();
    const missing = new Failure("input", "MIRROR_TOKEN is not set", { hint: "set MIRROR_TOKEN where this runs" });
    const { retrieve: _, ...blind } = parts.pinServices[0]!;
    const service = () => {
      throw missing;
    };
    const { red, exit } = await verified({
      ...parts,
      pinServices: [{ ...blind, open: service }, parts.pinServices[1]!],
    });
    expect(red[0]).toMatchObject({ check: "pin", problem: "unchecked", mend: "set MIRROR_TOKEN where this runs" });
    expect(exit).toBe(4);
  });
});

describe("what sets drift right", () => {
  it("is publishing for names, repinning for pins, and after a rollback the same rollback for names", async () => {
    const place = await aPlace();
    const { announced } = await aDnsName([says("/ipfs/bafkqaaa")]);
    const parts = { ...place.parts, names: [announced] };
    const mends = async () => (await verified(parts)).red.map(({ check, mend }) => `${check}: ${mend}`);
    place.pins.mirror.held.delete(blockKey(place.leaf));
    expect(new Set(await mends())).toEqual(new Set(["pin: fieldtree repin", "name: fieldtree publish"]));

    const { release } = place.chain[0];
    const text = await sourceOf(release, parts, testWorld());
    const rollback = { rollbackOf: 1, why: "two was wrong" };
    for await (const _ of publish(text, place.parts, { strict: true, rollback }, testWorld()));
    expect(await mends()).toEqual(["name: fieldtree rollback 1"]);
  });
});

describe("an IPNS name", () => {
  /** Its record, as somebody with that key signed it. */
  async function record(value: string, until: Date, key = ours): Promise<Uint8Array> {
    return (await signRecord({ value, sequence: 3n, ttl: 300, until }, key)).bytes;
  }

  async function anIpnsName(bytes: Uint8Array | undefined): Promise<ConfiguredName> {
    const routing = await startRouting();
    onTestFinished(() => routing.close());
    const name = publicName(ours.publicKey);
    if (bytes) routing.records.set(name, bytes);
    const beside = { read: async () => undefined, write: async () => {} };
    const key = () => Buffer.from(protobufOf(ours)).toString("base64");
    const at = ipnsName({ name, key, routing: [routing.url], lifetime: 365 * day, ttl: 300, attachments: beside });
    return announcedAs(name, "ipns", at, "portal");
  }

  const now = Date.UTC(2024, 7, 10);
  const inDays = (days: number) => new Date(now + days * day);

  it.each<
    [string, { until: Date; value?: string; key?: PrivateKey } | undefined, readonly [string, string | RegExp][], 0 | 7]
  >([
    ["that is right is green, and until when is said", { until: inDays(200) }, [], 0],
    ["that says something else", { until: inDays(200), value: "/ipfs/bafkqaaa" }, [["name", /in place of/]], 7],
    [
      "near the end of its life",
      { until: inDays(20) },
      [["record", /^its record is good until 2024-08-30.* and no longer/]],
      7,
    ],
    [
      "at the end of its life",
      { until: inDays(-1) },
      [
        ["name", /gave a record that ended on/],
        ["record", /^its record ended on 2024-08-09/],
      ],
      7,
    ],
    [
      "that another key signed",
      { until: inDays(200), key: another },
      [["name", /was not signed with the key of that name/]],
      7,
    ],
    ["that nobody has", undefined, [["name", "has no record"]], 7],
  ])("%s", async (_, given, red, exit) => {
    const place = await aPlace();
    const value = given?.value ?? `/ipfs/${place.chain[2].release.portal}`;
    const announced = await anIpnsName(given && (await record(value, given.until, given.key)));
    const world = testWorld({ now: () => new Date(now) });
    const found = await verified({ ...place.parts, names: [announced] }, { world });
    expect(found.red.map(({ check }) => check)).toEqual(red.map(([check]) => check));
    for (const [i, [, words]] of red.entries()) expect(found.red[i]!.says).toMatch(words);
    expect(found.exit).toBe(exit);
    if (exit === 0) expect(found.checks.at(-1)!.says).toBe(`its record is good until ${inDays(200).toISOString()}`);
  });
});

describe("a log in one file", () => {
  /** A CAR of everything but the data, with this release as its root. */
  async function aCar({ parts, home }: Place, head: Head, leftOut?: CID): Promise<string> {
    const get: Parts["get"] = async (cid) => home.blocks.get(blockKey(cid))!;
    const file = join(await temporaryFolder(), "log.car");
    const blocks: Block[] = [];
    for await (const block of withoutData(head, { ...parts, get }, testWorld()))
      if (!leftOut?.equals(block.cid)) blocks.push(block);
    const chunks: Uint8Array[] = [];
    for await (const chunk of carOf([head.cid], blocks)) chunks.push(chunk);
    await writeFile(file, Buffer.concat(chunks));
    return file;
  }
  const offline = async (car: string) => {
    const { code, json, stderr } = await fieldtree(["verify", "--offline", car, "--json"]);
    return { code, red: json().filter(({ check, ok }) => check && !ok), stderr };
  };

  it("is verified with nothing else, and seen to be forged or incomplete", async () => {
    const place = await aPlace();
    const [first, , third] = place.chain;
    expect(await offline(await aCar(place, third))).toEqual({ code: 0, red: [], stderr: "" });

    const { log } = await withSecond(place, { changes: [] });
    const forged = await offline(await aCar(place, (await log.head(testWorld()))!));
    expect(forged).toMatchObject({ code: 6, red: [{ check: "tree", subject: "release 2" }] });

    const cut = await offline(await aCar(place, third, first.cid));
    expect(cut).toMatchObject({ code: 4, red: [{ check: "log", problem: "unchecked" }] });
    expect(cut.red[0].says).toContain(`${first.cid} is not in`);
  });
});

describe("a log into which another was merged", () => {
  /** The campaign with a fourth release that merges `other`. */
  async function withMerged(place: Place, other: Release): Promise<{ parts: Parts; merged: CID }> {
    const merged = releaseBlock(other);
    await place.home.put([merged], testWorld());
    const third = place.chain[2];
    const { root, portal } = third.release;
    const release = { ...third.release, number: 4, previous: third.cid, before: { root, portal }, changes: [] };
    return { parts: await withHead(place, { ...release, merged: [merged.cid] }), merged: merged.cid };
  }
  /** Checks of the log's chain alone, as of a CAR. */
  async function checkedLog({ parts, home }: { parts: Parts; home: FakeHome }) {
    const head = (await parts.log.head(testWorld()))!;
    const get: Parts["get"] = async (cid) => home.blocks.get(blockKey(cid))!;
    const checks = await Array.fromAsync(checkReleases(head, parts.log, get, [], testWorld()));
    return checks.map(({ check, subject, says, problem }) => [check, subject, problem ?? "ok", says]);
  }

  it("is verified along each line, from where it branched off", async () => {
    const place = await aPlace();
    const [, , third] = place.chain;
    const { parts, merged } = await withMerged(place, { ...third.release, why: "elsewhere" });
    const checks = await checkedLog({ parts, home: place.home });
    expect(checks.map(([check, subject, state]) => [check, subject, state])).toEqual([
      ["log", "releases 1 to 4", "ok"],
      ["signature", "releases 1 to 4", "ok"],
      ["tree", "releases 1 to 4", "ok"],
      ["log", "releases 3 to 3, merged into release 4", "ok"],
      ["signature", "releases 3 to 3, merged into release 4", "ok"],
      ["tree", "releases 3 to 3", "ok"],
    ]);

    // A log in one file has what was merged too.
    const get: Parts["get"] = async (cid) => place.home.blocks.get(blockKey(cid))!;
    const exported = await Array.fromAsync(
      withoutData((await parts.log.head(testWorld()))!, { ...parts, get }, testWorld()),
    );
    expect(exported.map(({ cid }) => `${cid}`)).toContain(`${merged}`);
  });

  it.each<[string, (release: Release) => Release, string, RegExp]>([
    ["is of another campaign", (release) => ({ ...release, campaign: "other" }), "log", /is a release of other, and/],
    ["is no successor of what it links to", (release) => ({ ...release, number: 9 }), "log", /release 9 links to/],
    ["tells other changes than there were", (release) => ({ ...release, changes: [] }), "tree", /the changes it lists/],
    ["has a root that is not its tree's", (release) => ({ ...release, root: release.before!.root }), "tree", /is bafy/],
  ])("is found corrupt where what was merged %s", async (_, forged, check, says) => {
    const place = await aPlace();
    const { parts } = await withMerged(place, forged(place.chain[2].release));
    const red = (await checkedLog({ parts, home: place.home })).filter(([, , state]) => state !== "ok");
    expect(red).toEqual([[check, expect.any(String), "corrupt", expect.stringMatching(says)]]);
  });
});

it("is red by the worst that was found", () => {
  const one = (problem: Check["problem"]) => ({ ok: false, ...(problem && { problem }) });
  expect(verdict([one("unchecked"), one("drift"), one("corrupt")])).toMatchObject({ kind: "corrupt", drift: 1 });
  expect(verdict([one("unchecked"), one("drift")])).toMatchObject({ kind: "drift" });
  expect(verdict([one("unchecked"), { ok: true }])).toMatchObject({ kind: "unavailable", ok: false });
  expect(verdict([{ ok: true }])).toMatchObject({ kind: undefined, ok: true });
});
