import { expect, it } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import { emptyBlockFirst } from "../../pipeline/http/empty-block.ts";
import { testWorld } from "../fakes/world.ts";

const world = testWorld();

/** Puts of an empty block, which go as `outcomes` say and from then on go well. */
function puts(...outcomes: readonly (Error | undefined)[]) {
  const bytes: number[] = [];
  const first = emptyBlockFirst(async (upload) => {
    const put = bytes.push(0) - 1;
    for await (const chunk of upload) bytes[put]! += chunk.length;
    const error = outcomes[put];
    if (error) throw error;
  });
  return { first, bytes };
}

it("puts a block without a byte, once, however many are about to fetch", async () => {
  const { first, bytes } = puts();
  await Promise.all([first(world), first(world)]);
  await first(world);
  expect(bytes).toEqual([0]);
});

it.each([
  ["is lost", "unavailable", 2],
  ["was refused", "refused", 1],
] as const)("stops no one where it %s, and is tried again only where that can help", async (_, kind, times) => {
  const { first, bytes } = puts(new Failure(kind, "mirror: block/put: no"));
  await Promise.all([first(world), first(world)]);
  await first(world);
  await first(world);
  expect(bytes).toHaveLength(times);
});

it("tells what is no failure of the service", async () => {
  const { first } = puts(new Error("told to stop"));
  await expect(first(world)).rejects.toThrow("told to stop");
});
