/** Fills into the page what depends on the address it is read from: the gateway and the portal in lines to copy, and links to IPFS. */
import type { PageData } from "./page-data.ts";
import type { Where } from "./where.ts";

export function fillPlaces(page: ParentNode, { gateways }: PageData, where: Where): void {
  const gateway = where.gateway ?? gateways[0];
  // An address of a disk opens in no other program.
  const isOnWeb = /^https?:/.test(where.portalUrl);
  const known = {
    ...(where.gateway !== undefined && { gateway: where.gateway }),
    ...(isOnWeb && { portal: where.portal, portalUrl: where.portalUrl }),
  };
  for (const [name, value] of Object.entries(known)) {
    for (const span of page.querySelectorAll(`[data-place="${name}"]`)) span.textContent = value;
  }
  if (isOnWeb) for (const way of page.querySelectorAll<HTMLElement>(".way[hidden]")) way.hidden = false;
  if (gateway !== undefined) linkToGateway(page, gateway);
}

/** Links to a CID open in a browser where a gateway is known. */
function linkToGateway(page: ParentNode, gateway: string): void {
  for (const link of page.querySelectorAll<HTMLAnchorElement>('a[href^="ipfs://"], a[href^="ipns://"]')) {
    const href = link.getAttribute("href") ?? "";
    link.href = `${gateway}/${href.replace("://", "/")}`;
  }
}

/** A host of files makes no archives: those come from the campaign's gateway, or not at all. */
export function fixDownloads(page: ParentNode, { cid, gateways }: PageData, where: Where): void {
  if (where.gateway !== undefined) return;
  for (const link of page.querySelectorAll<HTMLAnchorElement>("a[data-format]")) {
    const gateway = gateways[0];
    if (gateway === undefined) link.hidden = true;
    else link.href = `${gateway}/ipfs/${cid}?format=${link.dataset.format}`;
  }
}
