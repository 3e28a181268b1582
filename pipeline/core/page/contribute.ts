/**
 * `contribute.html`: drop a file or folder, and see its CID, what the world would see, and the line for tree.yaml. Nothing is uploaded.
 *
 * All of it is done by a script of the browser; without one, the page has what to do instead.
 */
import type { Facts } from "../campaign/campaign.ts";
import { documentOf } from "./document.ts";
import { dataScript, html } from "./html.ts";

/** Its path in the portal. */
export const contributeFile = "contribute.html";

export function contributePageOf(facts: Facts): string {
  const title = facts.title || facts.campaign;
  const head = html`${dataScript("application/json", "campaign", factsOf(facts))}\n`;
  return documentOf(
    { title: `Contribute · ${title}`, root: "", script: "contribute", kind: "dataset contribute", head },
    html`<header class="site"><a href="index.html">${title}</a></header>
<main>
<h1 class="ours">Contribute data</h1>
<p class="lead ours">Drop a file or a folder: you get its CID, see what the world will see, and the line for tree.yaml. Nothing is uploaded: all of it is computed on this machine. The <code>plan.json</code> of a pull request shows what merging it would publish.</p>
<noscript><p class="notice">This page needs JavaScript. Without it, <code>fieldtree add FILE --at PATH</code> does the same and more.</p></noscript>
<div id="drop" hidden>
<p>Drop a file or folder here, or choose</p>
<p class="buttons"><label class="button">a file<input class="unseen" type="file" id="file"></label> <label class="button">a folder<input class="unseen" type="file" id="folder" webkitdirectory></label></p>
</div>
<p id="progress" role="status"></p>
<div id="result" hidden></div>
</main>
`,
  );
}

/** What an item depends on, and nothing else of campaign.yaml. */
function factsOf({ campaign, title, domain, gateways, collectionDepth, providers, projects }: Facts): Facts {
  return { campaign, title, ...(domain && { domain }), gateways, collectionDepth, providers, projects };
}
