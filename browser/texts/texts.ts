/** The texts in the reader's language: English, until another is loaded. */
import { en, type Texts } from "./en.ts";

const others: Readonly<Record<string, () => Promise<Texts>>> = {
  de: async () => (await import("./de.ts")).de,
};

/** As they are now. Read it where a text is shown. */
export let texts: Texts = en;

/** Loads the texts of the first of these languages that there are; `lang` of the page is then set. */
export async function loadTexts(languages: readonly string[] = navigator.languages): Promise<void> {
  for (const language of languages) {
    const code = language.slice(0, 2).toLowerCase();
    if (code === "en") return;
    const load = Object.hasOwn(others, code) ? others[code] : undefined;
    if (!load) continue;
    // Without the file of a language the page is in English.
    const loaded = await load().catch(() => undefined);
    if (loaded) [texts, document.documentElement.lang] = [loaded, code];
    return;
  }
}
