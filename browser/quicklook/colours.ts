/**
 * Colour maps of even steps, which grow lighter from end to end, so that they are read in grey and with any colour vision too.
 *
 * Each is a table of 256 colours, worked out from a few of a published map: they are joined in OKLab and divided into steps of
 * equal difference.
 *
 * @see https://bids.github.io/colormap/ viridis · https://doi.org/10.1371/journal.pone.0199239 cividis ·
 * https://www.fabiocrameri.ch/batlow/ batlow · https://bottosson.github.io/posts/oklab/
 */
export type ColourMapName = "viridis" | "cividis" | "batlow" | "greys";

/** 256 colours of three bytes: red, green, blue. */
export type ColourTable = Uint8Array;

const published: Readonly<Record<ColourMapName, string>> = {
  viridis: "440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725",
  cividis: "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
  batlow: "011959 0e365e 1d5561 3e6c54 687b3e 9b882e d59448 f9a380 fdb7bd faccfa",
  greys: "181818 f4f4f4",
};

export const colourMapNames = Object.keys(published) as readonly ColourMapName[];

const tables = new Map<ColourMapName, ColourTable>();

export function colourTable(name: ColourMapName): ColourTable {
  const known = tables.get(name) ?? tableThrough(published[name].split(" ").map(labOf));
  tables.set(name, known);
  return known;
}

/** `#rrggbb` of the colour at `share`, 0 to 1. */
export function colourAt(table: ColourTable, share: number): string {
  const at = 3 * indexAt(share);
  return `#${[0, 1, 2].map((i) => table[at + i]!.toString(16).padStart(2, "0")).join("")}`;
}

/** Which of the 256 colours stands for `share`, which may be beyond the ends. */
export const indexAt = (share: number) => Math.min(255, Math.max(0, Math.round(share * 255)));

type Lab = readonly [lightness: number, a: number, b: number];

function tableThrough(points: readonly Lab[]): ColourTable {
  // Fine enough that a step of the table is many of these.
  const fine: Lab[] = [];
  for (let i = 0; i + 1 < points.length; i++)
    for (let step = 0; step < 512; step++) fine.push(mixed(points[i]!, points[i + 1]!, step / 512));
  fine.push(points.at(-1)!);
  const distance = [0];
  for (let i = 1; i < fine.length; i++) distance.push(distance[i - 1]! + difference(fine[i - 1]!, fine[i]!));
  const total = distance.at(-1)!;
  const table = new Uint8Array(768);
  let at = 0;
  for (let i = 0; i < 256; i++) {
    while (at < fine.length - 1 && distance[at]! < (total * i) / 255) at++;
    table.set(rgbOf(fine[at]!), 3 * i);
  }
  return table;
}

const mixed = (a: Lab, b: Lab, share: number) => a.map((each, i) => each + (b[i]! - each) * share) as unknown as Lab;

/** The contrast of two colours; 1 is as much as black and white. */
export const difference = (a: Lab, b: Lab) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** OKLab of `rrggbb`. */
export function labOf(hex: string): Lab {
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((i) => linear(Number.parseInt(hex.slice(i, i + 2), 16) / 255));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function rgbOf([lightness, a, b]: Lab): readonly number[] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((each) => Math.round(255 * Math.min(1, Math.max(0, encoded(each)))));
}

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const encoded = (value: number) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
