/**
 * Text of strangers takes time in proportion to its length, or is cut off at one.
 *
 * Each reader of such text is given each of many small pieces, repeated, alone and in the form that the reader expects. What
 * counts is processor time of this thread, which other programs hardly lengthen, against an allowance many times
 * what linear work takes: a quadratic reader misses it by far at the lengths used here, and at the smaller one already.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { decompressors } from "../pipeline/campaign/readers/decompressors.ts";
import { parseAddress } from "../pipeline/cli/address/parse-address.ts";
import { interpret } from "../pipeline/core/attributes/interpret.ts";
import { licenceOf } from "../pipeline/core/attributes/licence.ts";
import { namesIn } from "../pipeline/core/attributes/people.ts";
import { linkIn, referencesIn } from "../pipeline/core/attributes/references.ts";
import { lines, oneLine, unquoted } from "../pipeline/core/attributes/text.ts";
import { readCampaign } from "../pipeline/core/campaign/campaign.ts";
import { withoutSlash } from "../pipeline/core/campaign/fields.ts";
import { readPinlist } from "../pipeline/core/campaign/pinlist.ts";
import { angleOf } from "../pipeline/core/cf/place/angle.ts";
import { namesOf } from "../pipeline/core/cf/standard-names/standard-names.ts";
import { table, version } from "../pipeline/core/cf/standard-names/table.ts";
import { calendarOf } from "../pipeline/core/cf/time/calendar.ts";
import { timeCodingOf } from "../pipeline/core/cf/time/time.ts";
import { unitOf } from "../pipeline/core/cf/units/read-unit.ts";
import { readCid } from "../pipeline/core/cid.ts";
import { creatorOf } from "../pipeline/core/cite/creator.ts";
import { readDois } from "../pipeline/core/datacite/dois.ts";
import { instantOf, isInstant } from "../pipeline/core/dataset/instant.ts";
import { idOf, itemFile } from "../pipeline/core/stac/names.ts";
import { inert } from "../pipeline/core/text/inert.ts";
import { code } from "../pipeline/core/text/markdown.ts";
import { shown } from "../pipeline/core/text/shown.ts";
import { formatTree } from "../pipeline/core/tree/format.ts";
import { mergeTrees } from "../pipeline/core/tree/merge.ts";
import { whatIsBad } from "../pipeline/core/tree/names.ts";
import { readTree } from "../pipeline/core/tree/tree.ts";
import { readYaml } from "../pipeline/core/yaml/yaml.ts";
import { withBlocks } from "../pipeline/formats/block-cache.ts";
import { datasetMeta } from "../pipeline/formats/dataset-meta.ts";
import { type FormatReader, startLength } from "../pipeline/formats/reader.ts";
import { sounding } from "../pipeline/formats/table/sounding.ts";
import { table as tableReader } from "../pipeline/formats/table/table.ts";
import { geojson } from "../pipeline/formats/tracks/geojson.ts";
import { gpx } from "../pipeline/formats/tracks/gpx.ts";
import { kml } from "../pipeline/formats/tracks/kml.ts";
import { arrayOf } from "../pipeline/formats/zarr/array.ts";
import { readJsonObject } from "../pipeline/formats/zarr/json.ts";
import { excerpt, headerValue, waitOf, withoutSecrets } from "../pipeline/http/http.ts";
import * as txt from "../pipeline/names/dnslink/providers/txt.ts";
import { linkOf } from "../pipeline/names/dnslink/record.ts";
import { addressOf, formOf, names, rangeOf } from "../pipeline/serve/request.ts";
import { folderOf } from "./fakes/folder.ts";
import { rangesOf } from "./fakes/range-source.ts";
import { testWorld } from "./fakes/world.ts";
import { eolFile, frdFile } from "./formats/table/soundings.ts";

const utf8 = new TextEncoder();
const standardNames = namesOf(version, table);

type Reader = (text: string) => unknown;

/** Attributes of a dataset, by which of them holds the text. */
const attribute =
  (...attributes: string[]): Reader =>
  (text) =>
    interpret(
      { creator_name: "a, b", ...Object.fromEntries(attributes.map((each) => [each, text])) },
      { projects: {} },
    );

const described = (sidecar: string) =>
  datasetMeta.folders.describe(folderOf({ "dataset_meta.yaml": sidecar }), testWorld()).catch(() => undefined);

/** Whether a file is recognised, and what it is, recognised or not. */
const file = ({ files }: FormatReader, text: string) => {
  const bytes = utf8.encode(text);
  files!.recognises(bytes.subarray(0, startLength));
  return files!.describe(withBlocks(rangesOf(bytes)), testWorld());
};

const readers: Readonly<Record<string, Reader>> = {
  "zarr: JSON": (text) => readJsonObject(utf8.encode(text), "zarr.json"),
  "zarr: JSON, in a string that never ends": (text) => readJsonObject(utf8.encode(`{"a":"${text}`), "zarr.json"),
  "zarr: JSON, with a word that JSON lacks": (text) => readJsonObject(utf8.encode(`{"a":NaN,${text}}`), "zarr.json"),
  "zarr: a data type": (text) =>
    arrayOf("a", { document: { dtype: text, shape: [1] }, attributes: {} }, 2, decompressors),
  "zarr: a data type of version 3": (text) =>
    arrayOf("a", { document: { data_type: text, shape: [1] }, attributes: {} }, 3, decompressors),
  "a table": (text) => file(tableReader, text),
  "a table, its names": (text) => file(tableReader, `time,${text},lat\n1,2,3\n1,2,3\n`),
  "a table, a cell": (text) => file(tableReader, `time,a,lat\n1,2,3\n1,2,3\n${"1,2,3\n".repeat(100)}1,${text},3\n`),
  "a table, its comments": (text) => file(tableReader, `# title: ${text}\n# ${text}\ntime,a,lat\n1,2,3\n1,2,3\n`),
  "a table, in quotation marks": (text) => file(tableReader, `time,a\n1,2\n1,2\n1,"${text}\n1,2\n`),
  "a sounding": (text) => file(sounding, `Data Type: ${text}\nUTC Launch Time (y): ${text}\n${text}`),
  "a sounding, its place": (text) => file(sounding, eolFile([]).replace("59 25.92'W", text)),
  "a sounding, its columns": (text) => file(sounding, eolFile([]).replace("--------", `--------${text}`)),
  "a sounding, a row": (text) => file(sounding, `${eolFile([])}${text}\n`),
  "a sounding, in FRD": (text) => file(sounding, frdFile([]).replace("Date:", text).replace(" NS ", text)),
  GeoJSON: (text) => file(geojson, `{"type":"FeatureCollection",${text}`),
  "GeoJSON, a property": (text) =>
    file(geojson, JSON.stringify({ type: "Feature", properties: { time: text, a: text } })),
  GPX: (text) => file(gpx, `<gpx>${text}</gpx>`),
  "GPX, a comment": (text) =>
    file(gpx, `<!DOCTYPE a [${text}]><!--${text}--><gpx><metadata><name>a</name></metadata></gpx>`),
  "KML, coordinates": (text) => file(kml, `<kml><LineString><coordinates>1,2 ${text}</coordinates></LineString></kml>`),
  "attributes: names": (text) => namesIn(text),
  "attributes: names of two": (text) => namesIn(text, 2),
  "citation: a name": (text) => creatorOf(text),
  "attributes: creators": attribute("creator_name", "creator_email", "creator_id", "creator_institution"),
  "attributes: contributors": attribute("contributor_name", "contributor_email", "contributor_role"),
  "attributes: what is it": attribute("title", "summary", "history", "source", "comment", "keywords", "project"),
  "attributes: when and where": attribute("date_created", "processing_level", "product_version", "platform"),
  "attributes: extents": attribute(
    ...["time_coverage_start", "time_coverage_end", "time_coverage_duration"],
    ...["geospatial_bounds", "geospatial_bounds_crs", "geospatial_lat_min"],
  ),
  "attributes: a licence": (text) => licenceOf(text),
  "attributes: references": (text) => referencesIn(text),
  "attributes: a DOI": (text) => linkIn(text),
  "attributes: a line": (text) => oneLine(text, 200),
  "attributes: lines": (text) => lines(text, 20_000),
  "attributes: quotation marks": (text) => unquoted(text),
  "CF: units of time": (text) => timeCodingOf(text),
  "CF: a reference date": (text) => timeCodingOf(`days since 2024-01-01${text}`),
  "CF: units of an angle": (text) => angleOf(text),
  "CF: a unit": (text) => [unitOf(text), unitOf(text.slice(0, 199)), unitOf(`m since ${text}`)],
  "CF: a unit in parentheses": (text) => unitOf(`(((${text.slice(0, 190)}`),
  "CF: a standard name": (text) => [
    standardNames.find(text),
    standardNames.nearest(text),
    standardNames.nearest(text.slice(0, 199)),
  ],
  "CF: a calendar": (text) => calendarOf(text),
  "an instant": (text) => [instantOf(text), isInstant(text)],
  "a CID": (text) => readCid(text),
  "a CIDv1": (text) => readCid(`bafy${text}`),
  "an address": (text) => [parseAddress(`x${text}`), parseAddress(text)],
  "an address of a gateway": (text) => parseAddress(`https://ipfs.io/ipfs/${text}`),
  "a name": (text) => [whatIsBad(text), idOf(text), itemFile(text)],
  YAML: (text) => readYaml(text, { maxDepth: 32 }),
  "YAML, in quotation marks": (text) => readYaml(`a: "${text}`, { maxDepth: 32 }),
  "YAML, in brackets": (text) => readYaml(`a: [${text}`, { maxDepth: 32 }),
  "tree.yaml": (text) => readTree(text),
  "tree.yaml, a value": (text) => readTree(`a: ${text}`),
  "tree.yaml, formatted": (text) => formatTree(text),
  "tree.yaml, merged": (text) => mergeTrees("a:\n", text, "b:\n"),
  "campaign.yaml": (text) => readCampaign(text),
  "dois.yaml": (text) => readDois(text),
  "dois.yaml, a DOI": (text) => readDois(`a: { doi: 10.5072/${text}, cid: ${text}, state: draft }`),
  "campaign.yaml, a title": (text) => readCampaign(`campaign: a\ntitle: ${text}`),
  "campaign.yaml, an address": (text) => readCampaign(`campaign: a\ngateways: [${text}]`),
  "pinlist.yaml": (text) => readPinlist(text),
  "a sidecar": (text) => described(text),
  "a sidecar, a value": (text) => described(`attributes:\n  title: ${text}\n  references: ${text}\n`),
  "a sidecar, an extent": (text) => described(`attributes: {title: a}\nextent:\n  temporal: [${text}]\n`),
  "DNS: a record": (text) => linkOf(`dnslink=${text}`),
  "DNS: a TXT in quotation marks": (text) => [txt.unquoted(text), txt.unquoted(`"${text}`), txt.quoted(text)],
  "HTTP: an address": (text) => addressOf(`/ipfs/${text}`),
  "HTTP: what is accepted": (text) => formOf(new URLSearchParams(text), text),
  "HTTP: a range": (text) => [rangeOf(`bytes=${text}`, 1000), rangeOf(`bytes=1${text}`, 1000)],
  "HTTP: tags": (text) => [names(text, '"a"'), names(`"${text}`, '"a"')],
  "HTTP: a header of ours": (text) => headerValue("a", "b", `x${text}`, "c"),
  "an address that ends in slashes": (text) => withoutSlash(`https://a/${text}`),
  "HTTP: a wait": (text) => waitOf(text),
  "HTTP: what a service answers": (text) => [excerpt(text), withoutSecrets(text, ["Bearer a-long-secret-token"])],
  "shown: on a terminal": (text) => [shown(text), shown(text, 1_000_000)],
  "shown: as Markdown": (text) => [code(text), code(text, 1_000_000), inert(text), inert(text, 500)],
};

/** What a text is made of: marks that open and never close, blanks, separators, and parts that look like something. */
const pieces = [
  ...['"', "'", '\\"', "\\", "`", "(", ")", "[", "]", "{", "}", "<", ">", ",", ";", ":", "|", "*", "_", "~", "#", "@"],
  ...[
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\u00a0",
    "\u2028",
    "\u202e",
    "-",
    "--",
    "+",
    ".",
    "/",
    "\\n",
    "=",
    "&",
    "%",
    "%2",
    "!",
    "?",
  ],
  ...[
    "a ",
    " a",
    "a,",
    ",'x",
    "' ",
    "J.",
    "J. ",
    "a and ",
    " & ",
    "“a,",
    "«;",
    "a@a.",
    "a@",
    "<a@a",
    "\n'",
    "Ph.D.",
    "(a",
    "a, ",
  ],
  ...[
    "http://",
    "https://a,",
    "https://a/)",
    "10.1234/",
    "doi:",
    "0000-",
    "1",
    "-1 ",
    "1.",
    "1e",
    "0x",
    "NaN",
    "-Infinity,",
  ],
  ...[
    "a: ",
    "a:\n",
    "- ",
    "? ",
    "&a ",
    "*a ",
    "!a ",
    "# ",
    "'a",
    '"a',
    '"a":',
    "a: &a ",
    "<<: ",
    "|\n ",
    "> \n",
    "---\n",
  ],
  ...[
    "POLYGON((",
    "P1",
    "T",
    "Z",
    "2024-",
    "since ",
    "CC BY ",
    "CC-",
    "Qm",
    "baf",
    "dnslink=",
    "bytes=",
    '"a",',
    "W/",
    "q=0,",
  ],
  ...["<!--", "-->", "&amp;", "](", "![", "```", "\n\n", " \n", "a\n", "é", "\ud800", "😀", "\u0301", "ß", "İ"],
];

/** Characters; and ms of processor time for so many: what is linear takes a tenth of it. */
const lengths = [
  { length: 5000, allowed: 100 },
  { length: 25_000, allowed: 300 },
];

/** A machine that is suspended for a while, or tidies up memory, makes one measurement long, seldom ten in a row. */
const mostMeasured = 10;

/** ms of processor time that the reader takes. Refusing is as good as reading. */
async function timeOf(reader: Reader, text: string): Promise<number> {
  const before = process.threadCpuUsage();
  try {
    await reader(text);
  } catch {
    // Failures are the reader's answer, and so are refusals of an address.
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

describe("time in proportion to length:", () => {
  for (const [name, reader] of Object.entries(readers)) {
    it(name, async () => {
      const slow: string[] = [];
      for (const piece of pieces) {
        for (const { length, allowed } of lengths) {
          const text = `${piece.repeat(length / piece.length)}x`;
          let time = await timeOf(reader, text);
          for (let more = 1; more < mostMeasured && time > allowed; more++) {
            await sleep(10 * more);
            time = Math.min(time, await timeOf(reader, text));
          }
          if (time <= allowed) continue;
          slow.push(`${JSON.stringify(piece)} × ${length / piece.length}: ${Math.round(time)} ms`);
          break;
        }
      }
      expect(slow).toEqual([]);
    });
  }
});
