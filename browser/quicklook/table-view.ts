/** A table: its columns drawn as any dataset's variables, and its first rows as they are written. */
import type { OpenTable } from "../../pipeline/formats/table/open.ts";
import { element } from "../dom.ts";
import { arraysView, type ViewOptions } from "./arrays-view.ts";

const mostRows = 50;
const mostColumns = 40;

export async function tableView(table: OpenTable, options: ViewOptions): Promise<HTMLElement> {
  const drawn = table.rows > 1 ? await arraysView(table.arrays, options) : undefined;
  const rows = await table.firstRows(mostRows);
  const names = table.columns.slice(0, mostColumns);
  const head = names.map(({ name, unit }) => element("th", { scope: "col" }, unit === "" ? name : `${name} (${unit})`));
  const total = table.isWhole ? String(table.rows) : `> ${table.rows}`;
  const grid = element(
    "table",
    { class: "ql-table" },
    element("caption", {}, options.texts.rows(String(rows.length), total)),
    element("thead", {}, element("tr", {}, ...head)),
    element(
      "tbody",
      {},
      ...rows.map((row) => element("tr", {}, ...names.map((_, i) => element("td", {}, (row[i] ?? "").slice(0, 200))))),
    ),
  );
  // It scrolls sideways, by keys as well.
  const scrolled = element(
    "div",
    { class: "ql-rows", tabindex: "0", role: "region", "aria-label": options.texts.rows(String(rows.length), total) },
    grid,
  );
  return element("div", {}, ...(drawn ? [drawn] : []), scrolled);
}
