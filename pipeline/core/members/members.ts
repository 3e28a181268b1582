/**
 * A folder of like files as one dataset: fifteen sondes of a flight are one entry of a catalog, not fifteen.
 *
 * Files are alike where one reader describes them and their dimensions and coordinates have the same names and units:
 * what a program can open together. The group has their common metadata; each member has its own
 * time and place. A folder of unlike files is no group, because no rule decides which of them it is about.
 *
 * ```ts
 * groupOf(files)?.description.members?.count; // 15
 * ```
 */
import type { Access, DatasetFinding, Description, Member } from "../dataset/dataset.ts";
import { boxOf, objectionToPlace, objectionToTime } from "../dataset/extent.ts";
import { byBytes } from "../text/order.ts";
import { plural } from "../text/plural.ts";
import { shown } from "../text/shown.ts";
import { differencesOf } from "./differences.ts";
import { placeOfAll, timeOfAll } from "./extents.ts";
import { attributesOfAll, dimensionsOfAll, isCountOfTime, variablesOfAll } from "./union.ts";

/** One file of a folder, as a reader describes it. */
export interface DescribedFile {
  readonly name: string;
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  readonly reader: string;
  readonly description: Description;
}

/** Members that an item lists, and distinct findings of one rule in them that are reported. */
export const most = { members: 1000, findings: 3 } as const;

/** The dataset that all of `files` are together; `undefined` where they are fewer than two, or not alike. */
export function groupOf(
  files: readonly DescribedFile[],
): { readonly reader: string; readonly description: Description } | undefined {
  const [first] = files;
  const likeness = first && likenessOf(first);
  if (!likeness || files.length < 2 || files.some((file) => likenessOf(file) !== likeness)) return undefined;
  const ordered = files.toSorted((a, b) => byBytes(a.name, b.name)).map(withoutBadExtents);
  const descriptions = ordered.map(({ description }) => description);
  const [time, place] = [timeOfAll(descriptions), placeOfAll(descriptions)];
  const { differences, findings } = differencesOf(descriptions);
  return {
    reader: first.reader,
    description: {
      attributes: attributesOfAll(descriptions),
      dimensions: dimensionsOfAll(descriptions),
      variables: variablesOfAll(descriptions),
      ...(time && { time }),
      ...(place && { place }),
      access: accessOfAll(descriptions.map(({ access }) => access)),
      members: { count: ordered.length, listed: ordered.slice(0, most.members).map(memberOf), differences },
      findings: [
        ...findingsIn(ordered, ({ findings }) => findings),
        ...findings,
        ...(ordered.length > most.members ? [manyMembers(ordered.length)] : []),
      ],
      advice: findingsIn(ordered, ({ advice = [] }) => advice),
    },
  };
}

/** Equal for files that are alike; `undefined` for a file with nothing by which it could be compared. */
function likenessOf({ reader, description }: DescribedFile): string | undefined {
  const { dimensions, variables, access } = description;
  const coordinates = variables
    .filter(({ role }) => role === "coordinate")
    .map(({ name, dimensions, unit = "" }) => [name, dimensions, isCountOfTime(unit) ? "since" : unit.trim()] as const)
    .sort(([a], [b]) => byBytes(a, b));
  if (dimensions.length === 0 && coordinates.length === 0) return undefined;
  const format = access.format === "file" ? access.mediaType : access.format;
  return JSON.stringify([reader, format, dimensions.map(({ name }) => name).sort(byBytes), coordinates]);
}

/** Leaves out a time or place that an item would refuse, so that one bad file doesn't take those of the others away. */
function withoutBadExtents(file: DescribedFile): DescribedFile {
  const { time, place, findings, ...others } = file.description;
  const badTime = time && objectionToTime(time);
  const badPlace = place && objectionToPlace(place);
  const says = [badTime && `its time is left out: ${badTime}`, badPlace && `its place is left out: ${badPlace}`];
  const left = (["no-time", "no-place"] as const).flatMap((rule, i): DatasetFinding[] =>
    says[i] ? [{ level: "warning", rule, says: says[i] }] : [],
  );
  const description: Description = {
    ...others,
    ...(time && !badTime && { time }),
    ...(place && !badPlace && { place }),
    findings: [...findings, ...left],
  };
  return { ...file, description };
}

function memberOf({ name, cid, size, description: { time, place } }: DescribedFile): Member {
  return {
    path: name,
    cid,
    size,
    ...(time && { start: time.start, end: time.end }),
    ...(place && { bbox: boxOf(place.bounds) }),
  };
}

/** How one of them is opened. Groups that only some have are included; which NetCDF model each is, the reader finds. */
function accessOfAll(all: readonly Access[]): Access {
  const [first] = all as readonly [Access, ...Access[]];
  if (first.format !== "netcdf") return first;
  const groups = new Set(all.flatMap((access) => (access.format === "netcdf" ? access.groups : [])));
  return { ...first, groups: [...groups].sort(byBytes) };
}

/** The findings in the files, one for those that are equal, with the names of the files where only some have it. */
function findingsIn(
  files: readonly DescribedFile[],
  listOf: (description: Description) => readonly DatasetFinding[],
): DatasetFinding[] {
  const equal = new Map<string, { readonly finding: DatasetFinding; readonly names: string[] }>();
  for (const { name, description } of files) {
    for (const finding of listOf(description)) {
      const key = JSON.stringify([finding.level, finding.rule, finding.says, finding.fix]);
      const known = equal.get(key) ?? { finding, names: [] };
      equal.set(key, known);
      if (known.names.at(-1) !== name) known.names.push(name);
    }
  }
  const byRule = Map.groupBy(equal.values(), ({ finding: { level, rule } }) => `${level} ${rule}`);
  return [...byRule.values()].flatMap((all) => {
    const reported = all.slice(0, most.findings).map(({ finding, names }) => inFiles(finding, names, files.length));
    const left = all.slice(most.findings);
    if (left.length === 0) return reported;
    const count = new Set(left.flatMap(({ names }) => names)).size;
    const { level, rule } = left[0]!.finding;
    return [...reported, { level, rule, says: `the like in ${plural(count, "more file")} of it` }];
  });
}

function inFiles(finding: DatasetFinding, names: readonly string[], count: number): DatasetFinding {
  if (names.length === count) return finding;
  const others = names.length > 1 ? ` and ${plural(names.length - 1, "more file")}` : "";
  return { ...finding, says: `${shown(names[0]!, 100)}${others}: ${finding.says}` };
}

const manyMembers = (count: number): DatasetFinding => ({
  level: "warning",
  rule: "many-members",
  says: `${count} files; the first ${most.members} are listed`,
  fix: "put them into folders of fewer files, such as one for each flight or month, or into few larger files",
});
