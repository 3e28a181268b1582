/**
 * A row of the list of datasets: a small picture, the title, and what distinguishes datasets. The page that is prerendered
 * and the one that searches have the same rows.
 */

import type { Geometry } from "../dataset/dataset.ts";
import type { Box } from "../dataset/extent.ts";
import { datasetPage } from "../stac/names.ts";
import { formatName } from "../text/format-name.ts";
import { formatBytes, oneLine } from "../text/shown.ts";
import { groupOf } from "./groups.ts";
import { type Content, type Html, hrefBelow, html } from "./html.ts";
import { pictureOf } from "./outline.ts";

export interface ListRow {
  readonly path: string;
  readonly title: string;
  readonly kind: "dataset" | "plain" | "failed";
  /** Instants in UTC. */
  readonly time?: readonly [start: string, end: string] | undefined;
  readonly bbox?: Box | undefined;
  readonly geometry?: Geometry | undefined;
  readonly platform?: string | undefined;
  /** Name of a reader, or a media type. */
  readonly format?: string | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
  /** Of what could not be read. */
  readonly reason?: string | undefined;
}

export interface RowOptions {
  /** Of all pictures. */
  readonly frame: Box;
  /** Platforms, the commonest first: which colour each has. */
  readonly groups: readonly string[];
  readonly texts: RowTexts;
}

export interface RowTexts {
  readonly unreadable: string;
  readonly noPlatform: string;
}

export const rowTexts: RowTexts = { unreadable: "Could not be read", noPlatform: "Others" };

/** What is in the `<li>` of a row. */
export function rowOf(row: ListRow, { frame, groups, texts }: RowOptions): Html {
  const group = groupOf(row.platform, groups);
  const folder = row.path.slice(0, Math.max(0, row.path.lastIndexOf("/")));
  return html`${pictureOf(row, group, frame)}<div class="about"><a class="title" href="${hrefOf(row)}">${titleOf(row)}</a><p class="facts">${factsOf(
    row,
    group,
  )}</p>${row.reason !== undefined && html`<p class="reason"><strong>${texts.unreadable}:</strong> ${row.reason.slice(0, 400)}</p>`}${
    folder !== "" && html`<p class="folder">${folder}</p>`
  }</div>`;
}

/** The page of a dataset; of what is none, the file itself. Relative to the root of the portal. */
export function hrefOf({ kind, path, format }: Pick<ListRow, "kind" | "path" | "format">): string {
  if (kind === "dataset") return datasetPage(path);
  const file = hrefBelow("tree", path);
  return format === "directory" ? `${file}/` : file;
}

const titleOf = ({ title, path }: ListRow) => oneLine(title).slice(0, 300).toWellFormed() || path;

function factsOf({ platform, time, size, format }: ListRow, group: number): Content {
  return [
    platform !== undefined &&
      platform !== "" &&
      html`<span class="platform group-${group}">${oneLine(platform).slice(0, 60)}</span>`,
    time && html`<span class="time">${daysText(time)}</span>`,
    format !== undefined && html`<span>${formatName(format)}</span>`,
    size !== undefined && html`<span class="size">${formatBytes(size)}</span>`,
  ];
}

/** `2024-08-18`, or the first and last day. */
function daysText([start, end]: readonly [string, string]): string {
  const [first, last] = [start.slice(0, 10), end.slice(0, 10)];
  return first === last ? first : `${first} – ${last}`;
}
