/** Parts of a dataset's page that lead somewhere: opening it, its files, citing it, its versions, what is related, what is wrong. */
import { citationFormats } from "../cite/formats.ts";
import { releasedWork } from "../cite/generated.ts";
import { isRecord, type Json } from "../json.ts";
import { formOf, isFile, type OpenedDataset } from "../open/dataset.ts";
import { needs, type Piece } from "../open/pieces.ts";
import { type Way, waysToOpen } from "../open/ways.ts";
import { datasetPage, itemFile, relative } from "../stac/names.ts";
import { plural } from "../text/plural.ts";
import { formatBytes } from "../text/shown.ts";
import { dataOf, type VersionLine, type VersionOp, versionLines } from "../versions/versions.ts";
import { listIn, type PageAbout, sizeOf } from "./about.ts";
import { type Content, type Html, hrefBelow, html } from "./html.ts";
import { minutes } from "./place.ts";

/** The relative address of the dataset in the portal's tree. */
export function dataHref({ path }: PageAbout, page: string): string {
  return hrefBelow(relative(page, "tree"), path);
}

/** A gateway on the reader's own machine: that of Kubo and of `fieldtree serve` have other ports, and a page knows better. */
const usualGateway = "http://127.0.0.1:8080";

export function openSection(about: PageAbout): Content {
  const ways = waysToOpen(openedOf(about));
  const languages = [...new Set(ways.map(({ language }) => language))];
  return html`<section aria-labelledby="open-title"><h2 id="open-title">Open</h2>
${languages.map((language, i) => {
  const some = ways.filter((way) => way.language === language);
  return html`<details${i === 0 && html` open`}><summary>${language}</summary>\n${some.map((way) => wayBlock(way, about))}</details>\n`;
})}</section>
`;
}

function openedOf({ path, cid, reader, item, references, intake, isPublished }: PageAbout): OpenedDataset {
  const reference = references?.find((each) => each.path === "");
  return {
    path,
    cid,
    name: path.slice(path.lastIndexOf("/") + 1) || cid,
    form: formOf(item, reader),
    ...(reference &&
      !("why" in reference) && { reference: { cid: reference.cid, consolidated: reference.consolidated } }),
    ...(isPublished && { itemFile: itemFile(path) }),
    ...(intake && { intake }),
  };
}

/** What only a portal's own address completes is hidden, where the campaign has no name for it, until a script knows that. */
function wayBlock({ id, title, install, text, isUntested }: Way, { facts }: PageAbout): Html {
  const isHidden = !facts.domain && (needs(text, "portal") || needs(text, "portalUrl"));
  return html`<div class="way" id="${id}"${isHidden && html` hidden`}><h3>${title}${isUntested && html` <small>not run by our tests</small>`}</h3>
${install !== undefined && html`<p class="install"><code>${install}</code></p>\n`}${codeBlock(pieceSpans(text, facts))}</div>
`;
}

export const codeBlock = (content: Content): Html =>
  html`<pre tabindex="0"><code>${content}</code></pre><button type="button" class="copy" hidden>Copy</button>\n`;

/** Each place in a span of its own, in which a script writes what it is here. */
function pieceSpans(text: readonly Piece[], { gateways, domain = "" }: PageAbout["facts"]): Content {
  const base = gateways[0] ?? usualGateway;
  const known = { gateway: base, portal: `ipns://${domain}`, portalUrl: `${base}/ipns/${domain}` };
  return text.map((piece) =>
    typeof piece === "string" ? piece : html`<span data-place="${piece.place}">${known[piece.place]}</span>`,
  );
}

/** Files to download: the dataset itself, and those in it as far as they are listed. */
export function fileSection(about: PageAbout, page: string): Content {
  if (!about.isPublished) return undefined;
  const href = dataHref(about, page);
  const { form, name } = openedOf(about);
  const size = sizeOf(about.item);
  const sized = size === undefined ? "" : `, ${formatBytes(size)}`;
  const links = isFile(form)
    ? html`<a class="button" href="${href}" download="${name}">Download the file${sized}</a>`
    : html`<a class="button" href="${href}/">Look at its files</a> <a class="button" data-format="tar" href="${href}?format=tar" download="${name}.tar">Download as TAR${sized}</a>`;
  const files = filesOf(about);
  const count = about.item.properties["fieldtree:member_count"];
  const left = (typeof count === "number" ? count : files.length) - files.length;
  return html`<section aria-labelledby="files-title"><h2 id="files-title">Files</h2>
<p class="buttons">${links} <a class="button" data-format="car" href="${href}?format=car" download="${name}.car">Blocks as CAR${sized}</a></p>
${
  files.length > 0 &&
  html`<details${files.length <= 12 && html` open`}><summary>${plural(files.length + Math.max(0, left), "file")}</summary>
<ul class="files">${files.map(
    (file) => html`<li><a href="${hrefBelow(href, file.path)}">${file.path}</a> <small>${file.about}</small></li>\n`,
  )}${left > 0 && html`<li>and ${left} more</li>`}</ul></details>
`
}${listIn(about.item.properties, "fieldtree:differences").length > 0 && html`<p class="quiet">They differ in: ${textList(about, "fieldtree:differences")}</p>\n`}${
  listIn(about.item.properties, "fieldtree:unreferenced").length > 0 &&
  html`<p class="quiet">No reference: ${textList(about, "fieldtree:unreferenced")}</p>\n`
}</section>
`;
}

const textList = ({ item }: PageAbout, name: string) =>
  listIn(item.properties, name)
    .filter((each) => typeof each === "string")
    .slice(0, 10)
    .join("; ");

/** Files that a page lists. */
const mostFiles = 200;

function filesOf({ item: { properties, assets } }: PageAbout): { readonly path: string; readonly about: string }[] {
  const members = listIn(properties, "fieldtree:members").flatMap((member) => {
    if (!isRecord(member) || typeof member.path !== "string") return [];
    const start = typeof member.start === "string" ? minutes(member.start) : "";
    return [{ path: member.path, about: [start, sizeText(assets[`data/${member.path}`])].filter(Boolean).join(", ") }];
  });
  if (members.length > 0) return members.slice(0, mostFiles);
  return Object.entries(assets).flatMap(([key, asset]) =>
    // Groups of a Zarr store are no files.
    key.startsWith("data/") && asset["zarr:zarr_format"] === undefined
      ? [{ path: key.slice("data/".length), about: sizeText(asset) }]
      : [],
  );
}

const sizeText = (asset: Readonly<Record<string, Json>> | undefined) =>
  typeof asset?.["file:size"] === "number" ? formatBytes(asset["file:size"]) : "";

const citationNames = { text: "Text", bibtex: "BibTeX", ris: "RIS", csl: "CSL-JSON", cff: "CITATION.cff" } as const;

export function citationSection(about: PageAbout): Content {
  const work = releasedWork(about.item, about.cid, about.facts, firstPublished(about));
  const blocks = Object.entries(citationFormats).map(([format, { write, file }]) => {
    // RIS ends its lines with CR LF: a page shows a CR as what is unseen, and what is copied has the lines of the reader's system.
    const text = write(work).trimEnd().replaceAll("\r\n", "\n");
    const name = citationNames[format as keyof typeof citationNames];
    if (format === "text") return html`<div class="way citation">${codeBlock(text)}</div>\n`;
    return html`<details data-file="${file}"><summary>${name}</summary><div class="way">${codeBlock(text)}</div></details>\n`;
  });
  return html`<section aria-labelledby="cite-title"><h2 id="cite-title">Cite</h2>
<p class="quiet">It names the CID: exactly these bytes, whatever comes later.</p>
${blocks}</section>
`;
}

/** The date of the release that brought these data. */
function firstPublished({ versions, cid }: PageAbout): string | undefined {
  const events = versions?.events ?? [];
  const data = dataOf(events[0]?.cid ?? cid);
  const end = events.findIndex((event) => event.op === "removed" || dataOf(event.cid) !== data);
  const run = end < 0 ? events : events.slice(0, end);
  return run.at(-1)?.made;
}

export function versionSection({ versions, path }: PageAbout): Content {
  if (!versions) return undefined;
  const isInside = versions.path !== path;
  const lines = versionLines(versions).slice(0, mostVersions);
  const left = versions.events.length + (versions.dropped ?? 0) - lines.length;
  return html`<section aria-labelledby="versions-title"><h2 id="versions-title">Versions</h2>
${isInside && html`<p class="quiet">Of <code>${versions.path}</code>, of which it is a part.</p>\n`}<ol class="versions">
${lines.map((line, i) => versionLine(line, lines[i + 1] !== undefined))}${left > 0 && html`<li>and ${left} earlier</li>`}</ol>
</section>
`;
}

const mostVersions = 50;

const ops: Readonly<Record<VersionOp, string>> = {
  added: "added",
  updated: "updated",
  moved: "moved",
  removed: "removed",
  respelt: "the same data under another spelling of its CID",
};

function versionLine({ release, made, op, cid, from, sameAs, portal, path }: VersionLine, hasOlder: boolean): Html {
  const isCompared = hasOlder && op === "updated";
  return html`<li${isCompared && html` data-compare`}${portal !== undefined && html` data-item="ipfs://${portal}/${itemFile(path)}"`}><strong>Release ${release}</strong>, <time>${made.slice(0, 10)}</time>: ${ops[op]}${
    from !== undefined && html` from <code>${from}</code>`
  }${sameAs !== undefined && html`, again as in release ${sameAs}`} <a class="cid" href="ipfs://${cid}">${cid}</a></li>
`;
}

/** Hints are mostly for its authors, so they are folded away. */
export function findingSection({ findings }: PageAbout): Content {
  if (findings.length === 0) return undefined;
  const problems = findings.filter(({ level }) => level !== "hint");
  const hints = findings.filter(({ level }) => level === "hint");
  return html`<section aria-labelledby="findings-title"><h2 id="findings-title">What to know before using it</h2>
${problems.length > 0 && findingList(problems)}${
  hints.length > 0 &&
  html`<details><summary>${plural(hints.length, "hint")} for its authors</summary>\n${findingList(hints)}</details>\n`
}</section>
`;
}

function findingList(findings: PageAbout["findings"]): Html {
  const left = findings.length - mostFindings;
  return html`<ul class="findings">
${findings
  .slice(0, mostFindings)
  .map(
    ({ level, rule, says, fix }) =>
      html`<li class="${level}"><p><strong>${levels[level]}</strong> ${says}</p>${fix !== undefined && html`<p class="fix">To fix: ${fix}</p>`}<p><code class="rule">${rule}</code></p></li>\n`,
  )}${left > 0 && html`<li>and ${left} more</li>`}</ul>
`;
}

const mostFindings = 50;

const levels = { error: "Error:", warning: "Warning:", hint: "Hint:" } as const;

export function relatedSection({ related }: PageAbout, page: string): Content {
  if (related.length === 0) return undefined;
  return html`<section aria-labelledby="related-title"><h2 id="related-title">Related</h2>
<ul class="related">
${related.map(({ path, title, why }) => html`<li><a href="${relative(page, datasetPage(path))}">${title}</a> <small>${path}; ${why}</small></li>\n`)}</ul>
</section>
`;
}
