/**
 * The page for contributors: what is dropped on it is hashed and described here, and nothing leaves the machine.
 *
 * The preview comes from the same `core/page` that prerenders the pages of a portal; it is the only markup that is put into the page as
 * text, and every value in it is escaped there.
 */
import "./contribute.css";
import type { Facts } from "../../pipeline/core/campaign/campaign.ts";
import { isFailure } from "../../pipeline/core/failure.ts";
import { formatBytes } from "../../pipeline/core/text/shown.ts";
import { copyButtons } from "../dataset/copy.ts";
import { whereIs } from "../dataset/where.ts";
import { byId } from "../dom.ts";
import { sha256Of } from "../reading/hash.ts";
import { pageWorld } from "../reading/world.ts";
import { translatePage } from "../texts/prerendered.ts";
import { texts as allTexts, loadTexts } from "../texts/texts.ts";
import type { AddedHere } from "./add.ts";
import { chosenIn, type Dropped, droppedIn } from "./dropped.ts";
import { linkedPlan } from "./linked-plan.ts";
import { resultView } from "./result.ts";

await loadTexts();
const texts = allTexts.contribute;
translatePage(document, allTexts);
const facts = JSON.parse(byId("campaign").textContent ?? "") as Facts;
const [drop, progress, result] = [byId("drop"), byId("progress"), byId("result")];
drop.hidden = false;
let running = new AbortController();

async function take(dropped: Dropped | undefined): Promise<void> {
  if (!dropped) return;
  running.abort();
  running = new AbortController();
  const { signal } = running;
  result.hidden = true;
  try {
    const [only] = dropped.files;
    if (!dropped.isFolder && only && /\.json$/i.test(dropped.name) && (await showPlan(only.file))) return;
    const { addHere } = await import("./add.ts");
    const onProgress = (done: number, total: number) => {
      if (!signal.aborted) progress.textContent = texts.hashing(formatBytes(done), formatBytes(total));
    };
    const added = await addHere(dropped, { sha256: sha256Of(globalThis.crypto?.subtle), signal, onProgress });
    await show(dropped, added, signal);
    progress.textContent = "";
  } catch (error) {
    if (signal.aborted) return;
    progress.textContent = texts.failed(error instanceof Error ? error.message : String(error));
    // A fault of ours is for the console, too.
    if (!isFailure(error)) throw error;
  }
}

/** Shows the plan of a pull request. Returns whether it is one. */
async function showPlan(file: Blob): Promise<boolean> {
  const { largestPlan, planIn, planView } = await import("./plan.ts");
  const plan = file.size <= largestPlan ? planIn(await file.text()) : undefined;
  if (!plan) return false;
  result.innerHTML = planView(plan, texts, whereIs(new URL("./", location.href)).gateway).text;
  result.hidden = false;
  progress.textContent = "";
  return true;
}

async function showLinked(): Promise<void> {
  const linked = linkedPlan(new URL(location.href));
  if (!linked) return;
  try {
    const { largestPlan } = await import("./plan.ts");
    if (!(await showPlan(await linked.read(largestPlan)))) progress.textContent = texts.noPlan(linked.name);
  } catch (error) {
    progress.textContent = texts.failed(error instanceof Error ? error.message : String(error));
  }
}

async function show(dropped: Dropped, added: AddedHere, signal: AbortSignal): Promise<void> {
  progress.textContent = texts.describing;
  const { describeHere } = await import("./describe.ts");
  const described = await describeHere(added, dropped.name, facts, pageWorld({ fetch: offline, signal }));
  signal.throwIfAborted();
  // Absent where the page is not in a portal: the line for it is shown all the same.
  const tree = await fetch("tree.yaml").then(
    (response) => (response.ok ? response.text() : undefined),
    () => undefined,
  );
  result.replaceChildren(resultView({ name: dropped.name, added, described, tree, texts }));
  translatePage(result, allTexts);
  copyButtons(result, allTexts.dataset);
  result.hidden = false;
}

const offline = () => Promise.reject(new Error("nothing is fetched for what was dropped"));

for (const id of ["file", "folder"]) {
  const input = byId<HTMLInputElement>(id);
  input.addEventListener("change", () => input.files && void take(chosenIn(input.files)));
}
addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
addEventListener("dragleave", () => drop.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (event.dataTransfer) void droppedIn(event.dataTransfer.items).then(take);
});

void showLinked();
// Another link to this page changes the fragment alone.
addEventListener("hashchange", () => void showLinked());
