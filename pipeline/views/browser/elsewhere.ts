/**
 * The part of `index.html` about other places: mirrors that have copies of the data, and sister campaigns that are found with it.
 *
 * What a mirror has, and since when, is under its key, and changes without a release; so the page links there. The same
 * campaign.yaml and the same sisters give the same text.
 */
import type { Facts } from "../../core/campaign/campaign.ts";
import { sisterFolder } from "../../core/campaign/sisters.ts";
import { type Content, html } from "../../core/page/html.ts";

/** Two lines of the footer, each absent where there is nothing to list. Without a gateway, keys and CIDs instead of links. */
export function elsewhere({ mirrors = [], sisters = [], gateways }: Facts): Content {
  const [gateway] = gateways;
  const linked = (path: string, text: string): Content =>
    gateway === undefined
      ? html`${text} <code class="cid">${path}</code>`
      : html`<a href="${`${gateway}${path}`}">${text}</a>`;
  const copies = mirrors.map(({ name, title, key }) => html`<li>${linked(`/ipns/${key}`, title ?? name)}</li>`);
  const others = sisters.map(
    ({ name, title, release, portal }) =>
      html`<li>${linked(`/ipfs/${portal}/`, title)}, release ${release} (<a href="${sisterFolder(name)}/catalog.json">STAC</a>)</li>`,
  );
  return [
    copies.length > 0 &&
      html`<p>Mirrors, each with what it has and since when:</p>\n<ul class="mirrors">${copies}</ul>\n`,
    others.length > 0 && html`<p>Campaigns that belong to this one:</p>\n<ul class="sisters">${others}</ul>\n`,
  ];
}
