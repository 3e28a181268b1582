/** `cite`: how a dataset or a release is cited. */
import { datasetAt } from "../cli/address/dataset-at.ts";
import { parseAddress } from "../cli/address/parse-address.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { citationFormats, isCitationFormat } from "../core/cite/formats.ts";
import { releasedWork } from "../core/cite/generated.ts";
import { releaseWork, type Work } from "../core/cite/work.ts";
import { Failure } from "../core/failure.ts";
import { shown } from "../core/text/shown.ts";
import type { Change } from "../core/tree/changes.ts";
import { publishedHead, releaseNumbered } from "../log/chain.ts";
import { firstPublished } from "../stages/tree/first-published.ts";

const names = Object.keys(citationFormats).join(", ");

export const cite: Verb = {
  args: "[address]",
  flags: [["--format <format>", `one of ${names}`, "text"]],
  about: `ADDRESS is the path of a dataset in the tree, with @N as release N has it, or the number of a release. Without one, the
newest release is cited. Citations name the CID: exactly these bytes. Authors, title, licence and DOI come from the dataset, the year from its
date of issue, else from the release that first had it.
  text    one line, as DataCite recommends it, or as its authors want to be cited
  bibtex  an entry for LaTeX
  ris     for Zotero, EndNote and Mendeley
  csl     CSL-JSON for pandoc
  cff     the file CITATION.cff of a repository`,
  completes: ["tree", "releases"],
  example: "fieldtree cite products/HALO/radar.zarr --format bibtex",

  async run(call) {
    const format = call.flags.format as string;
    if (!isCitationFormat(format)) {
      throw new Failure("input", `--format ${shown(format)}: there is no such format`, { hint: `one of ${names}` });
    }
    const { work, ...about } = await cited(call.args[0], call);
    const citation = citationFormats[format].write(work);
    call.out.result({ ...about, cid: work.cid, format, citation }, citation.replace(/\r?\n$/, ""));
    return 0;
  },
};

interface Cited {
  readonly work: Work;
  /** Of a dataset. */
  readonly path?: string;
  /** The release that is cited, or that first had this version of the dataset. */
  readonly release?: number;
}

async function cited(address: string | undefined, call: Call): Promise<Cited> {
  const { world } = call;
  const campaign = await call.campaign();
  const { log, facts } = campaign;
  if (address === undefined || /^\d+$/.test(address)) {
    const head = address === undefined ? publishedHead(log, world) : releaseNumbered(Number(address), log, world);
    const { release } = await head;
    return { work: releaseWork(release, facts), release: release.number };
  }
  const parsed = parseAddress(address);
  if (parsed.in !== "tree" || parsed.path === "") {
    throw new Failure("input", `${shown(address, 200)} is no path in the tree`, {
      hint: "cite products/HALO/radar.zarr, products/HALO/radar.zarr@3, or the number of a release",
    });
  }
  const { path, release } = parsed;
  const { entry, leaf } = await datasetAt({ path, release }, campaign, world);
  const head = release === undefined ? await log.head(world) : await releaseNumbered(release, log, world);
  // Of a version that is in tree.yaml and not published yet, no release has a date.
  const first = await firstPublished(leaf.path, head, log, world);
  const isPublished = first && (release !== undefined || isIn(first.release.changes, leaf.cid.toString()));
  const work = releasedWork(entry.item, entry.cid, facts, isPublished ? first.release.made : undefined);
  return { work, path, ...(isPublished && { release: first.release.number }) };
}

const isIn = (changes: readonly Change[], cid: string): boolean =>
  changes.some((change) => change.op !== "remove" && change.to === cid);
