/**
 * Units of angles, as degrees north or east.
 *
 * A coordinate's name makes it a latitude; only its units give its scale. ICON writes radians, old archives
 * degrees west. What is no angle at all (`m`, `1`) is for the caller to refuse: it is never taken for degrees.
 *
 * @see https://cfconventions.org/cf-conventions/cf-conventions.html sections 4.1 and 4.2; names as UDUNITS-2 has them
 */

export interface Angle {
  /** Degrees of one unit; negative where it counts to the south or west. */
  readonly degrees: number;
  /** What it must be, where the unit decides it: `degrees_east` is no latitude. */
  readonly along?: "latitude" | "longitude";
}

/**
 * The angle that `units` names; `undefined` where it names none.
 *
 * ```ts
 * angleOf("degrees_west"); // { degrees: -1, along: "longitude" }
 * angleOf("1e-7 degrees"); // { degrees: 1e-7 }
 * ```
 */
export function angleOf(units: string): Angle | undefined {
  // Lower case makes of it a plural.
  if (/[a-z]S$/.test(units)) return undefined;
  const spaced = units
    .slice(0, 100)
    .toLowerCase()
    .replace(/[_\s]+/g, " ")
    .trim();
  const [, number = "1", name = ""] = /^(?:((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?) ?\*? ?)?(.*)$/.exec(spaced)!;
  const whole = sizeOf(name);
  if (whole !== undefined) return Number(number) > 0 ? { degrees: Number(number) * whole } : undefined;
  const [, unit = "", direction = ""] = /^(.*\S) ?(n|north|s|south|e|east|w|west)$/.exec(name) ?? [];
  const size = sizeOf(unit.trim());
  if (size === undefined || !(Number(number) > 0)) return undefined;
  const backwards = direction.startsWith("s") || direction.startsWith("w");
  return {
    degrees: Number(number) * size * (backwards ? -1 : 1),
    along: /^[ns]/.test(direction) ? "latitude" : "longitude",
  };
}

const units: readonly (readonly [name: RegExp, degrees: number])[] = [
  [/^(?:(?:decimal|angular|arc) )?deg(?:ree)?s?\.?$|^°$/, 1],
  [/^rad(?:ian)?s?$/, 180 / Math.PI],
  [/^(?:gon|grad|gradian|grade)s?$/, 0.9],
  [/^(?:arc|angular) ?min(?:ute)?s?$/, 1 / 60],
  [/^(?:arc|angular) ?sec(?:ond)?s?$/, 1 / 3600],
];

const prefixes: readonly (readonly [prefix: RegExp, factor: number])[] = [
  [/^milli(?=deg|rad)|^m(?=rad|deg)/, 1e-3],
  [/^micro(?=deg|rad)|^[uµμ](?=rad|deg)/, 1e-6],
  [/^nano(?=deg|rad)|^n(?=rad|deg)/, 1e-9],
];

function sizeOf(name: string): number | undefined {
  const [prefix, factor] = prefixes.find(([pattern]) => pattern.test(name)) ?? [/^/, 1];
  const size = units.find(([pattern]) => pattern.test(name.replace(prefix, "")))?.[1];
  return size === undefined ? undefined : size * factor;
}
