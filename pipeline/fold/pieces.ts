/**
 * A state as lines of text, cut into pieces: a release changes few lines of a large state, and so few pieces are written.
 *
 * A line is the JSON of `[depth, key, value]`: it puts `value` into the container that the last line of `depth - 1` put, under
 * `key`, or behind its last element where `key` is 0. Containers of many members are a line and further ones for their members,
 * small ones are one line. Pieces end after lines that their hash chooses, so that a line more, or a changed one, changes the piece
 * that it is in and no other.
 */
import { hashOf } from "../core/search/index/layout.ts";

type Key = string | 0;

/** Members of a container that is one line, and levels from the top on that never are. */
const mostInLine = 16;
const divided = 4;

/** The lines of a value, each with its line end. What JSON has no word for is left out. */
export function* linesOf(value: unknown, depth = 0, key: Key = 0): Generator<string> {
  const plain = hasOwnJson(value) ? (JSON.parse(JSON.stringify(value)) as unknown) : value;
  if (typeof plain !== "object" || plain === null) return yield lineOf(depth, key, plain ?? null);
  const members = Array.isArray(plain)
    ? plain.map((member) => [0, member] as const)
    : Object.entries(plain).filter(([, member]) => member !== undefined && typeof member !== "function");
  if (depth >= divided && members.length <= mostInLine) return yield lineOf(depth, key, plain);
  yield lineOf(depth, key, Array.isArray(plain) ? [] : {});
  for (const [name, member] of members) yield* linesOf(member, depth + 1, name);
}

const hasOwnJson = (value: unknown) =>
  typeof value === "object" && value !== null && typeof (value as { toJSON?: unknown }).toJSON === "function";

const lineOf = (depth: number, key: Key, value: unknown) => `${JSON.stringify([depth, key, value])}\n`;

/** The value of lines. @throws SyntaxError for anything else than {@link linesOf} yields. */
export function valueIn(lines: Iterable<string>): unknown {
  const top: unknown[] = [];
  const containers: unknown[] = [top];
  for (const line of lines) {
    const [depth, key, value] = JSON.parse(line) as [number, Key, unknown];
    const container = containers[depth];
    if (typeof container !== "object" || container === null) throw new SyntaxError("a line without a container");
    if (Array.isArray(container)) container.push(value);
    // A key may be __proto__.
    else Object.defineProperty(container, key, { value, configurable: true, enumerable: true, writable: true });
    containers.length = depth + 1;
    containers.push(value);
  }
  if (top.length !== 1) throw new SyntaxError("lines of no value");
  return top[0];
}

/** Characters of a piece, about. A line is chosen with a chance that its length gives, so that pieces of long lines are as large. */
const pieceSize = 65_536;

export function* piecesOf(lines: Iterable<string>): Generator<string> {
  let piece: string[] = [];
  let size = 0;
  for (const line of lines) {
    piece.push(line);
    size += line.length;
    if (hashOf(line) % pieceSize >= line.length) continue;
    yield piece.join("");
    [piece, size] = [[], 0];
  }
  if (size > 0) yield piece.join("");
}
