/** What is shown of a document: eight rows a file, each without what it shares with the row before. No CIDs: the tree has them. */
import type { Box } from "../dataset/extent.ts";
import { Failure } from "../failure.ts";
import { reader, writer } from "./bytes.ts";
import { most, type SearchDocument } from "./document.ts";
import { frontCoded, frontDecoded, rowsPerFile } from "./layout.ts";

export interface Row extends Pick<SearchDocument, "path" | "title" | "kind" | "time" | "bbox"> {
  readonly number: number;
  readonly platform?: string;
  readonly format?: string;
}

const kinds = ["dataset", "plain", "failed"] as const;

/** The texts of a row. `""`: absent. */
type Texts = [path: string, title: string, platform: string, format: string, start: string, end: string, bbox: string];

/** @param documents of one file, by number, ascending. */
export function encodeRows(documents: readonly (readonly [number: number, document: SearchDocument])[]): Uint8Array {
  const output = writer();
  const append = Array.from({ length: 7 }, () => frontCoded(output));
  for (const [number, document] of documents) {
    output.number((number % rowsPerFile) * kinds.length + kinds.indexOf(document.kind));
    for (const [i, text] of textsOf(document).entries()) append[i]!(text);
  }
  return output.done();
}

function textsOf({ path, title, time, bbox, values }: SearchDocument): Texts {
  const short = (text = "") => text.slice(0, most.title).toWellFormed();
  const [start = "", end = ""] = time ?? [];
  return [
    path,
    short(title),
    short(values.platform?.[0]),
    short(values.format?.[0]),
    start,
    end,
    bbox?.join(",") ?? "",
  ];
}

/** @throws Failure `corrupt` */
export function decodeRows(bytes: Uint8Array, file: number): Row[] {
  const input = reader(bytes);
  const next = Array.from({ length: 7 }, () => frontDecoded(input));
  const rows: Row[] = [];
  while (!input.done) {
    const first = input.number();
    const [path, title, platform, format, start, end, box] = next.map((text) => text()) as Texts;
    const kind = kinds[first % kinds.length]!;
    const number = file * rowsPerFile + Math.floor(first / kinds.length);
    rows.push({
      number,
      path,
      title,
      kind,
      ...(start !== "" && { time: [start, end] as const }),
      ...(box !== "" && { bbox: boxIn(box) }),
      ...(platform !== "" && { platform }),
      ...(format !== "" && { format }),
    });
  }
  return rows;
}

function boxIn(text: string): Box {
  const edges = text.split(",").map(Number);
  if (edges.length !== 4 || edges.some(Number.isNaN)) throw new Failure("corrupt", `${text.slice(0, 100)} is no box`);
  return edges as unknown as Box;
}
