/**
 * The page of a dag-cbor or dag-json block: what it links to, and the block itself to download.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#response-payload
 */
import { linksOf } from "../../dag/codec/decode.ts";
import { type Answer, type Asking, fresh, type Place } from "../response.ts";
import { generatedCaching } from "./directory.ts";
import { escaped } from "./listing.ts";

/** To be raised when the page of the same block changes: it is part of the ETag. */
const version = 1;

/** Most links on the page. */
const mostLinks = 1000;

export function documentPage(place: Place, asking: Asking, codec: string): Answer {
  const { address, cid, block } = place;
  const links = linksOf(cid, block);
  const shown = links.slice(0, mostLinks).map((link) => {
    return address.others === undefined
      ? `<li>${link}</li>`
      : `<li><a href="${address.others}/ipfs/${link}">${link}</a></li>`;
  });
  const more = links.length > shown.length ? `<p>and ${links.length - shown.length} more</p>\n` : "";
  const html = new TextEncoder().encode(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(address.contentPath)}</title>
<style>:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:70rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}</style>
<main>
<h1>${codec} block</h1>
<p>${cid}, ${block.length} bytes: <a href="?format=${codec}" download>as ${codec}</a> · <a href="?format=raw" download>as raw block</a> · <a href="?format=car" download>as CAR</a></p>
<h2>Links</h2>
<ul>
${shown.join("\n")}
</ul>
${more}</main>
</html>
`);
  const caching = address.namespace === "ipns" ? {} : { "cache-control": generatedCaching };
  return fresh(place, asking, `"DagIndex-${version}_CID-${cid}${address.others ?? address.home}"`, {
    status: 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-length": String(html.length),
      vary: "Accept",
      ...caching,
    },
    body: html,
  });
}
