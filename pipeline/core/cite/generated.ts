/**
 * The citation of a dataset that has a DOI and whose authors don't state how it is to be cited.
 *
 * It is in the STAC item, which knows no release and so no year where the dataset has no date of issue. Who cites the dataset
 * with a release at hand takes the wording of authors only, and gets the year.
 */
import type { Facts } from "../campaign/campaign.ts";
import { citationText } from "./text.ts";
import { type CitedItem, datasetWork, type Work } from "./work.ts";

/** One line, without its end. */
export function generatedCitation(item: CitedItem, cid: string, facts: Facts): string {
  const { wording: _, ...work } = datasetWork(item, cid, facts);
  return citationText(work).trimEnd();
}

/** The work as it is cited where its release is known: what was generated for the item is no wording of its authors. */
export function releasedWork(item: CitedItem, cid: string, facts: Facts, released: string | undefined): Work {
  const { wording, ...work } = datasetWork(item, cid, facts, released);
  return wording === undefined || wording === generatedCitation(item, cid, facts) ? work : { ...work, wording };
}
