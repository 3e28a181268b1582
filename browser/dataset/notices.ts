/** What the reader of a page should know before trusting it: that there is a newer version, and who served it. */
import { element } from "../dom.ts";
import type { Texts } from "../texts/en.ts";
import { type Newer, newerThan } from "./newer.ts";
import type { PageData } from "./page-data.ts";
import { readJson } from "./read-json.ts";
import type { Where } from "./where.ts";

export async function showNewer(data: PageData, where: Where, texts: Texts["dataset"]): Promise<void> {
  showServed(where, texts);
  const notice = document.getElementById("newer");
  const newer = await newerThan(data, where, readJson);
  if (!newer || !notice) return;
  notice.replaceChildren(sentenceOf(newer, texts));
  if (newer.kind !== "removed") {
    const text = newer.kind === "moved" ? newer.to : texts.openNewest;
    notice.append(" ", element("a", { href: newer.href }, text));
  }
  notice.hidden = false;
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
  const host = where.gateway === undefined ? location.host : texts.servedAs(location.host, where.portal);
  facts.append(element("dt", {}, texts.servedBy), element("dd", {}, host));
}
