/**
 * The HTML page of a directory: names in byte order, sizes from the directory's links, CIDs.
 *
 * It has no script, and a large directory is split into pages. Sizes are Tsizes, so that no child has to be loaded. For the
 * same reason it is unknown whether a child is a directory; the redirect to `name/` handles that.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#generated-html-with-directory-index
 */
import { withEntities } from "../../core/text/entities.ts";
import { plural } from "../../core/text/plural.ts";
import { unprintable } from "../../core/text/shown.ts";
import { escapedName } from "../request.ts";

/** To be raised when the page of the same directory changes: it is part of the ETag. */
export const listingVersion = 2;

/** Entries on a page. */
export const pageLength = 1000;

export interface Listed {
  /** `ipfs` or `ipns`, the root, and the names below it, decoded. */
  readonly trail: readonly string[];
  /** What precedes the names in links to the entries: `/ipfs/CID`, or nothing where the host is the root. */
  readonly base: string;
  /** What precedes links to other roots: nothing, or `//host`; absent where there are none. */
  readonly others: string | undefined;
  /** What precedes the names in the links of the heading. */
  readonly home: string;
  readonly cid: string;
  /** Those of this page. */
  readonly entries: readonly ListedEntry[];
  /** Entries of the whole directory. */
  readonly count: number;
  /** From 1. */
  readonly page: number;
}

export interface ListedEntry {
  readonly name: string;
  readonly cid: string;
  /** Bytes. */
  readonly tsize: number;
  /** Whether its link ends in a slash. */
  readonly slash?: boolean;
}

export function listing(listed: Listed): string {
  const { count, page, entries } = listed;
  const pages = Math.max(1, Math.ceil(count / pageLength));
  const turn = (to: number, label: string) => (to < 1 || to > pages ? "" : ` <a href="?page=${to}">${label}</a>`);
  const turning =
    pages === 1 ? "" : `<p>Page ${page} of ${pages}.${turn(page - 1, "Previous")}${turn(page + 1, "Next")}</p>`;
  const rows = entries.map((entry) => `${rowOf(listed, entry)}\n`);
  return `${headOf({ ...listed, parent: true, turning })}${rows.join("")}${footOf(turning)}`;
}

/** Everything before the rows. */
export function headOf(
  listed: Omit<Listed, "entries" | "page"> & { readonly parent: boolean; readonly turning: string },
): string {
  const { trail, home, cid, count, parent, turning } = listed;
  const [namespace = "", ...names] = trail;
  const title = `/${trail.join("/")}/`;
  const crumbs = names.map((name, i) => {
    const top = /^\/\/[^/]+$/.test(home) ? `${home}/` : home;
    const href = i === 0 ? top : [home, ...names.slice(1, i + 1).map(escapedName)].join("/");
    return `<a href="${escaped(href)}">${escaped(name)}</a>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Index of ${escaped(title)}</title>
<style>
:root{color-scheme:light dark;font:16px/1.5 system-ui,"Liberation Sans",sans-serif}
body{max-width:70rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8884;vertical-align:top}
.n{text-align:right;white-space:nowrap}.ipfs-hash{font:.8rem ui-monospace,monospace}
td:first-child{unicode-bidi:isolate}
@media(max-width:40rem){td:last-child,th:last-child{display:none}}
</style>
<main>
<h1 style="font-size:1.2rem">Index of /${escaped(namespace)}/${crumbs.join("/")}</h1>
<p>${plural(count, "entry", "entries")} · ${cidLink(listed, cid)}${parent ? ' · <a href="?format=car" download>CAR</a> · <a href="?format=tar" download>TAR</a>' : ""}</p>
${turning}<table>
<thead><tr><th scope="col">Name</th><th scope="col" class="n">Size with its blocks</th><th scope="col">CID</th></tr></thead>
<tbody>
${parent && trail.length > 2 ? `<tr><td><a href="${escaped(pathTo(listed, [".."]))}">..</a></td><td></td><td></td></tr>\n` : ""}`;
}

/** Everything after the rows. */
export function footOf(turning: string): string {
  return `</tbody>
</table>
${turning}</main>
</html>
`;
}

/** The row of an entry. A name that a browser resolves as a parent directory, in any encoding, gets no link. */
export function rowOf(
  listed: Pick<Listed, "trail" | "base" | "others">,
  { name, cid, tsize, slash = false }: ListedEntry,
): string {
  const end = slash ? "/" : "";
  const link = /^\.{0,2}$/.test(name)
    ? escaped(name)
    : `<a href="${escaped(pathTo(listed, [name]))}${end}">${escaped(name)}${end}</a>`;
  // The name is encoded twice, as Kubo does: tools that follow its links find these.
  const filename = encodeURIComponent(encodeURIComponent(name.toWellFormed()));
  return (
    `<tr><td>${link}</td><td class="n">${sizeOf(tsize)}</td>` +
    `<td>${cidLink(listed, cid, `?filename=${escaped(filename)}`)}</td></tr>`
  );
}

function cidLink({ others }: Pick<Listed, "others">, cid: string, query = ""): string {
  if (others === undefined) return `<span class="ipfs-hash" translate="no">${cid}</span>`;
  return `<a class="ipfs-hash" translate="no" href="${others}/ipfs/${cid}${query}">${cid}</a>`;
}

/** The address of a name in the directory, as path of this host. */
function pathTo({ trail, base }: Pick<Listed, "trail" | "base">, below: readonly string[]): string {
  return [
    base,
    ...trail.slice(2).map(escapedName),
    ...below.map((name) => (name === ".." ? name : escapedName(name))),
  ].join("/");
}

/** 1 234 567 → `1.23 MB`. */
function sizeOf(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(bytes) / 3));
  return `${step === 0 ? bytes : (bytes / 1000 ** step).toPrecision(3)} ${["B", "kB", "MB", "GB", "TB", "PB"][step]}`;
}

/** For text and quoted attributes. Invisible characters, and those that change the direction of text, become a mark. */
export function escaped(text: string): string {
  return withEntities(text).replace(everyUnprintable, "\ufffd");
}

const everyUnprintable = new RegExp(unprintable, "g");
