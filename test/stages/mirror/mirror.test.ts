import { createReadStream } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mirrorToCar } from "../../../pipeline/cli/mirror/car-file.ts";
import { folderTarget } from "../../../pipeline/cli/mirror/folder-target.ts";
import { Failure } from "../../../pipeline/core/failure.ts";
import { carOf, readCar } from "../../../pipeline/dag/car.ts";
import { clusterTarget } from "../../../pipeline/stages/mirror/cluster-target.ts";
import { type MirrorOptions, type MirrorTarget, mirror } from "../../../pipeline/stages/mirror/mirror.ts";
import { nodeTarget } from "../../../pipeline/stages/mirror/node-target.ts";
import { keyOf, type MirrorItem, planMirror } from "../../../pipeline/stages/mirror/plan.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { fakeHome } from "../../fakes/home.ts";
import { aFile, someParts, temporaryFolder } from "../../fakes/parts.ts";
import { blockKey, fakePins } from "../../fakes/pin-service.ts";
import { aCid } from "../../fakes/release.ts";
import { testWorld } from "../../fakes/world.ts";

const world = testWorld();
const everything: MirrorOptions = { isMeant: () => true, budget: Number.POSITIVE_INFINITY, keep: 1 };

async function publishing(parts: Parts, tree: string): Promise<void> {
  await Array.fromAsync(publish(Buffer.from(tree), parts, { strict: false }, world));
}

/** Two releases: `a` and `b/c`, then another `a`, no `b/c`, and a new `d`. */
async function aCampaign() {
  const parts = await someParts();
  const file = async (text: string) => (await aFile(parts.home, text)).cid;
  const [a, b, a2, d] = [await file("a"), await file("bb"), await file("a, corrected"), await file("d".repeat(1000))];
  const first = `a: ${a}\nb:\n  c: ${b}\n`;
  const second = `a: ${a2}\nd: ${d}\n`;
  return { parts, first, second };
}

const synced = (target: MirrorTarget, parts: Parts, options: Partial<MirrorOptions> = {}) =>
  Array.fromAsync(mirror(target, { ...everything, ...options }, parts, world)).then((events) =>
    events.flatMap((event) => (event.event === "mirrored" ? [] : [`${event.event} ${event.item.path}`])),
  );

const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe("a plan", () => {
  it("takes the newest first, and never more than the budget", () => {
    const anItem = fc.record({ path: fc.constantFrom("a", "b", "c", "d"), of: fc.nat(5), bytes: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(anItem, { maxLength: 12 }), fc.nat(300), fc.boolean(), (given, budget, once) => {
        const all = given.map(
          ({ path, of }, i): MirrorItem => ({ path, cid: aCid(`${of}`), release: 20 - i, bytes: of * 20 }),
        );
        const { items, left } = planMirror(all, budget, once);
        const sizes = new Map(items.map((item) => [once ? `${item.cid}` : keyOf(item), item.bytes]));
        expect([...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(budget);
        expect(new Set([...items, ...left].map(keyOf))).toEqual(new Set(all.map(keyOf)));
        // What was left out would not have fitted behind what is newer.
        for (const { release, bytes } of left) {
          const newer = items.filter((item) => item.release > release).reduce((sum, item) => sum + item.bytes, 0);
          if (!once) expect(newer + bytes).toBeGreaterThan(budget);
        }
      }),
    );
  });
});

describe("a folder as a mirror", () => {
  it("has the files of the newest release under their names, and what they are", async () => {
    const { parts, first, second } = await aCampaign();
    const folder = await temporaryFolder();
    await publishing(parts, first);
    expect(await synced(folderTarget("hangar", folder, parts.get), parts)).toEqual(["added a", "added b/c"]);
    expect(await filesIn(folder)).toEqual(["a", "b/c", "mirror.json"]);
    await publishing(parts, second);
    const again = await synced(folderTarget("hangar", folder, parts.get), parts);
    expect(again.sort()).toEqual(["added a", "added d", "removed a", "removed b/c"]);
    expect(await filesIn(folder)).toEqual(["a", "d", "mirror.json"]);
    expect(await readdir(folder)).not.toContain("b");
    expect(await readFile(join(folder, "a"), "utf8")).toBe("a, corrected");
    expect(JSON.parse(await readFile(join(folder, "mirror.json"), "utf8"))).toMatchObject({
      ...{ mirror: "hangar", release: 2, left: [] },
      items: [{ path: "a", release: 2 }, { path: "d" }],
    });
    expect(await synced(folderTarget("hangar", folder, parts.get), parts)).toEqual([]);
  });

  it("lists what the budget has no room for, and takes what its patterns mean", async () => {
    const { parts, second } = await aCampaign();
    await publishing(parts, second);
    const folder = await temporaryFolder();
    const small = await synced(folderTarget("hangar", folder, parts.get), parts, { budget: 500 });
    expect(small).toEqual(["added a", "left d"]);
    const part = await synced(folderTarget("hangar", folder, parts.get), parts, { isMeant: (path) => path === "d" });
    expect(part).toEqual(["removed a", "added d"]);
    expect(await filesIn(folder)).toEqual(["d", "mirror.json"]);
  });

  it("writes again what was deleted or cut there, and belongs to one mirror", async () => {
    const { parts, first } = await aCampaign();
    await publishing(parts, first);
    const folder = await temporaryFolder();
    await synced(folderTarget("hangar", folder, parts.get), parts);
    await rm(join(folder, "a"));
    await writeFile(join(folder, "b/c"), "b");
    expect(await synced(folderTarget("hangar", folder, parts.get), parts)).toEqual(["added a", "added b/c"]);
    expect(await readFile(join(folder, "b/c"), "utf8")).toBe("bb");
    await expect(synced(folderTarget("other", folder, parts.get), parts)).rejects.toMatchObject({ kind: "input" });
  });

  it("removes a damaged copy that is no longer meant to be there", async () => {
    const { parts, first } = await aCampaign();
    await publishing(parts, first);
    const folder = await temporaryFolder();
    await synced(folderTarget("hangar", folder, parts.get), parts);
    await writeFile(join(folder, "b/c"), "damaged");
    await synced(folderTarget("hangar", folder, parts.get), parts, { isMeant: (path) => path === "a" });
    expect(await filesIn(folder)).toEqual(["a", "mirror.json"]);
  });

  it("removes nothing outside of it, whatever its mirror.json has", async () => {
    const { parts, first } = await aCampaign();
    await publishing(parts, first);
    const folder = await temporaryFolder();
    const copy = { cid: `${aCid("x")}`, release: 1, bytes: 1, files: 1, size: 1 };
    await writeFile(join(folder, "mirror.json"), JSON.stringify({ mirror: "hangar", copies: { "../x": copy } }));
    await expect(synced(folderTarget("hangar", folder, parts.get), parts)).rejects.toMatchObject({ kind: "input" });
  });
});

it("is a CAR with the log and what the budget has room for", async () => {
  const { parts, first, second } = await aCampaign();
  await publishing(parts, first);
  await publishing(parts, second);
  const file = join(await temporaryFolder(), "hangar.car");
  for (const budget of [500, 5000]) {
    const events = await Array.fromAsync(mirrorToCar(file, { ...everything, budget }, parts, world));
    const { items, head } = events.flatMap((event) => (event.event === "mirrored" ? [event.status] : []))[0]!;
    const { roots, blocks } = await readCar(createReadStream(file));
    const there = new Set((await Array.fromAsync(blocks)).map(({ cid }) => `${cid}`));
    expect(roots.map(String)).toEqual([`${head.cid}`]);
    expect(items.map(({ path }) => path)).toEqual(budget === 500 ? ["a"] : ["a", "d"]);
    for (const { cid } of items) expect(there).toContain(`${cid}`);
    expect(there).toContain(`${head.release.previous}`);
    const left = events.flatMap((event) => (event.event === "left" ? [event.item] : []));
    for (const { cid } of left) expect(there).not.toContain(`${cid}`);
  }
});

describe("a node as a mirror", () => {
  it("pins the newest releases, newest first, and fetches what is there already no second time", async () => {
    const { parts, first, second } = await aCampaign();
    const node = fakeHome();
    await publishing(parts, first);
    await publishing(parts, second);
    expect(await synced(nodeTarget("dock", node, parts.get), parts, { keep: 2 })).toEqual([
      ...["added a", "added d", "added a", "added b/c"],
    ]);
    const nothing: Parts["get"] = async (cid) => {
      throw new Failure("unavailable", `${cid} was asked for`);
    };
    expect(await synced(nodeTarget("dock", node, nothing), parts, { keep: 2 })).toEqual([]);
    expect(await synced(nodeTarget("dock", node, nothing), parts)).toEqual(["removed a", "removed b/c"]);
    expect(node.labels.size).toBe(2);
  });

  it("goes on after it was ended in the middle", async () => {
    const { parts, second } = await aCampaign();
    await publishing(parts, second);
    const node = fakeHome();
    let calls = 0;
    const cut: Parts["get"] = async (cid) => {
      if (calls++ > 0) throw new Failure("unavailable", "the link is down");
      return parts.get(cid);
    };
    await expect(synced(nodeTarget("dock", node, cut), parts)).rejects.toMatchObject({ kind: "unavailable" });
    expect(await synced(nodeTarget("dock", node, parts.get), parts)).toEqual(["added d"]);
  });
});

describe("a Cluster as a mirror", () => {
  const at = (service: ReturnType<typeof fakePins>, parts: Parts, deadline = 60_000) =>
    clusterTarget({ name: "dock", deadline }, service, parts);

  it("is sent the leaves, newest first, unpins what is no longer meant to be there, and nothing that others pinned", async () => {
    const { parts, first, second } = await aCampaign();
    const service = fakePins("dkrz");
    const other = await aFile(parts.home, "pinned by others");
    await service.pin({ cid: other.cid, label: "theirs", origins: [], meta: {} }, world);
    await publishing(parts, first);
    await publishing(parts, second);
    expect(await synced(at(service, parts), parts, { keep: 2 })).toEqual([
      ...["added a", "added d", "added a", "added b/c"],
    ]);
    const labels = () => [...service.wishes.values()].map(({ label }) => label).sort();
    expect(labels()).toEqual([
      "mirror/dock/1/1/a",
      "mirror/dock/1/2/b/c",
      "mirror/dock/2/1000/d",
      "mirror/dock/2/12/a",
      "theirs",
    ]);
    const sent = service.brought.length;
    expect(await synced(at(service, parts), parts, { keep: 2 })).toEqual([]);
    expect(service.brought.length).toBe(sent);
    expect((await synced(at(service, parts), parts)).sort()).toEqual(["removed a", "removed b/c"]);
    expect(labels()).toHaveLength(3);
    expect(await synced(at(service, parts), parts, { budget: 0 })).toEqual([
      ...["removed a", "removed d", "left a", "left d"],
    ]);
    expect(labels()).toEqual(["theirs"]);
  });

  it("counts as there only what the Cluster reports pinned, and says where it stopped", async () => {
    const { parts, first } = await aCampaign();
    await publishing(parts, first);
    const slow = fakePins("dkrz", { slow: Number.POSITIVE_INFINITY });
    await expect(synced(at(slow, parts, 0), parts)).rejects.toMatchObject({
      ...{ kind: "unavailable", message: expect.stringMatching(/^dkrz: a is not pinned/) },
    });
    slow.faults.slow = 0;
    expect(await synced(at(slow, parts), parts)).toEqual(["added b/c"]);
  });

  it("has the same data once, at however many paths it is, and takes what others pinned for being there", async () => {
    const { parts } = await aCampaign();
    const service = fakePins("dkrz");
    const { cid } = await aFile(parts.home, "shared");
    await publishing(parts, `x: ${cid}\ny: ${cid}\n`);
    await service.take(
      cid,
      carOf([cid], [{ cid, bytes: (await parts.home.get(cid, world)) ?? new Uint8Array() }]),
      world,
    );
    await service.pin({ cid, label: "theirs", origins: [], meta: {} }, world);
    expect(await synced(at(service, parts), parts)).toEqual([]);
    expect(service.wishes.size).toBe(1);
    expect(service.held.has(blockKey(cid))).toBe(true);
  });
});
