/**
 * Paths of the tree as STAC ids and as paths of files in the portal.
 *
 * Ids go into URLs, file names and other people's databases, so they are made of `A–Z a–z 0–9 . _ - ~` only. Everything
 * here can be read backwards, which is why two paths never share an id: in a segment every other byte (UTF-8) becomes
 * `~` and two hex digits; so does a `-` that begins or ends a segment or follows another, so that `--` is between
 * segments and nowhere else.
 *
 * ```ts
 * idOf("products/HALO/radar.zarr"); // "products--HALO--radar.zarr"
 * idOf("Höhe/a--b"); // "H~c3~b6he--a-~2db"
 * ```
 */

/** Id of the entry at `path`: the same for every version of its data. */
export function idOf(path: string): string {
  return path.split("/").map(dashed).join("--");
}

/** Path of the portal's folder with the catalog of the tree's folder `path`; `stac` for the tree itself. */
export function folderFile(path: string, name: "catalog.json" | "collection.json"): string {
  return [...directories(path), name].join("/");
}

/** Path of a dataset's item in the portal: next to the catalog of the folder it is in. */
export function itemFile(path: string): string {
  const slash = path.lastIndexOf("/");
  const name = safeName(path.slice(slash + 1));
  // A dataset named `catalog` must not take its folder's place.
  const file = name === "catalog" || name === "collection" ? `~63${name.slice(1)}` : name;
  return [...directories(slash < 0 ? "" : path.slice(0, slash)), `${file}.json`].join("/");
}

/** Path of the reference of a file in the portal: below `refs` as the file is in the tree. */
export const referenceFile = (path: string) => fileBelow("refs", path);

/** Path of the list of a dataset's versions in the portal: below `versions` as the dataset is in the tree. */
export const versionsFile = (path: string) => fileBelow("versions", path);

function fileBelow(top: string, path: string): string {
  const slash = path.lastIndexOf("/");
  const folders = directories(slash < 0 ? "" : path.slice(0, slash), top);
  return [...folders, `${safeName(path.slice(slash + 1))}.json`].join("/");
}

/** Path of a dataset's page in the portal: a folder of its own, so that its address ends in the path of the dataset. */
export function datasetPage(path: string): string {
  const names = path === "" ? [] : path.split("/").map(safeName);
  // A dataset below one named index.html must not take the place of a page.
  return ["datasets", ...names.map((name) => name.replace(/^index\.html$/, "~69ndex.html")), "index.html"].join("/");
}

/** Path of a page of a folder's catalog. No name in a tree becomes `~page1`: after a `~` come two hex digits. */
export function pageFile(folder: string, { level, first }: { readonly level: number; readonly first: string }): string {
  return [...directories(folder), `~page${level}`, `${safeName(first)}.json`].join("/");
}

/** Path of a folder's Atom feed in the portal; `feed.atom` at its top for the whole tree. */
export function feedFile(folder: string): string {
  return folder === "" ? "feed.atom" : [...directories(folder, "feeds"), "feed.atom"].join("/");
}

/** `below` is "" for what is at `path` itself. */
export const pathBelow = (path: string, below: string) => (below === "" ? path : `${path}/${below}`);

/** No folder's name ends in `.json`, so none can have the path of an item. */
function directories(path: string, top = "stac"): string[] {
  const names = path === "" ? [] : path.split("/").map(safeName);
  return [top, ...names.map((name) => name.replace(/\.json$/, "~2ejson"))];
}

/** The href that leads from one file of the portal to another. Both are safe text, so nothing is left to be escaped. */
export function relative(from: string, to: string): string {
  const [here, there] = [from.split("/").slice(0, -1), to.split("/")];
  let shared = 0;
  while (shared < here.length && here[shared] === there[shared]) shared++;
  const down = there.slice(shared).join("/");
  return shared === here.length ? `./${down}` : "../".repeat(here.length - shared) + down;
}

const encoder = new TextEncoder();

/** A segment of a path as a file name of the portal. */
export function safeName(segment: string): string {
  if (/^[\w.-]*$/.test(segment)) return segment;
  return segment.replace(/[^\w.-]+/gu, (run) => Array.from(encoder.encode(run), escaped).join(""));
}

function dashed(segment: string): string {
  const text = safeName(segment);
  return text.includes("-") ? text.replace(/^-|(?<=-)-|-$/g, "~2d") : text;
}

const escaped = (byte: number) => `~${byte.toString(16).padStart(2, "0")}`;
