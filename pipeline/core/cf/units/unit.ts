/**
 * A unit of measure as numbers: what it is a power of, and how its values become those of SI's base units.
 *
 * The algebra is UDUNITS-2's, so that a unit is convertible here exactly where it is for netCDF's tools. Angles have no
 * dimension. A product forgets a zero point: `1 degC` is a kelvin, `degC` is a scale.
 *
 * @see https://docs.unidata.ucar.edu/udunits/current/udunits2lib.html
 */

export interface Unit {
  /** Of metre, kilogram, second, ampere, kelvin, mole and candela; all 0 for what has no dimension. */
  readonly powers: readonly number[];
  /** `scale * value + shift` is the value in base units, or, of a level, the logarithm. */
  readonly scale: number;
  readonly shift: number;
  /** Of a level (`dBZ`): values are logarithms to `base` of the ratio to one `reference`. */
  readonly level?: { readonly base: number; readonly reference: Unit };
  /** Of `days since 2024-01-01`: the moment, as it is written. */
  readonly since?: string;
}

/** What an operation can't give, as the end of a sentence: "a level has no powers". */
export interface Meaningless {
  readonly problem: string;
}

export const one: Unit = { powers: [0, 0, 0, 0, 0, 0, 0], scale: 1, shift: 0 };

/** The base unit at index `at` of {@link Unit.powers}. */
export const baseUnit = (at: number): Unit => ({ ...one, powers: one.powers.map((_, i) => (i === at ? 1 : 0)) });

export const isDimensionless = ({ powers }: Unit): boolean => powers.every((power) => power === 0);

/** `factor` of a unit, its zero point where it was: `mdegC` counts thousandths from 273.15 K. */
export const scaled = (unit: Unit, factor: number): Unit | Meaningless =>
  checked({ ...unit, scale: unit.scale * factor });

/** The unit with its zero at `origin` of its own values: `K @ 273.15`. */
export const shifted = (unit: Unit, origin: number): Unit => ({ ...unit, shift: unit.shift + unit.scale * origin });

/** The level of ratios to `reference`. */
export const levelOf = (base: number, { since: _, ...reference }: Unit): Unit => ({
  ...one,
  powers: reference.powers,
  level: { base, reference },
});

export function product(a: Unit, b: Unit): Unit | Meaningless {
  const scale = a.scale * b.scale;
  if (a.level || b.level) {
    const [level, factor] = a.level ? [a, b] : [b, a];
    if (factor.level || !isDimensionless(factor))
      return { problem: "a logarithmic unit takes numbers as factors only" };
    return checked({ ...level, scale, shift: 0 });
  }
  return checked({ powers: a.powers.map((power, i) => power + b.powers[i]!), scale, shift: 0 });
}

export function power(unit: Unit, exponent: number): Unit | Meaningless {
  if (exponent === 0) return one;
  if (exponent === 1) return unit;
  if (Math.abs(exponent) > mostPower) return { problem: `a power above ${mostPower} is none that UDUNITS reads` };
  if (unit.level) return { problem: "a logarithmic unit has no powers" };
  return checked({ powers: unit.powers.map((power) => power * exponent), scale: unit.scale ** exponent, shift: 0 });
}

const mostPower = 255;

function checked(unit: Unit): Unit | Meaningless {
  if (unit.scale === 0 || !Number.isFinite(unit.scale)) return { problem: "its factor is 0 or too large" };
  return unit;
}

/** Whether two units measure the same: their values differ by a factor and an offset, or, of a level, a logarithm. */
export function haveSameDimension(a: Unit, b: Unit): boolean {
  return (a.since === undefined) === (b.since === undefined) && a.powers.every((power, i) => power === b.powers[i]);
}

/** Whether values convert, as UDUNITS has it: also to the reciprocal, a period to its frequency. */
export function areConvertible(a: Unit, b: Unit): boolean {
  return haveSameDimension(a, b) || (a.since === undefined && b.since === undefined && areReciprocal(a, b));
}

const areReciprocal = (a: Unit, b: Unit) => a.powers.every((power, i) => power === -b.powers[i]!);

/**
 * `value` of unit `from` in unit `to`. `undefined` where they are not convertible, and of dates, which take a calendar
 * (`../time/time.ts`).
 */
export function convert(value: number, from: Unit, to: Unit): number | undefined {
  if (from.since !== undefined || to.since !== undefined || !areConvertible(from, to)) return undefined;
  const inBase = toBase(value, from);
  return fromBase(haveSameDimension(from, to) ? inBase : 1 / inBase, to);
}

function toBase(value: number, { scale, shift, level }: Unit): number {
  const inside = scale * value + shift;
  return level ? toBase(level.base ** inside, level.reference) : inside;
}

function fromBase(value: number, { scale, shift, level }: Unit): number {
  const inside = level ? Math.log(fromBase(value, level.reference)) / Math.log(level.base) : value;
  return (inside - shift) / scale;
}
