/**
 * The HTML page of a directory: names in byte order, sizes from the directory's links, CIDs.
 *
 * It has no script, and a large directory is split into pages. Sizes are Tsizes, so that no child has to be loaded. For the
 * same reason it is unknown whether a child is a directory; the redirect to `name/` handles that.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#generated-html-with-directory-index
 */
import { plural } from "../core/text/plural.ts";
import { unprintable } from "../core/text/shown.ts";

/** To be raised when the page of the same directory changes: it is part of the ETag. */
export const listingVersion = 1;

/** Entries on a page. */
export const pageLength = 1000;

export interface Listed {
  /** `/ipfs/…` or `/ipns/…`, decoded, names only. */
  readonly trail: readonly string[];
  readonly cid: string;
  /** Those of this page. */
  readonly entries: readonly { readonly name: string; readonly cid: string; readonly tsize: number }[];
  /** Entries of the whole directory. */
  readonly count: number;
  /** From 1. */
  readonly page: number;
}

export function listing({ trail, cid, entries, count, page }: Listed): string {
  const pages = Math.max(1, Math.ceil(count / pageLength));
  const title = `/${trail.join("/")}/`;
  // One link for each name; the last one is the current directory, so the number of `../` follows from the position.
  const crumbs = trail.slice(1).map((name, i) => {
    const up = trail.length - 2 - i;
    return up === 0 ? `<b>${escaped(name)}</b>` : `<a href="${"../".repeat(up)}">${escaped(name)}</a>`;
  });
  // A name that a browser resolves as a parent directory, in any encoding, gets no link.
  const linked = (name: string) =>
    /^\.{0,2}$/.test(name) ? escaped(name) : `<a href="./${escaped(encodeURIComponent(name))}">${escaped(name)}</a>`;
  const rows = entries.map(
    ({ name, cid, tsize }) =>
      `<tr><td>${linked(name)}</td><td class="n">${sizeOf(tsize)}</td>` +
      `<td><a class="cid" href="/ipfs/${cid}?filename=${escaped(encodeURIComponent(name))}">${cid}</a></td></tr>`,
  );
  const turn = (to: number, label: string) => (to < 1 || to > pages ? "" : ` <a href="?page=${to}">${label}</a>`);
  const counted = `${plural(count, "entry", "entries")}`;
  const turning =
    pages === 1 ? "" : `<p>Page ${page} of ${pages}.${turn(page - 1, "Previous")}${turn(page + 1, "Next")}</p>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
:root{color-scheme:light dark;font:16px/1.5 system-ui,"Liberation Sans",sans-serif}
body{max-width:70rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8884;vertical-align:top}
.n{text-align:right;white-space:nowrap}.cid{font:.8rem ui-monospace,monospace}
td:first-child{unicode-bidi:isolate}
@media(max-width:40rem){td:last-child,th:last-child{display:none}}
</style>
<main>
<h1 style="font-size:1.2rem">/ ${escaped(trail[0]!)} / ${crumbs.join(" / ")}</h1>
<p>${counted} · <a class="cid" href="/ipfs/${cid}/">${cid}</a> · <a href="?format=car" download>CAR</a></p>
${turning}<table>
<thead><tr><th scope="col">Name</th><th scope="col" class="n">Size with its blocks</th><th scope="col">CID</th></tr></thead>
<tbody>
${trail.length > 2 ? `<tr><td><a href="../">../</a></td><td></td><td></td></tr>\n` : ""}${rows.join("\n")}
</tbody>
</table>
${turning}</main>
</html>
`;
}

/** 1 234 567 → `1.23 MB`. */
function sizeOf(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(bytes) / 3));
  return `${step === 0 ? bytes : (bytes / 1000 ** step).toPrecision(3)} ${["B", "kB", "MB", "GB", "TB", "PB"][step]}`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and quoted attributes. Invisible characters, and those that change the direction of text, become a mark. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (each) => entities[each]!).replace(everyUnprintable, "\ufffd");
}

const everyUnprintable = new RegExp(unprintable, "g");
