/**
 * Texts that are stored one character (`S1`) at a time, as netCDF's classic model has them, and how xarray makes them whole.
 *
 * Characters are joined along the last dimension, which the variable then lacks, where nothing but characters uses that
 * dimension, as their last one, and it has no coordinate of its own (`xarray/conventions.py`: `stackable`). Elsewhere each
 * character is a text by itself.
 */
import type { DatasetFinding } from "../dataset/dataset.ts";
import { shown } from "../text/shown.ts";
import { type CfVariable, type Piece, type ReadValues, text } from "./variable.ts";

/** Bytes of one variable's characters, which memory has whole. */
const mostBytes = 2 ** 24;

export interface WithTexts {
  readonly variables: readonly CfVariable[];
  readonly read: ReadValues;
}

/** `variables` with texts in the place of characters; what can't be made a text is passed to `report` when it is read. */
export function withTexts(
  variables: readonly CfVariable[],
  read: ReadValues,
  report: (finding: DatasetFinding) => void,
): WithTexts {
  if (!variables.some(isCharacters)) return { variables, read };
  const isStackable = stackableIn(variables);
  const stored = new Map<CfVariable, CfVariable>();
  const whole = variables.map((variable) => {
    if (!isCharacters(variable)) return variable;
    const texts = isStackable(variable.dimensions.at(-1)) ? joined(variable) : { ...variable };
    stored.set(texts, variable);
    return texts;
  });
  return {
    variables: whole,
    async read(variable, which, visit) {
      const characters = stored.get(variable);
      if (!characters) return read(variable, which, visit);
      const values = await textsIn(variable, characters, read, report);
      if (values) visit({ values, from: variable.shape.map(() => 0), size: variable.shape, start: 0 });
      return values !== undefined;
    },
  };
}

const isCharacters = ({ type }: CfVariable) => type === "S1";

function stackableIn(variables: readonly CfVariable[]): (dimension: string | undefined) => boolean {
  const names = new Set(variables.map(({ name }) => name));
  const others = new Set(
    variables.flatMap(({ type, dimensions }) => (/^S\d+$/.test(type) ? dimensions.slice(0, -1) : dimensions)),
  );
  return (dimension) => dimension !== undefined && !names.has(dimension) && !others.has(dimension);
}

function joined({ chunks, ...variable }: CfVariable): CfVariable {
  return {
    ...variable,
    dimensions: variable.dimensions.slice(0, -1),
    shape: variable.shape.slice(0, -1),
    ...(chunks && { chunks: chunks.slice(0, -1) }),
    type: `S${Math.max(1, variable.shape.at(-1)!)}`,
  };
}

/** All of them, in their order. */
async function textsIn(
  { name, shape, attributes }: CfVariable,
  characters: CfVariable,
  read: ReadValues,
  report: (finding: DatasetFinding) => void,
): Promise<readonly string[] | undefined> {
  const count = shape.reduce((product, length) => product * length, 1);
  const length = characters.shape.length > shape.length ? characters.shape.at(-1)! : 1;
  const unread = (why: string) => {
    report({
      level: "warning",
      rule: "undecodable",
      says: `${shown(name)} can't be decoded (${why}), so its values are not known`,
    });
    return undefined;
  };
  if (count * length > mostBytes) return unread(`its texts are longer than ${mostBytes} characters together`);
  const bytes = new Uint8Array(count * length);
  if (!(await read(characters, "all", (piece) => copy(piece, characters.shape, bytes)))) return undefined;
  const decode = decoderOf(text(attributes, "_Encoding"));
  if (!decode) return unread(`its _Encoding is ${shown(text(attributes, "_Encoding"), 40)}`);
  try {
    return Array.from({ length: count }, (_, i) => decode(withoutEnd(bytes.subarray(i * length, (i + 1) * length))));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return unread("its bytes are no UTF-8, and it has no _Encoding that says what they are");
  }
}

function copy({ values, from, size, start }: Piece, shape: readonly number[], out: Uint8Array): void {
  for (let i = 0; i < values.length; i++) {
    let [left, at, step] = [start + i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += step * (from[axis]! + (left % size[axis]!));
      left = Math.floor(left / size[axis]!);
      step *= shape[axis]!;
    }
    const value = values[i]!;
    out[at] = typeof value === "string" ? value.charCodeAt(0) || 0 : Number(value);
  }
}

/** Of Python's names for encodings those that are met; UTF-8 where none is given. */
function decoderOf(encoding: string): ((bytes: Uint8Array) => string) | undefined {
  const name = encoding.toLowerCase().replace(/[-_ ]/g, "");
  if (["", "utf8", "ascii", "usascii"].includes(name)) return (bytes) => utf8.decode(bytes);
  // The web's "latin1" is another one.
  if (["latin1", "iso88591", "l1"].includes(name)) return (bytes) => String.fromCharCode(...bytes);
  return undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** numpy ends a text at the last byte that isn't 0. */
function withoutEnd(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return bytes.subarray(0, length);
}
