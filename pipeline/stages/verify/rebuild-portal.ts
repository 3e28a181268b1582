/** Rebuilds the portal of a release from the log and the data alone, to compare it with the published one. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import type { Entry } from "../../core/stac/catalog-entry.ts";
import { byBytes } from "../../core/text/order.ts";
import { readTree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { fileOf } from "../../dag/build/file.ts";
import { profiles } from "../../dag/profile.ts";
import { tsizeOf } from "../../dag/read/tsize.ts";
import type { Head } from "../../log/log.ts";
import type { Draft } from "../../log/release.ts";
import type { Parts } from "../parts.ts";
import { packing } from "../publish/packed-entries.ts";
import { parentsBefore } from "../publish/pin-portal.ts";
import { buildPortal, foldViews, sidesOf, treesOf } from "../publish/portal.ts";
import { type ReferenceParts, withReferences } from "../publish/references.ts";
import { type Scanning, scan } from "../scan/scan.ts";
import { type Past, sourceOf, treeOf } from "../tree/past.ts";

/** The parts of a campaign that rebuilding a portal needs. */
export type RebuildParts = Past & Scanning & ReferenceParts & Pick<Parts, "views" | "madeWith">;

/** Stores nothing, and uses no stored state of views. @throws Failure `unavailable` where data is out of reach. */
export async function rebuiltPortal(head: Head, campaign: RebuildParts, world: World): Promise<CID> {
  const { release } = head;
  const text = await sourceOf(release, campaign, world);
  const entries: Entry[] = [];
  const pack = packing();
  for await (const { path, entries: found, unreachable } of scan([...readTree(text).tree.values()], campaign, world)) {
    if (unreachable) throw new Failure("unavailable", `${path}: ${unreachable}`);
    for (const entry of found) entries.push(pack(entry));
  }

  const scratch = await mkdtemp(join(tmpdir(), "fieldtree-views-"));
  try {
    const past = await parentsBefore(release, campaign, world);
    const parts = {
      log: campaign.log,
      treeOf: (of: Draft) => treeOf(of, campaign, world),
      sourceOf: (of: Draft) => sourceOf(of, campaign, world),
      state: scratch,
    };
    const states = await foldViews(campaign.views, past, parts, world);
    const sides = await sidesOf(release, parts, world);
    const drop = () => undefined;
    const trees = await treesOf(release, parts, drop, world);
    const content = {
      draft: release,
      ...(sides && { sides }),
      ...(trees && { trees }),
      tree: { cid: release.root, tsize: tsizeOf(release.root, await campaign.get(release.root)) },
      source: fileOf(text, profiles["cid-v1"], drop),
      entries: await withReferences(
        entries.sort((a, b) => byBytes(a.path, b.path)),
        campaign,
        undefined,
        world,
      ),
      campaign: campaign.facts,
    };
    return (await buildPortal(campaign.views, states, content, drop)).cid;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
