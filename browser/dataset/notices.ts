/** What the reader of a page should know before trusting it: that there is a newer version, and who served it. */
import type { Texts } from "../texts/en.ts";
import { type Newer, newerThan } from "./newer.ts";
import type { PageData } from "./page-data.ts";
import { readJson } from "./read-json.ts";
import type { Where } from "./where.ts";

export async function showNewer(data: PageData, where: Where, texts: Texts["dataset"]): Promise<void> {
  showServed(where, texts);
  const element = document.getElementById("newer");
  const newer = await newerThan(data, where, readJson);
  if (!newer || !element) return;
  element.replaceChildren(sentenceOf(newer, texts));
  if (newer.kind !== "removed") {
    const link = document.createElement("a");
    link.href = newer.href;
    link.textContent = newer.kind === "moved" ? newer.to : texts.openNewest;
    element.append(" ", link);
  }
  element.hidden = false;
}

function sentenceOf(newer: Newer, texts: Texts["dataset"]): string {
  switch (newer.kind) {
    case "updated":
      return texts.newer(newer.release);
    case "moved":
      return texts.moved;
    case "removed":
      return texts.removed(newer.release);
  }
}

function showServed(where: Where, texts: Texts["dataset"]): void {
  const facts = document.querySelector("aside dl");
  if (!facts || !location.host) return;
  const [term, value] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = texts.servedBy;
  value.textContent = where.gateway === undefined ? location.host : texts.servedAs(location.host, where.portal);
  facts.append(term, value);
}
