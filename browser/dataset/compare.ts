/** What changed from one version of the dataset to the next: their STAC items are compared in the page, when a reader asks. */

import { isRecord } from "../../pipeline/core/json.ts";
import type { Item } from "../../pipeline/core/stac/item.ts";
import { button, element } from "../dom.ts";
import type { Texts } from "../texts/en.ts";
import type { PageData } from "./page-data.ts";
import { readJson } from "./read-json.ts";
import type { Where } from "./where.ts";

export function compareButtons(page: ParentNode, data: PageData, where: Where, texts: Texts["dataset"]): void {
  const lines = [...page.querySelectorAll<HTMLElement>(".versions > li")];
  for (const [i, line] of lines.entries()) {
    if (line.dataset.compare === undefined) continue;
    const [newer, older] = [
      itemUrl(line, data, where),
      lines
        .slice(i + 1)
        .map((each) => itemUrl(each, data, where))
        .find(Boolean),
    ];
    if (!newer || !older) continue;
    const result = element("div", { role: "status" });
    const compare = button(texts.whatChanged, async () => {
      compare.disabled = true;
      result.replaceChildren(await differences(older, newer, texts));
      compare.hidden = true;
    });
    line.append(" ", compare, result);
  }
}

/** Of the newest version it is in this portal; of an older one in the last portal that had it. */
function itemUrl(line: HTMLElement, data: PageData, where: Where): string | undefined {
  const { item } = line.dataset;
  if (item === undefined) return line.previousElementSibling ? undefined : new URL(data.item, location.href).href;
  return where.gateway === undefined ? undefined : `${where.gateway}/${item.replace("://", "/")}`;
}

async function differences(older: string, newer: string, texts: Texts["dataset"]): Promise<Node> {
  const [before, after] = await Promise.all([readJson(older), readJson(newer)]);
  if (!isItem(before) || !isItem(after)) return element("p", {}, texts.notCompared);
  const { differencesBetween } = await import("../../pipeline/core/versions/difference.ts");
  const lines = differencesBetween(before, after);
  if (lines.length === 0) return element("p", {}, texts.sameMetadata);
  return element("ul", {}, ...lines.map((line) => element("li", {}, line)));
}

const isItem = (value: unknown): value is Item =>
  isRecord(value) && isRecord(value.properties) && isRecord(value.assets);
