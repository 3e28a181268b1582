/**
 * Announce the names: every late name pointed at the head, and read back.
 *
 * Names don't wait for one another. A name that fails is reported after all were tried.
 */
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Head } from "../../log/log.ts";
import type { PublishEvent } from "../event.ts";
import { announce, readBack } from "../names/announce.ts";
import type { Parts } from "../parts.ts";
import type { LateName } from "./plan.ts";

/** A name, and the value that was written, or why it was not. */
export interface Announced {
  readonly name: LateName;
  readonly value: PromiseSettledResult<string>;
}

export async function announceNames(
  names: readonly LateName[],
  head: Head,
  campaign: Pick<Parts, "log">,
  world: World,
): Promise<Announced[]> {
  const values = await Promise.allSettled(names.map(({ observed }) => announce(observed, head, campaign, world)));
  return names.flatMap((name, i) => {
    const value = values[i];
    return value ? [{ name, value }] : [];
  });
}

/** Reads back what was written. @throws Failure that names every name that is not announced, with the reason. */
export async function* readBackNames(
  announced: readonly Announced[],
  head: Head,
  world: World,
): AsyncGenerator<PublishEvent> {
  const read = await Promise.allSettled(
    announced.map(async ({ name, value }) => {
      if (value.status === "rejected") throw value.reason;
      return readBack(name.observed.name, value.value, world);
    }),
  );
  for (const result of read) {
    if (result.status === "rejected") continue;
    const { name, value, authorities } = result.value;
    yield { event: "announced", name: name.name, value, authorities };
  }
  assertAnnounced(
    announced.flatMap(({ name }, i) => {
      const result = read[i];
      return result?.status === "rejected" ? [{ name: name.observed.name.name, reason: result.reason }] : [];
    }),
    head,
  );
}

/** @throws Failure with the reason for each name; an error that is no Failure as it is. */
function assertAnnounced(
  failed: readonly { readonly name: string; readonly reason: unknown }[],
  { release }: Head,
): void {
  const reasons = failed.map(({ name, reason }) => {
    if (!isFailure(reason)) throw reason;
    return { name, reason };
  });
  const [first] = reasons;
  if (!first) return;
  // A failure that asking again can't solve comes first.
  const { kind, hint } = (reasons.find(({ reason }) => reason.kind !== "unavailable") ?? first).reason;
  const lines = reasons.map(({ name, reason }) => `  ${name}: ${reason.message.replaceAll("\n", "\n    ")}`);
  const title = `release ${release.number} exists, and is not announced everywhere:`;
  throw new Failure(kind, [title, ...lines].join("\n"), {
    hint: hint ?? "run it again: it goes on from here, with the same release",
    cause: first.reason,
  });
}
