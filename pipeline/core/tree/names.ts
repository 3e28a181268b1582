/** Names in a tree: what can be one, and which two in one folder people will take for each other. */
import type { Finding } from "../report/finding.ts";
import type { FindingList } from "../report/finding-list.ts";
import { shown, unprintable } from "../text/shown.ts";
import type { Lines, MapNode, ScalarNode } from "../yaml/yaml.ts";

/** Bytes in UTF-8: the limit of file systems, and so of `fieldtree get`. */
const longestName = 255;

export function pathTo(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** Returns the path in the tree that a user wrote, perhaps with slashes at its ends. */
export const treePathIn = (written: string): string => written.replace(/^\/+|\/+$/g, "");

/** Why a directory should not contain that name. The text continues a sentence that begins with the name. */
export function whatIsBad(name: string): string | undefined {
  if (plainName.test(name) && name.length <= longestName) return undefined;
  if (name === "") return "is empty";
  if (name === "." || name === "..") return "means a folder itself or the one above, on every system";
  if (name.includes("/")) return "contains `/`, which separates names; write one folder inside the other";
  if (unprintable.test(name))
    return "contains a control character or one that is invisible or changes the direction of text";
  if (!name.isWellFormed()) return "contains half of a surrogate pair, which no file system can store";
  const bytes = new TextEncoder().encode(name).length;
  return bytes > longestName ? `is ${bytes} bytes long; names have at most ${longestName}` : undefined;
}

/** Whether a directory may contain each of the names in the path. */
export const isTreePath = (path: string): boolean => path.split("/").every((name) => whatIsBad(name) === undefined);

/** The form of nearly every name, checked first because the other checks are slow. */
const plainName = /^[A-Za-z0-9_-][A-Za-z0-9_.+ -]*$/;

/** Adds to `findings` the names that people, or file systems that don't know case, will confuse with another of their folder. */
export function lookalikes(root: MapNode | undefined, lines: Lines, findings: FindingList<Finding>): void {
  const visit = ({ entries }: MapNode, folder: string): void => {
    const names = new Set<string>();
    const alike = new Map<string, ScalarNode>();
    for (const { key, value } of entries) {
      // A key of another kind, and a name that is there twice, have findings of their own.
      if (key.kind !== "scalar" || (key.text === "<<" && key.style === "plain")) continue;
      const path = pathTo(folder, whatIsBad(key.text) ? shown(key.text) : key.text);
      const add: AddLookalike = (rule, says, fix) =>
        findings.add("warning", rule, () => {
          const at = lines.at(key.start);
          return { level: "warning", rule, ...at, path, says: says(), ...(fix !== undefined && { fix }) };
        });
      if (!names.has(key.text)) compareName(key, alike, lines, add);
      names.add(key.text);
      if (value.kind === "map") visit(value, path);
    }
  };
  if (root) visit(root, "");
}

type AddLookalike = (rule: string, says: () => string, fix?: string) => void;

/** `alike`: the earlier names of its folder by their form without case, blanks and composition. */
function compareName(name: ScalarNode, alike: Map<string, ScalarNode>, lines: Lines, add: AddLookalike): void {
  const composed = plainName.test(name.text) ? name.text : name.text.normalize("NFC");
  if (composed !== name.text) {
    const says = () =>
      `the name "${shown(name.text)}" is not in Unicode's composed form (NFC), so that it looks like a name it doesn't equal`;
    add("not-nfc", says, composed);
  }
  const folded = composed.toLowerCase().replaceAll("-", "_");
  const other = alike.get(folded);
  if (other === undefined) {
    alike.set(folded, name);
    return;
  }
  const differs = (what: string) => () =>
    `"${shown(name.text)}" differs only in ${what} from "${shown(other.text)}" in line ${lines.at(other.start).line}`;
  const sameCase = composed.toLowerCase() !== other.text.normalize("NFC").toLowerCase();
  if (sameCase) add("near-duplicate", differs("- and _"));
  else add("case-only", differs("case"));
}
