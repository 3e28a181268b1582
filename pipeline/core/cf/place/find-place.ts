/** Where a dataset is: from its latitudes and longitudes, else as its attributes declare. */
import type { DatasetFinding, Place } from "../../dataset/dataset.ts";
import { shown } from "../../text/shown.ts";
import { angleIn, type Coordinates } from "../coordinates.ts";
import { declaredPlace } from "../declared.ts";
import { doubtAbout, packingOf } from "../mask-and-scale.ts";
import { doubtful, type Pass, type Reading } from "../reading.ts";
import { codingOf } from "../time/time-extent.ts";
import type { Attributes, CfVariable } from "../variable.ts";
import { layoutOf, placeOf } from "./place.ts";
import type { Survey, SurveyOptions } from "./survey.ts";

type Along = "latitude" | "longitude";

/** Of which variables {@link whereOf} needs a survey, and what of them is needed for a shape. */
export function surveysOf(
  coordinates: Coordinates,
  attributes: Attributes,
): (variable: CfVariable) => SurveyOptions | undefined {
  const { latitude, longitude } = coordinates;
  if (!latitude || !longitude) return () => undefined;
  const layout = layoutOf(latitude, longitude, coordinates, attributes);
  const record = layout === "grid" ? "nothing" : layout === "curvilinear" ? "edge" : "places";
  const clock = clockOf(coordinates, attributes);
  return (variable) => {
    const { shape } = variable;
    if (variable === clock?.variable) return { along: "time", unit: clock.seconds, shape, record };
    const along = variable === latitude ? "latitude" : variable === longitude ? "longitude" : undefined;
    const angle = along && angleIn(variable, along);
    return angle && { along, unit: angle.degrees, shape, record };
  };
}

/** The time of each place of a track, by which it is cut into ways; seconds of one of its units. */
function clockOf(
  coordinates: Coordinates,
  attributes: Attributes,
): { readonly variable: CfVariable; readonly seconds: number } | undefined {
  const { latitude, longitude, time } = coordinates;
  if (!latitude || !longitude || !time || time.dimensions.join() !== latitude.dimensions.join()) return undefined;
  if (layoutOf(latitude, longitude, coordinates, attributes) !== "line") return undefined;
  const coding = codingOf(time);
  return "problem" in coding ? undefined : { variable: time, seconds: Number(coding.unit) / 1e9 };
}

export async function whereOf(reading: Reading): Promise<Place | undefined> {
  const { coordinates, attributes, findings } = reading;
  const { declared, findings: found } = declaredPlace(attributes);
  findings.push(...found);
  const { latitude, longitude } = coordinates;
  if (!latitude || !longitude) {
    const alone = latitude ?? longitude;
    if (alone) findings.push(...withoutOther(alone, latitude ? "latitude" : "longitude", declared !== undefined));
    return declared;
  }
  const bad = [...noAngle(latitude, "latitude"), ...noAngle(longitude, "longitude")];
  if (bad.length > 0) {
    findings.push(...bad);
    return declared;
  }
  const clock = clockOf(coordinates, attributes);
  const passes = await passesOver([latitude, longitude], clock?.variable, reading, declared !== undefined);
  if (!passes) return declared;
  const [north, east, time] = passes;
  const whole = north.which === "all" && east.which === "all";
  for (const [variable, along, { survey }] of [
    [latitude, "latitude", north],
    [longitude, "longitude", east],
  ] as const) {
    const doubt = doubtIn(variable, along, survey!.range);
    if (doubt) {
      findings.push(doubtful(variable, doubt));
      return declared;
    }
  }
  const { place, findings: more } = placeOf({
    // A sample of each does not show which belong together: their box is all that is known.
    layout: whole ? layoutOf(latitude, longitude, coordinates, attributes) : "grid",
    isAxis: whole && latitude.dimensions.length < 2 && longitude.dimensions.length < 2,
    latitude: north.survey!,
    longitude: east.survey!,
    rowLength: latitude.shape.at(-1) ?? 1,
    ...(time?.survey?.samples && { time: time.survey.samples }),
  });
  findings.push(...more);
  if (!place) return declared;
  if (declared) findings.push(...outside(place, declared));
  return whole ? place : { ...place, source: "sampled" };
}

/** Of both, and of the times of a track; `undefined` where one can't be read, or only in part though another extent is known. */
async function passesOver(
  [latitude, longitude]: readonly [CfVariable, CfVariable],
  clock: CfVariable | undefined,
  reading: Reading,
  isKnown: boolean,
): Promise<readonly [Pass, Pass, Pass | undefined] | undefined> {
  const [north, east, time] = await Promise.all([
    reading.all(latitude),
    reading.all(longitude),
    clock && reading.all(clock),
  ]);
  if (north && east) return [north, east, time];
  if (isKnown) return undefined;
  const [someNorth, someEast] = await Promise.all([north ?? reading.some(latitude), east ?? reading.some(longitude)]);
  return someNorth && someEast && [someNorth, someEast, undefined];
}

/** Of what is on Earth: what is not, was left out before, with a finding of its own. */
function doubtIn(variable: CfVariable, along: Along, range: Survey["range"]): string | undefined {
  if (!range) return undefined;
  const { degrees } = angleIn(variable, along)!;
  const [least, greatest] = range.map((end) => end / degrees).sort((a, b) => a - b) as [number, number];
  return doubtAbout({ least, greatest }, packingOf(variable), variable);
}

function withoutOther(alone: CfVariable, along: Along, isKnown: boolean): DatasetFinding[] {
  const bad = noAngle(alone, along);
  if (bad.length > 0 || isKnown) return bad;
  const says = `${shown(alone.name)} has no ${along === "latitude" ? "longitude" : "latitude"} beside it, so the dataset has no place`;
  return [{ level: "warning", rule: "no-place", says }];
}

function noAngle(variable: CfVariable, along: Along): DatasetFinding[] {
  if (angleIn(variable, along)) return [];
  const { units = "" } = variable.attributes;
  const written = shown(typeof units === "string" ? units : JSON.stringify(units));
  return [
    {
      level: "warning",
      rule: "place-units",
      says: `${shown(variable.name)} should be a ${along}, but counts in "${written}", so the dataset has no place`,
      fix: `write ${along === "latitude" ? "degrees_north" : "degrees_east"} if that is what it is, or drop standard_name and name it otherwise`,
    },
  ];
}

function outside({ bounds }: Place, declared: Place): DatasetFinding[] {
  const apart = (a: number, b: number) => Math.abs(a - b) > 0.1;
  const sides = (["west", "south", "east", "north"] as const).filter((side) =>
    apart(bounds[side], declared.bounds[side]),
  );
  if (sides.length === 0) return [];
  const listed = sides.map((side) => `${side} ${declared.bounds[side]} (values: ${bounds[side]})`).join(", ");
  return [
    {
      level: "warning",
      rule: "declared-place",
      says: `geospatial_* attributes declare ${listed}`,
      fix: "correct or remove the geospatial_* attributes",
    },
  ];
}
