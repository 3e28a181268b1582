import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { Failure, isFailure } from "../../../pipeline/core/failure.ts";
import type { Block } from "../../../pipeline/dag/block.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { content, entries, resolve, walk } from "../../../pipeline/dag/read/read.ts";
import { releasesFrom } from "../../../pipeline/log/chain.ts";
import type { PublishEvent } from "../../../pipeline/stages/event.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { Fuse, fakeHome, fused, type Outage } from "../../fakes/home.ts";
import { aDataset, aFile, someParts, temporaryFolder } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";

const utf8 = new TextEncoder();

async function published(
  parts: Parts,
  tree: string,
  options: Partial<Parameters<typeof publish>[2]> = {},
  world = testWorld(),
) {
  const events: PublishEvent[] = [];
  for await (const event of publish(utf8.encode(tree), parts, { strict: false, ...options }, world)) events.push(event);
  const last = events.at(-1)!;
  if (last.event !== "published") throw new Error("the last event is not `published`");
  return { ...last, events };
}

async function text(parts: Parts, root: string, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  const cid = await resolve(CID.parse(root), path, parts.get);
  for await (const chunk of content(cid!, parts.get)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const hash = (cid: CID) => Buffer.from(cid.multihash.bytes).toString("hex");

const json = async (parts: Parts, root: string, path: string) => JSON.parse(await text(parts, root, path));

describe("publish", () => {
  it("makes the first release: a root in the shape of tree.yaml, and a portal", async () => {
    const parts = await someParts();
    const { cid } = await aDataset(parts.home, "Cloud camera");
    const done = await published(parts, `products:\n  camera: ${cid}\n  empty:\n`);
    expect(done).toMatchObject({ release: 1, changed: true });
    expect((await resolve(CID.parse(done.root), "products/camera", parts.get))?.toString()).toBe(cid.toString());
    const names: string[] = [];
    for await (const { name } of entries(CID.parse(done.portal), parts.get)) names.push(name);
    expect(names).toEqual([
      "app",
      "cids.json",
      "cite",
      "contribute.html",
      "datasets",
      "feed.atom",
      "history.json",
      "index.html",
      "index.json",
      "intake",
      "search",
      "stac",
      "tree",
      "tree.yaml",
    ]);
    const index = await json(parts, done.portal, "index.json");
    expect(index.datasets).toMatchObject([{ path: "products/camera", cid: cid.toString(), title: "Cloud camera" }]);
    expect(await json(parts, done.portal, index.datasets[0].item)).toMatchObject({
      type: "Feature",
      id: "products--camera",
    });
  });

  it("has nothing to do the second time", async () => {
    const parts = await someParts();
    const tree = `a: ${(await aDataset(parts.home, "A")).cid}\n`;
    const first = await published(parts, tree);
    const second = await published(parts, tree);
    expect(second).toMatchObject({ changed: false, release: 1, head: first.head, portal: first.portal });
    expect(second.events).toHaveLength(1);
  });

  it("makes no release for a comment, and one for a new spelling of the same data", async () => {
    const parts = await someParts();
    const { cid } = await aDataset(parts.home, "A");
    await published(parts, `a: ${cid}\n`);
    expect(await published(parts, `# hello\na: ${cid}\n`)).toMatchObject({ changed: false });
    const v0 = CID.createV0(cid.multihash as never);
    expect(await published(parts, `a: ${v0}\n`)).toMatchObject({ changed: true, release: 2 });
  });

  it("releases again where the same root is cut into other leaves, and lists what they are", async () => {
    const parts = await someParts();
    const [one, two] = [await aDataset(parts.home, "One"), await aFile(parts.home, "two")];
    const blocks: Block[] = [];
    const both = [
      { name: "one", ...one },
      { name: "two", ...two },
    ];
    const folder = makeDirectory(both, profiles["cid-v1"], (block) => void blocks.push(block));
    await parts.home.put(blocks, testWorld());
    const whole = `all: ${folder.cid}\n`;
    const cut = `all:\n  one: ${one.cid}\n  two: ${two.cid}\n`;
    const first = await published(parts, whole);
    const second = await published(parts, cut);
    expect(second).toMatchObject({ changed: true, release: 2, root: first.root });
    expect((await json(parts, second.portal, "index.json")).plain).toMatchObject([{ path: "all/two" }]);
    expect(await published(parts, cut)).toMatchObject({ changed: false });
    expect(await published(parts, whole)).toMatchObject({ changed: true, release: 3 });
  });

  it("releases again where the data is the same and a title in campaign.yaml is not", async () => {
    const parts = await someParts();
    const tree = `a: ${(await aDataset(parts.home, "A")).cid}\n`;
    const first = await published(parts, tree);
    const madeWith = { ...parts.madeWith, campaign: "other" };
    const renamed = { ...parts, facts: { ...parts.facts, title: "Renamed" }, madeWith };
    const second = await published(renamed, tree);
    expect(second).toMatchObject({ release: 2, root: first.root });
    expect((await json(parts, second.portal, "index.json")).campaign.title).toBe("Renamed");
  });

  it("keeps the chain in the portal, and no old tree with it", async () => {
    const home = fakeHome();
    const parts = await someParts({ home });
    const [one, two, three] = await Promise.all(["one", "two", "three"].map((name) => aFile(home, name)));
    const first = await published(parts, `a: ${one!.cid}\n`);
    const second = await published(parts, `a: ${two!.cid}\n`);
    const third = await published(parts, `a: ${three!.cid}\n`);

    const kept = new Set<string>();
    for await (const { cid } of walk(CID.parse(third.portal), parts.get, { scope: "all" })) kept.add(hash(cid));
    const under = (text: string) => kept.has(hash(CID.parse(text)));
    const portal = await Promise.all([1, 2].map((n) => resolve(CID.parse(third.portal), `releases/${n}`, parts.get)));
    expect(portal.map((cid) => hash(cid!))).toEqual([first.head, second.head].map((head) => hash(CID.parse(head))));
    expect([third.root, first.root, second.root].map(under)).toEqual([true, false, false]);

    const labels = [...home.labels.keys()].filter((label) => label.startsWith("orcestra/")).sort();
    expect(labels).toEqual([
      "orcestra/portal@1",
      "orcestra/portal@2",
      "orcestra/portal@3",
      "orcestra/release@3",
      "orcestra/tree@1",
      "orcestra/tree@2",
      "orcestra/tree@3",
    ]);
  });

  it("says in the log what changed and what was live before", async () => {
    const parts = await someParts();
    const [one, two] = [await aFile(parts.home, "one"), await aFile(parts.home, "two")];
    const first = await published(parts, `a: ${one.cid}\nb: ${one.cid}\n`);
    await published(parts, `a: ${two.cid}\nc: ${one.cid}\n`);
    const head = await parts.log.head(testWorld());
    expect(head!.release.changes).toEqual([
      { op: "update", path: "a", from: one.cid.toString(), to: two.cid.toString() },
      { op: "move", path: "c", from: "b", to: one.cid.toString() },
    ]);
    expect(head!.release.before!.root.toString()).toBe(first.root);
  });

  it("refuses another root than the expected one, and does nothing", async () => {
    const parts = await someParts();
    const { cid } = await aFile(parts.home, "one");
    const run = published(parts, `a: ${cid}\n`, { expectRoot: cid.toString() });
    await expect(run).rejects.toMatchObject({ kind: "conflict", message: expect.stringContaining(cid.toString()) });
    expect(await parts.log.head(testWorld())).toBeUndefined();
  });

  it("names every leaf that is out of reach with its line, and publishes nothing", async () => {
    const parts = await someParts();
    const here = await aFile(parts.home, "here");
    const lost = [await aFile(fakeHome(), "lost"), await aFile(fakeHome(), "lost too")];
    const run = published(parts, `a: ${here.cid}\nb: ${lost[0]!.cid}\nc:\n  d: ${lost[1]!.cid}\n`);
    await expect(run).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/2 leaves are out of reach\ntree\.yaml:2: b .*\ntree\.yaml:4: c\/d /),
    });
    expect(await parts.log.head(testWorld())).toBeUndefined();
  });

  it("stops at a leaf whose root is here and a chunk is not", async () => {
    const home = fakeHome();
    const parts = await someParts({ home });
    const { cid } = await aDataset(home, "A");
    const chunk = await aFile(fakeHome(), "video of A");
    home.blocks.delete(hash(chunk.cid));
    await expect(published(parts, `a: ${cid}\n`)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("tree.yaml:1: a"),
    });
    expect(await parts.log.head(testWorld())).toBeUndefined();
  });

  it("refuses a tree with errors, with their lines", async () => {
    const parts = await someParts();
    await expect(published(parts, "a: not-a-cid\n")).rejects.toMatchObject({
      kind: "findings",
      message: expect.stringContaining("tree.yaml:1:4"),
    });
  });

  it("records a dataset that can't be read, publishes the others, and fails with --strict", async () => {
    const parts = await someParts();
    const good = await aDataset(parts.home, "Good");
    const bad = await aDataset(parts.home, "[unclosed");
    const tree = `bad: ${bad.cid}\ngood: ${good.cid}\n`;
    await expect(published(parts, tree, { strict: true })).rejects.toMatchObject({ kind: "findings" });
    expect(await parts.log.head(testWorld())).toBeUndefined();

    const done = await published(parts, tree);
    expect(done.events).toContainEqual(expect.objectContaining({ event: "failed", path: "bad" }));
    const index = await json(parts, done.portal, "index.json");
    expect(index.datasets.map(({ path }: { path: string }) => path)).toEqual(["good"]);
    expect(index.failed).toMatchObject([{ path: "bad", reader: "dataset-meta" }]);
  });

  it("stops before anything is done where a name can't ever be announced, and says what to do", async () => {
    const nowhere = new Failure("input", "the record can be put nowhere", { hint: "name endpoints under routing:" });
    const open = () => ({ name: "k51", probe: () => Promise.reject(nowhere), announce: async () => {} });
    const parts = await someParts({
      names: [{ name: "k51", kind: "ipns", to: { of: "tree", path: "" }, deadline: 1, open }],
    });
    await expect(published(parts, "")).rejects.toBe(nowhere);
    expect(await parts.log.head(testWorld())).toBeUndefined();
  });

  it("publishes an empty tree", async () => {
    expect(await published(await someParts(), "")).toMatchObject({
      release: 1,
      root: "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354",
    });
  });

  it("pins again what was unpinned, without a new release", async () => {
    const home = fakeHome();
    const parts = await someParts({ home });
    await published(parts, `a: ${(await aFile(home, "a")).cid}\n`);
    const first = await published(parts, `a: ${(await aFile(home, "b")).cid}\n`);
    home.labels.clear();
    const again = await published(parts, `a: ${(await aFile(home, "b")).cid}\n`);
    expect(again).toMatchObject({ head: first.head, portal: first.portal, changed: true });
    expect([...home.labels.values()].map(String)).toEqual(expect.arrayContaining([first.root, first.portal]));
  });
});

describe("what is published", () => {
  it("is the same from a fresh machine, where every view is folded from the first release", async () => {
    const home = fakeHome();
    const parts = await someParts({ home });
    for (const name of ["one", "two"]) await published(parts, `a: ${(await aDataset(home, name)).cid}\n`);
    const tree = `a: ${(await aDataset(home, "three")).cid}\n`;
    const before = (await parts.log.head(testWorld()))!;

    const elsewhere = await someParts({ home });
    const resumed = { ...elsewhere, log: { ...elsewhere.log, head: async () => before, append: async () => before } };
    const fresh: PublishEvent[] = [];
    for await (const event of publish(
      utf8.encode(tree),
      { ...resumed, sourceDateEpoch: new Date(0) },
      { strict: false },
      testWorld(),
    ))
      fresh.push(event);
    const portalOf = (n: number) => home.labels.get(`orcestra/portal@${n}`)!.toString();
    const folded = portalOf(3);
    const here = await published({ ...parts, sourceDateEpoch: new Date(0) }, tree);
    expect(here.portal).toBe(folded);
  });

  it("is folded from the first release where what was folded before can't be read", async () => {
    const parts = await someParts();
    const names = ["one", "two", "three", "four"];
    for (const [i, name] of names.entries()) {
      if (i > 0) await writeFile(join(parts.state, "views.json"), ["", '{"after":', "null", '{"after": 1}'][i]!);
      const { portal } = await published(parts, `a: ${(await aDataset(parts.home, name)).cid}\n`);
      expect((await json(parts, portal, "history.json")).releases).toHaveLength(i + 1);
    }
  });

  it("carries the time it is given, and no clock", async () => {
    const parts = await someParts();
    const timed = { ...parts, sourceDateEpoch: new Date("2024-08-10T12:34:56.789Z") };
    const done = await published(timed, `a: ${(await aFile(parts.home, "a")).cid}\n`);
    expect((await json(parts, done.portal, "index.json")).release.made).toBe("2024-08-10T12:34:56Z");
  });

  it("is never dated before the release it follows, however old its commit", async () => {
    const parts = await someParts();
    const dates = ["2024-08-10", "2024-08-01", "2024-08-12"];
    for (const [i, date] of dates.entries()) {
      const timed = { ...parts, sourceDateEpoch: new Date(`${date}T12:00:00Z`) };
      await published(timed, `a: ${(await aFile(parts.home, `${i}`)).cid}\n`);
    }
    const made: string[] = [];
    for await (const { release } of releasesFrom((await parts.log.head(testWorld()))!, parts.log, testWorld()))
      made.unshift(release.made.slice(0, 10));
    expect(made).toEqual(["2024-08-10", "2024-08-10", "2024-08-12"]);
  });
});

describe("a run that is lost", () => {
  const outages: readonly Outage[] = ["before", "after"];
  const calls = 8;

  it("has as many calls that change something as this table tries", async () => {
    const fuse = new Fuse(-1, "before");
    const home = fakeHome();
    await published(await someParts({ home: fused(home, fuse) }), `a: ${(await aDataset(home, "A")).cid}\n`);
    expect(fuse.count).toBe(calls);
  });

  const everyOutage = Array.from({ length: calls }, (_, call) => outages.map((when) => ({ call, when }))).flat();

  it.each(everyOutage)(
    "$when call $call takes effect is finished by running again: same CIDs, one release",
    async ({ call, when }) => {
      const reference = await someParts();
      const { cid } = await aDataset(reference.home, "A");
      const tree = `a: ${cid}\n`;
      const sourceDateEpoch = new Date(0);
      const expected = await published({ ...reference, sourceDateEpoch }, tree);

      const home = fakeHome();
      await aDataset(home, "A");
      const state = await temporaryFolder();
      const broken = await someParts({ home: fused(home, new Fuse(call, when)), state });
      const lost = await published({ ...broken, sourceDateEpoch }, tree).catch((error: unknown) => error);
      expect(isFailure(lost, "unavailable")).toBe(true);

      const head = await broken.log.head(testWorld()).catch(() => undefined);
      if (head)
        expect([...home.labels.values()].map(String)).toEqual(
          expect.arrayContaining([head.release.root.toString(), head.release.portal.toString()]),
        );

      const { events, changed, ...again } = await published(
        { ...(await someParts({ home, state })), sourceDateEpoch },
        tree,
      );
      const { events: _, changed: __, ...wanted } = expected;
      expect(again).toEqual(wanted);
      const numbers: number[] = [];
      for await (const { release } of releasesFrom(await broken.log.head(testWorld()), reference.log, testWorld()))
        numbers.push(release.number);
      expect(numbers).toEqual([1]);
    },
  );

  it("makes the same release when it is finished a day later, though only the clock knows the time", async () => {
    const home = fakeHome();
    const state = await temporaryFolder();
    const tree = `a: ${(await aDataset(home, "A")).cid}\n`;
    const day = (date: number) => testWorld({ now: () => new Date(Date.UTC(2024, 7, date)) });
    const fuse = new Fuse(6, "before");
    await expect(published(await someParts({ home: fused(home, fuse), state }), tree, {}, day(10))).rejects.toThrow(
      "lost",
    );
    const done = await published(await someParts({ home, state }), tree, {}, day(11));
    const parts = await someParts({ home, state });
    expect((await parts.log.read(CID.parse(done.head), testWorld())).made).toBe("2024-08-10T00:00:00Z");
  });

  it("asks the clock no second time where what was written down can't be read", async () => {
    const parts = await someParts();
    const made = join(parts.state, "made");
    await mkdir(made);
    await expect(published(parts, "a:\n")).rejects.toThrow(`while reading ${made}`);
  });
});
