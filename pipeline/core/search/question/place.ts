/** Places in a question: coordinates with their letter, bands of latitude and longitude, and names of `place-names.ts`. */
import { type Box, widthOf } from "../../dataset/extent.ts";
import { fold } from "../index/words.ts";
import { placeBox, placeNames } from "./place-names.ts";

export interface FoundPlace {
  readonly kind: "place";
  readonly start: number;
  readonly end: number;
  readonly bbox: Box;
}

/** Degrees on each side of a place. */
const margin = { near: 2.5, at: 1 } as const;

const kmPerDegree = 111.2;
/** Kilometres of the units of a radius that is not in degrees. */
const kmOf: Readonly<Record<string, number>> = { km: 1, nm: 1.852, nmi: 1.852, miles: 1.609 };

const number = "\\d{1,3}(?:[.,]\\d+)?";
/** `30 W`, `30.5°W`, `13°05'N`. A letter after a blank is a direction only in upper case: "3 s" is a time. */
const coordinate = (n: number) =>
  `(?<deg${n}>${number})\\s?(?:°|deg(?:rees)?\\.?)?\\s?(?:(?<min${n}>\\d{1,2}(?:\\.\\d+)?)\\s?['′’]\\s?)?(?<side${n}>north|south|east|west|(?<=\\d|°|['′’])[NSEWnsew]|[NSEW])(?![\\p{L}\\p{N}_])`;
const point = `${coordinate(1)}(?:\\s*[,/]?\\s*(?:and\\s+)?${coordinate(2)})?`;
const toward = "(?:-|–|—|\\s+to\\s+|\\s+and\\s+|\\s+bis\\s+|\\s+und\\s+)";
const lead =
  "(?<lead>near|around|close to|about|at|in|on|over|above|along|off|by|nahe|bei|um|über|uber|between|from|zwischen)";
const names = `(?<name>${placeNames.map((name) => name.replace(/ /g, "\\s+")).join("|")})(?![\\p{L}\\p{N}_])`;
const begins = "(?<![\\p{L}\\p{N}_.])";

/** Those that {@link lowered} text is compared with are written without accents. */
const patterns = {
  within: new RegExp(
    `${begins}(?:within|less than|in|im umkreis von)\\s+(?<radius>${number})\\s*(?<unit>km|nm|nmi|miles|°|deg|degrees?)\\s+(?:of|from|around|um|von)\\s+(?:the\\s+)?(?:${point}|${names})`,
    "u",
  ),
  side: new RegExp(
    `${begins}(?<direction>north|south|east|west|nordlich|sudlich|ostlich|westlich)\\s+(?:of|von)\\s+(?:the\\s+)?(?:${coordinate(1)}|${names})`,
    "u",
  ),
  band: new RegExp(
    `${begins}(?:${lead}\\s+)?(?<low>${number})\\s?°?\\s?(?<lowSide>[NSEW])?\\s?${toward}\\s?${coordinate(1)}`,
    "u",
  ),
  point: new RegExp(`${begins}(?:${lead}\\s+(?:the\\s+)?)?${point}`, "u"),
  name: new RegExp(`${begins}${lead}\\s+(?:the\\s+|den\\s+|der\\s+|dem\\s+)?${names}`, "u"),
} as const;

type Groups = Readonly<Record<string, string | undefined>>;

/** The first place in the text; `undefined` where there is none. */
export function placeIn(text: string): FoundPlace | undefined {
  const low = lowered(text);
  return (
    foundAt(patterns.within.exec(low), withinOf) ??
    foundAt(patterns.side.exec(low), sideOf) ??
    foundAt(patterns.band.exec(text), bandOf) ??
    foundAt(patterns.point.exec(text), pointOf) ??
    foundAt(patterns.name.exec(low), namedOf)
  );
}

/** Lower case and without accents where that keeps every position, except for the letters of directions. */
function lowered(text: string): string {
  const folded = Array.from(text, (character) => {
    const plain = fold(character);
    return plain.length === character.length ? plain : character.toLowerCase().slice(0, character.length);
  }).join("");
  return folded.replace(/(?<=[\d°'′’]\s?)[nsew](?![\p{L}\p{N}_])/gu, (side) => side.toUpperCase());
}

function foundAt(match: RegExpExecArray | null, boxOf: (groups: Groups) => Box | undefined): FoundPlace | undefined {
  const bbox = match?.groups && boxOf(match.groups);
  if (!match || !bbox) return undefined;
  return { kind: "place", start: match.index, end: match.index + match[0].length, bbox };
}

function withinOf(groups: Groups): Box | undefined {
  const { radius = "", unit = "", name } = groups;
  const degrees = (numberOf(radius) * (kmOf[unit] ?? kmPerDegree)) / kmPerDegree;
  const named = name === undefined ? undefined : placeBox(name);
  return named ? grown(named, degrees) : around(groups, degrees);
}

function sideOf(groups: Groups): Box | undefined {
  const { direction = "", name } = groups;
  const box = name === undefined ? around(groups, 0) : placeBox(name);
  if (!box) return undefined;
  const [west, south, east, north] = box;
  const first = direction[0] === "o" ? "e" : direction[0];
  if (first === "n") return north >= 90 ? undefined : [-180, north, 180, 90];
  if (first === "s") return south <= -90 ? undefined : [-180, -90, 180, south];
  // Half of the world: what is west of 30 W goes on to where it is east of it.
  if (first === "w") return [wrapped(west - 90), -90, west, 90];
  return [east, -90, wrapped(east + 90), 90];
}

function bandOf(groups: Groups): Box | undefined {
  const { low = "", lowSide, side1 = "" } = groups;
  const end = degreesOf(groups, 1);
  const start = numberOf(low) * (signOf(lowSide ?? side1) ?? 1);
  const isLatitude = /^[ns]/i.test(side1);
  if (end === undefined || (lowSide !== undefined && /[NS]/.test(lowSide) !== isLatitude)) return undefined;
  if (isLatitude) {
    if (Math.max(Math.abs(start), Math.abs(end)) > 90) return undefined;
    return [-180, Math.min(start, end), 180, Math.max(start, end)];
  }
  if (Math.max(Math.abs(start), Math.abs(end)) > 180) return undefined;
  // From 170 E to 170 W is across the antimeridian; from 60 W to 50 W, or the other way round, is not.
  const [west, east] =
    Math.abs(start - end) > 180
      ? [Math.max(start, end), Math.min(start, end)]
      : [Math.min(start, end), Math.max(start, end)];
  return [west, -90, east, 90];
}

function pointOf(groups: Groups): Box | undefined {
  return around(groups, isNear(groups.lead) ? margin.near : margin.at);
}

function namedOf({ name = "", lead }: Groups): Box | undefined {
  const box = placeBox(name);
  return box && (isNear(lead) || lead === "off" ? grown(box, margin.near) : grown(box, 0.5));
}

const isNear = (lead: string | undefined) =>
  lead === undefined || /^(near|around|close to|about|nahe|bei|um)$/i.test(lead);

/** The box around one or two coordinates: a band where only latitude or longitude is known. */
function around(groups: Groups, degrees: number): Box | undefined {
  let [latitude, longitude]: [number | undefined, number | undefined] = [undefined, undefined];
  for (const n of [1, 2]) {
    const value = degreesOf(groups, n);
    if (value === undefined) continue;
    const isLatitude = /^[ns]/i.test(groups[`side${n}`] ?? "");
    if (Math.abs(value) > (isLatitude ? 90 : 180)) return undefined;
    if (isLatitude) latitude = value;
    else longitude = value;
  }
  if (latitude === undefined && longitude === undefined) return undefined;
  const [south, north] = latitude === undefined ? [-90, 90] : [latitude, latitude];
  const [west, east] = longitude === undefined ? [-180, 180] : [longitude, longitude];
  return grown([west, south, east, north], degrees);
}

function grown(box: Box, degrees: number): Box {
  const [west, south, east, north] = box;
  const round = (value: number) => Math.round(value * 1e4) / 1e4 + 0;
  const latitudes = [Math.max(-90, south - degrees), Math.min(90, north + degrees)] as const;
  // Degrees of longitude are shorter towards the poles.
  const wide = degrees / Math.max(0.1, Math.cos((Math.max(Math.abs(south), Math.abs(north)) % 90) * (Math.PI / 180)));
  const across = degrees > 0 && south > -90 && north < 90 ? wide : degrees;
  const length = widthOf(box) + 2 * across;
  const [left, right] = length >= 360 ? [-180, 180] : [wrapped(west - across), wrapped(east + across)];
  return [round(left), round(latitudes[0]), round(right), round(latitudes[1])];
}

const wrapped = (longitude: number) =>
  longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude;

function degreesOf(groups: Groups, n: number): number | undefined {
  const [whole, minutes, side] = [groups[`deg${n}`], groups[`min${n}`], groups[`side${n}`]];
  const sign = signOf(side);
  if (whole === undefined || sign === undefined) return undefined;
  return sign * (numberOf(whole) + (minutes === undefined ? 0 : numberOf(minutes) / 60));
}

const signOf = (side: string | undefined) => (side === undefined ? undefined : /^[sw]/i.test(side) ? -1 : 1);
const numberOf = (text: string) => Number(text.replace(",", "."));
