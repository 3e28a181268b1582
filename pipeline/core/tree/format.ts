/**
 * tree.yaml, tidied: two blanks a level, one entry a line, nothing behind the last character.
 *
 * Order, spelling, blank lines and every comment stay: a comment behind something stays behind it, one on a line of
 * its own stays between the same neighbours, indented like the line it was next to. Formatting twice equals formatting
 * once.
 */
import { Failure } from "../failure.ts";
import { type Lines, type MapNode, readYaml, type ScalarNode } from "../yaml/yaml.ts";
import { examine, maxDepth, writtenIn } from "./tree.ts";
import { leavesIn } from "./written-leaves.ts";

const step = "  ";

/**
 * The tidied text.
 *
 * @throws Failure `input` where the text is too unclear, naming the line.
 */
export function formatTree(text: string): string {
  const { root, unclear, yaml } = examine(text);
  if (unclear) {
    throw new Failure("input", `line ${unclear.line} of the tree can't be tidied: ${unclear.says}`, {
      hint: "put it right first; `fieldtree check` lists everything",
    });
  }
  const tidied = written(text, root ? piecesOf(root, text, yaml.lines) : [], yaml.lines);
  const { documents } = readYaml(tidied, { maxDepth });
  const [before, after] = [root, documents[0]].map((node) => JSON.stringify([...leavesIn(node)]));
  if (before !== after) throw new Failure("input", "the tree is written in a way that can't be tidied safely");
  return tidied;
}

/** A name with the text behind it, or a value on a line of its own. Between pieces are blanks, comments, punctuation. */
interface Piece {
  /** As it should be on its line. */
  readonly text: string;
  readonly depth: number;
  /** Its place in the text; `end` is where the text behind it begins. */
  readonly start: number;
  readonly end: number;
  /** Has nothing in it yet: a comment below it may be indented as if it were inside. */
  readonly open: boolean;
}

function piecesOf(root: MapNode, text: string, { at }: Lines): Piece[] {
  const pieces: Piece[] = [];
  const visit = (map: MapNode, depth: number): void => {
    for (const { key, value } of map.entries) {
      if (key.kind !== "scalar") continue;
      const { start, end } = key;
      if (key.style === "absent")
        throw new Failure("input", `line ${at(start).line} of the tree has a value without a name`);
      const name = `${textOf(key, text)}:`;
      if (value.kind === "map") {
        const open = value.entries.length === 0;
        pieces.push({ text: name, depth, start, end, open });
        visit(value, depth + 1);
      } else if (value.kind === "scalar" && writtenIn(value) === "") {
        pieces.push({ text: name, depth, start, end: Math.max(end, value.end), open: true });
      } else if (value.kind === "scalar" && text.slice(end, value.start).includes("#")) {
        // A comment between name and value: each gets a line of its own.
        pieces.push({ text: name, depth, start, end, open: true });
        const below = { depth: depth + 1, start: value.start, end: endOf(value, text) };
        pieces.push({ text: textOf(value, text), ...below, open: false });
      } else if (value.kind === "scalar") {
        pieces.push({ text: `${name} ${textOf(value, text)}`, depth, start, end: endOf(value, text), open: false });
      }
    }
  };
  visit(root, 0);
  return pieces;
}

/** On one line, in as few quotes as it can do with. */
function textOf(scalar: ScalarNode, text: string): string {
  const content = writtenIn(scalar);
  if (/^(?:Qm|ba)[A-Za-z0-9]+$/.test(content)) return content;
  const raw = text.slice(scalar.start, scalar.end);
  return scalar.style === "block" || /[\r\n]/.test(raw) ? JSON.stringify(content) : raw;
}

/** A comment may follow the `|` or `>` that opens a block, with the content below it. */
function endOf(value: ScalarNode, text: string): number {
  if (value.style !== "block") return value.end;
  const opening = /^[|>][-+0-9]*/.exec(text.slice(value.start))![0].length;
  const commented = /^[ \t]+#/.test(text.slice(value.start + opening)) && !value.text.includes("#");
  return commented ? value.start + opening : text.slice(0, value.end).trimEnd().length;
}

function written(text: string, pieces: readonly Piece[], { startOf }: Lines): string {
  const lines: string[] = [];
  /** Blanks before the pieces that are open above the place we are at, by depth. */
  let columns: number[] = [];
  let last: Piece | undefined;
  for (const piece of [...pieces, undefined]) {
    const between = text.slice(last?.end ?? 0, piece?.start ?? text.length).split(/\r\n?|\n/);
    const inside =
      piece && piece.depth >= columns.length
        ? piece.start - startOf(piece.start)
        : last?.open
          ? columns.at(-1)! + 1
          : [];
    const levels = columns.concat(inside);
    for (const [index, line] of between.entries()) {
      const at = line.indexOf("#");
      if (at >= 0 && index === 0 && last) {
        const blanks = /[ \t]*$/.exec(line.slice(0, at))![0];
        lines.push(`${lines.pop()}${blanks || " "}${line.slice(at).trimEnd()}`);
      } else if (at >= 0) {
        lines.push(
          step.repeat(
            Math.max(
              0,
              levels.findLastIndex((column) => column <= at),
            ),
          ) + line.slice(at).trimEnd(),
        );
      } else if (line.trim() === "" && index > 0 && index < between.length - 1 && lines.length > 0) {
        lines.push("");
      }
    }
    if (piece) {
      lines.push(step.repeat(piece.depth) + piece.text);
      columns = [...columns.slice(0, piece.depth), piece.start - startOf(piece.start)];
    }
    last = piece;
  }
  while (lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\n`).join("");
}
