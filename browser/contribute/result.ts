/** What is shown of what was dropped: its CID, the edit of tree.yaml, and the page that it would have. */
import { isFailure } from "../../pipeline/core/failure.ts";
import { type Content, html } from "../../pipeline/core/page/html.ts";
import { datasetMain } from "../../pipeline/core/page/page.ts";
import { codeBlock } from "../../pipeline/core/page/sections.ts";
import { formatBytes } from "../../pipeline/core/text/shown.ts";
import type { Texts } from "../texts/en.ts";
import type { AddedHere } from "./add.ts";
import type { Described } from "./describe.ts";
import { editedTree } from "./tree-edit.ts";

export interface Result {
  /** Of the file or folder. */
  readonly name: string;
  readonly added: AddedHere;
  readonly described: Described;
  /** The campaign's, as it is published; absent where the page is not in a portal. */
  readonly tree: string | undefined;
  readonly texts: Texts["contribute"];
}

export function resultView({ name, added, described, tree, texts }: Result): DocumentFragment {
  const cid = added.root.cid.toString();
  const { fragment, find } = parsed(html`<section aria-labelledby="cid-title"><h2 id="cid-title">${texts.cid}</h2>
<div class="way">${codeBlock(cid)}</div><p class="quiet">${texts.size(formatBytes(added.size), texts.files(added.files))}</p></section>
<section aria-labelledby="tree-title"><h2 id="tree-title">${texts.treeLine}</h2>
<p><label>${texts.path} <input id="at" autocomplete="off" value="${name}"></label></p>
<div class="way">${codeBlock("")}</div><p id="problem" role="status"></p>
${tree === undefined && html`<p class="quiet">${texts.noTree}</p>`}
<p><label>${texts.repository} <input id="repository" autocomplete="off" placeholder="owner/name"></label></p>
<p class="buttons"><a class="button" id="edit" hidden rel="noopener" target="_blank">${texts.open}</a></p>
${tree !== undefined && html`<details><summary>${texts.copyWhole}</summary><div class="way">${codeBlock("")}</div></details>`}
<p class="quiet">${texts.keep} <code id="command"></code></p></section>
<section aria-labelledby="seen-title"><h2 id="seen-title">${texts.visibleToAll}</h2>${describedContent(described, texts)}</section>`);

  const [, lines, whole] = fragment.querySelectorAll(".way code");
  const at = find<HTMLInputElement>("#at");
  const repository = find<HTMLInputElement>("#repository");
  const edit = find<HTMLAnchorElement>("#edit");
  const [command, problem] = [find("#command"), find("#problem")];
  const update = () => {
    const path = at.value.trim().replace(/^\/+|\/+$/g, "");
    command.textContent = `fieldtree add ${JSON.stringify(name)} --at ${JSON.stringify(path)}`;
    problem.textContent = "";
    try {
      const edited = editedTree(tree ?? "", path, cid);
      if (lines) lines.textContent = edited.lines;
      if (whole) whole.textContent = edited.text;
    } catch (error) {
      if (!isFailure(error, "input")) throw error;
      problem.textContent = error.message;
    }
    const isRepository = /^[\w-]+\/[\w.-]+$/.test(repository.value.trim());
    edit.hidden = !isRepository;
    if (isRepository) edit.href = `https://github.com/${repository.value.trim()}/edit/main/tree.yaml`;
  };
  at.addEventListener("input", update);
  repository.addEventListener("input", update);
  update();
  return fragment;
}

function describedContent(described: Described, texts: Texts["contribute"]): Content {
  switch (described.kind) {
    case "dataset":
      return html`<div class="preview">${datasetMain(described.about)}</div>`;
    case "failed":
      return html`<p class="notice">${texts.unreadable(described.reader, described.message)}</p>`;
    case "plain":
      return html`<p>${texts.plain}</p>`;
  }
}

/** The elements that a template returned. A page has one `main`, which the preview is in. */
function parsed(content: ReturnType<typeof html>) {
  const template = document.createElement("template");
  template.innerHTML = content.text;
  const fragment = template.content;
  for (const main of fragment.querySelectorAll("main")) main.replaceWith(...main.childNodes);
  const find = <Kind extends HTMLElement = HTMLElement>(selector: string): Kind => {
    const element = fragment.querySelector<Kind>(selector);
    if (!element) throw new Error(`the result has no ${selector}`);
    return element;
  };
  return { fragment, find };
}
