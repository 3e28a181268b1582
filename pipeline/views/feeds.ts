/**
 * Atom feeds: `feed.atom` of the releases, and `feeds/PATH/feed.atom` of each STAC collection, of the releases that changed
 * something in it. Newest first.
 *
 * Dates are those of the releases. Ids are derived from the campaign's name, the number and the root of a release, so that a
 * reader of feeds knows an entry again in every later portal.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4287
 */
import type { Facts } from "../core/campaign/campaign.ts";
import { countsOf } from "../core/report/report.ts";
import { feedFile } from "../core/stac/names.ts";
import { byBytes } from "../core/text/order.ts";
import { oneLine } from "../core/text/shown.ts";
import { type Element, xmlLines } from "../core/text/xml.ts";
import type { Change } from "../core/tree/changes.ts";
import type { Draft } from "../log/release.ts";
import type { Fold, View } from "./view.ts";

/** Of a release, what concerns one folder. Plain JSON. */
type FeedEntry = {
  readonly number: number;
  readonly made: string;
  readonly root: string;
  /** `2 added, 1 updated` */
  readonly counts: string;
  /** The first changes, a line each. */
  readonly lines: readonly string[];
  readonly more: number;
  readonly rollback?: string;
};

/** Newest first, by folder; "" is the whole tree. */
type Feeds = Readonly<Record<string, readonly FeedEntry[]>>;

/** Entries of a feed, changes listed in an entry, and levels of folders that may be collections. */
const most = { entries: 50, lines: 20, depth: 8 } as const;

const changed: Fold<Feeds> = {
  name: "feeds",
  version: 1,
  empty: {},
  step: (state, { release, isMerged }) => (isMerged ? state : withRelease(state, release)),
};

export const feeds: View<{ readonly changed: Feeds }> = {
  name: "feeds",
  version: 1,
  states: { changed },
  *render({ changed: folders }, { campaign }) {
    for (const folder of Object.keys(folders).sort(byBytes)) {
      const isCollection = folder !== "" && folder.split("/").length === campaign.collectionDepth;
      if (folder !== "" && !isCollection) continue;
      yield { path: feedFile(folder), content: feedOf(folder, folders[folder]!, campaign) };
    }
  },
};

function withRelease(state: Feeds, release: Draft): Feeds {
  // Paths are user input: a null prototype makes one named __proto__ a path like any other.
  const next: Record<string, readonly FeedEntry[]> = Object.assign(Object.create(null), state);
  const changesIn = new Map<string, Change[]>([["", []]]);
  for (const change of release.changes) {
    const paths = change.op === "move" ? [change.path, change.from] : [change.path];
    for (const folder of new Set(paths.flatMap(foldersAbove))) {
      const there = changesIn.get(folder);
      if (there) there.push(change);
      else changesIn.set(folder, [change]);
    }
  }
  for (const [folder, changes] of changesIn) {
    next[folder] = [entryOf(release, changes), ...(next[folder] ?? [])].slice(0, most.entries);
  }
  return next;
}

/** Every folder that a path is in, "" first. */
function foldersAbove(path: string): string[] {
  const names = path.split("/").slice(0, -1).slice(0, most.depth);
  return ["", ...names.map((_, i) => names.slice(0, i + 1).join("/"))];
}

function entryOf({ number, made, root, rollbackOf, why }: Draft, changes: readonly Change[]): FeedEntry {
  const rollback = rollbackOf && `rolls back to release ${rollbackOf}${why ? `: ${oneLine(why)}` : ""}`;
  return {
    ...{ number, made, root: root.toString(), counts: countsOf({ changes }) },
    lines: changes.slice(0, most.lines).map(lineOf),
    more: Math.max(0, changes.length - most.lines),
    ...(rollback && { rollback }),
  };
}

const words = { add: "added", update: "updated", move: "moved", remove: "removed", respell: "respelt" } as const;

function lineOf(change: Change): string {
  const from = change.op === "move" ? ` from ${oneLine(change.from)}` : "";
  return `${words[change.op]} ${oneLine(change.path)}${from}`;
}

function feedOf(folder: string, entries: readonly FeedEntry[], facts: Facts): string {
  const campaign = facts.title || facts.campaign;
  const title = folder === "" ? campaign : `${campaign}: ${oneLine(folder)}`;
  const address = facts.domain && `ipns://${facts.domain}/${feedFile(folder)}`;
  const id = idOf(facts, folder === "" ? ["releases"] : ["collection", folder]);
  const feed: Element = [
    "feed",
    { xmlns: "http://www.w3.org/2005/Atom" },
    [
      ["id", {}, id],
      ["title", {}, title],
      ["updated", {}, entries[0]!.made],
      ["author", {}, [["name", {}, campaign]]],
      ...(address ? [linkTo("self", address)] : []),
      ...entries.map((entry) => entryElement(entry, folder, facts)),
    ],
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlLines(feed)}`;
}

function entryElement({ number, made, root, counts, lines, more, rollback }: FeedEntry, folder: string, facts: Facts) {
  const title = [`Release ${number}: ${counts}`, ...(rollback ? [rollback] : [])].join("; ");
  const content = [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
  const path = folder === "" ? "" : `/${folder.split("/").map(encodeURIComponent).join("/")}`;
  const element: Element = [
    "entry",
    {},
    [
      ["id", {}, idOf(facts, ["release", String(number), root, ...(folder === "" ? [] : [folder])])],
      ["title", {}, title],
      ["updated", {}, made],
      ["published", {}, made],
      ["link", { rel: "alternate", href: `ipfs://${root}${path}` }, ""],
      ["content", { type: "text" }, content || counts],
    ],
  ];
  return element;
}

const linkTo = (rel: string, href: string): Element => ["link", { rel, href, type: "application/atom+xml" }, ""];

/** A URN whose parts are percent-encoded, so that they can't run into one another. */
const idOf = ({ campaign }: Facts, parts: readonly string[]) =>
  `urn:x-fieldtree:${[campaign, ...parts].map((part) => encodeURIComponent(part.toWellFormed())).join(":")}`;
