/**
 * An IPFS Cluster as a mirror: each leaf is pinned there, by as many peers as the Cluster has pin it.
 *
 * A Cluster has one pin for each CID, whose label names one path. What others pinned there counts as being there, and is never
 * unpinned. That a leaf is there is what the Kubo of each peer reports: a Cluster has no way to read blocks.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { carOf } from "../../dag/car.ts";
import { difference } from "../../dag/read/difference.ts";
import type { PinService, PinStatus } from "../../pin/service.ts";
import type { Parts } from "../parts.ts";
import { labelsOf } from "./label.ts";
import type { MirrorTarget } from "./mirror.ts";
import type { MirrorItem } from "./plan.ts";

/** ms between two questions how far a pin is. */
const pauses = [200, 500, 1_000, 2_000, 5_000, 10_000];

/** `deadline`: ms that one leaf may take to be pinned. */
export interface ClusterTargetOptions {
  readonly name: string;
  readonly deadline: number;
}

export function clusterTarget(
  { name, deadline }: ClusterTargetOptions,
  service: PinService,
  campaign: Pick<Parts, "get" | "origins" | "facts">,
): MirrorTarget {
  const { prefix, report, labelOf, itemIn } = labelsOf(name);
  const labelled = async (start: string, world: World) => Array.fromAsync(service.list?.(start, world) ?? []);
  const meta = { campaign: campaign.facts.campaign, mirror: name };
  /** What this mirror pinned at each path before. */
  const older = new Map<string, CID>();
  const stateOf = async (cid: CID, world: World) => (await service.status([cid], world)).get(`${cid}`);

  return {
    name: service.name,
    storesByCid: true,
    async items(planned, world) {
      const cids = [...new Map(planned.map(({ cid }) => [`${cid}`, cid])).values()];
      const statuses = await service.status(cids, world);
      const listed = await labelled(prefix, world);
      const desired = new Set(cids.map(String));
      const others = listed.flatMap(({ cid, label }) => (desired.has(`${cid}`) ? [] : (itemIn(label, cid) ?? [])));
      for (const { path, cid } of others) older.set(path, cid);
      return [...planned.filter(({ cid }) => statuses.get(`${cid}`)?.state === "pinned"), ...others];
    },
    async add(item, world) {
      const { cid, path } = item;
      const origins = await campaign.origins(world);
      const before = older.get(path);
      const previous = before && (await stateOf(before, world))?.state === "pinned" ? before : undefined;
      // Without addresses of the campaign's node, the peers have nowhere to fetch from.
      if (origins.length === 0) await service.take?.(cid, carOf([cid], difference(cid, previous, campaign.get)), world);
      const request = { cid, label: labelOf(item), origins, meta, ...(previous && { previous }) };
      await untilPinned(item, await service.pin(request, world), world);
    },
    async remove({ cid }, world) {
      await service.unpin?.(cid, world);
    },
    async storeReport({ cid, bytes }, world) {
      const older = (await labelled(report, world)).filter((pin) => pin.label === report && !pin.cid.equals(cid));
      await service.take?.(cid, carOf([cid], [{ cid, bytes }]), world);
      await service.pin({ cid, label: report, origins: [], meta }, world);
      for (const pin of older) await service.unpin?.(pin.cid, world);
    },
  };

  /** @throws Failure `unavailable` where it is not pinned by the deadline, or given up: the next run asks again. */
  async function untilPinned(item: MirrorItem, first: PinStatus, world: World): Promise<void> {
    const ends = performance.now() + deadline;
    let status: PinStatus | undefined = first;
    for (let round = 0; status?.state !== "pinned"; round++) {
      const message = status?.message === undefined ? "" : ` (${status.message})`;
      if (status?.state === "failed" || performance.now() > ends)
        throw new Failure("unavailable", `${service.name}: ${item.path} is not pinned${message}`, {
          hint: "run it again: it goes on from here; do the Cluster's peers reach a node that has the blocks?",
        });
      await world.sleep(pauses[Math.min(round, pauses.length - 1)] ?? 0);
      world.signal.throwIfAborted();
      status = await stateOf(item.cid, world);
    }
  }
}
