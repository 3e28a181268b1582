/** What JSON is, found in one pass over its text, without parsing: whether it begins as GeoJSON does, and how deep it is. */

const geometries = "Point|MultiPoint|LineString|MultiLineString|Polygon|MultiPolygon|GeometryCollection";
const geoJsonTypes = new RegExp(`^(FeatureCollection|Feature|${geometries})$`);

/**
 * Whether a text, cut anywhere, begins as GeoJSON: its `type` is one, or, where that comes later, it has `features` of which the
 * first has one. What is declared as something else (a STAC item, a style) is none.
 */
export function isGeoJsonStart(text: string): boolean {
  if (!/^\s*\{/.test(text.slice(0, 1000))) return false;
  let [type, hasFeatures, hasFeatureType] = ["", false, false];
  for (const { depth, name, value } of membersIn(text)) {
    if (depth === 1 && (name === "stac_version" || name === "$schema" || name === "layers")) return false;
    if (depth === 1 && name === "type") type = value ?? "";
    if (depth === 1 && name === "features") hasFeatures = true;
    if (depth === 3 && hasFeatures && name === "type" && value === "Feature") hasFeatureType = true;
  }
  return type === "" ? hasFeatureType : geoJsonTypes.test(type);
}

interface Member {
  /** Of the objects and lists around it. */
  readonly depth: number;
  readonly name: string;
  /** Of a text. */
  readonly value?: string;
}

/** Members whose names and values are plain texts, in their order. */
function* membersIn(text: string): Generator<Member> {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === '"') {
      const end = endOfText(text, at);
      if (end === undefined) return;
      const colon = skipBlanks(text, end);
      if (text[colon] === ":") {
        const from = skipBlanks(text, colon + 1);
        const to = text[from] === '"' ? endOfText(text, from) : undefined;
        const value = to === undefined ? {} : { value: text.slice(from + 1, to - 1) };
        yield { depth, name: text.slice(at + 1, end - 1), ...value };
        at = (to ?? from) - 1;
      } else at = end - 1;
    }
  }
}

/** Behind the quotation mark that ends the text at `start`; `undefined` where it is not there. */
function endOfText(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && /[ \t\r\n]/.test(text[at]!)) at++;
  return at;
}

/** Whether objects and lists are nested more than `most` deep. A parser of what is would need memory for each level. */
export function tooDeep(text: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = (endOfText(text, at) ?? text.length) - 1;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > most) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
