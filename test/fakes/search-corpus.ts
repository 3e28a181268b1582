/**
 * Made-up datasets for search: words, variables and places as frequent as they are in real campaigns (Zipf's law), from a seed.
 *
 * The same seed gives the same datasets on every machine, because only whole numbers are computed with.
 */
import type { SearchDocument } from "../../pipeline/core/search/index/document.ts";

export interface Random {
  /** From 0 up to `end`. */
  below(end: number): number;
  of<T>(list: readonly T[]): T;
  /** Often the first ones, seldom the last: a rank from 0 up to `end`, as Zipf has it. */
  rank(end: number): number;
}

/** mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (end: number) => next() % end;
  return {
    below,
    of: (list) => list[below(list.length)]!,
    // The chance of a rank is about inverse to it: a random power of two, then a rank up to it.
    rank: (end) => below(Math.min(end, 2 ** below(Math.ceil(Math.log2(end)) + 1))),
  };
}

const syllables = "ra do da son de wind ice cloud ma ri ne flux ta po li ka so la ter mo".split(" ");

/** A word that nobody wrote, always the same for a rank. */
function wordAt(rank: number): string {
  let [word, rest] = ["", rank + 20];
  for (; rest > 0; rest = Math.floor(rest / syllables.length)) word += syllables[rest % syllables.length];
  return word;
}

const platforms = ["HALO", "RV Meteor", "ATR-42", "KITcube", "BCO", "Maria S. Merian", "Polarstern", "Wave Glider 7"];
const projects = ["ORCESTRA", "PERCUSION", "BOW-TIE", "MAESTRO", "EUREC4A", "SCORE"];
const variables = [
  ["ta", "air_temperature"],
  ["p", "air_pressure"],
  ["rh", "relative_humidity"],
  ["u", "eastward_wind"],
  ["v", "northward_wind"],
  ["q", "specific_humidity"],
  ["dbz", "equivalent_reflectivity_factor"],
  ["sst", "sea_surface_temperature"],
  ["swdown", "surface_downwelling_shortwave_flux_in_air"],
  ["lwp", "atmosphere_mass_content_of_cloud_liquid_water"],
] as const;

const day = (number: number) => new Date(Date.UTC(2019, 11, 1) + number * 86_400_000).toISOString().slice(0, 10);

/** A dataset; `id` makes its path a path of its own. `vocabulary`: number of different words. */
export function aDocument(id: number, random: Random, vocabulary = 50_000): SearchDocument {
  const words = (count: number) => Array.from({ length: count }, () => wordAt(random.rank(vocabulary)));
  const platform = platforms[random.rank(platforms.length)]!;
  const first = random.below(2000);
  const length = random.below(10) === 0 ? random.below(400) : random.below(3);
  const [west, south] = [random.below(3400) / 10 - 170, random.below(1600) / 10 - 80];
  const width = random.below(20) === 0 ? random.below(300) : random.below(60) / 10;
  const east = west + width > 180 ? west + width - 360 : west + width;
  const from = random.below(variables.length);
  const measured = Array.from({ length: 1 + random.below(6) }, (_, i) => variables[(from + i) % variables.length]!);
  return {
    path: `products/${platform.split(/\W/)[0]}/${wordAt(random.rank(300))}/${wordAt(random.rank(vocabulary))}_${id}.zarr`,
    title: words(5).join(" "),
    kind: "dataset",
    ...(random.below(10) > 0 && { time: [`${day(first)}T10:00:00Z`, `${day(first + length)}T18:30:00Z`] as const }),
    ...(random.below(8) > 0 && {
      bbox: [
        rounded(west),
        rounded(south),
        rounded(east),
        Math.min(90, rounded(south + random.below(60) / 10)),
      ] as const,
    }),
    texts: [words(12).join(" ")],
    names: [],
    values: {
      variable: measured.flat(),
      platform: [platform],
      project: [projects[random.rank(projects.length)]!],
      keyword: words(random.below(4)),
      person: Array.from(
        { length: 1 + random.below(2) },
        () => `${wordAt(random.rank(40))} ${wordAt(random.rank(400))}`,
      ),
      format: [random.of(["zarr", "netcdf"])],
    },
  };
}

const rounded = (degrees: number) => Math.round(degrees * 100) / 100 + 0;
