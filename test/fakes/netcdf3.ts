/**
 * Small NetCDF-3 files of one dimension, so that tests of what real readers find need no netCDF library.
 *
 * @see https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html, "The NetCDF Classic Format"
 */

const utf8 = new TextEncoder();

export interface SmallVariable {
  readonly attributes: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

const int = (value: number): number[] => [...new Uint8Array(new Int32Array([value]).buffer)].reverse();

function text(value: string): number[] {
  const bytes = [...utf8.encode(value)];
  return [...int(bytes.length), ...bytes, ...new Array((4 - (bytes.length % 4)) % 4).fill(0)];
}

/** Tags of the lists in a header; the code of characters and of float64. */
const [dimensions, variables, attributes, char, double] = [10, 11, 12, 2, 6];

function attributeList(given: Readonly<Record<string, string>>): number[] {
  const all = Object.entries(given);
  if (all.length === 0) return [...int(0), ...int(0)];
  return [
    ...int(attributes),
    ...int(all.length),
    ...all.flatMap(([name, value]) => [...text(name), ...int(char), ...text(value)]),
  ];
}

/** A file whose variables, all float64, have the one dimension `time`. */
export function smallNetcdf(
  given: Readonly<Record<string, SmallVariable>>,
  globals: Readonly<Record<string, string>> = {},
): Uint8Array {
  const all = Object.entries(given);
  const length = all[0]?.[1].values.length ?? 0;
  const headerAt = (begin: number): number[] => [
    ...utf8.encode("CDF\u0001"),
    ...int(0),
    ...[...int(dimensions), ...int(1), ...text("time"), ...int(length)],
    ...attributeList(globals),
    ...[...int(variables), ...int(all.length)],
    ...all.flatMap(([name, variable], i) => [
      ...[...text(name), ...int(1), ...int(0), ...attributeList(variable.attributes)],
      ...[...int(double), ...int(8 * length), ...int(begin + 8 * length * i)],
    ]),
  ];
  // The header's length doesn't depend on the offsets in it.
  const header = headerAt(headerAt(0).length);
  const values = new DataView(new ArrayBuffer(8 * length * all.length));
  for (const [i, value] of all.flatMap(([, variable]) => variable.values).entries()) values.setFloat64(8 * i, value);
  return Uint8Array.from([...header, ...new Uint8Array(values.buffer)]);
}

/** A sounding of a minute that starts at `start` (ISO 8601) and a place, in degrees. */
export function smallSonde(start: string, [longitude, latitude]: readonly [number, number], globals = {}): Uint8Array {
  const [lon, lat] = [longitude, latitude].map((degrees) => [degrees, degrees + 0.01, degrees + 0.02]);
  return smallNetcdf(
    {
      time: { attributes: { units: `seconds since ${start}`, standard_name: "time" }, values: [0, 30, 60] },
      lat: { attributes: { units: "degrees_north", standard_name: "latitude" }, values: lat! },
      lon: { attributes: { units: "degrees_east", standard_name: "longitude" }, values: lon! },
      ta: {
        attributes: { units: "K", standard_name: "air_temperature", coordinates: "lat lon" },
        values: [300, 299, 298],
      },
    },
    globals,
  );
}
