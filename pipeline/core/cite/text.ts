/**
 * A citation as text, in the form that DataCite recommends, with the CID behind it: names of datasets change, a CID does not.
 *
 * @see https://datacite-metadata-schema.readthedocs.io/en/4.6/introduction/data-citation/
 */
import { invertedName } from "./creator.ts";
import { addressOf, type Work, yearOf } from "./work.ts";

/** One line. The wording of its authors, where they give one. */
export function citationText(work: Work): string {
  const { title, version, publisher, cid, wording } = work;
  if (wording !== undefined) return `${wording}${wording.includes(cid) ? "" : ` ipfs://${cid}`}\n`;
  const address = addressOf(work);
  const year = yearOf(work);
  const parts = [
    `${work.creators.map(invertedName).join("; ")}${year === undefined ? "" : ` (${year})`}: ${ended(title)}`,
    ...(version === undefined ? [] : [ended(/^\d/.test(version) ? `Version ${version}` : capital(version))]),
    ended(publisher),
    "Dataset.",
    address,
    ...(address.includes(cid) ? [] : [`ipfs://${cid}`]),
  ];
  return `${parts.join(" ")}\n`;
}

const ended = (sentence: string) => (/[.!?…。]$/.test(sentence) ? sentence : `${sentence}.`);
const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
