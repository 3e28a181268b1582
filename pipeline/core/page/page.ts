/**
 * The page of a dataset, whole: readable without a script, with what search engines read.
 *
 * A pure function of what is known about the dataset, so that its bytes change when the dataset does, and not with each release.
 * Scripts of the browser add to it: the map with coastlines, plots of the data, buttons that copy.
 *
 * ```ts
 * datasetPageOf(aboutEntry(entry, facts, { related: [] })); // "<!doctype html>…"
 * ```
 */
import { doiUrl } from "../datacite/doi.ts";
import { datasetPage, itemFile, referenceFile, relative, versionsFile } from "../stac/names.ts";
import { type PageAbout, textIn, timeOf } from "./about.ts";
import { documentOf } from "./document.ts";
import { attributeSection, formatText, keyFacts, keywordList, lineageSection } from "./facts.ts";
import { type Content, dataScript, type Html, html } from "./html.ts";
import { descriptionOf, jsonLd } from "./json-ld.ts";
import { placeFigure, timeFigure, timeText } from "./place.ts";
import {
  citationSection,
  dataHref,
  fileSection,
  findingSection,
  openSection,
  relatedSection,
  versionSection,
} from "./sections.ts";
import { variableSection } from "./variables.ts";

export function datasetPageOf(about: PageAbout): string {
  const page = datasetPage(about.path);
  const root = relative(page, "");
  const title = textIn(about.item.properties, "title") ?? about.path;
  const head = html`${headOf(about, title, page)}${dataScript("application/ld+json", "schema-org", jsonLd(about))}
${dataScript("application/json", "dataset", scriptDataOf(about, page))}
`;
  return documentOf(
    { title: `${title} · ${campaignOf(about)}`, root, script: "dataset", kind: "dataset", head },
    html`<header class="site"><a href="${root}index.html">${campaignOf(about)}</a>${crumbs(about.path)}<a class="aside" href="${root}contribute.html">Contribute data</a></header>
${datasetMain(about)}`,
  );
}

/** What is between the header and the end: the same for a dataset that is not published yet. */
export function datasetMain(about: PageAbout): Html {
  const page = datasetPage(about.path);
  const { properties } = about.item;
  const title = textIn(properties, "title") ?? about.path;
  const summary = textIn(properties, "description");
  return html`<main>
<p id="newer" class="notice" hidden role="status"></p>
<h1>${title}</h1>
<p class="lead">${leadOf(about)}</p>
<p id="verified" hidden role="status"></p>
<div class="columns">
<div class="what">
${summary !== undefined && html`<p class="summary">${summary}</p>\n`}${keywordList(about)}<section id="quicklook" hidden></section>
${openSection(about)}</div>
<aside aria-label="Facts">
${placeFigure(about.item)}${timeFigure(about.item)}${keyFacts(about)}${relatedSection(about, page)}${
  about.isPublished && machineLinks(about, page)
}</aside>
<div class="rest">
${variableSection(about)}${findingSection(about)}${fileSection(about, page)}${citationSection(about)}${attributeSection(about)}${versionSection(about)}${lineageSection(about)}</div>
</div>
</main>
`;
}

const campaignOf = ({ facts }: PageAbout) => facts.title || facts.campaign;

/** The folders that it is in. They are text: a folder has no page. */
function crumbs(path: string): Content {
  const folders = path.split("/").slice(0, -1);
  return folders.length > 0 && html` <span class="crumbs">${folders.map((name) => html`<span>${name}</span>`)}</span>`;
}

function leadOf({ item, reader }: PageAbout): string {
  const time = timeOf(item);
  const platform = textIn(item.properties, "platform");
  return [time && timeText(time), platform, formatText(item.assets.data ?? {}, reader)].filter(Boolean).join(" · ");
}

function headOf(about: PageAbout, title: string, page: string): Html {
  const { item, cid } = about;
  const doi = textIn(item.properties, "sci:doi");
  const description = descriptionOf(about).replace(/\s+/g, " ").slice(0, 300).toWellFormed();
  return html`<meta name="description" content="${description}">
<meta property="og:type" content="website">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${description}">
<meta property="og:site_name" content="${campaignOf(about)}">
<meta name="DC.identifier" content="${doi === undefined ? `ipfs://${cid}` : doiUrl(doi)}">
<meta name="DC.title" content="${title}">
${doi !== undefined && html`<link rel="cite-as" href="${doiUrl(doi)}">\n`}${
  about.isPublished &&
  html`<link rel="alternate" type="application/geo+json" href="${relative(page, itemFile(about.path))}">\n`
}`;
}

/** For programs that read the page: where the same is without markup. */
function machineLinks({ path, versions }: PageAbout, page: string): Html {
  const isListed = versions !== undefined && versions.events.length > 1 && versions.path === path;
  return html`<p class="quiet machine"><a href="${relative(page, itemFile(path))}">STAC item</a>${
    isListed && html` · <a href="${relative(page, versionsFile(path))}">versions as JSON</a>`
  }</p>
`;
}

/** What the scripts of the browser need to know. */
function scriptDataOf(about: PageAbout, page: string) {
  const { path, cid, reader, references, facts, versions } = about;
  const reference = references?.find((each) => each.path === "");
  return {
    path,
    cid,
    reader,
    item: relative(page, itemFile(path)),
    data: dataHref(about, page),
    ...(reference && !("why" in reference) && { reference: relative(page, referenceFile(path)) }),
    portal: relative(page, ""),
    /** Where the newest portal is named, and the file in it that lists newer versions. */
    newest: { ...(facts.domain && { domain: facts.domain }), versions: versionsFile(versions?.path ?? path), page },
    gateways: facts.gateways,
  };
}
