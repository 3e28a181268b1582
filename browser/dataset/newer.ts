/**
 * Whether the campaign has a newer version of the dataset than a page from an earlier portal shows.
 *
 * The newest portal is what the campaign's name leads to. Its list of the dataset's versions has the later ones; where it has
 * none, there is one version, and this is it.
 */
import { isRecord } from "../../pipeline/core/json.ts";
import { datasetPage } from "../../pipeline/core/stac/names.ts";
import type { PageData } from "./page-data.ts";
import type { Where } from "./where.ts";

export type Newer =
  | { readonly kind: "updated"; readonly release: number; readonly href: string }
  | { readonly kind: "moved"; readonly to: string; readonly href: string }
  | { readonly kind: "removed"; readonly release: number };

/** @returns `undefined` where this is the newest, or nothing can be learned about it. */
export async function newerThan(
  page: PageData,
  where: Where,
  read: (url: string) => Promise<unknown>,
): Promise<Newer | undefined> {
  const { domain, versions, page: file } = page.newest;
  if (domain === undefined || where.gateway === undefined || !where.portal.startsWith("ipfs://")) return undefined;
  // A gateway with a host for each name is another origin, which the page's policy does not let it ask.
  if (!where.portalUrl.startsWith(`${where.gateway}/`)) return undefined;
  const newest = `${where.gateway}/ipns/${domain}`;
  const list = await read(`${newest}/${versions}`);
  if (!isRecord(list)) return undefined;
  if (typeof list.movedTo === "string") {
    return { kind: "moved", to: list.movedTo, href: `${newest}/${datasetPage(list.movedTo)}` };
  }
  const [first] = Array.isArray(list.versions) ? (list.versions as readonly unknown[]) : [];
  if (!isRecord(first) || typeof first.release !== "number") return undefined;
  if (first.op === "removed") return { kind: "removed", release: first.release };
  return first.cid === page.cid ? undefined : { kind: "updated", release: first.release, href: `${newest}/${file}` };
}
