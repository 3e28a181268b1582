import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lock } from "../../pipeline/disk/lock.ts";
import { smallSonde } from "../fakes/netcdf3.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const camera = {
  "camera/dataset_meta.yaml": "attributes: { title: Cloud camera, license: CC-BY-4.0 }\n",
  "camera/20240810.mp4": "not really a video",
};

async function aFilledCampaign() {
  const cwd = await aCampaign(camera);
  const added = await fieldtree(["add", "camera", "--at", "products/HALO/camera", "--json"], { cwd });
  expect(added.code, added.stderr).toBe(0);
  return { cwd, cid: added.json()[0].cid as string };
}

/** Who, where, what for, since when. */
const inUse = (what: RegExp) =>
  new RegExp(`process \\d+ on \\S+ \\(.*\\) is (${what.source}), and has been since \\d{4}-\\S+Z`);

describe("publish", () => {
  it("publishes what was added, says what it does, and the second time has nothing to do", async () => {
    const { cwd } = await aFilledCampaign();
    const planned = await fieldtree(["plan", "--json"], { cwd });
    const [plan] = planned.json();
    expectSchema("plan", planned.json());
    expect(plan).toMatchObject({
      base: null,
      changes: [{ op: "add", path: "products/HALO/camera", line: expect.any(Number) }],
    });

    const first = await fieldtree(["--json", "publish", "--expect-root", plan.root], { cwd });
    expect(first.code, first.stderr).toBe(0);
    expectSchema("publish", first.json());
    expect(first.json().at(-1)).toMatchObject({ event: "published", release: 1, root: plan.root, changed: true });
    expect(first.json().flatMap(({ step }) => (step ? [step] : []))).toEqual(plan.steps);

    const second = await fieldtree(["publish", "--json"], { cwd });
    expect(second.json()).toEqual([{ ...first.json().at(-1), changed: false }]);

    const status = await fieldtree(["status", "--json"], { cwd });
    expectSchema("status", status.json());
    expect(status.json()).toMatchObject([{ release: 1, root: plan.root, next: [] }]);
    const log = await fieldtree(["log", "--json"], { cwd });
    expectSchema("log", log.json());
    expect(log.json()).toMatchObject([{ release: 1, cid: first.json().at(-1).head, root: plan.root }]);
  });

  it("builds the portal that publishing gives ahead of it, to look at, and pins nothing", async () => {
    const { cwd } = await aFilledCampaign();
    const env = { SOURCE_DATE_EPOCH: "1723300000" };
    const planned = await fieldtree(["plan", "--portal", "--json"], { cwd, env });
    expectSchema("plan", planned.json());
    const [{ portal }] = planned.json();
    const page = await fieldtree(["cat", `/ipfs/${portal}/datasets/products/HALO/camera/index.html`], { cwd });
    expect(page.stdout).toContain("Cloud camera");
    expect((await fieldtree(["ls", `/ipfs/${portal}/tree/products/HALO/camera`], { cwd })).code).toBe(0);
    expect((await fieldtree(["log", "--json"], { cwd })).stdout).not.toContain("root");
    const published = await fieldtree(["publish", "--json"], { cwd, env });
    expect(published.json().at(-1)).toMatchObject({ event: "published", portal });
    const again = await fieldtree(["plan", "--portal", "--json"], { cwd, env });
    expect(again.json()[0].portal).toBe(portal);
  });

  it("refuses another root than the expected one with exit 5", async () => {
    const { cwd, cid } = await aFilledCampaign();
    const run = await fieldtree(["publish", "--expect-root", cid, "--json"], { cwd });
    expect(run.code).toBe(5);
    expectSchema("error", run.json());
    expect(run.json().at(-1).error).toMatchObject({ kind: "conflict", message: expect.stringContaining(cid) });
  });

  it("names a leaf out of reach with its line, exits 4, and plans no root", async () => {
    const { cwd } = await aFilledCampaign();
    await appendFile(join(cwd, "tree.yaml"), "lost: bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy\n");
    const line = (await readFile(join(cwd, "tree.yaml"), "utf8")).trimEnd().split("\n").length;
    const run = await fieldtree(["publish", "--json"], { cwd });
    expect(run.code).toBe(4);
    expect(run.json().at(-1).error).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(`tree.yaml:${line}: lost`),
    });
    const plan = await fieldtree(["plan", "--json"], { cwd });
    expectSchema("plan", plan.json());
    expect([plan.code, plan.json()[0].root, plan.json()[0].reason]).toEqual([
      4,
      null,
      expect.stringContaining(`tree.yaml:${line}`),
    ]);
    expect((await fieldtree(["log", "--json"], { cwd })).json()).toEqual([{ event: "done" }]);
  });

  it("lets one of two win; the other says who holds the lock", async () => {
    const { cwd } = await aFilledCampaign();
    const runs = await Promise.all(Array.from({ length: 4 }, () => fieldtree(["publish", "--json"], { cwd })));
    const [winners, losers] = [runs.filter(({ code }) => code === 0), runs.filter(({ code }) => code !== 0)];
    expect(winners.length).toBeGreaterThan(0);
    expect(winners.filter((run) => run.json().at(-1).changed)).toHaveLength(1);
    // A winner has given the lease back before it lets go of its node: either may be what the next one finds taken.
    for (const { code, stderr } of losers) {
      expect(code).toBe(3);
      expect(stderr).toMatch(inUse(/publishing|writing blocks into \S+/));
    }
  });

  it.each([
    { of: "the log", file: "publish.lock", what: "publishing" },
    { of: "the embedded node", file: "packs/lock", what: "writing blocks" },
  ])("is refused in one form of words, whichever lock stops it: that of $of", async ({ file, what }) => {
    const { cwd } = await aFilledCampaign();
    const held = await lock(join(cwd, ".fieldtree", file), what);
    onTestFinished(() => held.release());
    const { code, stderr } = await fieldtree(["publish"], { cwd });
    expect(code, stderr).toBe(3);
    expect(stderr).toMatch(inUse(new RegExp(what)));
    expect(stderr).toContain(held.holder.since);
    expect(stderr).toMatch(/→ wait until it is done, and run it again; .*(lease break|kill \d+)/);
  });

  it("takes the time from SOURCE_DATE_EPOCH, so that the same tree is the same release", async () => {
    const [one, two] = [await aFilledCampaign(), await aFilledCampaign()];
    const env = { SOURCE_DATE_EPOCH: "1723291200" };
    const runs = await Promise.all([one, two].map(({ cwd }) => fieldtree(["publish", "--json"], { cwd, env })));
    expect(runs[0]!.json().at(-1)).toEqual(runs[1]!.json().at(-1));
  });

  it("warns of a dataset that can't be described and publishes the others; --strict does not, before or after", async () => {
    const { cwd } = await aFilledCampaign();
    await writeFile(join(cwd, "camera", "dataset_meta.yaml"), "attributes: [\n");
    await fieldtree(["add", "camera", "--at", "products/HALO/broken", "--force"], { cwd });
    const strict = await fieldtree(["publish", "--strict", "--json"], { cwd });
    expect([strict.code, strict.json().at(-1).error.kind]).toEqual([1, "findings"]);
    const run = await fieldtree(["publish", "--json"], { cwd });
    expectSchema("publish", run.json());
    expect(run.code).toBe(0);
    expect(run.json()).toContainEqual(expect.objectContaining({ event: "failed", path: "products/HALO/broken" }));
    expect(run.stderr).toContain("warning: products/HALO/broken");
    const again = await fieldtree(["publish", "--json"], { cwd });
    expect(again.json()).toMatchObject([{ event: "published", release: 1, changed: false }]);
    const after = await fieldtree(["publish", "--strict", "--json"], { cwd });
    expectSchema("publish", after.json().slice(0, -1));
    expect([after.code, after.json().at(-1).error]).toEqual([1, strict.json().at(-1).error]);
  });
});

describe("scan and inspect", () => {
  it("print a line a dataset and a line a plain leaf, before anything is published", async () => {
    const { cwd, cid } = await aFilledCampaign();
    await writeFile(join(cwd, "report.md"), "# report");
    await fieldtree(["add", "report.md", "--at", "report.md"], { cwd });
    const tree = await fieldtree(["scan", "--json"], { cwd });
    expectSchema("scan", tree.json());
    expect(tree.json()).toMatchObject([
      { path: "products/HALO/camera", cid, reader: "dataset-meta", item: { properties: { title: "Cloud camera" } } },
      { path: "report.md", plain: { kind: "file", size: 8 } },
    ]);
    const below = await fieldtree(["scan", "products/HALO", "--json"], { cwd });
    expect(below.json().map(({ path }) => path)).toEqual(["camera"]);
    const inspected = await fieldtree(["inspect", "camera", "--json"], { cwd });
    expectSchema("scan", inspected.json());
    expect(inspected.json()).toMatchObject([{ path: "", cid, reader: "dataset-meta" }]);
  });

  it("inspect tells a person what is in a dataset, wherever they are", async () => {
    const track = join(process.cwd(), "sample/products/KITE/KITE-20260126a/track.zarr");
    const { stdout, code } = await fieldtree(["inspect", track], { cwd: await aFolder() });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toEqual([
      "track.zarr: Position and state of KITE, flight KITE-20260126a (zarr)",
      "  CID         bafybeifjtpe3idxyvvmz5cxismetlbdhoa5nclgjf4kslvqj3bfi4ma35q",
      "  size        36 kB",
      "  time        2026-01-26T12:04:00Z to 2026-01-26T13:54:00Z",
      "  place       12.3° N to 14.3° N, 59.49° W to 56.68° W",
      "  dimensions  time",
      "  variables   air_pressure, air_temperature",
      "",
      "  hint  no-orcid  2 of 2 creators have no ORCID iD: Mira Example; Josiah Carberry",
      "    fix: list them in creator_id, in the order of the names: https://orcid.org/0000-0002-1825-0097",
      "",
      "  ready to publish, 1 hint",
    ]);
  });

  it("inspect, scan, add and the portal show a folder of like files as one dataset that lists them", async () => {
    const sondes = {
      "D1.nc": smallSonde("2024-08-31T12:59:02Z", [-23, 7], { title: "First" }),
      "D2.nc": smallSonde("2024-08-31T13:04:30Z", [-22, 8], { title: "Second" }),
    };
    const cwd = await aCampaign({
      ...Object.fromEntries(Object.entries(sondes).map(([name, bytes]) => [`flight/${name}`, bytes])),
      "flight/notes": "windy",
    });
    const [inspected, ...others] = (await fieldtree(["inspect", "flight", "--json"], { cwd })).json();
    expect(others).toEqual([]);
    expectSchema("scan", [inspected]);
    const [added] = (await fieldtree(["add", "flight", "--at", "HALO/flight", "--json"], { cwd })).json();
    expect(inspected.cid).toBe(added.cid);
    const text = (await fieldtree(["inspect", "flight"], { cwd })).stdout;
    const lines = text.split("\n").map((line) => line.trim().replace(/ +/g, " "));
    for (const line of [
      "flight: flight (netcdf)",
      `CID ${added.cid}`,
      "time 2024-08-31T12:59:02Z to 2024-08-31T13:05:30Z",
      "place 7° N to 8.02° N, 23° W to 21.98° W",
      "files 2: D1.nc, D2.nc; they differ in titles: “First”, “Second”",
      "references one for each file, because time differs in units between D1.nc and D2.nc",
    ]) {
      expect(lines).toContain(line);
    }

    const scanned = (await fieldtree(["scan", "--json"], { cwd })).json();
    expectSchema("scan", scanned);
    expect(scanned).toMatchObject([{ path: "HALO/flight", plain: { kind: "directory" } }, { path: "HALO/flight" }]);
    const members = scanned[1].item.properties["fieldtree:members"];
    expect(members).toEqual([
      {
        path: "D1.nc",
        cid: expect.stringMatching(/^baf/),
        start: "2024-08-31T12:59:02Z",
        end: "2024-08-31T13:00:02Z",
        bbox: [-23, 7, -22.98, 7.02],
      },
      expect.objectContaining({ path: "D2.nc" }),
    ]);
    expect(inspected.item.properties["fieldtree:members"]).toEqual(members);
    expect((await fieldtree(["scan"], { cwd })).stdout).toContain(
      "HALO/flight: flight (netcdf) · 2 files · 2024-08-31",
    );

    await fieldtree(["publish"], { cwd });
    const index = (await fieldtree(["cat", "ipns://test/index.json"], { cwd })).json()[0];
    expect(index.datasets).toMatchObject([{ path: "HALO/flight", files: 2, members: ["D1.nc", "D2.nc"] }]);
    expect(index.plain).toMatchObject([{ path: "HALO/flight", names: ["notes"] }]);
  });

  it("inspect calls a file without a title by its name", async () => {
    const cwd = await aFolder({ "sonde.nc": smallSonde("2024-08-31T12:59:02Z", [-23, 7]) });
    expect((await fieldtree(["inspect", "sonde.nc"], { cwd })).stdout).toContain("sonde.nc: sonde.nc (netcdf)");
  });

  it("inspect wants nothing of the campaign but its campaign.yaml: no node, and no secret", async () => {
    const node = 'node: { kind: kubo, api: "http://127.0.0.1:1", token: NOT_SET }';
    const cwd = await aFolder({
      "tree.yaml": "",
      "campaign.yaml": `campaign: a\n${node}\n`,
      "data/dataset_meta.yaml": "attributes: { title: Cloud camera }\n",
    });
    expect((await fieldtree(["inspect", "data"], { cwd })).stdout).toContain("data: Cloud camera (dataset-meta)");
    await writeFile(join(cwd, "campaign.yaml"), "titel: a\n");
    expect((await fieldtree(["inspect", "data"], { cwd })).stderr).toContain("did you mean title?");
    expect((await fieldtree(["inspect", "nowhere"], { cwd })).stderr).toContain("nowhere does not exist");
  });

  it("exit 1 for a dataset that can't be described, and 4 for one out of reach", async () => {
    const cwd = await aCampaign({ "bad/dataset_meta.yaml": "attributes: [\n" });
    await fieldtree(["add", "bad", "--at", "bad", "--force"], { cwd });
    const bad = await fieldtree(["scan", "--json"], { cwd });
    expectSchema("scan", bad.json());
    expect([bad.code, bad.json()[0].failure.kind]).toEqual([1, "input"]);
    await appendFile(join(cwd, "tree.yaml"), "lost: bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy\n");
    const lost = await fieldtree(["scan", "--json"], { cwd });
    const lines = lost.json();
    expectSchema("error", lines.splice(-1));
    expectSchema("scan", lines);
    expect([lost.code, lines[1].path]).toEqual([4, "lost"]);
    expect(lost.stderr).toContain("out of reach: lost");
  });
});
