/**
 * Prune: stop pinning, on the campaign's own node and at pin services, what only old releases had.
 *
 * `publish` does it at its end, for what became old by it; the verb does it for every old release, and for what was added
 * from this machine. What fails is tried again next time.
 */
import type { CID } from "multiformats/cid";
import { identity } from "../../core/cid.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Head } from "../../log/log.ts";
import type { ConfiguredPinService, Parts } from "../parts.ts";
import { bytesOnlyBelow } from "./bytes-below.ts";
import { isAdded } from "./label.ts";
import { allPins } from "./node-pins.ts";
import { labelsOf, type OldRelease, oldReleases, type RetentionParts } from "./retention.ts";

/** What pruning needs of a campaign. */
export type PruningParts = RetentionParts & Pick<Parts, "home" | "facts" | "pinServices">;

/** One pin that is no longer asked for. */
export interface OldPin {
  readonly release: number;
  /** The service; the campaign's own node where absent. */
  readonly service?: string;
  /** The label on the campaign's own node. */
  readonly label?: string;
  readonly cid: CID;
}

export interface Pruning {
  readonly pins: readonly OldPin[];
  /** Bytes of blocks on the campaign's own node that no other pin there needs. */
  readonly bytes: number;
  /** Services that could not be asked, and why. */
  readonly problems: readonly Failure[];
}

/** What pruning would stop pinning. `needed`: what else stays pinned, such as leaves that are not released yet. */
export async function planPruning(
  head: Head,
  campaign: PruningParts,
  needed: readonly CID[],
  world: World,
): Promise<Pruning> {
  const { home } = campaign;
  const pinned = await allPins(home, world);
  const local: OldPin[] = [];
  const elsewhere = new Map<string, { readonly release: number; readonly cid: CID }>();
  for await (const old of oldReleases(head, campaign, needed, world)) {
    const { number } = old.head.release;
    const known = new Set(local.map(({ label }) => label));
    for (const label of labelsOf(old, pinned, campaign))
      if (!known.has(label)) local.push({ release: number, label, cid: pinned.get(label)! });
    for (const cid of old.cids)
      if (!elsewhere.has(identity(cid))) elsewhere.set(identity(cid), { release: number, cid });
    world.progress({ task: "reading old releases", done: head.release.number - number, unit: "releases" });
  }

  const problems: Failure[] = [];
  const remote: OldPin[] = [];
  for (const service of elsewhere.size > 0 ? campaign.pinServices : []) {
    try {
      const cids = await pinnedAt(
        service,
        [...elsewhere.values()].map(({ cid }) => cid),
        world,
      );
      for (const cid of cids)
        remote.push({ release: elsewhere.get(identity(cid))!.release, service: service.name, cid });
    } catch (error) {
      if (!isFailure(error)) throw error;
      problems.push(error);
    }
  }
  const going = new Set(local.map(({ label }) => label));
  const staying = [...pinned].filter(([label]) => !going.has(label)).map(([, cid]) => cid);
  const roots = local.map(({ cid }) => cid);
  const bytes = roots.length > 0 ? await bytesOnlyBelow(roots, staying, home, world) : 0;
  return { pins: [...local, ...remote], bytes, problems };
}

/** Stop pinning them. Yields each that was unpinned, and the failure of each that was not. */
export async function* unpinAll(
  pins: readonly OldPin[],
  { home, pinServices }: Pick<Parts, "home" | "pinServices">,
  world: World,
): AsyncGenerator<{ readonly pin: OldPin; readonly failure?: Failure }> {
  const byName = new Map(pinServices.map((service) => [service.name, service]));
  let done = 0;
  for (const pin of pins) {
    world.signal.throwIfAborted();
    world.progress({ task: "unpinning", done: done++, total: pins.length, unit: "pins" });
    try {
      if (pin.label !== undefined) await home.unpin(pin.label, world);
      else await byName.get(pin.service!)!.open().unpin?.(pin.cid, world);
      yield { pin };
    } catch (error) {
      if (pin.label !== undefined || !isFailure(error)) throw error;
      yield { pin, failure: error };
    }
  }
}

/** After a release was published: what became old by it. What is older became old before. */
export async function pruneAfter(head: Head, campaign: PruningParts, world: World): Promise<void> {
  for await (const old of oldReleases(head, campaign, [], world)) {
    if (!(await pruneOne(old, campaign, world))) return;
  }
}

/** Whether there was anything to unpin. Data added on this machine stay pinned until the verb prunes them. */
async function pruneOne(old: OldRelease, campaign: PruningParts, world: World): Promise<boolean> {
  const { number } = old.head.release;
  const pinned = await allPins(campaign.home, world);
  const labels = labelsOf(old, pinned, campaign).filter((label) => !isAdded(label));
  for (const label of labels) await campaign.home.unpin(label, world);
  let any = labels.length > 0;
  for (const service of campaign.pinServices) {
    try {
      for (const cid of await pinnedAt(service, old.cids, world)) {
        await service.open().unpin!(cid, world);
        any = true;
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      world.log(`warning: ${service.name} pins more than it has to: ${error.message}`);
    }
  }
  if (any) world.log(`stopped pinning release ${number}`);
  return any;
}

/** Those that the service pins, or is about to, and can unpin. */
async function pinnedAt(configured: ConfiguredPinService, cids: readonly CID[], world: World): Promise<CID[]> {
  const service = configured.open();
  if (!service.unpin || cids.length === 0) return [];
  const answered = await service.status(cids, world);
  return cids.filter((cid) => (answered.get(cid.toString())?.state ?? "absent") !== "absent");
}
