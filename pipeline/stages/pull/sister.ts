/** What is remembered of a campaign that was pulled, so that it can be linked without reading it again. */
import * as v from "valibot";
import type { Sister } from "../../core/campaign/sisters.ts";
import type { Get } from "../../dag/block.ts";
import { openFolder } from "../../dag/read/folder.ts";
import { indexOf, type SisterState } from "./recognise.ts";

const indexJson = v.object({ campaign: v.object({ title: v.string() }) });

/** `undefined` where its portal has no STAC, as one of very old versions. */
export async function sisterOf(
  { campaign, number, portal }: SisterState,
  get: Get,
): Promise<Omit<Sister, "name"> | undefined> {
  const entry = (await openFolder(portal, get))?.entries.get("stac");
  if (!entry) return undefined;
  const index = v.safeParse(indexJson, await indexOf(portal, get));
  const title = index.success ? index.output.campaign.title : campaign;
  return {
    campaign,
    title,
    release: number,
    portal: `${portal}`,
    stac: { cid: entry.cid, tsize: entry.size },
  };
}
