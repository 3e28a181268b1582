/** What is known about a dataset: people, licence, keywords, publications and the other attributes, each as a row. */
import { doiUrl } from "../datacite/doi.ts";
import { isRecord, type Json } from "../json.ts";
import { formatBytes } from "../text/shown.ts";
import { listIn, type PageAbout, sizeOf, textIn, textsIn } from "./about.ts";
import { type Content, type Html, html, linked } from "./html.ts";

/** A term and what it is; left out where that is blank. */
type Row = readonly [term: string, value: Content];

export const isBlank = (value: Content): boolean =>
  value === undefined || value === false || value === "" || (Array.isArray(value) && value.length === 0);

export function rows(all: readonly Row[]): Content {
  const filled = all.filter(([, value]) => !isBlank(value));
  if (filled.length === 0) return undefined;
  return html`<dl>${filled.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>\n`)}</dl>\n`;
}

/** Shown with the summary: who, under which terms, how large. */
export function keyFacts(about: PageAbout): Content {
  const { item, cid, reader, path, facts } = about;
  const { properties } = item;
  const size = sizeOf(item);
  const doi = textIn(properties, "sci:doi");
  const providers = listIn(properties, "providers").flatMap((provider) =>
    isRecord(provider) && typeof provider.name === "string" ? [provider.name] : [],
  );
  return rows([
    ["People", peopleList(listIn(properties, "contacts"))],
    ["Institutions", listed(providers)],
    ["Licence", licence(about)],
    ["DOI", doi !== undefined && linked(doiUrl(doi), doi)],
    ["Platform", textIn(properties, "platform")],
    ["Instruments", listed(textsIn(properties, "instruments"))],
    ["Projects", listed(textsIn(properties, "fieldtree:projects"))],
    ["Format", formatText(item.assets.data ?? {}, reader)],
    ["Size", size !== undefined && formatBytes(size)],
    ["Campaign", about.isPublished && (facts.title || facts.campaign)],
    ["Path", html`<code>${path}</code>`],
    ["CID", html`<code class="cid">${cid}</code>`],
  ]);
}

/** People by name, those with the role of creators without it. */
function peopleList(contacts: readonly Json[]): Content {
  const people = contacts.slice(0, mostPeople).flatMap((contact) => {
    if (!isRecord(contact) || typeof contact.name !== "string") return [];
    const { name, identifier, organization, roles } = contact;
    const [role] = Array.isArray(roles) ? roles : [];
    const orcid =
      typeof identifier === "string" && /^https:\/\/orcid\.org\/[\dX-]{19}$/.test(identifier) ? identifier : undefined;
    return html`<li>${name}${
      orcid !== undefined &&
      html` <a class="orcid" href="${orcid}" rel="noopener" aria-label="ORCID of ${name}">ORCID</a>`
    }${typeof role === "string" && role !== "creator" && html` <small>${role}</small>`}${
      typeof organization === "string" && html`<small>${organization}</small>`
    }</li>\n`;
  });
  if (people.length === 0) return undefined;
  const left = contacts.length - people.length;
  return html`<ul class="people">${people}${left > 0 && html`<li>and ${left} more</li>`}</ul>`;
}

const mostPeople = 50;

function licence({ item: { properties, links } }: PageAbout): Content {
  const link = links.find(({ rel }) => rel === "license");
  const id = textIn(properties, "license");
  const name = id !== undefined && id !== "other" ? id : (textIn(properties, "fieldtree:licence") ?? link?.title);
  if (name === undefined) return html`<em>none given</em>`;
  return link ? linked(link.href, name) : name;
}

/** `Zarr 2, consolidated`, `application/netcdf`. */
export function formatText(data: Readonly<Record<string, Json>>, reader: string): string {
  const zarr = data["zarr:zarr_format"];
  if (zarr !== undefined) return `Zarr ${String(zarr)}${data["zarr:consolidated"] === true ? ", consolidated" : ""}`;
  const named: Readonly<Record<string, string>> = {
    "dataset-meta": "Files",
    netcdf: data.type === "application/x-hdf5" ? "HDF5" : "NetCDF",
    odf: "Open Data Fabric",
    geojson: "GeoJSON",
    gpx: "GPX",
    kml: "KML",
  };
  return Object.hasOwn(named, reader) ? (named[reader] ?? reader) : typeof data.type === "string" ? data.type : reader;
}

const listed = (texts: readonly string[]): Content =>
  texts.length === 1 ? texts[0] : texts.length > 0 && html`<ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>`;

export function keywordList({ item: { properties } }: PageAbout): Content {
  const keywords = textsIn(properties, "keywords");
  return (
    keywords.length > 0 &&
    html`<ul class="keywords" aria-label="Keywords">${keywords.map((word) => html`<li>${word}</li>`)}</ul>\n`
  );
}

/** The attributes that remain: how it came to be, and what it follows. */
export function attributeSection({ item: { properties, links } }: PageAbout): Content {
  const publications = listIn(properties, "sci:publications").flatMap((each) =>
    isRecord(each) ? [publication(each)] : [],
  );
  const more = links.filter(({ rel }) => rel === "describedby").map(({ href, title }) => linked(href, title ?? href));
  const date = (name: string) => textIn(properties, name)?.slice(0, 10);
  const table = rows([
    ["Source", textIn(properties, "fieldtree:source")],
    ["Processing level", textIn(properties, "processing:level")],
    ["Product version", textIn(properties, "fieldtree:product_version")],
    ["Feature type", textIn(properties, "fieldtree:feature_type")],
    ["Conventions", textIn(properties, "fieldtree:conventions")],
    ["Calendar", textIn(properties, "fieldtree:calendar")],
    ["Created", date("created")],
    ["Modified", date("updated")],
    ["Issued", date("published")],
    ["Publications", publications.length > 0 && html`<ul>${publications.map((each) => html`<li>${each}</li>`)}</ul>`],
    ["See also", more.length > 0 && html`<ul>${more.map((each) => html`<li>${each}</li>`)}</ul>`],
  ]);
  return (
    table &&
    html`<section aria-labelledby="attributes-title"><h2 id="attributes-title">Attributes</h2>\n${table}</section>\n`
  );
}

function publication({ doi, citation }: Readonly<Record<string, unknown>>): Html {
  const text = typeof citation === "string" ? citation : undefined;
  if (typeof doi !== "string") return html`${text}`;
  return html`${text !== undefined && html`${text} `}${linked(doiUrl(doi), `doi:${doi}`)}`;
}

/** How it came to be, a line an entry: of an Open Data Fabric dataset, the blocks of its chain, newest first. */
export function lineageSection({ item: { properties }, reader }: PageAbout): Content {
  const lineage = textIn(properties, "processing:lineage");
  if (lineage === undefined) return undefined;
  const title = reader === "odf" ? "Chain" : "History";
  return html`<section aria-labelledby="lineage-title"><h2 id="lineage-title">${title}</h2>
<ol class="lineage">${lineage.split("\n").map((line) => html`<li>${line}</li>\n`)}</ol></section>\n`;
}
