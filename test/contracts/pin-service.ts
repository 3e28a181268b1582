/**
 * What every pin service promises.
 *
 * Run it against yours, its wrappers and its fake; add to it what you wish you had known. Data is new for each test, so
 * one server may serve them all.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Block } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { type ProfileName, profiles } from "../../pipeline/dag/profile.ts";
import type { PinRequest, PinService, PinStatus } from "../../pipeline/pin/service.ts";
import { testWorld } from "../fakes/world.ts";

export interface Opened {
  readonly service: PinService;
  /**
   * Let the service be able to get these blocks: bring them, or give them to a node that it fetches from.
   * Gives the origins that a pin request for them should name.
   */
  offer(blocks: readonly Block[]): Promise<readonly string[]>;
  /** The same kind of service at an address where nothing answers. */
  readonly away: PinService;
  close(): Promise<void>;
}

/** `open` is called anew for each test; what it gives is closed when the test is over. */
export function pinServiceContract(title: string, open: () => Promise<Opened>): void {
  const opened = async (): Promise<Opened> => {
    const what = await open();
    onTestFinished(() => what.close());
    return what;
  };
  const world = testWorld();

  describe(`${title} keeps the pin service contract`, () => {
    it("says absent for each of what it was never asked to keep", async () => {
      const { service } = await opened();
      const cids = [aDataset().root, aDataset("unixfs-v0-2015").root, aDataset().root];
      const said = await service.status(cids, world);
      expect([...said.keys()].sort()).toEqual(cids.map(String).sort());
      for (const cid of cids) expect(said.get(`${cid}`)?.state).toBe("absent");
      expect((await service.status([], world)).size).toBe(0);
    });

    it.each(["cid-v1", "unixfs-v0-2015"] as const)("comes to keep what it was asked to, by %s", async (profile) => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset(profile);
      const taken = await service.pin(pinRequestFor(root, { origins: await offer(blocks) }), world);
      expect(["queued", "pinning", "pinned"]).toContain(taken.state);
      expect((await stateOf(service, root)).state, "from the moment it took it").not.toBe("absent");
      expect(await settled(service, root)).toMatchObject({ state: "pinned" });
    });

    it("comes to keep an empty file too, which nodes do not give each other", async () => {
      const { service, offer } = await opened();
      const { root, blocks } = folderOf({ full: fresh(), empty: "" });
      await service.pin(pinRequestFor(root, { origins: await offer(blocks) }), world);
      expect(await settled(service, root)).toMatchObject({ state: "pinned" });
    });

    it("takes being asked again as being asked once", async () => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset();
      const origins = await offer(blocks);
      await service.pin(pinRequestFor(root, { origins }), world);
      await service.pin(pinRequestFor(root, { origins }), world);
      await settled(service, root);
      await service.pin(pinRequestFor(root, { origins, label: "halo/products/again@2" }), world);
      expect(await settled(service, root)).toMatchObject({ state: "pinned" });
      await service.unpin?.(root, world);
      if (service.unpin) expect(await settled(service, root)).toMatchObject({ state: "absent" });
    });

    it("takes two concurrent requests for one", async () => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset();
      const origins = await offer(blocks);
      const pinRequest = pinRequestFor(root, { origins });
      await Promise.all([service.pin(pinRequest, world), service.pin({ ...pinRequest, label: "halo/else@1" }, world)]);
      expect(await settled(service, root)).toMatchObject({ state: "pinned" });
    });

    it("goes on keeping the release before", async () => {
      const { service, offer } = await opened();
      const { previous, next } = twoReleases();
      const origins = await offer([...previous.blocks, ...next.blocks]);
      await service.pin(pinRequestFor(previous.root, { origins }), world);
      await settled(service, previous.root);
      const pinRequest = pinRequestFor(next.root, { origins, previous: previous.root, label: "halo/products@2" });
      await service.pin(pinRequest, world);
      expect(await settled(service, next.root)).toMatchObject({ state: "pinned" });
      expect(await stateOf(service, previous.root)).toMatchObject({ state: "pinned" });
    });

    it("keeps what follows a release that it never kept", async () => {
      const { service, offer } = await opened();
      const { previous, next } = twoReleases();
      const origins = await offer(next.blocks);
      await service.pin(pinRequestFor(next.root, { origins, previous: previous.root }), world);
      expect(await settled(service, next.root)).toMatchObject({ state: "pinned" });
    });

    it("keeps what names itself as the one before", async () => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset();
      await service.pin(pinRequestFor(root, { origins: await offer(blocks), previous: root }), world);
      expect(await settled(service, root)).toMatchObject({ state: "pinned" });
    });

    it("does not call a part of what it keeps a pin", async () => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset();
      await service.pin(pinRequestFor(root, { origins: await offer(blocks) }), world);
      await settled(service, root);
      for (const { cid } of blocks) if (!cid.equals(root)) expect((await stateOf(service, cid)).state).toBe("absent");
    });

    it("answers for two thousand at once, and finds the one it keeps among them", async () => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset();
      await service.pin(pinRequestFor(root, { origins: await offer(blocks) }), world);
      await settled(service, root);
      const many = Array.from({ length: 2000 }, () => aFile().root);
      many.splice(1234, 0, root);
      const said = await service.status(many, world);
      expect(said.size).toBe(2001);
      expect([...said].filter(([, { state }]) => state !== "absent").map(([cid]) => cid)).toEqual([`${root}`]);
    });

    it("is not held up by an origin that can't be reached", async () => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset();
      const reachable = await offer(blocks);
      const origins = [...reachable, `/ip4/127.0.0.1/tcp/1/p2p/${aPeer}`];
      await service.pin(pinRequestFor(root, { origins }), world);
      expect(await settled(service, root)).toMatchObject({ state: "pinned" });
    });

    it.each([
      ["that is long", `halo/${"products/".repeat(60)}radar.zarr@12`],
      ["in other scripts", "halo/Daten/übersicht 観測 🛰/№ 1?&=#%.zarr@1"],
      ["that means something in JavaScript", "halo/__proto__/constructor@1"],
    ])("takes a label %s", async (_, label) => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset();
      const meta = { ["__proto__"]: "x", path: label, "": "empty", empty: "" };
      await service.pin(pinRequestFor(root, { origins: await offer(blocks), label, meta }), world);
      expect(await settled(service, root)).toMatchObject({ state: "pinned" });
    });

    it("says in a date what it says of age", async () => {
      const { service, offer } = await opened();
      const { root, blocks } = aDataset();
      const taken = await service.pin(pinRequestFor(root, { origins: await offer(blocks) }), world);
      for (const { since } of [taken, await settled(service, root)]) {
        if (since === undefined) continue;
        expect(since).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
        expect(Date.parse(since)).not.toBeNaN();
      }
    });

    it("lets go, where it can, of that one alone, and of what it does not keep without a word", async (context) => {
      const { service, offer } = await opened();
      if (!service.unpin) return context.skip();
      const [first, second] = [aDataset(), aDataset()];
      const origins = await offer([...first.blocks, ...second.blocks]);
      for (const { root } of [first, second]) await service.pin(pinRequestFor(root, { origins }), world);
      for (const { root } of [first, second]) await settled(service, root);
      await service.unpin(first.root, world);
      await service.unpin(first.root, world);
      await service.unpin(aDataset().root, world);
      expect((await settled(service, first.root)).state).toBe("absent");
      expect((await stateOf(service, second.root)).state).toBe("pinned");
    });

    it("pins what was brought, with no other node to ask", async (context) => {
      const { service } = await opened();
      if (!service.take) return context.skip();
      const { root, blocks } = aDataset();
      await service.take(root, carOf([root], blocks), world);
      await service.pin(pinRequestFor(root), world);
      expect(await settled(service, root)).toMatchObject({ state: "pinned" });
    });

    it("keeps what was brought in part, where it has the rest", async (context) => {
      const { service } = await opened();
      if (!service.take) return context.skip();
      const { previous, next, difference } = twoReleases();
      await service.take(previous.root, carOf([previous.root], previous.blocks), world);
      await service.pin(pinRequestFor(previous.root), world);
      await settled(service, previous.root);
      await service.take(next.root, carOf([next.root], difference), world);
      await service.pin(pinRequestFor(next.root, { previous: previous.root }), world);
      expect(await settled(service, next.root)).toMatchObject({ state: "pinned" });
    });

    it("says how it could not read what it was brought, instead of taking it for whole", async (context) => {
      const { service } = await opened();
      if (!service.take) return context.skip();
      const { root, blocks } = aDataset();
      const cut = async function* () {
        yield* carOf([root], blocks.slice(0, 1));
        throw new Error("the disk went away");
      };
      await expect(service.take(root, cut(), world)).rejects.toThrow("the disk went away");
    });

    it("tells, where it can, addresses that others dial", async (context) => {
      const { service } = await opened();
      if (!service.addresses) return context.skip();
      for (const address of await service.addresses(world)) expect(address).toMatch(/^\/.+\/p2p\/[1-9A-Za-z]+$/);
    });

    it("stops when the world is to stop", async () => {
      const { service } = await opened();
      const stopping = testWorld({ signal: AbortSignal.abort(new Error("told to stop")) });
      const { root } = aDataset();
      await expect(service.status([root], stopping)).rejects.toThrow("told to stop");
      await expect(service.pin(pinRequestFor(root), stopping)).rejects.toThrow("told to stop");
    });

    it("never takes silence for an answer, and begins with its name what it says of it", async () => {
      const { away } = await opened();
      const { root, blocks } = aDataset();
      const silent = { kind: "unavailable", message: expect.toSatisfy((said: string) => said.startsWith(away.name)) };
      await expect(away.status([root], world)).rejects.toMatchObject(silent);
      await expect(away.pin(pinRequestFor(root, { previous: aDataset().root }), world)).rejects.toMatchObject(silent);
      if (away.unpin) await expect(away.unpin(root, world)).rejects.toMatchObject(silent);
      if (away.take) await expect(away.take(root, carOf([root], blocks), world)).rejects.toMatchObject(silent);
      if (away.addresses) await expect(away.addresses(world)).rejects.toMatchObject(silent);
    });
  });
}

export interface Dag {
  readonly root: CID;
  /** Children before parents; the root is last. */
  readonly blocks: readonly Block[];
}

/** A folder of files and a folder in it. No two calls make the same; all of the CIDs are distinct. */
export function aDataset(profile: ProfileName = "cid-v1"): Dag {
  return folderOf({ "a.txt": fresh(), "b.txt": fresh() }, profile);
}

/** Two releases that share most of their blocks; `difference` is what the second needs beyond the first. */
export function twoReleases(): { previous: Dag; next: Dag; difference: readonly Block[] } {
  const shared = fresh();
  const previous = folderOf({ shared, changed: fresh() });
  const next = folderOf({ shared, changed: fresh() });
  const had = new Set(previous.blocks.map(({ cid }) => `${cid}`));
  return { previous, next, difference: next.blocks.filter(({ cid }) => !had.has(`${cid}`)) };
}

/** A pin request as a publish makes them. */
export function pinRequestFor(cid: CID, more: Partial<PinRequest> = {}): PinRequest {
  return { cid, label: "halo/products/radar.zarr@1", origins: [], meta: { campaign: "halo" }, ...more };
}

/** What the service says once it has stopped working on it. */
export async function settled(service: PinService, cid: CID): Promise<PinStatus> {
  for (let asked = 0; ; asked++) {
    const status = await stateOf(service, cid);
    const working = status.state === "queued" || status.state === "pinning";
    if (!working || asked > 300) return status;
    await sleep(Math.min(100, 2 ** asked));
  }
}

async function stateOf(service: PinService, cid: CID): Promise<PinStatus> {
  return (await service.status([cid], testWorld())).get(`${cid}`)!;
}

/** Of nobody that could be met. */
const aPeer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

let made = 0;

/** Text that no other call gives, in this file of tests or another on the same machine. */
function fresh(): string {
  return `${process.pid} ${performance.timeOrigin} ${made++}`;
}

function aFile(): Dag {
  const blocks: Block[] = [];
  const { cid } = fileOf(Buffer.from(fresh()), profiles["cid-v1"], (block) => void blocks.push(block));
  return { root: cid, blocks };
}

function folderOf(files: Readonly<Record<string, string>>, profile: ProfileName = "cid-v1"): Dag {
  const blocks: Block[] = [];
  const put = (block: Block): void => void blocks.push(block);
  const chosen = profiles[profile];
  const links = Object.entries(files).map(([name, text]) => ({ name, ...fileOf(Buffer.from(text), chosen, put) }));
  const inner = makeDirectory(links, chosen, put);
  const { cid } = makeDirectory([{ name: "inner", ...inner }], chosen, put);
  return { root: cid, blocks };
}
