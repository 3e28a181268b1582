/** `search`: finds datasets by words, days, places and variables, in the files that the portal's page searches. */
import { aboutAddresses } from "../cli/address/parse-address.ts";
import { openPortal, type PortalFiles } from "../cli/portal-files.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { type Box, objectionTo } from "../core/dataset/extent.ts";
import { Failure } from "../core/failure.ts";
import { openIndex, type ReadFile, timeOfIndex } from "../core/search/index/index-reader.ts";
import type { Row } from "../core/search/index/rows.ts";
import type { Query } from "../core/search/query.ts";
import { questionOf } from "../core/search/question/question.ts";
import { type Found, search as find } from "../core/search/search.ts";
import { formatName } from "../core/text/format-name.ts";
import { plural } from "../core/text/plural.ts";

/** Hits of one call. */
const mostHits = 10_000;

export const search: Verb = {
  args: "[words...]",
  flags: [
    ["--bbox <w,s,e,n>", "only what is in this box, in degrees; west greater than east crosses the antimeridian"],
    ["--from <date>", "only what has data on this day or later: 2024-08-18, 2024-08 or 2024"],
    ["--until <date>", "only what has data on this day or earlier"],
    ["--variable <name>", "only what has this variable, by its name or standard name"],
    ["--limit <n>", "how many are printed", "20"],
    ["--in <address>", "the portal that is searched; that of the newest release unless given"],
  ],
  about: `Finds what has all of the words: in titles, paths, names of variables, platforms, projects, keywords, people, formats and names of files. A
word that nothing has finds what begins with it, or what differs by a letter; \`drop*\` asks for beginnings. A date is a word, too: 2024-08-18
finds what has data on that day. Where nothing has all of the words, they are read as a question, as in the portal: "humidity near Barbados in August". Campaigns under sisters: in campaign.yaml are searched as well. Bounds are inclusive. What was added last comes first. Up to 2 000 are counted.
With --json, a line for each, then one with how many there are. Nothing found is no failure.

${aboutAddresses}`,
  example: "fieldtree search dropsondes --from 2024-08",

  async run(call) {
    const limit = limitIn(call.flags.limit);
    const query = queryOf(call);
    const portals: PortalToSearch[] = [{ portal: await openPortal(textIn(call.flags.in), call) }];
    if (call.flags.in === undefined) portals.push(...(await sistersOf(call)));
    let found: Answer = { hits: [], total: 0, more: false, corrected: [] };
    for (const { portal, sister } of portals) {
      const here = await findIn((path) => portal.read(`search/${path}`), query, Math.max(1, limit - found.hits.length));
      const hits = here.hits.slice(0, limit - found.hits.length);
      for (const hit of hits) {
        await printHit(hit, { portal, sister }, call);
        await call.out.taken();
      }
      found = joinedHits(found, { ...here, hits });
    }
    const { total, more, corrected, understood } = found;
    const summary = {
      hits: found.hits.length,
      total,
      ...(more && { more }),
      ...(corrected.length > 0 && { corrected }),
      ...(understood && { understood }),
    };
    call.out.result(summary, summaryText(found));
    return 0;
  },
};

/** What is found, and the query that was searched in place of the words typed, where nothing has all of those. */
interface Answer extends Found {
  readonly understood?: Query;
}

/** What has all the words; where nothing has, what the words ask for as a question: "humidity near Barbados in August". */
async function findIn(read: ReadFile, query: Query, limit: number): Promise<Answer> {
  const index = await openIndex(read);
  const options = { limit, count: true };
  const found = await find(index, query, options);
  if (found.total > 0 || found.more) return found;
  const { words: typed = "", ...flags } = query;
  const question = questionOf(typed, { time: await timeOfIndex(read) }).query;
  if (question.words === query.words) return found;
  const understood = { ...question, ...flags };
  const answer = await find(index, understood, options);
  return answer.total > 0 || answer.more ? { ...answer, understood } : found;
}

interface PortalToSearch {
  readonly portal: PortalFiles;
  /** Name of the sister campaign whose portal it is. */
  readonly sister?: string | undefined;
}

/** The portals of `sisters:` in campaign.yaml, as they were pulled. */
async function sistersOf(call: Call): Promise<readonly PortalToSearch[]> {
  const { facts } = await call.store();
  return Promise.all(
    (facts.sisters ?? []).map(async ({ name, portal }) => ({
      portal: await openPortal(`ipfs://${portal}`, call),
      sister: name,
    })),
  );
}

function joinedHits(one: Answer, other: Answer): Answer {
  const words = new Map([...one.corrected, ...other.corrected].map((each) => [each.typed, each]));
  return {
    hits: [...one.hits, ...other.hits],
    total: one.total + other.total,
    corrected: [...words.values()],
    more: one.more || other.more,
    ...((one.understood ?? other.understood) && { understood: one.understood ?? other.understood }),
  };
}

function queryOf({ args, flags }: Call): Query {
  const [bbox, from, until, variable] = [flags.bbox, flags.from, flags.until, flags.variable].map(textIn);
  return {
    words: args.join(" "),
    ...(bbox !== undefined && { bbox: boxIn(bbox) }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    ...(variable !== undefined && { values: { variable } }),
  };
}

const textIn = (flag: Call["flags"][string]) => (typeof flag === "string" ? flag : undefined);

function limitIn(flag: Call["flags"][string]): number {
  const limit = Number(flag);
  if (Number.isInteger(limit) && limit > 0 && limit <= mostHits) return limit;
  throw new Failure("input", `--limit takes a number from 1 to ${mostHits}, and got ${JSON.stringify(flag)}`);
}

function boxIn(text: string): Box {
  const edges = text.split(",").map((edge) => (edge.trim() === "" ? Number.NaN : Number(edge)));
  const [west, south, east, north, ...more] = edges;
  const isBox =
    west !== undefined && south !== undefined && east !== undefined && north !== undefined && more.length === 0;
  const objection = isBox ? objectionTo({ west, south, east, north }) : `it has ${plural(edges.length, "number")}`;
  if (isBox && objection === undefined) return [west, south, east, north];
  throw new Failure("input", `--bbox ${JSON.stringify(text)} is no box: ${objection}`, {
    hint: "west, south, east and north in degrees: --bbox -60,10,-50,15",
  });
}

async function printHit(
  { path, title, kind, time, bbox, platform, format }: Row,
  { portal, sister }: PortalToSearch,
  { out }: Call,
): Promise<void> {
  const cid = await portal.cidOf(`tree/${path}`);
  if (!cid) throw new Failure("corrupt", `the search index names ${path}, which is not in the tree of its portal`);
  const data = {
    path,
    ...(sister !== undefined && { sister }),
    cid: cid.toString(),
    title,
    kind,
    ...(time && { time }),
    ...(bbox && { bbox }),
    ...(platform !== undefined && { platform }),
    ...(format !== undefined && { format }),
  };
  const about = [title, time && timeText(time), bbox && boxText(bbox), platform, format && formatName(format)].filter(
    (text) => text !== undefined && text !== "",
  );
  const at = sister === undefined ? path : `${sister}/tree/${path}`;
  out.result(data, `${printable(at)}\n  ${printable(about.join(" · "))}\n  ipfs://${cid}`);
}

/** `2024-08-18`, or the first and last day. */
function timeText([start, end]: readonly [string, string]): string {
  const [first, last] = [start.slice(0, 10), end.slice(0, 10)];
  return first === last ? first : `${first} to ${last}`;
}

/** `10 to 15° N, 60 to 50° W` */
function boxText([west, south, east, north]: Box): string {
  return `${rangeText(south, north, "N", "S")}, ${rangeText(west, east, "E", "W")}`;
}

function rangeText(from: number, to: number, positive: string, negative: string): string {
  const [low, high] = [from, to].map((degrees) => Math.round(degrees * 10) / 10 + 0) as [number, number];
  const side = (degrees: number) => `° ${degrees < 0 ? negative : positive}`;
  if (low === high) return `${Math.abs(low)}${side(low)}`;
  return `${Math.abs(low)}${side(low) === side(high) ? "" : side(low)} to ${Math.abs(high)}${side(high)}`;
}

function summaryText({ hits, total, more, corrected, understood }: Answer): string {
  const instead = [
    ...(understood ? [`nothing has all of these words; searched for ${printable(questionText(understood))}\n`] : []),
    ...corrected.map(
      ({ typed, searched }) => `nothing has the word ${printable(typed)}; searched for ${printable(searched)}\n`,
    ),
  ].join("");
  if (total === 0 && !more) return `${instead}nothing found`;
  if (hits.length === total && !more) return `${instead}${total} found`;
  return `${instead}${hits.length} of ${more ? "more than " : ""}${total}; --limit shows more`;
}

/** `humidity · 10.4 to 16° N, 62.4 to 56.7° W · 2024-08-01 to 2024-08-31` */
function questionText({ words, bbox, from, until, periods }: Query): string {
  const days = from !== undefined && until !== undefined ? timeText([from, until]) : boundText(from, until);
  // Each year anew: the first and the last of them.
  const [first, last] = [periods?.[0], periods?.at(-1)];
  const each = first && last && `${timeText([first.from, first.until])} … ${timeText([last.from, last.until])}`;
  return [words, bbox && boxText(bbox), days, each].filter((text) => text !== undefined).join(" · ");
}

function boundText(from: string | undefined, until: string | undefined): string | undefined {
  if (from !== undefined) return `from ${from}`;
  return until === undefined ? undefined : `until ${until}`;
}
