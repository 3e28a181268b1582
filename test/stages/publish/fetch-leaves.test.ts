import { expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { DataLeaf } from "../../../pipeline/core/tree/tree.ts";
import { fetchLeaves } from "../../../pipeline/stages/publish/fetch-leaves.ts";
import { raw } from "../../contracts/node.ts";
import { testWorld } from "../../fakes/world.ts";

const leaves = (count: number): DataLeaf[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ kind: "data", path: `d/${i}`, cid: raw(`leaf ${i}`).cid, line: i + 1, spelling: "" },
  })) as unknown as DataLeaf[];

const fetchingTogether = (works: boolean) => {
  const asked: number[] = [];
  const fetch = async (some: readonly unknown[]) => asked.push(some.length) > 0 && works;
  return { asked, together: { fetch, unpin: async () => {} } };
};

it("fetches many leaves together, a few one by one", async () => {
  const alone: string[] = [];
  const fetchLeaf = async ({ path }: { path: string }) => void alone.push(path);
  const { asked, together } = fetchingTogether(true);
  await fetchLeaves(leaves(16), fetchLeaf, testWorld(), together);
  expect([asked, alone]).toEqual([[16], []]);
  await fetchLeaves(leaves(2), fetchLeaf, testWorld(), together);
  expect([asked, alone]).toEqual([[16], ["d/0", "d/1"]]);
});

it("fetches each alone where some are not at hand, and names those out of reach", async () => {
  const { together } = fetchingTogether(false);
  const fetchLeaf = async ({ path }: { path: string }) => {
    if (path === "d/7") throw new Failure("unavailable", "no peer has it");
  };
  await expect(fetchLeaves(leaves(20), fetchLeaf, testWorld(), together)).rejects.toThrow(/d\/7/);
});
