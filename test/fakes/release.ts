/** Releases for tests: distinct roots, nothing behind them. */
import type { CID } from "multiformats/cid";
import { codecs } from "../../pipeline/dag/block.ts";
import { cidOf } from "../../pipeline/dag/hash.ts";
import { type Release, releaseBlock } from "../../pipeline/log/release.ts";
import type { Past } from "../../pipeline/views/view.ts";

/** `value` with CIDs as text: equal where what they name is. */
export const spelled = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

export const aCid = (of: string): CID => cidOf(codecs.raw, new TextEncoder().encode(of));

export function aRelease(number: number, parts: Partial<Release> = {}): Release {
  return {
    campaign: "orcestra",
    number,
    previous: null,
    root: aCid(`root ${number}`),
    portal: aCid(`portal ${number}`),
    tree: aCid(`tree ${number}`),
    made: `2024-08-${String(number).padStart(2, "0")}T12:00:00Z`,
    changes: [],
    before: number === 1 ? null : { root: aCid(`root ${number - 1}`), portal: aCid(`portal ${number - 1}`) },
    madeWith: { readers: { zarr: 1 }, views: { history: 1 }, campaign: "bafk" },
    ...parts,
  };
}

/** Releases 1…n, each following the one before it. */
export function aChain(changes: readonly Release["changes"][]): readonly Past[] {
  const chain: Past[] = [];
  for (const [i, change] of changes.entries()) {
    const release = aRelease(i + 1, { previous: chain.at(-1)?.cid ?? null, changes: change });
    const { cid, bytes } = releaseBlock(release);
    chain.push({ cid, size: bytes.length, release });
  }
  return chain;
}
