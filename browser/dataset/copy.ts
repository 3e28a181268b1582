/**
 * Buttons that copy what is in front of them. In a page of a sandbox, and on plain http, the clipboard is not to be had: the text is
 * selected then, so that a key press copies it.
 */
import type { Texts } from "../texts/en.ts";

export function copyButtons(page: ParentNode, texts: Texts["dataset"]): void {
  for (const button of page.querySelectorAll<HTMLButtonElement>("button.copy")) {
    const source = button.previousElementSibling;
    if (!source) continue;
    button.hidden = false;
    button.textContent = texts.copy;
    let waiting: ReturnType<typeof setTimeout>;
    button.addEventListener("click", async () => {
      button.textContent = (await copied(source)) ? texts.copied : texts.selected;
      clearTimeout(waiting);
      waiting = setTimeout(() => (button.textContent = texts.copy), 2500);
    });
    button.setAttribute("aria-live", "polite");
  }
}

async function copied(source: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    // Refused, or there is no clipboard: the older way works in more places.
    getSelection()?.selectAllChildren(source);
    return document.execCommand("copy");
  }
}
