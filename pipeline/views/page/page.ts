/**
 * `index.html`: the portal's page for readers.
 *
 * One file, assembled from a page, a style, a script and an outline of the land, that loads only from its own gateway. Its
 * policy lists style and script by their hashes, so no text of a dataset can be run as either. The same bytes work under
 * `/ipfs/<cid>/`, `/ipns/<name>/` and at the root of a host.
 *
 * The script reads `index.json`, and `history.json` when the reader opens the versions.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { View } from "../view.ts";

export const page: View<null> = {
  name: "page",
  version: 3,
  empty: null,
  step: () => null,
  render: (_, { campaign }) => [{ path: "index.html", content: pageOf(campaign.title || campaign.campaign) }],
};

/** The page of a campaign with that title: the same title gives the same bytes. */
export function pageOf(title: string): string {
  const style = part("page.css").replace(/(?<=[{};,])\n| (?=\{)|(?<=[:,]) |;\n(?=\})|(?<=[ :(,])0(?=\.)/g, "");
  // At positions where a newline can't end a statement that has no semicolon; no template of the script spans lines.
  const script = part("browse.js").replace(/;\n(?=\})|(?<=[{(,[;>=&|?:+])\n|\n(?=[})\]?:.])/g, "");
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const [land] = /<path[^>]*>/.exec(part("land.svg"))!;

  const replaced: readonly (readonly [what: string, by: string])[] = [
    ["POLICY", policy],
    ['<link rel="stylesheet" href="page.css" />', `<style>${style}</style>`],
    ['<script type="module" src="browse.js"></script>', `<script type="module">${script}</script>`],
    ['<use href="land.svg#land" />', land],
    ["TITLE", escaped(title)],
    ["TITLE", escaped(title)],
  ];
  // Functions as replacements, because a `$` in a replacement string has a special meaning.
  return replaced.reduce((html, [what, by]) => html.replace(what, () => by), part("index.html"));
}

/** A file in this folder, without comments and indentation, which readers don't need. */
function part(name: string): string {
  const text = readFileSync(new URL(name, import.meta.url), "utf8");
  return text.replace(/^\s+/gm, "").replace(/^(?:\/\/|\/\*\*? ).*\n/gm, "");
}

/** The hash of the text between the tags, as the browser computes it. */
function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.slice(0, 300).replace(/[&<>"]/g, (each) => entities[each]!);
}
