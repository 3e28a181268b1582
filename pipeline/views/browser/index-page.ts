/**
 * `index.html`: what the release has, and the datasets that were added last, as links. It can be read without a script; with one,
 * `app/find.js` takes it over and searches.
 */

import { evenlyOf } from "../../core/evenly.ts";
import { sizeOf, textIn, timeOf } from "../../core/page/about.ts";
import { contributeFile } from "../../core/page/contribute.ts";
import { documentOf } from "../../core/page/document.ts";
import { groupColours, groupsIn } from "../../core/page/groups.ts";
import { dataScript, html } from "../../core/page/html.ts";
import { frameOf } from "../../core/page/outline.ts";
import { type ListRow, rowOf, rowTexts } from "../../core/page/row.ts";
import type { DatasetEntry, Entry } from "../../core/stac/catalog-entry.ts";
import { grouped } from "../../core/text/plural.ts";
import type { Content } from "../view.ts";
import { elsewhere } from "./elsewhere.ts";

/** Rows of the page. A campaign that has no more is listed whole, without a script. */
const mostRows = 24;

/** Boxes that the frame of pictures is made of. */
const mostBoxes = 2000;

/** What scripts need before they have read anything else. The page has it in `<script id="campaign">`. */
export interface CampaignFacts {
  readonly title: string;
  readonly release: { readonly number: number; readonly made: string; readonly root: string };
  readonly counts: Readonly<Record<Entry["kind"], number>>;
  /** First and last day of the data. */
  readonly time?: readonly [string, string];
  readonly frame: readonly [number, number, number, number];
  /** Platforms, the commonest first. */
  readonly groups: readonly string[];
}

/** @param numberOf what was added later has a greater one. */
export function indexPage({ draft, entries, campaign }: Content, numberOf: (path: string) => number): string {
  const title = campaign.title || campaign.campaign;
  const datasets = entries.filter((entry) => entry.kind === "dataset");
  const facts: CampaignFacts = {
    title: title.slice(0, 300).toWellFormed(),
    release: { number: draft.number, made: draft.made, root: draft.root.toString() },
    counts: {
      dataset: datasets.length,
      plain: entries.filter(({ kind }) => kind === "plain").length,
      failed: entries.filter(({ kind }) => kind === "failed").length,
    },
    ...daysOf(datasets),
    frame: frameOf(evenlyOf(datasets, mostBoxes).flatMap(({ item }) => (item.bbox ? [item.bbox] : []))),
    groups: platformsOf(datasets),
  };
  const isOther = ({ kind }: Entry) => (kind === "dataset" ? 0 : 1);
  const newest = [...entries]
    .sort((a, b) => isOther(a) - isOther(b) || numberOf(b.path) - numberOf(a.path))
    .slice(0, mostRows);
  const options = { frame: facts.frame, groups: facts.groups, texts: rowTexts };
  const head = html`<meta name="description" content="${aboutText(facts)}">
<meta property="og:type" content="website">
<meta property="og:title" content="${facts.title}">
<meta property="og:description" content="${aboutText(facts)}">
${dataScript("application/json", "campaign", facts)}
`;
  return documentOf(
    { title: facts.title, root: "", script: "find", kind: "find", head },
    html`<a class="skip" href="#list">Skip to the datasets</a>
<header class="site">
<h1>${facts.title}</h1>
<p class="release">${releaseText(facts)}</p>
<nav aria-label="Other forms of the data, and adding to it"><a href="tree/">All files</a><a href="stac/catalog.json">STAC</a><a href="index.json">index.json</a><a href="${contributeFile}">Contribute data</a></nav>
</header>
<div class="finder">
<div id="ask" class="scripted"></div>
<div id="filters" class="scripted"></div>
<div id="overview" class="scripted"></div>
<main id="list" tabindex="-1">
<p class="count">${countText(facts, newest.length)}</p>
<ol class="rows">
${newest.map((entry) => html`<li>${rowOf(listRowOf(entry), options)}</li>\n`)}</ol>
</main>
</div>
<footer>${elsewhere(campaign)}<p>A CID names exactly these bytes, wherever they are stored. This release: <code class="cid">${facts.release.root}</code></p></footer>
`,
  );
}

function releaseText({ release, counts }: CampaignFacts): string {
  return `Release ${release.number}, ${release.made.slice(0, 10)} · ${plural(counts.dataset, "dataset")}`;
}

function aboutText({ title, counts, time }: CampaignFacts): string {
  return `${title}: ${plural(counts.dataset, "dataset")}${time ? ` from ${time[0]} to ${time[1]}` : ""}.`;
}

function countText({ counts }: CampaignFacts, shown: number): string {
  const all = counts.dataset + counts.plain + counts.failed;
  return shown === all ? plural(all, "entry", "entries") : `The newest ${shown} of ${grouped(all)}`;
}

const plural = (n: number, one: string, many = `${one}s`) => `${grouped(n)} ${n === 1 ? one : many}`;

function daysOf(datasets: readonly DatasetEntry[]): Pick<CampaignFacts, "time"> {
  let [first, last]: [string | undefined, string | undefined] = [undefined, undefined];
  for (const { item } of datasets) {
    const time = timeOf(item);
    if (!time) continue;
    const [start, end] = [time.start.slice(0, 10), time.end.slice(0, 10)];
    if (first === undefined || start < first) first = start;
    if (last === undefined || end > last) last = end;
  }
  return first !== undefined && last !== undefined ? { time: [first, last] } : {};
}

function platformsOf(datasets: readonly DatasetEntry[]): readonly string[] {
  const platforms = datasets.flatMap(({ item }) => textIn(item.properties, "platform") ?? []);
  return groupsIn(platforms)
    .slice(0, groupColours - 1)
    .map((platform) => platform.slice(0, 200).toWellFormed());
}

function listRowOf(entry: Entry): ListRow {
  const { path, kind } = entry;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (entry.kind === "failed") return { path, kind, title: name, format: entry.reader, reason: entry.failure.message };
  if (entry.kind === "plain") {
    const { kind: form, media, size } = entry.plain;
    return { path, kind, title: name, format: media?.mediaType ?? form, size };
  }
  const { properties, bbox, geometry } = entry.item;
  const time = timeOf(entry.item);
  return {
    path,
    kind,
    title: textIn(properties, "title") ?? path,
    format: entry.reader,
    ...(time && { time: [time.start, time.end] as const }),
    ...(bbox && { bbox }),
    ...(geometry && { geometry }),
    platform: textIn(properties, "platform"),
    size: sizeOf(entry.item),
  };
}
