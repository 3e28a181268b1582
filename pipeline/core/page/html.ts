/**
 * HTML as text, in which texts of strangers have no effect.
 *
 * Every value in a template is escaped, for content and for attributes in double quotes alike; only what another template returned is
 * taken as it is. So a page can't be put together in another way, and no title, attribute or file name becomes markup.
 *
 * ```ts
 * html`<a href="${href}">${title}</a>`.text;
 * ```
 */
import { withEntities } from "../text/entities.ts";
import { unprintable } from "../text/shown.ts";

let make: (text: string) => Html;

/** Created by `html` and `dataScript` alone. */
export class Html {
  readonly text: string;
  private constructor(text: string) {
    this.text = text;
  }
  static {
    make = (text) => new Html(text);
  }
}

/** `undefined` and `false` are nothing; of a list, one after the other. */
export type Content = Html | string | number | undefined | false | readonly Content[];

export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return make(strings.reduce((text, part, at) => text + written(values[at - 1]) + part));
}

function written(value: Content): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escaped(value);
  return value.map(written).join("");
}

/** Lines and tabs stay; what else is unseen or turns text round is shown as `\u{…}`. */
const unseen = new RegExp(`(?![\\n\\t])${unprintable.source}`, "g");

const outsideOfScripts = new RegExp(`<|${unprintable.source}`, "g");

function escaped(text: string): string {
  const shown = text.toWellFormed().replace(unseen, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
  return withEntities(shown);
}

/** Data in a page that no browser runs. `<` is written otherwise, so that nothing in it ends the element; so is what is unseen. */
export function dataScript(type: "application/json" | "application/ld+json", id: string, value: unknown): Html {
  const json = JSON.stringify(value).replace(outsideOfScripts, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return make(`<script type="${type}" id="${written(id)}">${json}</script>`);
}

/** The address of `path` below another, which does not end in a slash. Each name stays what it is. */
export const hrefBelow = (href: string, path: string): string =>
  [href, ...path.split("/").map((name) => encodeURIComponent(name.toWellFormed()))].join("/");

/** A link where `href` is on the web, on IPFS, or relative; else its text alone. */
export function linked(href: string, content: Content): Html {
  if (/^https?:\/\/[^\s]+$/i.test(href)) return html`<a href="${href}" rel="noopener">${content}</a>`;
  return /^(?:ipfs|ipns):\/\/[^\s]+$/.test(href) ? html`<a href="${href}">${content}</a>` : html`${content}`;
}
