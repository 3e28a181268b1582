import { describe, expect, it } from "vitest";
import { type Block, codecs } from "../../../pipeline/dag/block.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { blockOf } from "../../../pipeline/dag/hash.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { datasetMeta } from "../../../pipeline/formats/dataset-meta.ts";
import type { FormatReader } from "../../../pipeline/formats/reader.ts";
import type { Source } from "../../../pipeline/ipfs/fallback.ts";
import { observe } from "../../../pipeline/stages/publish/observe.ts";
import { v1 } from "../../core/cids.ts";
import { type FakeHome, fakeHome } from "../../fakes/home.ts";
import { aDataset, aFile, someParts } from "../../fakes/parts.ts";
import { aReview, lacking, report, sourceOf } from "../../fakes/review.ts";
import { testWorld } from "../../fakes/world.ts";

/** CIDs of files on `home`, by what is in them. */
async function files(home: FakeHome, ...contents: string[]): Promise<string[]> {
  return Promise.all(contents.map(async (content) => `${(await aFile(home, content)).cid}`));
}

async function campaign(given: Parameters<typeof aReview>[1] = {}) {
  const home = fakeHome();
  const [a, b, c, d] = (await files(home, "a", "b", "c", "d")) as [string, string, string, string];
  return { home, a, b, c, d, review: await aReview(home, given) };
}

/** `home` as a source that remembers what it was asked for. */
function counting(home: FakeHome): { source: Source; asked: string[] } {
  const asked: string[] = [];
  const get: Source["get"] = async (cid, world) => {
    asked.push(`${cid}`);
    return home.get(cid, world);
  };
  return { source: { name: "node", get }, asked };
}

/** A folder of these files on `home`. */
async function aFolder(home: FakeHome, contents: Readonly<Record<string, string>>): Promise<string> {
  const entries = await Promise.all(
    Object.entries(contents).map(async ([name, content]) => ({ name, ...(await aFile(home, content)) })),
  );
  const blocks: Block[] = [];
  const { cid } = makeDirectory(entries, profiles["cid-v1"], (block) => void blocks.push(block));
  await home.put(blocks, testWorld());
  return `${cid}`;
}

const tree = (leaves: Readonly<Record<string, string>>) =>
  Object.entries(leaves)
    .map(([path, cid]) => `${path}: ${cid}\n`)
    .join("");

describe("what merging would give", () => {
  it("is the base's tip and the proposal together, with the root that publishing both gives", async () => {
    const { home, a, b, c, review } = await campaign();
    const { report: made, merged } = await report(review, {
      ancestor: tree({ a }),
      base: tree({ a, b }),
      proposal: tree({ a, c }),
    });
    expect(made.state).toBe("ready");
    expect(made.changes).toMatchObject([{ op: "add", path: "c", to: c }]);
    expect(merged).toBe(tree({ a, b, c }));
    const published = await observe(new TextEncoder().encode(merged), await someParts({ home }), testWorld());
    expect(made.root.to).toBe(published.root!.cid.toString());
  });

  it("is new bytes, lines in the proposal, and what is moved or removed without being reached for", async () => {
    const { home, a, b, c } = await campaign();
    const { source, asked } = counting(home);
    const review = await aReview(home, { sources: [source] });
    const { report: made } = await report(review, { base: tree({ a, b }), proposal: `# ours\n${tree({ b2: b, c })}` });
    expect(made.changes.map(({ op, path, line, size, reach }) => ({ op, path, line, size, reach }))).toEqual([
      { op: "remove", path: "a", line: 1, size: null, reach: undefined },
      { op: "move", path: "b2", line: 2, size: null, reach: undefined },
      { op: "add", path: "c", line: 3, size: 1, reach: { from: ["node"], blocks: 1 } },
    ]);
    expect(asked[0]).toBe(c);
  });

  it("is a conflict where both sides changed one path differently, with the path and both CIDs", async () => {
    const { a, b, c, review } = await campaign();
    const { report: made, merged } = await report(review, {
      ancestor: tree({ a }),
      base: tree({ a: b }),
      proposal: `\n${tree({ a: c })}`,
    });
    expect(made).toMatchObject({
      state: "conflict",
      root: { to: null },
      conflicts: [{ path: "a", base: a, ours: b, theirs: c }],
      findings: [{ level: "error", rule: "conflict", line: 2, says: `a was ${a}; ours is ${b}, theirs is ${c}` }],
    });
    expect(merged).toBeUndefined();
  });

  it("is reported as a conflict of lines only where git has one and there is none of paths", async () => {
    const { a, b, c, review } = await campaign();
    const sides = { ancestor: tree({ a }), base: tree({ a, b }), proposal: tree({ a, c }) };
    expect((await report(review, sides)).report).toMatchObject({ onlyTextual: true, state: "ready" });
    const apart = {
      ancestor: `${"#\n".repeat(9)}`,
      base: `b: ${b}\n${"#\n".repeat(9)}`,
      proposal: `${"#\n".repeat(9)}c: ${c}\n`,
    };
    expect((await report(review, apart)).report).toMatchObject({ onlyTextual: false, state: "ready" });
  });

  it("names who looks at what, of something moved at both places", async () => {
    const owners = [
      { pattern: "x/**", owners: ["xena"], matches: (path: string) => path.startsWith("x/") },
      { pattern: "z/**", owners: ["zoe"], matches: (path: string) => path.startsWith("z/") },
    ];
    const { a, b, review } = await campaign({ owners });
    const moved = await report(review, { base: `x:\n  a: ${a}\nb: ${b}\n`, proposal: `z:\n  a: ${a}\nb: ${b}\n` });
    expect(moved.report.owners).toEqual([
      { pattern: "x/**", owners: ["xena"], paths: ["x/a"] },
      { pattern: "z/**", owners: ["zoe"], paths: ["z/a"] },
    ]);
  });
});

describe("findings", () => {
  it("are at the proposal's lines, whatever the base branch wrote above them since", async () => {
    const { a, b, review } = await campaign();
    const { report: made } = await report(review, {
      ancestor: tree({ z: a }),
      base: tree({ m1: a, z: a }),
      proposal: `${tree({ z: a })}Zz: ${b}\nZz2: ${b}\n`,
    });
    expect(made.findings).toMatchObject([
      { rule: "same-content", path: "Zz2", line: 3, touched: true },
      { rule: "same-content", path: "z", line: 1, touched: false, says: expect.stringMatching(/^once merged: /) },
    ]);
  });

  it("of a rule with more than are listed are those of the merged tree, and not attributed to the merge", async () => {
    const { a, b, review } = await campaign();
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`n${at}`, a]));
    const { report: made } = await report(review, {
      ancestor: tree({ z: b }),
      base: tree({ a0: a, z: b }),
      proposal: tree({ ...many, z: b }),
    });
    expect(made.findings.map(({ rule }) => rule)).toEqual(Array(1001).fill("same-content"));
    expect(made.findings.at(-1)).toMatchObject({ count: 500 });
    expect(made.findings.filter(({ says }) => says.startsWith("once merged"))).toEqual([]);
  });

  it("about data out of reach are listed up to a thousand", async () => {
    const { review } = await campaign();
    const leaves = Object.fromEntries(Array.from({ length: 1200 }, (_, at) => [`n${at}`, v1(at)]));
    const { report: made } = await report(review, { base: "", proposal: tree(leaves) });
    const lost = made.findings.filter(({ rule }) => rule === "data-unreachable");
    expect(lost).toHaveLength(1001);
    expect(lost.at(-1)).toMatchObject({ count: 200 });
  });

  it("are gone where the base branch has put it right since", async () => {
    const { a, b, c, review } = await campaign();
    const bad = tree({ a, a2: a });
    const { report: made } = await report(review, {
      ancestor: bad,
      base: tree({ a }),
      proposal: tree({ a, a2: a, b }),
    });
    expect(made.findings).toEqual([]);
    const kept = await report(review, { ancestor: bad, base: bad + tree({ c }), proposal: bad + tree({ b }) });
    expect(kept.report.findings).toMatchObject([{ rule: "same-content", touched: false }]);
  });

  it("of a proposal that can't be read are all there is, and no line of it removes anything", async () => {
    const { a, b, c, review } = await campaign();
    const { report: made, merged } = await report(review, {
      base: tree({ a, b }),
      proposal: `a: ipfs://${a}\nc: ${c}\n`,
    });
    expect(made).toMatchObject({
      state: "needs changes",
      root: { from: expect.any(String), to: null },
      changes: [{ op: "add", path: "c", to: c }],
      findings: [{ rule: "not-a-cid", line: 1, fix: a, replacement: `a: ${a}`, touched: true }],
      removals: { leaves: 0, folders: [] },
    });
    expect(merged).toBeUndefined();
  });

  it("offer a whole line only where nothing but that line changes", async () => {
    const { a, b, review } = await campaign();
    const proposal = `x:\n  y: /ipfs/${a}  # kept\n  z: >-\n    ipfs://${b}\n`;
    const { report: made } = await report(review, { base: "", proposal });
    expect(made.findings.map(({ line, replacement }) => ({ line, replacement }))).toEqual([
      { line: 2, replacement: `  y: ${a}  # kept` },
      { line: 3, replacement: undefined },
    ]);
  });

  it("report that the base branch is broken, unless the proposal fixes it", async () => {
    const { a, b, review } = await campaign();
    const broken = `a: ${a}\nb: oops\n`;
    const other = { ancestor: tree({ a }), base: broken, proposal: tree({ a, c: b }) };
    expect((await report(review, other)).report).toMatchObject({
      state: "needs changes",
      root: { from: null, to: null },
      findings: [{ rule: "broken-base", says: expect.stringContaining("line 2") }],
    });
    expect((await report(review, { base: broken, proposal: tree({ a, b }) })).report).toMatchObject({
      state: "ready",
      root: { from: null, to: expect.any(String) },
    });
  });

  it("of campaign.yaml as proposed are reported; its settings are not used", async () => {
    const { a, b, review } = await campaign();
    const sides = { base: tree({ a }), proposal: tree({ b }) };
    const campaignYaml = new TextEncoder().encode("campaign: x\nreview: { removals: 100 }\ntitel: y\n");
    const { report: made } = await report(review, sides, { campaignYaml });
    expect(made.findings).toMatchObject([
      { file: "campaign.yaml", level: "error", line: 3 },
      { file: "tree.yaml", rule: "many-removals" },
    ]);
    expect(made.campaign).toBe("orcestra");
  });
});

describe("endpoints of campaign.yaml", () => {
  const ask = async (text: string, labels: string[] = []) => {
    const { a, review } = await campaign();
    const sides = { base: tree({ a }), proposal: tree({ a }) };
    return (await report(review, sides, { campaignYaml: new TextEncoder().encode(text), labels })).report;
  };

  it("want their label, and go through with it", async () => {
    const text = "campaign: x\ngateways: [https://evil.example]\n";
    expect(await ask(text, ["allow-removals"])).toMatchObject({
      state: "needs changes",
      endpoints: { changes: [{ key: "gateways", from: null, to: "https://evil.example" }], labelled: false },
      findings: [{ file: "campaign.yaml", rule: "changed-endpoints", level: "error" }],
    });
    expect(await ask(text, ["fieldtree:endpoints"])).toMatchObject({
      state: "ready",
      endpoints: { labelled: true },
      findings: [{ rule: "changed-endpoints", level: "hint" }],
    });
  });

  it("want none where something else changed", async () => {
    expect(await ask("campaign: x\ntitle: y\n")).toMatchObject({ state: "ready", endpoints: { changes: [] } });
  });

  it.each([
    "campaign: [",
    "",
    "\t:",
    "campaign: x\ncampaign: y\n",
    "- a\n",
    "campaign: x\ngateways: &a [https://b.example]\n",
  ])("count as changed where %j can't be read, which no label allows", async (text) => {
    expect(await ask(text, ["fieldtree:endpoints"])).toMatchObject({
      state: "needs changes",
      endpoints: { unreadable: expect.stringMatching(/^line \d+: ./) },
    });
  });

  it("are listed up to a hundred, and counted beyond", async () => {
    const extra = Array.from({ length: 130 }, (_, i) => `{ name: n${i}, cid: ${v1(i)} }`);
    const { endpoints } = await ask(`campaign: x\npins: { extra: [${extra}] }\n`);
    expect([endpoints.changes.length, endpoints.moreChanges]).toEqual([100, 30]);
  });
});

describe("removals", () => {
  const four = (cids: { a: string; b: string; c: string; d: string }) => tree({ ...cids });

  it("go through up to the campaign's share of the leaves, and beyond it with the label", async () => {
    const { review, home: _, ...cids } = await campaign({ review: { removals: 0.25 } });
    const { a, b, c } = cids;
    const ask = async (proposal: string, labels: string[] = []) =>
      (await report(review, { base: four(cids), proposal }, { labels })).report;
    expect(await ask(tree({ a, b, c }))).toMatchObject({
      state: "ready",
      removals: { leaves: 1, of: 4, tooMany: false },
    });
    expect(await ask(tree({ a, b }))).toMatchObject({
      state: "needs changes",
      removals: { leaves: 2, of: 4, tooMany: true, labelled: false },
      findings: [{ level: "error", rule: "many-removals", fix: expect.stringContaining("allow-removals") }],
    });
    expect(await ask(tree({ a, b }), ["allow-removals"])).toMatchObject({
      state: "ready",
      removals: { tooMany: true, labelled: true },
      findings: [{ level: "hint" }],
    });
  });

  it("are none where the first data is put into the empty folder that init writes", async () => {
    const { a, review } = await campaign();
    const proposal = `products:\n  HALO:\n    radar.zarr: ${a}\n`;
    expect((await report(review, { base: "products:\n", proposal })).report).toMatchObject({
      state: "ready",
      changes: [{ op: "add", path: "products/HALO/radar.zarr" }],
      removals: { leaves: 0, of: 0, tooMany: false },
    });
  });

  it("count data, not empty folders; a removed one is reported all the same", async () => {
    const { a, b, review } = await campaign({ review: { removals: 0.5 } });
    const base = `x:\n  y: \n  z: \n${tree({ a, b })}`;
    expect((await report(review, { base, proposal: tree({ a, b }) })).report).toMatchObject({
      state: "ready",
      changes: [{ op: "remove" }, { op: "remove" }],
      removals: { leaves: 0, of: 2, folders: [], tooMany: false },
    });
    const emptied = `x:\n  y: \n${tree({ b })}`;
    expect((await report(review, { base: `x:\n  y: ${a}\n${tree({ b })}`, proposal: emptied })).report).toMatchObject({
      state: "needs changes",
      removals: { folders: ["x"] },
    });
  });

  it("of a whole top-level folder want the label, however few leaves it has, and also where it was moved away", async () => {
    const { a, b, c, d, review } = await campaign({ review: { removals: 1 } });
    const base = `x:\n  a: ${a}\n${tree({ b, c, d })}`;
    for (const proposal of [tree({ b, c, d }), `y:\n  a: ${a}\n${tree({ b, c, d })}`]) {
      expect((await report(review, { base, proposal })).report).toMatchObject({
        state: "needs changes",
        removals: { folders: ["x"] },
        findings: [{ rule: "removed-folder", says: "nothing is left of x" }],
      });
    }
  });
});

describe("new data", () => {
  it("says what it is, and what differs from what it replaces", async () => {
    const home = fakeHome();
    const extent = (end: string) => `extent:\n  temporal: [2024-08-09T00:00:00Z, ${end}]\n`;
    const [old, now] = await Promise.all([
      aDataset(home, "Lidar", extent("2024-08-10T00:00:00Z")),
      aDataset(home, "Lidar of HALO", extent("2024-08-11T00:00:00Z")),
    ]);
    const review = await aReview(home);
    const { report: made } = await report(review, { base: `l: ${old.cid}\n`, proposal: `l: ${now.cid}\n` });
    expect(made.changes[0]!.datasets).toMatchObject([
      {
        path: "l",
        title: "Lidar of HALO",
        differs: [
          "title is Lidar of HALO, was Lidar",
          "time is 2024-08-09T00:00:00Z to 2024-08-11T00:00:00Z, was 2024-08-09T00:00:00Z to 2024-08-10T00:00:00Z, extended",
          "size is 240 B, was 224 B",
        ],
      },
    ]);
    expect(made.findings.every(({ level, path, line }) => level !== "error" && path === "l" && line === 1)).toBe(true);
  });

  it("that is out of reach is reported with its reasons and what to do; the rest is checked", async () => {
    const home = fakeHome();
    const lidar = await aDataset(home, "Lidar");
    const review = await aReview(home);
    const { report: made } = await report(review, { base: "", proposal: `gone: ${v1(9)}\nl: ${lidar.cid}\n` });
    expect(made).toMatchObject({
      state: "data out of reach",
      root: { to: null },
      changes: [
        { path: "gone", size: null, reach: { from: [], blocks: 0, problem: "node lacks it" }, datasets: [] },
        { path: "l", reach: { from: ["node"] }, datasets: [{ title: "Lidar" }] },
      ],
      findings: expect.arrayContaining([
        expect.objectContaining({
          level: "warning",
          rule: "data-unreachable",
          line: 1,
          fix: expect.stringContaining("fieldtree car export gone"),
        }),
      ]),
    });
  });

  it("that is nothing a file system knows is an error at its line", async () => {
    const home = fakeHome();
    const garbage = blockOf(codecs.dagPb, new TextEncoder().encode("not dag-pb"));
    await home.put([garbage], testWorld());
    const { report: made } = await report(await aReview(home), { base: "", proposal: `g: ${garbage.cid}\n` });
    expect(made).toMatchObject({ state: "needs changes", findings: [{ rule: "not-unixfs", line: 1, level: "error" }] });
  });

  it("that a reader can't describe stops nothing", async () => {
    const home = fakeHome();
    const [bad, good] = [await aDataset(home, "{", ""), await aDataset(home, "Good")];
    const { report: made } = await report(await aReview(home), {
      base: "",
      proposal: `b: ${bad.cid}\ng: ${good.cid}\n`,
    });
    expect(made.state).toBe("ready");
    expect(made.changes.map(({ datasets }) => datasets)).toMatchObject([
      [{ failed: expect.any(String) }],
      [{ title: "Good" }],
    ]);
    expect(made.findings).toContainEqual(expect.objectContaining({ level: "warning", rule: "not-described", line: 1 }));
  });

  it("without an end takes nothing from other data", async () => {
    const home = fakeHome();
    const good = await aDataset(home, "Good");
    const endless = await aFolder(home, { endless: "x".repeat(100) });
    const reader: FormatReader = {
      name: "endless",
      version: 1,
      folders: {
        recognises: (names) => names.has("endless"),
        describe: async (folder, world) => {
          for (;;) await folder.read("endless", world);
        },
      },
    };
    const review = await aReview(home, {
      readers: [reader, datasetMeta],
      review: { reach: { bytes: 10_000, time: 60_000 } },
    });
    const { report: made } = await report(review, { base: "", proposal: `a: ${endless}\nb: ${good.cid}\n` });
    expect(made.changes.flatMap(({ datasets }) => datasets)).toMatchObject([
      { path: "a", failed: "the examination ended after 5.0 kB" },
      { path: "b", title: "Good" },
    ]);
  });

  it("costs what changed and not what was there before: known sizes are not requested again", async () => {
    const home = fakeHome();
    const cids = await files(home, ...Array.from({ length: 245 }, (_, i) => `leaf ${i}`));
    const fresh = await files(home, "x", "y", "z");
    const { source, asked } = counting(home);
    const review = await aReview(home, { sources: [source] });
    const base = cids.map((cid, i) => `l${i}: ${cid}\n`).join("");
    await report(review, { base, proposal: `${base}again: ${v1(1)}\n` });
    asked.length = 0;
    const proposal = base + fresh.map((cid, i) => `new${i}: ${cid}\n`).join("");
    const { report: made } = await report(review, { base, proposal });
    expect(made.state).toBe("ready");
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  it("is checked while the existing leaves are measured, not all of it at once", async () => {
    const home = fakeHome();
    const cids = await files(home, ...Array.from({ length: 100 }, (_, i) => `leaf ${i}`));
    const [fresh] = (await files(home, "x")) as [string];
    const measuring = Promise.withResolvers<void>();
    let open = 0;
    let most = 0;
    const get: Source["get"] = async (cid, world) => {
      if (`${cid}` === fresh) await measuring.promise;
      else {
        measuring.resolve();
        most = Math.max(most, ++open);
        await new Promise(setImmediate);
        open--;
      }
      return home.get(cid, world);
    };
    const review = await aReview(home, { sources: [{ name: "node", get }] });
    const base = cids.map((cid, i) => `l${i}: ${cid}\n`).join("");
    const { report: made } = await report(review, { base, proposal: `${base}new: ${fresh}\n` });
    expect(made.state).toBe("ready");
    expect(most).toBe(32);
  });

  it("counts as out of reach where a leaf of the base is lost", async () => {
    const { home, a, b } = await campaign();
    const review = await aReview(home, {
      sources: [lacking(home, "node", (cid) => `${cid}` === a), sourceOf({ get: async () => undefined }, "other")],
    });
    const { report: made } = await report(review, { base: tree({ a }), proposal: tree({ a, b }) });
    expect(made).toMatchObject({ state: "data out of reach", root: { from: null, to: null }, findings: [] });
  });
});
