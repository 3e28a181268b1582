/** What is shown of a document: {@link rowsPerFile} rows a file, each without what it shares with the row before. No CIDs: the tree has them. */
import type { Box } from "../../dataset/extent.ts";
import { Failure } from "../../failure.ts";
import { commonPrefix, type Reader, reader, type Writer, writer } from "./bytes.ts";
import { most, type SearchDocument } from "./document.ts";
import { frontCoded, frontDecoded, rowsPerFile } from "./layout.ts";

export interface Row extends Pick<SearchDocument, "path" | "title" | "kind" | "time" | "bbox"> {
  readonly number: number;
  readonly platform?: string;
  readonly format?: string;
}

const kinds = ["dataset", "plain", "failed"] as const;

/** The texts of a row. `""`: absent. */
type Texts = [path: string, title: string, platform: string, format: string, start: string];

/** Edges of a box are written as whole numbers of 1/10 000 degree, or as text where they are none. */
const perDegree = 10_000;

/** @param documents of one file, by number, ascending. */
export function encodeRows(documents: readonly (readonly [number: number, document: SearchDocument])[]): Uint8Array {
  const output = writer();
  const append = Array.from({ length: 5 }, () => frontCoded(output));
  for (const [number, document] of documents) {
    output.number((number % rowsPerFile) * kinds.length + kinds.indexOf(document.kind));
    for (const [i, text] of textsOf(document).entries()) append[i]!(text);
    const [start = "", end = ""] = document.time ?? [];
    const shared = commonPrefix(start, end);
    output.number(shared);
    output.text(end.slice(shared));
    writeBox(output, document.bbox);
  }
  return output.done();
}

function writeBox(output: Writer, box?: Box): void {
  const whole = box?.map((edge) => Math.round(edge * perDegree));
  if (!box || !whole) output.number(0);
  else if (whole.some((edge, i) => edge / perDegree !== box[i])) {
    output.number(2);
    output.text(box.join(","));
  } else {
    output.number(1);
    for (const edge of whole) output.number(edge + 180 * perDegree);
  }
}

function textsOf({ path, title, time, values }: SearchDocument): Texts {
  const short = (text = "") => text.slice(0, most.title).toWellFormed();
  return [path, short(title), short(values.platform?.[0]), short(values.format?.[0]), time?.[0] ?? ""];
}

/** @throws Failure `corrupt` */
export function decodeRows(bytes: Uint8Array, file: number): Row[] {
  const input = reader(bytes);
  const next = Array.from({ length: 5 }, () => frontDecoded(input));
  const rows: Row[] = [];
  while (!input.done) {
    const first = input.number();
    const [path, title, platform, format, start] = next.map((text) => text()) as Texts;
    const end = start.slice(0, input.number()) + input.text();
    const bbox = readBox(input);
    const kind = kinds[first % kinds.length]!;
    const number = file * rowsPerFile + Math.floor(first / kinds.length);
    rows.push({
      number,
      path,
      title,
      kind,
      ...(start !== "" && { time: [start, end] as const }),
      ...(bbox && { bbox }),
      ...(platform !== "" && { platform }),
      ...(format !== "" && { format }),
    });
  }
  return rows;
}

function readBox(input: Reader): Box | undefined {
  const form = input.number();
  if (form === 0) return undefined;
  if (form === 2) return boxIn(input.text());
  const edge = () => (input.number() - 180 * perDegree) / perDegree;
  return [edge(), edge(), edge(), edge()];
}

function boxIn(text: string): Box {
  const edges = text.split(",").map(Number);
  if (edges.length !== 4 || edges.some(Number.isNaN)) throw new Failure("corrupt", `${text.slice(0, 100)} is no box`);
  return edges as unknown as Box;
}
