/**
 * `index.html` and `app/`: the portal's page for readers.
 *
 * `built/` has what `npm run build:browser` made of the sources in `browser/`. It is published as it is; the page in front of it is
 * prerendered, so that it can be read without a script.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { PortalFile, View } from "../view.ts";

const built = new URL("built/", import.meta.url);

export const browser: View<null> = {
  name: "browser",
  version: 1,
  empty: null,
  step: () => null,
  render: () => appFiles(),
};

let files: readonly PortalFile[] | undefined;

/** The files of `app/`, in the order of their names. They are read one time: every portal has the same. */
function appFiles(): readonly PortalFile[] {
  files ??= readdirSync(built, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/").split("/browser/built/")[1]!.replace(/^\/+/, ""),
    )
    .sort()
    .map((path) => ({ path: `app/${path}`, content: new Uint8Array(readFileSync(new URL(path, built))) }));
  return files;
}
