/**
 * What the sample campaign measured: three days of a ship and one flight in the trade winds east of Barbados.
 *
 * Nobody was there. The numbers come from simple profiles and a fixed sequence of noise, rounded to what the instruments
 * would resolve, so that they are the same on every machine.
 */
import type { Dataset, Variable } from "./zarr.ts";

const campaign = {
  project: "TRADELINE",
  institution: "Institute of Sample Oceanography",
  license: "CC0-1.0",
  Conventions: "CF-1.12, ACDD-1.3",
  references: "https://doi.org/10.5334/jors.122, https://cfconventions.org",
};

/** RV Alma, ten-minute means from 24 to 26 January 2026. */
export function surfaceMeteorology(): Dataset {
  const noise = noiseFrom(1);
  const steps = range(432);
  const minutes = steps.map((step) => step * 10);
  const day = (step: number) => (step / 144) * 2 * Math.PI;
  // The ship's own weather mast lies in the lee of the funnel when it steams downwind: no wind then.
  const inLee = (step: number) => step >= 205 && step < 214;

  const along = ["time"];
  const coordinates = "lat lon";
  return {
    sizes: { time: steps.length },
    variables: {
      time: {
        dims: along,
        type: "int32",
        values: minutes,
        attributes: {
          standard_name: "time",
          long_name: "start of the averaging interval",
          units: "minutes since 2026-01-24 00:00:00",
          calendar: "proleptic_gregorian",
          axis: "T",
        },
      },
      lat: latitude(
        along,
        steps.map((step) => 13.3 + 0.5 * Math.sin(day(step) / 3)),
      ),
      lon: longitude(
        along,
        steps.map((step) => -57.6 + 0.8 * Math.sin((2 * day(step)) / 3)),
      ),
      air_temperature: {
        dims: along,
        type: "int16",
        packed: { scale: 0.01, offset: 273.15, missing: -32768 },
        values: steps.map((step) => 299.35 + 0.7 * Math.sin(day(step) - 2.4) + 0.2 * noise()),
        attributes: { standard_name: "air_temperature", long_name: "air temperature at 22 m", units: "K", coordinates },
      },
      relative_humidity: measured(
        along,
        { standard_name: "relative_humidity", long_name: "relative humidity at 22 m", units: "%", coordinates },
        0.1,
        steps.map((step) => 74 - 4 * Math.sin(day(step) - 2.4) + 1.5 * noise()),
      ),
      air_pressure: measured(
        along,
        {
          standard_name: "air_pressure_at_mean_sea_level",
          long_name: "air pressure at sea level",
          units: "hPa",
          coordinates,
        },
        0.01,
        steps.map((step) => 1014.2 + 1.1 * Math.sin(2 * day(step) - 0.8) + 0.05 * noise()),
      ),
      sea_surface_temperature: measured(
        along,
        { standard_name: "sea_surface_temperature", long_name: "sea surface temperature", units: "degC", coordinates },
        0.01,
        steps.map((step) => 26.9 + 0.15 * Math.sin(day(step) - 3) + 0.02 * noise()),
      ),
      wind_speed: measured(
        along,
        { standard_name: "wind_speed", long_name: "wind speed at 22 m", units: "m s-1", coordinates },
        0.01,
        steps.map((step) => (inLee(step) ? Number.NaN : 8.1 + 1.6 * Math.sin(day(step) / 2.3) + 0.6 * noise())),
      ),
      wind_from_direction: measured(
        along,
        {
          standard_name: "wind_from_direction",
          long_name: "direction the wind comes from",
          units: "degree",
          coordinates,
        },
        1,
        steps.map((step) => (inLee(step) ? Number.NaN : 78 + 9 * Math.sin(day(step) / 1.7) + 3 * noise())),
      ),
    },
    attributes: {
      title: "Surface meteorology of RV Alma",
      summary:
        "Ten-minute means of temperature, humidity, pressure and wind from the weather mast of RV Alma, and of the sea surface temperature from its hull, 24 to 26 January 2026.",
      creator_name: "Josiah Carberry",
      creator_email: "josiah.carberry@example.org",
      creator_id: "https://orcid.org/0000-0002-1825-0097",
      ...campaign,
      platform: "RV Alma",
      instrument: "Vaisala HMP155, Vaisala PTB330, Gill WindObserver 70",
      source: "weather mast",
      keywords: "surface meteorology, trade winds, ship, Barbados",
      processing_level: "2",
      featureType: "trajectory",
      coverage_content_type: "physicalMeasurement",
      history: "2026-02-03 averaged to ten minutes; 2026-02-05 wind in the lee of the funnel removed",
    },
  };
}

const flight = "KITE-20260126a";
const takeOff = "seconds since 2026-01-26T12:04:00Z";
const height = {
  standard_name: "altitude",
  long_name: "height above the geoid",
  units: "m",
  positive: "up",
  axis: "Z",
};
const airport = { lat: 13.0747, lon: -59.4925 };
/** Seconds after take-off: onto the circle, off it again after one round, and landed. */
const [onCircle, offCircle, landed] = [1500, 5100, 6600];

/** Where flight and soundings agree: seconds after take-off → where the aircraft was. */
function place(second: number): { lat: number; lon: number } {
  const flown = Math.min(Math.max(second, onCircle), offCircle) - onCircle;
  const angle = Math.PI + (flown / (offCircle - onCircle)) * 2 * Math.PI;
  const circle = { lat: 13.3 + Math.sin(angle), lon: -57.7 + 1.02 * Math.cos(angle) };
  // 1 at the airport, 0 on the circle.
  const away = Math.max(0, 1 - second / onCircle, (second - offCircle) / (landed - offCircle));
  return {
    lat: circle.lat + away * (airport.lat - circle.lat),
    lon: circle.lon + away * (airport.lon - circle.lon),
  };
}

/** The aircraft KITE on one circle, every ten seconds. */
export function track(): Dataset {
  const noise = noiseFrom(2);
  const seconds = range(landed / 10 + 1).map((step) => step * 10);
  const altitude = (second: number) => Math.min(7600, second * 8.5, (landed - second) * 9);
  const along = ["time"];
  const coordinates = "lat lon";
  return {
    sizes: { time: seconds.length },
    variables: {
      time: {
        dims: along,
        type: "int64",
        values: seconds,
        attributes: { standard_name: "time", units: takeOff, calendar: "proleptic_gregorian", axis: "T" },
      },
      lat: latitude(
        along,
        seconds.map((second) => place(second).lat),
      ),
      lon: longitude(
        along,
        seconds.map((second) => place(second).lon),
      ),
      alt: measured(along, height, 0.1, seconds.map(altitude)),
      air_temperature: measured(
        along,
        { standard_name: "air_temperature", long_name: "static air temperature", units: "K", coordinates },
        0.01,
        seconds.map((second) => temperatureAt(altitude(second)) + 0.1 * noise()),
      ),
      air_pressure: measured(
        along,
        { standard_name: "air_pressure", long_name: "static pressure", units: "hPa", coordinates },
        0.01,
        seconds.map((second) => pressureAt(altitude(second))),
      ),
    },
    attributes: {
      title: `Position and state of KITE, flight ${flight}`,
      summary:
        "Position, temperature and pressure of the research aircraft KITE every ten seconds on a circle of 110 km radius.",
      creator_name: "Mira Example, Josiah Carberry",
      creator_email: "mira@example.org, josiah.carberry@example.org",
      ...campaign,
      platform: "KITE",
      instrument: "GNSS receiver, total air temperature probe",
      keywords: "aircraft, flight track, trade winds",
      processing_level: "2",
      featureType: "trajectory",
      flight_id: flight,
      history: "2026-01-27 thinned to ten seconds",
    },
  };
}

/** Eight soundings from that circle, on one grid of heights. */
export function dropsondes(): Dataset {
  const noise = noiseFrom(3);
  const sondes = range(8);
  const heights = range(151).map((level) => level * 50);
  const released = sondes.map((sonde) => onCircle + sonde * 450);
  const along = ["sonde"];
  const profile = ["sonde", "alt"];
  const coordinates = "launch_time lat lon";
  // A sonde needs some seconds to measure after it has left the aircraft, and one fell silent at 400 m.
  const silent = (sonde: number, height: number) => height > 7350 || (sonde === 5 && height < 400);
  const profiles = (at: (height: number, sonde: number) => number) =>
    sondes.flatMap((sonde) => heights.map((height) => (silent(sonde, height) ? Number.NaN : at(height, sonde))));
  return {
    sizes: { sonde: sondes.length, alt: heights.length },
    variables: {
      alt: measured(["alt"], height, 1, heights),
      launch_time: {
        dims: along,
        type: "int64",
        values: released,
        attributes: {
          standard_name: "time",
          long_name: "time of release",
          units: takeOff,
          calendar: "proleptic_gregorian",
        },
      },
      lat: latitude(
        along,
        released.map((second) => place(second).lat),
      ),
      lon: longitude(
        along,
        released.map((second) => place(second).lon),
      ),
      ta: measured(
        profile,
        { standard_name: "air_temperature", long_name: "air temperature", units: "K", coordinates },
        0.01,
        profiles((height) => temperatureAt(height) + 0.15 * noise()),
      ),
      p: measured(
        profile,
        { standard_name: "air_pressure", long_name: "air pressure", units: "hPa", coordinates },
        0.01,
        profiles((height) => pressureAt(height)),
      ),
      rh: measured(
        profile,
        { standard_name: "relative_humidity", long_name: "relative humidity", units: "%", coordinates },
        0.1,
        profiles((height, sonde) => (height < 1900 + 60 * sonde ? 78 + height / 170 : 24) + 2 * noise()),
      ),
      wspd: measured(
        profile,
        { standard_name: "wind_speed", long_name: "wind speed", units: "m s-1", coordinates },
        0.01,
        profiles((height) => 9.5 - height / 1400 + 0.4 * noise()),
      ),
    },
    attributes: {
      title: `Dropsondes of KITE, flight ${flight}`,
      summary:
        "Temperature, pressure, humidity and wind of eight dropsondes from a circle of 110 km radius, on a grid of 50 m.",
      creator_name: "Mira Example",
      creator_email: "mira@example.org",
      ...campaign,
      platform: "KITE",
      instrument: "Vaisala RD41",
      source: "dropsonde",
      keywords: "dropsonde, sounding, trade winds, Barbados",
      processing_level: "3",
      featureType: "profile",
      flight_id: flight,
      history: "2026-01-29 quality control; 2026-02-02 gridded",
    },
  };
}

export interface Image {
  readonly width: number;
  readonly height: number;
  /** Row by row, 0 (cold, cloud) to 255 (warm, sea). */
  readonly grey: readonly number[];
}

/** Clouds from above, as the infrared camera below the aircraft sees them; each `frame` has its own. */
export function infrared(frame: number): Image {
  const noise = noiseFrom(40 + frame);
  const [width, height] = [96, 72];
  const clouds = range(9).map(() => ({
    x: width * unit(noise()),
    y: height * unit(noise()),
    radius: 4 + 9 * unit(noise()),
  }));
  const grey = range(width * height).map((pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const cover = clouds.map((cloud) => Math.max(0, 1 - ((x - cloud.x) ** 2 + (y - cloud.y) ** 2) / cloud.radius ** 2));
    return Math.round(226 - 150 * Math.max(...cover) + 4 * noise());
  });
  return { width, height, grey };
}

export const cameraSidecar = `# What nobody can read out of pictures, a person wrote down.
attributes:
  title: Infrared camera of KITE, flight ${flight}
  summary: Brightness of the scene below the aircraft between 8 and 12 µm; bright is warm.
  creator_name: Mira Example
  creator_email: mira@example.org
  institution: ${campaign.institution}
  license: ${campaign.license}
  project: ${campaign.project}
  platform: KITE
  instrument: uncooled microbolometer
  keywords: infrared, clouds, camera
  processing_level: "1"
extent:
  temporal: ["2026-01-26T12:29:00Z", "2026-01-26T13:29:00Z"]
  spatial: [-58.72, 12.3, -56.68, 14.3]
`;

export const report = `# Flight ${flight}

26 January 2026, take-off 12:04 UTC at TBPB, landing 13:54 UTC.

One round of the eastern circle at 7.6 km. Shallow cumulus in streets along the wind, a shield of old stratocumulus in the
north-east corner. Eight sondes released, all transmitting; sonde 6 fell silent at 400 m. Infrared camera ran on the circle.
`;

function temperatureAt(height: number): number {
  // A mixed layer, then cumulus, then the warm lid of the trades.
  const inversion = height > 2000 ? 2.5 : 0;
  return 299.4 - 0.0098 * Math.min(height, 600) - 0.0058 * Math.max(0, height - 600) + inversion;
}

function pressureAt(height: number): number {
  return 1014 * (1 - 2.25577e-5 * height) ** 5.25588;
}

function latitude(dims: readonly string[], values: readonly number[]): Variable {
  return placed(dims, { standard_name: "latitude", units: "degrees_north" }, values);
}

function longitude(dims: readonly string[], values: readonly number[]): Variable {
  return placed(dims, { standard_name: "longitude", units: "degrees_east" }, values);
}

function placed(dims: readonly string[], attributes: Variable["attributes"], values: readonly number[]): Variable {
  return { dims, type: "float64", values: values.map((value) => rounded(value, 1e-5)), attributes };
}

/** `resolution` in the unit of the values. */
function measured(
  dims: readonly string[],
  attributes: Variable["attributes"],
  resolution: number,
  values: readonly number[],
): Variable {
  return { dims, type: "float32", values: values.map((value) => rounded(value, resolution)), attributes };
}

/** To the nearest multiple of `resolution`, free of the last bits in which machines may differ. */
function rounded(value: number, resolution: number): number {
  return Number((Math.round(value / resolution) * resolution).toFixed(6));
}

/** Numbers from −1 to 1 in a fixed sequence: a linear congruential generator (Numerical Recipes, §7.1). */
function noiseFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function unit(noise: number): number {
  return (noise + 1) / 2;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
