/**
 * Publish: look, plan, act.
 *
 * The stage owns the order and nothing else: every block held, the tree kept, the portal kept, the release appended.
 * Whether a step is needed is the plan's business, how it is done is in the file named after it. Beside each step
 * stands what a crash there leaves behind; running again always finishes, with the same CIDs and one release.
 */
import { Failure, isFailure } from "../core/failure.ts";
import { sayStep } from "../core/plan.ts";
import type { World } from "../core/world.ts";
import type { Draft } from "../log/release.ts";
import type { PublishEvent } from "./event.ts";
import { hold } from "./hold.ts";
import { keepPortal } from "./keep-portal.ts";
import { keepTree } from "./keep-tree.ts";
import { observe, whyNoRoot } from "./observe.ts";
import type { Parts } from "./parts.ts";
import { appendRelease } from "./release.ts";

export interface PublishOptions {
  /** Refuse every other root: the one that a plan promised. */
  readonly expectRoot?: string;
  /** Datasets that failed stop the publication instead of being recorded and warned of. */
  readonly strict: boolean;
}

/** Publish `text` as the tree of `campaign`. Yields what it does; the last event is `published`. */
export async function* publish(
  text: Uint8Array,
  campaign: Parts,
  { expectRoot, strict }: PublishOptions,
  world: World,
): AsyncGenerator<PublishEvent> {
  let seen = await observe(text, campaign, world);
  if (isFailure(whyNoRoot(seen), "unavailable")) {
    // Not even their root blocks are here: a node with a network of its own may still find them.
    await hold(
      seen.sizes.missing.map(({ leaf }) => leaf),
      campaign,
      world,
    );
    seen = await observe(text, campaign, world);
  }
  if (!seen.root) throw whyNoRoot(seen);
  const root = seen.root;
  if (expectRoot !== undefined && expectRoot !== root.cid.toString()) {
    throw new Failure("conflict", `this tree.yaml gives the root ${root.cid}, and ${expectRoot} was expected`, {
      hint: "plan again: the tree, or the profile in campaign.yaml, is not the one that was planned",
    });
  }

  // A crash leaves blocks that nobody pins yet. They are found again; only a gc before the next run takes them.
  const { tree, steps } = seen;
  await hold(
    steps.flatMap((step) => (step.do === "hold" ? [tree.get(step.path)!] : [])),
    campaign,
    world,
  );

  let draft: Draft | undefined;
  let portal = seen.head?.release.portal;
  for (const step of seen.steps) {
    world.signal.throwIfAborted();
    yield { event: "step", step };
    if (step.do !== "hold") world.log(sayStep(step));
    switch (step.do) {
      case "hold":
        break;

      // A crash after it leaves a root that is kept and not released: the next run finds it kept.
      case "keep-tree":
        await keepTree(root.cid, seen, campaign, world);
        break;

      // A crash after it leaves a portal that no release names: the next run makes the same one.
      case "keep-portal":
        ({ draft, portal } = yield* keepPortal(root, text, seen, { strict }, campaign, world));
        break;

      // A crash before the head moves leaves a block that nobody names: the next run makes the same one.
      case "release":
        await appendRelease({ ...draft!, portal: portal! }, seen.head, campaign, world);
        break;
    }
  }

  const head = (await campaign.log.head(world))!;
  yield {
    event: "published",
    release: head.release.number,
    root: head.release.root.toString(),
    portal: head.release.portal.toString(),
    head: head.cid.toString(),
    changed: seen.steps.length > 0,
  };
}
