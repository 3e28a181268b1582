/**
 * A citation as RIS, which Zotero, EndNote and Mendeley import.
 *
 * A line is a tag and a text, and ends in CR LF; every text is one line, so none can begin another record.
 *
 * @see https://web.archive.org/web/20120526103719/http://refman.com/support/risformat_intro.asp
 */
import { type Creator, invertedName } from "./creator.ts";
import { addressOf, type Work, yearOf } from "./work.ts";

export function ris(work: Work): string {
  const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(work.issued ?? "");
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["TY", "DATA"],
    ...work.creators.map((creator) => ["AU", author(creator)] as const),
    ["TI", work.title],
    ["PY", yearOf(work)],
    ["DA", date ? `${date[1]}/${date[2]}/${date[3]}` : undefined],
    ["PB", work.publisher],
    ["ET", work.version],
    ["DO", work.doi],
    ["UR", addressOf(work)],
    ["AN", work.cid],
    ...work.keywords.map((word) => ["KW", word] as const),
    ["AB", work.abstract],
    ["ER", ""],
  ];
  return lines.flatMap(([tag, text]) => (text === undefined ? [] : [`${tag}  - ${text}\r\n`])).join("");
}

/** The first comma separates family and given name, so an organisation has none; an asterisk is not allowed in a name. */
function author(creator: Creator): string {
  const name = creator.kind === "organisation" ? creator.name.replace(/,/g, ";") : invertedName(creator);
  return name.replaceAll("*", "");
}
