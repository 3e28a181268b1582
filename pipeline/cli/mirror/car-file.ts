/** A CAR as a mirror: the log, the portal and the leaves of the plan in one file, which another site imports or adopts. */
import type { World } from "../../core/world.ts";
import { carOf } from "../../dag/car.ts";
import { type MirrorEvent, type MirrorOptions, mirrorPlan } from "../../stages/mirror/mirror.ts";
import type { Parts } from "../../stages/parts.ts";
import type { Past } from "../../stages/tree/past.ts";
import { withLeaves } from "../../stages/tree/without-data.ts";
import { appearWhole } from "../local/extract.ts";
import { writeParts } from "../local/write-parts.ts";

/** `file`: absolute path. It is replaced when the new one is complete: both take space until then. */
export async function* mirrorToCar(
  file: string,
  options: MirrorOptions,
  campaign: Past & Pick<Parts, "log">,
  world: World,
): AsyncGenerator<MirrorEvent> {
  const { head, plan } = await mirrorPlan(options, true, campaign, world);
  const leaves = plan.items.map(({ cid }) => cid);
  await appearWhole(file, true, (draft) =>
    writeParts(draft, carOf([head.cid], withLeaves(head, leaves, campaign, world))),
  );
  for (const item of plan.items) yield { event: "added", item };
  for (const item of plan.left) yield { event: "left", item };
  yield { event: "mirrored", status: { head, ...plan }, added: plan.items.length, removed: 0 };
}
