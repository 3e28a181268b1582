/**
 * Findings on global attributes that ACDD 1.3 and CF recommend, and on those that change with each run.
 *
 * `core/attributes` reads the attributes, and reports what is missing altogether (title, summary, creator, licence) or can't
 * be read.
 */
import type { About } from "../attributes/interpret.ts";
import { oneLine, textsOf } from "../attributes/text.ts";
import type { DatasetFinding, Description } from "../dataset/dataset.ts";

export function attributeFindings(
  about: About,
  { attributes, access }: Pick<Description, "attributes" | "access">,
): readonly DatasetFinding[] {
  // A sidecar has all that its author chose to write, and a picture has no attributes.
  const isCf = access.format === "zarr" || access.format === "netcdf";
  return [...(isCf ? recommended(about) : []), ...withoutOrcid(about), ...(isCf ? runDates(attributes) : [])];
}

function recommended({ keywords, institutions, references, doi, conventions }: About): DatasetFinding[] {
  const lacking = [
    ...(keywords.length === 0 ? ["keywords"] : []),
    ...(institutions.length === 0 ? ["institution"] : []),
    ...(references.length === 0 && doi === undefined ? ["references"] : []),
    ...(conventions === undefined ? ["Conventions"] : []),
  ];
  if (lacking.length === 0) return [];
  return [
    {
      level: "hint",
      rule: "recommended-attributes",
      says: `has no ${lacking.join(", no ")}`,
      fix: `add the global attribute${lacking.length === 1 ? "" : "s"} ${lacking.join(", ")}`,
    },
  ];
}

function withoutOrcid({ people }: About): DatasetFinding[] {
  const creators = people.filter(({ role }) => role === "creator");
  const lacking = creators.filter(({ orcid }) => orcid === undefined);
  if (lacking.length === 0) return [];
  const names = lacking.slice(0, 3).map(({ name }) => oneLine(name, 60));
  const those = `${names.join("; ")}${lacking.length > names.length ? "; …" : ""}`;
  return [
    {
      level: "hint",
      rule: "no-orcid",
      says:
        creators.length === 1
          ? `${those} has no ORCID iD`
          : `${lacking.length} of ${creators.length} creators have no ORCID iD: ${those}`,
      fix: "list them in creator_id, in the order of the names: https://orcid.org/0000-0002-1825-0097",
    },
  ];
}

/** Attributes in which programs note when they ran. A date alone is mostly one that a person wrote. */
const dated = ["history", "date_created", "date_modified", "date_metadata_modified", "creation_date"] as const;

/** A time of day with seconds or minutes, next to a date or a year: `2024-08-11T10:00`, `Mon Aug 11 10:00:00 2024`. */
const timeOfDay = /\d{4}-\d\d-\d\d[T ]\d\d:?\d\d|\d\d:\d\d:\d\d (?:[A-Z]+ )?\d{4}|\d{4}\/\d\d\/\d\d \d\d:\d\d/;

/** The same input and program give other bytes, and so another CID, where the bytes contain the time when the program ran. */
function runDates(attributes: Description["attributes"]): DatasetFinding[] {
  const found = dated.flatMap((name) => {
    const time = timeOfDay.exec(textsOf(attributes[name] ?? "").join("\n"))?.[0];
    return time === undefined ? [] : [{ name, time }];
  });
  if (!found[0]) return [];
  const names = found.map(({ name }) => name).join(", ");
  return [
    {
      level: "hint",
      rule: "run-date",
      says: `${names} ${found.length === 1 ? "tells" : "tell"} when a program ran (${found[0].time}): the same processing, run again, gives another CID`,
      fix: "leave the time out, or take it from the input: SOURCE_DATE_EPOCH, the commit of the code, the end of the measurement",
    },
  ];
}
