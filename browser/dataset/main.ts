/** The page of one dataset: what needs a script is added to the prerendered page. */
import "./dataset.css";
import { translatePage } from "../texts/prerendered.ts";
import { loadTexts, texts } from "../texts/texts.ts";
import { compareButtons } from "./compare.ts";
import { copyButtons } from "./copy.ts";
import { showNewer } from "./notices.ts";
import { pageDataIn } from "./page-data.ts";
import { showPlace } from "./place.ts";
import { fillPlaces, fixDownloads } from "./places.ts";
import { readJson } from "./read-json.ts";
import { whereIs } from "./where.ts";

await loadTexts();
translatePage(document, texts);
const data = pageDataIn(document);
copyButtons(document, texts.dataset);
const quicklook = document.getElementById("quicklook");
if (data) {
  const about = data;
  if (quicklook) void import("../quicklook/mount.ts").then(({ mountQuicklook }) => mountQuicklook(quicklook, about));
  const where = whereIs(new URL(data.portal, location.href));
  fillPlaces(document, data, where);
  fixDownloads(document, data, where);
  compareButtons(document, data, where, texts.dataset);
  void showNewer(data, where, texts.dataset);
  const item = readJson(new URL(data.item, location.href).href);
  void item.then((found) => showPlace(found, data.path));
}
