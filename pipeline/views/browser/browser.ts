/**
 * `index.html` and `app/`: the portal's page for readers.
 *
 * `built/` has what `npm run build:browser` made of the sources in `browser/`. It is published as it is; the page in front of it is
 * prerendered, so that it can be read without a script.
 */
import { readdirSync, readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { listed } from "../search/documents.ts";
import { type LeafNumbers, numbers, numbersOf } from "../search/numbers.ts";
import type { PortalFile, View } from "../view.ts";
import { indexPage } from "./index-page.ts";

const built = fileURLToPath(new URL("built/", import.meta.url));

export const browser: View<{ readonly numbers: LeafNumbers }> = {
  name: "browser",
  version: 2,
  states: { numbers },
  *render({ numbers: leaves }, content) {
    const entries = listed(content.entries);
    const paths = entries.map(({ path }) => path);
    const { numbers } = numbersOf(leaves, paths);
    yield { path: "index.html", content: indexPage({ ...content, entries }, (path) => numbers.get(path) ?? 0) };
    yield* appFiles();
  },
};

let files: readonly PortalFile[] | undefined;

/** The files of `app/`, in the order of their names. They are read one time: every portal has the same. */
function appFiles(): readonly PortalFile[] {
  files ??= readdirSync(built, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`)
    .map((file) => ({
      path: `app/${relative(built, file).split(sep).join("/")}`,
      content: new Uint8Array(readFileSync(file)),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return files;
}
