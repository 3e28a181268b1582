/** The page that finds datasets: it takes over the prerendered index.html, which stays as it is until there is an answer. */
import "./find.css";
import { render } from "preact";
import { datasetPage } from "../../pipeline/core/stac/names.ts";
import { byId } from "../dom.ts";
import { loadTexts } from "../texts/texts.ts";
import { AskForm } from "./ask-form.tsx";
import { openEngine } from "./engine.ts";
import { Filters } from "./filters.tsx";
import { Overview } from "./overview.tsx";
import { campaignOf, urlOf } from "./portal.ts";
import { Results } from "./results.tsx";
import { failure, start } from "./state.ts";

// Addresses of the page of before, which DOIs may lead to: `#open=PATH`.
const opened = new URLSearchParams(location.hash.slice(1)).get("open");
if (opened) location.replace(urlOf(datasetPage(opened)));

await loadTexts();
const campaign = campaignOf(document);
const list = byId("list");

render(<AskForm />, byId("ask"));
document.documentElement.classList.add("ready");
// Texts of the prerendered page in the reader's language come with the answer.
try {
  await start(await openEngine(campaign));
} catch (error) {
  failure.value = error instanceof Error ? error.message : String(error);
}
list.replaceChildren();
render(<Results campaign={campaign} />, list);
render(<Filters campaign={campaign} />, byId("filters"));
render(<Overview campaign={campaign} />, byId("overview"));

addEventListener("keydown", (event) => {
  const isTyping =
    event.target instanceof Element && event.target.matches("input, select, textarea, [contenteditable]");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.getElementById("q")?.focus();
});

// The address is what is asked for: a link within the page may not change it.
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  list.focus();
});
