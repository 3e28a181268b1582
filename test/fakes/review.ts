/** What a proposal is looked at with: blocks in memory, everything else real. */
import type { CID } from "multiformats/cid";
import { settledLog } from "../../pipeline/core/campaign/log.ts";
import { settledPins } from "../../pipeline/core/campaign/pins.ts";
import { Failure } from "../../pipeline/core/failure.ts";
import type { Source } from "../../pipeline/ipfs/fallback.ts";
import type { Proposed } from "../../pipeline/stages/review/proposal.ts";
import { type ReviewParts, reportOn } from "../../pipeline/stages/review/report.ts";
import type { FakeHome } from "./home.ts";
import { someParts } from "./parts.ts";
import { testWorld } from "./world.ts";

export interface Given {
  readonly sources?: readonly Source[];
  readonly owners?: ReviewParts["owners"];
  readonly review?: Partial<ReviewParts["config"]["review"]>;
  readonly readers?: ReviewParts["readers"];
}

/** `home` is the one source unless others are given. */
export async function aReview(
  home: FakeHome,
  { sources, owners = [], review, readers }: Given = {},
): Promise<ReviewParts> {
  const {
    facts,
    profile,
    isScanned: wanted,
    sizes,
    leafContents: holdings,
    ...parts
  } = await someParts({ home, ...(readers && { readers }) });
  const all = sources ?? [sourceOf(home)];
  return {
    facts,
    profile,
    readers: parts.readers,
    isScanned: wanted,
    sizes,
    leafContents: holdings,
    blockSources: all,
    owners,
    get: async (cid, world) => {
      for (const { get } of all) {
        const bytes = await get(cid, world).catch(() => undefined);
        if (bytes) return bytes;
      }
      throw new Failure("unavailable", `nobody has ${cid}`);
    },
    config: {
      pins: settledPins(undefined),
      names: [],
      node: { kind: "embedded" },
      gateways: [],
      log: settledLog(undefined),
      review: { removals: 0.3, label: "allow-removals", reach: { bytes: 50_000_000, time: 60_000 }, ...review },
    },
  };
}

export const sourceOf = ({ get }: Pick<FakeHome, "get">, name = "node"): Source => ({ name, get });

/** A source that lacks what `lacks` says. */
export function lacking(home: FakeHome, name: string, lacks: (cid: CID) => boolean): Source {
  return { name, get: async (cid, world) => (lacks(cid) ? undefined : home.get(cid, world)) };
}

const utf8 = new TextEncoder();

/** The report on texts of tree.yaml. */
export async function report(
  review: ReviewParts,
  texts: { readonly base: string; readonly proposal: string; readonly ancestor?: string },
  given: Partial<Pick<Proposed, "labels" | "campaignYaml" | "sha" | "baseSha">> = {},
) {
  const { base, proposal, ancestor } = texts;
  const proposed: Proposed = {
    base: utf8.encode(base),
    proposal: utf8.encode(proposal),
    ...(ancestor !== undefined && { ancestor: utf8.encode(ancestor) }),
    labels: [],
    reproduce: "fieldtree report",
    ...given,
  };
  return reportOn(proposed, review, testWorld());
}
