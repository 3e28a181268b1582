/** Text for datasets and plain files, for `scan` and `inspect`. */
import { emptyDirectory } from "../../core/cid.ts";
import type { Entry, PlainEntry } from "../../core/stac/catalog-entry.ts";
import { plural } from "../../core/text/plural.ts";
import { formatBytes } from "../../core/text/shown.ts";
import type { Call } from "../verb.ts";
import { noteLines } from "./findings.ts";
import { printable, printableLines } from "./terminal.ts";

/** The JSON line of an entry, its text, and the part of the text that is an error: arguments of `Output.result`. */
export function entryResult(entry: Entry, call: Pick<Call, "flags" | "out">): Parameters<Call["out"]["result"]> {
  const { path, cid } = entry;
  const name = printable(path === "" ? "." : path);
  switch (entry.kind) {
    case "dataset": {
      const {
        title,
        start_datetime: start,
        end_datetime: end,
        "fieldtree:time_source": timeSource,
      } = entry.item.properties;
      const when = start && timeSource !== "unknown" ? ` · ${start} to ${end ?? ""}` : "";
      const members = entry.item.properties["fieldtree:member_count"];
      const files = typeof members === "number" ? ` · ${plural(members, "file")}` : "";
      const notes = noteLines(entry.findings, call).map((note) => `\n${note}`);
      return [
        {
          path,
          cid,
          reader: entry.reader,
          item: { ...entry.item },
          findings: entry.findings.map((each) => ({ ...each })),
        },
        `${name}: ${printable(`${title}`)} (${entry.reader})${files}${when}${notes.join("")}`,
      ];
    }
    case "failed": {
      const says = `${name}: can't be described (${entry.reader}): ${printableLines(entry.failure.message)}`;
      return [{ path, cid, reader: entry.reader, failure: entry.failure }, says, says];
    }
    case "plain": {
      const { plain, findings } = entry;
      const what = cid === emptyDirectory.toString() ? "empty folder" : plainText(plain);
      const notes = noteLines(findings ?? [], call).map((note) => `\n${note}`);
      return [{ path, cid, plain, ...(findings && { findings }) }, `${name}: ${what}${notes.join("")}`];
    }
  }
}

/** `PNG image, 3.2 MB`, or `file, 12 B` where its kind is unknown. */
export function plainText({ kind, media, size }: PlainEntry["plain"]): string {
  return `${media?.name ?? kind}, ${formatBytes(size)}`;
}
